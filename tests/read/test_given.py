"""What programs hand over as an article: one way in, whatever it is, and clear words for what is none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy
import pandas
import polars
import pytest
from gongbao import Article, Pipeline
from gongbao.document import Extraction, Failure
from gongbao.errors import GongbaoError
from gongbao.read import article_from_text

TEXT = "汕尾渔港建设通报\n来源：汕尾日报 发布时间：2021-03-02\n\n去年，汕尾市投入渔港建设资金3亿元。"


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(ner=None)


class Stubborn(Mapping[str, Any]):
    """Somebody's class whose fields cannot be looked at."""

    def __getitem__(self, key: str) -> Any:
        raise ZeroDivisionError("not now")

    def __len__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "Stubborn()"  # no address, which would be another in each process

    def __iter__(self) -> Any:
        return iter(["text"])


def one(pipeline: Pipeline, item: Any) -> Extraction | Failure:
    (result,) = pipeline.pipe([item])
    return result


@pytest.mark.parametrize(
    "item",
    [TEXT, {"text": TEXT}, Article("a", TEXT), (TEXT, {}), article_from_text(TEXT, id="a")],
    ids=["text", "fields", "article", "text and fields", "article of a reader"],
)
def test_each_is_read_for_its_metadata_by_pipe_and_by_extract(pipeline: Pipeline, item: Any) -> None:
    result = one(pipeline, item)
    assert isinstance(result, Extraction)
    (record,) = result.records
    assert (record.year, record.pub_date, record.title) == (2020, date(2021, 3, 2), "汕尾渔港建设通报")
    assert result.article.source == "汕尾日报"
    (same,) = pipeline.extract(item)
    assert (same.year, same.pub_date, same.start) == (record.year, record.pub_date, record.start)


def test_a_readers_article_is_not_read_otherwise_than_it_was(pipeline: Pipeline) -> None:
    article = article_from_text(TEXT, id="a", title="网页的标题", metadata={"author": "甲"}, encoding="big5")
    result = one(pipeline, article)
    assert isinstance(result, Extraction) and result.article == article


@pytest.mark.parametrize(
    "given",
    [
        date(2020, 1, 9),
        datetime(2020, 1, 9, 8, 30),
        pandas.Timestamp("2020-01-09"),
        numpy.datetime64("2020-01-09T08:30:00.000000000"),
        "2020-01-09",
        "20200109",
        "2020/01/09",
        "2020年1月9日",
    ],
    ids=str,
)
def test_dates(pipeline: Pipeline, given: Any) -> None:
    """What is given counts more than the text's own line."""
    assert pipeline.extract(TEXT, pub_date=given)[0].pub_date == date(2020, 1, 9)
    assert pipeline.extract({"text": TEXT, "pub_date": given})[0].year == 2019
    assert pipeline.parse("去年投入3亿元。", given)["periods"][0]["year"] == 2019


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (None, "missing (None)"),
        (float("nan"), "missing (nan)"),
        (pandas.NaT, "missing (NaT)"),
        (3, "a number"),
        (b"text", "a bytes"),
        (Path("a.txt"), "Path"),
        ({"title": "x"}, "no text"),
        ({"text": None}, "no text"),
        ({"text": 3}, "a number"),
        ({"text": TEXT, "pub_date": pandas.NaT}, "'NaT' is no date"),
        ({"text": TEXT, "pub_date": pandas.NA}, "'<NA>' is no date"),
        ({"text": TEXT, "pub_date": "20201309"}, "'20201309' is no date"),
        ({"text": TEXT, "id": pandas.NA}, "The id is"),
        (pandas.NA, "missing (<NA>)"),
        (pandas.Series({"text": TEXT}), "a Series"),
        (Stubborn(), "cannot be read as an article: ZeroDivisionError"),
        ({"text": TEXT, "pub_date": "soon"}, "'soon' is no date"),
        ({"text": TEXT, "pub_date": 20210109}, "is no date"),
        ({"text": TEXT, "id": 1.5}, "The id"),
        ((TEXT, "beside"), "not its fields"),
        ((TEXT, {"text": "another"}), "two texts"),
        (Article("a", None), "no text"),  # type: ignore[arg-type]
        (Article("a", TEXT, pub_date=pandas.NaT), "'NaT' is no date"),
    ],
    ids=str,
)
def test_what_is_no_article_stands_for_itself(pipeline: Pipeline, item: Any, says: str) -> None:
    first, failure, last = pipeline.pipe([TEXT, item, TEXT])
    assert isinstance(first, Extraction) and isinstance(last, Extraction)
    assert isinstance(failure, Failure) and failure.stage == "read"
    assert says in failure.message and failure.where == "item 2" and failure.fix
    with pytest.raises(GongbaoError, match="the article"):
        pipeline.extract(item)


@pytest.mark.parametrize(
    ("item", "arguments", "fine"),
    [
        (Article("a", TEXT, pub_date=date(2020, 1, 9)), {"pub_date": "2020/01/09"}, True),
        (Article("a", TEXT, pub_date=date(2020, 1, 9)), {"pub_date": "2020-01-10"}, False),
        (Article("a", TEXT), {"id": "a", "pub_date": "2020-01-10"}, True),
        (Article("a", TEXT), {"id": "b"}, False),
        ({"text": TEXT, "id": 7}, {"id": "7"}, True),
        ({"text": TEXT, "title": "甲"}, {"title": "乙"}, False),
        ((TEXT, {"source": "甲"}), {"source": "乙"}, False),
        (TEXT, {"pub_date": "2019-01-01", "title": "另一标题", "source": "乙", "id": "b"}, True),
    ],
    ids=str,
)
def test_an_argument_that_contradicts_is_refused(
    pipeline: Pipeline, item: Any, arguments: Mapping[str, Any], fine: bool
) -> None:
    if fine:
        (record,) = pipeline.extract(item, **arguments)
        assert record.article_id == arguments.get("id", record.article_id)
    else:
        with pytest.raises(GongbaoError, match="the article itself says") as error:
            pipeline.extract(item, **arguments)
        assert error.value.code == "read.contradiction"


def test_ids_of_a_stream_are_its_numbers_where_nothing_says_them(pipeline: Pipeline) -> None:
    results = pipeline.pipe([TEXT, {"text": TEXT, "id": "x"}, (TEXT, {"id": 5}), TEXT])
    assert [result.article.id for result in results if isinstance(result, Extraction)] == ["1", "x", "5", "4"]


def test_pairs_come_back_as_of_spacy(pipeline: Pipeline) -> None:
    mark = object()
    pairs = [(TEXT, mark), (None, 2), ({"text": TEXT, "id": "c"}, None)]
    first, second, third = pipeline.pipe(pairs, as_tuples=True, batch_size=2)  # type: ignore[arg-type]
    assert isinstance(first[0], Extraction) and first[1] is mark
    assert isinstance(second[0], Failure) and second[1] == 2
    assert isinstance(third[0], Extraction) and third[0].article.id == "c" and third[1] is None


@pytest.mark.parametrize(
    ("articles", "size"),
    [
        ([TEXT], 0),
        ([TEXT], -1),
        (TEXT, 1),
        ({"text": TEXT}, 1),
        (Article("a", TEXT), 1),
        (TEXT.encode(), 1),
        (pandas.DataFrame({"text": [TEXT]}), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_pipe_refuses_at_once_what_it_would_misread(pipeline: Pipeline, articles: Any, size: int) -> None:
    with pytest.raises(ValueError, match=r"batch_size|extract"):
        pipeline.pipe(articles, batch_size=size)


@pytest.mark.parametrize(
    ("own", "comes_out"),
    [
        ({"url": "https://example.org/1", "外部编号": 330100202101090001234}, "same"),
        ({"n": numpy.int64(3), "a": numpy.array([1, 2]), "when": date(2021, 1, 9)}, {"n": 3, "a": [1, 2], "when": "2021-01-09"}),
        ({"price": Decimal("1.50"), "tags": ("a", "b")}, {"price": 1.5, "tags": ["a", "b"]}),
        ({"none": None, "nan": float("nan"), "nat": pandas.NaT, "na": pandas.NA}, None),
        ({"page": "<html>" * 1000, "url": "u"}, {"url": "u"}),
        ({"extra": {"url": "u"}, "n": 1}, {"url": "u", "n": 1}),
        ({"extra": "words"}, {"extra": "words"}),
        ({"extra": {f"n{n}": n for n in range(10**6)}, "late": 1}, {f"n{n}": n for n in range(1_357)}),
        ({"half": "\ud83d"}, {"half": "\\ud83d"}),
    ],
    ids=lambda given: str(given)[:40],
)  # fmt: skip
def test_own_fields_come_out_with_each_record(pipeline: Pipeline, own: dict[str, Any], comes_out: Any) -> None:
    (record,) = pipeline.extract({"text": TEXT, **own})
    assert record.extra == (own if comes_out == "same" else comes_out)
    assert ("extra" in record.to_dict()) == (record.extra is not None)


def test_rows_of_a_data_frame(pipeline: Pipeline) -> None:
    frame = pandas.DataFrame(
        {
            "正文": [TEXT, None, TEXT, TEXT],
            "日期": [pandas.Timestamp("2020-05-05"), pandas.NaT, pandas.NaT, pandas.NaT],
            "编号": [11, 12, 13, 13],
            "url": ["u1", "u2", None, "u4"],
        },
        index=list("abcd"),
    )
    with pytest.warns(UserWarning, match=r"2 rows gave no records.*row b: The row has no text"):
        records = pipeline.extract_frame(frame, text="正文", date="日期", id="编号")
    assert records["article_id"].tolist() == ["11", "13"]
    assert records["year"].tolist() == [2019, 2020]  # of a row without a date the text's own counts
    assert records["extra"].tolist() == [{"url": "u1"}, None]
    assert [(f["where"], f["code"]) for f in records.attrs["failures"]] == [
        ("row b", "read.row"),
        ("row d", "read.duplicate_id"),
    ]


def test_a_data_frame_with_the_fields_own_names_and_an_index(pipeline: Pipeline) -> None:
    frame = pandas.DataFrame({"text": [TEXT], "pub_date": ["2020/05/05"], "title": ["题"]}, index=["n7"])
    (row,) = pipeline.extract_frame(frame).to_dict("records")
    assert (row["article_id"], row["year"], row["title"]) == ("n7", 2019, "题")
    assert len(pipeline.extract_frame(frame.iloc[:0])) == 0
    with pytest.raises(GongbaoError, match=r"no column '正文'.*text, pub_date, title"):
        pipeline.extract_frame(frame, text="正文")
    with pytest.raises(GongbaoError, match="two columns are called 'text'"):
        pipeline.extract_frame(pandas.concat([frame, frame], axis=1))
    with pytest.raises(GongbaoError, match=r"a DataFrame, not a pandas frame.*to_pandas"):
        pipeline.extract_frame(polars.DataFrame({"text": [TEXT]}))  # type: ignore[arg-type]

from __future__ import annotations

import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from gongbao.diff.causes import Danger, power_of_ten
from gongbao.diff.compare import Comparison, apply, compare
from gongbao.diff.fields import content_key
from gongbao.diff.pairing import in_text_order
from gongbao.diff.sources import Places, open_side
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = "南京市质押融资情况\n2020年全市质押融资额达12.5亿元，惠及企业300家。\n鼓楼区落地贷款8000万元，占比6%。\n"
OTHER = "苏州市简报\n全年签约项目42个。\n"


def sides(
    build: ModuleType, root: Path, old: list[Any], new: list[Any], texts: Any = None, texts_new: Any = None
) -> Comparison:
    texts = texts or {"a.txt": TEXT, "b.txt": OTHER}
    first = build.write_run(root, "20210101-000000", texts, old)
    second = build.write_run(root, "20210102-000000", texts_new or texts, new)
    return compare(open_side(str(first), Places(root)), open_side(str(second), Places(root)))


def one(
    build: ModuleType, root: Path, before: dict[str, Any], after: dict[str, Any], amount: str = "12.5亿元"
) -> Comparison:
    old = build.make_record("a.txt", TEXT, amount, **{"value": 1250000000, **before})
    new = build.make_record("a.txt", TEXT, amount, **{"value": 1250000000, **after})
    return sides(build, root, [old], [new])


CHANGES = [
    pytest.param(
        {"value": 12500000000000}, "value", "×10000", Danger.MONEY_POWER_OF_TEN, id="too large by ten thousand"
    ),
    pytest.param({"value": 125000000}, "value", "÷10", Danger.MONEY_POWER_OF_TEN, id="too small by ten"),
    pytest.param({"value": 1260000000}, "value", "other number", Danger.VALUE, id="another number"),
    pytest.param({"value": -1250000000}, "value", "sign", Danger.VALUE, id="sign"),
    pytest.param({"value_max": 1300000000}, "value", "range", Danger.VALUE, id="became a range"),
    pytest.param({"unit": "美元"}, "unit", "元 → 美元", Danger.UNIT, id="currency"),
    pytest.param({"kind": "count"}, "kind", "money → count", Danger.KIND, id="kind"),
    pytest.param({"bound": ">"}, "bound", "= → >", Danger.BOUND, id="bound"),
    pytest.param({"status": "planned"}, "status", "actual → planned", Danger.STATUS, id="status"),
    pytest.param({"year": 2021}, "year", "2020 → 2021", Danger.YEAR, id="year"),
    pytest.param({"year": None}, "year", "2020 → ∅", Danger.YEAR, id="year lost"),
    pytest.param(
        {"place": "江苏省/南京市/江宁区"}, "place", "江苏省/南京市 → 江苏省/南京市/江宁区", Danger.PLACE, id="place"
    ),
    pytest.param({"place_code": "320115"}, "place", "code", Danger.PLACE, id="code alone"),
    pytest.param({"initiative": "知识产权质押融资"}, "initiative", "longer", Danger.INITIATIVE, id="initiative"),
    pytest.param({"indicator": None}, "indicator", "emptied", Danger.INDICATOR, id="indicator lost"),
    pytest.param({"period_end": "2020-09-30"}, "period", "other days", Danger.PERIOD, id="days of the period"),
]


@pytest.mark.parametrize(("after", "field", "shape", "danger"), CHANGES)
def test_a_changed_field_is_named_with_its_shape(
    build: ModuleType, tmp_path: Path, after: dict[str, Any], field: str, shape: str, danger: Danger
) -> None:
    result = one(build, tmp_path, {}, after)
    assert [c.fields for c in result.changes] == [(field,)]
    cause = result.changes[0].cause
    assert (cause.change, cause.field, cause.shape, cause.danger) == ("changed", field, shape, danger)
    assert not result.quiet


QUIET = [
    pytest.param({"confidence": 0.5}, ("confidence",), id="confidence"),
    pytest.param({"field_confidence": {"place": 0.4}}, ("confidence",), id="confidence of a field"),
    pytest.param({"alternatives": {"year": [{"value": 2019, "confidence": 0.2}]}}, ("confidence",), id="other answers"),
    pytest.param({"flags": ["damaged"]}, ("confidence",), id="flags"),
    pytest.param({"year_rule": "year.other"}, ("rule",), id="rule"),
    pytest.param({"sentence": "别的写法"}, ("wording",), id="sentence"),
    pytest.param({"period": "全年"}, ("wording",), id="period as written"),
    pytest.param({"place_span": (0, 3)}, ("wording",), id="where the place was read"),
    pytest.param({"year_rule": "year.other", "confidence": 0.4}, ("rule", "confidence"), id="two at once"),
]


@pytest.mark.parametrize(("after", "classes"), QUIET)
def test_what_needs_no_eyes_is_kept_apart(
    build: ModuleType, tmp_path: Path, after: dict[str, Any], classes: tuple[str, ...]
) -> None:
    result = one(build, tmp_path, {}, after)
    assert not result.changes
    assert [c.quiet for c in result.quiet] == [classes]


def test_records_of_schema_1_have_no_status_that_could_have_changed(build: ModuleType, tmp_path: Path) -> None:
    old = build.make_record("a.txt", TEXT, "12.5亿元")
    new = old | {"status": "planned", "alternatives": {"year": [{"value": 2019, "confidence": 0.2}]}}
    for name in ("status", "field_confidence", "alternatives"):
        del old[name]
    result = sides(build, tmp_path, [old], [new])
    assert not result.changes and [c.quiet for c in result.quiet] == [("wording", "confidence")]


def test_a_decision_made_before_there_was_a_status_holds(build: ModuleType) -> None:
    new = build.make_record("a.txt", TEXT, "12.5亿元")
    old = {name: value for name, value in new.items() if name != "status"}
    assert content_key(None, old) == content_key(None, new)
    assert content_key(None, new) != content_key(None, new | {"status": "planned"})


def test_a_wider_span_alone_is_quiet(build: ModuleType, tmp_path: Path) -> None:
    start = TEXT.index("12.5亿元")
    result = one(build, tmp_path, {}, {"span": (start - 1, start + 6)})
    assert [c.cause.field for c in result.quiet] == ["span"]


def test_numbers_written_differently_are_the_same(build: ModuleType, tmp_path: Path) -> None:
    result = one(build, tmp_path, {"value": "6.50"}, {"value": 6.5})
    assert not result.changes and not result.quiet and result.same == 1


def test_long_decimals_are_compared_digit_for_digit(build: ModuleType, tmp_path: Path) -> None:
    result = one(build, tmp_path, {"value": "0.12345678901234567890"}, {"value": "0.12345678901234567891"})
    assert [c.cause.shape for c in result.changes] == ["other number"]


def test_lost_and_new_records(build: ModuleType, tmp_path: Path) -> None:
    money = build.make_record("a.txt", TEXT, "8000万元", value=80000000)
    count = build.make_record("a.txt", TEXT, "300家", kind="count", value=300, unit="家")
    result = sides(build, tmp_path, [money], [count])
    assert [(g.cause.change, g.cause.shape, g.cause.danger) for g in result.groups] == [
        ("removed", "money", Danger.LOST_MONEY),
        ("added", "count", Danger.ADDED),
    ]


def test_several_fields_make_one_change_named_after_the_most_dangerous(build: ModuleType, tmp_path: Path) -> None:
    result = one(build, tmp_path, {}, {"year": 2021, "value": 12500000000, "initiative": "别的"})
    assert len(result.changes) == 1
    cause = result.changes[0].cause
    assert (cause.field, cause.also) == ("value", ("year", "initiative"))


def test_groups_have_one_cause_each_and_the_worst_comes_first(build: ModuleType, tmp_path: Path) -> None:
    texts = {f"{n}.txt": TEXT for n in range(4)}
    old, new = [], []
    for n, key in enumerate(texts):
        old.append(build.make_record(key, TEXT, "12.5亿元", value=1250000000))
        new.append(build.make_record(key, TEXT, "12.5亿元", value=1250000000, year=2021, year_rule=f"year.{n % 2}"))
        old.append(build.make_record(key, TEXT, "8000万元", value=80000000))
        new.append(build.make_record(key, TEXT, "8000万元", value=8000 if n == 3 else 80000000))
    result = sides(build, tmp_path, old, new, texts)
    assert [(g.cause.field, g.cause.rules, len(g.changes)) for g in result.groups] == [
        ("value", "amount.test", 1),
        ("year", "year.test → year.0", 2),
        ("year", "year.test → year.1", 2),
    ]


def test_records_are_paired_by_overlap_and_never_by_value(build: ModuleType, tmp_path: Path) -> None:
    first = build.make_record("a.txt", TEXT, "12.5亿元", value=1)
    second = build.make_record("a.txt", TEXT, "8000万元", value=2)
    result = sides(build, tmp_path, [first, second], [{**second, "value": 1}, {**first, "value": 2}])
    assert [(c.raw, c.before, c.after) for c in result.changes] == [("12.5亿元", "1", "2"), ("8000万元", "2", "1")]


def test_the_best_overlap_wins_and_each_record_is_used_once(build: ModuleType, tmp_path: Path) -> None:
    at = TEXT.index("12.5亿元")
    whole = build.make_record("a.txt", TEXT, "12.5亿元", value=5)
    left = build.make_record("a.txt", TEXT, "12.5亿元", value=6, span=(at, at + 2))
    right = build.make_record("a.txt", TEXT, "12.5亿元", value=7, span=(at + 2, at + 6))
    result = sides(build, tmp_path, [whole], [left, right])
    assert sorted((c.kind, c.before, c.after) for c in result.changes) == [("added", "", "6"), ("changed", "5", "7")]


def test_identical_records_are_the_same_wherever_they_stand_in_the_file(build: ModuleType, tmp_path: Path) -> None:
    records = [
        build.make_record("a.txt", TEXT, a, value=n) for n, a in enumerate(("12.5亿元", "8000万元", "300家", "6%"))
    ]
    records.append(build.make_record("b.txt", OTHER, "42个", value=42))
    result = sides(build, tmp_path, records, list(reversed(records)))
    assert not result.changes and not result.quiet and result.same == 5


def test_records_follow_their_words_when_the_text_changes(build: ModuleType, tmp_path: Path) -> None:
    after = "前言\n" + TEXT.replace("2020年全市", "2020年，全市")
    old = [build.make_record("a.txt", TEXT, "12.5亿元", value=7), build.make_record("a.txt", TEXT, "8000万元", value=8)]
    new = [
        build.make_record("a.txt", after, "12.5亿元", value=7),
        build.make_record("a.txt", after, "8000万元", value=9),
    ]
    result = sides(build, tmp_path, old, new, {"a.txt": TEXT}, {"a.txt": after})
    assert result.text_changed == ("a.txt",)
    assert [(c.kind, c.raw, c.before, c.after) for c in result.changes] == [("changed", "8000万元", "8", "9")]
    assert [c.cause.field for c in result.quiet] == ["span"]


def test_articles_on_one_side_are_told_and_their_records_need_eyes(build: ModuleType, tmp_path: Path) -> None:
    both = build.make_record("b.txt", OTHER, "42个", value=42)
    gone = build.make_record("a.txt", TEXT, "12.5亿元", value=1)
    result = sides(build, tmp_path, [both, gone], [both], texts_new={"b.txt": OTHER, "c.txt": "新文章"})
    assert (result.only_old, result.only_new, result.compared, result.articles) == (
        ("a.txt",),
        ("c.txt",),
        ("b.txt",),
        3,
    )
    assert [(c.kind, c.cause.articles) for c in result.changes] == [("removed", "only_old")]


def test_a_decision_key_outlives_what_needs_no_eyes_but_no_change_of_content(build: ModuleType, tmp_path: Path) -> None:
    def key(root: str, before: dict[str, Any], after: dict[str, Any]) -> str:
        return one(build, tmp_path / root, before, after).changes[0].key

    first = key("1", {}, {"year": 2021})
    assert key("2", {"confidence": 0.1}, {"year": 2021, "year_rule": "year.other", "sentence": "另一句"}) == first
    assert key("3", {}, {"year": 2022}) != first
    assert key("4", {"bound": "~"}, {"year": 2021, "bound": "~"}) != first


def test_changes_alike_in_everything_have_keys_of_their_own(build: ModuleType, tmp_path: Path) -> None:
    text = "一季度增长6%。\n二季度增长6%。\n"
    old = [build.make_record("a.txt", text, "6%", nth=n, value=6) for n in range(2)]
    new = [build.make_record("a.txt", text, "6%", nth=n, value=6, year=2021) for n in range(2)]
    result = sides(build, tmp_path, old, new, {"a.txt": text})
    assert len({c.key for c in result.changes}) == 2


@pytest.mark.parametrize(
    ("old", "new", "exponent"),
    [
        (1, 10, 1),
        (12.5, 125000, 4),
        (300, 3, -2),
        (0, 10, 0),
        (0, 0, 0),
        (5, 6, 0),
        (-2, 20, 0),
        (None, 1, 0),
        (0.3, 3, 1),
        (7, 7, 0),
    ],
)
def test_powers_of_ten_are_exact(old: Any, new: Any, exponent: int) -> None:
    assert power_of_ten(old, new) == exponent


ARTICLES = {"a.txt": TEXT, "b.txt": OTHER, "c.txt": TEXT + OTHER}
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "value": st.sampled_from([1, 10, 10000, 2.5, -3]),
        "year": st.sampled_from([2019, 2020, None]),
        "kind": st.sampled_from(["money", "count"]),
        "unit": st.sampled_from(["元", "家"]),
        "place": st.sampled_from(["江苏省/南京市", "江苏省/苏州市", None]),
        "confidence": st.sampled_from([0.1, 0.9]),
        "sentence": st.sampled_from(["甲", "乙"]),
        "amount_rule": st.sampled_from(["a.one", "a.two"]),
    },
)


@st.composite
def extractions(draw: st.DrawFn) -> tuple[dict[str, str], list[tuple[str, tuple[int, int], dict[str, Any]]]]:
    texts = {"a.txt": TEXT} | {key: ARTICLES[key] for key in draw(st.sets(st.sampled_from(["b.txt", "c.txt"])))}
    if draw(st.booleans()):
        texts["a.txt"] = draw(st.sampled_from([TEXT, "新增一行\n" + TEXT, TEXT.replace("惠及企业300家。\n", "")]))
    specs = []
    for key in texts:
        for _ in range(draw(st.integers(0, 5))):
            start = draw(st.integers(0, len(texts[key]) - 2))
            end = draw(st.integers(start + 1, min(len(texts[key]), start + 9)))
            specs.append((key, (start, end), draw(VALUES)))
    return texts, specs


def write(build: ModuleType, root: Path, name: str, extraction: Any) -> Path:
    texts, specs = extraction
    records = [build.make_record(k, texts[k], texts[k][0], span=span, **dict(fields)) for k, span, fields in specs]
    return Path(build.write_run(root, name, texts, records))


def shape(result: Comparison, *, turned: bool = False) -> list[Any]:
    def pair(change: Any) -> Any:
        old, new = result.records(change)
        old, new = (new, old) if turned else (old, new)
        return (change.article_id, repr(old), repr(new), sorted(change.fields), sorted(change.quiet))

    return sorted(pair(change) for change in (*result.changes, *result.quiet))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=extractions(), new=extractions())
def test_nothing_differs_from_itself_sides_mirror_and_changes_make_new_out_of_old(
    build: ModuleType, old: Any, new: Any
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        a = open_side(str(write(build, root, "a", old)), Places(root))
        b = open_side(str(write(build, root, "b", new)), Places(root))
        itself = compare(a, a)
        assert not itself.changes and not itself.quiet and itself.same == a.records
        forth, back = compare(a, b), compare(b, a)
        assert shape(forth) == shape(back, turned=True)
        assert (forth.only_old, forth.only_new, forth.same) == (back.only_new, back.only_old, back.same)
        swap = {"added": "removed", "removed": "added"}
        assert sorted(c.kind for c in forth.changes) == sorted(swap.get(c.kind, c.kind) for c in back.changes)
        rows_a = [row for key in a.articles for row in a.rows(key)]
        rows_b = [row for key in b.articles for row in b.rows(key)]
        assert apply(rows_a, forth) == in_text_order(rows_b)
        assert len({c.key for c in forth.changes}) == len(forth.changes)

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from gongbao.names.candidates import NONE, Likeness, ProposedNames, SpanIndex, alike, merged, paired
from gongbao.names.ranking import NAMES, Proposals
from gongbao.names.scores import SPANS, Spans
from gongbao.ranker import Ranker
from hypothesis import given, settings
from hypothesis import strategies as st


def spans(*rows: Sequence[tuple[int, int, float]]) -> Spans:
    """Rows of (start, end, share), likeliest first."""
    found = Spans(
        np.zeros((len(rows), SPANS), np.int64),
        np.zeros((len(rows), SPANS), np.int64),
        np.zeros((len(rows), SPANS)),
        np.zeros((len(rows), SPANS), bool),
    )
    for number, row in enumerate(rows):
        for column, (start, end, share) in enumerate(row):
            found.starts[number, column], found.ends[number, column] = start, end
            found.shares[number, column], found.found[number, column] = share, True
    return found


def numbered(*texts: str) -> tuple[SpanIndex, np.ndarray]:
    """An index of these texts, and the keys of each."""
    joined = "\n".join(texts)
    starts = np.array([joined.index(text) for text in texts])
    index = SpanIndex(joined)
    spans = index.add(starts, starts + [len(text) for text in texts])
    return index, index.key_of[spans]


def test_merged_adds_up_what_reads_the_same() -> None:
    text = "“甲计划”和甲计划、乙计划"
    index = SpanIndex(text)
    names = merged(spans([(1, 4, 0.3), (10, 13, 0.35), (6, 9, 0.2)], [(0, 1, 0.9)], [(6, 9, 0.5)]), index)
    read = [[index.read(span) for span in row if span != NONE] for row in names.spans]
    assert read == [["甲计划", "乙计划"], [], ["甲计划"]]
    assert index.spans[names.spans[0, 0]].tolist() == [1, 4]
    assert names.probability[0, :2] == pytest.approx([0.5, 0.35])
    assert names.probability[:, 2:].max() == 0


def test_forms_of_one_name_are_one_and_speak_for_each_other() -> None:
    text = "技术合同成交额、合同成交额、游客"
    proposals = Proposals(text, np.array([0]), spans([(14, 16, 0.4), (0, 7, 0.32), (8, 13, 0.28)]), spans([]))
    (names,) = proposals.indicators()
    assert [name.text for name in names] == ["技术合同成交额", "游客"]
    assert [name.probability for name in names] == pytest.approx([0.6, 0.4])
    assert list(proposals.indicators(best=1)) == [names[:1]]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("质押融资", "专利质押融资", True),
        ("融资", "专利质押融资", False),
        ("甲", "甲乙", False),
        ("平台", "平台", True),
    ],
)
def test_alike(one: str, other: str, expected: bool) -> None:
    index, keys = numbered(one, other)
    likeness = Likeness(index, [keys])
    assert alike(one, other) == alike(other, one) == expected
    for first, second in (keys, keys[::-1]):
        names = ProposedNames(np.array([[0]]), np.array([[second]]), np.array([[0.25]]))
        assert likeness.support(np.array([[first]]), names) == (0.25 if expected else 0)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("共创“甲乙丙”新路", "共创“甲乙丙", "共创“甲乙丙”"),
        ("订阅《甲乙》世界版", "甲乙》世界版", "《甲乙》世界版"),
        ("“其实甲乙行业", "“其实甲乙行业", "其实甲乙行业"),
        ("甲乙行业”之外", "甲乙行业”", "甲乙行业"),
        ("“甲乙”行动", "甲乙", "甲乙"),
        ("甲“乙丙丁，三个", "甲“乙丙", "甲“乙丙"),
        ("甲（乙）丙", "甲（乙", "甲（乙）"),
    ],
)
def test_no_quotation_mark_stands_alone(text: str, name: str, expected: str) -> None:
    start, end = paired(text, text.index(name), text.index(name) + len(name))
    assert text[start:end] == expected


@given(st.lists(st.text("甲乙丙", min_size=1, max_size=6), min_size=1, max_size=12, unique=True))
def test_parts_of_keys(texts: list[str]) -> None:
    index, numbers = numbered(*texts)
    likeness = Likeness(index, [numbers])
    for one in range(len(texts)):
        for other in range(len(texts)):
            assert likeness.is_part(numbers[one], numbers[other]) == (texts[one] in texts[other])
            assert likeness.is_beginning(numbers[one], numbers[other]) == texts[other].startswith(texts[one])


@settings(max_examples=40)
@given(st.data(), st.integers(0, 90))
def test_any_proposals(data: st.DataObject, count: int) -> None:
    text = data.draw(st.text("甲乙丙丁，。、“”\n9", min_size=30, max_size=30))
    span = st.tuples(st.integers(0, 24), st.integers(1, 6), st.integers(0, 8))
    drawn = data.draw(st.lists(st.lists(span, max_size=4, unique_by=lambda s: s[:2]), min_size=1, max_size=4))
    rows = [
        [(start, start + size, share / 8) for start, size, share in sorted(row, key=lambda s: -s[2])] for row in drawn
    ]
    proposed = spans(*[rows[number % len(rows)] for number in range(count)])
    proposals = Proposals(text, np.arange(count) % 30, proposed, proposed)
    chosen = list(proposals.initiatives(Ranker.load("gongbao.names", "initiative")))
    assert len(chosen) == len(list(proposals.indicators())) == count
    for names in chosen:
        assert len(names) <= NAMES
        assert all(name.text == text[name.start : name.end] for name in names)
        assert [name.probability for name in names] == sorted((name.probability for name in names), reverse=True)
        assert sum(name.probability for name in names) <= 1 + 1e-5
        assert not any(alike(one.text, other.text) for one, other in combinations(names, 2))

"""Offset maps against a slow, obvious reference: for every target character, the source span it came from."""

from __future__ import annotations

import pytest
from gongbao.offsets import OffsetMap, replace
from hypothesis import given
from hypothesis import strategies as st


def reference(text: str, changes: list[tuple[int, int, str]]) -> list[tuple[int, int]]:
    """For every character of the target its source span; characters of a length-changing edit share the edit's."""
    spans: list[tuple[int, int]] = []
    at = 0
    for start, end, new in changes:
        spans += [(i, i + 1) for i in range(at, start)]
        spans += [(i, i + 1) for i in range(start, end)] if len(new) == end - start else [(start, end)] * len(new)
        at = end
    return spans + [(i, i + 1) for i in range(at, len(text))]


@st.composite
def edits(draw: st.DrawFn, size: int) -> list[tuple[int, int, str]]:
    cuts = sorted(draw(st.lists(st.integers(0, size), max_size=8, unique=True)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return [(a, b, draw(st.text("𠮷市甲乙", max_size=4))) for a, b in pairs]


@given(st.data())
def test_every_character_maps_to_where_it_came_from(data: st.DataObject) -> None:
    text = data.draw(st.text("一二三😀𠮷ab", max_size=24))
    changes = data.draw(edits(len(text)))
    target, offsets = replace(text, changes)
    spans = reference(text, changes)
    assert len(target) == len(spans)
    for i, span in enumerate(spans):
        assert offsets.to_source(i, i + 1) == span


@given(st.data())
def test_composition_never_loses_source_text(data: st.DataObject) -> None:
    text = data.draw(st.text("一二三ab", max_size=24))
    middle, first = replace(text, data.draw(edits(len(text))))
    target, second = replace(middle, data.draw(edits(len(middle))))
    both = first.then(second)
    for i in range(len(target)):
        start, end = both.to_source(i, i + 1)
        low, high = first.to_source(*second.to_source(i, i + 1))
        assert start <= low and high <= end


@given(st.data())
def test_to_target_is_monotone_and_inverts_unchanged_offsets(data: st.DataObject) -> None:
    text = data.draw(st.text("一二三ab", max_size=24))
    target, offsets = replace(text, data.draw(edits(len(text))))
    images = [offsets.to_target(i) for i in range(len(text) + 1)]
    assert images == sorted(images)
    assert all(0 <= image <= len(target) for image in images)


def test_a_deleted_gloss_belongs_to_no_neighbour() -> None:
    target, offsets = replace("15萬(wàn)億(yì)元", [(3, 8, ""), (9, 13, "")])
    assert target == "15萬億元"
    assert offsets.to_source(0, 5) == (0, 14)
    assert offsets.to_source(2, 3) == (2, 3)
    assert offsets.to_source(3, 4) == (8, 9)


def test_no_change_costs_nothing() -> None:
    text, offsets = replace("全市", [])
    assert text == "全市" and offsets == OffsetMap() and offsets.is_identity


@pytest.mark.parametrize("changes", [[(2, 1, "x")], [(0, 2, ""), (1, 3, "")]])
def test_changes_must_run_forwards(changes: list[tuple[int, int, str]]) -> None:
    with pytest.raises(ValueError, match="overlap or run backwards"):
        replace("abcdef", changes)

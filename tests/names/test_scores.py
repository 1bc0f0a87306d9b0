from __future__ import annotations

import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest
from gongbao.names import tagger as tagger_module
from gongbao.names.features import KINDS, LONGEST, TextFeatures
from gongbao.names.scores import SPANS, Rows, _largest, best_spans, softmax
from gongbao.names.tagger import FieldContext, FieldTagger
from hypothesis import given, settings
from hypothesis import strategies as st


@dataclass(frozen=True)
class QuantitySpan:
    start: int
    end: int
    kind: str = "money"


VALUES = st.one_of(st.sampled_from([0.0, -1.0, 0.5]), st.floats(width=32, allow_nan=False))


@given(st.data(), st.integers(1, 12), st.integers(1, 14))
def test_largest_is_a_stable_sort(data: st.DataObject, width: int, count: int) -> None:
    rows = data.draw(st.lists(st.lists(VALUES, min_size=width, max_size=width), min_size=1, max_size=4))
    values = np.array(rows, np.float32) + np.float32(0)  # no negative zero
    expected = np.argsort(-values, axis=1, kind="stable")[:, :count]
    assert np.array_equal(_largest(values, min(count, width)), expected)


def every_span(text: str, window: list[int]) -> list[tuple[int, int]]:
    """(place in the window, length) of all spans that a name may have, one after the other."""
    found = []
    for place, start in enumerate(window):
        for length in range(1, LONGEST + 1):
            part = text[start : start + length]
            whole = window[place : place + length] == list(range(start, start + length)) and len(part) == length
            if whole and not set(part) & set("，。\n") and part[0] not in "）、" and part[-1] not in "（、":
                found.append((place, length))
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.text("甲乙丙丁，。、（）\n", min_size=8, max_size=80))
def test_best_spans_against_all_spans(seed: int, text: str) -> None:
    random = np.random.default_rng(seed)
    article = TextFeatures(
        text, [QuantitySpan(at, at + 2) for at in sorted(random.choice(len(text) - 1, 2, False)) if at]
    )
    if not article.amounts:
        return
    around = article.surroundings()
    scores = random.normal(size=(6, *around.positions.shape)).astype(np.float32)
    by_length = random.normal(size=(2, LONGEST)).astype(np.float32)
    for field, spans in enumerate(best_spans(article, around, scores, by_length)):
        begin, end, inside = scores[3 * field : 3 * field + 3]
        for row in range(len(article.amounts)):
            window = around.positions[row][around.present[row]].tolist()
            columns = np.flatnonzero(around.present[row])
            allowed = [(columns[place], length) for place, length in every_span(text, window)]
            begins = [column for column, at in zip(columns, window, strict=True) if article.may_start[at]]
            likely = set(sorted(begins, key=lambda column: -begin[row, column])[:20])
            followed = [(at, length) for at, length in allowed if at in likely]
            total = [
                begin[row, at]
                + end[row, at + length - 1]
                + inside[row, at : at + length].sum()
                + by_length[field][length - 1]
                for at, length in followed
            ]
            order = np.argsort(-np.array(total))[:SPANS]
            expected = [(around.positions[row, followed[n][0]], followed[n][1]) for n in order]
            found = spans.found[row]
            got = list(zip(spans.starts[row, found], (spans.ends - spans.starts)[row, found], strict=True))
            assert got == expected
            shares = softmax(np.array(total, np.float32)) if total else np.zeros(0, np.float32)
            assert spans.shares[row, found] == pytest.approx(shares[order], abs=1e-4)


def long_article(seed: int, lines: int) -> FieldContext:
    """Lines of very different lengths, some without an end of sentence for hundreds of characters."""
    random = np.random.default_rng(seed)
    text = "".join(
        "".join(random.choice(list("项目投资额完成新增企业，。建设3456亿元"), int(random.integers(1, 400)))) + "\n"
        for _ in range(lines)
    )
    starts = np.sort(random.choice(len(text) // 4, min(len(text) // 4, 9 * lines), replace=False)) * 4
    return FieldContext(text, [QuantitySpan(at, at + 2, KINDS[at % len(KINDS)]) for at in starts.tolist()])


def test_result_does_not_depend_on_the_batch() -> None:
    contexts = [long_article(seed, lines) for seed, lines in enumerate((12, 1, 3, 0, 1, 2, 5))]
    assert max(len(context.quantities) for context in contexts) > 64  # more than are compared at once
    tagger = FieldTagger.load()
    together = tagger.predict(contexts)
    assert [len(row) for row in together] == [len(context.quantities) for context in contexts]
    for number, context in enumerate(contexts):
        assert tagger.predict([context]) == [together[number]]
    order = [4, 6, 0, 2, 5, 1, 3]
    shuffled = tagger.predict([contexts[n] for n in order[:3]]) + tagger.predict([contexts[n] for n in order[3:]])
    assert [shuffled[order.index(n)] for n in range(len(contexts))] == together


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), max_size=6))
def test_rows_of_what_was_read(gaps_and_lengths: list[tuple[int, int]]) -> None:
    parts, at = [], 0
    for gap, length in gaps_and_lengths:
        parts.append((at + gap, at + gap + length))
        at += gap + length
    rows = Rows(np.array(parts, np.int64).reshape(-1, 2))
    own = {offset for start, end in parts for offset in range(start, end)}
    found = rows.of(np.arange(at + 3)).tolist()
    assert found == sorted(found)
    assert max(found) < rows.count == 1 + len(own) + len(parts)
    written = {found[offset] for offset in own}
    assert len(written) == len(own)
    assert not written & {row for offset, row in enumerate(found) if offset not in own}


def test_a_long_article_is_read_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    contexts = [long_article(seed, lines) for seed, lines in ((1, 40), (2, 3), (3, 25))]
    whole = FieldTagger.load().propose(contexts)
    monkeypatch.setattr(tagger_module, "_BLOCK", 700)
    for one, other in zip(whole, FieldTagger.load().propose(contexts), strict=True):
        for name in ("indicators", "initiatives"):
            spans, others = getattr(one, name), getattr(other, name)
            assert np.array_equal(spans.found, others.found)
            assert others.shares == pytest.approx(spans.shares, abs=1e-5)
            assert np.array_equal(spans.starts[:, 0], others.starts[:, 0])
        assert other.statuses == pytest.approx(one.statuses, abs=1e-5)
        assert other.ranks == pytest.approx(one.ranks, abs=1e-5)


def peak(context: FieldContext) -> int:
    """Bytes that a prediction takes at most, its result besides what was there before."""
    tracemalloc.start()
    FieldTagger.load().predict([context])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_memory_of_a_long_article_is_that_of_its_result() -> None:
    """Windows, the network's output and what is compared are held in blocks: a page more takes kilobytes."""
    shorter, longer = long_article(1, 120), long_article(1, 360)
    FieldTagger.load().predict([long_article(1, 2)])  # what is loaded once
    added = len(longer.text) - len(shorter.text)
    assert added > 40_000
    assert (peak(longer) - peak(shorter)) / added < 600

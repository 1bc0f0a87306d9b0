"""Segmentation: jieba's words in a spaCy `Doc`, with every matched span on token borders.

Only sentences that hold a quantity, and headings, are cut into words; any other stretch of text is one token, so that
the `Doc` is always the whole article and offsets are the article's own. rjieba, jieba's algorithm and dictionary in
Rust, is used where it is installed: it gives jieba's tokens, except that it keeps ASCII dates (2021-01-09) whole, so
those are cut at their hyphens for both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import regex

from gongbao.document import Document

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

Cut = Callable[[str], Iterable[str]]

_JOINTS = regex.compile(r"(?<=[0-9A-Za-z])[-/:_](?=[0-9A-Za-z])")


def load_cut(*, rust: bool = True) -> Cut:
    """The word cutter: rjieba if installed and wanted, else jieba; both with the standard dictionary and HMM."""
    if rust:
        try:
            import rjieba

            return lambda text: rjieba.cut(text)
        except ImportError:
            pass
    import logging
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # its escapes in patterns, where it is not compiled yet
        import jieba

    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    return lambda text: tokenizer.lcut(text)


def tokens(document: Document, cut: Cut) -> list[str]:
    """The tokens of a document, joining to its text exactly."""
    text = document.text
    borders = _borders(document)
    words: list[str] = []
    at = 0
    for sentence in document.outline.sentences:
        if not _is_candidate(document, sentence.start, sentence.end) and sentence.role == "body":
            continue
        if at < sentence.start:
            words.append(text[at : sentence.start])
        at = sentence.start
        for border in borders[bisect_left(borders, at + 1) :]:
            if border >= sentence.end:
                break
            words.extend(cut(text[at:border]))
            at = border
        words.extend(cut(text[at : sentence.end]))
        at = sentence.end
    if at < len(text):
        words.append(text[at:])
    return words


def segment(vocab: Vocab, document: Document, cut: Cut) -> Doc:
    """A spaCy `Doc` of the simplified article with the matched spans in `doc.spans`.

    `doc.spans` holds `quantities`, `periods` and `places`, labelled with kind, role and form; `doc.user_data` holds
    the `Document` under `gongbao`.
    """
    from spacy.tokens import Doc, Span

    words = tokens(document, cut)
    doc = Doc(vocab, words=words, spaces=[False] * len(words))
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    at = 0
    for index, word in enumerate(words):
        starts[at] = index
        at += len(word)
        ends[at] = index + 1
    for name, items in (
        ("quantities", [(q.start, q.end, q.kind) for q in document.quantities]),
        ("periods", [(p.start, p.end, p.role) for p in document.periods]),
        ("places", [(p.start, p.end, p.form) for p in document.places]),
    ):
        doc.spans[name] = [
            Span(doc, starts[start], ends[end], label=label)
            for start, end, label in items
            if start in starts and end in ends
        ]
    doc.user_data["gongbao"] = document
    return doc


def _is_candidate(document: Document, start: int, end: int) -> bool:
    at = bisect_left(document.quantities, start, key=lambda quantity: quantity.start)
    return at < len(document.quantities) and document.quantities[at].start < end


def _borders(document: Document) -> list[int]:
    borders = {edge for q in document.quantities for edge in (q.start, q.end)}
    borders.update(edge for p in document.periods for edge in (p.start, p.end))
    borders.update(edge for p in document.places for edge in (p.start, p.end))
    for match in _JOINTS.finditer(document.text):
        borders.update(match.span())
    return sorted(borders)

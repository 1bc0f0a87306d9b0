"""spaCy: a DocBin of Docs over the texts as read, for training and for spaCy projects.

    docs = DocBin().from_disk("facts.spacy").get_docs(spacy.blank("zh").vocab)

`doc.spans` holds `amount` (labelled with the kind, `span.id_` the record's), `place`, `year`, `initiative` and
`indicator`; tokens are jieba's, cut at the spans' borders, so that every span is one. `doc.ents` holds the longest that
do not overlap. `doc.user_data["gongbao"]` says which article it is, which field belongs to which amount (`links`), and
what each amount's record holds (`records`, by `span.id_`): its value and unit, and place, year and names as linked.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gongbao.errors import ExportError
from gongbao.export.annotations import FIELDS, Annotated, FieldLink, Mark, annotated
from gongbao.export.cells import number_text
from gongbao.export.formats import Style
from gongbao.export.select import Data
from gongbao.names.segment import Cut, load_cut

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

GROUPS = ("amount", *FIELDS)
VALUES = ("place", "place_code", "year", "initiative", "indicator", "value", "value_max", "unit", "bound", "status")
KEY = "gongbao"


def write(data: Data, path: Path, style: Style) -> int:
    """Write the DocBin; returns the number of articles. All Docs are in memory until it is written."""
    import spacy
    from spacy.tokens import DocBin

    vocab = spacy.blank("xx").vocab
    docs = DocBin(attrs=["ENT_IOB", "ENT_TYPE"], store_user_data=True)
    for item in annotated(data):
        docs.add(to_doc(item, vocab))
    docs.to_disk(path)
    return len(docs)


@cache
def _cutter() -> Cut:
    return load_cut()


def to_doc(item: Annotated, vocab: Vocab) -> Doc:
    """One article as a Doc; offsets of its spans are those of the article."""
    from spacy.tokens import Doc
    from spacy.util import filter_spans

    borders = sorted({0, len(item.text), *(edge for mark in item.marks for edge in (mark.start, mark.end))})
    words = [word for start, end in pairwise(borders) for word in _cutter()(item.text[start:end])]
    doc = Doc(vocab, words=words, spaces=[False] * len(words))
    spans = [doc.char_span(mark.start, mark.end, label=mark.label, span_id=mark.id or 0) for mark in item.marks]
    for group in GROUPS:
        mine = [
            s
            for s, mark in zip(spans, item.marks, strict=True)
            if (mark.is_amount and group == "amount") or mark.label == group
        ]
        doc.spans[group] = [span for span in mine if span is not None]
    doc.set_ents(filter_spans([span for span in spans if span is not None]))
    links = [
        [item.marks[k].start, item.marks[k].end, item.marks[k].label]
        for link in item.links or ()
        for k in (link.amount, link.field)
    ]
    values = {row["record_id"]: {name: _storable(row[name]) for name in VALUES} for row in item.records}
    doc.user_data[KEY] = {"article_id": item.article_id, "links": links, "records": values, **item.about}
    return doc


def _storable(value: Any) -> Any:
    """What spaCy can save: numbers of 64 bits, others as text, digit for digit."""
    if isinstance(value, Decimal) or (isinstance(value, int) and abs(value) >= 2**63):
        return number_text(value)
    return value


def read(path: Path) -> Iterator[Annotated]:
    """Read a DocBin.

    Raises:
        ExportError: it is none (`import.format`).
    """
    import spacy
    from spacy.tokens import DocBin

    try:
        docs = list(DocBin(store_user_data=True).from_disk(path).get_docs(spacy.blank("xx").vocab))
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ExportError(
            "no DocBin", where=str(path), fix="Save it with DocBin.to_disk", code="import.format"
        ) from error
    yield from (from_doc(doc) for doc in docs)


def from_doc(doc: Doc) -> Annotated:
    """The marks of a Doc."""
    marks = [
        Mark(span.start_char, span.end_char, span.label_, span.id_ or None)
        for group in GROUPS
        for span in doc.spans.get(group, ())
    ]
    about = dict(doc.user_data.get(KEY) or {})
    at = {(mark.start, mark.end, mark.label): number for number, mark in enumerate(marks)}
    about.pop("records", None)
    flat = [tuple(end) for end in about.pop("links", ())]
    pairs = zip(flat[::2], flat[1::2], strict=True)
    links = tuple(FieldLink(at[amount], at[field]) for amount, field in pairs if amount in at and field in at)
    # A span that was moved in spaCy has no link any more: its field is then found as for tools without links.
    return Annotated(about.pop("article_id", None), doc.text, tuple(marks), links if links else None, about)

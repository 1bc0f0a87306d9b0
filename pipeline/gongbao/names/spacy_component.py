"""`lac_ner`: the LAC tagger as a spaCy pipeline component.

    import spacy
    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": "jieba"}}})
    nlp.add_pipe("lac_ner")

spaCy finds the factories through the entry points of the installed package.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from itertools import islice

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from gongbao.chinese.clauses import STATEMENT_ENDS, sentences
from gongbao.chinese.script import convert
from gongbao.document import Entity
from gongbao.names.lac import LacTagger
from gongbao.offsets import OffsetMap

ENTITIES_KEY = "gongbao_entities"
"""`doc.user_data[ENTITIES_KEY]`: the entities as dicts, with character-exact offsets into `doc.text`."""


class LacNer:
    """Adds LAC's names to a Doc. LAC knows simplified characters: what it reads is converted, the Doc stays as it is.

    `doc.spans[spans_key]` holds all of them, widened to whole tokens; `doc.ents` those whose borders are token borders
    and that overlap no entity set before. Where `doc.spans[candidates_key]` is set only those spans are read, else the
    Doc's sentences, else what stands between ends of sentences.
    """

    def __init__(self, tagger: LacTagger, spans_key: str = "entities", candidates_key: str = "candidates") -> None:
        self.tagger = tagger
        self.spans_key = spans_key
        self.candidates_key = candidates_key

    def __call__(self, doc: Doc) -> Doc:
        """Tag one Doc, in place."""
        self._annotate([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 64) -> Iterator[Doc]:
        """Tag Docs as they come; the sentences of `batch_size` of them run together."""
        docs = iter(stream)
        while batch := list(islice(docs, batch_size)):
            self._annotate(batch)
            yield from batch

    def _annotate(self, docs: list[Doc]) -> None:
        ranges = [self._ranges(doc) for doc in docs]
        flat = [convert(doc.text[start:end]) for doc, spans in zip(docs, ranges, strict=True) for start, end in spans]
        tagged = zip(flat, self.tagger.tag([simplified.text for simplified in flat]), strict=True)
        for doc, spans in zip(docs, ranges, strict=True):
            entities: list[Entity] = []
            for start, _ in spans:
                simplified, found = next(tagged)
                entities += [_in_doc(entity, simplified.offsets, doc, start) for entity in found]
            self._write(doc, entities)

    def _ranges(self, doc: Doc) -> list[tuple[int, int]]:
        if self.candidates_key in doc.spans:
            return [(span.start_char, span.end_char) for span in doc.spans[self.candidates_key]]
        if doc.has_annotation("SENT_START"):
            return [(span.start_char, span.end_char) for span in doc.sents]
        return list(sentences(doc.text, ends=STATEMENT_ENDS))

    def _write(self, doc: Doc, entities: list[Entity]) -> None:
        doc.user_data[ENTITIES_KEY] = [asdict(entity) for entity in entities]
        widened = [doc.char_span(e.start, e.end, label=e.label, alignment_mode="expand") for e in entities]
        doc.spans[self.spans_key] = [span for span in widened if span is not None]
        exact = [doc.char_span(e.start, e.end, label=e.label) for e in entities]
        before: list[Span] = list(doc.ents)
        taken = {token.i for span in before for token in span}
        free = [span for span in exact if span is not None and not taken.intersection(range(span.start, span.end))]
        doc.set_ents([*before, *filter_spans(free)], default="unmodified")


def _in_doc(entity: Entity, offsets: OffsetMap, doc: Doc, by: int) -> Entity:
    start, end = (by + offset for offset in offsets.to_source(entity.start, entity.end))
    return replace(entity, start=start, end=end, text=doc.text[start:end], score=float(entity.score))


def make_lac_ner(nlp: Language, name: str, spans_key: str, candidates_key: str) -> LacNer:
    """The factory behind `gongbao_lac_ner` and its short name `lac_ner`."""
    return LacNer(LacTagger.load(), spans_key, candidates_key)


_DEFAULTS = {"spans_key": "entities", "candidates_key": "candidates"}
for _name in ("gongbao_lac_ner", "lac_ner"):
    Language.factory(_name, assigns=["doc.ents", "doc.spans"], default_config=_DEFAULTS, func=make_lac_ner)

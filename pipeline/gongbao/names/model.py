"""The models that may name things for the linker, behind one interface.

`tagger` is the shipped field tagger (its encoder began as LAC), the default. `lac` and any installed spaCy model run as
spaCy pipelines over segmented documents and give entities, which the rules use as candidates for initiatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from gongbao.document import Document, Entity, NamePrediction
from gongbao.errors import ModelError
from gongbao.names.known import NO_KNOWN, KnownNames
from gongbao.ranker import Learned, Reason

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

    from gongbao.names.tagger import FieldContext, FieldTagger

DEFAULT = "tagger"
_LABELS = {
    "ORG": "ORG",
    "FAC": "ORG",
    "GPE": "LOC",
    "LOC": "LOC",
    "PERSON": "PER",
    "PRODUCT": "WORK",
    "WORK_OF_ART": "WORK",
}
"""Labels of spaCy's Chinese models (OntoNotes) and ours."""


class NameModel(Protocol):
    """Names things in documents, a batch at a time."""

    def entities(self, documents: Sequence[Document]) -> list[tuple[Entity, ...]]:
        """Named entities of each document, offsets in its simplified text; empty where the model gives none."""

    def predictions(self, documents: Sequence[Document]) -> list[list[NamePrediction]] | None:
        """Indicator and initiative of each quantity of each document; None where the model does not predict them."""


def load_model(name: str, known: KnownNames = NO_KNOWN) -> NameModel:
    """The model of a name: `tagger`, the folder of a learned one, `lac`, or an installed spaCy model such as
    `zh_core_web_sm`.

    Args:
        name: Its name.
        known: The names that the user knows, which compete for amounts near them where the model ranks names.

    Raises:
        ModelError: no such model is installed.
    """
    if name == DEFAULT:
        return TaggerNames(known=known)
    if (learned := Learned.of(name)) is not None:
        from gongbao.names.tagger import FieldTagger

        return TaggerNames(FieldTagger.load().ranking_by(learned), known)
    return SpacyNames(load_pipeline(name))


def load_pipeline(name: str) -> Language:
    """The spaCy pipeline of a model name, without a sentence splitter or tokenizer of its own at work.

    Raises:
        ModelError: no such model is installed.
    """
    import spacy

    if name == "lac":
        import gongbao.names.spacy_component  # noqa: F401 - registers the factory

        nlp = spacy.blank("zh")
        nlp.add_pipe("lac_ner")
        return nlp
    try:
        return spacy.load(name)
    except OSError as error:
        raise ModelError(
            f"no model {name!r}",
            where="--ner",
            fix="Use tagger, lac, or the name of an installed spaCy model; --no-ner goes by rules alone",
            code="model.missing",
        ) from error


class TaggerNames:
    """The field tagger: the shipped one, or another that has been trained."""

    def __init__(self, tagger: FieldTagger | None = None, known: KnownNames = NO_KNOWN) -> None:
        from gongbao.names.tagger import FieldTagger

        self._known = known
        self._tagger = tagger if tagger is not None else FieldTagger.load()

    def entities(self, documents: Sequence[Document]) -> list[tuple[Entity, ...]]:
        """None: the tagger reads names for quantities only."""
        return [()] * len(documents)

    def predictions(self, documents: Sequence[Document]) -> list[list[NamePrediction]]:
        """What the tagger reads for every quantity."""
        predicted = self._tagger.predict([self._context(document) for document in documents])
        return [[NamePrediction(p.indicators, p.initiatives, p.statuses, p.ranks) for p in row] for row in predicted]

    def reasons(self, document: Document) -> list[list[Reason]]:
        """What speaks for the first and for the second initiative of each quantity of a document."""
        return self._tagger.reasons(self._context(document))

    def _context(self, document: Document) -> FieldContext:
        from gongbao.names.tagger import FieldContext

        known = self._known.mentions(document.text)
        return FieldContext(document.text, document.quantities, document.places, known)


class SpacyNames:
    """A spaCy pipeline over segmented documents."""

    def __init__(self, nlp: Language) -> None:
        from gongbao.names.segment import load_cut

        self._nlp = nlp
        self._cut = load_cut()

    def docs(self, documents: Sequence[Document]) -> list[Doc]:
        """Docs with the matched spans and the model's entities."""
        from gongbao.names.segment import segment

        return list(self._nlp.pipe(segment(self._nlp.vocab, document, self._cut) for document in documents))

    def entities(self, documents: Sequence[Document]) -> list[tuple[Entity, ...]]:
        """The entities of each document."""
        with self._nlp.memory_zone():
            return [_entities(doc) for doc in self.docs(documents)]

    def predictions(self, documents: Sequence[Document]) -> None:
        """None: indicators and initiatives are left to the rules."""


def _entities(doc: Doc) -> tuple[Entity, ...]:
    from gongbao.names.spacy_component import ENTITIES_KEY

    if ENTITIES_KEY in doc.user_data:
        return tuple(Entity(**entity) for entity in doc.user_data[ENTITIES_KEY])
    return tuple(
        Entity(e.start_char, e.end_char, e.text, _LABELS[e.label_], "spacy")  # type: ignore[arg-type]
        for e in doc.ents
        if e.label_ in _LABELS
    )

"""Which indicator and which initiative a quantity belongs to, by rules alone.

Indicator: the noun phrase before 达到/为/实现/增长…, or the one after the amount (1799项科技成果). A growth rate
without a noun phrase of its own (同比增长8%) measures what the amount before it measures. Initiative: the named
programme, platform, zone, fund or instrument before the amount in its sentence, else the field that a statistical
indicator belongs to (地区生产总值 -> 经济运行), else the activity inside the indicator (专利权质押融资额 ->
专利权质押融资).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from gongbao.chinese.clauses import Span, between, clause_end, clause_start
from gongbao.document import Document, Quantity, Sentence
from gongbao.linking.respectively import series, shares_of
from gongbao.linking.scope import Choice, TextChoice, sentence_index
from gongbao.relations import Relation
from gongbao.rulebook.cues import LinkingCues
from gongbao.rulebook.load import RuleSet

_CJK = regex.compile(r"\p{Han}")
_NAME_RUN = regex.compile(r"[\p{Han}A-Za-z0-9·+“”（()）]{3,}")
"""What the name of an initiative may be written with, and brackets."""
_QUOTED = regex.compile(r"《([^》\n]{2,40})》|“([^”\n]{2,20})”")
MIN_INDICATOR = 2
NO_NAME: TextChoice = Choice(None, "default", Relation.NAME_NONE, score=0.0)


class NameLinker:
    """Finds indicator and initiative of every quantity from the words around it.

    Args:
        rules: Supplies the lexicons `indicator_verbs` (what stands between an indicator and its amount),
            `indicator_openers` (what a clause may open with before its noun phrase), `phrase_verbs` (where a noun
            phrase after an amount ends), `inner_verbs` (after which an indicator begins), `initiative_heads` (nouns
            that end the name of an initiative), `activities` (fields of statistical indicators) and `indicator_tails`
            (what is dropped from an indicator to give the activity).
        cues: The words that linking asks for.
    """

    def __init__(self, rules: RuleSet, cues: LinkingCues) -> None:
        self._cues = cues

        def choice(name: str) -> str:
            words = sorted(rules.lexicon(name), key=lambda word: (-len(word), word))
            return "|".join(regex.escape(word) for word in words) or "(?!)"

        self._verbs = regex.compile(rf"(?:{choice('indicator_verbs')}|[\s的了])+$")
        self._openers = regex.compile(rf"^(?:{choice('indicator_openers')}|[\s的了“”])+")
        self._phrase_verb = regex.compile(choice("phrase_verbs"))
        self._inner_verb = regex.compile(rf"(?:{choice('inner_verbs')})(?![值额量率数人])了?")
        pairs = [tuple(line.split()) for line in rules.lexicon("activities")]
        self._activities = sorted(((p[0], p[1]) for p in pairs if len(p) == 2), key=lambda p: (-len(p[0]), p[0]))
        self._tails = regex.compile(rf"(?:{choice('indicator_tails')})$")
        heads = choice("initiative_heads")
        self._head = regex.compile(heads)
        self._initiative = regex.compile(
            rf"(?:[\p{{Han}}A-Za-z0-9·+“”]|[（(]\p{{Han}}{{2,6}}[）)]){{2,24}}?(?:{heads})(?!\p{{Han}}{{0,1}}(?:化|性))"
        )

    def activity(self, indicator: str) -> str | None:
        """The field of activity that a statistical indicator belongs to, None if it is none of the known ones."""
        return next((activity for words, activity in self._activities if words in indicator), None)

    def indicators(self, document: Document) -> list[TextChoice]:
        """One choice for each quantity; `value` is the indicator's text, None where none was found."""
        sentences = document.outline.sentences
        choices: list[TextChoice] = []
        runs = {last: first for first, last in series(self._cues, document.text, document.quantities)}
        in_run = {n: first for last, first in runs.items() for n in range(first, last + 1)}
        sizes = {first: last - first + 1 for last, first in runs.items()}
        distributed: dict[int, TextChoice] = {}
        before: tuple[int | None, TextChoice] | None = None
        for number, quantity in enumerate(document.quantities):
            index = sentence_index(document.outline, quantity.start)
            if index is None:
                choices.append(NO_NAME)
                continue
            first = in_run.get(number, number)
            choice = choices[first] if first < number else self._indicator(document, sentences[index], quantity)
            if number == first and number in sizes:
                shares = shares_of(self._cues, choice, sizes[number])
                if shares:
                    distributed.update(zip(range(number, number + len(shares)), shares, strict=True))
            if number in distributed:
                choices.append(distributed[number])
                before = (index, choice)
                continue
            carries = choice.value is None or (first < number and quantity.kind != "count")
            if choice.value is None and before is not None and before[0] == index:
                choice = Choice(
                    before[1].value, "stated", Relation.INDICATOR_BEFORE, before[1].start, before[1].end, 0.7
                )
            elif first < number and quantity.kind == "count":
                own = self._after(document, sentences[index], quantity)
                choice = own if own.value is not None else choice
            choices.append(choice)
            if choice.value is not None and not carries:
                before = (index, choice)
        return choices

    def initiatives(self, document: Document, indicators: Sequence[TextChoice]) -> list[TextChoice]:
        """One choice for each quantity; `value` is the initiative's text."""
        named: dict[int, list[tuple[int, int]]] = {}
        choices: list[TextChoice] = []
        for quantity, indicator in zip(document.quantities, indicators, strict=True):
            index = sentence_index(document.outline, quantity.start)
            if index is None:
                choices.append(NO_NAME)
                continue
            choices.append(self._initiative_of(document, index, quantity, indicator, named))
        return choices

    # -- indicators ------------------------------------------------------------------------------------------

    def _indicator(self, document: Document, sentence: Sentence, quantity: Quantity) -> TextChoice:
        if quantity.kind in {"count", "measure", "duration"}:
            return _first(self._after(document, sentence, quantity), self._before(document, sentence, quantity))
        return _first(self._before(document, sentence, quantity), self._after(document, sentence, quantity))

    def _before(self, document: Document, sentence: Sentence, quantity: Quantity) -> TextChoice:
        text = document.text
        end = quantity.start
        start = clause_start(text, sentence, quantity.start)
        spans: list[Span] = [*between(document.periods, start, end), *between(document.places, start, end)]
        for span in spans:
            if start <= span.start < span.end <= end and not text[start : span.start].strip("，、在于 "):
                start = span.end
        previous = between(document.quantities, start, end)
        if previous:
            start = previous[-1].end
        low, high = self.noun_phrase(text, start, self.before_verbs(text, start, end))
        cut = text.rfind("的", low, high)
        if cut >= 0 and high - cut - 1 >= MIN_INDICATOR:
            low = cut + 1
        if high - low < MIN_INDICATOR or not _CJK.search(text[low:high]):
            return NO_NAME
        return Choice(text[low:high], "stated", Relation.INDICATOR_BEFORE_VERB, low, high, 0.7)

    def before_verbs(self, text: str, start: int, end: int) -> int:
        """Where `text[start:end]` ends without its verbs and what is compared with."""
        trimmed, length = text[start:end], -1
        while len(trimmed) != length:
            length = len(trimmed)
            trimmed = self._cues["compared_tail"].sub(self._verbs.sub("", trimmed))
        return start + len(trimmed)

    def behind_openers(self, text: str, start: int, end: int) -> int:
        """Where `text[start:end]` begins behind what a clause may open with before its noun phrase."""
        opener = self._openers.match(text[start:end])
        return start + (opener.end() if opener else 0)

    def noun_phrase(self, text: str, start: int, end: int) -> tuple[int, int]:
        """Where the noun phrase at the end of `text[start:end]` begins behind openers and verbs, and `end`."""
        low = self.behind_openers(text, start, end)
        inner = [m.end() for m in self._inner_verb.finditer(text, low, end) if end - m.end() >= MIN_INDICATOR]
        return (inner[-1] if inner else low), end

    def _after(self, document: Document, sentence: Sentence, quantity: Quantity) -> TextChoice:
        text = document.text
        low = quantity.end
        high = clause_end(text, sentence, low)
        for mark in "、和与及":
            at = text.find(mark, low, high)
            high = at if at >= 0 else high
        while low < high and text[low] in "的 “":
            low += 1
        verb = self._phrase_verb.search(text, low + 1, high) if high > low else None
        if verb:
            high = verb.start()
        if high - low < MIN_INDICATOR or not _CJK.match(text[low]) or self._phrase_verb.match(text, low):
            return NO_NAME
        return Choice(text[low:high].rstrip("”的"), "stated", Relation.INDICATOR_AFTER_AMOUNT, low, high, 0.7)

    # -- initiatives -----------------------------------------------------------------------------------------

    def _named(self, document: Document, sentence: Sentence) -> list[tuple[int, int]]:
        text = document.text
        spans: list[tuple[int, int]] = []
        # A name lies within one run of its characters, and ends with a head: most runs hold none.
        for run in _NAME_RUN.finditer(text, sentence.start, sentence.end):
            if self._head.search(text, run.start() + 2, run.end()):
                spans += [match.span() for match in self._initiative.finditer(text, *run.span())]
        for match in _QUOTED.finditer(text, sentence.start, sentence.end):
            spans.append(match.span(1) if match.group(1) else match.span(2))
        names = [e for e in between(document.entities, sentence.start, sentence.end) if e.label in {"ORG", "WORK"}]
        spans += [(entity.start, entity.end) for entity in names]
        return sorted(spans)

    def _initiative_of(
        self,
        document: Document,
        index: int,
        quantity: Quantity,
        indicator: TextChoice,
        named: dict[int, list[tuple[int, int]]],
    ) -> TextChoice:
        if index not in named:
            named[index] = self._named(document, document.outline.sentences[index])
        spans = [span for span in named[index] if span[1] <= quantity.start]
        if spans:
            start, end = spans[-1]
            return Choice(document.text[start:end].strip("“”"), "stated", Relation.INITIATIVE_NAMED, start, end, 0.7)
        return self.field(indicator)

    def activity_of(self, indicator: str) -> str:
        """The activity that an indicator measures: 装备制造业增加值 -> 装备制造业."""
        return self._tails.sub("", indicator) or indicator

    def field(self, indicator: TextChoice) -> TextChoice:
        """The initiative that an indicator itself speaks of: its field of statistics, else the activity in it."""
        if indicator.value is None:
            return NO_NAME
        known = self.activity(indicator.value)
        if known is not None:
            return Choice(known, indicator.how, Relation.INITIATIVE_FIELD, indicator.start, indicator.end, 0.6)
        activity = self.activity_of(indicator.value)
        return Choice(activity, indicator.how, Relation.INITIATIVE_ACTIVITY, indicator.start, indicator.end, 0.5)


def rates_alone(cues: LinkingCues, document: Document) -> Iterator[tuple[int, int]]:
    """(growth, amount before it) by number where nothing but a comparison stands between: 产量3万吨，同比增长5%."""
    for number in range(1, len(document.quantities)):
        level, rate = document.quantities[number - 1 : number + 1]
        if rate.kind == "growth" and cues["rate_alone"].fullmatch(document.text, level.end, rate.start):
            yield number, number - 1


def _first(*choices: TextChoice) -> TextChoice:
    return next((choice for choice in choices if choice.value is not None), choices[-1])

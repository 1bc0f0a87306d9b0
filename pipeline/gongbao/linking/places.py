"""Which place a quantity belongs to.

The nearest place before the amount in its sentence that the sentence is about; else the place that the paragraph's
sentences before it were about; else the heading; else the paragraph before; else the title. Places that are only
compared with (高于全国), reached (出口美国) or worked with (与上海合作) are no candidates. In a 分别 list the n-th
amount takes the n-th place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from gongbao.chinese.clauses import between, clause_end, clause_start
from gongbao.document import Place, Quantity, Sentence, Table
from gongbao.linking.respectively import distribute, join_examples, name_runs, spread
from gongbao.linking.scope import Choice, TextChoice, sentence_index, stated_in
from gongbao.linking.surroundings import Surroundings
from gongbao.linking.tables import Cell, TableLinker
from gongbao.linking.topics import TopicRules, is_donor
from gongbao.places.paths import (
    COUNTRY,
    ancestor,
    common_ancestor,
    depth,
    is_region,
    lies_in,
    lineage,
    narrowest,
    parent_of,
    province_of,
    rank_of,
)
from gongbao.relations import Relation
from gongbao.rulebook.gives import LinkingCue

_ENDS = tuple("。！？!?；;…”")
_OWN_LEVEL: Mapping[str, LinkingCue] = {"区": "own_district", "县": "own_county"}
"""How an article speaks of the district that it has come to, by the end of its name."""


class PlaceLinker:
    """Resolves the place of every quantity of a document.

    Args:
        topics: Tells the places that sentences may be about.
        tables: Reads the cells of tables.
    """

    def __init__(self, topics: TopicRules, tables: TableLinker) -> None:
        self._topics = topics
        self._tables = tables

    def link(self, around: Surroundings, topics: Sequence[Place], cells: Mapping[int, Cell]) -> list[TextChoice]:
        """One choice for each quantity of the document, in order.

        Args:
            around: The article's surroundings.
            topics: The places that its sentences may be about.
            cells: The quantities that stand in tables, by their number.
        """
        return _Places(self._topics, self._tables, around, topics, cells).choices()


def _is_above(path: str, place: Place, frames: Sequence[str]) -> bool:
    """True for a higher level that pays for or counts what a place does: 省级财政补助 in a county's article."""
    return place.authority is not None and any(lies_in(frame, path) for frame in frames)


def _lie_in_one_another(run: Sequence[Place]) -> bool:
    """True for one place written with gaps: 贵州　遵义市."""
    return all(lies_in(inner.place, outer.place) for outer, inner in pairwise(run))


class _Places:
    """The places of one document."""

    def __init__(
        self,
        rules: TopicRules,
        tables: TableLinker,
        around: Surroundings,
        topics: Sequence[Place],
        cells: Mapping[int, Cell],
    ) -> None:
        self._rules = rules
        self._tables = tables
        self._cells = cells
        self._around = around
        self._cues = around.cues
        self._document = around.document
        self._text = around.text
        self._sentences = around.sentences
        self._topics = topics
        self._heading = self._section_places()
        self._is_round_up = (
            len({c.value for c in self._heading if c is not None and c.rule == Relation.PLACE_HEADS_SECTION}) > 1
        )
        self._main = self._article_place()
        self._topics = [
            place
            for run in name_runs(self._cues, self._text, topics)
            for place in run
            if not self._is_elsewhere(place)
            or (self._opens_clause(run[0]) and not is_donor(self._cues, self._text, run))
        ]
        # The nation is what is compared with or part of a name, unless a clause opens with it.
        self._topics = [p for p in self._topics if p.rank != "country" or self._heads_clause(p)]

    def choices(self) -> list[TextChoice]:
        """One choice for each quantity."""
        document = self._document
        choices: list[TextChoice] = [Choice(None, "default", Relation.PLACE_NONE, score=0.0)] * len(document.quantities)
        carried: TextChoice | None = None
        listed: list[TextChoice] = []
        for sentence, numbers, runs, table, opens_section, opens_paragraph in self._around.steps():
            if opens_section:
                carried, listed = None, []
            scope = self._captioned(table) or self._scope(sentence, carried, opens_paragraph)
            resolved = self._resolve(sentence, scope)
            for number in numbers:
                choices[number] = self._choose(document.quantities[number], sentence, resolved, scope)
            if table is not None:  # a row says nothing of the text after the table
                for number in numbers:
                    if number in self._cells:
                        choices[number] = self._tables.place(document, self._cells, number, resolved, scope)
                continue
            distribute(self._cues, document, runs, resolved, choices)
            spread(self._cues, document, runs, sentence, listed, choices)
            named = [choices[number] for number in numbers if choices[number].how == "stated"]
            distinct = list({choice.value: choice for choice in named}.values())
            listed = distinct if len(distinct) > 1 else listed
            topic = self._topic(sentence, resolved, [choices[number] for number in numbers])
            if any(choices[number].rule == Relation.PLACE_COLLECTIVE for number in numbers):
                topic = Choice(None, "carried", Relation.PLACE_COLLECTIVE, score=0.5)
            parts = self._cues["parts"].match(self._text, sentence.start, sentence.end)
            if parts and self._is_part(topic, scope):
                topic = None  # 其中…: parts of the place spoken of, which the next sentence goes on with
            if sentence.role == "body":
                carried = topic or (scope if scope.how in {"carried", "stated"} else None)
        return choices

    @staticmethod
    def _is_part(topic: TextChoice | None, scope: TextChoice) -> bool:
        return topic is not None and scope.value is not None and lies_in(str(topic.value), str(scope.value))

    def _is_elsewhere(self, place: Place) -> bool:
        """True for a place in another province than the one place that the article is about."""
        main = str(self._main.value or COUNTRY)
        single = self._main.how == "title" and main != COUNTRY and not self._is_round_up
        return single and place.place is not None and province_of(place.place) != province_of(main)

    def _opens_clause(self, place: Place) -> bool:
        index = sentence_index(self._document.outline, place.start)
        return index is None or place.start - clause_start(self._text, self._sentences[index], place.start) <= 2

    def _heads_clause(self, place: Place) -> bool:
        index = sentence_index(self._document.outline, place.start)
        if place.text not in {"全国", "我国"} or index is None:
            return False
        head = clause_start(self._text, self._sentences[index], place.start)
        return place.start - head <= 2

    # -- scope -----------------------------------------------------------------------------------------------

    def _article_place(self) -> TextChoice:
        """The place the article is about: that of its title, else of its first lines, else the most named."""
        title_end = next((s.end for s in self._sentences if s.role == "title"), 0)
        named = [p for p in self._topics if p.place is not None and p.rank != "country" and p.form != "adjective"]
        title = self._document.article.title or ""
        if self._cues["many_places"].search(title or self._text[:title_end]):
            return Choice(COUNTRY, "title", Relation.PLACE_COUNTRY, score=0.7)  # the places of the title are examples
        outside = [p for p in self._document.title_places if self._rules.is_topic(title, p)]
        outside = [p for p in outside if p.place is not None and p.rank != "country" and p.form != "adjective"]
        if outside:
            return Choice(narrowest([str(p.place) for p in outside]), "title", Relation.PLACE_TITLE, score=0.8)
        in_title = [p for p in named if p.end <= title_end]
        if in_title:
            path = narrowest([str(p.place) for p in in_title])
            return Choice(path, "title", Relation.PLACE_TITLE, in_title[0].start, in_title[0].end, 0.8)
        headings = [c for c in self._heading if c is not None and c.rule == Relation.PLACE_HEADS_SECTION]
        if len({c.value for c in headings}) > 1:
            path = common_ancestor([str(c.value) for c in headings])
            return Choice(path, "heading", Relation.PLACE_ROUND_UP, headings[0].start, headings[0].end, 0.6)
        nation = [p for p in self._document.places if p.place == COUNTRY and p.form != "embedded"]
        body = [p for p in named if p.start >= title_end]
        if body:
            counts = Counter(part for p in body for part in lineage(str(p.place)))
            first = body[0]
            path = str(first.place)
            # The first place is the article's if the others mostly lie in it; else the smallest that holds most.
            while counts[path] * 2 < len(body) and (outer := parent_of(path)) is not None:
                path = outer
            spoken = sum(self._heads_clause(p) for p in nation)
            if counts[path] * 2 >= len(body) and counts[path] >= spoken:
                return Choice(path, "carried", Relation.PLACE_ARTICLE, first.start, first.end, 0.6)
        elif any(p.form == "relative" and p.rank != "country" for p in self._topics):
            return Choice(None, "default", Relation.PLACE_UNNAMED, score=0.5)
        if nation:
            return Choice(COUNTRY, "carried", Relation.PLACE_COUNTRY, nation[0].start, nation[0].end, 0.7)
        return Choice(None, "default", Relation.PLACE_NONE, score=0.2)

    def _section_places(self) -> list[TextChoice | None]:
        """The place of every section: that of its heading, else of the section around it."""
        places: list[TextChoice | None] = []
        for section in self._document.outline.sections:
            inside = [
                p
                for p in between(self._topics, section.heading_start, section.heading_end)
                if p.place and p.text != "国内"  # 国内贸易 is a theme
            ]
            outer = places[section.parent] if section.parent is not None else None
            if outer is not None:  # a slogan under a place heading only names another place if it opens with it
                inside = [p for p in inside if p.start - section.heading_start <= 4 and section.style != "line"]
            if inside:
                run = inside[:1] + [p for p in inside[1:] if lies_in(p.place, inside[0].place)]
                chosen = max(run, key=lambda p: depth(str(p.place)))
                opens = inside[0].start - section.heading_start <= 4
                rule = Relation.PLACE_HEADS_SECTION if opens else Relation.PLACE_IN_HEADING
                places.append(Choice(chosen.place, "heading", rule, chosen.start, chosen.end))
            else:
                places.append(outer)
        return places

    def _scope(self, sentence: Sentence, carried: TextChoice | None, new_paragraph: bool) -> TextChoice:
        heading = self._heading[sentence.section]
        frame = heading or self._main
        inner = carried is not None and frame.value and lies_in(str(carried.value), str(frame.value))
        if inner and frame.how == "title" and not self._holds_on(sentence, carried):
            return frame  # a place inside the one spoken of is left again, unless the next sentence holds on to it
        if heading is not None:
            return carried if carried is not None and not new_paragraph else heading
        if carried is None:
            return self._main
        if not new_paragraph:
            return carried
        # A new paragraph of an article about one place speaks of that place again; a round-up goes on.
        if self._main.value == COUNTRY:  # 全省 goes on with the province spoken of, a line without an end introduces
            relative = any(p.form == "relative" for p in between(self._topics, sentence.start, sentence.end))
            introduced = not self._text[max(0, sentence.start - 9) : sentence.start].rstrip().endswith(_ENDS)
            return carried if relative or introduced or self._main.rule != Relation.PLACE_COUNTRY else self._main
        return self._main if self._main.how == "title" else carried

    def _holds_on(self, sentence: Sentence, carried: TextChoice | None) -> bool:
        """Whether a sentence goes on with a place inside the one that the article is about."""
        if self._cues["anaphor"].match(self._text, sentence.start):
            return True
        path = str(carried.value) if carried is not None else ""
        own = _OWN_LEVEL.get(path[-1:]) if not is_region(province_of(path)) else None
        return own is not None and self._cues[own].search(self._text, sentence.start, sentence.end) is not None

    def _captioned(self, table: Table | None) -> TextChoice | None:
        """What the caption of a table says of the place."""
        caption = table.caption if table is not None else None
        named = [p for p in between(self._topics, *caption) if p.place is not None] if caption is not None else []
        if not named:
            return None
        return Choice(named[0].place, "heading", Relation.PLACE_TABLE_CAPTION, named[0].start, named[0].end, 0.9)

    # -- mentions --------------------------------------------------------------------------------------------

    def _resolve(self, sentence: Sentence, scope: TextChoice) -> list[Place]:
        """The topic places of a sentence, relative ones (全市) resolved against what stands before them."""
        resolved: list[Place] = []
        frames = [str(v) for v in (self._heading_value(sentence), self._main.value) if v and v != COUNTRY]
        outright = frames if self._main.how == "title" else [frame for frame in frames if frame != self._main.value]
        for place in between(self._topics, sentence.start, sentence.end):
            if place.place is not None and self._does_not_widen(place, sentence):
                inner = next((frame for frame in frames if lies_in(frame, place.place)), None)
                if inner is not None:
                    place = replace(place, place=inner)
            if place.form == "relative":
                bases = [p.place for p in reversed(resolved)] + [
                    scope.value,
                    self._heading_value(sentence),
                    self._main.value,
                ]
                if place.text.endswith("区") and place.rank == "city":
                    bases = [scope.value, self._heading_value(sentence), self._main.value]
                path = next((a for base in bases if base and (a := self._relative(str(base), place))), None)
                if path is None or _is_above(path, place, outright):
                    continue
                place = replace(place, place=path)
            resolved.append(place)
        return join_examples(self._cues, self._text, resolved, frames)

    def _does_not_widen(self, place: Place, sentence: Sentence) -> bool:
        """True for a zone, a region or a bare short name within a name (安徽创新馆 in 合肥).

        An office from above (安徽省财政厅) acts in the place too where the article is of nothing else; but what it says
        is of all that it is in charge of.
        """
        if place.form == "organisation":
            return self._heading[sentence.section] is None and not self._cues["announces"].match(self._text, place.end)
        if place.form in {"zone", "adjective"}:
            return True
        is_bare = place.form == "name" and not place.text.endswith(("省", "市", "自治区", "州", "县", "区"))
        is_in_name = self._cues["institution"].match(self._text, place.end) is not None
        return is_bare and is_in_name

    def _heading_value(self, sentence: Sentence) -> str | None:
        heading = self._heading[sentence.section]
        return str(heading.value) if heading and heading.value else None

    def _relative(self, base: str, place: Place) -> str | None:
        if place.rank == "district" and place.text.endswith("区") and is_region(base):
            return base  # 全区 of an autonomous region is the region
        if place.text in {"当地", "本地"}:
            return base
        found = ancestor(base, place.rank)
        if (
            place.rank == "city"
            and not place.text.endswith("区")
            and rank_of(base) == "district"
            and base.endswith("市")
        ):
            return base  # 全市 of a county-level city is that city
        return found

    def _topic(self, sentence: Sentence, resolved: Sequence[Place], chosen: Sequence[TextChoice]) -> TextChoice | None:
        """The place a sentence leaves behind for the next: that of its amounts, else its first at a clause's head."""
        stated = [choice for choice in chosen if choice.how == "stated"]
        paths = {str(choice.value) for choice in stated}
        if len(paths) > 1:
            return None  # a list of places leaves what was spoken of before it
        if stated:
            return stated[-1]._replace(how="carried", score=min(0.9, stated[-1].score))
        for place in resolved:
            head = clause_start(self._text, sentence, place.start)
            if place.form == "organisation" or place.start - head <= 12:
                return Choice(place.place, "carried", place.rule, place.start, place.end, 0.9)
        return None

    # -- choice ----------------------------------------------------------------------------------------------

    def _choose(
        self, quantity: Quantity, sentence: Sentence, resolved: Sequence[Place], scope: TextChoice
    ) -> TextChoice:
        before = [p for p in resolved if p.end <= quantity.start and not self._is_aside(p, quantity)]
        if before and self._cues["here"].search(self._text, before[-1].end, quantity.start):
            return scope
        collective = (
            self._cues["collective"].search(self._text, sentence.start, quantity.start) if self._is_round_up else None
        )
        if collective and (not before or before[-1].end <= collective.start()):
            return Choice(None, "default", Relation.PLACE_COLLECTIVE, collective.start(), collective.end(), 0.5)
        if before:
            run = name_runs(self._cues, self._text, before)[-1]
            last = run[-1]
            how = stated_in(sentence)
            if len(run) > 1 and not _lie_in_one_another(
                run
            ):  # several places for one amount: the guide takes the first
                return Choice(run[0].place, how, run[0].rule, run[0].start, run[0].end, 0.7)
            return Choice(last.place, how, last.rule, last.start, last.end, 0.95 if last.form != "adjective" else 0.7)
        if scope.value in (None, COUNTRY):
            tail = clause_end(self._text, sentence, quantity.end)
            after = [p for p in resolved if quantity.end <= p.start < tail]
            if after:
                return Choice(after[0].place, "stated", after[0].rule, after[0].start, after[0].end, 0.6)
        return scope

    def _is_aside(self, place: Place, quantity: Quantity) -> bool:
        """True for a place in brackets that close before the amount （不含港澳台）, or whose share it is 杭州的40%."""
        between_them = self._text[place.end : quantity.start]
        if quantity.kind in {"percent", "multiple"} and self._cues["share_of"].fullmatch(between_them):
            return True
        closed = between_them.count("）") + between_them.count(")")
        return closed > between_them.count("（") + between_them.count("(")

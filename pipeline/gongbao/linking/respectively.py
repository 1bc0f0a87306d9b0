"""Lists that run in step (分别): the n-th of one belongs to the n-th of another. Every case of it is here.

- A `series` is a run of amounts of one kind with nothing but joints between (3家、5家和8家), `name_runs` are the same
  for names (哈密、和田、吐鲁番). A series shares its time and what it measures, unless a list says otherwise.
- `distribute`: 甲市、乙市分别有3家、5家, the places of a sentence to its amounts.
- `spread`: 两市分别有3家、5家, amounts to the places that an earlier sentence named one by one.
- `times_in_step`: 2021年、2022年分别有3家、5家, and 2021年至2022年分别有…, the times of a sentence to its amounts.
- `rates_in_step`: 甲产值3亿元，乙产值5亿元，分别增长4%、6%, rates to the amounts before them.
- `shares_of`: 粮食、水果和茶叶产值分别为…, the names in one indicator to the amounts.
- `listed_names`, `named_in_step`: the same for names that a model chose, which knows nothing of the lists.
- `behind_listed_places`: what is measured in each place of a list is no place's own.
- `join_examples`: 甲县、乙县等地 is no list to share out but an open one, and stands for what holds the places.

A word before a list of amounts that bounds them all (分别超过3亿元、5亿元) is read with them, in quantities/match.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

import regex

from gongbao.chinese.clauses import SpanT, between, clause_start
from gongbao.chinese.numbers import Number, read_number
from gongbao.document import Document, Period, Place, Quantity, Sentence
from gongbao.linking.scope import Choice, TextChoice, sentence_index
from gongbao.places.paths import lies_in, rank_of
from gongbao.relations import Relation
from gongbao.rulebook.cues import Ask, LinkingCues

Bounds = tuple[int, int]
_NAME = regex.compile(r"[\p{Han}A-Za-z]{2}")
_ORDINAL = regex.compile(r"第?[一二三四五六七八九十](?![\p{Nd}一二三四五六七八九十百])")
_JOINT = regex.compile("[、和与及]")
_SHORT, _LEAST_SHARED = 3, 2
"""Characters of a member that may share its head with one other without a word in common, and of that head."""
_ENUMERATED = regex.compile(r"[^，,。；;：:！？\n\d]{0,20}、[^，,。；;：:！？\n\d]{0,20}")


def join_examples(cues: LinkingCues, text: str, places: Sequence[Place], frames: Sequence[str]) -> list[Place]:
    """The places of a sentence, those of a list of examples (甲县、乙县等地) taken as the place that holds them all.

    Args:
        cues: What closes such a list (甲镇、乙镇等9个集镇).
        text: The text.
        places: The places of one sentence, in order.
        frames: Paths of the places that the text is about: a list only stands for a place within or around one.
    """
    joined: list[Place] = []
    index = 0
    while index < len(places):
        last = index
        while last + 1 < len(places) and _ENUMERATED.fullmatch(text, places[last].end, places[last + 1].start):
            last += 1
        listed = places[index : last + 1]
        whole = _whole(cues, text, listed, frames)
        joined += [replace(place, place=whole) for place in listed] if whole else listed
        index = last + 1
    return joined


def _whole(cues: LinkingCues, text: str, listed: Sequence[Place], frames: Sequence[str]) -> str | None:
    """The place that an open list stands for."""
    end = cues["open_list"].match(text, listed[-1].end)
    if end is None or (len(listed) == 1 and "、" not in end.group()):
        return None
    return next((frame for frame in frames if all(lies_in(place.place, frame) for place in listed)), None)


def distribute(
    cues: LinkingCues,
    document: Document,
    runs: Sequence[tuple[int, int]],
    resolved: Sequence[Place],
    choices: list[TextChoice],
) -> None:
    """Give the n-th amount of a list the n-th of as many places named in a row before it."""
    quantities = document.quantities
    places = [run for run in name_runs(cues, document.text, resolved) if len(run) > 1]
    for first, last in runs:
        size = last - first + 1
        fitting = [run for run in places if len(run) == size and run[-1].end <= quantities[first].start]
        if not fitting:
            # 甲市某厂和乙市某厂分别…: the names are not next to one another, but there are as many.
            loose = [p for p in resolved if p.end <= quantities[first].start]
            respectively = loose and cues["respectively"].search(document.text, loose[-1].end, quantities[first].start)
            if not respectively or len(loose) != size:
                continue
            places.append(loose)
            fitting = [loose]
        for number, place in enumerate(fitting[-1], first):
            choices[number] = Choice(place.place, "stated", Relation.PLACE_RESPECTIVELY, place.start, place.end, 0.9)


def spread(
    cues: LinkingCues,
    document: Document,
    runs: Sequence[tuple[int, int]],
    sentence: Sentence,
    listed: Sequence[TextChoice],
    choices: list[TextChoice],
) -> None:
    """Give the amounts of 三市分别为…、…和… the places that were named one by one before."""
    quantities = document.quantities
    alike = len(listed) > 1 and len({rank_of(str(choice.value)) for choice in listed}) == 1
    for first, last in runs if alike else ():
        size = last - first + 1
        together = cues["collective"].search(document.text, sentence.start, quantities[first].start)
        if together is None or size != len(listed) or not _counts(together["size"], size):
            continue
        named = any(choice.how == "stated" for choice in choices[first : last + 1])
        if not named and cues["respectively"].search(document.text, together.end(), quantities[first].start):
            for number, choice in enumerate(listed, first):
                choices[number] = choice._replace(how="carried", rule=Relation.PLACE_RESPECTIVELY, score=0.8)


def _counts(written: str, size: int) -> bool:
    """True where a number (两 of 两市) is the length of a list."""
    return read_number(written) == Number(Decimal(size))


def times_in_step(
    cues: LinkingCues,
    document: Document,
    runs: Sequence[tuple[int, int]],
    resolved: Sequence[Period],
    named: Collection[int],
) -> Iterator[tuple[int, Period]]:
    """The n-th time of a list, or year of a span of years, for the n-th of as many amounts behind it.

    Places before the times run in step with the amounts too (甲市、乙市2021年和2022年分别…). What stands between times
    and amounts and is as many is rather what the amounts are shared out among: then nothing is said here.

    Args:
        cues: The words that linking asks for.
        document: With its quantities and places.
        runs: The `series` of a sentence.
        resolved: Its periods, in order.
        named: First amounts of lists that names run in step with.

    Yields:
        The number of a quantity, and its time.
    """
    text = document.text
    for first, last in runs:
        start, size = document.quantities[first].start, last - first + 1
        told = [p for p in resolved if p.end <= start and p.role != "comparison"]
        run = name_runs(cues, text, told)[-1] if told else []
        times = run if len(run) > 1 else _years(run[0]) if run else []
        if len(times) != size or len({(p.year, p.period_start, p.period_end) for p in times}) != size:
            continue
        behind = run[-1].end
        told_apart = cues["respectively"].search(text, behind, start) is not None
        if len(run) == 1:
            shared = told_apart and cues["yearly"].search(text, behind, start) is None
        else:
            shared = all(p.role == "time" for p in run) and (
                told_apart or not between(document.quantities, behind, start)
            )
        if shared and first not in named and not _as_many_between(cues, document, behind, start, size):
            yield from enumerate(times, first)


def _as_many_between(cues: LinkingCues, document: Document, behind: int, start: int, size: int) -> bool:
    """True where `size` places, things counted or members of a list stand between times and amounts."""
    text = document.text
    places = between(document.places, behind, start)
    wholes = sum(lies_in(part.place, whole.place) for whole, part in pairwise(places))  # 浙江省宁波市 is one
    if len(places) - wholes == size or any(len(run) == size for run in name_runs(cues, text, places)):
        return True
    together = cues["collective"].search(text, behind, start)
    if together and _counts(together["size"], size):
        return True
    counted = between(document.quantities, behind, start)
    if any(quantity.kind == "count" and quantity.value == size for quantity in counted):
        return True
    # 进、出口分别…: no names that `listed_names` knows, but as many. Behind amounts a list begins anew.
    members = cues["name_joint"].finditer(text[counted[-1].end if counted else behind : start])
    return 1 + sum(1 for _ in members) == size


def _years(span: Period) -> list[Period]:
    """The years of a span of several."""
    begin, end = span.period_start, span.period_end
    if begin is None or end is None:
        return []
    return [
        replace(
            span,
            year=year,
            period_start=max(begin, date(year, 1, 1)),
            period_end=min(end, date(year, 12, 31)),
        )
        for year in range(begin.year, end.year + 1)
    ]


def rates_in_step(cues: LinkingCues, document: Document, runs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """(growth, level) by number where rates follow as many amounts in step: A 3亿, B 5亿, 分别增长4%、6%.

    Args:
        cues: The words that linking asks for.
        document: With its quantities.
        runs: Their `series`.
    """
    quantities = document.quantities
    within = {number for first, last in runs for number in range(first + 1, last + 1)}
    for first, last in runs:
        size = last - first + 1
        if quantities[first].kind != "growth" or first < size or quantities[first - 1].kind == "growth":
            continue
        if first - size in within:  # more levels than rates
            continue
        between = document.text[quantities[first - 1].end : quantities[first].start]
        levels = range(first - size, first)
        whole = document.text[quantities[first - size].end : quantities[first].start]
        said = cues["rates_respectively"].fullmatch(between)
        if said and not any(quantities[n].kind == "growth" for n in levels) and "。" not in whole:
            yield from zip(range(first, last + 1), levels, strict=True)


def shares_of(cues: LinkingCues, name: TextChoice, size: int) -> list[TextChoice]:
    """The members of a list in one name (甲、乙、丙产值), if there are `size`; short ones take the last one's head."""
    if name.value is None or name.start is None:
        return []
    parts: list[tuple[int, int]] = []
    at = 0
    for match in cues["name_joint"].finditer(name.value):
        parts.append((at, match.start()))
        at = match.end()
    parts.append((at, len(name.value)))
    if len(parts) != size or any(high - low < 1 for low, high in parts):
        return []
    names = [name.value[low:high] for low, high in parts]
    last = names[-1]
    return [
        Choice(
            one if len(one) >= len(last) - 1 else one + last[len(one) :],
            name.how,
            Relation.INDICATOR_RESPECTIVELY,
            name.start + low,
            name.start + high,
            0.8,
        )
        for one, (low, high) in zip(names, parts, strict=True)
    ]


def listed_names(
    cues: LinkingCues,
    document: Document,
    runs: Sequence[tuple[int, int]],
    before_verbs: Callable[[str, int, int], int],
) -> Iterator[tuple[int, list[Bounds]]]:
    """The lists of names before as many amounts: 服务机器人、传感器产量分别增长9%和7%.

    Lists of places, of times and of amounts are left to others.

    Args:
        cues: The words that linking asks for.
        document: With quantities, places and periods.
        runs: The `series` of its quantities.
        before_verbs: Where `text[start:end]` ends without its verbs, for lists without a 分别.

    Yields:
        The number of the first amount, and where the name of each stands.
    """
    text = document.text
    for first, last in runs:
        quantity = document.quantities[first]
        index = sentence_index(document.outline, quantity.start)
        if index is None:
            continue
        sentence = document.outline.sentences[index]
        low = clause_start(text, sentence, quantity.start)
        said = cues["listed_in_step"].search(text, max(sentence.start, low - 1), quantity.start)
        end = said.start() if said else before_verbs(text, low, quantity.start)
        start = clause_start(text, sentence, end) if said or end > low else end
        for listed in _lists(cues, text, start, end) if end > start else ():
            if len(listed) == last - first + 1:
                names = [_behind_mentions(document, *listed[0]), *listed[1:]]
                counted = Member(text, names, 0).is_ordinal
                if counted or all(_is_name(document, *bounds) for bounds in names):
                    yield first, names
                break


def _lists(cues: LinkingCues, text: str, start: int, end: int) -> Iterator[list[Bounds]]:
    """What `text[start:end]` may list: a name may hold a 和 or 与 of its own."""
    joints = [
        (start + low, start + high) for low, high in (m.span() for m in cues["name_joint"].finditer(text[start:end]))
    ]
    commas = [joint for joint in joints if text[joint[0]] == "、"]
    words = [joint for joint in joints if joint not in commas and (not commas or joint > commas[-1])]
    for cuts in (commas, *([*commas, word] for word in reversed(words)), joints):
        edges = [start, *(at for cut in cuts for at in cut), end]
        yield list(zip(edges[::2], edges[1::2], strict=True))


def _behind_mentions(document: Document, start: int, end: int) -> Bounds:
    """A name without the places and times that it begins with."""
    mentions = [(m.start, m.end) for spans in (document.periods, document.places) for m in between(spans, start, end)]
    for low, high in sorted(mentions):
        start = max(start, high) if low <= start else start
    return start, end


def _is_name(document: Document, start: int, end: int) -> bool:
    """False for an amount, a place or a time."""
    named = _NAME.search(document.text, start, end) and not between(document.quantities, start, end)
    return bool(named) and _behind_mentions(document, start, end) == (start, end)


class Member(NamedTuple):
    """An amount's own member of a list that runs in step."""

    text: str
    listed: Sequence[Bounds]
    place: int
    """Which of them it is."""

    @property
    def bounds(self) -> Bounds:
        return self.listed[self.place]

    @property
    def measured(self) -> str:
        """What it says, with the words of the last that all share: 城镇、农村居民收入 has 城镇居民收入."""
        start, end = self.bounds
        if self.is_ordinal:
            head = "第" if self.text.startswith("第", self.listed[0][0]) else ""
            return head + self.text[start:end].removeprefix("第") + self._shared
        return self.text[start:end] + self._shared.lstrip("的")

    @property
    def is_ordinal(self) -> bool:
        """True in a list of numbers that the last one's words belong to: 第一、二、三产业增加值."""
        *opening, (low, high) = self.listed
        return (
            all(_ORDINAL.fullmatch(self.text, start, end) for start, end in opening)
            and _ORDINAL.match(self.text, low, high) is not None
            and _JOINT.search(self.text, low, high) is None
        )

    @property
    def _shared(self) -> str:
        """What the last says behind a word like the own one's end (级 of 省级、市级基地), or behind one as short."""
        (start, end), (low, high) = self.bounds, self.listed[-1]
        own, last = self.text[start:end], self.text[low:high]
        if self.place == len(self.listed) - 1:
            return ""
        if self.is_ordinal:
            return str(_ORDINAL.sub("", last, count=1))
        for size in range(len(own), 0, -1):
            at = last.find(own[-size:])
            if at >= 0:
                shared = last[at + size :]
                # One character may be alike by chance: 固投、房地产投资, 高中、中职学校.
                return shared if size > 1 or (at > 0 and len(shared) >= _LEAST_SHARED) else ""
        short = len(self.listed) == 2 and len(own) <= _SHORT and len(last) >= len(own) + _LEAST_SHARED
        return last[len(own) :] if short else ""

    def holds(self, name: TextChoice) -> bool:
        """True for a name that stands in it alone."""
        return self._held(name) == [self.place]

    def is_not(self, name: TextChoice) -> bool:
        """True for a name that belongs to another member, or to several.

        What opens the first (全省汽车产量、销量) or closes the last (小麦、玉米产量) may belong to all.
        """
        held = self._held(name)
        if len(held) != 1 or held == [self.place] or name.start is None or name.end is None:
            return len(held) > 1
        low, high = self.listed[held[0]]
        return name.start <= low if held[0] == len(self.listed) - 1 else name.end >= high

    def _held(self, name: TextChoice) -> list[int]:
        """The members that a name stands in."""
        if name.start is None or name.end is None:
            return []
        return [n for n, (low, high) in enumerate(self.listed) if name.start < high and low < name.end]


def named_in_step(names: Sequence[TextChoice], member: Member, own: TextChoice) -> tuple[TextChoice, ...]:
    """A model's names for an amount of a list, best first, without those that are its neighbours'.

    Where the first was a neighbour's, the best that says the end of `own` takes its place, else `own`, and is at
    least as sure as `own`.
    """
    if member.is_ordinal:
        return (own._replace(score=max(names[0].score, own.score)),)
    if not member.is_not(names[0]):
        return tuple(names)
    kept = [name for name in names if not member.is_not(name)]
    chosen = next((name for name in kept if member.holds(name) and _closes(name, own)), own)
    chosen = chosen._replace(score=max(names[0].score, own.score))
    others = (name for name in kept if name.value != chosen.value)
    return chosen, *(name._replace(score=min(name.score, 1 - chosen.score)) for name in others)


def _closes(name: TextChoice, whole: TextChoice) -> bool:
    """True for a name that is another's without what it begins with, and not much less."""
    short, long = str(name.value), str(whole.value)
    return long.endswith(short) and 2 * len(short) >= len(long)


def behind_listed_places(cues: LinkingCues, document: Document, listed: Container[int], name: TextChoice) -> TextChoice:
    """A name without the place of a list that it begins with: of 甲市、乙市财政收入分别为… 财政收入 belongs to both.

    Args:
        cues: What stands between names.
        document: With its places.
        listed: Where the places begin that were shared out.
        name: A name; one that was put together stays as it is.
    """
    if name.start is None or name.end is None or document.text[name.start : name.end] != name.value:
        return name
    start = name.start
    for place in between(document.places, name.start, name.end):
        joint = cues["name_joint"].match(document.text, start)
        if place.start in listed and place.start in (start, joint.end() if joint else start):
            start = place.end
    left = document.text[start : name.end]
    return name._replace(value=left, start=start) if _NAME.match(left) else name


def series(cues: LinkingCues, text: str, quantities: Sequence[Quantity]) -> list[tuple[int, int]]:
    """Runs `[first, last]` of two or more quantities of one kind with nothing but joints between them."""
    joint = cues["amount_joint"].fullmatch
    runs: list[tuple[int, int]] = []
    first = 0
    for index in range(1, len(quantities) + 1):
        joined = index < len(quantities) and _joined(joint, text, quantities[index - 1], quantities[index])
        if not joined:
            if index - first > 1:
                runs.append((first, index - 1))
            first = index
    return runs


def _joined(joint: Ask, text: str, left: Quantity, right: Quantity) -> bool:
    gap = text[left.end : right.start]
    return left.kind == right.kind and left.unit == right.unit and len(gap) <= 6 and joint(gap) is not None


def name_runs(cues: LinkingCues, text: str, spans: Sequence[SpanT]) -> list[list[SpanT]]:
    """Runs of names joined by 、 和 及: `哈密、和田、吐鲁番`; single names are runs of one."""
    joint = cues["place_joint"].fullmatch
    runs: list[list[SpanT]] = []
    for span in spans:
        if runs and joint(text[runs[-1][-1].end : span.start]):
            runs[-1].append(span)
        else:
            runs.append([span])
    return runs

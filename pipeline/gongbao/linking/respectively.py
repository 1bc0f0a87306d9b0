"""Lists that run in step (分别): the n-th of one belongs to the n-th of another. Every case of it is here.

- A `series` is a run of amounts of one kind with nothing but joints between (3家、5家和8家), `name_runs` are the same
  for names (哈密、和田、吐鲁番). A series shares its time and what it measures.
- `distribute`: 甲市、乙市分别有3家、5家, the places of a sentence to its amounts.
- `spread`: 两市分别有3家、5家, amounts to the places that an earlier sentence named one by one.
- `rates_in_step`: 甲产值3亿元，乙产值5亿元，分别增长4%、6%, rates to the amounts before them.
- `shares_of`: 粮食、水果和茶叶产值分别为…, the names in one indicator to the amounts.
- `join_examples`: 甲县、乙县等地 is no list to share out but an open one, and stands for what holds the places.

A word before a list of amounts that bounds them all (分别超过3亿元、5亿元) is read with them, in quantities/match.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

import regex

from gongbao.chinese.clauses import SpanT
from gongbao.chinese.numbers import Number, read_number
from gongbao.document import Document, Place, Quantity, Sentence
from gongbao.linking.scope import Choice, TextChoice
from gongbao.places.paths import lies_in, rank_of
from gongbao.relations import Relation
from gongbao.rulebook.cues import Ask, LinkingCues

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
    cues: LinkingCues, document: Document, numbers: Sequence[int], resolved: Sequence[Place], choices: list[TextChoice]
) -> None:
    """Give the n-th amount of a list the n-th of as many places named in a row before it."""
    quantities = [document.quantities[number] for number in numbers]
    runs = [run for run in name_runs(cues, document.text, resolved) if len(run) > 1]
    for first, last in series(cues, document.text, quantities):
        size = last - first + 1
        fitting = [run for run in runs if len(run) == size and run[-1].end <= quantities[first].start]
        if not fitting:
            # 甲市某厂和乙市某厂分别…: the names are not next to one another, but there are as many.
            loose = [p for p in resolved if p.end <= quantities[first].start]
            respectively = loose and cues["respectively"].search(document.text, loose[-1].end, quantities[first].start)
            if not respectively or len(loose) != size:
                continue
            runs.append(loose)
            fitting = [loose]
        for offset, place in enumerate(fitting[-1]):
            choices[numbers[first + offset]] = Choice(
                place.place, "stated", Relation.PLACE_RESPECTIVELY, place.start, place.end, 0.9
            )


def spread(
    cues: LinkingCues,
    document: Document,
    numbers: Sequence[int],
    sentence: Sentence,
    listed: Sequence[TextChoice],
    choices: list[TextChoice],
) -> None:
    """Give the amounts of 三市分别为…、…和… the places that were named one by one before."""
    quantities = [document.quantities[number] for number in numbers]
    alike = len(listed) > 1 and len({rank_of(str(choice.value)) for choice in listed}) == 1
    for first, last in series(cues, document.text, quantities) if alike else ():
        size = last - first + 1
        together = cues["collective"].search(document.text, sentence.start, quantities[first].start)
        if together is None or size != len(listed) or read_number(together["size"]) != Number(Decimal(size)):
            continue
        named = any(choices[number].how == "stated" for number in numbers[first : last + 1])
        if not named and cues["respectively"].search(document.text, together.end(), quantities[first].start):
            for number, choice in zip(numbers[first : last + 1], listed, strict=True):
                choices[number] = choice._replace(how="carried", rule=Relation.PLACE_RESPECTIVELY, score=0.8)


def rates_in_step(cues: LinkingCues, document: Document) -> Iterator[tuple[int, int]]:
    """(growth, level) by number where rates follow as many amounts in step: A 3亿, B 5亿, 分别增长4%、6%."""
    quantities = document.quantities
    for first, last in series(cues, document.text, quantities):
        size = last - first + 1
        if quantities[first].kind != "growth" or first < size or quantities[first - 1].kind == "growth":
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

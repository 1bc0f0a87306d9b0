"""Amounts and places that run in step: 甲市、乙市分别…3家、5家, and 两市分别… after a sentence that named the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import regex

from gongbao.chinese.clauses import SpanT
from gongbao.chinese.numbers import Number, read_number
from gongbao.document import Document, Place, Quantity, Sentence
from gongbao.linking.scope import Choice
from gongbao.places.paths import lies_in, rank_of
from gongbao.relations import Relation

_JOINT = regex.compile(r"\s*(?:[、，,；;]|和|及|与|以及|或)?\s*(?:约|近|超过|超|达|逾)?\s*")
_NAME_JOINT = regex.compile(r"\s*(?:[、，,]|和|及|与|以及|/|\s)\s*")

COLLECTIVE = regex.compile(
    r"(?<![\p{Han}\d])(?:这|上述|以上)?(?P<size>[两三四五六七八九十]|\d{1,2})(?:个|大|座)?(?:地|市|省区市|省区|省|州|县|区|城市|城|园区|港口|地区)"
    r"(?=[，\p{Han}])(?![级内外长委局政域镇乡的])"
)
"""Several places of a round-up taken together: 三地合计, 四大港口平均."""


_OPEN_END = regex.compile(
    r"[^，,。；;：:！？\n把将了向给对让从由到在为是有]{0,24}?等(?:各?地|(?:\d+|[一二三四五六七八九十百]+)余?多?(?!个?国)(?=\p{Han})|\p{Han}{0,2}[县市区州]区?)"
)
"""What closes a list of examples: 甲县、乙县等地, 甲镇、乙镇等9个集镇."""
_ENUMERATED = regex.compile(r"[^，,。；;：:！？\n\d]{0,20}、[^，,。；;：:！？\n\d]{0,20}")


def join_examples(text: str, places: Sequence[Place], frames: Sequence[str]) -> list[Place]:
    """The places of a sentence, those of a list of examples (甲县、乙县等地) taken as the place that holds them all.

    Args:
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
        whole = _whole(text, listed, frames)
        joined += [replace(place, place=whole) for place in listed] if whole else listed
        index = last + 1
    return joined


def _whole(text: str, listed: Sequence[Place], frames: Sequence[str]) -> str | None:
    """The place that an open list stands for."""
    end = _OPEN_END.match(text, listed[-1].end)
    if end is None or (len(listed) == 1 and "、" not in end.group()):
        return None
    return next((frame for frame in frames if all(lies_in(place.place, frame) for place in listed)), None)


def distribute(document: Document, numbers: Sequence[int], resolved: Sequence[Place], choices: list[Choice]) -> None:
    """Give the n-th amount of a list the n-th of as many places named in a row before it."""
    quantities = [document.quantities[number] for number in numbers]
    runs = [run for run in name_runs(document.text, resolved) if len(run) > 1]
    for first, last in series(document.text, quantities):
        size = last - first + 1
        fitting = [run for run in runs if len(run) == size and run[-1].end <= quantities[first].start]
        if not fitting:
            # 甲市某厂和乙市某厂分别…: the names are not next to one another, but there are as many.
            loose = [p for p in resolved if p.end <= quantities[first].start]
            respectively = loose and "分别" in document.text[loose[-1].end : quantities[first].start]
            if not respectively or len(loose) != size:
                continue
            runs.append(loose)
            fitting = [loose]
        for offset, place in enumerate(fitting[-1]):
            choices[numbers[first + offset]] = Choice(
                place.place, "stated", Relation.PLACE_RESPECTIVELY, place.start, place.end, 0.1
            )


def spread(
    document: Document, numbers: Sequence[int], sentence: Sentence, listed: Sequence[Choice], choices: list[Choice]
) -> None:
    """Give the amounts of 三市分别为…、…和… the places that were named one by one before."""
    quantities = [document.quantities[number] for number in numbers]
    alike = len(listed) > 1 and len({rank_of(str(choice.value)) for choice in listed}) == 1
    for first, last in series(document.text, quantities) if alike else ():
        size = last - first + 1
        together = COLLECTIVE.search(document.text, sentence.start, quantities[first].start)
        if together is None or size != len(listed) or read_number(together["size"]) != Number(Decimal(size)):
            continue
        named = any(choices[number].how == "stated" for number in numbers[first : last + 1])
        if not named and "分别" in document.text[together.end() : quantities[first].start]:
            for number, choice in zip(numbers[first : last + 1], listed, strict=True):
                choices[number] = choice._replace(how="carried", rule=Relation.PLACE_RESPECTIVELY, doubt=0.2)


def series(text: str, quantities: Sequence[Quantity]) -> list[tuple[int, int]]:
    """Runs `[first, last]` of two or more quantities of one kind with nothing but joints between them."""
    runs: list[tuple[int, int]] = []
    first = 0
    for index in range(1, len(quantities) + 1):
        joined = index < len(quantities) and _joined(text, quantities[index - 1], quantities[index])
        if not joined:
            if index - first > 1:
                runs.append((first, index - 1))
            first = index
    return runs


def _joined(text: str, left: Quantity, right: Quantity) -> bool:
    gap = text[left.end : right.start]
    return left.kind == right.kind and left.unit == right.unit and len(gap) <= 6 and _JOINT.fullmatch(gap) is not None


def name_runs(text: str, spans: Sequence[SpanT]) -> list[list[SpanT]]:
    """Runs of names joined by 、 和 及: `哈密、和田、吐鲁番`; single names are runs of one."""
    runs: list[list[SpanT]] = []
    for span in spans:
        if runs and _NAME_JOINT.fullmatch(text[runs[-1][-1].end : span.start]):
            runs[-1].append(span)
        else:
            runs.append([span])
    return runs

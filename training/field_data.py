"""Annotated bulletins as training examples: one JSON object a line, one line an article."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gongbao.chinese.script import convert
from gongbao.document import PLACE_RANKS
from gongbao.names.features import LONGEST, TextFeatures, WindowArrays
from gongbao.places.paths import place_rank
from gongbao.repair.text import repair

from training.field_model import LISTS, STATUSES

FIELDS = ("indicator", "initiative")
FUZZY = 0.5


@dataclass(frozen=True)
class Fact:
    """One annotated quantity in the simplified text, and the names that are right for each field."""

    start: int
    end: int
    kind: str
    optional: bool
    accepted: tuple[tuple[str, ...], tuple[str, ...]]
    written: tuple[str, str]
    status: int = -1
    """Number of `STATUSES`, -1 where it was not annotated."""
    ranks: frozenset[int] = frozenset()
    """Numbers of the `PLACE_RANKS` that the quantity's place may have."""


@dataclass(frozen=True)
class Example:
    """One article with its facts and the lists of names that it was annotated with."""

    id: str
    text: str
    facts: tuple[Fact, ...]
    lists: tuple[tuple[str, ...], ...]
    """Empty for an article without lists."""

    @cached_property
    def features(self) -> TextFeatures:
        return TextFeatures(self.text, self.facts)

    @cached_property
    def around(self) -> WindowArrays:
        return self.features.surroundings()

    @cached_property
    def allowed(self) -> npt.NDArray[np.bool_]:
        """[N, W, LONGEST]: the spans that may be names."""
        features, at, present = self.features, self.around.positions, self.around.present
        allowed = np.zeros((*at.shape, LONGEST), bool)
        for length in range(1, min(LONGEST, at.shape[1]) + 1):
            first, last = at[:, : at.shape[1] - length + 1], at[:, length - 1 :]
            both = present[:, : first.shape[1]] & present[:, length - 1 :] & (last - first == length - 1)
            inner = features.borders[last + 1] == features.borders[first]
            allowed[:, : first.shape[1], length - 1] = both & inner & features.may_start[first] & features.may_end[last]
        return allowed

    @cached_property
    def targets(self) -> npt.NDArray[np.float32]:
        """[2, N, W, LONGEST]: 1 for spans that read as accepted; failing that, FUZZY for those that come close."""
        found = np.zeros((len(FIELDS), *self.allowed.shape), np.float32)
        for number, fact in enumerate(self.facts):
            window = "".join(
                self.text[p] if ok else "\n"
                for p, ok in zip(self.around.positions[number], self.around.present[number], strict=True)
            )
            breaks = np.cumsum(
                np.diff(self.around.positions[number], prepend=self.around.positions[number][0] - 1) != 1
            )
            for field in range(len(FIELDS)):
                names = {name for name in (*fact.accepted[field], fact.written[field]) if name and len(name) <= LONGEST}
                for name in names:
                    for at in (match.start() for match in re.finditer(f"(?={re.escape(name)})", window)):
                        if breaks[at] == breaks[at + len(name) - 1]:
                            found[field, number, at, len(name) - 1] = 1
                if fact.accepted[field] and not found[field, number].any():
                    for at, length in zip(*np.nonzero(self.allowed[number]), strict=True):
                        if same_name(window[at : at + length + 1], fact.accepted[field]):
                            found[field, number, at, length] = FUZZY
        return found

    @cached_property
    def tags(self) -> npt.NDArray[np.float32]:
        """[len(text) + 1, 9]: begin, inside, end of the names in each list, all their occurrences."""
        tags = np.zeros((len(self.text) + 1, 3 * len(LISTS)), np.float32)
        for number, names in enumerate(self.lists):
            for name in sorted(filter(None, names), key=len):
                for match in re.finditer(re.escape(name), self.text):
                    tags[match.start() : match.end(), 3 * number + 1] = 1
                    tags[match.start(), 3 * number] = tags[match.end() - 1, 3 * number + 2] = 1
        return tags


def read_examples(paths: Sequence[Path]) -> list[Example]:
    """Articles repaired and simplified as the pipeline does it, spans moved along; ids are `<gold file>/<id>`."""
    return [
        _example(json.loads(line), path.stem)
        for path in paths
        for line in path.read_text("utf-8").split("\n")
        if line.strip()
    ]


def _example(article: dict[str, Any], file: str) -> Example:
    repaired = repair(article["text"])
    converted = convert(repaired.text)
    offsets = repaired.offsets.then(converted.offsets)
    facts = []
    for fact in article["facts"]:
        start = article["text"].index(fact["ctx"]) + fact["ctx"].index(fact["amount"])
        end = offsets.to_target(start + len(fact["amount"]) - 1) + 1
        accepted = tuple(tuple(fact.get(field) or ()) for field in FIELDS)
        written = tuple(_simple(fact.get(f"{field}_in_text")) for field in FIELDS)
        status = STATUSES.index(fact["status"]) if fact.get("status") else -1
        placed = (fact.get("place"), *(fact.get("place_also") or ()))
        ranks = frozenset(PLACE_RANKS.index(place_rank(place)) for place in placed)
        at = offsets.to_target(start)
        facts.append(Fact(at, end, fact["kind"], bool(fact.get("optional")), accepted, written, status, ranks))  # type: ignore[arg-type]
    lists = tuple(tuple(_simple(name) for name in article[key] or ()) for key in LISTS if key in article)
    return Example(f"{file}/{article['id']}", converted.text, tuple(sorted(facts, key=lambda f: f.start)), lists)


def _simple(name: str | None) -> str:
    return convert(repair(name).text).text if name else ""


_MARKS = re.compile(r"[\s“”\"'‘’《》〈〉「」『』（）()·、,，。]")


def same_name(got: str, accepted: Sequence[str]) -> bool:
    """True if a name is equal to an accepted one, contained in it by half or more (or the reverse), or close to it."""
    name = _MARKS.sub("", got)
    for other in (_MARKS.sub("", text) for text in accepted):
        if not name or not other:
            continue
        short, long = sorted((name, other), key=len)
        if name == other or (len(short) >= 2 and short in long and 2 * len(short) >= len(long)):
            return True
        ours, theirs = _pairs(name), _pairs(other)
        common = sum(min(count, theirs.get(pair, 0)) for pair, count in ours.items())
        if 2 * common >= 0.7 * (sum(ours.values()) + sum(theirs.values())):
            return True
    return False


def _pairs(name: str) -> dict[str, int]:
    pairs: dict[str, int] = {}
    for start in range(max(1, len(name) - 1)):
        pair = name[start : start + 2]
        pairs[pair] = pairs.get(pair, 0) + 1
    return pairs

"""Make the sample articles and their gold facts from `corpus/sources`.

    python corpus/build.py            write corpus/articles and corpus/gold
    python corpus/build.py --check    exit 1 if what is written there differs
    python corpus/build.py --audit X  list the facts of X, and the numbers in its text that no fact covers

`sources/NAME.txt` holds the article as its author wrote it; `sources/NAME.facts` says what becomes of it (script,
damage, format) and annotates it. README.md beside this file explains the notation. The same sources give the same
bytes everywhere: no clock and no random state.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).resolve().parent
sys.path[:0] = [str(CORPUS), str(CORPUS.parent), str(CORPUS.parent / "tests" / "tools")]

import damage
import formats

KINDS = dict(m="money", c="count", p="percent", g="growth", x="multiple", d="duration", s="measure")
SCALE = {"百": 10**2, "千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8, "百亿": 10**10, "千亿": 10**11,
         "万亿": 10**12, "": 1}  # fmt: skip


@dataclass
class Source:
    """One article: its head (`key: value` lines), its annotation lines and its clean text."""

    name: str
    head: dict[str, str]
    lines: list[str]
    text: str
    simplified: str = ""
    damaged: damage.Damaged = field(default_factory=lambda: damage.Damaged(()))

    @property
    def article(self) -> str:
        return self.head["article"]

    def names(self, key: str) -> list[str]:
        return [name.strip() for name in self.head.get(key, "").split(" / ") if name.strip()]


def load(path: Path) -> Source:
    head_text, _, body = path.read_text(encoding="utf-8").partition("\n---\n")
    head: dict[str, str] = {}
    hands: list[str] = []
    for line in head_text.splitlines():
        key, _, value = line.partition(": ")
        if key == "hand":
            hands.append(value)
        elif key in ("initiatives", "orgs", "places") and key in head:
            head[key] += " / " + value
        else:
            head[key] = value.strip()
    source = Source(path.stem, head, body.splitlines(), path.with_suffix(".txt").read_text(encoding="utf-8"))
    source.simplified, source.damaged = spoil(source.text, head, hands)
    return source


def spoil(text: str, head: dict[str, str], hands: Sequence[str]) -> tuple[str, damage.Damaged]:
    """The simplified clean text, and the text that the article shows, character by character."""
    if head["script"] == "hans" or "traditional" in head:
        simplified = text
    else:
        simplified = damage.to_traditional(text, config="tw2s")
    shown = text
    if "traditional" in head:
        config, _, wrong = head["traditional"].partition(" ")
        shown = damage.to_traditional(text, config=config, wrong=float(wrong or 0), seed=len(text))
    if "gloss" in head:
        options = dict((*part.split("="), "")[:2] for part in head["gloss"].split())
        result = damage.gloss(
            shown,
            clean=simplified,
            chars=(damage.LIGHT if "light" in options else "") + options.get("chars", ""),
            share=float(options.get("share", 0)),
            toneless="toneless" in options,
            seed=int(options.get("seed", 0)),
        )
    else:
        result = damage.Damaged(tuple(shown))
    if "shift" in head:
        for before in head["shift"].split(" / "):
            result = damage.shift(result, [simplified.index(before)])
    if "halfwidth" in head:
        result = damage.Damaged(tuple(map(damage.halfwidth, result.pieces)))
    for hand in hands:
        before, after = hand.split(" => ")
        result = damage.substitute(result, simplified, before, json.loads(f'"{after}"'))
    return simplified, result


# --- facts -----------------------------------------------------------------------------------------------------------


def facts(source: Source) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield start and end in the clean text, and the fact without what the final text decides."""
    place: Any = None
    year: list[int] | None = None
    initiative: list[str] = []
    indicator: list[str] = []
    position = 0
    for line in filter(None, map(str.strip, source.lines)):
        tag, rest = line[0], line[1:].strip()
        if tag == "@":
            place = None if rest == "null" else rest
        elif tag == "#":
            year = years(rest)
        elif tag == "*":
            initiative = variants(rest)
        elif tag == ">":  # go on from this passage
            position = source.simplified.index(rest, position)
        elif tag == ";":
            continue
        else:
            cells = [cell.strip() for cell in line.split(" | ")]
            options = dict(cell.split("=", 1) if "=" in cell else (cell, "") for cell in cells[2:])
            start, end, fact = amount(source, cells[0], position)
            position = end
            if len(cells) > 1 and cells[1] != "^":
                indicator = variants(cells[1])
            fact["place"] = options.get("place", place) if options.get("place") != "null" else None
            if "also" in options:
                fact["place_also"] = options["also"].split(",")
            fact["year"] = years(options["year"]) if "year" in options else year
            fact["initiative"] = variants(options["init"]) if "init" in options else initiative
            fact["indicator"] = indicator
            if "opt" in options:
                fact["optional"] = True
            for key, names in (("indicator", indicator), ("initiative", fact["initiative"])):
                fact[f"{key}_in_text"] = where(source.simplified, start, end, options.get(key[:4] + "_in"), names, key)
            yield start, end, fact


def variants(text: str) -> list[str]:
    return [name.strip() for name in text.split("/") if name.strip()]


def years(text: str) -> list[int] | None:
    return None if text == "null" else [int(part) for part in text.split(",")]


def amount(source: Source, cell: str, position: int) -> tuple[int, int, dict[str, Any]]:
    """Find the amount after `position` and read its value: from the `{…}` beside it, or from plain digits."""
    match = re.fullmatch(r"([mcpgxds])(-?)([=~><]) (.+?)(?: \{(.+)\})?", cell)
    if not match:
        raise SystemExit(f"{source.name}: cannot read {cell!r}")
    kind, sign, bound, shown, given = match.groups()
    passage, inner = shown, shown
    if bracket := re.search(r"\[(.+?)\]", shown):
        inner = bracket[1]
        passage = shown[: bracket.start()] + inner + shown[bracket.end() :]
    found = -1
    while True:
        found = source.simplified.find(passage, position if found < 0 else found + 1)
        if found < 0:
            raise SystemExit(
                f"{source.name}: {passage!r} is not in the text after {source.simplified[position - 20 : position]!r}"
            )
        if not (re.match(r"[\d.]", passage) and re.search(r"[\d.,]$", source.simplified[max(found - 1, 0) : found])):
            break
    start = found + (bracket.start() if bracket else 0)
    low, high, unit = values(source.name, inner, given)
    factor = -1 if sign else 1
    fact = {"amount": inner, "kind": KINDS[kind], "value": number(low * factor), "unit": unit, "bound": bound}
    if high is not None:
        fact["value_max"] = number(high * factor)
    return start, start + len(inner), fact


def values(name: str, shown: str, given: str | None) -> tuple[Any, Any, str]:
    from decimal import Decimal

    if given:
        span, unit = given.split(" ")
        low, _, high = span.partition("..")
        return Decimal(low), Decimal(high) if high else None, unit
    shown = shown.replace("个百分点", "百分点")
    match = re.fullmatch(
        r"([\d.,]+) ?(百万(?!分)|千万|百亿|千亿|万亿|百(?!分)|千(?![瓦米克])|[万亿]?)[余多]?(?:个(?=[百千万亿]))?((?:百(?!分)|千(?![瓦米克])|[万亿])*)[余多]?([^\d\s]*?)(?:以上|左右|以下|以内|上下)?",
        shown,
    )
    if not match or not match[4] or match[3] not in SCALE:
        raise SystemExit(f"{name}: give the value of {shown!r} in braces")
    return Decimal(match[1].replace(",", "")) * SCALE[match[2]] * SCALE[match[3]], None, match[4]


def number(value: Any) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def where(text: str, start: int, end: int, given: str | None, names: Sequence[str], key: str) -> tuple[int, int] | None:
    """The span that names the indicator or the initiative: nearest in the sentence, failing that before the amount."""
    if given == "-":
        return None
    names = [given] if given else names
    left = max(text.rfind(mark, 0, start) for mark in "。！？\n") + 1
    right = min(hit for hit in (text.find(mark, end) for mark in "。！？\n") if hit >= 0)
    for name in names:
        before = text.rfind(name, left, start)
        if before >= 0:
            return before, before + len(name)
        after = text.find(name, end, right)
        if after >= 0:
            return after, after + len(name)
    if key == "indicator" and not given:
        left = text.rfind("\n", 0, start) + 1
        hits = [(text.rfind(name, left, start), name) for name in names]
    else:
        hits = [(text.rfind(name, 0, start), name) for name in names]
    for hit, name in hits:
        if hit >= 0:
            return hit, hit + len(name)
    return None


def snippet(text: str, start: int, end: int, context: int = 7) -> str:
    """A passage around the amount that stands once in the text and holds the amount for the first time in itself."""
    while context < 60:
        left, right = max(0, start - context), min(len(text), end + 2)
        passage = text[left:right]
        if text.count(passage) == 1 and passage.find(text[start:end]) == start - left:
            return passage
        context += 1
    raise SystemExit(f"no unique context for {text[start - 10 : end + 2]!r}")


def annotate(source: Source, text: str, read: dict[str, Any]) -> dict[str, Any]:
    """One line of the gold file: the article as read, and its facts in the form of the annotation guide."""
    place_of = Aligned(source.damaged.text, text)

    def shown(start: int, end: int) -> tuple[int, int]:
        left, right = place_of(*source.damaged.span(start, end))
        return left, left + len(text[left:right].rstrip())  # a toneless gloss ends in a space

    found = []
    for start, end, fact in facts(source):
        a, b = shown(start, end)
        for key in ("indicator_in_text", "initiative_in_text"):
            if fact[key] is not None:
                left, right = shown(*fact[key])
                fact[key] = text[left:right]
        found.append({"ctx": snippet(text, a, b), **fact, "amount": text[a:b]})
    lists = {}
    for key in ("initiatives", "orgs", "places"):
        strings: dict[str, None] = {}
        for name in source.names(key):
            hits = [hit.start() for hit in re.finditer(re.escape(name), source.simplified)]
            if not hits:
                raise SystemExit(f"{source.name}: {key} {name!r} is not in the text")
            for hit in hits:
                left, right = shown(hit, hit + len(name))
                strings[text[left:right]] = None
        lists[key] = list(strings)
    if (first := source.simplified.find(source.head["title"])) >= 0:
        left, right = shown(first, first + len(source.head["title"]))
        read = {**read, "title": text[left:right]}
    return {**read, "script": source.head["script"], "text": text, "facts": found, **lists}


class Aligned:
    """Maps spans of the text as written to the text as a reader of the file gives it, which breaks lines elsewhere."""

    def __init__(self, written: str, read: str) -> None:
        self._same = written == read
        if self._same:
            return
        kept = [i for i, char in enumerate(read) if not char.isspace()]
        squeezed = "".join(read[i] for i in kept)
        self._at: dict[int, int] = {}
        position = offset = 0
        for line in written.splitlines(keepends=True):
            solid = [(offset + i, char) for i, char in enumerate(line) if not char.isspace()]
            hit = squeezed.find("".join(char for _, char in solid), position)
            if hit >= 0:
                for step, (index, _) in enumerate(solid):
                    self._at[index] = kept[hit + step]
                position = hit + len(solid)
            offset += len(line)

    def __call__(self, start: int, end: int) -> tuple[int, int]:
        return (start, end) if self._same else (self._at[start], self._at[end - 1] + 1)


# --- files -----------------------------------------------------------------------------------------------------------


def build() -> dict[Path, bytes]:
    """Every file of corpus/articles and corpus/gold, by its path."""
    sources = [load(path) for path in sorted((CORPUS / "sources").glob("*.facts"))]
    made: dict[Path, bytes] = {}
    for article in sorted({source.article for source in sources}):
        group = [source for source in sources if source.article == article]
        made[CORPUS / "articles" / article] = formats.write(article, [(s.head, s.damaged.text) for s in group])
    lines: dict[str, list[str]] = {}
    for source in sources:
        try:
            text, read = formats.read_back(
                source.article, source.head, made[CORPUS / "articles" / source.article], source.damaged.text
            )
        except NotImplementedError:
            continue
        line = json.dumps(annotate(source, text, read), ensure_ascii=False)
        lines.setdefault(source.head["gold"], []).append(line)
    for name, rows in lines.items():
        made[CORPUS / "gold" / f"{name}.jsonl"] = ("\n".join(rows) + "\n").encode()
    return made


def audit(name: str) -> None:
    """Print what is annotated, and each number of the text that is not, for a second look."""
    source = load(CORPUS / "sources" / f"{name}.facts")
    text, covered = source.simplified, set()
    for start, end, fact in facts(source):
        covered.update(range(start, end))
        context = text[max(0, start - 12) : start] + "[" + text[start:end] + "]" + text[end : end + 4]
        mark = "?" if fact.get("optional") else " "
        high = f"..{fact['value_max']}" if "value_max" in fact else ""
        spans = ["-" if fact[k] is None else text[slice(*fact[k])] for k in ("initiative_in_text", "indicator_in_text")]
        print(mark, context.replace("\n", "¶"), fact["kind"][:3], fact["bound"], f"{fact['value']}{high}", fact["unit"],
              fact["place"], fact["year"], *spans, sep="\t")  # fmt: skip
    print("not annotated:")
    for hit in re.finditer(r"[\d.,%]*\d[\d.,%]*|[一二三四五六七八九十百千万亿两半几数]+[^\s，。、；：“”]", text):
        if hit.start() not in covered and hit.end() - 1 not in covered:
            print("   ", text[max(0, hit.start() - 10) : hit.end() + 8].replace("\n", "¶"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 on a difference")
    parser.add_argument("--audit", metavar="NAME", help="list the facts of one source and the numbers that have none")
    options = parser.parse_args()
    if options.audit:
        audit(options.audit)
        return 0
    different = []
    for path, content in build().items():
        if not path.exists() or path.read_bytes() != content:
            different.append(path)
            if not options.check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    for path in different:
        print("differs" if options.check else "written", path.relative_to(CORPUS))
    return 1 if options.check and different else 0


if __name__ == "__main__":
    sys.exit(main())

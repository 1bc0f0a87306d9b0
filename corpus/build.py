"""Make the sample articles and their gold facts from `corpus/sources`, and the texts to learn from in `training`.

    python corpus/build.py            write corpus/articles, corpus/gold and corpus/training/gold.jsonl
    python corpus/build.py --check    exit 1 if articles and gold differ from their sources, or break a rule of check.py
    python corpus/build.py --audit X  list the facts of X, and the numbers in its text that no fact covers

The same sources give the same bytes everywhere: no clock and no random state.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).resolve().parent
ARTICLES = CORPUS / "articles"
GOLD = CORPUS / "gold"
TRAINING = CORPUS / "training" / "gold.jsonl"
"""Generated, and not kept under version control."""
sys.path.insert(0, str(CORPUS.parent))  # run as a file, it finds what lies beside it

from corpus import check, formats  # noqa: E402
from corpus.notation import Source, facts, load  # noqa: E402


def snippet(text: str, start: int, end: int, context: int = 7) -> str:
    """A passage around the amount that stands once in the text and holds the amount for the first time in itself."""
    line, line_end = text.rfind("\n", 0, start) + 1, (text + "\n").find("\n", end)
    for width in range(context, 60):
        left, right = max(line, start - width), min(line_end, end + max(2, width - 20))
        left = max(left, text.rfind(text[start:end], left, end - 1) + 1)  # 2.3天延长到3天 holds the amount twice
        passage = text[left:right]
        if text.count(passage) == 1 and passage.find(text[start:end]) == start - left:
            return passage
    raise ValueError(f"no unique context for {text[start - 10 : end + 2]!r}")


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
                raise ValueError(f"{source.name}: {key} {name!r} is not in the text")
            for hit in hits:
                left, right = shown(hit, hit + len(name))
                strings[text[left:right]] = None
        lists[key] = list(strings)
    for fact in found:  # a word of the trade (旅游, 就业) is no name, though a reader would put it in the table
        shown_name = fact["initiative_in_text"] or ""
        if not shown_name or not any(shown_name in name or name in shown_name for name in lists["initiatives"]):
            fact["initiative_in_text"] = None
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


def build(sources: Sequence[Source]) -> dict[Path, bytes]:
    """Every file of corpus/articles and corpus/gold, by its path."""
    made: dict[Path, bytes] = {}
    for article in sorted({source.article for source in sources}):
        group = [source for source in sources if source.article == article]
        made[ARTICLES / article] = formats.write(article, [(s.head, s.damaged.text) for s in group])
    lines: dict[str, list[str]] = {}
    for source in sources:
        content = made[ARTICLES / source.article]
        text, read = formats.read_back(source.article, source.head, content)
        line = json.dumps(annotate(source, text, read), ensure_ascii=False)
        lines.setdefault(source.head["gold"], []).append(line)
    return made | {GOLD / f"{name}.jsonl": _lines(rows) for name, rows in lines.items()}


def build_training(sources: Sequence[Source]) -> dict[Path, bytes]:
    """corpus/training/gold.jsonl, by its path."""
    return {TRAINING: _lines([learned(source) for source in sources])}


def read_sources(folder: str) -> list[Source]:
    """The articles that a folder's files hold, in the order of their names."""
    sources = [source for path in sorted((CORPUS / folder).glob("*.txt")) for source in load(path)]
    return sorted(sources, key=lambda source: source.name)


def learned(source: Source) -> str:
    """The gold line of a text of corpus/training, which is in no file of its own."""
    read = {"id": source.name, **{key: source.head.get(key) for key in ("title", "pub_date", "source")}}
    return json.dumps(annotate(source, source.damaged.text, read), ensure_ascii=False)


def _lines(rows: list[str]) -> bytes:
    return ("\n".join(rows) + "\n").encode()


def audit(name: str) -> None:
    """Print what is annotated, and each number of the text that is not, for a second look."""
    source = next(s for folder in ("sources", "training") for s in read_sources(folder) if s.name == name)
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


def faults(
    sources: Sequence[Source], made: Mapping[Path, bytes], training: Mapping[Path, bytes], shared: Path
) -> Iterator[str]:
    """What is wrong with the files of articles and gold, and with what is annotated."""
    for path, content in made.items():
        if not path.exists() or path.read_bytes() != content:
            yield f"{path.relative_to(CORPUS)} is not what its source makes: run python corpus/build.py"
    gold = [line for path, content in made.items() if path.parent == GOLD for line in content.splitlines()]
    more = [line for content in training.values() for line in content.splitlines()]
    yield from check.problems([json.loads(line) for line in gold], [json.loads(line) for line in more], ARTICLES)
    yield from check.copied({source.name: source.text for source in sources}, shared)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 on a difference or a fault")
    parser.add_argument("--shared", type=Path, default=CORPUS.parents[1] / "shared", help="folder of real articles")
    parser.add_argument("--audit", metavar="NAME", help="list the facts of one source and the numbers that have none")
    options = parser.parse_args()
    if options.audit:
        audit(options.audit)
        return 0
    sources, more = read_sources("sources"), read_sources("training")
    made, training = build(sources), build_training(more)
    if options.check:
        found = list(faults([*sources, *more], made, training, options.shared))
        print("\n".join(found) or f"{len(sources) + len(more)} articles checked")
        return 1 if found else 0
    for path, content in {**made, **training}.items():
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print("written", path.relative_to(CORPUS))
    return 0


if __name__ == "__main__":
    sys.exit(main())

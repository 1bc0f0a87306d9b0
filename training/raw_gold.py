"""Articles of the raw collection with the facts that were read in them, as gold to train on.

    python -m training.raw_gold RAW.jsonl.xz FIRST.jsonl SECOND.jsonl

`raw_facts.jsonl.xz` beside this module holds, for 1,500 pieces of raw text, what each amount found in them is about:
place, year, status, initiatives and indicators. A language model read each piece once, given the gold guide, eight
annotated articles, and the machine's place, year and status to correct. Mixed in unmarked, 575 facts of annotated
articles came out as in the gold: initiative 0.95, indicator 0.96, place 0.99, year 0.98, status 0.96. The text is not
in the project: it is taken from the raw collection by the number of its piece and checked by its hash. The pieces of
the first round (900) are for the networks, those of the second (600) for the rankers, which judge what a network says
of text that it has not seen.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FACTS = Path(__file__).with_name("raw_facts.jsonl.xz")


def articles(raw: Path, round_: int) -> Iterator[dict[str, Any]]:
    """The gold articles of one round, as `gongbao.evaluate.gold` reads them.

    Raises:
        ValueError: a piece of the raw collection is not the one that was read.
    """
    with lzma.open(raw, "rt", encoding="utf-8") as file:
        pieces = [json.loads(line) for line in file]
    with lzma.open(FACTS, "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            if row["round"] != round_:
                continue
            piece = pieces[row["piece"]]
            text = piece["text"][row["start"] : row["start"] + row["length"]]
            if hashlib.sha1(text.encode()).hexdigest() != row["sha1"]:
                raise ValueError(f"piece {row['piece']} is not the text that was read")
            facts = [_fact(text, fact) for fact in row["facts"]]
            yield {
                "id": row["id"],
                "title": piece["title"],
                "pub_date": piece["pub_date"],
                "source": piece["source"],
                "text": text,
                "facts": facts,
            }


def _fact(text: str, fact: dict[str, Any]) -> dict[str, Any]:
    start, end = fact.pop("start"), fact.pop("end")
    initiatives, indicators = fact["initiative"], fact["indicator"] or []
    return {
        "ctx": _context(text, start, end),
        "amount": text[start:end],
        **fact,
        "initiative_in_text": next((name for name in initiatives if name in text), None),
        "indicator_in_text": next((name for name in indicators if name in text), None),
    }


def _context(text: str, start: int, end: int) -> str:
    """A snippet around an amount that stands once in the text, and in which the amount stands first."""
    low, high = start, end
    while text.count(text[low:high]) > 1 and high < len(text):
        low, high = max(0, low - 4), high + 2
        if text.index(text[start:end], low) != start:
            low = start
    return text[low:high]


def main() -> None:
    """Write both rounds."""
    raw, *outputs = map(Path, sys.argv[1:])
    for round_, output in enumerate(outputs, 1):
        lines = (json.dumps(article, ensure_ascii=False) + "\n" for article in articles(raw, round_))
        output.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()

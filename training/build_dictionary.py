"""Write pipeline/gongbao/chinese/words.gz, the words by which the repair of shifted text judges what reads well.

    python training/build_dictionary.py [--out pipeline/gongbao/chinese/words.gz]

They are those of jieba's dictionary, with how often each was counted and its part of speech, and those of
rules/lexicon/bulletin_words.txt that it lacks. tests/chinese/test_words.py fails if the file is not up to date.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from array import array
from collections import Counter
from importlib.resources import files
from itertools import accumulate
from pathlib import Path

from gongbao.chinese.script import lexicon
from gongbao.chinese.words import LONGEST, PATH

UNCOUNTED = 20
"""Added to the frequency of words: the dictionary lists many with a frequency of 2 or 3 that nobody counted."""
OF_BULLETINS = 300
_LINE = re.compile(rf"^(\S{{1,{LONGEST}}}) ([1-9]\d*) (\S+)$", re.MULTILINE)


def read_words() -> dict[str, tuple[int, str]]:
    """Words with their frequency and class; the words of bulletins have no class."""
    words = {word: (OF_BULLETINS, "") for word in lexicon("bulletin_words") if len(word) <= LONGEST}
    for word, count, kind in _LINE.findall(files("jieba").joinpath("dict.txt").read_text(encoding="utf-8")):
        words[word] = int(count) + (UNCOUNTED if len(word) > 1 else 0), kind
    return words


def content(words: dict[str, tuple[int, str]]) -> bytes:
    """The file before compression: a line of JSON, then the arrays that `gongbao.chinese.words` reads."""
    nodes = sorted({word[:n] for word in words for n in range(len(word) + 1)}, key=lambda node: (len(node), node))
    parents = Counter(node[:-1] for node in nodes if node)
    frequencies = sorted({frequency for frequency, _ in words.values()})
    classes = sorted({kind for _, kind in words.values() if kind})
    rank = {frequency: place for place, frequency in enumerate(frequencies, start=1)} | {0: 0}
    place = {kind: place for place, kind in enumerate(classes, start=1)} | {"": 0}
    best: dict[str, int] = {}
    for word, (frequency, _) in words.items():
        best[word[:-1]] = max(best.get(word[:-1], 0), rank[frequency])
    found = [words.get(node, (0, "")) for node in nodes]
    children = accumulate((parents[node] for node in nodes), initial=1)
    arrays = (
        array("I", children),
        array("H", [ord(node[-1]) if node else 0 for node in nodes]),
        array("H", [rank[frequency] for frequency, _ in found]),
        array("H", [best.get(node, 0) for node in nodes]),
        array("B", [place[kind] for _, kind in found]),
    )
    if sys.byteorder == "big":
        for one in arrays:
            one.byteswap()
    header = {"nodes": len(nodes), "frequencies": frequencies, "classes": classes}
    return json.dumps(header).encode() + b"\n" + b"".join(one.tobytes() for one in arrays)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=PATH)
    options = parser.parse_args()
    options.out.write_bytes(gzip.compress(content(read_words()), mtime=0))


if __name__ == "__main__":
    main()

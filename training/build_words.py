"""Build pipeline/gongbao/places/words.txt from jieba's dictionary.

    python -m training.build_words DICT.txt pipeline/gongbao/places/words.txt

DICT.txt is the dictionary in jieba's wheel (`jieba/dict.txt` of 0.42.1). A line of what comes out is a count and the
words that were counted so often. Only words of up to three characters are kept, no longer ones can cross a border that
is in doubt; of longer ones than one character those that were counted ten times or more.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

LONGEST = 3
LEAST = 10


def build(dictionary: str) -> str:
    """The lines of the file, from the lines of jieba's dictionary: word, count, part of speech."""
    counts: dict[str, int] = {}
    for line in dictionary.splitlines():
        word, count, _ = line.split(" ", 2)
        if len(word) == 1 or (len(word) <= LONGEST and int(count) >= LEAST):
            counts[word] = int(count)
    counted: defaultdict[int, list[str]] = defaultdict(list)
    for word in sorted(counts):
        counted[counts[word]].append(word)
    return "".join(f"{count} {' '.join(counted[count])}\n" for count in sorted(counted))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dictionary", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    arguments.out.write_text(build(arguments.dictionary.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

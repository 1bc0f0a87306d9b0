"""Write pipeline/gongbao/chinese/characters.gz, the character n-grams by which the repair judges what reads well.

    python corpus/build.py  # makes corpus/training/gold.jsonl, our own texts to learn from
    python training/build_language_model.py bulletins.jsonl.xz corpus/training/gold.jsonl [--apart FILE] [--out FILE]

Learns from the `text` of each line, and what stands inside the words of jieba's dictionary and of
rules/lexicon/bulletin_words.txt (names that bulletins seldom have): n-grams of up to four characters with interpolated
Kneser-Ney smoothing (Chen and Goodman 1999), written as a back-off model. One text in `APART` is never learned from, by
the hash of the text, so that it is the same everywhere; --apart writes those texts, for measuring on
(`training/measure_repair.py`). The same texts give the same bytes. Half a minute for 17 million characters.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import lzma
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
from gongbao.chinese.language_model import ORDER, PATH, UNITS, UNKNOWN, normalised
from gongbao.chinese.script import lexicon

APART = 14
PROPER = frozenset({"nz", "nt"})
LONGEST_NAME = 3
LONGEST = 5
"""Characters in a word that is learned from."""
LEAST = {1: 5, 2: 1, 3: 2, 4: 2}
"""How often an n-gram must have been counted to be kept, by its length; shorter ones by how many characters precede
them. Half of what stands in the file costs a hundredth of a nat."""
Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]


def is_apart(text: str) -> bool:
    """Whether a text is for measuring, never for learning."""
    return hashlib.sha256(text.encode()).digest()[0] % APART == 0


def read_words() -> dict[str, str]:
    """Words that are no text, with their parts of speech: jieba's dictionary, and words of bulletins that it lacks."""
    lines = files("jieba").joinpath("dict.txt").read_text(encoding="utf-8").splitlines()
    classes = dict.fromkeys(lexicon("bulletin_words"), "") | {line.split()[0]: line.split()[-1] for line in lines}
    return {word: classes[word] for word in sorted(classes) if 1 < len(word) <= LONGEST}


def read_texts(paths: list[Path]) -> Iterator[str]:
    for path in paths:
        with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)["text"]


@dataclass(frozen=True)
class Level:
    """N-grams of one length: `keys` in ascending order (the symbols as digits), the probability of the last symbol
    after the others, and, for those that are contexts of longer n-grams, the share that is left to shorter ones."""

    keys: Keys
    probabilities: Floats
    contexts: Keys
    back_off: Floats


def learn(symbols: npt.NDArray[np.uint16], base: int) -> dict[int, Level]:
    """The levels of the model, by the length of their n-grams."""
    counts = _counts(symbols, base)
    kept = {ORDER: (counts[ORDER][1] >= LEAST[ORDER]) & _is_known(counts[ORDER][0], ORDER, base)}
    for length in range(ORDER - 1, 1, -1):
        keys, count = counts[length]
        beginnings = counts[length + 1][0][kept[length + 1]] // np.uint64(base)
        kept[length] = ((count >= LEAST[length]) & _is_known(keys, length, base)) | np.isin(keys, beginnings)
    ones = np.full(base, 0.5)
    ones[counts[1][0].astype(np.int64)] += counts[1][1]
    levels = {1: Level(np.arange(base, dtype=np.uint64), ones / ones.sum(), np.empty(0, np.uint64), np.empty(0))}
    for length in range(2, ORDER + 1):
        keys, count = counts[length]
        of_ones, of_twos, of_threes, of_fours = ((count == n).sum() for n in (1, 2, 3, 4))
        share = of_ones / (of_ones + 2 * of_twos)
        steps = (of_twos / of_ones, of_threes / of_twos, of_fours / of_threes)
        discounts = np.array([0.0, *(n - (n + 1) * share * step for n, step in enumerate(steps, start=1))])
        left = count - discounts[np.minimum(count, 3)]
        contexts, places = np.unique(keys // np.uint64(base), return_inverse=True)
        totals = np.bincount(places, weights=count)
        back_off = 1 - np.bincount(places, weights=np.where(kept[length], left, 0)) / totals
        shorter = _probability(levels, length - 1, keys % np.uint64(base ** (length - 1)), base)
        probabilities = left / totals[places] + back_off[places] * shorter
        used = np.bincount(places, weights=kept[length]) > 0
        levels[length] = Level(keys[kept[length]], probabilities[kept[length]], contexts[used], back_off[used])
    return levels


def _is_known(keys: Keys, length: int, base: int) -> npt.NDArray[np.bool_]:
    """Of n-grams, whether none of their symbols is 0, which parts words and stands for unknown characters."""
    known = np.ones(len(keys), bool)
    for at in range(length):
        known &= keys // np.uint64(base**at) % np.uint64(base) != 0
    return known


def _counts(symbols: npt.NDArray[np.uint16], base: int) -> dict[int, tuple[Keys, npt.NDArray[np.int64]]]:
    """N-grams with their counts; those shorter than the longest by the number of different symbols before them."""
    wide = symbols.astype(np.uint64)
    keys = wide[: len(wide) - ORDER + 1].copy()
    for at in range(1, ORDER):
        keys = keys * np.uint64(base) + wide[at : len(wide) - ORDER + 1 + at]
    counts = {ORDER: np.unique(keys, return_counts=True)}
    for length in range(ORDER - 1, 0, -1):
        counts[length] = np.unique(counts[length + 1][0] % np.uint64(base**length), return_counts=True)
    return counts


def _probability(levels: dict[int, Level], length: int, keys: Keys, base: int) -> Floats:
    level = levels[length]
    if length == 1:
        return level.probabilities[keys.astype(np.int64)]
    at = np.minimum(np.searchsorted(level.keys, keys), len(level.keys) - 1)
    found = level.probabilities[at]
    missing = level.keys[at] != keys
    contexts = keys[missing] // np.uint64(base)
    at = np.minimum(np.searchsorted(level.contexts, contexts), len(level.contexts) - 1)
    left = np.where(level.contexts[at] == contexts, level.back_off[at], 1.0)
    found[missing] = left * _probability(levels, length - 1, keys[missing] % np.uint64(base ** (length - 1)), base)
    return found


def content(characters: str, levels: dict[int, Level], names: list[str]) -> bytes:
    """The file before compression: a line of JSON, then the arrays that `gongbao.chinese.language_model` reads."""
    base = np.uint64(len(characters) + 1)
    nodes = [len(levels[n].keys) for n in range(1, ORDER + 1)]
    header = {"characters": characters, "names": " ".join(names), "nodes": nodes}
    arrays: list[npt.NDArray[np.generic]] = []
    for length in range(1, ORDER + 1):
        level = levels[length]
        costs = _cost(level.probabilities)
        if length == 1:
            costs[0] = UNKNOWN
        arrays += (level.keys % base).astype("<u2"), costs
        if length < ORDER:
            longer = levels[length + 1]
            back_off = np.zeros(len(level.keys), np.uint8)
            back_off[np.searchsorted(level.keys, longer.contexts)] = _cost(longer.back_off)
            beginnings = longer.keys // base
            arrays += (
                back_off,
                np.bincount(np.searchsorted(level.keys, beginnings), minlength=len(level.keys)).astype("<u2"),
            )
    return json.dumps(header, ensure_ascii=False).encode() + b"\n" + b"".join(one.tobytes() for one in arrays)


def _cost(probabilities: Floats) -> npt.NDArray[np.uint8]:
    return np.clip(np.rint(-np.log(np.maximum(probabilities, 1e-12)) * UNITS), 0, 255).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="+", type=Path)
    parser.add_argument("--apart", type=Path, help="where the texts apart are written to")
    parser.add_argument("--out", type=Path, default=PATH)
    options = parser.parse_args()
    learned, apart = [], []
    for text in read_texts(options.texts):
        (apart if is_apart(text) else learned).append(text)
    if options.apart:
        lines = (json.dumps({"text": text}, ensure_ascii=False) for text in apart)
        options.apart.write_text("\n".join(lines) + "\n", encoding="utf-8")
    whole = normalised("\n\n".join(learned))
    classes = read_words()
    # Proper nouns stand as they do in lists, between two 、.
    words = normalised("\0".join(["", *(f"、{word}、" if classes[word] in PROPER else word for word in classes)]))
    codes = np.frombuffer((whole + words).encode("utf-32-le", "replace"), dtype=np.uint32)
    found, counts = np.unique(codes, return_counts=True)
    found = found[(counts >= LEAST[1]) & (found > 0) & (found < 1 << 16)]
    places = np.zeros(max(int(codes.max()), 1 << 16) + 1, np.uint16)
    places[found] = np.arange(1, len(found) + 1)
    names = [word for word in classes if classes[word] in PROPER and len(word) <= LONGEST_NAME]
    data = content("".join(map(chr, found)), learn(places[codes], len(found) + 1), names)
    options.out.write_bytes(gzip.compress(data, mtime=0))
    sys.stdout.write(f"{len(learned)} texts, {len(codes):,} characters learned from, {len(apart)} texts apart\n")


if __name__ == "__main__":
    main()

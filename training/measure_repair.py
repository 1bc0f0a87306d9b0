"""How well the repair restores shifted runs made on purpose, each in its article (`training/damage_runs.py`).

    python -m training.measure_repair TEXTS.jsonl [--seeds 1] [--most N] [--alone] [--wrong]

TEXTS.jsonl: what `training/build_language_model.py --apart` wrote, texts that the language model has not seen. For each
way of being damaged and for all: runs, the share restored whole, the share of their characters, repairs made (long runs
are restored in parts) and the share that is right, runs with repairs and the share in which none is wrong. With --alone
the rest of the article is not there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import Match, SequenceMatcher
from itertools import islice
from pathlib import Path

from gongbao.chinese.language_model import normalised
from gongbao.chinese.script import convert
from gongbao.document import Revision
from gongbao.repair.text import repair

from training.damage_runs import Run, runs, traditional

_SWALLOWED = frozenset("？?\ufffd□")


@dataclass(frozen=True)
class Outcome:
    """What repair made of one run."""

    characters: int
    restored: int
    whole: bool
    repairs: int
    """How many that are no glosses: a run may be restored in parts."""
    right: int
    """How many of them are what stood there."""


def outcome(run: Run) -> Outcome:
    """Repair an article and compare its damaged line with what it was.

    A character that nothing can bring back may be missing.
    """
    revision = repair(run.page)
    place = len(run.above), len(run.above) + len(run.text)
    first, last = revision.offsets.to_target(place[0]), revision.offsets.to_target(place[1])
    shown = _compared(revision.text[first:last])
    pieces = [run.before, run.truth, run.after]
    if not run.how.startswith("simplified"):
        pieces = [traditional(piece) for piece in pieces]
    # What else is repaired in the line is no matter of the run.
    before, truth, after = _compared(repair(pieces[0]).text), _compared(pieces[1]), _compared(repair(pieces[2]).text)
    wanted = before + truth + after
    start, end = len(before), len(before) + len(truth)
    blocks = SequenceMatcher(None, wanted, shown, autojunk=False).get_matching_blocks()
    restored = sum(max(0, min(end, one.a + one.size) - max(start, one.a)) for one in blocks)
    left, right = _common(before, shown), _common(after[::-1], shown[::-1])
    middle = shown[left : len(shown) - right]
    whole = left == len(before) and right == len(after) and middle.rstrip("".join(_SWALLOWED)) == truth
    if not whole and restored == len(truth):
        whole = len(shown) - len(wanted) in (0, 1) and middle.rstrip("".join(_SWALLOWED)).endswith(truth[-2:])
    spans = [(start - first, end - first) for start, end in _spans(revision)]
    inside = [span for span in spans if span[0] >= 0 and span[1] <= len(shown)]  # elsewhere nothing was damaged
    residues = [one for one in revision.residues if place[0] <= one.start and one.end <= place[1]]
    left_there = {
        at - first for one in residues for at in range(*(revision.offsets.to_target(at) for at in (one.start, one.end)))
    }
    right = len(inside) if whole else sum(_is_right(*span, shown, blocks, left_there) for span in inside)
    return Outcome(len(truth), restored, whole, len(spans), right)


def _spans(revision: Revision) -> list[tuple[int, int]]:
    """Where the repairs of shifted passages stand in the repaired text."""
    spans, longer = [], 0
    for one in revision.repairs:
        start = one.start + longer
        if one.kind == "shifted":
            # A marker that stays at the end tells that something is lost behind it.
            spans.append((start, start + len(one.after.rstrip("".join(_SWALLOWED)))))
        longer += len(one.after) - len(one.before)
    return spans


def _is_right(start: int, end: int, shown: str, blocks: list[Match], left: set[int]) -> bool:
    """Whether a repair is what stood there, and nothing is missing between it and its neighbours.

    `left` are the places of what stays as it was found.
    """
    start -= start > 0 and start - 1 not in left
    end += end < len(shown) and end not in left and shown[end] not in _SWALLOWED
    return any(one.b <= start and end <= one.b + one.size for one in blocks)


def _compared(text: str) -> str:
    return normalised(convert(text).text)


def _common(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def read_runs(path: Path, seeds: int) -> Iterator[Run]:
    for seed in range(seeds):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from runs(json.loads(line)["text"], seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--most", type=int)
    parser.add_argument("--alone", action="store_true", help="only the damaged line, without its article")
    parser.add_argument("--wrong", action="store_true", help="show the repairs that are not right, and runs left")
    options = parser.parse_args()
    groups: dict[str, list[Outcome]] = defaultdict(list)
    stop = options.skip + options.most if options.most else None
    for run in islice(read_runs(options.texts, options.seeds), options.skip, stop):
        done = outcome(replace(run, above="", below="") if options.alone else run)
        kind = run.how.split()[0]
        for group in ("all", kind, " ".join(run.how.split()[:2]), "short" if len(run.truth) < 12 else "long"):
            groups[group].append(done)
        if options.wrong and not done.whole:
            found = repair(run.page)
            shifted = [(one.before, one.after) for one in found.repairs if one.kind == "shifted"]
            said = "LEFT" if not done.repairs else "PART" if done.right == done.repairs else "WRONG"
            sys.stdout.write(f"{said} {run.how} | {run.before[-8:]} | {run.shown} | {run.truth} | {shifted}\n")
    for name, outcomes in sorted(groups.items()):
        characters = sum(one.characters for one in outcomes)
        made, right = sum(one.repairs for one in outcomes), sum(one.right for one in outcomes)
        mended = [one.right == one.repairs for one in outcomes if one.repairs]
        sys.stdout.write(
            f"{name:24} runs {len(outcomes):5}  whole {sum(one.whole for one in outcomes) / len(outcomes):.3f}"
            f"  characters {sum(one.restored for one in outcomes) / characters:.3f}"
            f"  repairs {made:5}, right {right / max(1, made):.3f}"
            f"  runs with repairs {len(mended):5}, nothing wrong {sum(mended) / max(1, len(mended)):.3f}\n"
        )


if __name__ == "__main__":
    main()

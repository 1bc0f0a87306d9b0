"""Coverage-guided fuzzing with atheris: `python tests/fuzz/guided.py [TARGET...] -runs=N`.

N inputs in all, shared out over the targets (all of them if none is named). Further options go to libFuzzer
(`-seed=1 -max_len=200 -timeout=20`). Every target runs in a process of its own. A fault does not end the run: the
first input with each fault is told and kept under `--faults`, and the exit status is 1.

`python tests/fuzz/guided.py TARGET --again FILE` runs a kept input once more.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import mmap
import os
import pkgutil
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # a program of its own: libFuzzer runs it, not pytest

import atheris  # type: ignore[import-not-found,unused-ignore]

# The search for shifted text tries a hundred thousand readings of a line; counting its branches makes it crawl.
UNCOUNTED = ["gongbao.repair.shifted.search", "gongbao.chinese.language_model"]
with atheris.instrument_imports(include=["gongbao"], exclude=UNCOUNTED):
    import gongbao.pipeline
    import gongbao.read

    for _module in pkgutil.iter_modules(gongbao.read.__path__, "gongbao.read."):
        importlib.import_module(_module.name)
    from tests.fuzz.fuzz_targets import TARGETS, Run, Target

DEFAULTS = {"max_len": "256", "timeout": "30", "rss_limit_mb": "4096", "verbosity": "0"}
SHARED_BYTES = 1 << 20
MOST_SHOWN = 20_000


@dataclass(slots=True)
class Tally:
    """What a target's process has done so far; its parent reads it from memory that both share."""

    inputs: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    slowest_input: str = ""
    slowest_per_kb: float = 0.0

    def store(self, memory: mmap.mmap) -> None:
        data = json.dumps(asdict(self)).encode()
        memory.seek(0)
        memory.write(len(data).to_bytes(4, "big") + data)

    @classmethod
    def of(cls, memory: mmap.mmap) -> Tally:
        size = int.from_bytes(memory[:4], "big")
        return cls(**json.loads(memory[4 : 4 + size])) if size else cls()


def fuzz(name: str, target: Target, options: list[str], folder: Path, faults: Path, memory: mmap.mmap) -> None:
    """Run libFuzzer on one target in this process, which ends with it; `folder` is for its files."""
    seeds = folder / name / "seeds"
    seeds.mkdir(parents=True)
    for number, seed in enumerate(target.seeds):
        (seeds / str(number)).write_bytes(seed)
    run = target.begin(folder / name)
    run(b"")  # what is loaded on first use is not the first input's time
    tally = Tally()
    known: set[str] = set()
    begin = time.monotonic()

    def one(data: bytes) -> None:
        tally.inputs += 1
        try:
            tried = run(data)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
            if place not in known:
                known.add(place)
                tally.faults.append(keep(name, target, data, error, faults))
        else:
            if tried.seconds > tally.slowest:
                tally.slowest = tried.seconds
                tally.slowest_input = str(target.show(data))[:MOST_SHOWN]
            if tried.length >= 50:
                tally.slowest_per_kb = max(tally.slowest_per_kb, 1000 * tried.seconds / tried.length)
        tally.seconds = time.monotonic() - begin
        tally.store(memory)

    atheris.Setup(["guided", *options, f"-artifact_prefix={faults}/{name}-", str(seeds)], one)
    atheris.Fuzz()


def keep(name: str, target: Target, data: bytes, error: Exception, faults: Path) -> str:
    """Keep an input that was not borne, and say how to run it again."""
    path = faults / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    lines = "".join(traceback.format_exception(error))[-MOST_SHOWN:]
    print(
        f"\n{name}: FAULT\n{lines}input: {target.show(data)!r}\nagain: {sys.argv[0]} {name} --again {path}", flush=True
    )
    return f"{type(error).__name__}: {str(error)[:200]} ({path.name})"


def shares(names: list[str], runs: int) -> dict[str, int]:
    """How many inputs each target gets, by its share."""
    whole = sum(TARGETS[name].share for name in names)
    return {name: max(1, runs * TARGETS[name].share // whole) for name in names}


def fuzz_all(names: list[str], runs: int, options: list[str], folder: Path, faults: Path) -> dict[str, Tally]:
    """Fuzz targets one after another, each in a fork of this process.

    Each loads what it needs itself: onnxruntime, once loaded, does not bear that a fork of its process ends.
    """
    tallies = {}
    for name, count in shares(names, runs).items():
        memory = mmap.mmap(-1, SHARED_BYTES)
        child = os.fork()
        if child == 0:
            fuzz(name, TARGETS[name], [*options, f"-runs={count}"], folder, faults, memory)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        tally = Tally.of(memory)
        if status:
            tally.faults.append(f"libFuzzer stopped with {os.waitstatus_to_exitcode(status)}: see {faults}/{name}-*")
        elif tally.inputs < count:
            tally.faults.append(f"only {tally.inputs} of {count} inputs were tried")
        tallies[name] = tally
        print(line(name, tally), flush=True)
    return tallies


def line(name: str, tally: Tally) -> str:
    return (
        f"{name:<12}{tally.inputs:>10,} inputs {tally.seconds:>8.1f} s   slowest {tally.slowest:.3f} s, "
        f"{tally.slowest_per_kb:.2f} s/KB   faults {len(tally.faults)}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("-runs", type=int, default=16_000, help="inputs in all")
    parser.add_argument("--faults", type=Path, help="folder for inputs that were not borne (a temporary one)")
    parser.add_argument("--report", type=Path, help="write the figures as JSON, too")
    parser.add_argument("--again", type=Path, help="run the input of this file once")
    given, rest = parser.parse_known_args()
    names = given.targets or list(TARGETS)
    if unknown := [name for name in names if name not in TARGETS]:
        parser.error(f"no such target: {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as temporary:
        if given.again is not None:
            run: Run = TARGETS[names[0]].begin(Path(temporary))
            print(run(given.again.read_bytes()))
            return 0
        faults = given.faults or Path(tempfile.mkdtemp(prefix="faults-"))
        faults.mkdir(parents=True, exist_ok=True)
        set_by_user = {option.lstrip("-").partition("=")[0] for option in rest}
        options = [f"-{key}={value}" for key, value in DEFAULTS.items() if key not in set_by_user] + rest
        tallies = fuzz_all(names, given.runs, options, Path(temporary), faults)
    print(f"{sum(tally.inputs for tally in tallies.values()):,} inputs in all")
    if given.report is not None:
        given.report.write_text(json.dumps({name: asdict(tally) for name, tally in tallies.items()}, indent=1))
    failed = [f"{name}: {fault}" for name, tally in tallies.items() for fault in tally.faults]
    if failed:
        print("\n".join([*failed, f"kept in {faults}"]))
        return 1
    if given.faults is None:
        faults.rmdir()
    return 0


if __name__ == "__main__":
    sys.exit(main())

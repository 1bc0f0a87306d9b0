"""`make bench`: what each stage costs, in processor time, and what it comes to.

    python benchmarks/bench.py [--megabytes 20] [--ner] [--text sound] [--runs] [--json FILE]

The articles beside the checkout (`../shared/annotated`, failing that those of corpus/) are repeated in a fixed random
order until they are as long as asked for; each copy is an article of its own. Figures are processor seconds, which
other work on the machine changes far less than the clock, and the ratio to what `jieba.lcut` does with the same text,
article by article in the same run; with `--runs` whole runs are timed on the clock as well: start to first record, two
workers against one, and again with nothing new.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import jieba
from gongbao import Pipeline
from gongbao.components import BatchComponent, Component
from gongbao.document import Article, Document, Failure
from gongbao.run.lines import to_lines

ROOT = Path(__file__).resolve().parents[1]
FEATURES = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8", "asimd", "asimddp", "i8mm")
"""What a processor may have that the network's 8-bit products depend on."""


class Stopwatch:
    """Processor seconds by stage; a stage that runs within another is not counted twice."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = 0.0

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its time put down to the stage."""

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            outer, self._inner = self._inner, 0.0
            clock = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                whole = time.process_time() - clock
                self.seconds[stage] += whole - self._inner
                self._inner = outer + whole

        return call

    def component(self, name: str, step: Component) -> Component:
        """A component of the pipeline, with its time put down to it."""
        if isinstance(step, BatchComponent):
            return _TimedBatch(self.timed(name, step), self.timed(name, step.batch))
        return self.timed(name, step)


@dataclass(frozen=True, slots=True)
class _TimedBatch:
    one: Component
    batch: Callable[..., Any]

    def __call__(self, document: Document) -> Document:
        return self.one(document)


def articles(megabytes: float, text: str = "all") -> Iterator[Any]:
    """The benchmark's articles, as long together as asked for in UTF-8: `all`, `sound` or only the `seed` article."""
    from gongbao.read import read_paths

    folder = ROOT.parent / "shared" / "annotated"
    paths = sorted(folder.glob("*.jsonl")) or [ROOT / "corpus" / "articles"]
    base = [item for item in read_paths(paths) if isinstance(item, Article)]
    if text != "all":
        left_out = ("seed", "damaged")
        kept = {
            item.id for item in base if Path(item.origin or "").name.startswith("seed" if text == "seed" else left_out)
        }
        base = [item for item in base if (item.id in kept) == (text == "seed")]
    chance = random.Random(2021)
    left = megabytes * 1e6
    for copy in itertools.count():
        chance.shuffle(base)
        for item in base:
            if left <= 0:
                return
            left -= len(item.text.encode())
            yield replace(item, id=f"{copy}-{item.id}")


def measure(megabytes: float, ner: str | None, text: str) -> dict[str, Any]:
    """Run the pipeline in this process and put its time down to the stages."""
    watch = Stopwatch()
    clock = time.process_time()
    loaded = Pipeline(ner=ner)
    load = time.process_time() - clock
    pipeline = loaded.replacing(**{name: watch.component(name, step) for name, step in loaded.components.items()})
    write = watch.timed("write", lambda result: to_lines([(result, 0.0)]))

    list(pipeline.pipe(itertools.islice(articles(megabytes, text), 30)))  # what loads on first use is not a rate
    watch.seconds.clear()
    jieba.lcut("江苏省")  # what loads on first use
    characters = count = records = 0
    cutting = 0.0
    clock = time.process_time()
    for result in pipeline.pipe(articles(megabytes, text)):
        if isinstance(result, Failure):
            raise SystemExit(f"{result.id}: {result.message}")
        characters += len(result.article.text)
        count += 1
        records += len(result.records)
        write(result)
        cut = time.process_time()
        jieba.lcut(result.article.text)
        cutting += time.process_time() - cut
    whole = time.process_time() - clock - cutting
    return {
        "ner": ner,
        "articles": count,
        "characters": characters,
        "records": records,
        "load_seconds": round(load, 2),
        "characters_per_second": round(characters / whole),
        "jieba_characters_per_second": round(characters / cutting),
        "ratio_to_jieba": round(cutting / whole, 3),
        "stages": {
            stage: {
                "milliseconds_per_1000_characters": round(1e6 * watch.seconds[stage] / characters, 3),
                "characters_per_second": round(characters / watch.seconds[stage]) if watch.seconds[stage] else None,
                "share": round(watch.seconds[stage] / whole, 3),
            }
            for stage in (*pipeline.components, "write")
        },
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def measure_runs(megabytes: float, ner: bool, text: str) -> dict[str, Any]:
    """Time whole runs of the command on the clock."""
    flags = [] if ner else ["--no-ner"]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "articles.jsonl")
        with source.open("w", encoding="utf-8") as file:
            for item in articles(megabytes, text):
                fields = {"id": item.id, "text": item.text, "title": item.title, "pub_date": str(item.pub_date or "")}
                file.write(json.dumps(fields, ensure_ascii=False) + "\n")
        first = Path(folder, "first.jsonl")
        with source.open(encoding="utf-8") as lines:
            first.write_text(next(lines), encoding="utf-8")
        seconds = {
            "help": _clock(["--help"]),
            "first_record": _clock(["run", first, "--out", Path(folder, "first"), *flags]),
            "one_worker": _clock(["run", source, "--out", Path(folder, "one"), *flags]),
            "two_workers": _clock(["run", source, "--out", Path(folder, "two"), "--workers", 2, *flags]),
            "nothing_new": _clock(["run", source, "--out", Path(folder, "one"), *flags]),
        }
    return {
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "two_against_one": round(seconds["one_worker"] / seconds["two_workers"], 2),
        "nothing_new_share": round(seconds["nothing_new"] / seconds["one_worker"], 4),
    }


def _clock(arguments: list[Any]) -> float:
    clock = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", "from gongbao.cli import main; main()", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - clock


def machine() -> str:
    """The processors with what of FEATURES they have, and the interpreter."""
    try:
        said = dict(line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
    except OSError:  # not on Linux
        said = {}
    fields = {key.strip(): value.strip() for key, value in said.items()}
    name = fields.get("model name") or platform.processor() or platform.machine()
    words = {*fields.get("flags", "").split(), *fields.get("Features", "").split()}
    has = ", ".join(feature for feature in FEATURES if feature in words) or "features unknown"
    return f"{os.cpu_count()} x {name} ({has}), Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=2.0, help="length of the input in UTF-8")
    parser.add_argument("--ner", action="store_true", help="with the shipped model, not rules alone")
    parser.add_argument("--text", choices=("all", "sound", "seed"), default="all", help="sound: undamaged articles")
    parser.add_argument("--runs", action="store_true", help="time whole runs as well")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    load_average = os.getloadavg()[0]
    result = measure(options.megabytes, "tagger" if options.ner else None, options.text)
    print(f"{machine()}, load average {load_average:.1f} before the start")
    print(f"{result['articles']} articles, {result['characters']:,} characters, {result['records']:,} records")
    print(f"{'stage':12}{'ms/1000 chars':>15}{'chars/s':>12}{'share':>8}")
    for stage, figures in result["stages"].items():
        rate = figures["characters_per_second"]
        cost = figures["milliseconds_per_1000_characters"]
        print(f"{stage:12}{cost:15.3f}{rate or 0:12,}{figures['share']:8.1%}")
    print(f"{'whole':12}{1e6 / result['characters_per_second']:15.3f}{result['characters_per_second']:12,}")
    print(f"{'jieba.lcut':27}{result['jieba_characters_per_second']:12,}, ratio {result['ratio_to_jieba']:.3f}")
    print(f"load {result['load_seconds']} s, peak memory {result['peak_memory_mib']} MiB")
    if options.runs:
        result["runs"] = measure_runs(options.megabytes, options.ner, options.text)
        print(json.dumps(result["runs"], indent=2))
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), **result}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""How time and memory of a run grow with the number of articles.

    python benchmarks/growth.py [--sizes 100 1000 10000] [--workers 1] [--json FILE] [--plot FILE.svg]

Articles are paragraphs of the sample corpus with other figures, each one an article of its own, read from one .jsonl
file. For each size: seconds on the clock, records, and the greatest memory (resident set, MiB) of the reading process
and of a worker, sampled ten times a second; of the last size also the memory over time.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
PAGE_MIB = 4096 / 2**20


def paragraphs() -> list[tuple[str, str, str]]:
    """(title, publication date, paragraph) of the sample corpus' undamaged articles, where a figure stands in it."""
    found = []
    for path in sorted((CORPUS / "gold").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            article = json.loads(line)
            if article["script"] != "hans":  # what damage costs is bench.py's business
                continue
            for paragraph in article["text"].split("\n"):
                if re.search(r"\d", paragraph) and 40 <= len(paragraph) <= 200:
                    found.append((article["title"], article["pub_date"], paragraph))
    return found


def articles(count: int) -> Iterator[dict[str, str]]:
    """That many articles, the same for the same number."""
    chance, base = random.Random(count), paragraphs()
    for number in range(count):
        title, day, paragraph = base[number % len(base)]
        text = re.sub(r"(?<!\d)[1-9]\d(?=\d|\.)", lambda _: str(chance.randint(10, 99)), paragraph)
        yield {"id": f"a{number}", "title": title, "pub_date": day, "text": text}


def memory(process: int) -> tuple[float, float]:
    """Resident memory (MiB) of a process, and of the greatest process below it."""
    own = _resident(process)
    below = [_resident(child) for child in _children(process)]
    return own, max(below, default=0.0)


def _resident(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_MIB
    except OSError:
        return 0.0


def _children(process: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            direct = [int(number) for number in path.read_text().split()]
        except OSError:
            continue
        for child in direct:
            found += [child, *_children(child)]
    return found


def measure(count: int, workers: int) -> dict[str, Any]:
    """Run the command over that many articles."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "articles.jsonl")
        characters = 0
        with source.open("w", encoding="utf-8") as file:
            for article in articles(count):
                characters += len(article["text"])
                file.write(json.dumps(article, ensure_ascii=False) + "\n")
        command = [
            str(Path(sys.executable).with_name("gongbao")),
            "run",
            str(source),
            "--no-ner",
            "--workers",
            str(workers),
        ]
        began, samples = time.monotonic(), []
        running = subprocess.Popen([*command, "--out", folder, "--json"], stdout=subprocess.PIPE, text=True)
        while running.poll() is None:
            samples.append((round(time.monotonic() - began, 1), *(round(mib) for mib in memory(running.pid))))
            time.sleep(0.1 if len(samples) < 600 else 1)
        seconds = time.monotonic() - began
        assert running.stdout is not None
        result = json.loads(running.stdout.read())
        if running.returncode:
            raise SystemExit(f"the run ended with {running.returncode}")
    return {
        "articles": count,
        "characters": characters,
        "records": result["records"],
        "seconds": round(seconds, 2),
        "characters_per_second": round(characters / seconds),
        "reader_mib": max(sample[1] for sample in samples),
        "worker_mib": max(sample[2] for sample in samples),
        "memory_over_time": samples[:: max(1, len(samples) // 200)],
    }


def plot(results: list[dict[str, Any]], path: Path) -> None:
    """Seconds by articles, both axes logarithmic, and memory over the time of the largest run."""
    import vl_convert

    lines = [{"articles": r["articles"], "seconds": r["seconds"]} for r in results]
    memory_lines = [
        {"seconds": seconds, "MiB": mib, "process": process}
        for seconds, *both in results[-1]["memory_over_time"]
        for mib, process in zip(both, ("reading", "largest worker"), strict=True)
    ]
    spec = {
        "hconcat": [
            {
                "data": {"values": lines},
                "title": "Time of a run",
                "mark": {"type": "line", "point": True},
                "encoding": {
                    "x": {"field": "articles", "type": "quantitative", "scale": {"type": "log"}},
                    "y": {"field": "seconds", "type": "quantitative", "scale": {"type": "log"}},
                },
            },
            {
                "data": {"values": memory_lines},
                "title": f"Memory, {results[-1]['articles']:,} articles",
                "mark": "line",
                "encoding": {
                    "x": {"field": "seconds", "type": "quantitative"},
                    "y": {"field": "MiB", "type": "quantitative"},
                    "color": {"field": "process", "type": "nominal"},
                },
            },
        ]
    }
    path.write_text(vl_convert.vegalite_to_svg(spec), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[100, 1000, 10000])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    results = []
    for size in options.sizes:
        results.append(measure(size, options.workers))
        shown = {key: value for key, value in results[-1].items() if key != "memory_over_time"}
        print(json.dumps(shown), flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if options.plot:
        plot(results, options.plot)


if __name__ == "__main__":
    main()

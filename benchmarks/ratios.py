"""`make bench`: how cost grows with the input, as ratios of two sizes measured in one run.

    python -m benchmarks.ratios [--times 8]

Each row does a thing with a small input and with one TIMES as large, and gives the ratio of the processor seconds:
TIMES where cost grows with the input, 1 where it does not depend on it. What else the machine does changes both.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.diff import building

LINE = "2021年，南京市鼓楼区与杭州西湖区、海州签约12项，全市投资3.5亿元，同比增长8%。"
TOKEN = {"x-gongbao-token": "secret"}


@dataclass(frozen=True, slots=True)
class Case:
    """A thing to measure: `make` prepares it for a number of units and gives what to clock."""

    name: str
    make: Callable[[int, Path], Callable[[], Any]]
    units: int
    grows: bool = True


def seconds(make: Callable[[int, Path], Callable[[], Any]], units: int, repeat: int = 3) -> float:
    """The least processor seconds of a few tries, each prepared anew."""
    best = float("inf")
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as folder:
            run = make(units, Path(folder))
            clock = time.process_time()
            run()
            best = min(best, time.process_time() - clock)
    return best


def runs(articles: int, folder: Path) -> Any:
    """Two runs of articles with twenty records each, every one changed, as a review opens them."""
    from gongbao.diff.sources import Places

    texts: dict[str, str] = {}
    old: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for n in range(articles):
        key = f"{n:05}.txt"
        texts[key] = "".join(f"第{k}项，南京市投资{k}.{n}亿元用于建设。\n" for k in range(100, 120))
        for k in range(100, 120):
            record = building.make_record(key, texts[key], f"{k}.{n}亿元", value=k * 100_000_000)
            old.append(record)
            new.append({**record, "year": 2021} if k % 2 else {**record, "value": record["value"] * 10_000})
    building.write_run(folder / "outputs", "1", texts, old)
    building.write_run(folder / "outputs", "2", texts, new)
    return Places(folder / "outputs", folder / "baseline", folder / "gold")


def compared(articles: int, folder: Path) -> Callable[[], Any]:
    from gongbao.diff.compare import compare
    from gongbao.diff.sources import open_side

    places = runs(articles, folder)
    return lambda: compare(open_side("previous", places), open_side("latest", places)).groups


def review(articles: int, folder: Path) -> tuple[Any, list[str]]:
    """A client of a review that is open, and the keys of its changes."""
    from gongbao.review.app import create_app
    from gongbao.review.opening import open_review
    from starlette.testclient import TestClient

    session = open_review("previous", "latest", runs(articles, folder))
    session.warm()
    client = TestClient(create_app(session, "secret"), base_url="http://127.0.0.1:8000")
    return client, [change["key"] for change in client.get("/api/queue").json()["changes"]]


def opened(articles: int, folder: Path) -> Callable[[], Any]:
    client, _ = review(articles, folder)
    return lambda: client.get("/api/queue")


def decided(articles: int, folder: Path) -> Callable[[], Any]:
    client, keys = review(articles, folder)

    def decide() -> None:
        for key in keys[:20]:
            body = {"keys": [key], "verdict": "accept", "expected": {key: 0}}
            assert client.post("/api/decide", json=body, headers=TOKEN).json()["written"] == 1

    return decide


def extracted(lines: int, folder: Path) -> Callable[[], Any]:
    from gongbao import Pipeline

    pipeline = Pipeline(ner=None)
    pipeline.extract(LINE)
    return lambda: pipeline.extract("\n".join([LINE] * lines))


def named(lines: int, folder: Path) -> Callable[[], Any]:
    from gongbao import Pipeline

    pipeline = Pipeline()
    pipeline.extract(LINE)
    return lambda: pipeline.extract("\n".join([LINE] * lines))


def in_one_line(copies: int, folder: Path) -> Callable[[], Any]:
    from gongbao import Pipeline

    pipeline = Pipeline(ner=None)
    pipeline.extract(LINE)
    return lambda: pipeline.extract(LINE[:-1] * copies)


def shifted(copies: int, folder: Path) -> Callable[[], Any]:
    from gongbao.repair.text import repair

    repair(LINE)
    return lambda: repair("\n".join(["其中,??怠⒋笕A、宇視等3家。"] * copies))


def nested(tables: int, folder: Path) -> Callable[[], Any]:
    from gongbao.read.web import read_page

    read_page("<p>文本")
    return lambda: read_page("<table><tr><td>文" * tables + "末")


CASES = (
    Case("extract: lines of an article", extracted, 20),
    Case("extract: lines, with names", named, 20),
    Case("extract: one line without end", in_one_line, 10),
    Case("repair: shifted passages", shifted, 5),
    Case("read: tables in tables", nested, 4_000),
    Case("diff: articles, all changed", compared, 100),
    Case("review: the queue", opened, 30),
    Case("review: 20 decisions", decided, 30, grows=False),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=8, help="how much larger the large input is")
    options = parser.parse_args()
    print(f"{'':32}{'small, s':>10}{'large, s':>10}{'ratio':>8}{'expected':>10}")
    for case in CASES:
        few, many = (seconds(case.make, units) for units in (case.units, case.units * options.times))
        print(f"{case.name:32}{few:10.3f}{many:10.3f}{many / few:8.1f}{options.times if case.grows else 1:10}")


if __name__ == "__main__":
    main()

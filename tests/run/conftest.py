"""Articles by the hundred, in our own words, and runs over them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

PLACES = ("绍兴市", "南通市", "德阳市", "襄阳市", "潍坊市", "株洲市", "桂林市", "昆明市")
SUBJECTS = ("农村公路养护", "老旧小区改造", "高标准农田建设", "公共图书馆", "养老服务中心", "城市绿道")


def article(number: int) -> dict[str, str]:
    """An article of its own: the figures follow from the number."""
    place, subject = PLACES[number % len(PLACES)], SUBJECTS[number % len(SUBJECTS)]
    lines = [
        f"{place}推进{subject}",
        f"2021年上半年,{place}{subject}完成投资{number + 1}.{number % 10}亿元,同比增长{number % 17 + 1}.5%。",
        f"其中新建项目{number * 3 + 2}个,惠及居民{number % 40 + 1}万人。",
        f"去年底,全市相关企业达到{number * 7 + 11}家,較上年增加{number % 9 + 1}家。",
    ]
    return {"id": f"a-{number:06d}", "text": "\n".join(lines), "pub_date": "2021-08-02"}


@pytest.fixture(scope="session")
def make_articles() -> Callable[[Path, Sequence[int]], Path]:
    """Write articles of these numbers as a .jsonl file."""

    def write(path: Path, numbers: Sequence[int]) -> Path:
        with path.open("w", encoding="utf-8") as file:
            for number in numbers:
                file.write(json.dumps(article(number), ensure_ascii=False) + "\n")
        return path

    return write


@pytest.fixture(scope="session")
def contents() -> Callable[[Path], dict[str, bytes]]:
    """The files of a run folder that hold what was found; the seconds, which no two runs share, taken out."""

    def read(folder: Path) -> dict[str, bytes]:
        found = {name: (folder / name).read_bytes() for name in ("records.jsonl", "records.csv", "errors.jsonl")}
        articles = [json.loads(line) for line in (folder / "articles.jsonl").open(encoding="utf-8")]
        for line in articles:
            assert line.pop("seconds") >= 0
        return {**found, "articles.jsonl": json.dumps(articles).encode()}

    return read

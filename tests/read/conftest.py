"""Sample articles in our own words, and the reader's results told apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from gongbao.document import Article, Failure
from gongbao.read import Limits, read_paths

SIMPLIFIED = """青岛港口经济上半年稳中有进
发布时间：2023-07-21 09:15 来源：海湾时报
今年上半年，青岛市港口货物吞吐量达到3.41亿吨，同比增长5.8%。其中，西海岸新区完成集装箱量1280万标准箱，增长9.3%。
二、创新平台建设
截至6月底，全市拥有省级以上企业技术中心216家，累计投入研发经费47.6亿元，比上年同期增加4.2亿元。
“双招双引”方面，新签约项目135个，总投资超过890亿元。
"""
TRADITIONAL = """新竹縣智慧農業計畫屆滿三年
發布單位：新竹縣政府農業處
發布日期：民國111年10月5日
新竹縣政府表示，智慧農業計畫自民國108年推動以來，已輔導農戶420戶，累計補助新台幣1億3,500萬元。
去年全縣有機栽種面積達863公頃，較前年成長12.5%，帶動產值約6.7億元。
縣府將持續與工研院合作，預計明年再設置示範場域18處。
"""


@pytest.fixture
def simplified() -> str:
    return SIMPLIFIED


@pytest.fixture
def traditional() -> str:
    return TRADITIONAL


@pytest.fixture
def read() -> Callable[..., tuple[list[Article], list[Failure]]]:
    """Read paths and tell articles from failures."""

    def run(*paths: Path | str, limits: Limits | None = None) -> tuple[list[Article], list[Failure]]:
        items = list(read_paths(paths, limits=limits or Limits()))
        return (
            [item for item in items if isinstance(item, Article)],
            [item for item in items if isinstance(item, Failure)],
        )

    return run


@pytest.fixture
def one(read: Callable[..., tuple[list[Article], list[Failure]]]) -> Callable[..., Article]:
    """Read a file that holds one article."""

    def run(path: Path | str, limits: Limits | None = None) -> Article:
        articles, failures = read(path, limits=limits)
        assert failures == []
        (article,) = articles
        return article

    return run


@pytest.fixture
def refused(read: Callable[..., tuple[list[Article], list[Failure]]]) -> Callable[..., Failure]:
    """Read a file that gives one failure, and check that it says what, where and what to do."""

    def run(path: Path | str, limits: Limits | None = None) -> Failure:
        articles, failures = read(path, limits=limits)
        assert articles == []
        (failure,) = failures
        assert failure.stage == "read"
        assert failure.message and failure.where and failure.fix
        assert all(text.isprintable() for text in (failure.message, failure.where, failure.fix))
        return failure

    return run

"""A run with every trap that a page can fall into, its report, and a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HOSTILE = (
    "海口市港航简报 </script><script>window.hacked=1</script> <!-- & \"双\" '单' 😀𠮷\n"
    "2022年，海口市🚢推进“<img src=x onerror=window.hacked=2>”码头改造，投入4.2亿元，𠮷惠及26家企业。\n"
)
CITIES = ("海口市", "烟台市", "南通市", "温州市", "中山市")


def articles() -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [
        {
            "id": f"p/{n}",
            "title": f"{CITIES[n % 5]}港口建设简报第{n}期",
            "pub_date": f"{2021 + n % 3}-03-0{n % 9 + 1}",
            "text": f"{CITIES[n % 5]}港口建设简报第{n}期\n"
            f"{2020 + n % 3}年，{CITIES[n % 5]}港口疏浚工程投入{n + 1}.5亿元，同比增长{n + 2}%，新增泊位{n + 3}个。\n"
            f"去年，全市海铁联运完成{n + 8}00万吨，约有{n + 40}家企业受益。\n",
        }
        for n in range(40)
    ]
    made.append(
        {"id": "hostile</script>", "title": HOSTILE.split("\n", 1)[0], "text": HOSTILE, "pub_date": "2023-01-01"}
    )
    filler = "这一句只为把文章写长，里面没有任何数字。" * 1000
    made.append(
        {
            "id": "long",
            "text": f"温州市简报\n{filler}\n2022年，温州市海塘安澜工程投入88.8亿元。\n",
            "pub_date": "2023-02-02",
        }
    )
    return made


@pytest.fixture(scope="session")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with one finished run."""
    from gongbao.run.runner import Options, run

    folder = tmp_path_factory.mktemp("reported")
    with (folder / "in.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(article, ensure_ascii=False) + "\n" for article in articles())
    run([folder / "in.jsonl"], folder / "outputs", Options(ner=None, workers=0))
    return folder / "outputs"


@pytest.fixture(scope="session")
def records(outputs: Path) -> list[dict[str, Any]]:
    """The run's records."""
    return [json.loads(line) for line in (outputs / "latest" / "records.jsonl").open(encoding="utf-8")]


@pytest.fixture(scope="session")
def page_file(outputs: Path) -> Path:
    """The report of the run."""
    pytest.importorskip("vl_convert", reason="vl-convert-python is not installed")
    from gongbao.export.select import Data
    from gongbao.export.sources import open_source
    from gongbao.report.page import report

    file = outputs / "report.html"
    file.write_text(report(Data([open_source(outputs / "latest")])), encoding="utf-8")
    return file


@pytest.fixture
def open_report(chromium: Any, page_file: Path) -> Iterator[Callable[..., Any]]:
    """Open the report from the disk, offline; an error of its script, a refusal of its policy or a request fails."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_(fragment: str = "", *, width: int = 1400, height: int = 900, file: Path = page_file) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height}, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(300_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("request", lambda r: wrong.append(r.url) if not r.url.startswith(file.as_uri()) else None)
        page.goto(file.as_uri() + fragment)
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not wrong, wrong

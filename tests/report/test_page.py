"""The report in a real browser, from the disk and without a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def rows(page: Any) -> list[str]:
    return list(page.eval_on_selector_all("tr.record", "rows => rows.map(row => row.dataset.id)"))


def test_every_record_leads_to_its_place_in_its_article(
    open_report: Callable[..., Any], records: list[dict[str, Any]]
) -> None:
    page = open_report()
    for record in (records[0], *[r for r in records if r["article_id"] in ("hostile</script>", "long")]):
        page.evaluate("id => { location.hash = `r=${id}` }", record["record_id"])
        page.wait_for_function(
            "raw => document.querySelector('#article-text mark.amount')?.textContent === raw", arg=record["raw"]
        )
        inside = page.evaluate(
            "() => { const box = document.getElementById('article-text').getBoundingClientRect();"
            " const mark = document.querySelector('#article-text mark.amount').getBoundingClientRect();"
            " return mark.top >= box.top && mark.bottom <= box.bottom }"
        )
        assert inside, record["raw"]


def test_nothing_of_an_article_is_run_or_changed(
    open_report: Callable[..., Any], records: list[dict[str, Any]]
) -> None:
    page = open_report(f"#r={next(r['record_id'] for r in records if r['article_id'] == 'hostile</script>')}")
    text = page.evaluate("document.getElementById('article-text').textContent")
    assert "</script><script>window.hacked=1</script> <!-- & \"双\" '单' 😀𠮷" in text
    assert "<img src=x onerror=window.hacked=2>" in text
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.querySelectorAll('main img, dialog img').length") == 0


def test_the_evidence_sentence_on_click(open_report: Callable[..., Any], records: list[dict[str, Any]]) -> None:
    page = open_report()
    page.fill("#q", "码头改造")  # once: the list is drawn anew some time after each typing, and open lines close
    page.wait_for_function("() => document.querySelectorAll('tr.record').length < 10")
    for record in [r for r in records if r["article_id"] == "hostile</script>"]:
        line = page.locator(f"tr.record[data-id='{record['record_id']}']")
        line.locator("button").press("Enter")
        shown = page.locator("tr.evidence")
        assert shown.locator("mark.amount").first.text_content() == record["raw"]
        assert record["evidence"]["amount"]["rule"] in shown.text_content()
        line.click()
        assert shown.count() == 0


def test_search_filters_and_sorting(open_report: Callable[..., Any], records: list[dict[str, Any]]) -> None:
    page = open_report()
    assert page.text_content("#count") == f"{len(records)} 条"
    assert len(rows(page)) == 100
    page.click("#more")
    assert len(rows(page)) == len(records) if len(records) < 200 else 200

    page.fill("#q", "海铁联运 温州")
    expected = [
        r["record_id"] for r in records if "海铁联运" in r["sentence"] and "温州" in str(r["place"]) + str(r["title"])
    ]
    page.wait_for_function("n => document.querySelectorAll('tr.record').length === n", arg=min(len(expected), 100))
    assert rows(page) == expected[:100]
    page.click("#clear")

    page.select_option("#f-kind", "money")
    page.select_option("#f-place", "海南省")
    money = [r for r in records if r["kind"] == "money" and str(r["place"]).startswith("海南省")]
    assert rows(page) == [r["record_id"] for r in money]
    page.click("th.c-amount button")
    assert page.get_attribute("th.c-amount", "aria-sort") == "descending"
    assert rows(page) == [r["record_id"] for r in sorted(money, key=lambda r: -r["value"])]
    page.click("th.c-amount button")
    assert rows(page) == [r["record_id"] for r in sorted(money, key=lambda r: r["value"])]
    page.fill("#q", "没有这样的记录")
    page.wait_for_selector("text=没有符合的记录")


def test_charts_lead_to_their_records(open_report: Callable[..., Any], records: list[dict[str, Any]]) -> None:
    page = open_report()
    assert page.locator("figure svg").count() == 8
    link = page.locator("#chart-place_year svg a").first
    about = link.locator("[aria-label]").first.get_attribute("aria-label")
    link.click()
    page.wait_for_function("() => location.hash.startsWith('#f=')")
    shown = rows(page)
    place, year = about.split("：")[0].split(" ")
    assert shown == [
        r["record_id"] for r in records if r["kind"] == "money" and r["place"] == place and f"{r['year']}年" == year
    ]
    page.locator("#chart-initiatives svg a").first.click()
    page.wait_for_selector("dialog[open] mark.amount")
    page.keyboard.press("Escape")
    page.wait_for_function("() => location.hash === ''")  # a dialog tells that it closed in a task of its own
    assert page.evaluate("location.hash") == ""


@pytest.mark.parametrize("chart", ["places", "years", "amounts", "initiatives"])
def test_each_mark_leads_to_the_amount_in_its_article(
    open_report: Callable[..., Any], records: list[dict[str, Any]], chart: str
) -> None:
    raw = {record["record_id"]: record["raw"] for record in records}
    page = open_report()
    links = page.eval_on_selector_all(f"#chart-{chart} svg a", "all => all.map(a => a.getAttribute('href'))")
    assert links and all(link.startswith("#r=") and link[3:] in raw for link in links)
    page.locator(f"#chart-{chart} svg a").last.click()
    page.wait_for_selector("dialog[open] mark.amount")
    assert page.text_content("#article-text mark.amount") == raw[page.evaluate("location.hash")[3:]]


def test_how_a_field_was_read_leads_to_the_records_of_which_it_was(
    open_report: Callable[..., Any], records: list[dict[str, Any]]
) -> None:
    page = open_report("#f=how:year-stated")
    stated = [r for r in records if r["year"] is not None and r["evidence"]["year"]["how"] == "stated"]
    assert page.text_content("#count") == f"年份本句写明：{len(stated)} / {len(records)} 条"
    page.click("#clear")
    assert page.text_content("#count") == f"{len(records)} 条"


CONTRAST = r"""() => {
  const light = (colour) => colour.match(/[\d.]+/g).slice(0, 3)
    .map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor; if (c !== "rgba(0, 0, 0, 0)") return c; } return "rgb(255, 255, 255)"; };
  const worst = [];
  for (const e of document.querySelectorAll("h1, h2, p, small, span, td, th, label, button, select, summary, svg text")) {
    if (!e.textContent.trim() || e.closest("#chart-place_year .role-mark") || e.closest(".none")) continue;
    const [a, b] = [light(e.closest("svg") ? getComputedStyle(e).fill : getComputedStyle(e).color), light(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) worst.push(`${e.tagName} ${e.textContent.trim().slice(0, 20)} ${ratio.toFixed(1)}`);
  }
  return worst;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_are_readable_by_day_and_by_night(open_report: Callable[..., Any], scheme: str) -> None:
    page = open_report()
    page.emulate_media(color_scheme=scheme)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 28)"
    assert dark is (scheme == "dark")
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("width", [1400, 1000, 390])
def test_nothing_is_wider_than_the_window(open_report: Callable[..., Any], width: int) -> None:
    page = open_report(width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(
        "[...document.querySelectorAll('figure svg')].every(s => s.getBoundingClientRect().width > 250)"
    )


def test_labels_are_chinese_and_readable(open_report: Callable[..., Any]) -> None:
    page = open_report()
    text = page.locator("#chart-place_year svg").text_content()
    assert "海口市" in text and "2021" in text
    sizes = page.eval_on_selector_all("figure svg text", "all => all.map(t => t.getBoundingClientRect().height)")
    assert min(size for size in sizes if size) > 9


def test_printed(open_report: Callable[..., Any], records: list[dict[str, Any]], tmp_path: Path) -> None:
    import pypdfium2

    page = open_report()
    page.pdf(path=str(tmp_path / "report.pdf"), format="A4")
    document = pypdfium2.PdfDocument(tmp_path / "report.pdf")
    text = "".join(document[n].get_textpage().get_text_range() for n in range(len(document)))
    assert "各地最大的一笔金额" in text and "各年的每一笔金额" in text and "按地点与年份汇总" in text
    assert "海塘安澜工程" in text, "all records are printed, not only the first hundred"
    assert "再显示" not in text
    assert f"共 {len(records)} 条" in text


def printed_note(page: Any) -> str:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("#printed").is_visible()
    note = page.text_content("#printed")
    page.emulate_media(media="screen")
    assert not page.locator("#printed").is_visible()
    return str(note)


def test_paper_says_which_filters_were_set(open_report: Callable[..., Any], records: list[dict[str, Any]]) -> None:
    page = open_report()
    assert printed_note(page) == f"共 {len(records)} 条"
    page.select_option("#f-kind", "money")
    money = sum(record["kind"] == "money" for record in records)
    assert printed_note(page) == f"筛选（金额）：{money} / {len(records)} 条"


def test_a_large_page_is_usable(chromium: Any, tmp_path: Path, outputs: Path, records: list[dict[str, Any]]) -> None:
    """Ten thousand records: the page opens and answers a search in a time that nobody notices."""
    from gongbao.export.select import Data
    from gongbao.export.sources import open_source
    from gongbao.report.page import render

    article = {"id": "a", "title": "大", "pub_date": None, "source": None, "text": "字" * 20_000}
    base = {**records[0], "start": 5, "end": 8, "sentence_start": 0, "sentence_end": 20, "article_id": "a"}
    base["evidence"] = {"amount": {"how": "stated", "rule": "money.yuan", "start": 5, "end": 8}}
    some = [{**base, "record_id": f"{n:016x}", "indicator": f"指标{n}"} for n in range(10_000)]
    file = tmp_path / "large.html"
    file.write_text(render([(article, some)], Data([open_source(outputs / "latest")]), 1, None), encoding="utf-8")
    page = chromium.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-ready]", timeout=300_000)
    assert "只打印前 2000 条" in printed_note(page)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    took = page.evaluate(
        "async () => { const began = performance.now(); const q = document.getElementById('q'); q.value = '指标9999';"
        " q.dispatchEvent(new Event('input')); while (document.querySelectorAll('tr.record').length !== 1)"
        " await new Promise(done => setTimeout(done, 5)); return performance.now() - began }"
    )
    page.close()
    assert took < 2000

"""The review page for everybody: two languages, a phone, keyboard alone, enough contrast, quick enough."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_the_page_speaks_both_languages_and_fits_a_phone(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    server = serve(project)
    page = open_page(server.url, language="zh", width=390, height=844)
    assert page.get_attribute("html", "lang") == "zh-Hans"
    assert "数值" in page.inner_text("#change-title")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("#queue-toggle")
    assert page.is_visible("#groups")
    page.click(".actions [data-action=accept]")
    drive.until(page, "document.getElementById('progress-text').textContent.includes('1 / 29')")
    page.click("[data-language=en]")
    drive.until(page, "document.querySelector('html[lang=en] body[data-ready]') !== null")
    assert "1 of 29 decided" in page.inner_text("#progress-text")
    drive.shoot(page, "phone")
    page.goto(f"{server.url}article?id=hostile.txt")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


CONTRAST = """() => {
    const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
        .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const [r, g, b, a = 1] = parse(getComputedStyle(e).backgroundColor);
            if (a > 0.9 && r !== undefined) return [r, g, b];
        }
        return [255, 255, 255];
    };
    const poor = [];
    for (const e of document.querySelectorAll("body *")) {
        const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        if (!own || !e.checkVisibility() || e.closest(".out, .skip, script, style, option")) continue;
        const ink = parse(getComputedStyle(e).color).slice(0, 3);
        const [a, b] = [light(ink), light(ground(e))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5) poor.push(`${e.tagName}.${e.className} ${e.textContent.slice(0, 20)} ${ratio.toFixed(2)}`);
    }
    return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough_and_every_control_has_a_name(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any, scheme: str
) -> None:
    page = open_page(serve(project).url)
    page.emulate_media(color_scheme=scheme)
    drive.press(page, "Enter", 1)
    page.keyboard.press("e")
    assert page.evaluate(CONTRAST) == []
    page.keyboard.press("Escape")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, a, main, nav, dialog")]
            .filter((e) => !e.innerText?.trim() && !e.getAttribute("aria-label") && !e.getAttribute("aria-labelledby")
                && !e.labels?.length && !e.matches("main, dialog"))
            .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    page.keyboard.press("a")
    page.wait_for_selector("#text")
    page.click("#text .r-changed")
    assert page.evaluate(CONTRAST) == []
    if scheme == "dark":
        page.go_back()
        page.wait_for_selector("body[data-ready] .change")
        drive.shoot(page, "dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough_on_a_first_pass_with_all_of_it_open(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any, scheme: str
) -> None:
    page = open_page(serve(project, "baseline", "latest").url)
    page.emulate_media(color_scheme=scheme)
    drive.press(page, "r", 1)
    page.keyboard.press("t")
    page.keyboard.press("2")
    page.click("#facets-box > summary")
    page.click(".facet summary >> nth=0")
    assert page.evaluate(CONTRAST) == []
    for button in ("#share-open", "[data-action=sure]"):
        page.click(button)
        assert page.evaluate(CONTRAST) == []
        page.keyboard.press("Escape")
    page.keyboard.press("p")
    page.keyboard.press("e")
    page.keyboard.type("南京")
    page.wait_for_selector("#edit-place-list li")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(CONTRAST) == []


def test_the_record_is_a_table_with_one_row_current_and_the_answers_are_told(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(project, "baseline", "latest").url)
    assert page.get_by_role("table").count() == 1
    assert page.locator("[role=row][aria-current=true]").count() == 1
    assert page.get_attribute(".options", "aria-live") == "polite"
    page.keyboard.press("k")
    page.keyboard.press("k")
    drive.settle(page)
    page.set_viewport_size({"width": 683, "height": 325})  # laid out anew, the table stays one
    assert page.get_by_role("table").count() == 1 and page.get_by_role("rowheader").count() >= 10
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_tab_reaches_every_action_and_enter_presses_what_has_the_focus(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(project).url)
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.action ?? document.activeElement.id"))
    assert {"reviewer", "apply", "help", "filter-text", "accept", "reject", "edit", "skip"} <= reached
    before = page.evaluate("location.hash")
    page.focus("[data-action=skip]")
    page.keyboard.press("Enter")
    drive.until(page, f"location.hash !== '{before}'")
    assert drive.progress(page)[0] == 0
    page.keyboard.press("Shift+?")
    assert page.is_visible("#help-dialog")
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    assert not page.is_visible("#help-dialog")
    assert drive.events(project) == []


@pytest.mark.slow
def test_a_queue_of_5000_opens_and_is_decided_by_keys(
    tmp_path: Path, build: Any, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    texts, old, new = {}, [], []
    for n in range(250):
        key = f"{n:03}.txt"
        texts[key] = "".join(f"第{k}项，南京市投资{k}.{n}亿元用于建设。\n" for k in range(100, 120))
        for k in range(100, 120):
            old.append(build.make_record(key, texts[key], f"{k}.{n}亿元", value=k * 10**8))
            new.append({**old[-1], "year": 2021})
    build.write_run(tmp_path / "outputs", "1", texts, old)
    build.write_run(tmp_path / "outputs", "2", texts, new)
    page = open_page(serve(tmp_path).url)
    for n in range(1, 21):
        page.keyboard.press("Enter")
        drive.settle(page)
        drive.until(page, f"document.getElementById('progress-text').textContent.startsWith('{n} of 5000')")
    drive.until(page, "document.querySelectorAll('.row').length === 5000")

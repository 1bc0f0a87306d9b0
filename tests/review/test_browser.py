"""The review page in a real browser, driven as a person would: by keyboard, from the first group to the empty queue."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
SHOTS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"


def shoot(page: Any, name: str) -> None:
    """Keep a picture for the documentation, when asked to."""
    if os.environ.get("GONGBAO_SCREENSHOTS"):
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(250)
        page.screenshot(path=str(SHOTS / f"{name}.png"))


STATE = """[location.href, document.getElementById('detail')?.getAttribute('aria-busy'), document.activeElement.outerHTML.slice(0, 80),
    document.querySelector('.change')?.dataset.key, document.getElementById('alert-text')?.textContent]"""


def until(page: Any, condition: str, arg: Any = None, seconds: float = 20) -> None:
    """Wait for a condition; asked from outside, since the page's policy forbids evaluating text inside."""
    from playwright.sync_api import Error

    end = time.monotonic() + seconds
    while True:
        try:
            if page.evaluate(condition, arg):
                return
        except Error as error:  # asked while the page was being replaced by the next one
            if "context was destroyed" not in str(error):
                raise
        assert time.monotonic() < end, f"never came true: {condition}; {page.evaluate(STATE)}"
        page.wait_for_timeout(20)


def events(project: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(project / "outputs" / "reviews.db") as db:
        return list(db.execute("SELECT action, reviewer, key, undoes FROM event ORDER BY id"))


def progress(page: Any) -> tuple[int, int]:
    done, total = page.inner_text("#progress-text").replace(" decided", "").split(" of ")
    return int(done), int(total)


def press(page: Any, key: str, done: int | None = None) -> None:
    """Press a key; with `done`, wait until so many changes are decided."""
    page.keyboard.press(key)
    if done is not None:
        until(page, f"document.getElementById('progress-text').textContent.startsWith('{done} of')")
    settle(page)


def settle(page: Any) -> None:
    """Wait until the change that the address names is the one shown, and the last key has done its work."""
    until(
        page,
        "document.getElementById('detail').getAttribute('aria-busy') === 'false' && (document.querySelector('.empty')"
        " || document.querySelector('.change')?.dataset.key === location.hash.slice(1))",
    )


def test_reviewing_by_keyboard_from_the_first_group_to_the_empty_queue(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    server = serve(project)
    page = open_page(server.url, reviewer="Li")
    assert "value ÷10000" in page.inner_text("#change-title")
    done, total = progress(page)
    assert (done, total) == (0, 29)
    shoot(page, "queue")
    press(page, "r", 1)
    press(page, "Shift+R", 3)
    assert "value ×10" in page.inner_text("#change-title")
    press(page, "Enter", 4)
    keys = 4
    while page.query_selector(".change"):
        group_left = page.inner_text("#bulk-count")
        keys += 1
        if group_left == "(1)":
            press(page, "Enter", progress(page)[0] + 1)
        else:
            press(page, "Shift+Enter", progress(page)[0] + int(group_left.strip("()")))
    assert progress(page) == (29, 29)
    assert "Everything is decided" in page.inner_text("#detail")
    assert keys < 20, "one key a group is enough"
    written = events(project)
    assert len(written) == 29
    assert {reviewer for _, reviewer, _, _ in written} == {"Li"}
    assert [action for action, *_ in written].count("reject") == 3


def test_editing_a_field_is_checked_saved_and_undone(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    page = open_page(serve(project).url)
    first = page.evaluate("location.hash")
    page.keyboard.press("e")
    assert page.evaluate("document.activeElement.name") == "value"
    page.keyboard.type("二千八百万")
    page.fill("#edit-place", "江宁")
    page.keyboard.press("Enter")
    page.wait_for_selector("#error-value:not(:empty)")
    assert "Not a number" in page.inner_text("#error-value")
    assert page.get_attribute("#edit-value", "aria-invalid") == "true"
    assert not (progress(page)[0])
    shoot(page, "edit")
    page.fill("#edit-value", "28,000,000")
    assert page.inner_text("#error-value") == ""
    press(page, "Enter", 1)
    page.goto(page.url.split("#")[0] + first)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert "Edited" in page.inner_text(".badges")
    assert page.inner_text("tr:has-text('value') .mine") == "28,000,000"
    with sqlite3.connect(project / "outputs" / "reviews.db") as db:
        edited = json.loads(db.execute("SELECT edited FROM event").fetchone()[0])
    assert edited["value"] == 28_000_000
    assert (edited["place"], edited["place_code"], edited["district"]) == ("江苏省/南京市/江宁区", "320115", "江宁区")
    assert edited["evidence"]["amount"]["rule"] == "reviewer"
    press(page, "u", 0)
    assert page.inner_text(".badges").strip() == ""


def test_a_group_is_accepted_at_once_and_undone_at_once_any_depth(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    page = open_page(serve(project).url)
    press(page, "Enter", 1)
    press(page, "Shift+Enter", 3)
    press(page, "r", 4)
    for left in (3, 1, 0):
        press(page, "u", left)
    page.keyboard.press("u")
    until(page, "document.getElementById('toast').textContent.includes('Nothing to undo')")
    assert [undoes for action, *_, undoes in events(project) if action == "undo"] == [4, 2, 3, 1]


def test_the_filter_narrows_what_is_shown_and_what_a_bulk_decision_takes(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    page = open_page(serve(project).url)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "filter-text"
    page.keyboard.type("field:year place:武汉")
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('.row').length === 2")
    press(page, "Shift+Enter", 2)
    until(page, "document.querySelectorAll('.row').length === 1")
    press(page, "Shift+Enter", 3)
    page.click("#filter-clear")
    page.check("#filter-open")
    until(page, "document.querySelectorAll('.group').length > 4")
    shown = page.evaluate(
        "[...document.querySelectorAll('.count')].map((e) => parseInt(e.textContent)).reduce((a, b) => a + b)"
    )
    assert shown == 26
    page.fill("#filter-text", "nothing holds this")
    until(page, "document.getElementById('detail').textContent.includes('No change matches')")


def test_reloading_in_the_middle_goes_on_where_it_stopped(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    server = serve(project)
    page = open_page(server.url, reviewer="Wang")
    press(page, "Enter", 1)
    press(page, "g")
    press(page, "g")
    here = page.evaluate("location.hash")
    page.wait_for_timeout(200)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("location.hash") == here
    page.goto(server.url)
    page.wait_for_selector("body[data-ready]")
    settle(page)
    assert page.evaluate("location.hash") == here
    assert progress(page)[0] == 1


def test_two_reviewers_see_each_other_and_nothing_is_overwritten_silently(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    server = serve(project)
    one, two = open_page(server.url, reviewer="Li"), open_page(server.url, reviewer="Wang")
    two.route("**/api/events*", lambda route: route.abort())  # so that two does not hear of it in time
    press(one, "Enter", 1)
    two.keyboard.press("r")
    two.wait_for_selector("#alert:not([hidden])")
    assert "Li decided on this meanwhile (Accepted)" in two.inner_text("#alert")
    assert [(action, who) for action, who, *_ in events(project)] == [("accept", "Li")]
    settle(two)
    two.keyboard.press("r")  # knowing of it, two overrules
    until(two, "document.getElementById('alert').hidden")
    until(one, "document.getElementById('toast').textContent.includes('Wang decided 1')")
    assert [(action, who) for action, who, *_ in events(project)] == [("accept", "Li"), ("reject", "Wang")]
    one.keyboard.press("k")
    settle(one)
    until(one, "document.querySelector('.badges').textContent.includes('Wang')")


def test_nothing_is_lost_when_the_program_is_killed_between_two_decisions(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    server = serve(project)
    page = open_page(server.url)
    press(page, "Enter", 1)
    press(page, "r", 2)
    server.kill()
    page.keyboard.press("Enter")
    page.wait_for_selector("#alert:not([hidden])")
    assert "Not saved" in page.inner_text("#alert")
    assert progress(page)[0] == 2, "what is not saved is not counted"
    server.start()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    settle(page)
    assert progress(page)[0] == 2
    press(page, "Enter", 3)
    assert [action for action, *_ in events(project)] == ["accept", "reject", "accept"]


def test_a_hostile_article_shows_as_text_and_breaks_nothing(
    project: Path, demo: Any, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    page = open_page(serve(project).url)
    page.fill("#filter-text", "article:hostile")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('.sentence')?.textContent.includes('</textarea>')")
    assert "“一区两园”<b>" in page.inner_text("#detail")
    page.keyboard.press("a")
    page.wait_for_selector("#text")
    text = demo.texts()["hostile.txt"]
    assert len(text) > 19_000
    assert page.evaluate("document.getElementById('text').textContent") == text
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.querySelectorAll('img, svg, #text b').length") == 0
    page.click("#text .r-changed")
    assert "330,000,000" in page.inner_text("#panel")


def test_the_article_shows_all_records_and_takes_a_missed_one(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    page = open_page(serve(project).url)
    page.fill("#filter-text", "article:繁體 field:value")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('.simple')?.textContent.includes('66.8亿元')")
    assert page.inner_text(".simple .m-amount") == "66.8亿元"
    assert page.inner_text(".sentence:not(.simple) .m-amount") == "６６．８億元"
    shoot(page, "change")
    page.click("#filter-clear")
    page.click(".group-head >> nth=0")
    settle(page)
    page.keyboard.press("a")
    page.wait_for_selector("body[data-ready] #text")
    states = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('#text .r')].map((e) => [e.textContent, e.className]))"
    )
    assert states["11.5亿元"] == "r r-same"
    assert states["2800万元"] == "r r-changed"
    assert states["10亿元"] == "r r-added"
    shoot(page, "article")
    page.focus("#text .r-added")
    page.keyboard.press("Enter")
    assert "1,000,000,000" in page.inner_text("#panel")
    page.keyboard.press("n")
    page.fill("#find", "第1期")
    until(page, "document.getElementById('which').options.length === 1")
    until(page, "document.getElementById('edit-place').value !== ''")
    page.fill("#edit-value", "1")
    page.fill("#edit-unit", "期")
    page.click("#adder button[type=submit]")
    page.wait_for_selector("#text .r-missed")
    assert page.inner_text("#text .r-missed") == "第1期"
    assert [action for action, *_ in events(project)] == ["add"]
    page.keyboard.press("u")
    until(page, "document.querySelector('#text .r') && !document.querySelector('#text .r-missed')")


def test_a_record_is_added_by_selecting_text_with_offsets_in_code_points(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{serve(project).url}article?id=hostile.txt")
    page.evaluate(
        """() => {
            const walker = document.createTreeWalker(document.getElementById("text"), NodeFilter.SHOW_TEXT);
            let node = walker.nextNode();
            while (!node.data.includes("签约金额")) node = walker.nextNode();
            const at = node.data.indexOf("签约金额");
            getSelection().setBaseAndExtent(node, at, node, at + 4);
            document.getElementById("text").dispatchEvent(new MouseEvent("mouseup", { bubbles: true }));
        }"""
    )
    page.wait_for_selector("#adder:not([hidden])")
    assert page.input_value("#find") == "签约金额"
    until(page, "document.getElementById('edit-year').value !== ''")
    page.fill("#edit-value", "4")
    page.fill("#edit-unit", "个")
    page.click("#adder button[type=submit]")
    page.wait_for_selector("#text .r-missed")
    assert page.inner_text("#text .r-missed") == "签约金额"


def test_the_button_writes_the_baseline_and_nothing_decided_comes_back(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    server = serve(project)
    page = open_page(server.url)
    press(page, "Shift+R", 3)
    press(page, "Enter", 4)
    page.click("#apply")
    page.wait_for_selector("#apply-dialog[open]")
    assert "Test cases from rejected and edited changes: 3" in page.inner_text("#apply-body")
    assert not (project / "corpus").exists(), "nothing is written before it is confirmed"
    shoot(page, "accept")
    page.keyboard.press("Enter")
    until(page, "document.getElementById('apply-body').textContent.includes('Written')")
    assert (project / "corpus/baseline/manifest.json").exists()
    server.stop()
    again = open_page(serve(project, "latest", "baseline").url)
    done, total = progress(again)
    assert total - done == 25
    assert done == 3


def test_the_page_speaks_both_languages_and_fits_a_phone(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    server = serve(project)
    page = open_page(server.url, language="zh", width=390, height=844)
    assert page.get_attribute("html", "lang") == "zh-Hans"
    assert "数值" in page.inner_text("#change-title")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("#queue-toggle")
    assert page.is_visible("#groups")
    page.click(".actions [data-action=accept]")
    until(page, "document.getElementById('progress-text').textContent.includes('1 / 29')")
    page.click("[data-language=en]")
    page.wait_for_selector("html[lang=en] body[data-ready]")
    assert "1 of 29 decided" in page.inner_text("#progress-text")
    shoot(page, "phone")
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
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], scheme: str
) -> None:
    page = open_page(serve(project).url)
    page.emulate_media(color_scheme=scheme)
    press(page, "Enter", 1)
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
        shoot(page, "dark")


def test_tab_reaches_every_action_and_enter_presses_what_has_the_focus(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
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
    until(page, f"location.hash !== '{before}'")
    assert progress(page)[0] == 0
    page.keyboard.press("Shift+?")
    assert page.is_visible("#help-dialog")
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    assert not page.is_visible("#help-dialog")
    assert events(project) == []


@pytest.mark.slow
def test_a_queue_of_5000_opens_in_a_second_and_a_key_is_answered_in_a_tenth(
    tmp_path: Path, build: Any, serve: Callable[..., Any], open_page: Callable[..., Any]
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
    opened = []
    for _ in range(3):
        page.reload()
        page.wait_for_selector("body[data-ready]")
        opened.append(page.evaluate("performance.getEntriesByName('ready')[0].startTime"))
    ready = min(opened)
    decided = []
    for n in range(1, 21):
        page.keyboard.press("Enter")
        settle(page)
        until(page, f"document.getElementById('progress-text').textContent.startsWith('{n} of 5000')")
        decided.append(page.evaluate("performance.getEntriesByType('measure').at(-1).duration"))
    middle = sorted(decided)[len(decided) // 2]
    print(
        f"ready after {ready:.0f} ms, a decision and the next change after {middle:.0f} ms (slowest {max(decided):.0f})"
    )
    until(page, "document.querySelectorAll('.row').length === 5000")
    assert ready <= 1000
    assert middle <= 100

"""The review page in a real browser, driven as a person would: by keyboard, from the first group to the empty queue."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gongbao.review.strings import LANGUAGES, say

pytestmark = pytest.mark.browser


def test_reviewing_by_keyboard_from_the_first_group_to_the_empty_queue(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    server = serve(project)
    page = open_page(server.url, reviewer="Li")
    assert "value ÷10000" in page.inner_text("#change-title")
    done, total = drive.progress(page)
    assert (done, total) == (0, 29)
    drive.shoot(page, "queue")
    drive.press(page, "r", 1)
    drive.press(page, "Shift+R", 3)
    assert "value ×10" in page.inner_text("#change-title")
    drive.press(page, "Enter", 4)
    keys = 4
    while page.query_selector(".change"):
        group_left = page.inner_text("#bulk-count")
        keys += 1
        if group_left == "(1)":
            drive.press(page, "Enter", drive.progress(page)[0] + 1)
        else:
            drive.press(page, "Shift+Enter", drive.progress(page)[0] + int(group_left.strip("()")))
    assert drive.progress(page) == (29, 29)
    assert "Everything is decided" in page.inner_text("#detail")
    assert keys < 20, "one key a group is enough"
    written = drive.events(project)
    assert len(written) == 29
    assert {reviewer for _, reviewer, _, _ in written} == {"Li"}
    assert [action for action, *_ in written].count("reject") == 3


def test_editing_a_field_is_checked_saved_and_undone(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
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
    assert not (drive.progress(page)[0])
    drive.shoot(page, "edit")
    page.fill("#edit-value", "28,000,000")
    assert page.inner_text("#error-value") == ""
    drive.press(page, "Enter", 1)
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
    drive.press(page, "u", 0)
    assert page.inner_text(".badges").strip() == ""


def test_a_group_is_accepted_at_once_and_undone_at_once_any_depth(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(project).url)
    drive.press(page, "Enter", 1)
    drive.press(page, "Shift+Enter", 3)
    drive.press(page, "r", 4)
    for left in (3, 1, 0):
        drive.press(page, "u", left)
    page.keyboard.press("u")
    drive.until(page, "document.getElementById('toast').textContent.includes('Nothing to undo')")
    assert [undoes for action, *_, undoes in drive.events(project) if action == "undo"] == [4, 2, 3, 1]


def test_the_filter_narrows_what_is_shown_and_what_a_bulk_decision_takes(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(project).url)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "filter-text"
    held: list[Any] = []
    released = False
    page.route("**/change/*", lambda route: route.continue_() if released else held.append(route))
    # 武汉 comes as from an input method, which waits for no work of the page.
    page.keyboard.type("field:year place:武汉")
    page.keyboard.press("Enter")
    assert page.input_value("#filter-text") == "field:year place:武汉"
    released = True
    for route in held:
        route.continue_()
    drive.until(page, "document.querySelectorAll('.row').length === 2")
    drive.press(page, "Shift+Enter", 2)
    drive.until(page, "document.querySelectorAll('.row').length === 1")
    drive.press(page, "Shift+Enter", 3)
    page.click("#filter-clear")
    page.check("#filter-open")
    drive.until(page, "document.querySelectorAll('.group').length > 4")
    shown = page.evaluate(
        "[...document.querySelectorAll('.count')].map((e) => parseInt(e.textContent)).reduce((a, b) => a + b)"
    )
    assert shown == 26
    page.fill("#filter-text", "nothing holds this")
    drive.until(page, "document.getElementById('detail').textContent.includes('No change matches')")


def test_the_filter_takes_the_names_that_the_facets_bear(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    page = open_page(serve(project).url)
    names = page.evaluate("async () => Object.keys((await import('/static/filter.js')).FACETS)")
    labels = [say(f"f_{name}", language) for name in names for language in LANGUAGES]
    refused = page.evaluate(
        "async (labels) => (await import('/static/filter.js')).unknown(labels.map((label) => `${label}:1`).join(' '))",
        [*labels, "nobody"],
    )
    assert len(labels) == 28 and refused == ["nobody"]


def test_reloading_in_the_middle_goes_on_where_it_stopped(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    server = serve(project)
    page = open_page(server.url, reviewer="Wang")
    drive.press(page, "Enter", 1)
    drive.press(page, "g")
    drive.press(page, "g")
    here = page.evaluate("location.hash")
    page.wait_for_timeout(200)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("location.hash") == here
    page.goto(server.url)
    page.wait_for_selector("body[data-ready]")
    drive.settle(page)
    assert page.evaluate("location.hash") == here
    assert drive.progress(page)[0] == 1


def test_two_reviewers_see_each_other_and_nothing_is_overwritten_silently(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    server = serve(project)
    one, two = open_page(server.url, reviewer="Li"), open_page(server.url, reviewer="Wang")
    two.route("**/api/events*", lambda route: route.abort())  # so that two does not hear of it in time
    two.reload()  # nor by what it had asked for before
    two.wait_for_selector("body[data-ready]")
    drive.settle(two)
    drive.press(one, "Enter", 1)
    two.keyboard.press("r")
    two.wait_for_selector("#alert:not([hidden])")
    assert "Li decided on this meanwhile (Accepted)" in two.inner_text("#alert")
    assert [(action, who) for action, who, *_ in drive.events(project)] == [("accept", "Li")]
    drive.settle(two)
    two.keyboard.press("r")  # knowing of it, two overrules
    drive.until(two, "document.getElementById('alert').hidden")
    drive.until(one, "document.getElementById('toast').textContent.includes('Wang decided 1')")
    assert [(action, who) for action, who, *_ in drive.events(project)] == [("accept", "Li"), ("reject", "Wang")]
    one.keyboard.press("k")
    drive.settle(one)
    drive.until(one, "document.querySelector('.badges').textContent.includes('Wang')")


def test_nothing_is_lost_when_the_program_is_killed_between_two_decisions(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    server = serve(project)
    page = open_page(server.url)
    drive.press(page, "Enter", 1)
    drive.press(page, "r", 2)
    server.kill()
    page.keyboard.press("Enter")
    page.wait_for_selector("#alert:not([hidden])")
    assert "Not saved" in page.inner_text("#alert")
    assert drive.progress(page)[0] == 2, "what is not saved is not counted"
    server.start()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    drive.settle(page)
    assert drive.progress(page)[0] == 2
    drive.press(page, "Enter", 3)
    assert [action for action, *_ in drive.events(project)] == ["accept", "reject", "accept"]


def test_a_hostile_article_shows_as_text_and_breaks_nothing(
    project: Path, demo: Any, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(project).url)
    page.fill("#filter-text", "article:hostile")
    page.keyboard.press("Enter")
    drive.until(page, "document.querySelector('.sentence')?.textContent.includes('</textarea>')")
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
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(project).url)
    page.fill("#filter-text", "article:繁體 field:value")
    page.keyboard.press("Enter")
    drive.until(page, "document.querySelector('.simple')?.textContent.includes('66.8亿元')")
    assert page.inner_text(".simple .m-amount") == "66.8亿元"
    assert page.inner_text(".sentence:not(.simple) .m-amount") == "６６．８億元"
    drive.shoot(page, "change")
    page.click("#filter-clear")
    page.click(".group-head >> nth=0")
    drive.settle(page)
    page.keyboard.press("a")
    page.wait_for_selector("body[data-ready] #text")
    states = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('#text .r')].map((e) => [e.textContent, e.className]))"
    )
    assert states["11.5亿元"] == "r r-same"
    assert states["2800万元"] == "r r-changed"
    assert states["10亿元"] == "r r-added"
    drive.shoot(page, "article")
    page.focus("#text .r-added")
    page.keyboard.press("Enter")
    drive.until(page, "document.getElementById('panel').textContent.includes('1,000,000,000')")
    page.keyboard.press("n")
    page.fill("#find", "第1期")
    drive.until(page, "document.getElementById('which').options.length === 1")
    drive.until(page, "document.getElementById('edit-place').value !== ''")
    page.fill("#edit-value", "1")
    page.fill("#edit-unit", "期")
    page.click("#adder button[type=submit]")
    page.wait_for_selector("#text .r-missed")
    assert page.inner_text("#text .r-missed") == "第1期"
    assert [action for action, *_ in drive.events(project)] == ["add"]
    page.keyboard.press("u")
    drive.until(page, "document.querySelector('#text .r') && !document.querySelector('#text .r-missed')")


def test_a_record_is_added_by_selecting_text_with_offsets_in_code_points(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
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
    drive.until(page, "document.getElementById('edit-year').value !== ''")
    page.fill("#edit-value", "4")
    page.fill("#edit-unit", "个")
    page.click("#adder button[type=submit]")
    page.wait_for_selector("#text .r-missed")
    assert page.inner_text("#text .r-missed") == "签约金额"


def test_the_button_writes_the_baseline_and_nothing_decided_comes_back(
    project: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    server = serve(project)
    page = open_page(server.url)
    drive.press(page, "Shift+R", 3)
    drive.press(page, "Enter", 4)
    page.click("#apply")
    page.wait_for_selector("#apply-dialog[open]")
    assert "Test cases from rejected and edited changes: 3" in page.inner_text("#apply-body")
    assert not (project / "corpus").exists(), "nothing is written before it is confirmed"
    drive.shoot(page, "accept")
    page.keyboard.press("Enter")
    drive.until(page, "document.getElementById('apply-body').textContent.includes('Written')")
    assert (project / "corpus/baseline/manifest.json").exists()
    page.click("#publish")
    drive.until(page, "document.querySelector('#apply-body a') !== null")
    assert (project / "outputs/exports/baseline.xlsx").exists()
    server.stop()
    again = open_page(serve(project, "latest", "baseline").url)
    done, total = drive.progress(again)
    assert total - done == 25
    assert done == 3

"""Keys in a real browser: none is lost however fast they come, and each falls on the record that is shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
NUMBER = 24
HOLDS = "text => document.querySelector('#edit-place').value === text"


@pytest.fixture
def articles(tmp_path: Path, build: Any) -> Path:
    """A first run: one record a sentence, each with runners-up, the first the most doubtful."""
    text = "青岛市简报\n" + "".join(f"2020年，项目投资{n}亿元，设备{n}台。\n" for n in range(10, 10 + NUMBER))
    rows = [
        build.make_record(
            "a.txt",
            text,
            f"{n}亿元",
            value=n * 10**8,
            indicator=f"{n}号项目投资",
            confidence=n / 100,
            field_confidence={"place": 0.9, "year": 0.9, "initiative": 0.4, "indicator": 0.9, "status": 0.9},
            alternatives={
                "initiative": [{"value": "甲计划", "confidence": 0.3}, {"value": "乙基金", "confidence": 0.2}],
                "place": [{"value": "山东省/青岛市", "confidence": 0.2}],
            },
        )
        for n in range(10, 10 + NUMBER)
    ]
    build.write_run(tmp_path / "outputs", "1", {"a.txt": text}, rows)
    return tmp_path


@pytest.fixture
def slow(open_page: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """A page whose every decision takes its time, as on a machine that has other work."""

    def open_(url: str, **more: Any) -> Any:
        page = open_page(url, **more)

        def later(route: Any) -> None:
            page.wait_for_timeout(120)
            route.continue_()

        page.route("**/api/decide", later)
        return page

    yield open_


def decided(project: Path) -> list[tuple[str, str, Any]]:
    with sqlite3.connect(project / "outputs" / "reviews.db") as db:
        rows = db.execute(
            "SELECT action, json_extract(new, '$.raw'), json_extract(edited, '$.initiative') FROM event ORDER BY id"
        )
        return list(rows)


GAPS = [0, 30, 50]


@pytest.mark.parametrize("gap", GAPS)
def test_every_key_is_kept_in_order_however_fast(
    articles: Path, serve: Callable[..., Any], slow: Callable[..., Any], drive: Any, gap: int
) -> None:
    page = slow(serve(articles, "baseline", "latest").url)
    keys = ["r", "Enter", "2", "Enter", "Enter", "r", "1", "Enter", "s", "n", "Enter", "Enter"]
    for key in keys:
        page.keyboard.press(key)
        if gap:
            page.wait_for_timeout(gap)
    drive.until(page, "document.getElementById('progress-text').textContent.startsWith('8 of')")
    drive.settle(page)
    assert decided(articles) == [
        ("reject", "10亿元", None),
        ("accept", "11亿元", None),
        ("edit", "12亿元", "乙基金"),
        ("accept", "13亿元", None),
        ("reject", "14亿元", None),
        ("edit", "15亿元", "甲计划"),
        ("edit", "17亿元", None),
        ("accept", "18亿元", None),
    ]


def test_what_is_typed_after_e_goes_into_the_form(
    articles: Path, serve: Callable[..., Any], slow: Callable[..., Any], drive: Any
) -> None:
    page = slow(serve(articles, "baseline", "latest").url)
    for key in ["Enter", "e", *"abc", "Enter", "Enter"]:
        page.keyboard.press(key)
    drive.until(page, "document.getElementById('progress-text').textContent.startsWith('3 of')")
    actions = decided(articles)
    assert [(action, raw) for action, raw, _ in actions] == [
        ("accept", "10亿元"),
        ("edit", "11亿元"),
        ("accept", "12亿元"),
    ]
    assert actions[1][2] == "abc"


def test_after_a_failure_what_was_typed_ahead_decides_nothing(
    articles: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    server = serve(articles, "baseline", "latest")
    page = open_page(server.url)
    asked: list[Any] = []
    page.route("**/api/decide", lambda route: asked.append(route))
    for key in ["r", "Enter", "Enter"]:
        page.keyboard.press(key)
    while not asked:
        page.wait_for_timeout(10)
    asked.pop().abort()
    page.wait_for_selector("#alert:not([hidden])")
    drive.settle(page)
    page.unroute("**/api/decide")
    assert decided(articles) == []
    drive.press(page, "Enter", 1)
    assert decided(articles) == [("accept", "10亿元", None)]


def test_a_record_that_cannot_be_shown_takes_no_key(
    articles: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(articles, "baseline", "latest").url)
    page.route("**/change/*", lambda route: route.abort())
    for _ in range(6):  # beyond what was fetched ahead
        page.keyboard.press("Enter")
    page.wait_for_selector("#alert:not([hidden])")
    drive.until(page, "document.getElementById('detail').getAttribute('aria-busy') === 'false'")
    seen = len(decided(articles))
    page.keyboard.press("Enter")
    page.keyboard.press("r")
    drive.until(page, "document.getElementById('detail').getAttribute('aria-busy') === 'false'")
    assert len(decided(articles)) == seen < 6


def test_digits_arrows_none_and_escape_work_on_the_field_in_focus(
    articles: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(articles, "baseline", "latest").url)
    shown = "tr[data-field={}] [data-shown]"
    assert page.get_attribute("tr.focus", "data-field") == "initiative"
    page.keyboard.press("1")
    assert page.inner_text(shown.format("initiative")) == "甲计划"
    page.keyboard.press("1")
    assert page.inner_text(shown.format("initiative")) == "质押融资", "a second press gives back what was read"
    page.keyboard.press("2")
    page.keyboard.press("p")
    page.keyboard.press("1")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.inner_text(shown.format("year")) == "2018"
    page.keyboard.press("j")
    drive.settle(page)
    page.keyboard.press("k")
    drive.settle(page)
    assert page.inner_text(shown.format("initiative")) == "乙基金", "what was changed is still there"
    page.keyboard.press("Escape")
    assert page.inner_text(shown.format("place")) == "江苏省/南京市"
    page.keyboard.press("e")
    page.keyboard.type("不要的")
    page.keyboard.press("Escape")
    assert page.inner_text(shown.format("place")) == "江苏省/南京市", "what was typed goes with the form"
    page.keyboard.press("t")
    page.keyboard.press("3")
    assert page.inner_text(shown.format("status")) == "planned"
    drive.press(page, "Enter", 1)
    with sqlite3.connect(articles / "outputs" / "reviews.db") as db:
        assert db.execute(
            "SELECT json_extract(edited, '$.status'), json_extract(edited, '$.year') FROM event"
        ).fetchall() == [("planned", 2020)]


def hold_completions(page: Any, typed: str) -> list[Any]:
    """Type into the place until its list is shown; the requests for other lists wait in what is returned."""
    page.keyboard.press("p")
    page.keyboard.press("e")
    page.keyboard.type(typed)
    page.wait_for_selector("#edit-place-list li")
    held: list[Any] = []
    page.route("**/api/complete*", lambda route: held.append(route))
    return held


def test_a_place_is_found_by_a_piece_of_its_name(
    articles: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(articles, "baseline", "latest").url)
    page.keyboard.press("p")
    page.keyboard.press("e")
    page.keyboard.type("崂山")
    page.wait_for_selector("#edit-place-list li")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function(HOLDS, arg="山东省/青岛市/崂山区")
    drive.press(page, "Enter", 1)
    with sqlite3.connect(articles / "outputs" / "reviews.db") as db:
        (code,) = db.execute("SELECT json_extract(edited, '$.place_code') FROM event").fetchone()
    assert code == "370212"


def test_keys_pressed_before_the_list_has_come_choose_from_it_and_not_from_the_one_before(
    articles: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    page = open_page(serve(articles, "baseline", "latest").url)
    held = hold_completions(page, "青岛")
    page.fill("#edit-place", "崂山")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value("#edit-place") == "崂山"
    for route in held:
        route.continue_()
    page.wait_for_function(HOLDS, arg="山东省/青岛市/崂山区")


@pytest.mark.parametrize("last", ["海", "Escape"])
def test_typing_on_or_escape_takes_back_the_keys_that_waited(
    articles: Path, serve: Callable[..., Any], open_page: Callable[..., Any], last: str
) -> None:
    page = open_page(serve(articles, "baseline", "latest").url)
    held = hold_completions(page, "青")
    page.keyboard.type("岛")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    (page.keyboard.type if len(last) == 1 else page.keyboard.press)(last)
    for route in held:
        with page.expect_event("requestfinished"):
            route.continue_()
    page.wait_for_timeout(50)
    assert page.input_value("#edit-place") == "青岛" + (last if len(last) == 1 else "")


def test_the_words_of_the_amount_are_corrected_by_selecting_them(
    articles: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(articles, "baseline", "latest").url)
    page.evaluate(
        """() => {
            const pane = document.querySelector(".sentence[data-text]");
            const node = [...pane.querySelectorAll("[data-start]")].find((e) => e.textContent.includes("10台")).firstChild;
            const at = node.data.indexOf("10台");
            getSelection().setBaseAndExtent(node, at, node, at + 3);
            pane.dispatchEvent(new MouseEvent("mouseup", { bubbles: true }));
        }"""
    )
    drive.until(page, "document.querySelector('tr[data-field=unit].set') !== null")
    assert page.inner_text("tr[data-field=unit] [data-shown]") == "台"
    drive.press(page, "Enter", 1)
    with sqlite3.connect(articles / "outputs" / "reviews.db") as db:
        edited = db.execute(
            "SELECT json_extract(edited, '$.raw'), json_extract(edited, '$.value') FROM event"
        ).fetchone()
    assert edited == ("10台", 10)


def test_the_sure_ones_are_accepted_after_saying_how_many_will_be_wrong(
    articles: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(articles, "baseline", "latest").url)
    drive.press(page, "r", 1)
    page.keyboard.press("c")
    page.fill("#sure-above", "0.3")
    said = page.inner_text("#sure-text")
    assert "4 records" in said and "2.7 of them" in said and "68.5 %" in said
    assert decided(articles) == [("reject", "10亿元", None)], "nothing is accepted before it is asked for"
    page.keyboard.press("Enter")
    drive.until(page, "document.getElementById('progress-text').textContent.startsWith('5 of')")
    assert [raw for action, raw, _ in decided(articles) if action == "accept"] == [
        "30亿元",
        "31亿元",
        "32亿元",
        "33亿元",
    ]
    drive.settle(page)
    drive.press(page, "u", 1)


def test_the_article_takes_decisions_too(
    articles: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(articles, "baseline", "latest").url)
    page.keyboard.press("a")
    page.wait_for_selector("#decision .change")
    for key, verdict in (("2", None), ("Enter", "edit"), ("r", "reject"), ("Enter", "accept")):
        page.keyboard.press(key)
        if verdict:
            page.wait_for_selector(f"#text .v-{verdict}")
    assert [(action, raw) for action, raw, _ in decided(articles)] == [
        ("edit", "10亿元"),
        ("reject", "11亿元"),
        ("accept", "12亿元"),
    ]
    page.keyboard.press("Escape")
    page.wait_for_selector("body[data-ready] .change")
    assert drive.progress(page) == (3, NUMBER)


def test_facets_count_combine_and_are_kept(
    articles: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(articles, "baseline", "latest").url, reviewer="Li")
    drive.press(page, "Enter", 1)
    page.click("#facets-box > summary")
    page.click(".facet:has-text('decision') summary")
    page.check("[data-of='is:accept']")
    drive.until(page, "document.getElementById('filter-found').textContent === '1 of 24'")
    page.click("#filter-save")
    drive.until(page, "document.getElementById('filter-saved').options.length === 2")
    assert page.inner_text("#filter-save") == "Forget"
    page.click("#filter-clear")
    drive.until(page, "document.getElementById('filter-found').textContent === '24 of 24'")
    page.fill("#filter-text", "可信度>=0.32 and 指标~投资")
    drive.until(page, "document.getElementById('filter-found').textContent === '2 of 24'")
    page.fill("#filter-text", "可信>=0.32")
    drive.until(page, "document.getElementById('filter-problem').textContent.includes('no column')")
    page.fill("#filter-text", "nonsense:1")
    drive.until(page, "document.getElementById('filter-problem').textContent.includes('No such filter: nonsense')")
    page.fill("#filter-text", "地点:南京 年份:2020 kind:money")
    drive.until(page, "document.getElementById('filter-found').textContent === '24 of 24'")


def test_what_was_typed_as_a_choice_is_saved_by_enter(
    articles: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(articles, "baseline", "latest").url)
    page.keyboard.press("t")
    page.keyboard.press("e")
    assert page.evaluate("document.activeElement.name") == "status"
    page.keyboard.press("ArrowDown")
    drive.press(page, "Enter", 1)
    assert [action for action, *_ in decided(articles)] == ["edit"]


def test_a_group_that_was_rejected_looks_rejected(
    articles: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    page = open_page(serve(articles, "baseline", "latest").url)
    drive.press(page, "Shift+R", NUMBER)
    assert page.inner_text(".group.refused .count") == f"✗ {NUMBER}"


VISIBLE = """() => {
    const inside = (e) => { const b = e.getBoundingClientRect(); return b.height > 0 && b.top >= 0 && b.bottom <= innerHeight + 1; };
    const wanted = [...document.querySelectorAll(".sentence[data-text], tr[data-field], .actions [data-action=accept], .options")];
    return wanted.filter((e) => !inside(e)).map((e) => e.className + (e.dataset.field ?? ""));
}"""


@pytest.mark.parametrize("old", ["baseline", "previous"])
@pytest.mark.parametrize(("width", "height"), [(1366, 650), (683, 325)], ids=["a laptop", "at 200 %"])
def test_sentence_record_and_keys_are_in_view_without_scrolling(
    project: Path,
    serve: Callable[..., Any],
    open_page: Callable[..., Any],
    drive: Any,
    width: int,
    height: int,
    old: str,
) -> None:
    page = open_page(serve(project, old, "latest").url, width=width, height=height)
    drive.press(page, "Enter", 1)
    assert page.evaluate(VISIBLE) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    notice, table = (page.locator(css).bounding_box() for css in ("#toast", ".record"))
    assert notice["y"] + notice["height"] <= table["y"]


def test_each_reviewer_sees_who_has_what(
    articles: Path, serve: Callable[..., Any], open_page: Callable[..., Any], drive: Any
) -> None:
    server = serve(articles, "baseline", "latest")
    one, two = open_page(server.url, reviewer="Li"), open_page(server.url, reviewer="Wang")
    one.click("#share-open")
    one.fill("#share-names", "Wang Zhao")
    one.keyboard.press("Enter")
    drive.until(one, "document.getElementById('share-body').textContent.includes('Wang: 24 of 24 open')")
    drive.until(two, "document.querySelector('.row .where').textContent.includes('@Wang')")
    two.fill("#filter-text", "owner:wang")
    drive.until(two, "document.getElementById('filter-found').textContent === '24 of 24'")
    two.fill("#filter-text", "负责人:zhao")
    drive.until(two, "document.getElementById('filter-found').textContent === '0 of 24'")

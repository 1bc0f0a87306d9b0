"""The first pass over records that nobody has seen: the order, what is offered, what is shared out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from gongbao.diff.sources import Places
from gongbao.review.app import create_app
from gongbao.review.completion import names
from gongbao.review.doubt import band_of
from gongbao.review.opening import open_review
from gongbao.review.options import options_of
from gongbao.review.session import Session
from starlette.testclient import TestClient

TOKEN = {"x-gongbao-token": "secret"}
TEXT = (
    "青岛市海洋经济简报\n"
    "2020年，青岛市海洋生产总值3581亿元，涉海企业2300家，新增岗位41个。\n"
    "崂山区落地项目12个，签约金额8.6亿元，办理登记77笔。\n"
)
SURE = {"place": 0.95, "year": 0.95, "initiative": 0.95, "indicator": 0.95, "status": 0.95}
RECORDS: list[tuple[str, float, dict[str, Any]]] = [
    ("3581亿元", 0.95, {}),
    ("2300家", 0.85, {"indicator": "企业"}),
    ("41个", 0.3, {"indicator": "岗位", "field_confidence": {**SURE, "year": 0.4}}),
    ("12个", 0.75, {"indicator": "项目", "place": "山东省/青岛市/崂山区"}),
    ("8.6亿元", 0.95, {"flags": ["place_guessed"], "indicator": "签约金额"}),
    ("77笔", 0.65, {"indicator": "登记"}),
]


def record(
    build: Any, amount: str, confidence: float, fields: dict[str, Any], article: str = "a.txt"
) -> dict[str, Any]:
    base = {"place": "山东省/青岛市", "indicator": "海洋生产总值", "field_confidence": SURE}
    return dict(build.make_record(article, TEXT, amount, confidence=confidence, **{**base, **fields}))


@pytest.fixture
def places(build: ModuleType, tmp_path: Path) -> Places:
    rows = [record(build, *item) for item in RECORDS]
    again = [record(build, "3581亿元", 0.95, {"value": 35.81, "indicator": "海洋产值"}, "b.txt")]
    rows[0]["value"], again[0]["indicator"] = 358_100_000_000, "海洋生产总值"
    build.write_run(tmp_path / "outputs", "1", {"a.txt": TEXT, "b.txt": TEXT}, [*rows, *again])
    return Places(tmp_path / "outputs", tmp_path / "baseline", tmp_path / "gold", tmp_path / "cases")


@pytest.fixture
def session(places: Places) -> Iterator[Session]:
    opened = open_review("baseline", "latest", places, reviewer="Li")
    yield opened
    opened.store.close()


@pytest.fixture
def client(session: Session) -> TestClient:
    app = create_app(session, "secret")
    return TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)


def test_the_most_doubtful_come_first_then_the_flagged_then_the_contradicted(client: TestClient) -> None:
    queue = client.get("/api/queue", headers={"cookie": "language=en"}).json()
    titles = [group["title"] for group in queue["groups"]]
    assert [(titles[row["group"]], row["raw"], row["article"]) for row in queue["changes"]] == [
        ("Confidence 0.00–0.49", "41个", "a.txt"),
        ("Confidence 0.50–0.69", "77笔", "a.txt"),
        ("Confidence 0.70–0.79", "12个", "a.txt"),
        ("Flagged", "8.6亿元", "a.txt"),
        ("Contradicted", "3581亿元", "a.txt"),
        ("Contradicted", "3581亿元", "b.txt"),
        ("Confidence 0.80–0.89", "2300家", "a.txt"),
    ]


def test_what_was_accepted_is_not_asked_again_and_what_was_left_open_is(places: Places, client: TestClient) -> None:
    keys = [row["key"] for row in client.get("/api/queue").json()["changes"]]
    for some, verdict in ((keys[:2], "accept"), (keys[2:3], "reject")):
        body = {"keys": some, "verdict": verdict, "expected": {}}
        assert client.post("/api/decide", json=body, headers=TOKEN).json()["written"] == len(some)
    client.post("/api/decide", json={"keys": keys[3:4], "verdict": "edit", "form": {"year": "2019"}}, headers=TOKEN)
    assert client.post("/api/apply", json={"dry_run": False}, headers=TOKEN).json()["records"] == 3
    again = open_review("baseline", "latest", places, reviewer="Li")
    fresh = TestClient(create_app(again, "secret"), base_url="http://127.0.0.1:8000")
    queue = fresh.get("/api/queue").json()
    decided = {key for key, verdict, *_ in queue["statuses"] if verdict}
    assert [row["raw"] for row in queue["changes"] if row["key"] not in decided] == ["3581亿元", "3581亿元", "2300家"]
    again.store.close()


def test_a_new_record_shows_itself_alone_with_its_doubts(client: TestClient) -> None:
    first, *_, contradicted, _ = client.get("/api/queue").json()["changes"]
    page = client.get(f"/change/{first['key']}", headers={"cookie": "language=en"}).text
    assert "No record" not in page and "Before" not in page
    assert 'data-field="year"' in page.split("data-first")[0].rsplit("<tr", 1)[1], "the most doubtful field is in focus"
    page = client.get(f"/change/{contradicted['key']}", headers={"cookie": "language=en"}).text
    assert "Contradicted by" in page and 'href="/article?id=a.txt"' in page


def test_runners_up_come_first_then_what_the_records_around_have(build: Any) -> None:
    near = [record(build, "2300家", 0.9, {"initiative": name}) for name in ("甲计划", "乙基金", "丙工程", "丁园区")]
    ranked = {"initiative": [{"value": "丙工程", "confidence": 0.4}, {"value": None, "confidence": 0.2}]}
    row = record(build, "41个", 0.5, {"initiative": "甲计划", "alternatives": ranked})
    offered = [(option.value, option.confidence) for option in options_of(row, "initiative", near)]
    assert offered == [("丙工程", 0.4), ("乙基金", None), ("丁园区", None)]
    assert [o.value for o in options_of(row, "status", near)] == ["previous", "change", "planned", "rule"]
    assert options_of(row, "value", near) == []


def test_names_are_completed_from_the_article_then_from_accepted_records(build: Any) -> None:
    here = [
        record(build, "41个", 0.5, {"initiative": "海洋基金"}),
        record(build, "77笔", 0.5, {"initiative": "蓝湾计划"}),
    ]
    accepted = Counter({"海洋牧场": 3, "东方海洋计划": 5, "海洋基金": 1})
    assert names("initiative", "海洋", here, accepted) == ["海洋基金", "海洋牧场", "东方海洋计划"]
    assert names("initiative", "没有的", here, accepted) == []


PLACES = [
    ("崂山", ["山东省/青岛市/崂山区"]),
    ("江苏 鼓楼", ["江苏省/南京市/鼓楼区", "江苏省/徐州市/鼓楼区"]),
    ("宣武", []),
    ("不是地名", []),
]


@pytest.mark.parametrize(("typed", "paths"), PLACES, ids=[case[0] for case in PLACES])
def test_places_are_searched_in_the_gazetteer_of_today(client: TestClient, typed: str, paths: list[str]) -> None:
    found = client.get("/api/complete", params={"article": "a.txt", "field": "place", "typed": typed}).json()
    assert found[: len(paths)] == paths and (paths or not found)


def test_the_places_of_the_article_come_first(client: TestClient) -> None:
    found = client.get("/api/complete", params={"article": "a.txt", "field": "place", "typed": ""}).json()
    assert found == ["山东省/青岛市", "山东省/青岛市/崂山区"]


WHERE = [
    ("confidence<0.7", ["41个", "77笔"], None),
    ("可信度<0.7 and 指标=登记", ["77笔"], None),
    ("地点^=山东省/青岛市/崂山区", ["12个"], None),
    ("可信=0.7", None, "no column"),
    ("kind=", None, "expected a value"),
]


@pytest.mark.parametrize(("text", "raws", "problem"), WHERE, ids=[case[0] for case in WHERE])
def test_the_filter_of_exports_is_understood(
    client: TestClient, text: str, raws: list[str] | None, problem: str | None
) -> None:
    answer = client.get("/api/where", params={"text": text}).json()
    if problem is not None:
        assert problem in answer["problem"] and answer["fix"]
        return
    shown = {row["key"]: row["raw"] for row in client.get("/api/queue").json()["changes"]}
    assert sorted(shown[key] for key in answer["keys"]) == sorted(raws or [])


def test_the_queue_is_shared_out_evenly_and_everybody_sees_it(client: TestClient) -> None:
    shares = client.post("/api/share", json={"by": "article", "names": ["Li", " Wang "]}, headers=TOKEN).json()[
        "shares"
    ]
    assert shares == [["article", "a.txt", "Li"], ["article", "b.txt", "Wang"]]
    assert client.get("/api/events").json()["shares"] == client.get("/api/queue").json()["shares"] == shares
    assert client.post("/api/share", json={"by": "place", "names": []}, headers=TOKEN).json()["shares"] == []


def test_filters_are_kept_for_each_reviewer(client: TestClient) -> None:
    kept = {"text": "地点:青岛", "facets": {"kind": ["money"]}, "open": True}
    body = {"reviewer": "Li", "name": "mine", "filter": kept}
    assert client.post("/api/filter", json=body, headers=TOKEN).json()["filters"] == [["mine", kept]]
    assert client.get("/api/queue", params={"reviewer": "Li"}).json()["filters"] == [["mine", kept]]
    assert client.get("/api/queue", params={"reviewer": "Wang"}).json()["filters"] == []
    assert client.post("/api/filter", json={**body, "filter": {}}, headers=TOKEN).json()["filters"] == []


def test_a_database_of_before_gets_what_it_lacks(places: Places, session: Session) -> None:
    import sqlite3

    session.store.close()
    with sqlite3.connect(places.reviews) as db:
        db.executescript("DROP TABLE share; DROP TABLE filter;")
    again = open_review("baseline", "latest", places)
    assert again.store.shares() == [] and again.store.filters("Li") == []
    again.store.close()


def test_what_an_accepted_record_was_edited_from_is_past(places: Places, session: Session, client: TestClient) -> None:
    """It differs from the accepted one in every later run, and would fill the queue month by month."""
    key = client.get("/api/queue").json()["changes"][0]["key"]
    client.post("/api/decide", json={"keys": [key], "verdict": "edit", "form": {"year": "2019"}}, headers=TOKEN)
    client.post("/api/apply", json={"dry_run": False}, headers=TOKEN)
    queue = client.get("/api/queue").json()
    assert len(queue["changes"]) == len(session.comparison.changes) - 1 == len(RECORDS)
    assert "41个" not in [row["raw"] for row in queue["changes"]]


def test_an_accepted_record_contradicts_a_new_one(places: Places, session: Session, client: TestClient) -> None:
    rows = client.get("/api/queue").json()["changes"]
    one, other = [row for row in rows if row["raw"] == "3581亿元"]
    assert one["contradicted"] and other["contradicted"]
    client.post("/api/decide", json={"keys": [one["key"]], "verdict": "accept"}, headers=TOKEN)
    client.post("/api/apply", json={"dry_run": False}, headers=TOKEN)
    (left,) = [row for row in client.get("/api/queue").json()["changes"] if row["raw"] == "3581亿元"]
    assert left["key"] == other["key"] and left["contradicted"]
    page = client.get(f"/change/{left['key']}", headers={"cookie": "language=en"}).text
    assert "Contradicted by" in page and 'href="/article?id=a.txt"' in page


@pytest.mark.parametrize(
    "read", [["c.txt"], ["b.txt", "c.txt"]], ids=["in a folder of their own", "with some of before"]
)
def test_next_months_articles_say_nothing_of_those_that_were_not_read(
    places: Places, client: TestClient, build: ModuleType, read: list[str]
) -> None:
    keys = [row["key"] for row in client.get("/api/queue").json()["changes"]]
    client.post("/api/decide", json={"keys": keys, "verdict": "accept"}, headers=TOKEN)
    client.post("/api/apply", json={"dry_run": False}, headers=TOKEN)
    text = TEXT.replace("青岛市", "济南市").replace("3581", "1200")
    new = build.make_record("c.txt", text, "1200亿元", value=120_000_000_000, confidence=0.6)
    same = record(build, "3581亿元", 0.95, {"value": 35.81, "indicator": "海洋生产总值"}, "b.txt")
    known = {"b.txt": (TEXT, [same]), "c.txt": (text, [new])}
    build.write_run(
        places.outputs, "2", {key: known[key][0] for key in read}, [row for key in read for row in known[key][1]]
    )
    again = open_review("baseline", "latest", places, gone=False)
    fresh = TestClient(create_app(again, "secret"), base_url="http://127.0.0.1:8000")
    assert [row["raw"] for row in fresh.get("/api/queue").json()["changes"]] == ["1200亿元"]
    decided = {"keys": [change.key for change in again.comparison.changes], "verdict": "accept"}
    fresh.post("/api/decide", json=decided, headers=TOKEN)
    assert fresh.post("/api/apply", json={"dry_run": False}, headers=TOKEN).json()["records"] == 1
    assert again.comparison.changes == () and again.comparison.old.records == len(RECORDS) + 2
    again.store.close()


@pytest.mark.parametrize(
    ("confidence", "band"),
    [
        (None, "0.00–0.49"),
        (0.49, "0.00–0.49"),
        (0.5, "0.50–0.69"),
        (0.85, "0.80–0.89"),
        (0.9, "0.90–1.00"),
        (1.0, "0.90–1.00"),
    ],
)
def test_the_filter_offers_the_bands_of_the_queue(confidence: float | None, band: str) -> None:
    assert band_of({"confidence": confidence, "flags": ["no_year"]}) == band

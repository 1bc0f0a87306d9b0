"""The application below the page: who may write, what is refused, and how quickly it answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from gongbao.diff.sources import Places
from gongbao.review.app import create_app
from gongbao.review.opening import open_review
from gongbao.review.session import Session
from starlette.testclient import TestClient

TOKEN = {"x-gongbao-token": "secret"}


def client_of(session: Session) -> TestClient:
    return TestClient(create_app(session, "secret"), base_url="http://127.0.0.1:8000", raise_server_exceptions=False)


@pytest.fixture
def session(project: Path) -> Iterator[Session]:
    places = Places(project / "outputs", project / "baseline", project / "gold", project / "cases")
    opened = open_review("previous", "latest", places, reviewer="Li")
    yield opened
    opened.store.close()


@pytest.fixture
def client(session: Session) -> TestClient:
    return client_of(session)


def first(session: Session) -> str:
    return session.comparison.groups[0].changes[0].key


REFUSED = [
    ("no token", {}, 403),
    ("wrong token", {"x-gongbao-token": "guess"}, 403),
    ("another site", {**TOKEN, "origin": "http://evil.example"}, 403),
    ("another port", {**TOKEN, "origin": "http://127.0.0.1:9999"}, 403),
    ("a sandboxed page", {**TOKEN, "origin": "null"}, 403),
    ("cross-site by the browser's word", {**TOKEN, "sec-fetch-site": "cross-site"}, 403),
    ("from another port by the browser's word", {**TOKEN, "sec-fetch-site": "same-site"}, 403),
    ("an origin that is none", {**TOKEN, "origin": "http://["}, 403),
    ("a rebound name", {**TOKEN, "host": "evil.example:8000"}, 400),
    (
        "a rebound name that says it is its own site",
        {**TOKEN, "host": "evil.example", "origin": "http://evil.example", "sec-fetch-site": "same-origin"},
        400,
    ),
    ("a name that only begins like ours", {**TOKEN, "host": "localhost.evil.example"}, 400),
    ("a body longer than its length", {**TOKEN, "transfer-encoding": "chunked"}, 411),
    ("a body beyond measure", {**TOKEN, "content-length": str(33 * 1024 * 1024)}, 413),
]


@pytest.mark.parametrize(("headers", "status"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_writes_from_elsewhere_are_refused(
    client: TestClient, session: Session, headers: dict[str, str], status: int
) -> None:
    body = {"keys": [first(session)], "verdict": "accept", "expected": {}}
    assert client.post("/api/decide", json=body, headers=headers).status_code == status
    assert list(session.store.ledger.heads()) == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 400),
        ({"host": "evil.example:8000", "origin": "http://evil.example:8000", "sec-fetch-site": "same-origin"}, 400),
        ({"host": ""}, 400),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"host": "localhost:8000"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8000"}, 200),
    ],
    ids=str,
)
def test_nobody_else_reads(client: TestClient, headers: dict[str, str], status: int) -> None:
    """A page whose name was pointed at this machine, and pages of other sites and ports."""
    for path in ("/", "/api/queue", "/api/events", "/static/queue.js"):
        assert client.get(path, headers=headers).status_code == status


HALF = "\\ud800"
BODIES = {
    "/api/decide": ['{"keys": ["KEY"], "verdict": "accept", "reviewer": "Li%s"}',
                    '{"keys": ["KEY", "%s"], "verdict": "accept"}',
                    '{"keys": ["KEY"], "verdict": "edit", "form": {"initiative": "%s"}}',
                    '{"keys": ["KEY"], "verdict": "edit", "form": {"%s": "x"}}'],
    "/api/undo": ['{"reviewer": "%s"}'],
    "/api/position": ['{"reviewer": "%s", "key": "KEY"}', '{"reviewer": "Li", "key": "%s"}'],
    "/api/missed": ['{"article": "%s", "start": 0, "end": 1}', '{"article": "a", "start": 0, "end": 1, "form": {"unit": "%s"}}'],
}  # fmt: skip


@pytest.mark.parametrize(("path", "body"), [(path, body) for path, bodies in BODIES.items() for body in bodies])
def test_half_a_character_in_what_a_browser_sends_is_refused(
    client: TestClient, session: Session, path: str, body: str
) -> None:
    content = (body % HALF).replace("KEY", first(session)).encode()
    answer = client.post(path, content=content, headers={**TOKEN, "content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"] and answer.json()["code"] == "compare.request"
    assert list(session.store.ledger.heads()) == []


@pytest.mark.parametrize("length", [60_000, 66_000, 200_000])
@pytest.mark.parametrize("address", [0, 40_000])
def test_a_head_without_end_is_refused(client: TestClient, length: int, address: int) -> None:
    answer = client.get("/api/queue", params={"reviewer": "x" * address}, headers={"x-long": "x" * (length - address)})
    assert answer.status_code == (200 if length < 65_000 else 431)


def test_a_socket_for_messages_is_not_opened(session: Session) -> None:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    said: list[Any] = []

    async def channel(*message: Any) -> dict[str, Any]:
        said.append(message)
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/", "headers": [(b"host", b"localhost")], "query_string": b""}
    with ThreadPoolExecutor(1) as pool:  # browser tests leave a loop in the main thread
        pool.submit(lambda: asyncio.run(create_app(session, "secret")(scope, channel, channel))).result(30)
    assert said == []


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"keys": ["x"], "verdict": "accept", "form": ' + b'{"a":' * 50_000, b'{"keys": [' + b"1" * 9_000 + b"]}"],
    ids=["lists", "objects", "a number of 9,000 digits"],
)  # fmt: skip
def test_bodies_nested_without_end_are_refused(client: TestClient, session: Session, body: bytes) -> None:
    answer = client.post("/api/decide", content=body, headers={**TOKEN, "content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert list(session.store.ledger.heads()) == []


def test_heads_beyond_measure_are_refused_and_the_review_goes_on(project: Path, serve: Any) -> None:
    import socket

    server = serve(project)
    for head in (
        b"GET /article?id=" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=600) as connection:
            try:
                connection.sendall(head)
                said = connection.recv(4096)
            except ConnectionError:
                said = b""
        assert said[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431", b"")
    with socket.create_connection(("127.0.0.1", server.port), timeout=600) as connection:
        connection.sendall(b"GET /static/queue.js HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(4096)[:7] == b"HTTP/1."


def test_pages_forbid_scripts_from_elsewhere(client: TestClient) -> None:
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert " style=" not in answer.text and "onclick" not in answer.text


def test_bodies_that_are_no_decisions_are_refused(client: TestClient, session: Session) -> None:
    for body in ({}, {"keys": []}, {"keys": ["x"], "verdict": "maybe"}, []):
        assert client.post("/api/decide", json=body, headers=TOKEN).status_code == 422
    unknown = client.post("/api/decide", json={"keys": ["x"], "verdict": "accept"}, headers=TOKEN)
    assert unknown.status_code == 404
    assert list(session.store.ledger.heads()) == []


LONG = "x" * 1001
BOUNDS = [
    ("/api/decide", {"keys": [LONG], "verdict": "accept"}),
    ("/api/decide", {"keys": ["KEY"], "verdict": "accept", "reviewer": LONG}),
    ("/api/decide", {"keys": ["KEY"], "verdict": "accept", "expected": {LONG: 0}}),
    ("/api/decide", {"keys": ["KEY"], "verdict": "edit", "form": {"initiative": LONG}}),
    ("/api/decide", {"keys": ["KEY"], "verdict": "edit", "form": {str(n): "x" for n in range(101)}}),
    ("/api/missed", {"article": "x" * 5001, "start": 0, "end": 1}),
    ("/api/missed", {"article": "a", "start": 0, "end": 1, "form": {"unit": LONG}}),
    ("/api/position", {"key": LONG}),
    ("/api/undo", {"reviewer": LONG}),
    ("/api/filter", {"name": LONG, "filter": {"text": "x"}}),
    ("/api/filter", {"name": "n", "filter": {"text": "x" * 20_000}}),
    ("/api/share", {"by": "article", "names": [LONG]}),
]


@pytest.mark.parametrize(("path", "body"), BOUNDS, ids=[f"{path}-{n}" for n, (path, _) in enumerate(BOUNDS)])
def test_what_is_kept_for_all_to_see_is_bounded(
    client: TestClient, session: Session, path: str, body: dict[str, Any]
) -> None:
    if "keys" in body and body["keys"] == ["KEY"]:
        body = {**body, "keys": [first(session)]}
    answer = client.post(path, json=body, headers=TOKEN)
    assert answer.status_code == 422 and answer.json()["code"] == "compare.request"
    assert list(session.store.ledger.heads()) == [] and len(client.get("/api/queue").content) < 100_000


def test_a_reviewer_keeps_so_many_filters_and_can_forget_one(client: TestClient) -> None:
    def keep(name: str, kept: dict[str, Any]) -> int:
        return client.post("/api/filter", json={"name": name, "filter": kept}, headers=TOKEN).status_code

    assert [keep(f"n{n}", {"text": "x"}) for n in range(101)] == [200] * 100 + [422]
    assert [keep("n7", {"text": "y"}), keep("n8", {}), keep("n100", {"text": "x"})] == [200, 200, 200]


def test_a_change_named_twice_is_decided_once(client: TestClient, session: Session) -> None:
    key = first(session)
    body = {"keys": [key] * 100_000, "verdict": "accept", "expected": {key: 0}}
    answer = client.post("/api/decide", json=body, headers=TOKEN).json()
    assert (answer["written"], answer["conflicts"], answer["event"]) == (1, [], 1)
    assert len(answer["statuses"]) == 1


@pytest.mark.parametrize(
    "text", ["value>1e999999亿", "extra=x", "extra!=x", "extra~x", "rule=x", "flags=x", "(" * 5000, "not " * 5000, "\0"]
)
def test_a_filter_is_answered_whatever_it_says(client: TestClient, text: str) -> None:
    answer = client.get("/api/where", params={"text": text})
    assert answer.status_code == 200 and answer.json().keys() & {"keys", "problem"}


def test_pages_speak_the_language_that_was_asked_for(client: TestClient) -> None:
    assert client.post("/api/language", json={"language": "en"}, headers=TOKEN).status_code == 200
    assert '<html lang="en"' in client.get("/").text
    assert client.post("/api/language", json={"language": "fr"}, headers=TOKEN).status_code == 422


def test_a_bad_form_writes_none_of_a_group(client: TestClient, session: Session) -> None:
    keys = [change.key for change in session.comparison.groups[0].changes]
    body = {"keys": keys, "verdict": "edit", "form": {"value": "x"}}
    answer = client.post("/api/decide", json=body, headers={**TOKEN, "cookie": "language=en"})
    assert answer.status_code == 422
    assert answer.json() == {"errors": {"value": "Not a number: x"}}
    assert list(session.store.ledger.heads()) == []


def test_an_edit_of_a_group_writes_the_same_fields_in_each_record(client: TestClient, session: Session) -> None:
    keys = [change.key for change in session.comparison.groups[0].changes]
    body = {"keys": keys, "verdict": "edit", "form": {"year": "2019"}}
    assert client.post("/api/decide", json=body, headers=TOKEN).json()["written"] == 3
    heads = list(session.store.ledger.heads())
    assert {head.edited["year"] for head in heads if head.edited} == {2019}
    assert len({head.edited["value"] for head in heads if head.edited}) == 3


def test_a_stale_decision_in_a_group_leaves_only_that_one(client: TestClient, session: Session) -> None:
    keys = [change.key for change in session.comparison.groups[0].changes]
    session.decide([keys[1]], "reject", "Wang", {})
    body = {"keys": keys, "verdict": "accept", "expected": dict.fromkeys(keys, 0)}
    answer = client.post("/api/decide", json=body, headers=TOKEN).json()
    assert answer["written"] == 2
    assert [row[:3] for row in answer["conflicts"]] == [[keys[1], "reject", "Wang"]]


def test_a_lost_database_is_told_with_the_fix(client: TestClient, session: Session) -> None:
    session.store.close()
    answer = client.post("/api/decide", json={"keys": [first(session)], "verdict": "accept"}, headers=TOKEN)
    assert answer.status_code == 500
    assert "error" in answer.json()


def test_writing_the_baseline_in_a_review_against_it_goes_on_with_what_is_left(project: Path) -> None:
    places = Places(project / "outputs", project / "baseline", project / "gold", project / "cases")
    session = open_review("baseline", "latest", places)
    client = client_of(session)
    total = len(session.comparison.changes)
    chosen = [change.key for change in session.comparison.groups[0].changes]
    for keys, verdict in ((chosen[1:], "accept"), (chosen[:1], "reject")):
        assert client.post("/api/decide", json={"keys": keys, "verdict": verdict}, headers=TOKEN).status_code == 200
    assert client.post("/api/apply", json={"dry_run": False}, headers=TOKEN).json()["records"] == len(chosen) - 1
    queue = client.get("/api/queue").json()
    assert len(queue["changes"]) == total - len(chosen) + 1
    assert [row[:2] for row in queue["statuses"]] == [[chosen[0], "reject"]]
    for change in queue["changes"]:
        assert client.get(f"/change/{change['key']}").status_code == 200
    assert client.get(f"/change/{chosen[1]}").status_code == 404


def test_rules_that_do_not_load_are_told_and_the_review_goes_on(project: Path, tmp_path: Path) -> None:
    (tmp_path / "mine" / "quantities").mkdir(parents=True)
    (tmp_path / "mine" / "quantities" / "x.yaml").write_text("rules: [{id: half")
    places = Places(project / "outputs", project / "baseline", project / "gold", project / "cases")
    session = open_review("previous", "latest", places, rules=[str(tmp_path / "mine")])
    client = client_of(session)
    page = client.get(f"/change/{first(session)}")
    assert page.status_code == 200 and "not valid YAML" in page.text
    body = {"keys": [first(session)], "verdict": "accept"}
    assert client.post("/api/decide", json=body, headers=TOKEN).json()["written"] == 1


def test_lone_surrogates_and_controls_do_not_break_the_pages(build: ModuleType, tmp_path: Path) -> None:
    text = "标题\ud83d\x00\x07\n投资5亿元\udc00。\n"
    for name, value in (("1", 1), ("2", 2)):
        record = build.make_record("a.txt", "标题一\n投资5亿元。\n", "5亿元", value=value)
        folder = build.write_run(tmp_path / "outputs", name, {}, [record])
        import json

        row = {"id": "a.txt", "title": "x", "text": text, "simplified": text, "repairs": []}
        (folder / "articles.jsonl").write_text(json.dumps(row) + "\n")
    session = open_review("previous", "latest", Places(tmp_path / "outputs", tmp_path / "b", tmp_path / "g"))
    client = client_of(session)
    assert client.get(f"/change/{first(session)}").status_code == 200
    assert client.get("/article?id=a.txt").status_code == 200
    assert client.get("/api/queue").status_code == 200


def test_an_article_shows_what_was_damaged_before_and_after(build: ModuleType, tmp_path: Path) -> None:
    import json

    text = "暢通??萍冀鹑谂c，投資5亿元。停靠站?500個，?：訉嶒炇"
    row: dict[str, Any] = {"id": "a.txt", "title": "x", "text": text, "simplified": text}
    row["repairs"] = [
        {
            "start": 2,
            "end": 10,
            "before": "??萍冀鹑谂c",
            "after": "。科技金融與",
            "kind": "shifted",
            "probability": 0.96,
        },
        {"start": 12, "end": 13, "before": "資", "after": "资", "kind": "width", "probability": 1.0},
    ]
    row["residues"] = [
        {"start": 22, "end": 23, "text": "?", "guess": None, "probability": 0.0},
        {"start": 28, "end": 33, "text": "?：訉嶒炇", "guess": "海河實驗室", "probability": 0.61},
    ]
    for name, value in (("1", 1), ("2", 2)):
        record = build.make_record("a.txt", text, "5亿元", value=value)
        folder = build.write_run(tmp_path / "outputs", name, {}, [record])
        (folder / "articles.jsonl").write_text(json.dumps(row) + "\n")
    session = open_review("previous", "latest", Places(tmp_path / "outputs", tmp_path / "b", tmp_path / "g"))
    page = client_of(session).get("/article?id=a.txt", headers={"cookie": "language=en"}).text
    assert "<del>??萍冀鹑谂c</del> <ins>。科技金融與</ins> <small>0.96</small>" in page
    assert "left as found, may be: 海河實驗室</span> <small>0.61</small>" in page
    assert "<del>?</del>" in page and "<del>資</del>" not in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_hold_words_and_nothing_of_the_program(client: TestClient, session: Session, language: str) -> None:
    cookie = {"cookie": f"language={language}"}
    article = session.change(first(session)).article_id
    for path in ("/", f"/change/{first(session)}", f"/article?id={article}"):
        answer = client.get(path, headers=cookie)
        assert answer.status_code == 200
        assert not [word for word in ("built-in", "object at 0x", "Undefined", "None<") if word in answer.text]


def test_every_word_is_there_in_both_languages() -> None:
    from gongbao.review.strings import LANGUAGES, strings

    zh, en = (strings(language) for language in LANGUAGES)
    assert zh.keys() == en.keys()
    for key in zh:
        assert zh[key] and en[key], key
        blanks = [sorted(part.split("}")[0] for part in text.split("{")[1:]) for text in (zh[key], en[key])]
        assert blanks[0] == blanks[1], key


@pytest.fixture(scope="module")
def large(build: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """5,000 changes in 250 articles."""
    root = tmp_path_factory.mktemp("large")
    texts, old, new = {}, [], []
    for n in range(250):
        key = f"{n:03}.txt"
        texts[key] = "".join(f"第{k}项，南京市投资{k}.{n}亿元用于建设。\n" for k in range(100, 120))
        for k in range(100, 120):
            record = build.make_record(key, texts[key], f"{k}.{n}亿元", value=k * 100_000_000)
            old.append(record)
            new.append({**record, "year": 2021} if k % 2 else {**record, "value": record["value"] * 10_000})
    build.write_run(root / "outputs", "1", texts, old)
    build.write_run(root / "outputs", "2", texts, new)
    return open_review("previous", "latest", Places(root / "outputs", root / "b", root / "g"))


@pytest.mark.slow
def test_a_queue_of_5000_is_decided_one_by_one_and_at_once(large: Session) -> None:
    assert len(large.comparison.changes) == 5000
    client = client_of(large)
    assert client.get("/").status_code == 200
    queue = client.get("/api/queue").json()
    client.get(f"/change/{queue['changes'][0]['key']}")
    assert len(queue["changes"]) == 5000
    for change in queue["changes"][:40]:
        body: dict[str, Any] = {"keys": [change["key"]], "verdict": "accept", "expected": {change["key"]: 0}}
        assert client.post("/api/decide", json=body, headers=TOKEN).json()["written"] == 1
    rest = [change["key"] for change in queue["changes"][40:]]
    answer = client.post("/api/decide", json={"keys": rest, "verdict": "accept", "expected": {}}, headers=TOKEN).json()
    assert answer["written"] == 4960


def test_writing_decisions_makes_their_names_known(project: Path) -> None:
    places = Places(project / "outputs", project / "baseline", project / "gold", project / "cases")
    mine = project / "mine"
    mine.mkdir()
    opened = open_review("previous", "latest", places, reviewer="Li", rules=[str(mine)])
    try:
        change = next(c for c in opened.comparison.changes if (opened.comparison.records(c)[1] or {}).get("initiative"))
        name = (opened.comparison.records(change)[1] or {})["initiative"]
        opened.decide([change.key], "accept", "Li", {}, {})
        answer = client_of(opened).post("/api/apply", json={"dry_run": True}, headers=TOKEN)
        assert answer.status_code == 200 and not (mine / "known_names.csv").exists()
        answer = client_of(opened).post("/api/apply", json={"dry_run": False}, headers=TOKEN)
        assert answer.json()["names"] == 1
        assert name in (mine / "known_names.csv").read_text("utf-8")
    finally:
        opened.store.close()


def test_the_table_is_served_as_it_was_published_and_not_before(project: Path) -> None:
    places = Places(project / "outputs", project / "baseline", project / "gold", project / "cases")
    opened = open_review("previous", "latest", places, reviewer="Li")
    try:
        opened.decide([opened.comparison.changes[0].key], "accept", "Li", {}, {})
        client = client_of(opened)
        client.post("/api/apply", json={"dry_run": False}, headers=TOKEN)
        assert client.get("/baseline.xlsx").status_code == 404
        path = Path(client.post("/api/publish", headers=TOKEN).json()["path"])
        path.write_bytes(b"as it stands")
        assert client.get("/baseline.xlsx").content == b"as it stands"
    finally:
        opened.store.close()

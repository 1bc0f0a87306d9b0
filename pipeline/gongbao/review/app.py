"""The web application of `gongbao review`."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Cookie, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import AfterValidator, BaseModel, Field, model_validator

from gongbao.diff.fields import display, grouped
from gongbao.errors import ExportError, GongbaoError
from gongbao.review.accept import accept
from gongbao.review.editing import EDITABLE, FieldErrors
from gongbao.review.propose import Proposer
from gongbao.review.publishing import published, published_table
from gongbao.review.queue import change_rows, describe, group_rows, matching, queue_groups, status_rows
from gongbao.review.security import PageGuard
from gongbao.review.session import Outcome, Session
from gongbao.review.sharing import share_out
from gongbao.review.strings import LANGUAGES, Language, Words, cause_title, strings
from gongbao.review.views import article_view, change_view

_HERE = Path(__file__).parent
MAX_NAME = 40
_YEAR = 365 * 24 * 3600
MAX_TYPED = 100
MAX_FILTER = 20_000
"""Characters of a kept filter as JSON."""
STATUS = {
    "compare.filters": 422,
    "compare.no-change": 404,
    "compare.no-text": 404,
    "compare.gone": 409,
    "compare.locked": 503,
    "compare.disk_full": 507,
}
"""By an error's code; all others are 500."""


Short = Annotated[str, Field(max_length=1000)]
"""A key, a name, a field of a form: what a browser sends is kept, and shown to others."""
ArticleId = Annotated[str, Field(max_length=5000)]
Form = Annotated[dict[Short, Short], Field(max_length=100)]


class Body(BaseModel):
    """What a browser sends: text that can be kept, without halves of characters."""

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, value: Any) -> Any:
        if isinstance(value, dict):  # what is none is told by the model
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # a UnicodeEncodeError is a ValueError
        return value


class Decision(Body):
    """What the browser sends to decide on changes."""

    keys: list[Short] = Field(min_length=1)
    verdict: Literal["accept", "reject", "edit"]
    reviewer: Short = ""
    expected: dict[Short, int] = {}
    form: Form = {}


class Missed(Body):
    """What the browser sends to add a record."""

    article: ArticleId
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    reviewer: Short = ""
    form: Form = {}


class Who(Body):
    """A reviewer, and where they stand."""

    reviewer: Short = ""
    key: Short = ""


def _kept(given: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(given, ensure_ascii=False)) > MAX_FILTER:
        raise ValueError(f"more than {MAX_FILTER} characters")
    return given


class KeptFilter(Body):
    """A filter kept under a name; an empty one forgets it."""

    reviewer: Short = ""
    name: str = Field(min_length=1, max_length=100)
    filter: Annotated[dict[str, Any], AfterValidator(_kept)] = {}


class Sharing(Body):
    """The queue shared out between reviewers, by article or by province; no names: nobody has a part."""

    by: Literal["article", "place"]
    names: list[Short] = Field(max_length=50)


class Speaking(Body):
    """The language that the pages speak from now on."""

    language: Language


class Apply(Body):
    """Writing decisions to files, or saying what would be written."""

    dry_run: bool = True


def create_app(session: Session, token: str | None = None) -> FastAPI:
    """The application for one review; serve it on a loopback address only."""
    token = token or secrets.token_urlsafe(24)
    app = FastAPI(title="gongbao review", docs_url=None, redoc_url=None, openapi_url=None)
    pages = _Pages(session, token)
    proposer = Proposer(tuple(session.rules))
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    app.add_middleware(PageGuard, token=token)

    @app.exception_handler(FieldErrors)
    def field_errors(request: Request, error: Exception) -> Response:
        assert isinstance(error, FieldErrors)
        words = strings(_language(request.cookies.get("language")))
        said = {name: words[f"error_{key}"].format(about=about) for name, (key, about) in error.errors.items()}
        return _json({"errors": said}, 422)

    @app.exception_handler(GongbaoError)
    def own_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, GongbaoError)
        if error.code == "compare.gone":  # somebody wrote the baseline: what a page asks next is of the new one
            with suppress(GongbaoError):
                session.reopen()
                pages.refresh()
        return _json({"error": str(error), "code": error.code}, STATUS.get(error.code, 500))

    @app.exception_handler(RequestValidationError)
    def no_sense(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        return _json({"error": f"{'.'.join(map(str, first['loc']))}: {first['msg']}", "code": "compare.request"}, 422)

    @app.get("/")
    def index(language: Annotated[str | None, Cookie()] = None) -> Response:
        return pages.render("queue.html", _language(language))

    @app.get("/article")
    def article(id: str, language: Annotated[str | None, Cookie()] = None) -> Response:
        proposer.warm()
        view = article_view(session, id)
        keys = [item.key for item in view.items if item.key]
        known = status_rows(session.statuses(keys))
        return pages.render("article.html", _language(language), view=view, statuses=known)

    @app.get("/change/{key}")
    def change(key: str, language: Annotated[str | None, Cookie()] = None) -> Response:
        session.statuses([key])
        return pages.render("change.html", _language(language), view=change_view(session, key))

    @app.get("/api/queue")
    def get_queue(reviewer: str = "", language: Annotated[str | None, Cookie()] = None) -> Response:
        position = session.store.position(session.id, _name(reviewer, session))
        statuses = status_rows(s for s in session.statuses() if s.verdict or s.version)
        data = {
            "groups": group_rows(pages.groups, _language(language)),
            "event": session.store.ledger.last,
            "statuses": statuses,
            "position": position,
            "added": len(session.added()),
            "shares": session.store.shares(),
            "filters": session.store.filters(_name(reviewer, session)),
        }
        return _respond(_dump(data)[:-1] + b',"changes":' + pages.changes + b"}")

    @app.get("/api/events")
    def events(since: Annotated[int, Query(ge=0)] = 0) -> Response:
        keys, last = session.changed_since(since)
        news = {"event": last, "statuses": status_rows(session.statuses(keys)), "added": len(session.added())}
        return _json(news | {"shares": session.store.shares()})

    @app.post("/api/decide")
    def decide(body: Decision) -> Response:
        who = _name(body.reviewer, session)
        outcome = session.decide(body.keys, body.verdict, who, body.expected, body.form)
        return _json(_outcome(session, outcome))

    @app.post("/api/undo")
    def undo(body: Who) -> Response:
        outcome, events = session.undo(_name(body.reviewer, session))
        extra = {"added": len(session.added()), "article": events[0].article_id if events else None}
        return _json(_outcome(session, outcome) | extra)

    @app.post("/api/missed")
    def missed(body: Missed) -> Response:
        outcome, record = session.add(body.article, body.start, body.end, body.form, _name(body.reviewer, session))
        return _json(_outcome(session, outcome) | {"amount": record["amount"]})

    @app.get("/api/propose")
    def propose(article: str, start: int, end: int) -> Response:
        row, texts = session.article(article)
        if not 0 <= start < end <= len(texts.raw):
            return _json({"error": "the span is outside the text", "code": "compare.span"}, 422)
        near = session.comparison.new.rows(article) or session.comparison.old.rows(article)
        return _json(proposer.propose(texts, row.pub_date, start, end, near))

    @app.get("/api/complete")
    def complete(article: str, field: str, typed: str = "") -> Response:
        return _json(session.complete(article, field, typed.strip()[:MAX_TYPED]))

    @app.get("/api/where")
    def where(text: str) -> Response:
        try:
            return _json({"keys": matching(session, text)})
        except ExportError as error:
            return _json({"problem": f"{error.message}: {error.where}", "fix": error.fix})

    @app.post("/api/filter")
    def keep_filter(body: KeptFilter) -> Response:
        who = _name(body.reviewer, session)
        session.store.keep_filter(who, body.name, body.filter)
        return _json({"filters": session.store.filters(who)})

    @app.post("/api/share")
    def share(body: Sharing) -> Response:
        names = [name for given in body.names if (name := " ".join(given.split())[:MAX_NAME])]
        session.store.set_shares(share_out(session.comparison, body.by, names))
        return _json({"shares": session.store.shares()})

    @app.post("/api/position")
    def position(body: Who) -> Response:
        session.store.set_position(session.id, _name(body.reviewer, session), body.key)
        return _json({})

    @app.post("/api/language")
    def speak(body: Speaking) -> Response:
        # Set by the answer: a cookie that a page sets itself may come after its request for the page again.
        answer = _json({})
        answer.set_cookie("language", body.language, max_age=_YEAR, samesite="strict")
        return answer

    @app.post("/api/apply")
    def apply(body: Apply) -> Response:
        names = Path(session.rules[-1]) if session.rules else None
        done = accept(
            session.comparison, session.store.ledger, session.places, session.ruleset, names=names, dry_run=body.dry_run
        )
        if not body.dry_run:
            session.reopen()
            pages.refresh()
        return _json(done.to_dict())

    @app.post("/api/publish")
    def publish() -> Response:
        path, rows = published(session.places)
        return _json({"path": path.as_posix(), "rows": rows})

    @app.get("/baseline.xlsx")
    def table() -> Response:
        path = published_table(session.places)
        if not path.is_file():
            return _json({"error": f"nothing is published yet: {path}", "code": "compare.no-table"}, 404)
        return FileResponse(path, filename=path.name)

    return app


class _Pages:
    """Templates, and the parts of the queue that never change during a review."""

    def __init__(self, session: Session, token: str) -> None:
        self._session = session
        self._token = token
        self.refresh()
        self._environment = Environment(
            loader=PackageLoader("gongbao.review"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self._environment.globals.update(display=display, cause_title=cause_title, grouped=grouped)

    def refresh(self) -> None:
        """Write out the changes once: they are the same for everybody until the baseline is written."""
        rows = describe(self._session)
        self.groups = queue_groups(self._session, rows)
        self.changes = _dump(change_rows(self.groups, rows))

    def render(self, template: str, language: Language, **data: Any) -> Response:
        """A page; lone surrogates, which UTF-8 cannot hold, show as question marks."""
        page = self._environment.get_template(template).render(
            t=Words(strings(language)),
            words=strings(language),
            language=language,
            languages=LANGUAGES,
            token=self._token,
            session=self._session,
            comparison=self._session.comparison,
            editable=EDITABLE,
            **data,
        )
        return Response(
            page.encode("utf-8", "replace"),
            media_type="text/html; charset=utf-8",
            headers={"cache-control": "no-store"},
        )


def _outcome(session: Session, outcome: Outcome) -> dict[str, Any]:
    written = [key for key in outcome.written if key in session.comparison.by_key]
    return {
        "statuses": status_rows(session.statuses(written)),
        "conflicts": status_rows(outcome.conflicts),
        "written": len(outcome.written),
        "event": session.store.ledger.last,
    }


def _name(given: str, session: Session) -> str:
    return " ".join(given.split())[:MAX_NAME] or session.reviewer


def _language(given: str | None) -> Language:
    return "en" if given == "en" else "zh"


def _json(data: Any, status: int = 200) -> Response:
    return _respond(_dump(data), status)


def _dump(data: Any) -> bytes:
    """JSON; lone surrogates, which UTF-8 cannot hold, become question marks."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return text.encode("utf-8", "replace")


def _respond(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json", headers={"cache-control": "no-store"})


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)

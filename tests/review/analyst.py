"""An analyst who knows the annotations, working the review page by its keys as a person would."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gongbao.evaluate.gold import GoldArticle, read_gold
from gongbao.evaluate.judge import is_tuple_right, judge
from gongbao.evaluate.scoring import pair

from tests.review import driving

LETTERS = {"place": "p", "year": "y", "initiative": "i", "indicator": "d", "status": "t"}

FORM = """() => {
    const change = document.querySelector(".change");
    if (!change) return null;
    const value = (name) => document.querySelector(`#editor [name="${name}"]`).value;
    const names = ["start", "end", "kind", "bound", "value", "value_max", "unit", "status", "place", "year", "initiative", "indicator"];
    return {
        key: change.dataset.key,
        article_id: change.dataset.of,
        focus: change.querySelector("tr.focus").dataset.field,
        ...Object.fromEntries(names.map((name) => [name, value(name) || null])),
    };
}"""
DONE = """(before) => document.getElementById("progress-text").textContent !== before
    || document.querySelector("#editor [aria-invalid=true]") !== null"""
OFFERED = "() => JSON.parse(document.querySelector('tr.focus').dataset.options).map((option) => option.value)"


@dataclass
class Work:
    """What the analyst did: keys and seconds of each decision, and how many of what sort."""

    keys: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    sorts: dict[str, int] = field(default_factory=dict)

    def add(self, sort: str, keys: int, seconds: float) -> None:
        self.keys.append(keys)
        self.seconds.append(seconds)
        self.sorts[sort] = self.sorts.get(sort, 0) + 1


@dataclass(frozen=True)
class Knowledge:
    """What is right of each article."""

    articles: Mapping[str, GoldArticle]

    @classmethod
    def of(cls, paths: Sequence[Path]) -> Knowledge:
        return cls({article.id: article for article in read_gold(paths)})

    def fact_of(self, record: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """The fact that a record of an article states, None if there is none."""
        facts = self.articles[record["article_id"]].facts
        paired = pair(facts, records)
        number = next(
            i for i, row in enumerate(records) if (row["start"], row["end"]) == (record["start"], record["end"])
        )
        return facts[paired[number]].data if number in paired else None

    def wrong(self, rows: Iterable[Mapping[str, Any]]) -> tuple[int, int, int]:
        """Of records: how many there are, wrong in place, year, initiative or value (or no fact at all), and facts missed."""
        by_article: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            by_article.setdefault(row["article_id"], []).append(row)
        count = wrong = missed = 0
        for article_id, records in by_article.items():
            facts = self.articles[article_id].facts
            paired = pair(facts, records)
            missed += sum(not fact.optional for n, fact in enumerate(facts) if n not in paired.values())
            for number, record in enumerate(records):
                fact = facts[paired[number]] if number in paired else None
                count += 1
                if fact is None or not (fact.optional or is_tuple_right(judge(record, fact.data))):
                    wrong += 1
        return count, wrong, missed


@dataclass
class Analyst:
    """Decides with the page's keys; `rows` are the records of the run, by article."""

    page: Any
    knows: Knowledge
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    work: Work = field(default_factory=Work)
    _pressed: int = 0

    def decide(self) -> str | None:
        """Decide on the record shown; what was done, None where the queue is empty."""
        shown = self.page.evaluate(FORM)
        if shown is None:
            return None
        record = {**shown, "start": int(shown["start"]), "end": int(shown["end"])}
        record["year"] = int(record["year"]) if record["year"] else None
        record["value"] = float(record["value"])
        record["value_max"] = float(record["value_max"]) if record["value_max"] else None
        fact = self.knows.fact_of(record, self.rows[record["article_id"]])
        self._pressed, sort = 0, "accept"
        if fact is None:
            sort = "reject"
        elif not fact.get("optional"):
            verdict = judge(record, fact)
            for name in LETTERS:
                if verdict[name] is False:
                    sort = "edit"
                    shown["focus"] = self._right(name, shown["focus"], record, fact)
        before = self.page.inner_text("#progress-text")
        began = time.perf_counter()
        self._press("r" if sort == "reject" else "Enter")
        driving.until(self.page, DONE, before)
        if self.page.query_selector("[aria-invalid=true]"):  # what is right cannot be written: left as it was read
            sort = "refused"
            for key in ("Escape", "Escape", "Enter"):
                self._press(key)
            driving.until(self.page, DONE, before)
        driving.settle(self.page)
        self.work.add(sort, self._pressed, time.perf_counter() - began)
        return sort

    def _right(self, name: str, focus: str, record: Mapping[str, Any], fact: Mapping[str, Any]) -> str:
        """Put a field right: with a digit where the answer is offered, else by arrows or by typing."""
        if self.page.evaluate("document.activeElement.matches('#editor input')"):
            self._type(name, self._wanted(name, fact))
            return name
        if focus != name:
            self._press(LETTERS[name])
        for number, value in enumerate(self.page.evaluate(OFFERED), 1):
            given = int(value) if name == "year" else value
            if judge({**record, name: given}, fact)[name]:
                self._press(str(number))
                return name
        wanted = self._wanted(name, fact)
        if wanted is None:
            self._press("n")
        elif name == "year" and record["year"] and abs(int(wanted) - record["year"]) <= 3:
            step = "ArrowRight" if int(wanted) > record["year"] else "ArrowLeft"
            for _ in range(abs(int(wanted) - record["year"])):
                self._press(step)
        else:
            self._press("e")
            self._type(name, wanted)
        return name

    def _wanted(self, name: str, fact: Mapping[str, Any]) -> str | None:
        value = fact.get(name)
        first = value[0] if isinstance(value, list) and value else value
        return str(first) if first else None

    def _type(self, name: str, wanted: str | None) -> None:
        self.page.focus(f"#edit-{name}")
        if name == "status":
            self.page.select_option("#edit-status", wanted)
            self._pressed += 1
            return
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.type(wanted or "")
        self.page.keyboard.press("Escape") if self.page.query_selector(f"#edit-{name}-list:not([hidden])") else None
        self._pressed += len((wanted or "").split("/")[-1])

    def _press(self, key: str) -> None:
        self._pressed += 1
        self.page.keyboard.press(key)


def records_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The records of a run folder or of a baseline, by article."""
    files = sorted((path / "records").glob("*.jsonl")) if (path / "records").is_dir() else [path / "records.jsonl"]
    found: dict[str, list[dict[str, Any]]] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").split("\n"):
            if line.strip():
                row = json.loads(line)
                found.setdefault(row["article_id"], []).append(row)
    return found

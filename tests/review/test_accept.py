"""What decisions do to files: the baseline, test cases, gold, and the patch for rules."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from gongbao.diff.compare import compare
from gongbao.diff.report import Report
from gongbao.diff.sources import Places, in_order, open_side
from gongbao.errors import CompareError
from gongbao.evaluate.gold import read_gold
from gongbao.learn.decided import from_reviews
from gongbao.review.accept import AcceptSummary, accept
from gongbao.review.cases import check_case
from gongbao.review.opening import open_review
from gongbao.review.patch import patch_for
from gongbao.review.session import Session
from gongbao.review.store import decided_changes
from gongbao.rulebook.load import RuleSet

TEXT = (
    "南京市质押融资\n2020年全市融资额达12.5亿元，惠及企业300家。\n鼓楼区贷款8000万元，占比6%。\n"
    "累计服务45次，出具报告71份。\n"
)


class Project:
    """A project's folder with runs of one article, reviewed and accepted by program."""

    def __init__(self, root: Path, build: ModuleType) -> None:
        self.root, self.build = root, build
        self.places = Places(root / "outputs", root / "baseline", root / "gold", root / "cases")
        self.runs = 0

    def record(self, amount: str, **fields: Any) -> dict[str, Any]:
        return dict(self.build.make_record("a.txt", fields.pop("text", TEXT), amount, **fields))

    def run(self, *records: dict[str, Any], texts: dict[str, str] | None = None) -> None:
        self.runs += 1
        self.build.write_run(self.places.outputs, f"2021010{self.runs}-000000", texts or {"a.txt": TEXT}, list(records))

    def review(self, old: str = "previous", new: str = "latest") -> Session:
        return open_review(old, new, self.places, reviewer="Li")

    def decide(self, session: Session, verdict: Any, *raws: str, **form: str) -> None:
        keys = [c.key for c in session.comparison.changes if c.raw in raws]
        assert len(keys) == len(raws)
        outcome = session.decide(keys, verdict, "Li", {}, form)
        assert len(outcome.written) == len(raws)

    def accept(self, session: Session, **options: Any) -> AcceptSummary:
        return accept(session.comparison, session.store.ledger, self.places, **options)

    def files(self) -> dict[str, bytes]:
        return {
            p.relative_to(self.root).as_posix(): p.read_bytes()
            for p in self.root.rglob("*")
            if p.is_file() and "outputs" not in p.parts and p.name != ".lock"
        }

    def baseline(self, article: str = "a.txt") -> dict[str, Any]:
        return {row["raw"]: row for row in open_side("baseline", self.places).rows(article)}

    def unreviewed(self, new: str = "latest") -> list[tuple[str, str]]:
        old, latest, _ = in_order(open_side(new, self.places), open_side("baseline", self.places))
        comparison = compare(old, latest)
        report = Report(comparison, None, decided_changes(comparison, self.places))
        assert report.exit_status == bool(report.unreviewed)
        return [(c.kind, c.raw) for c in comparison.changes if c.key not in report.decided]


@pytest.fixture
def project(tmp_path: Path, build: ModuleType) -> Project:
    made = Project(tmp_path, build)
    count = {"kind": "count", "unit": "家"}
    same = made.record("6%", kind="percent", unit="%", value=6)
    made.run(
        same,
        made.record("12.5亿元", value=1250000000),
        made.record("300家", value=300, **count),
        made.record("8000万元", value=80000000),
        made.record("45次", value=45, **count),
    )
    made.run(
        same,
        made.record("12.5亿元", value=12500000000),
        made.record("300家", value=300, year=2021, **count),
        made.record("45次", value=45, indicator="服务", **count),
        made.record("71份", value=71, **count),
    )
    return made


def decide_all(project: Project) -> Session:
    session = project.review()
    project.decide(session, "reject", "12.5亿元")
    project.decide(session, "accept", "300家")
    project.decide(session, "reject", "8000万元")
    project.decide(session, "edit", "45次", unit="次", indicator="服务次数")
    project.decide(session, "reject", "71份")
    return session


def test_nothing_that_was_decided_shows_against_the_baseline(project: Project) -> None:
    summary = project.accept(decide_all(project))
    assert summary.started and not summary.held
    assert project.unreviewed() == []
    found = project.baseline()
    assert {raw: row["value"] for raw, row in found.items()} == {
        "12.5亿元": 1250000000, "300家": 300, "8000万元": 80000000, "6%": 6, "45次": 45,
    }  # fmt: skip
    assert found["300家"]["year"] == 2021
    assert (found["45次"]["unit"], found["45次"]["indicator"]) == ("次", "服务次数")


def test_decisions_are_what_is_learned_from(project: Project) -> None:
    session = decide_all(project)
    session.store.close()
    (found,) = from_reviews(project.places)
    assert found.article.text == TEXT and found.article.id == "a.txt"
    said = {TEXT[start:end]: fact["year"] for (start, end), fact in found.facts.items()}
    assert said.keys() == {"12.5亿元", "300家", "8000万元", "45次"} and said["300家"] == [2021]


def test_names_of_decided_records_become_known_and_are_counted(project: Project) -> None:
    session, mine = decide_all(project), project.root / "mine"
    counts = [
        (done.names, done.aliases)
        for dry_run in (True, False, False)
        if (done := project.accept(session, names=mine, dry_run=dry_run))
    ]
    assert counts == [(0, 0), (1, 0), (0, 0)]
    assert (mine / "known_names.csv").read_text(encoding="utf-8") == "name,aliases\n质押融资,\n"


def test_where_nothing_was_decided_learning_says_what_to_do(project: Project) -> None:
    with pytest.raises(CompareError, match="nothing has been decided") as caught:
        from_reviews(project.places)
    assert "gongbao review" in (caught.value.fix or "")


def test_decisions_hold_in_a_checkout_without_the_database(project: Project) -> None:
    session = decide_all(project)
    project.accept(session)
    session.store.close()
    for path in project.places.outputs.glob("reviews.db*"):
        path.unlink()
    assert project.unreviewed() == []


def test_accepting_twice_writes_the_same_bytes(project: Project) -> None:
    session = decide_all(project)
    project.accept(session)
    first = project.files()
    again = project.accept(session)
    assert project.files() == first
    assert (again.records, again.cases, again.gold) == (0, 0, 0)
    project.accept(project.review("baseline", "latest"))
    assert project.files() == first


def test_a_dry_run_counts_the_same_and_writes_nothing(project: Project) -> None:
    session = decide_all(project)
    would = project.accept(session, dry_run=True)
    assert project.files() == {}
    did = project.accept(session)
    assert {**would.to_dict(), "dry_run": False} == did.to_dict()


def test_what_is_undecided_still_shows(project: Project) -> None:
    session = project.review()
    project.decide(session, "accept", "300家")
    project.accept(session)
    assert sorted(project.unreviewed()) == [
        ("added", "71份"),
        ("changed", "12.5亿元"),
        ("changed", "45次"),
        ("removed", "8000万元"),
    ]


def test_a_later_run_with_the_same_records_asks_nothing_again(project: Project) -> None:
    project.accept(decide_all(project))
    latest = [json.loads(line) for line in (project.places.outputs / "latest/records.jsonl").read_text().splitlines()]
    project.run(*[{**row, "confidence": 0.123} for row in latest])
    assert project.unreviewed() == []
    latest[0]["year"] = 1999
    project.run(*latest)
    assert len(project.unreviewed()) == 1


def test_losing_an_accepted_record_later_is_asked(project: Project) -> None:
    project.accept(decide_all(project))
    project.run(project.record("12.5亿元", value=12500000000))
    assert ("removed", "300家") in project.unreviewed()


def test_a_fixed_rule_makes_the_change_go_away(project: Project) -> None:
    project.accept(decide_all(project))
    good = [*project.baseline().values()]
    project.run(*good)
    old, new, _ = in_order(open_side("baseline", project.places), open_side("latest", project.places))
    assert compare(old, new).changes == ()
    assert compare(open_side("previous", project.places), new).changes != ()
    comparison = compare(open_side("previous", project.places), new)
    assert set(decided_changes(comparison, project.places)) == set(comparison.by_key)


def test_a_small_decision_makes_a_small_difference(project: Project) -> None:
    session = project.review()
    project.decide(session, "reject", "12.5亿元")
    project.accept(session)
    before = project.files()
    project.decide(session, "accept", "300家")
    project.accept(session)
    after = project.files()
    assert [name for name in after if after[name] != before.get(name)] == ["baseline/records/a.txt.jsonl"]
    name = "baseline/records/a.txt.jsonl"
    lines = [set(state[name].splitlines()) for state in (before, after)]
    assert len(lines[1] - lines[0]) == 1 and len(lines[0] - lines[1]) == 1


def test_undoing_and_accepting_again_takes_it_out_of_the_list(project: Project) -> None:
    session = project.review()
    project.decide(session, "reject", "71份")
    project.accept(session)
    assert (project.places.baseline / "decisions.jsonl").exists()
    session.undo("Li")
    project.accept(session)
    assert not (project.places.baseline / "decisions.jsonl").exists()
    assert ("added", "71份") in project.unreviewed()


def test_everything_is_accepted_without_review_when_asked(project: Project) -> None:
    summary = project.accept(project.review("baseline", "latest"), everything=True)
    assert summary.records == 5
    assert project.unreviewed() == []
    assert set(project.baseline()) == {"12.5亿元", "300家", "45次", "71份", "6%"}


def test_a_changed_text_is_taken_over_when_its_changes_are_decided(project: Project) -> None:
    project.accept(project.review("baseline", "latest"), everything=True)
    text = "编者按\n" + TEXT.replace("惠及", "共惠及")
    moved = [
        project.record(raw, **{k: row[k] for k in ("value", "kind", "unit", "year", "indicator")}, text=text)
        for raw, row in project.baseline().items()
    ]
    raw, year = moved[0]["raw"], moved[0]["year"]
    moved[0]["year"] = 2018
    project.run(*moved, texts={"a.txt": text})
    session = project.review("baseline", "latest")
    assert [c.kind for c in session.comparison.changes] == ["changed"]
    assert project.accept(session).held == ("a.txt",)
    assert open_side("baseline", project.places).article("a.txt").text == TEXT  # type: ignore[union-attr]
    project.decide(session, "reject", session.comparison.changes[0].raw)
    summary = project.accept(session)
    assert not summary.held
    assert open_side("baseline", project.places).article("a.txt").text == text  # type: ignore[union-attr]
    for row in open_side("baseline", project.places).rows("a.txt"):
        assert text[row["start"] : row["end"]] == row["raw"]
    assert project.baseline()[raw]["year"] == year != 2018
    assert project.unreviewed() == []


def test_a_new_article_is_listed_once_its_records_are_decided(project: Project) -> None:
    project.accept(project.review("baseline", "latest"), everything=True)
    other = project.build.make_record("new/文.txt", "新文章投资7亿元。\n", "7亿元", value=700000000)
    rows = [*project.baseline().values(), other]
    project.run(*rows, texts={"a.txt": TEXT, "new/文.txt": "新文章投资7亿元。\n"})
    session = project.review("baseline", "latest")
    project.decide(session, "accept", "7亿元")
    project.accept(session)
    assert set(open_side("baseline", project.places).articles) == {"a.txt", "new/文.txt"}
    assert project.unreviewed() == []


def test_an_article_that_is_gone_is_dropped_when_its_loss_is_accepted(project: Project) -> None:
    text = "投资7亿元。\n"
    other = project.build.make_record("b.txt", text, "7亿元")
    project.run(project.record("300家"), other, texts={"a.txt": TEXT, "b.txt": text})
    project.accept(project.review("baseline", "latest"), everything=True)
    project.run(project.record("300家"), texts={"a.txt": TEXT})
    assert project.unreviewed() == [("removed", "7亿元")]
    session = project.review("baseline", "latest")
    project.decide(session, "accept", "7亿元")
    project.accept(session)
    assert set(open_side("baseline", project.places).articles) == {"a.txt"}
    assert not any("b.txt" in name for name in project.files())
    assert project.unreviewed() == []


def test_rejected_changes_become_test_cases_that_say_what_is_wrong(project: Project) -> None:
    session = decide_all(project)
    assert project.accept(session).cases == 4
    cases = [
        json.loads(line) for line in (project.places.cases / "reviewed.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    by_raw = {case["found"]["raw"]: case for case in cases}
    assert by_raw["12.5亿元"]["want"] == {"value": 1250000000}
    assert by_raw["12.5亿元"]["got"] == {"value": 12500000000}
    assert by_raw["71份"]["want"] is None
    assert by_raw["8000万元"]["want"]["value"] == 80000000
    assert by_raw["45次"]["want"] == {"unit": "次", "indicator": "服务次数"}
    for case in cases:
        assert case["found"]["raw"] in case["text"] and case["status"] == "todo"
        row = {"start": case["text"].index(case["found"]["raw"]), "raw": case["found"]["raw"]}
        row["end"] = row["start"] + len(row["raw"])
        wrong = {**row, **(case["got"] or {"value": -1})}
        assert check_case(case, [wrong] if case["got"] or case["want"] is None else [])
        assert not check_case(case, [{**row, **case["want"]}] if case["want"] else [])


def test_a_case_that_works_now_keeps_its_status(project: Project) -> None:
    session = decide_all(project)
    project.accept(session)
    path = project.places.cases / "reviewed.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"todo"', '"yes"', 1), encoding="utf-8")
    before = path.read_bytes()
    assert project.accept(session).cases == 0
    assert path.read_bytes() == before


def test_an_edit_becomes_gold_and_unreviewed_records_count_neither_way(project: Project) -> None:
    assert project.accept(decide_all(project)).gold == 1
    (article,) = read_gold([project.places.gold])
    facts = {TEXT[f.start : f.end]: f for f in article.facts}
    assert facts["45次"].data["unit"] == "次" and facts["45次"].data["indicator"] == ["服务次数"]
    assert not facts["45次"].optional and not facts["300家"].optional
    assert facts["6%"].optional
    assert "71份" not in facts


def test_existing_gold_gets_the_fact_or_contradicts_it(project: Project) -> None:
    other = {
        "ctx": "额达12.5亿元，惠及",
        "amount": "12.5亿元",
        "kind": "money",
        "value": 1250000000,
        "unit": "元",
        "bound": "=",
        "place": "江苏省/南京市",
        "year": [2020],
        "initiative": None,
        "indicator": None,
    }
    wrong = {**other, "ctx": "累计服务45次，出具报", "amount": "45次", "kind": "count", "value": 46, "unit": "次"}
    project.places.gold.mkdir()
    path = project.places.gold / "mine.jsonl"
    path.write_text(
        json.dumps({"id": "a.txt", "text": TEXT, "facts": [other]}, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    session = decide_all(project)
    assert project.accept(session).gold == 1
    (article,) = read_gold([project.places.gold])
    assert [TEXT[f.start : f.end] for f in article.facts] == ["12.5亿元", "45次"]
    path.write_text(
        json.dumps({"id": "a.txt", "text": TEXT, "facts": [wrong]}, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    before = path.read_bytes()
    summary = project.accept(session)
    assert summary.contradicts_gold == ("a.txt: 45次",)
    assert path.read_bytes() == before


RULES = """\
rules:
  - id: amount.test
    name: 测试
    kind: count
    pattern: '[0-9]+'
    examples:
      yes:
        - {{text: 投资5亿元, find: '5'}}
{no}  - id: zz.last
    name: 其他
    kind: count
    pattern: x
    examples: {{yes: [{{text: x}}]}}
"""


@pytest.mark.parametrize(
    "no", ["", "      no: []\n", "      no: [别的]\n", "      no:\n        - 别的\n", "      no:\n      - 别的\n"]
)
def test_the_patch_puts_examples_into_the_rule_however_it_is_written(project: Project, no: str) -> None:
    shipped = project.root / "rules"
    (shipped / "quantities").mkdir(parents=True)
    (shipped / "quantities" / "some.yaml").write_text(RULES.format(no=no), encoding="utf-8")
    rules = RuleSet.load(shipped=shipped)
    session = decide_all(project)
    patch = patch_for(rules, [(event, TEXT) for event in session.store.ledger.heads()])
    assert patch.examples == 4
    assert patch.text.startswith("--- a/rules/quantities/some.yaml\n+++ b/rules/quantities/some.yaml\n")
    added = [line[1:].strip() for line in patch.text.splitlines() if line.startswith("+") and "'" in line]
    assert any("累计服务45次，出具报告71份。" in line and "find" not in line for line in added)
    assert any("find: '12.5亿元', value: 1250000000, unit: '元'" in line for line in added)
    (project.root / "review.patch").write_text(patch.text, encoding="utf-8")
    subprocess.run(["git", "apply", "review.patch"], cwd=project.root, check=True, capture_output=True)
    again = RuleSet.load(shipped=shipped)
    rule = again.stage("quantities")[0]
    assert (len(rule.examples.no), len(rule.examples.todo)) == (2 if "别的" in no else 1, 3)
    assert patch_for(again, [(e, TEXT) for e in session.store.ledger.heads() if e.action == "reject"]).examples == 0


def test_a_record_that_fits_no_schema_stops_before_anything_is_written(project: Project) -> None:
    rows = [json.loads(line) for line in (project.places.outputs / "latest/records.jsonl").read_text().splitlines()]
    for row in rows:
        row.pop("evidence")
    project.run(*rows)
    session = project.review("baseline", "latest")
    with pytest.raises(Exception, match="not a record"):
        project.accept(session, everything=True)
    assert project.files() == {}


def test_a_missed_record_reaches_the_baseline_and_stays_decided(project: Project) -> None:
    session = project.review()
    start = TEXT.index("2020年")
    form = {"value": "1", "unit": "年", "kind": "duration", "bound": "=", "year": "2020"}
    outcome, _ = session.add("a.txt", start, start + 5, form, "Li")
    assert len(outcome.written) == 1
    project.accept(session)
    assert project.baseline()["2020年"]["value"] == 1
    assert ("removed", "2020年") not in project.unreviewed()

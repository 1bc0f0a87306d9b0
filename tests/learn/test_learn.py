"""Learning from decisions: what helps on articles that were not fitted on is kept, all else is left as shipped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from gongbao import Pipeline
from gongbao.document import Article
from gongbao.errors import ModelError
from gongbao.names.ranking import Proposals
from gongbao.names.scores import Spans
from gongbao.ranker import Learned, Ranker, Trees, calibrated, hash_of, shares_of, shipped_trees
from gongbao.run.versions import versions

pytest.importorskip("lightgbm", reason="the extra learn is not installed")

from gongbao.learn import trees
from gongbao.learn.decided import Decided, from_gold
from gongbao.learn.fitting import QuestionArrays, try_out
from gongbao.learn.learning import learn
from gongbao.learn.questions import Questions, of_initiatives

SHIPPED = (1.0, 0.0)


def table(tells: float, questions: int = 1500, articles: int = 60) -> QuestionArrays:
    """Questions of four candidates of which the first column says with some strength which is right."""
    random = np.random.default_rng(7)
    right = np.zeros((questions, 4))
    right[np.arange(questions), random.integers(0, 4, questions)] = 1.0
    rows = random.normal(size=(questions, 4, 3)).astype(np.float32)
    rows[..., 0] += tells * right
    sizes = np.full(questions, 4)
    return QuestionArrays(
        rows.reshape(-1, 3),
        right.ravel(),
        sizes,
        np.ones(questions),
        np.zeros(4 * questions),
        np.sort(random.integers(0, articles, questions)),
        Questions(values=[[f"{question}-{number}" for number in range(4)] for question in range(questions)]),
    )


def test_trees_are_added_where_decisions_tell_something() -> None:
    fitted = try_out(table(3.0), [f"a{n}" for n in range(60)], SHIPPED)
    assert fitted.rounds > 0 and fitted.after > 1.5 * fitted.before


def test_nothing_is_added_where_they_tell_nothing_or_are_few() -> None:
    ids = [f"a{n}" for n in range(60)]
    assert try_out(table(0.0), ids, SHIPPED).rounds == 0
    assert try_out(table(3.0, questions=200), ids, SHIPPED).rounds == 0


def test_confidence_is_held_at_what_was_shipped_by_few_answers() -> None:
    chance, right = np.full(400, 0.6), np.ones(400)
    few = trees.fit_platt(chance[:10], right[:10], SHIPPED, 20.0)
    many = trees.fit_platt(chance, right, SHIPPED, 20.0)
    assert abs(few[1]) < 0.3 < abs(many[1])


def test_a_file_of_trees_goes_on_with_further_ones() -> None:
    content = shipped_trees("gongbao.linking", "year").read_bytes()
    before = Trees.read(content, "shipped", "")
    width = len(before.metadata["features"])
    rows = np.random.default_rng(3).normal(size=(400, width)).astype(np.float32)
    right = (rows[:, 0] == rows[:, 0].reshape(-1, 4).max(axis=1).repeat(4)).astype(float)
    added = trees.fit_ranker(rows, right, np.full(100, 4), np.ones(100), trees.Growth(12, 0.1, 4))
    after = Trees.read(trees.extended(content, added, {"calibration": (2.0, 1.0)}), "learned", "")
    assert np.abs(after.scores(rows)[:, 0] - before.scores(rows)[:, 0] - added.predict(rows)).max() < 0.01
    assert after.metadata == {**before.metadata, "calibration": [2.0, 1.0]}


PLACES = ["扬州市", "泰州市", "盐城市", "淮安市", "徐州市", "常州市"]


def decided(count: int) -> list[Decided]:
    """Articles whose amounts the user always gives to the province, whatever the text says."""
    articles = []
    for number in range(count):
        city, other = PLACES[number % 6], PLACES[(number + 1) % 6]
        text = f"2022年，{city}修缮桥梁{number + 3}座，投入资金{number + 2}亿元，{other}投入资金{number + 4}亿元。"
        spans = {text.index(raw): raw for raw in (f"{number + 3}座", f"{number + 2}亿元", f"{number + 4}亿元")}
        fact = {"place": f"江苏省/{city}", "year": [2022], "initiative": ["桥梁修缮"]}
        facts = {(start, start + len(raw)): fact for start, raw in spans.items()}
        articles.append(Decided(Article(f"a{number}", text), facts))
    return articles


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("models") / "mine"
    lesson = learn(decided(40), folder)
    assert lesson.folder == folder and lesson.articles == 40
    assert any(fitted.helps for fitted in lesson.fields.values())
    return folder


def test_what_was_learned_is_what_a_model_folder_gives(model: Path) -> None:
    text = decided(1)[0].article.text
    shipped, learned = Pipeline().extract(text), Pipeline(ner=str(model)).extract(text)
    assert [r.record_id for r in shipped] == [r.record_id for r in learned]
    assert [r.field_confidence for r in shipped] != [r.field_confidence for r in learned]
    assert Pipeline(ner=str(model)).extract(text) == learned


def test_a_run_knows_by_which_model_it_was_made(model: Path) -> None:
    said = versions((), str(model))["model"]
    assert said is not None and said.startswith("learned ") and str(model) not in said
    assert versions((), "tagger")["model"] == "tagger"


@dataclass(frozen=True, slots=True)
class Scored:
    """Trees that score as they are told."""

    scored: list[list[float]]

    metadata: ClassVar[dict[str, Any]] = {"calibration": SHIPPED}

    def scores(self, rows: object) -> Any:
        return np.array(self.scored)


WORDS = ("数字", "农田", "改造", "工程", "行动", "贷")


def question(names: bool, random: np.random.Generator) -> tuple[list[str], list[list[float]]]:
    """Candidates of one question with scores, some the same and some but nearly; names are distinct, values are not."""
    values = ["".join(random.choice(WORDS, random.integers(1, 4))) for _ in range(random.integers(1, 9))]
    values = list(dict.fromkeys(values)) if names else values
    return values, random.normal(size=(len(values), 1)).round(1).tolist()


def test_a_value_is_chosen_as_by_the_ranker() -> None:
    random = np.random.default_rng(11)
    for _ in range(300):
        values, scores = question(False, random)
        ranker = Ranker(Scored(scores))  # type: ignore[arg-type]
        shares = ranker.shares([len(values)], np.zeros((len(values), 1), np.float32))
        best, agreeing = Questions().chosen(values, shares)
        (answer,) = ranker.answers([values], np.zeros((len(values), 1), np.float32))
        assert values[best] == answer.value
        assert calibrated(agreeing[best], *SHIPPED) == pytest.approx(answer.confidence)


def test_a_name_is_chosen_as_where_names_compete() -> None:
    random = np.random.default_rng(12)
    for _ in range(300):
        names, scores = question(True, random)
        shares = np.sort(shares_of(np.array(scores)[:, 0], np.array([len(names)])))[::-1]
        text = "，".join(names)
        ends = np.cumsum([len(name) + 1 for name in names]) - 1
        starts = ends - [len(name) for name in names]
        found = np.ones((1, len(names)), bool)
        proposed, none = (Spans(starts[None], ends[None], shares[None], given) for given in (found, ~found))
        ((first,),) = Proposals(text, np.array([len(text)]), proposed, none).indicators(1)
        best, agreeing = of_initiatives().chosen(names, shares)
        assert names[best] == first.text
        assert agreeing[best] == pytest.approx(first.probability)


def test_the_same_decisions_give_the_same_bytes(model: Path, tmp_path: Path) -> None:
    learn(decided(40), tmp_path / "again")
    assert contents(tmp_path / "again") == contents(model)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ctrl-C between the two renames that put a new model in the place of the old one."""
    rename = Path.rename

    def stop(self: Path, target: Path) -> Path:
        if self.name.endswith(".new"):
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", stop)
        yield


def test_a_new_model_that_does_not_come_leaves_the_old_one(model: Path, tmp_path: Path, stopped: None) -> None:
    old = shutil.copytree(model, tmp_path / "mine")
    with pytest.raises(KeyboardInterrupt):
        learn(decided(41), old)
    assert contents(old) == contents(model)


def test_a_model_that_a_killed_one_had_moved_away_is_put_back(model: Path, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / ".mine.old")
    with pytest.raises(ModelError, match="only 3 articles"):
        learn(decided(3), tmp_path / "mine")
    assert contents(tmp_path / "mine") == contents(model) and not (tmp_path / ".mine.old").exists()


def test_too_little_to_learn_from_and_another_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="only 3 articles"):
        learn(decided(3), tmp_path / "mine")
    with pytest.raises(ModelError, match="no learned model"):
        learn(decided(40), tmp_path)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ({"base": {"year": "0" * 16}}, "model.stale"),
        ({"bases": {}}, "model.broken"),
        (None, "model.missing"),
    ],
)
def test_a_model_folder_that_does_not_fit_says_what_to_do(
    tmp_path: Path, damage: dict[str, object] | None, code: str
) -> None:
    base = {"year": hash_of(shipped_trees("gongbao.linking", "year").read_bytes())}
    (tmp_path / "model.json").write_text(json.dumps(damage if damage is not None else {"base": base}), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        Trees.load("gongbao.linking", "year", Learned.of(str(tmp_path)))
    assert caught.value.code == code and "gongbao learn" in (caught.value.fix or "")


def test_annotated_articles_are_decisions(tmp_path: Path) -> None:
    fact = {"ctx": "投入资金3亿元", "amount": "3亿元", "kind": "money", "value": 300000000, "unit": "元", "bound": "="}
    row = {"id": "a", "text": "2022年，扬州市投入资金3亿元。", "facts": [{**fact, "place": "江苏省/扬州市"}]}
    (tmp_path / "gold.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    (found,) = from_gold([tmp_path / "gold.jsonl"])
    ((start, end),) = found.facts
    assert found.article.text[start:end] == "3亿元"

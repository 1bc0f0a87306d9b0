"""`gongbao learn`: from decisions to a model folder, or to the finding that none would help."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from gongbao.errors import ModelError
from gongbao.learn import trees
from gongbao.learn.decided import Decided
from gongbao.learn.fitting import Fitted, QuestionArrays, try_out
from gongbao.learn.questions import Asked, Questions, of_initiatives
from gongbao.linking.linker import Linker
from gongbao.names.tagger import FieldContext, FieldTagger
from gongbao.pipeline import Pipeline
from gongbao.ranker import MANIFEST, Trees, hash_of, shipped_trees
from gongbao.stored import sync, write_whole

PACKAGES: Mapping[str, str] = {"place": "gongbao.linking", "year": "gongbao.linking", "initiative": "gongbao.names"}
"""The fields that are learned, and where their shipped trees are."""
LEAST_ARTICLES = 40
"""With fewer decided articles confidence became worse on the next ones as often as better."""
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What learning came to: `fields` by name, `folder` where the model is, None where nothing helped."""

    articles: int
    fields: Mapping[str, Fitted]
    folder: Path | None

    def to_dict(self) -> dict[str, object]:
        """As plain data."""
        fields = {name: {**asdict(fitted), "helps": fitted.helps} for name, fitted in self.fields.items()}
        return {
            "articles": self.articles,
            "fields": fields,
            "folder": self.folder.as_posix() if self.folder is not None else None,
        }


def learn(
    decided: Sequence[Decided], out: Path, rules: Sequence[Path | str] = (), progress: Progress | None = None
) -> Lesson:
    """Fit the rankers further on decisions, and write what helps on decided articles that were not fitted on.

    Args:
        decided: Decided articles.
        out: The model folder, which is written anew if anything helps, and left as it is if not.
        rules: Folders of the user's own rules.
        progress: Called after each article with how many are read.

    Raises:
        ModelError: too few articles were decided (`learn.few`), or `out` is there and no model folder (`learn.folder`).
    """
    _put_back(out)  # who was killed while putting a new one there could not
    if len(decided) < LEAST_ARTICLES:
        fix = f"Decide on records of at least {LEAST_ARTICLES}; a hundred are what it takes to learn something"
        raise ModelError(f"only {len(decided)} articles were decided on", fix=fix, code="learn.few")
    if out.exists() and not (out / MANIFEST).is_file():
        problem = "the folder is there, and no learned model"
        raise ModelError(problem, where=str(out), fix="Name another with --out", code="learn.folder")
    asked = questions(decided, rules, progress)
    ids = [each.article.id for each in decided]
    found: dict[str, Fitted] = {}
    tables: dict[str, QuestionArrays] = {}
    for name, package in PACKAGES.items():
        shipped = Trees.load(package, name)
        if asked[name].rows:
            tables[name] = QuestionArrays.of(asked[name], shipped)
            slope, offset = shipped.metadata["calibration"]
            found[name] = try_out(tables[name], ids, (slope, offset))
    helping = {name: fitted for name, fitted in found.items() if fitted.helps}
    if helping:
        _write(out, helping, tables, len(decided))
    return Lesson(len(decided), found, out if helping else None)


def questions(
    decided: Sequence[Decided], rules: Sequence[Path | str] = (), progress: Progress | None = None
) -> dict[str, Questions]:
    """What is asked of each field in decided articles."""
    pipeline = Pipeline(rules=rules, ner=None)
    linker, tagger = Linker(pipeline.rules, pipeline.gazetteer), FieldTagger.load()
    asked = {name: of_initiatives() if name == "initiative" else Questions() for name in PACKAGES}
    for number, each in enumerate(decided):
        document = pipeline.document(each.article)
        spans = (document.offsets.to_source(q.start, q.end) for q in document.quantities)
        facts = {n: each.facts[span] for n, span in enumerate(spans) if span in each.facts}
        if facts:
            (proposals,) = tagger.propose([FieldContext(document.text, document.quantities, document.places)])
            article = Asked(number, document, linker.heuristics(document), facts, proposals)
            article.ask_places(asked["place"])
            article.ask_years(asked["year"])
            article.ask_initiatives(asked["initiative"], article.names())
        if progress is not None:
            progress(number + 1)
    return asked


def _write(out: Path, helping: Mapping[str, Fitted], tables: Mapping[str, QuestionArrays], articles: int) -> None:
    """Write a model folder beside its place, and put it there whole."""
    fresh = out.with_name(f".{out.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    base = {}
    for name, fitted in helping.items():
        content = shipped_trees(PACKAGES[name], name).read_bytes()
        base[name] = hash_of(content)
        added = tables[name].fit_all(fitted.rounds) if fitted.rounds else None
        made = trees.extended(content, added, {"calibration": fitted.calibration})
        write_whole(fresh / f"{name}.onnx", made)
    fields = {name: asdict(fitted) for name, fitted in helping.items()}
    manifest = {"base": base, "articles": articles, "fields": fields}
    write_whole(fresh / MANIFEST, (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode())
    _put(fresh, out)


def _put(fresh: Path, out: Path) -> None:
    """Put a model folder in its place; what was there goes when it stands there, and comes back if it cannot."""
    old = _old(out)
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    try:
        fresh.rename(out)
    except BaseException:  # Ctrl-C too
        _put_back(out)
        raise
    sync(out.parent)
    shutil.rmtree(old, ignore_errors=True)


def _put_back(out: Path) -> None:
    """Give a model folder its place again that was moved away for a new one which did not come."""
    if (old := _old(out)).is_dir() and not out.exists():
        old.rename(out)


def _old(out: Path) -> Path:
    return out.with_name(f".{out.name}.old")

"""The sample articles and their gold facts: well formed, complete, in our own words, and reproducible."""

from __future__ import annotations

import csv
import importlib.util
import itertools
import json
import re
import sys
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from gongbao.document import Article
from gongbao.places.gazetteer import Gazetteer
from gongbao.read import read_paths
from gongbao.rulebook.ruleset import SHIPPED, RuleSet

CORPUS = Path(__file__).resolve().parents[1] / "corpus"


def lines(paths: Iterable[Path]) -> list[dict[str, Any]]:
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


ARTICLES = lines(sorted((CORPUS / "gold").glob("*.jsonl")))
LEARNED = lines([CORPUS / "training" / "gold.jsonl"])
"""Texts that the field tagger learns from; they are in no file of their own."""
KINDS = {"money", "count", "percent", "growth", "multiple", "duration", "measure"}
FIELDS = {"ctx", "amount", "kind", "value", "unit", "bound", "place", "year", "initiative", "indicator"}
SPANS = {"indicator_in_text", "initiative_in_text"}
OPTIONAL = {"value_max", "place_also", "optional"}

each_article = pytest.mark.parametrize("article", [*ARTICLES, *LEARNED], ids=lambda article: article["id"])


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load(RuleSet((SHIPPED,), {}))


def located(article: dict[str, Any]) -> list[tuple[int, int]]:
    """Where the amounts stand, found as the scorer finds them."""
    spans = []
    for fact in article["facts"]:
        start = article["text"].index(fact["ctx"]) + fact["ctx"].index(fact["amount"])
        spans.append((start, start + len(fact["amount"])))
    return spans


def test_the_corpus_is_large_enough() -> None:
    roundups = [article for article in ARTICLES if article["id"].startswith("roundups/")]
    assert len(ARTICLES) >= 18
    assert len(roundups) >= 8
    assert sum(len(article["facts"]) for article in ARTICLES) >= 450
    assert {article["script"] for article in ARTICLES} == {"hans", "hant", "hant-pinyin"}
    assert len({article["id"] for article in ARTICLES + LEARNED}) == len(ARTICLES + LEARNED)


def test_every_article_has_gold_and_every_gold_line_its_article() -> None:
    ids: set[str] = set()
    for path in (CORPUS / "articles").rglob("*"):
        if path.suffix == ".jsonl":
            ids |= {json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()}
        elif path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as table:
                ids |= {row["id"] for row in csv.DictReader(table)}
        elif path.is_file():
            ids.add(path.relative_to(CORPUS / "articles").as_posix())
    assert ids == {article["id"] for article in ARTICLES}


def test_the_reader_gives_the_texts_that_the_facts_are_anchored_in() -> None:
    read = {item.id: item for item in read_paths([CORPUS / "articles"])}
    for article in ARTICLES:
        found = read[article["id"]]
        assert isinstance(found, Article), found
        assert found.text == article["text"], article["id"]
        assert str(found.pub_date) == article["pub_date"], article["id"]
        assert found.title == article["title"], article["id"]
    assert len(read) == len(ARTICLES)


def test_the_formats_of_the_brief_are_there() -> None:
    suffixes = {path.suffix for path in (CORPUS / "articles").rglob("*") if path.is_file()}
    assert suffixes >= {".txt", ".md", ".html", ".docx", ".pdf", ".csv", ".jsonl"}


@each_article
def test_article_fields(article: dict[str, Any]) -> None:
    assert set(article) == {
        *("id", "title", "pub_date", "source", "script", "text", "facts", "initiatives", "orgs", "places")
    }
    date.fromisoformat(article["pub_date"])
    assert article["text"].strip() and article["title"].strip()
    for key in ("initiatives", "orgs", "places"):
        assert len(set(article[key])) == len(article[key])
        assert all(name and name in article["text"] for name in article[key]), key


@each_article
def test_facts_are_anchored_once_and_in_order(article: dict[str, Any]) -> None:
    for fact in article["facts"]:
        assert article["text"].count(fact["ctx"]) == 1, fact["ctx"]
        assert fact["amount"] in fact["ctx"]
        assert fact["amount"] == fact["amount"].strip()
    spans = located(article)
    for (start, end), (following, _) in itertools.pairwise(spans):
        assert start < end <= following, article["text"][start:end]
    for (start, _), fact in zip(spans, article["facts"], strict=True):
        before = article["text"][max(start - 1, 0) : start]
        assert not (fact["amount"][0].isdigit() and before.isdigit()), fact["ctx"]


@each_article
def test_facts_have_allowed_values(article: dict[str, Any]) -> None:
    for fact in article["facts"]:
        assert FIELDS | SPANS <= set(fact) <= FIELDS | SPANS | OPTIONAL
        assert fact["kind"] in KINDS and fact["bound"] in {"=", "~", ">", "<"}, fact["ctx"]
        assert isinstance(fact["value"], int | float)
        assert fact["unit"] or fact["kind"] == "count"  # 187万群众
        assert fact["year"] is None or (fact["year"] and all(1900 <= year <= 2050 for year in fact["year"]))
        assert fact["indicator"] and fact["initiative"], fact["ctx"]
        assert fact.get("optional", True) is True
        for key in SPANS:
            assert fact[key] is None or fact[key] in article["text"], fact[key]


@each_article
def test_kind_and_unit_agree(article: dict[str, Any]) -> None:
    money = {"元", "美元", "港元", "新台币", "欧元", "澳门元", "马克"}
    for fact in article["facts"]:
        assert (fact["kind"] == "money") == (fact["unit"].split("/")[0] in money), fact["ctx"]
        if fact["kind"] in ("percent", "growth") and fact["unit"] in ("%", "百分点"):
            assert abs(fact["value"]) < 1000, fact["ctx"]
        if fact["kind"] == "multiple":
            assert fact["unit"] == "倍", fact["ctx"]
        if fact["value"] < 0:
            assert fact["kind"] == "growth" or fact["unit"] == "摄氏度", fact["ctx"]


@each_article
def test_value_has_the_digits_of_the_amount(article: dict[str, Any]) -> None:
    plain = re.compile(r"([\d.]+)(?:万|億|亿|萬|百|千|余|多|餘|[^\d.])*")
    for fact in article["facts"]:
        written = re.sub(r"\([a-zü-ǜāáǎàēéěèīíǐìōóǒòūúǔù]+\)|[ ,，\u00a0\u200b]", "", fact["amount"])
        match = plain.fullmatch(written)
        if match and "value_max" not in fact and not re.search(r"[折/千]", written):
            digits, value = (str(Decimal(str(n)).normalize().scaleb(0)) for n in (match[1], abs(fact["value"])))
            assert significant(digits) == significant(value), fact["ctx"]


def significant(number: str) -> str:
    return format(Decimal(number), "f").replace(".", "").strip("0")


@each_article
def test_places_are_canonical(article: dict[str, Any], gazetteer: Gazetteer) -> None:
    for fact in article["facts"]:
        for place in (fact["place"], *fact.get("place_also", [])):
            entry = gazetteer.by_path(place) if place else None
            assert place is None or entry, place
            assert entry is None or entry.valid(int(article["pub_date"][:4])), place


@each_article
def test_every_arabic_quantity_is_annotated_or_known_to_be_none(article: dict[str, Any]) -> None:
    """Digits before a measure word that no fact covers are mostly facts that the annotator missed."""
    text = article["text"]
    covered = {i for start, end in located(article) for i in range(start, end)}
    measure = (
        r"(?:万|億|亿|萬)?(?:余|多|餘)?(?:億|亿)?(?:元|家|件|人|项|項|户|戶|%|个百分点|個百分點|倍|亩|畝|公里|吨|噸)"
    )
    missed = [
        text[max(0, hit.start() - 12) : hit.end() + 4]
        for hit in re.finditer(rf"\d[\d.,]*{measure}", text)
        if hit.start() not in covered
    ]
    assert not missed


def test_the_files_are_what_the_sources_make() -> None:
    build = load(CORPUS / "build.py")
    different = [path for path, content in build.build().items() if not path.exists() or path.read_bytes() != content]
    assert not different, "run: python corpus/build.py"


@pytest.mark.shared
def test_no_sentence_is_copied(shared: Path) -> None:
    """No 24 characters in a row of the annotated articles, whitespace and punctuation width apart."""
    width = 24

    def solid(text: str) -> str:
        return re.sub(r"\s", "", text)

    theirs: set[str] = set()
    for path in [*shared.glob("annotated/*.jsonl"), *shared.glob("articles/*.txt")]:
        content = path.read_text(encoding="utf-8")
        texts = [json.loads(line)["text"] for line in content.splitlines()] if path.suffix == ".jsonl" else [content]
        for text in map(solid, texts):
            theirs.update(text[i : i + width] for i in range(len(text) - width + 1))
    ours = [solid(article["text"]) for article in ARTICLES + LEARNED]
    ours += [solid(path.read_text(encoding="utf-8")) for path in (CORPUS / "sources").iterdir()]
    copied = [
        text[i : i + width] for text in ours for i in range(len(text) - width + 1) if text[i : i + width] in theirs
    ]
    assert not copied

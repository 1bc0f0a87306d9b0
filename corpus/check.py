"""What holds of the sample articles and their facts: complete, anchored, canonical, and in our own words.

`python corpus/build.py --check` says what does not, one line a fault.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from gongbao.document import Article
from gongbao.places.gazetteer import Gazetteer
from gongbao.read import read_paths
from gongbao.rulebook.load import SHIPPED, RuleSet

Gold = dict[str, Any]
KINDS = {"money", "count", "percent", "growth", "multiple", "duration", "measure"}
CURRENCIES = {"元", "美元", "港元", "新台币", "欧元", "澳门元", "马克"}
ARTICLE = {"id", "title", "pub_date", "source", "script", "text", "facts", "initiatives", "orgs", "places"}
SPANS = {"indicator_in_text", "initiative_in_text"}
FACT = {"ctx", "amount", "kind", "value", "unit", "bound", "place", "year", "initiative", "indicator"} | SPANS
OPTIONAL = {"value_max", "place_also", "optional"}
COPIED = 24
"""So many characters in a row that stand in a real article are copied from it."""
_WRITTEN = re.compile(r"([\d.]+)(?:万|億|亿|萬|百|千|余|多|餘|[^\d.])*")
_GLOSSES = re.compile(r"\([a-zü-ǜāáǎàēéěèīíǐìōóǒòūúǔù]+\)|[ ,，\u00a0\u200b]")
_QUANTITY = re.compile(
    r"\d[\d.,]*(?:万|億|亿|萬)?(?:余|多|餘)?(?:億|亿)?(?:元|家|件|人|项|項|户|戶|%|个百分点|個百分點|倍|亩|畝|公里|吨|噸)"
)


def problems(gold: Sequence[Gold], training: Sequence[Gold], articles: Path) -> Iterator[str]:
    """Every fault of the annotated articles.

    Args:
        gold: The lines of corpus/gold.
        training: The lines of corpus/training/gold.jsonl.
        articles: The folder whose files `gold` is about.
    """
    everything = [*gold, *training]
    for article in everything:
        for fault in faults(article):
            yield f"{article['id']}: {fault}"
    for name, group in itertools.groupby(sorted(article["id"] for article in everything)):
        if len(list(group)) > 1:
            yield f"{name}: two articles have this id"
    yield from as_read(gold, articles)
    yield from tour(gold, articles)


def faults(article: Gold) -> Iterator[str]:
    """What is wrong with one article and its facts; with its form, if that is wrong, and nothing else."""
    form = [*_form(article)]
    yield from form or itertools.chain.from_iterable(rule(article) for rule in RULES)


def _form(article: Gold) -> Iterator[str]:
    if article.keys() != ARTICLE:
        yield f"fields {sorted(article.keys() ^ ARTICLE)}"
        return
    date.fromisoformat(article["pub_date"])
    if not article["text"].strip() or not article["title"].strip():
        yield "no text or no title"
    for key in ("initiatives", "orgs", "places"):
        names = article[key]
        if len(set(names)) < len(names) or not all(name and name in article["text"] for name in names):
            yield f"{key}: a name twice, or not in the text"
    for fact in article["facts"]:
        if not FACT <= fact.keys() <= FACT | OPTIONAL:
            yield f"fields {sorted(fact.keys() ^ FACT)} of {fact.get('ctx')}"
        elif article["text"].count(fact["ctx"]) != 1 or fact["amount"] not in fact["ctx"]:
            yield f"not anchored once: {fact['ctx']}"


def anchored(article: Gold) -> Iterator[str]:
    """Amounts stand in order and apart, and are cut out of no longer number."""
    spans = _spans(article)
    for (start, end), (following, _) in itertools.pairwise(spans):
        if not start < end <= following:
            yield f"not in the order of the text: {article['text'][start:end]}"
    for (start, _), fact in zip(spans, article["facts"], strict=True):
        before = article["text"][max(start - 1, 0) : start]
        if fact["amount"] != fact["amount"].strip() or (fact["amount"][0].isdigit() and before.isdigit()):
            yield f"cut badly: {fact['ctx']}"


def allowed(article: Gold) -> Iterator[str]:
    """Fields have values of their kind."""
    for fact in article["facts"]:
        years = fact["year"]
        right = (
            fact["kind"] in KINDS
            and fact["bound"] in {"=", "~", ">", "<"}
            and isinstance(fact["value"], int | float)
            and (fact["unit"] or fact["kind"] == "count")  # 187万群众
            and (years is None or (years and all(1900 <= year <= 2050 for year in years)))
            and fact["indicator"]
            and fact["initiative"]
            and fact.get("optional", True) is True
            and all(fact[key] is None or fact[key] in article["text"] for key in SPANS)
        )
        if not right:
            yield f"a value that is not allowed: {fact['ctx']}"


def units(article: Gold) -> Iterator[str]:
    """Kind and unit agree, and only growth falls below zero."""
    for fact in article["facts"]:
        kind, unit, value = fact["kind"], fact["unit"], fact["value"]
        if (
            (kind == "money") != (unit.split("/")[0] in CURRENCIES)
            or (kind in ("percent", "growth") and unit in ("%", "百分点") and abs(value) >= 1000)
            or (kind == "multiple" and unit != "倍")
            or (value < 0 and kind != "growth" and unit != "摄氏度")
        ):
            yield f"kind, unit and value do not agree: {kind} {value} {unit} of {fact['ctx']}"


def digits(article: Gold) -> Iterator[str]:
    """A value has the digits that stand in the amount."""
    for fact in article["facts"]:
        written = _GLOSSES.sub("", fact["amount"])
        match = _WRITTEN.fullmatch(written)
        if match and "value_max" not in fact and not re.search(r"[折/千]", written):
            stated, value = (_significant(Decimal(str(number))) for number in (match[1], abs(fact["value"])))
            if stated != value:
                yield f"{fact['value']} is not the value of {fact['ctx']}"


def places(article: Gold) -> Iterator[str]:
    """Places are paths of the gazetteer, of divisions that were there in the year of publication."""
    for fact in article["facts"]:
        for place in filter(None, (fact["place"], *fact.get("place_also", []))):
            entry = _gazetteer().by_path(place)
            if entry is None or not entry.valid(int(article["pub_date"][:4])):
                yield f"no such place at the time: {place}"


def complete(article: Gold) -> Iterator[str]:
    """Digits before a measure word that no fact covers are mostly facts that the annotator missed."""
    text = article["text"]
    covered = {at for start, end in _spans(article) for at in range(start, end)}
    for hit in _QUANTITY.finditer(text):
        if hit.start() not in covered:
            yield f"no fact covers {text[max(0, hit.start() - 12) : hit.end() + 4]!r}"


RULES: tuple[Callable[[Gold], Iterator[str]], ...] = (anchored, allowed, units, digits, places, complete)


def as_read(gold: Sequence[Gold], folder: Path) -> Iterator[str]:
    """The reader gives the texts that the facts are anchored in: every article has facts, all facts an article."""
    read = {item.id: item for item in read_paths([folder])}
    for name in sorted(read.keys() ^ {article["id"] for article in gold}):
        yield f"{name}: in only one of articles/ and gold/"
    for article in gold:
        found = read.get(article["id"])
        if found is not None and not (
            isinstance(found, Article)
            and (found.text, str(found.pub_date), found.title)
            == (article["text"], article["pub_date"], article["title"])
        ):
            yield f"{article['id']}: text, title or date are not what the reader gives"


def tour(gold: Sequence[Gold], folder: Path) -> Iterator[str]:
    """The sample articles show every script and every kind of file."""
    missing = {"hans", "hant", "hant-pinyin"} - {article["script"] for article in gold}
    suffixes = {".txt", ".md", ".html", ".docx", ".pdf", ".csv", ".jsonl"}
    missing |= suffixes - {path.suffix for path in folder.rglob("*") if path.is_file()}
    yield from (f"no article is {name}" for name in sorted(missing))


def copied(ours: Mapping[str, str], shared: Path) -> Iterator[str]:
    """No sentence of a real article, in a folder that need not be there, is in ours (by name), white space apart."""
    theirs: set[str] = set()
    for path in [*shared.glob("annotated/*.jsonl"), *shared.glob("articles/*.txt")]:
        content = path.read_text(encoding="utf-8")
        texts = [json.loads(line)["text"] for line in content.splitlines()] if path.suffix == ".jsonl" else [content]
        for text in texts:
            theirs.update(_windows(text))
    for name, text in ours.items():
        yield from (f"{name}: copied: {passage}" for passage in _windows(text) if passage in theirs)


def _windows(text: str) -> Iterator[str]:
    solid = re.sub(r"\s", "", text)
    return (solid[at : at + COPIED] for at in range(len(solid) - COPIED + 1))


def _spans(article: Gold) -> list[tuple[int, int]]:
    """Where the amounts stand, found as the scorer finds them."""
    starts = [article["text"].index(fact["ctx"]) + fact["ctx"].index(fact["amount"]) for fact in article["facts"]]
    return [(start, start + len(fact["amount"])) for start, fact in zip(starts, article["facts"], strict=True)]


def _significant(number: Decimal) -> str:
    return format(number, "f").replace(".", "").strip("0")


@cache
def _gazetteer() -> Gazetteer:
    return Gazetteer.load(RuleSet((SHIPPED,), {}))

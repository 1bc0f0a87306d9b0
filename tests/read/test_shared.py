"""The annotated articles beside the checkout: no fact is metadata or boilerplate, dates and titles are right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from gongbao.document import Article
from gongbao.read import find_metadata, read_paths

pytestmark = pytest.mark.shared


def rows(shared: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((shared / "annotated").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def test_no_fact_is_lost(shared: Path) -> None:
    lost = []
    for row in rows(shared):
        text = row["text"]
        found = find_metadata(text)
        for fact in row["facts"]:
            at = text.index(fact["ctx"]) + fact["ctx"].index(fact["amount"])
            in_title = text[:at].count("\n") == 0
            if not in_title and (
                at < found.content_start or any(start <= at < end for start, end in found.boilerplate)
            ):
                lost.append((row["id"], fact["amount"], bool(fact.get("optional"))))
    assert [item for item in lost if not item[2]] == []
    assert len(lost) <= 1  # a title repeated as 原标题


def test_dates_and_titles_that_texts_state(shared: Path) -> None:
    told = wrong = 0
    for row in rows(shared):
        found = find_metadata(row["text"])
        if found.pub_date and row["pub_date"]:
            told += 1
            wrong += found.pub_date.year != date.fromisoformat(row["pub_date"]).year
    assert told >= 20
    assert wrong == 0


def test_the_seed_article(shared: Path, one: Callable[..., Article]) -> None:
    article = one(shared / "articles" / "seed.txt")
    seed = next(row for row in rows(shared) if row["id"] == "seed")
    assert article.text == seed["text"]
    assert (article.title, str(article.pub_date)) == (seed["title"], seed["pub_date"])
    assert set(article.metadata) == {"author", "modified", "editor"}
    assert article.text[: article.content_start].count("\n") == 7
    assert [article.text[start : start + 3] for start, _ in article.boilerplate] == ["(責編"]


def test_texts_come_back_from_every_encoding(shared: Path, tmp_path: Path) -> None:
    """Letter by letter, but that a file of text has lines that end in one character, whoever wrote it."""
    texts = {}
    for row in rows(shared):
        for encoding in ("utf-8-sig", "gb18030", "utf-16"):
            name = f"{row['id']}-{encoding}.txt"
            texts[name] = row["text"].replace("\r\n", "\n")
            (tmp_path / name).write_bytes(row["text"].encode(encoding))
    found = {item.id: item.text for item in read_paths([tmp_path]) if isinstance(item, Article)}
    assert found == texts

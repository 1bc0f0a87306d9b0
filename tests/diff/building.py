"""Builds records and run folders for tests of diff and review."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gongbao.canonical import dump_json, record_id
from gongbao.record import Evidence, Record

VERSIONS = {"code": "0.1.0", "rules": "aaaaaaaaaaaa", "model": "lac"}


def make_record(article_id: str, text: str, amount: str, /, *, nth: int = 0, **fields: Any) -> dict[str, Any]:
    """A record of the nth `amount` in `text`; everything else may be given, evidence rules as `place_rule=...`."""
    start = -1
    for _ in range(nth + 1):
        start = text.index(amount, start + 1)
    end = start + len(amount)
    start, end = fields.pop("span", (start, end))
    left = max((text.rfind(mark, 0, start) for mark in "。\n"), default=-1) + 1
    right = min((i for mark in "。\n" if (i := text.find(mark, end)) >= 0), default=len(text))
    right = min(right + 1, len(text))
    rules = {
        name: fields.pop(f"{name}_rule", f"{name}.test")
        for name in ("place", "year", "initiative", "indicator", "amount")
    }
    spans = {
        "amount": (start, end),
        **{name: fields.pop(f"{name}_span", None) for name in ("place", "year", "initiative", "indicator")},
    }
    evidence = {
        name: Evidence(
            how="stated" if spans[name] else "carried",
            rule=rule,
            **dict(zip(("start", "end"), spans[name] or (None, None), strict=True)),
        )
        for name, rule in rules.items()
    }
    kind = fields.get("kind", "money")
    values = {
        "record_id": record_id(article_id, start, end, kind),
        "article_id": article_id,
        "title": text.split("\n", 1)[0],
        "pub_date": "2021-01-08",
        "place": "江苏省/南京市",
        "place_code": "320100",
        "province": "江苏省",
        "city": "南京市",
        "initiative": "质押融资",
        "indicator": "融资额",
        "amount": amount,
        "kind": "money",
        "value": 1,
        "unit": "元",
        "bound": "=",
        "status": "actual",
        "year": 2020,
        "period": "2020年",
        "period_start": "2020-01-01",
        "period_end": "2020-12-31",
        "start": start,
        "end": end,
        "raw": text[start:end],
        "sentence": text[left:right],
        "sentence_start": left,
        "sentence_end": right,
        "evidence": evidence,
        "confidence": 0.9,
        "field_confidence": {"place": 0.9, "status": 0.8},
        "flags": [],
        **fields,
    }
    return Record.model_validate(values).to_dict()


def write_records(path: Path, records: Iterable[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(dump_json(dict(r)) + "\n" for r in records), encoding="utf-8")
    return path


def write_run(
    outputs: Path,
    run_id: str,
    texts: Mapping[str, str],
    records: Sequence[Mapping[str, Any]],
    *,
    latest: bool = True,
    started: str | None = None,
    versions: Mapping[str, str] | None = None,
    rule_versions: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, Any]] = (),
    simplified: Mapping[str, str] | None = None,
    repairs: Mapping[str, list[dict[str, Any]]] | None = None,
    schema_version: str = "1.0",
) -> Path:
    """A run folder as the runner writes it."""
    folder = outputs / "runs" / run_id
    write_records(folder / "records.jsonl", records)
    rows = [
        {
            "id": key,
            "title": text.split("\n", 1)[0],
            "pub_date": "2021-01-08",
            "source": "test",
            "text": text,
            "simplified": (simplified or {}).get(key, text),
            "repairs": (repairs or {}).get(key, []),
            "counts": {},
            "seconds": 0.1,
        }
        for key, text in texts.items()
    ]
    write_records(folder / "articles.jsonl", rows)
    write_records(folder / "errors.jsonl", errors)
    manifest = {
        "schema_version": schema_version,
        "run_id": run_id,
        "input": ["articles"],
        "counts": {"articles": len(texts), "records": len(records), "errors": len(errors)},
        "versions": dict(versions or VERSIONS),
        "rule_versions": dict(rule_versions or {"amount.test": "1"}),
        "started": started or run_id,
        "seconds": 1.0,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    if latest:
        link = outputs / "latest"
        link.unlink(missing_ok=True)
        link.symlink_to(Path("runs") / run_id)
    return folder

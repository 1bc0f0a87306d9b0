"""`make score`: run the pipeline over the annotated articles and print the scorer's figures.

    python benchmarks/score.py [--shared ../shared] [--no-ner] [--errors N [--field FIELD]] [--out FOLDER]

Tuning set: economy and the even-numbered articles of innovation. Check set: livelihood and the odd-numbered articles
of innovation: their errors are counted, not read, while rules are written.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

SETS = {
    "seed": ("seed",),
    "economy": ("economy",),
    "innovation": ("innovation",),
    "livelihood": ("livelihood",),
    "E+I+L": ("economy", "innovation", "livelihood"),
    "all": ("seed", "economy", "innovation", "livelihood"),
    "damaged": ("damaged_simulated",),
}
FIELDS = (
    "mention_p",
    "mention_r",
    "mention_f1",
    "value",
    "kind",
    "bound",
    "place",
    "year",
    "initiative",
    "indicator",
    "tuple_f1",
    "core_f1",
)


def scorer(shared: Path) -> Any:
    """The shared scoring tool as a module."""
    spec = importlib.util.spec_from_file_location("score_tool", shared / "tools" / "score.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--no-ner", action="store_true")
    parser.add_argument("--ner", default="tagger")
    parser.add_argument("--errors", type=int, default=0)
    parser.add_argument("--field")
    parser.add_argument("--set", default="all", help="the set whose errors are printed; tune = the tuning set")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    from gongbao import Pipeline
    from gongbao.document import Article, Failure
    from gongbao.read import read_paths

    tool = scorer(options.shared)
    files = sorted((options.shared / "annotated").glob("*.jsonl"))
    articles = {file.stem: [json.loads(line) for line in file.open(encoding="utf-8") if line.strip()] for file in files}
    pipeline = Pipeline(ner=None if options.no_ner else options.ner)
    records: list[Any] = []
    for result in pipeline.pipe(item for item in read_paths(files) if isinstance(item, Article)):
        if isinstance(result, Failure):
            print(f"failed: {result.id}: {result.message}", file=sys.stderr)
        else:
            records += [json.loads(record.to_json()) for record in result.records]
    by_article: dict[str, list[Any]] = {}
    for record in records:
        by_article.setdefault(record["article_id"], []).append(record)

    def score(gold: list[Any], errors: int = 0) -> Any:
        return tool.score(gold, [r for a in gold for r in by_article.get(a["id"], [])], errors=errors)

    def odd(article: Any) -> bool:
        return int(article["id"].rsplit("-", 1)[1]) % 2 == 1

    sets = {name: [a for stem in stems for a in articles.get(stem, [])] for name, stems in SETS.items()}
    sets["tune"] = articles["economy"] + [a for a in articles["innovation"] if not odd(a)]
    sets["check"] = articles["livelihood"] + [a for a in articles["innovation"] if odd(a)]
    results = {name: score(gold)[0] for name, gold in sets.items()}
    if options.json:
        print(json.dumps(results, ensure_ascii=False))
    else:
        print(f"{'':12}" + "".join(f"{field:>12}" for field in FIELDS))
        for name, result in results.items():
            print(
                f"{name:12}"
                + "".join(f"{result[field]:12.3f}" if result[field] is not None else f"{'-':>12}" for field in FIELDS)
            )
    if options.errors:
        rows = score(sets[options.set], errors=10**9)[1]
        for row in [row for row in rows if not options.field or row[1] == options.field][: options.errors]:
            print("\t".join(str(item) for item in row), file=sys.stderr)


if __name__ == "__main__":
    main()

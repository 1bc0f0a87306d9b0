"""How long a large export takes, and how much memory: one million records into csv, parquet and sqlite.

    python benchmarks/export.py [--records 1000000] [--to csv,parquet,sqlite]

The records are those of the sample corpus over and over, each time as other articles with other figures, in the
sentences too, so that nothing can be reused. Each export runs in a process of its own; its peak of resident memory is
what the system counted.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gongbao.canonical import dump_json, record_id
from gongbao.record import Record

DIGITS = re.compile(r"\d")


def make_run(folder: Path, source: Path, records: int) -> None:
    """A run folder of so many records, made from another one; the same each time."""
    rows: dict[str, list[dict]] = {}
    for line in (source / "records.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        rows.setdefault(row["article_id"], []).append(row)
    articles = [json.loads(line) for line in (source / "articles.jsonl").open(encoding="utf-8")]
    chance = random.Random(20260101)
    folder.mkdir(parents=True)
    written = turn = 0
    with (folder / "records.jsonl").open("w") as out, (folder / "articles.jsonl").open("w") as texts:
        while written < records:
            turn += 1
            for article in articles:
                if written >= records:
                    break
                name = f"{article['id']}-{turn}"
                texts.write(dump_json({**article, "id": name}) + "\n")
                sentences: dict[str, str] = {}
                for row in rows.get(article["id"], [])[: records - written]:
                    sentence = row["sentence"]
                    if sentence not in sentences:
                        sentences[sentence] = DIGITS.sub(lambda _: str(chance.randrange(10)), sentence)
                    value = row["value"] * chance.randrange(1, 1000) // 1 if row["kind"] == "money" else row["value"]
                    new = {**row, "article_id": name, "value": value, "sentence": sentences[sentence]}
                    new["record_id"] = record_id(name, row["start"], row["end"], row["kind"])
                    out.write(dump_json({key: new[key] for key in Record.model_fields}) + "\n")
                    written += 1
    manifest = {**json.loads((source / "manifest.json").read_text()), "run_id": folder.name}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def export_once(run: Path, to: str, path: Path) -> None:
    """One export, reported as a line of JSON; runs in a process of its own."""
    from gongbao.export.select import Data
    from gongbao.export.sources import open_source
    from gongbao.export.writing import export, target_of

    wall, processor = time.perf_counter(), time.process_time()
    count = export(Data([open_source(run)]), target_of(to, str(path), lambda format: path)).rows
    report = {
        "to": to,
        "records": count,
        "seconds": round(time.perf_counter() - wall, 1),
        "processor_seconds": round(time.process_time() - processor, 1),
        "megabytes_of_memory": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "megabytes_of_file": round(path.stat().st_size / 1e6),
    }
    print(json.dumps(report), flush=True)


def main() -> None:
    """Make the records, then export them to each target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--to", default="csv,parquet,sqlite")
    parser.add_argument("--run", type=Path, default=Path("outputs/latest"), help="the run to repeat")
    parser.add_argument("--once", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.once:
        export_once(Path(given.once[0]), given.once[1], Path(given.once[2]))
        return
    with tempfile.TemporaryDirectory() as scratch:
        run = Path(scratch) / "run"
        make_run(run, given.run, given.records)
        for to in given.to.split(","):
            path = Path(scratch) / f"out.{to}"
            subprocess.run([sys.executable, __file__, "--once", str(run), to, str(path)], check=True)
            path.unlink()


if __name__ == "__main__":
    main()

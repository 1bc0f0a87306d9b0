"""From a shard to its lines: the one function that every engine runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gongbao.document import Article, Extraction, Failure
from gongbao.run.lines import Counts, to_lines
from gongbao.run.shards import Shard, ShardFolder

if TYPE_CHECKING:
    from gongbao.pipeline import Pipeline

TIMEOUT = 60.0
MEMORY = 2048


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker needs to know.

    Args:
        folder: Where shards go; on several machines a folder that all of them see.
        rules: The user's rule folders.
        ner: The model for names, or None.
        timeout: Processor seconds that a worker may take over an article of ordinary length before it is ended.
        memory: MiB that a worker may hold.
    """

    folder: Path
    rules: tuple[str, ...] = ()
    ner: str | None = "tagger"
    timeout: float = TIMEOUT
    memory: int = MEMORY


def extract_shard(
    pipeline: Pipeline, shard: Shard, folder: Path, *, careful: bool = False, beat: Callable[[int], None] | None = None
) -> Counts:
    """Extract a shard and write its file; only counts are returned.

    Args:
        pipeline: The loaded pipeline.
        shard: The articles.
        folder: Where the shard's file goes.
        careful: One article at a time, so that the one that ends the process is known.
        beat: Called with an item's number in the shard: before it if `careful`, else when its result is there.
    """
    lines = to_lines(_results(pipeline, shard.items, careful, beat or (lambda number: None)))
    ShardFolder(folder).write(shard.key, lines)
    return lines.counts


def _results(
    pipeline: Pipeline, items: tuple[Article | Failure, ...], careful: bool, beat: Callable[[int], None]
) -> Iterator[tuple[Extraction | Failure, float]]:
    clock = time.perf_counter()
    extracted = iter(()) if careful else pipeline.stream(item for item in items if isinstance(item, Article))
    for number, item in enumerate(items):
        if careful:
            beat(number)
        if isinstance(item, Failure):
            yield item, 0.0
            continue
        result = next(pipeline.stream([item], batch_size=1) if careful else extracted)
        if isinstance(result, Failure) and result.message.startswith("MemoryError"):
            result = replace(
                result,
                code="extract.memory",
                message="the article needs more memory than a worker may take",
                fix="Split the article, or raise --memory",
            )
        now = time.perf_counter()
        yield result, now - clock
        clock = now
        if not careful:
            beat(number)

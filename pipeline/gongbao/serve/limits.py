"""What the service refuses, so that no client can take it away from the others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """Bounds on size, time and concurrency.

    Args:
        body: Bytes of one request to `/extract`.
        characters: Code points of one article.
        text: Bytes of one article's text in UTF-8.
        records: Records that one article may give.
        articles: Articles in one file sent to `/extract`; more go to `/extract/batch`.
        line: Bytes of one line of a batch.
        batch: Bytes of a whole batch; they are kept in a temporary file while the client sends faster than the
            articles are extracted.
        timeout: Seconds that an article may take, and one more for each 1,000 characters.
        patience: Seconds that an article may wait for a free worker.
        idle: Seconds in which a client sends nothing, or takes nothing of its answer, before it is given up.
        queue: Articles that may wait for a worker, beside those being extracted.
        batches: Batches at once.
        readers: Requests to `/runs` and `/records` at once.
        scan: Seconds that one page of `/records` may search before it is handed out as it is.
    """

    body: int = 20_000_000
    characters: int = 500_000
    text: int = 2_000_000
    records: int = 20_000
    articles: int = 1_000
    line: int = 5_000_000
    batch: int = 1_000_000_000
    timeout: float = 30.0
    patience: float = 30.0
    idle: float = 30.0
    queue: int = 32
    batches: int = 4
    readers: int = 16
    scan: float = 2.0

"""gongbao: facts out of Chinese bulletins, each with its evidence.

from gongbao import Pipeline
records = Pipeline().extract(text, pub_date="2021-01-09")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gongbao.document import Article
    from gongbao.pipeline import Pipeline
    from gongbao.record import Record

__all__ = ["Article", "Pipeline", "Record", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Imported on first use: `gongbao --help` must not wait for spaCy and jieba.
    if name == "Pipeline":
        from gongbao.pipeline import Pipeline

        return Pipeline
    if name == "Article":
        from gongbao.document import Article

        return Article
    if name == "Record":
        from gongbao.record import Record

        return Record
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

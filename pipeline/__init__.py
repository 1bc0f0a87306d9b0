"""gongbao: facts out of Chinese bulletins, each with its evidence.

    from pipeline import Pipeline
    records = Pipeline().extract(text, pub_date="2021-01-09")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.extractor import Pipeline
    from pipeline.models import Article, Record

__all__ = ["Article", "Pipeline", "Record", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Imported on first use: `gongbao --help` must not wait for spaCy and jieba.
    if name == "Pipeline":
        from pipeline.extractor import Pipeline

        return Pipeline
    if name in {"Article", "Record"}:
        from pipeline import models

        return getattr(models, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""gongbao: facts out of Chinese bulletins, each with its evidence.

from gongbao import Pipeline
records = Pipeline().extract(text, pub_date="2021-01-09")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["Article", "Extraction", "Failure", "GongbaoError", "Pipeline", "Record", "Records", "__version__"]
__version__ = "0.1.0"

if TYPE_CHECKING:
    from gongbao.document import Article, Extraction, Failure
    from gongbao.errors import GongbaoError
    from gongbao.pipeline import Pipeline, Records
    from gongbao.record import Record
else:
    # Out of sight of type checkers, to which it would say that there is every name.
    _HOMES = {
        "Article": "document",
        "Extraction": "document",
        "Failure": "document",
        "GongbaoError": "errors",
        "Pipeline": "pipeline",
        "Record": "record",
        "Records": "pipeline",
    }

    def __getattr__(name):
        # Imported on first use: `gongbao --help` must not wait for jieba and the network.
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"gongbao.{_HOMES[name]}"), name)

    def __dir__():
        return sorted({*globals(), *__all__})

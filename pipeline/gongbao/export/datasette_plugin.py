"""A plugin that Datasette finds through the entry points: its search box understands Chinese without blanks.

Datasette quotes what is typed through the SQL function `escape_fts`; for databases that gongbao wrote, this one cuts
it into jieba's words, as the index was.
"""

from __future__ import annotations

import sqlite3

from datasette import hookimpl  # type: ignore[import-not-found,import-untyped,unused-ignore]


@hookimpl(trylast=True)  # type: ignore[untyped-decorator,unused-ignore]
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Give gongbao's databases a search function of their own; others keep Datasette's."""
    from gongbao.export.sqlite import is_ours
    from gongbao.export.words import query_text

    if is_ours(conn):
        conn.create_function("escape_fts", 1, query_text)

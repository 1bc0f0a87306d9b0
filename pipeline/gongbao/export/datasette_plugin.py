"""A plugin that Datasette finds through the entry points: its search box finds words of one and two characters, too.

Datasette quotes what is typed through the SQL function `escape_fts`; databases that gongbao wrote get one that knows
their index.
"""

from __future__ import annotations

import sqlite3

from datasette import hookimpl  # type: ignore[import-not-found,import-untyped,unused-ignore]


@hookimpl(trylast=True)  # type: ignore[untyped-decorator,unused-ignore]
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Give gongbao's databases a search function of their own; others keep Datasette's."""
    from gongbao.export.search import query
    from gongbao.export.sqlite import is_ours

    if is_ours(conn):
        conn.create_function("escape_fts", 1, lambda typed: query(conn, typed))

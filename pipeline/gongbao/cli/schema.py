"""`gongbao schema`: the record's schema, for programs that read the results."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer


class SchemaLanguage(StrEnum):
    """Which schema language."""

    json = "json"
    table = "table"
    sql = "sql"
    label_studio = "label-studio"


def command(
    form: Annotated[
        SchemaLanguage,
        typer.Option("--as", help="JSON Schema, Table Schema, SQL tables, or Label Studio's labels."),
    ] = SchemaLanguage.json,
) -> None:
    """Print the schema of a record: JSON Schema with Chinese titles, as shipped in record.schema.json."""
    import json

    from gongbao.export.columns import record_columns
    from gongbao.export.schema import record_schema, table_schema

    if form is SchemaLanguage.sql:
        from sqlalchemy import create_mock_engine

        from gongbao.export.tables import create_view, make_tables

        def show(statement: Any, *_: Any) -> None:
            typer.echo(f"{str(statement.compile(dialect=engine.dialect)).strip()};\n")

        engine = create_mock_engine("postgresql+psycopg://", show)
        tables = make_tables(record_columns(), sqlite=False)
        tables.records.metadata.create_all(engine, checkfirst=False)
        for name, view in tables.views.items():
            typer.echo(f"{create_view(name, view, engine.dialect)};\n")
        return
    if form is SchemaLanguage.label_studio:
        from gongbao.export.label_studio import labelling_config

        typer.echo(labelling_config(), nl=False)
        return
    made = record_schema() if form is SchemaLanguage.json else table_schema(record_columns(), ("record_id",))
    typer.echo(json.dumps(made, ensure_ascii=False, indent=2))

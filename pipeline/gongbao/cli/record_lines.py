"""A record as lines of a terminal, in the user's language and at the width there is."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from gongbao.cli.terminal import said, word
from gongbao.context import in_context
from gongbao.export.rows import LOW_CONFIDENCE
from gongbao.record import LinkedField, Record

_SHOWN: tuple[LinkedField, ...] = ("place", "year", "initiative", "indicator")


def record_lines(record: Record, number: int, width: int) -> list[Text]:
    """A record on three lines: the amount; where, when and what, each with its confidence; the sentence."""
    bound = "" if record.bound == "=" else f"{record.bound} "
    top = f" – {record.value_max:,f}" if record.value_max is not None else ""
    first = Text.assemble(
        (f"{number}. {record.amount}", "bold"),
        f"  {word('kind', record.kind)}  {bound}{record.value:,f}{top} {record.unit}",
        f"  {word('status', record.status)}" if record.status else "",
        ("  " + said(f"confidence {record.confidence:.2f}"), _doubt(record.confidence)),
    )
    for flag in record.flags:
        first.append(f"  {word('flags', flag)}", style="yellow")
    indent = " " * (len(str(number)) + 2)
    second = Text(indent)
    for name, value in zip(_SHOWN, _shortened(record, width - len(indent)), strict=True):
        if name != _SHOWN[0]:
            second.append(" · ", style="dim")
        second.append(value)
        second.append(_sure(record, name), style=_doubt(record.field_confidence.get(name, 1)))
    sentence = in_context(record.to_dict(), width - len(indent), "bold red")
    return [first, second, Text.assemble(indent, sentence)]


def _sure(record: Record, name: LinkedField) -> str:
    """How a field was read, where not in the sentence, and its confidence."""
    how = record.evidence[name].how if name in record.evidence else "stated"
    told = f" {said(how)}" if how != "stated" and getattr(record, name) is not None else ""
    return told + (f" {record.field_confidence[name]:.2f}" if name in record.field_confidence else "")


def _shortened(record: Record, width: int) -> list[str]:
    """The fields' values, cut until all fit on one line: a place's path from its province on, then the longest."""
    period = f" ({record.period})" if record.period and record.period != f"{record.year}年" else ""
    values = [str(getattr(record, name) or "–") for name in _SHOWN]
    values[1] += period
    rest = sum(cell_len(_sure(record, name)) for name in _SHOWN) + 3 * (len(_SHOWN) - 1)
    while sum(map(cell_len, values)) + rest > width and max(map(len, values)) > 4:
        if "/" in values[0]:
            values[0] = values[0].partition("/")[2]
            continue
        at = max(range(len(values)), key=lambda number: cell_len(values[number]))
        values[at] = values[at].removesuffix("…")[:-1] + "…"
    return values


def _doubt(confidence: float) -> str:
    return "dim" if confidence >= LOW_CONFIDENCE else "yellow"


def why_lines(record: Record) -> Iterator[Text]:
    """Where each field was read, by which rule, and the other answers."""
    for name in _SHOWN:
        evidence = record.evidence[name]
        where = f" @{evidence.start}-{evidence.end}" if evidence.start is not None else ""
        yield Text(
            f"   {said(name)}: {getattr(record, name) or '–'}  {said(evidence.how)} · {evidence.rule}{where}",
            style="dim",
        )
        others = ", ".join(
            f"{other.value or '–'} {other.confidence:.2f}" for other in record.alternatives.get(name, ())
        )
        if others:
            yield Text("     " + said(f"or {others}"), style="dim")

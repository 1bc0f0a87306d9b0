"""What is fuzzed: for each target how bytes become its input, what is checked, and what the fuzzer begins with."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from gongbao.document import Article, Failure
from gongbao.errors import ReadError
from gongbao.pipeline import Pipeline
from gongbao.read.failing import failure
from gongbao.read.limits import Limits
from gongbao.read.pdf import PdfReader
from gongbao.read.reader import _read
from gongbao.read.sources import source_of
from gongbao.review.editing import EDITABLE
from gongbao.review.texts import TextPair

from tests.fuzz import fuzz_checks as checks
from tests.fuzz.fuzz_pieces import TEXTS, Coder, pieces, seeds

PIECES = (*TEXTS, *pieces("words"))
TEXT = Coder.of(PIECES)
SHORT = Coder.of(PIECES, longest=60)
"""For what repairs shifted text, which takes a hundred times as long as the rest."""
RULES = Coder.of(pieces("yaml"))
PATTERN = Coder.of(pieces("pattern"), longest=120)


class Tried(NamedTuple):
    """One input: how long it was (characters or bytes), and how many processor seconds it took."""

    length: int
    seconds: float


Run = Callable[[bytes], Tried]


@dataclass(frozen=True, slots=True)
class Target:
    """Something to fuzz.

    `begin` makes what runs one input, given a folder for its files; `show` gives the input that bytes stand for;
    `share` is its part of the inputs of a run over all targets.
    """

    begin: Callable[[Path], Run]
    show: Callable[[bytes], str | bytes]
    seeds: tuple[bytes, ...]
    share: int


@cache
def rules_alone() -> Pipeline:
    """The pipeline without a model, loaded once and warm."""
    loaded = Pipeline(ner=None)
    loaded.extract("2021年,绍兴市完成投资3.5亿元,??萍冀鹑谂c產(chǎn)業(yè)。")
    return loaded


@cache
def with_tagger() -> Pipeline:
    loaded = Pipeline()
    loaded.extract("2021年,绍兴市完成投资3.5亿元。")
    return loaded


def _of_text(check: Callable[[str], float], share: int, coder: Coder = TEXT) -> Target:
    def begin(_: Path) -> Run:
        def run(data: bytes) -> Tried:
            text = coder.text(data)
            return Tried(len(text), check(text))

        return run

    return Target(begin, coder.text, tuple(map(coder.data, seeds("text"))), share)


def _of_dated(check: Callable[[str, date | None], float], share: int, coder: Coder = TEXT) -> Target:
    """A text and the day of its publication, which the first byte gives."""

    def dated(data: bytes) -> tuple[str, date | None]:
        year = data[0] if data else 0
        return coder.text(data[1:]), date(1900 + year, 1 + year % 12, 1 + year % 28) if year else None

    def begin(_: Path) -> Run:
        def run(data: bytes) -> Tried:
            text, published = dated(data)
            return Tried(len(text), check(text, published))

        return run

    begins = tuple(bytes((121 * (number % 2),)) + coder.data(text) for number, text in enumerate(seeds("text")))
    return Target(begin, lambda data: repr(dated(data)), begins, share)


ENCODINGS = ("utf-8", "gb18030", "big5", "utf-16", "utf-8-sig", "utf-32", "cp936", "latin-1")


def _encoded(text: str, encoding: str) -> bytes:
    """The bytes of a text; what the encoding lacks is left out, escaped bytes stay bytes where they can."""
    try:
        return text.encode(encoding, "surrogateescape")
    except UnicodeError:
        return text.encode(encoding, "ignore")


def _file(coder: Coder) -> Callable[[bytes], bytes]:
    """Bytes of a file of text; the first byte chooses the encoding."""

    def content(data: bytes) -> bytes:
        return _encoded(coder.text(data[1:]), ENCODINGS[data[0] % len(ENCODINGS)] if data else "utf-8")

    return content


_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_WORD_ROOTS = {"word/document.xml": "document", "word/numbering.xml": "numbering", "word/styles.xml": "styles"}
_WORD_ROOTS |= {"word/footnotes.xml": "footnotes"}
_BOOK_ROOTS = {"xl/worksheets/sheet1.xml": "worksheet", "xl/sharedStrings.xml": "sst"}
_BOOK = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPES}.sharedStrings+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">'
    f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}


def _archive(
    coder: Coder, main: str, roots: dict[str, str], namespace: str, fixed: dict[str, str]
) -> Callable[[bytes], bytes]:
    """Bytes of an Office file: `=>name` begins another part; the first two bytes may damage its XML or the archive."""

    def content(data: bytes) -> bytes:
        found = dict(fixed)
        whole = not data or data[0] % 8 < 6
        for number, part in enumerate(coder.text(data[2:]).split("=>")):
            name, inside = (main, part) if number == 0 else _named(part)
            root = roots.get(name)
            if root is not None:
                prefix = "w:" if namespace == _WORD else ""
                space = f"xmlns:w='{namespace}'" if prefix else f"xmlns='{namespace}'"
                inside = f"<{prefix}{root} {space}>{_balanced(inside) if whole else inside}</{prefix}{root}>"
            found[name] = inside
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, inside in found.items():
                archive.writestr(name, inside.encode("utf-8", "surrogateescape"))
        return _damaged(packed.getvalue(), data[:2])

    return content


_TAG = re.compile(r"<(/?)([\w:]+)[^<>]*?(/?)>")


def _balanced(inside: str) -> str:
    """Every element closed, and none that is not open: what changes at random is seldom XML otherwise."""
    kept: list[str] = []
    opened: list[str] = []
    at = 0
    for tag in _TAG.finditer(inside):
        kept.append(inside[at : tag.start()])
        at = tag.end()
        closes, name, empty = tag.groups()
        if not closes:
            kept.append(tag[0])
            opened += [] if empty else [name]
        while closes and name in opened:
            kept.append(f"</{opened[-1]}>")
            if opened.pop() == name:
                break
    return "".join(kept) + inside[at:] + "".join(f"</{name}>" for name in reversed(opened))


def _named(part: str) -> tuple[str, str]:
    for end in (".xml", ".rels"):
        name, found, rest = part.partition(end)
        if found:
            return name.replace("\x00", "") + end, rest
    return "word/other.xml", part


def _damaged(packed: bytes, how: bytes) -> bytes:
    """The same bytes where `how` is even; else cut off, or one byte changed."""
    if len(how) < 2 or how[0] % 2 == 0 or not packed:
        return packed
    at = int.from_bytes(how, "big") % len(packed)
    return packed[:at] if how[0] % 4 == 1 else packed[:at] + bytes((packed[at] ^ how[1] | 1,)) + packed[at + 1 :]


def _of_files(
    kind: str, content: Callable[[bytes], bytes], begins: Sequence[bytes], share: int, *, foreign: bool = False
) -> Target:
    def begin(folder: Path) -> Run:
        path = folder / f"fuzz{kind}"
        source = source_of(path, "fuzz")
        assert source is not None
        limits = Limits(max_seconds=10)
        pdf = PdfReader(limits)

        def run(data: bytes) -> Tried:
            written = content(data)
            path.write_bytes(written)
            with closing(_read(source, limits, pdf)) as items:
                return Tried(len(written), checks.check_articles(items, written, foreign=foreign))

        return run

    return Target(begin, content, tuple(begins), share)


def _rules(folder: Path) -> Run:
    lexicon = folder / "lexicon/w.txt"
    lexicon.parent.mkdir(parents=True)
    lexicon.write_text("元\n亿元\nt\n", "utf-8")

    def run(data: bytes) -> Tried:
        text = rule_file(data)
        return Tried(len(text), checks.check_rules(folder, text))

    return run


_PART = re.compile(r"\{[xyz]\}")


def rule_file(data: bytes) -> str:
    """A rule file: as its pieces fall, or, where the first byte is odd, a right one with a pattern and two parts."""
    if not data or data[0] % 2 == 0:
        return RULES.text(data[1:])
    pattern, x, y = (PATTERN.text(part) for part in (data[1:], data[2::3], data[3::3]))
    x = _PART.sub("", x[:40])  # few files would get past the circle of parts otherwise
    y = _PART.sub("{x}", y[:40])
    rule = {"id": "x", "name": "n", "pattern": pattern, "examples": {"yes": [{"text": "t"}]}}
    return json.dumps({"parts": {"x": x, "y": y}, "rules": [rule]})


def _written(name: str, kind: str) -> Target:
    """Files of text: pieces of the format and of articles, in eight encodings."""
    coder = Coder.of(pieces(name) if name != "text" else (), PIECES, longest=400, raw=True)
    begins = [bytes((number % 4,)) + coder.data(seed) for number, seed in enumerate(seeds(name))]
    return _of_files(kind, _file(coder), begins, 3)


def _bodies() -> Target:
    """Bodies of requests to `gongbao serve`: pieces of rows, whatever they come to as JSON."""
    from gongbao.serve.bodies import article_of
    from gongbao.serve.limits import ServiceLimits as Bounds

    coder = Coder.of(pieces("jsonl"), PIECES, longest=400, raw=True)
    content = _file(coder)

    def items(body: bytes) -> Iterator[Article | Failure]:
        try:
            yield article_of(body, Bounds())
        except ReadError as error:
            yield failure(error, "-")

    def begin(folder: Path) -> Run:
        def run(data: bytes) -> Tried:
            body = content(data)
            return Tried(len(body), checks.check_articles(items(body), body))

        return run

    lines = [line for seed in seeds("jsonl") for line in seed.split("\n") if line.startswith("{")]
    return Target(begin, content, tuple(b"\0" + coder.data(line) for line in lines), 3)


LINE = "2021年，绍兴市完成投资3.5亿元，同比增长12.3%，带动就业800人。"


def _filters() -> Target:
    """Filters of exports, of the service and of the review page."""
    coder = Coder.of(pieces("where"), PIECES, longest=200)

    def begin(_: Path) -> Run:
        rows = [{"extra": None} | record.to_dict() for record in rules_alone().extract(LINE)]
        rows.append(
            rows[0] | dict.fromkeys(("place", "year", "value_max", "status")) | {"extra": {"x": [1]}, "flags": []}
        )

        def run(data: bytes) -> Tried:
            text = coder.text(data)
            return Tried(len(text), checks.check_where(text, rows))

        return run

    return Target(begin, coder.text, tuple(map(coder.data, seeds("where"))), 6)


def _forms() -> Target:
    """Forms of the review page: a line is a field, its name and what was typed."""
    coder = Coder.of(tuple(f"\n{name}=" for name in EDITABLE), pieces("where"), PIECES, longest=200)

    def form(data: bytes) -> dict[str, str]:
        return {name: typed for name, _, typed in (line.partition("=") for line in coder.text(data).split("\n"))}

    def begin(_: Path) -> Run:
        record, texts = rules_alone().extract(LINE)[0].to_dict(), TextPair(LINE, LINE, ())

        def run(data: bytes) -> Tried:
            typed = form(data)
            return Tried(sum(map(len, typed.values())), checks.check_form(rules_alone(), record, texts, typed))

        return run

    return Target(begin, lambda data: repr(form(data)), tuple(map(coder.data, seeds("form"))), 6)


def _word() -> Target:
    coder = Coder.of(pieces("docx"), PIECES, longest=1500, raw=True)
    content = _archive(coder, "word/document.xml", _WORD_ROOTS, _WORD, {})
    return _of_files(".docx", content, [b"\0\0" + coder.data(seed) for seed in seeds("docx")], 2)


def _workbook() -> Target:
    coder = Coder.of(pieces("xlsx"), PIECES, longest=1500, raw=True)
    content = _archive(coder, "xl/worksheets/sheet1.xml", _BOOK_ROOTS, _SHEET, _BOOK)
    return _of_files(".xlsx", content, [b"\0\0" + coder.data(seed) for seed in seeds("xlsx")], 2, foreign=True)


def _pdf() -> Target:
    coder = Coder.of(pieces("pdf"), longest=1500, raw=True)

    def content(data: bytes) -> bytes:
        return coder.text(data).encode("utf-8", "surrogateescape")

    return _of_files(".pdf", content, [coder.data(seed) for seed in seeds("pdf")], 2, foreign=True)


TARGETS = {
    "repair": _of_text(checks.check_repair, 1, SHORT),
    "convert": _of_text(checks.check_convert, 20),
    "quantities": _of_text(lambda text: checks.check_quantities(rules_alone(), text), 20),
    "periods": _of_dated(lambda text, published: checks.check_periods(rules_alone(), text, published), 20),
    "places": _of_text(lambda text: checks.check_places(rules_alone(), text), 20),
    "outline": _of_text(lambda text: checks.check_outline(rules_alone(), text), 20),
    "records": _of_dated(lambda text, published: checks.check_records(rules_alone(), text, published), 3, SHORT),
    "tagger": _of_dated(lambda text, published: checks.check_records(with_tagger(), text, published), 1, SHORT),
    "text": _written("text", ".txt"),
    "html": _written("html", ".html"),
    "jsonl": _written("jsonl", ".jsonl"),
    "csv": _written("csv", ".csv"),
    "bodies": _bodies(),
    "where": _filters(),
    "forms": _forms(),
    "docx": _word(),
    "xlsx": _workbook(),
    "pdf": _pdf(),
    "rules": Target(
        _rules,
        rule_file,
        (
            *(b"\0" + RULES.data(seed) for seed in seeds("yaml")),
            *(b"\1" + PATTERN.data(seed) for seed in seeds("pattern")),
        ),
        6,
    ),
}

"""The filter of `--where` and of the review page: `kind=money and year>=2019 and place^=广东省`.

    expression = term { "or" term }
    term       = factor { "and" factor }
    factor     = "not" factor | "(" expression ")" | test
    test       = column ( "=" | "!=" | "<" | "<=" | ">" | ">=" | "^=" | "~" ) value
               | column [ "not" ] "in" "[" value { "," value } "]"
    value      = number | date | word | "text in quotes" | null

Columns, kinds, statuses, bounds and flags may be named in English or Chinese (`状态=计划`); `且 或 非 空` stand for
`and or not null`; numbers may be written as 1e9, 1.5亿, 300万, operators as `＝ ≠ ≤ ≥ ＜ ＞ （ ） ，`, `==`. `article`,
`flag` and `rule` (any rule that the evidence names) are columns too.
`^=` is *starts with*, `~` is *contains*; both look at text, and at the items of a list (`flags~guessed`). A place is
its path or its own name (`place=广州市`); `place^=广东省` is all that lies in it. Numbers and dates are compared
exactly. A test on a missing value is false, but for `= null` and `!=`; an empty list is null. Words need quotes only
where they hold spaces, brackets, commas, quotes or operators, or are words of the filter themselves.
What cannot be so is refused: a name that no column has, a value that an enumerated column never takes. What could be
and is nowhere, `not_found` tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal, DecimalException
from typing import Any, NamedTuple

from gongbao.errors import ExportError
from gongbao.export.columns import Column, Row, record_columns, unknown_column
from gongbao.export.rows import exact
from gongbao.export.titles import FLAG_TITLES, WORDS
from gongbao.places.paths import name_of

Test = Callable[[Row], bool]
DEPTH = 100
"""Brackets in one another at most."""

_TOKENS = re.compile(
    r"""\s*(?: (?P<op> != | == | <= | >= | \^= | [=<>~(),\[\]＝≠≤≥＜＞（），［］] )
             | "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>(?:[^'\\]|\\.)*)'
             | (?P<word> [^\s=<>!~^(),\[\]＝≠≤≥＜＞（），［］"']+ ) )""",
    re.VERBOSE,
)
_ALSO = {"且": "and", "或": "or", "非": "not", "空": "null"}
_KEYWORDS = {"and", "or", "not", "in", "null", *_ALSO}
_SAME = {"==": "=", "≠": "!=", "≤": "<=", "≥": ">="} | dict(zip("＝＜＞（），［］", "=<>(),[]", strict=True))
"""Operators as a Chinese keyboard types them."""
_NUMBER = re.compile(r"(.*?)(万亿|亿|万)?")
_CODES = {name: {word: code for code, word in words.items()} for name, words in WORDS.items()}
"""What the Chinese names of codes stand for, by column."""
_KNOWN = {"flags": tuple(FLAG_TITLES)}
"""The items that a list may hold."""
_RULE = Column("rule", "规则", "Any rule that the evidence names", "依据中出现的任一规则", "list", nullable=False)
_ALIASES = {"article": "article_id", "文章": "article_id", "flag": "flags"}
_NEAR = 3
"""How many of the values that there are a hint names."""
_SIZES = {"万亿": 12, "亿": 8, "万": 4}


class _Token(NamedTuple):
    kind: str  # op, word, text, end
    text: str
    at: int


def compile_where(text: str, columns: Sequence[Column] | None = None) -> Test:
    """Compile a filter to a function of rows.

    Raises:
        ExportError: it does not parse, names no column, or compares a column with what it cannot be (`export.where`;
            unknown columns `export.column`). `where` shows the place.
    """
    return _Parser(text, columns or record_columns()).parse()


def not_found(text: str, rows: Iterable[Row], columns: Sequence[Column] | None = None) -> list[Missing]:
    """What a filter asks for by name and no row has: why it finds nothing.

    Args:
        text: A filter that `compile_where` takes.
        rows: What it was to find something in.
        columns: Their columns; those of a record by default.
    """
    parser = _Parser(text, columns or record_columns())
    parser.parse()
    there: dict[str, set[Any]] = {column.name: set() for column, _ in parser.named}
    for row in rows:
        for name, values in there.items():
            value = _get(row, name)
            values.update(value if isinstance(value, list | dict) else () if value is None else (value,))
    missing = []
    for column, wanted in dict.fromkeys(parser.named):
        values = there[column.name]
        if column.type in ("integer", "decimal", "number"):
            numbers = [number for value in values if (number := exact(value)) is not None]
            if wanted not in numbers:
                ends = sorted({min(numbers), max(numbers)}) if numbers else []
                missing.append(Missing(column, str(wanted), tuple(map(str, ends))))
        elif wanted not in values and not any(_is_place(column, value, wanted) for value in values):
            missing.append(Missing(column, str(wanted), tuple(_nearest(str(wanted), map(str, values)))))
    return missing


class Missing(NamedTuple):
    """A value that no record has; `near` are values that there are: the nearest ones, of numbers the ends."""

    column: Column
    wanted: str
    near: tuple[str, ...]


def _nearest(wanted: str, values: Iterable[str]) -> list[str]:
    from difflib import get_close_matches

    known = sorted(set(values), key=lambda value: (len(value), value))
    by_end: dict[str, str] = {}  # of a place's path its own name is compared
    for value in known:
        by_end.setdefault(name_of(value) or value, value)
    near = [value for value in known if wanted in value or value in wanted]
    near += [by_end[end] for end in get_close_matches(wanted, by_end, _NEAR, 0.4)]
    return list(dict.fromkeys(near))[:_NEAR]


class _Parser:
    def __init__(self, text: str, columns: Sequence[Column]) -> None:
        self._text = text
        self._all = (*columns, _RULE) if any(c.name == "evidence" for c in columns) else tuple(columns)
        self._columns = {c.title: c for c in self._all} | {c.name: c for c in self._all}
        self._columns |= {a: self._columns[n] for a, n in _ALIASES.items() if n in self._columns}
        self.named: list[tuple[Column, Any]] = []
        """The values that are asked for by name, each with its column."""
        self._tokens = list(self._scan())
        self._at = self._depth = 0

    def parse(self) -> Test:
        if self._peek.kind == "end":
            raise self._error("the filter is empty", self._peek.at)
        test = self._or()
        if self._peek.kind != "end":
            raise self._error("expected 'and', 'or' or the end", self._peek.at)
        return test

    def _scan(self) -> Iterator[_Token]:
        text = self._text
        at = 0
        while at < len(text.rstrip()):
            match = _TOKENS.match(text, at)
            if match is None:
                at += len(text[at:]) - len(text[at:].lstrip())
                char = text[at]
                raise self._error("this quote is not closed" if char in "\"'" else f"cannot read {char!r}", at)
            kind = match.lastgroup or "op"
            start = match.start(kind) - (kind in ("double", "single"))
            raw = match[kind]
            if kind in ("double", "single"):
                kind, raw = "text", re.sub(r"\\(.)", r"\1", raw)
            same = _SAME if kind == "op" else _ALSO if kind == "word" else {}
            yield _Token(kind, same.get(raw, raw), start)
            at = match.end()
        yield _Token("end", "", len(text))

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._tokens[self._at]
        self._at += token.kind != "end"
        return token

    def _is(self, kind: str, text: str) -> bool:
        token = self._peek
        return token.kind == kind and (token.text.lower() if kind == "word" else token.text) == text

    def _accept(self, kind: str, text: str) -> bool:
        found = self._is(kind, text)
        self._at += found
        return found

    def _expect(self, text: str) -> None:
        if not self._accept("op", text):
            raise self._error(f"expected {text!r}", self._peek.at)

    def _or(self) -> Test:
        tests = [self._and()]
        while self._accept("word", "or"):
            tests.append(self._and())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _and(self) -> Test:
        tests = [self._not()]
        while self._accept("word", "and"):
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _not(self) -> Test:
        depth = 0
        while self._accept("word", "not"):
            depth += 1
        at = self._peek.at
        if self._accept("op", "("):
            if self._depth == DEPTH:
                raise self._error(f"more than {DEPTH} brackets in one another", at)
            self._depth += 1
            test = self._or()
            self._depth -= 1
            self._expect(")")
        else:
            test = self._test()
        return test if depth % 2 == 0 else lambda row: not test(row)

    def _test(self) -> Test:
        token = self._take()
        if token.kind not in ("word", "text") or (token.kind == "word" and token.text.lower() in _KEYWORDS):
            raise self._error("expected a column", token.at)
        column = self._columns.get(token.text)
        if column is None:
            raise unknown_column(token.text, self._all, where=self._shown(token.at))
        negated = self._accept("word", "not")
        if self._accept("word", "in"):
            return self._in(column, negated)
        operator = self._take()
        if negated or operator.kind != "op" or operator.text not in _OPERATORS:
            raise self._error("expected = != < <= > >= ^= ~ or in", operator.at)
        return self._compare(column, operator)

    def _in(self, column: Column, negated: bool) -> Test:
        self._expect("[")
        tests = [self._equals(column, self._value(column))]
        while self._accept("op", ","):
            tests.append(self._equals(column, self._value(column)))
        self._expect("]")
        return lambda row: any(test(row) for test in tests) is not negated

    def _compare(self, column: Column, operator: _Token) -> Test:
        at, name = self._peek.at, column.name
        if operator.text in ("^=", "~"):
            if not column.is_text:
                raise self._error(f"{name} is no text: {operator.text} does not apply", operator.at)
            wanted = self._word()
            return _text_test(
                name, (lambda s: s.startswith(wanted)) if operator.text == "^=" else (lambda s: wanted in s)
            )
        value = self._value(column)
        if operator.text in ("=", "!="):
            test = self._equals(column, value, named=operator.text == "=")
            return test if operator.text == "=" else lambda row: not test(row)
        if value is None or column.type in ("list", "object"):
            raise self._error(f"{name} cannot be compared with {operator.text} here", at)
        order, read = _OPERATORS[operator.text], _reader(column)
        return lambda row: row[name] is not None and order(read(row[name]), value)

    def _equals(self, column: Column, value: Any, *, named: bool = True) -> Test:
        name = column.name
        if named and value is not None:
            self.named.append((column, value))
        if value is None and column.type == "list":
            return lambda row: not _get(row, name)
        if value is None:
            return lambda row: row[name] is None
        if column.type in ("list", "object"):
            return lambda row: value in (_get(row, name) or ())
        if column.name == "place":
            return lambda row: row[name] == value or _is_place(column, row[name], value)
        read = _reader(column)
        return lambda row: row[name] is not None and read(row[name]) == value

    def _word(self) -> str:
        token = self._take()
        if token.kind not in ("word", "text"):
            raise self._error("expected a value", token.at)
        return token.text

    def _value(self, column: Column) -> Any:
        token = self._peek
        # The bounds `=`, `<` and `>` are operators too: bound=> and bound=">" are the same.
        if token.kind == "op" and token.text in column.choices:
            return self._take().text
        text = self._word()
        if token.kind == "word" and text.lower() == "null":
            return None
        if column.type in ("integer", "decimal", "number"):
            number = _number(text)
            if number is None:
                raise self._error(f"{column.name} is a number, {text!r} is none", token.at)
            return number
        if column.type == "date":
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError:
                raise self._error(f"{column.name} is a date YYYY-MM-DD, {text!r} is none", token.at) from None
        text = _CODES.get(column.name, {}).get(text, text)
        known = column.choices or _KNOWN.get(column.name, ())
        if known and text not in known:
            raise self._error(f"{column.name} is one of {' '.join(known)}, never {text!r}", token.at, near=known)
        return text

    def _shown(self, at: int) -> str:
        return f"--where, position {at + 1}: {self._text[:at]}▶{self._text[at:]}"

    def _error(self, why: str, at: int, *, near: Sequence[str] = ()) -> ExportError:
        from difflib import get_close_matches

        close = get_close_matches(self._tokens[self._at - 1].text, near, 1) if near else []
        hint = f"Did you mean {close[0]}? " if close else ""
        return ExportError(
            why,
            where=self._shown(at),
            fix=f"{hint}Write for example: kind=money and year>=2019 and place^=广东省",
            code="export.where",
        )


def _get(row: Row, name: str) -> Any:
    if name == _RULE.name:
        return list(dict.fromkeys(item["rule"] for item in (row["evidence"] or {}).values()))
    return row[name]


def _is_place(column: Column, value: Any, wanted: Any) -> bool:
    """Whether a place's path ends in the name asked for."""
    return column.name == "place" and isinstance(value, str) and value.endswith(f"/{wanted}")


def _number(text: str) -> Decimal | None:
    """A number as people write it: 1500, -3.5, 1e9, 1.2亿; None if it is none."""
    match = _NUMBER.fullmatch(text)
    try:
        number = Decimal(match[1] if match else text)
        if match and match[2]:
            number = number.scaleb(_SIZES[match[2]])
    except DecimalException:  # no number, or a size beyond all decimals
        return None
    return number if number.is_finite() else None


def _text_test(name: str, test: Callable[[str], bool]) -> Test:
    def run(row: Row) -> bool:
        value = _get(row, name)
        return value is not None and (test(value) if isinstance(value, str) else any(test(item) for item in value))

    return run


def _reader(column: Column) -> Callable[[Any], Any]:
    if column.type in ("integer", "decimal", "number"):
        return exact
    return str


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "^=": lambda a, b: a.startswith(b),
    "~": lambda a, b: b in a,
}

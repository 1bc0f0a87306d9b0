"""The filter of `--where`: `kind=money and year>=2019 and place^=广东省`.

    expression = term { "or" term }
    term       = factor { "and" factor }
    factor     = "not" factor | "(" expression ")" | test
    test       = column ( "=" | "!=" | "<" | "<=" | ">" | ">=" | "^=" | "~" ) value
               | column [ "not" ] "in" "[" value { "," value } "]"
    value      = number | date | word | "text in quotes" | null

Numbers may be written as 1e9, 1.5亿, 300万, kinds by their Chinese names, operators as `＝ ≠ ≤ ≥ ＜ ＞ （ ） ，`, `==`.
`^=` is *starts with*, `~` is *contains*; both look at text, and at the items of a list (`flags~guessed`). Numbers are
compared exactly, dates as dates. A test on a missing value is false, but for `= null` and `!=`; an empty list is null.
Words need quotes only
where they hold spaces, brackets, commas, quotes or operators, or are `and or not in null`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from gongbao.errors import ExportError
from gongbao.export.columns import Column, Row, record_columns, unknown_column
from gongbao.export.rows import exact
from gongbao.export.titles import KIND_TITLES, STATUS_TITLES

Test = Callable[[Row], bool]
DEPTH = 100
"""Brackets in one another at most."""

_TOKENS = re.compile(
    r"""\s*(?: (?P<op> != | == | <= | >= | \^= | [=<>~(),\[\]＝≠≤≥＜＞（），［］] )
             | "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>(?:[^'\\]|\\.)*)'
             | (?P<word> [^\s=<>!~^(),\[\]＝≠≤≥＜＞（），［］"']+ ) )""",
    re.VERBOSE,
)
_KEYWORDS = {"and", "or", "not", "in", "null"}
_SAME = {"==": "=", "≠": "!=", "≤": "<=", "≥": ">="} | dict(zip("＝＜＞（），［］", "=<>(),[]", strict=True))
"""Operators as a Chinese keyboard types them."""
_NUMBER = re.compile(r"(.*?)(万亿|亿|万)?")
_CODES = {
    "kind": {title: kind for kind, title in KIND_TITLES.items()},
    "status": {title: status for status, title in STATUS_TITLES.items()},
}
"""What the Chinese names of codes stand for, by column."""
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


class _Parser:
    def __init__(self, text: str, columns: Sequence[Column]) -> None:
        self._text = text
        self._columns = {c.title: c for c in columns} | {c.name: c for c in columns}
        self._all = columns
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
            yield _Token(kind, _SAME.get(raw, raw) if kind == "op" else raw, start)
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
            test = self._equals(column, value)
            return test if operator.text == "=" else lambda row: not test(row)
        if value is None or column.type in ("list", "object"):
            raise self._error(f"{name} cannot be compared with {operator.text} here", at)
        order, read = _OPERATORS[operator.text], _reader(column)
        return lambda row: row[name] is not None and order(read(row[name]), value)

    def _equals(self, column: Column, value: Any) -> Test:
        name = column.name
        if value is None and column.type == "list":
            return lambda row: not row[name]
        if value is None:
            return lambda row: row[name] is None
        if column.type in ("list", "object"):
            return lambda row: value in row[name]
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
        if column.choices and text not in column.choices:
            raise self._error(f"{column.name} is one of {' '.join(column.choices)}, never {text!r}", token.at)
        return text

    def _shown(self, at: int) -> str:
        return f"--where, position {at + 1}: {self._text[:at]}▶{self._text[at:]}"

    def _error(self, why: str, at: int) -> ExportError:
        return ExportError(
            why,
            where=self._shown(at),
            fix="Write for example: kind=money and year>=2019 and place^=广东省",
            code="export.where",
        )


def _number(text: str) -> Decimal | None:
    """A number as people write it: 1500, -3.5, 1e9, 1.2亿; None if it is none."""
    match = _NUMBER.fullmatch(text)
    try:
        number = Decimal(match[1] if match else text)
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    return number.scaleb(_SIZES[match[2]]) if match and match[2] else number


def _text_test(name: str, test: Callable[[str], bool]) -> Test:
    def run(row: Row) -> bool:
        value = row[name]
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

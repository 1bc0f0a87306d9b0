"""A new rule from a sentence: a template with the selected words as its first example."""

from __future__ import annotations

import regex

from gongbao.errors import RuleError
from gongbao.read.ids import is_text

_NUMBER = regex.compile(r"(?:[0-9０-９][0-9０-９,，.．]*|[〇零一二两三四五六七八九十百千万亿]+)[十百千万亿余多]*")
_HAN = regex.compile(r"\p{Han}+")
_MONEY = ("元", "美元", "港元", "新台币", "欧元", "日元")


def template(sentence: str, selected: str, *, identifier: str, name: str = "") -> str:
    """YAML of a rule file with one quantity rule whose pattern finds the amount of `selected` in `sentence`.

    The selection is words that must stand before the amount (may be none), a number, and its unit. The number becomes
    the shared part `{number}`, which reads every way of writing one; everything else stands as written.

    Raises:
        RuleError: the selection is not in the sentence or holds no number, the identifier is not well formed, or the
            words came in bytes that are no UTF-8.
    """
    if not is_text(sentence + name):
        raise RuleError("not UTF-8", where="rules new", fix="Set the terminal to UTF-8, or write the rule by hand")
    if not selected or selected not in sentence:
        raise RuleError(
            "the selection is not in the sentence", where="rules new", fix="Copy the words from the sentence"
        )
    if not regex.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", identifier):
        raise RuleError(
            f"not an identifier: {identifier!r}", where="rules new", fix="Use lower case words with dots: money.bonus"
        )
    number = _NUMBER.search(selected)
    unit = selected[number.end() :] if number else ""
    if number is None or not unit:
        raise RuleError(
            "the selection holds no number with its unit", where="rules new", fix="Select an amount, such as 3万元"
        )
    before = selected[: number.start()]
    lead = regex.escape(before, special_only=True) + r"\K" if before else ""
    pattern = f"{lead}{{number}}{{gap}}{regex.escape(unit, special_only=True)}"
    return (
        "# yaml-language-server: $schema=rule.schema.json\n"
        "rules:\n"
        f"  - id: {identifier}\n"
        f"    name: {_quoted(name or selected)}\n"
        f"    kind: {'money' if unit in _MONEY else 'count'}\n"
        "    priority: 90\n"
        f"    pattern: {_quoted(pattern)}\n"
        f"    gives: {{unit: {unit if _HAN.fullmatch(unit) else _quoted(unit)}}}\n"
        "    examples:\n"
        "      yes:\n"
        f"        - text: {_quoted(sentence)}\n"
        f"          find: {_quoted(selected[number.start() :])}\n"
        "      no: []\n"
        "      todo: []\n"
    )


def _quoted(text: str) -> str:
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    # A line end would be folded and a control character refused: only double quotes have escapes.
    plain = (char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}" for char in text)
    return '"' + "".join(plain) + '"'

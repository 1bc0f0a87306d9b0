"""A new rule from a sentence: a template with the selected words as its first example."""

from __future__ import annotations

import regex

from pipeline.errors import RuleError

_NUMBER = regex.compile(r"[0-9０-９][0-9０-９,，.．]*|[〇零一二两三四五六七八九十百千万亿]+")


def template(sentence: str, selected: str, *, identifier: str, name: str = "") -> str:
    """YAML of a rule file with one rule whose pattern finds `selected` in `sentence`.

    Numbers in the selection become a numeral pattern; everything else stands as written, to be widened by hand.

    Raises:
        RuleError: the selection is not in the sentence, or the identifier is not well formed.
    """
    if not selected or selected not in sentence:
        raise RuleError(
            "the selection is not in the sentence", where="rules new", fix="Copy the words from the sentence"
        )
    if not regex.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", identifier):
        raise RuleError(
            f"not an identifier: {identifier!r}", where="rules new", fix="Use lower case words with dots: money.bonus"
        )
    pattern, at = "", 0
    for match in _NUMBER.finditer(selected):
        pattern += regex.escape(selected[at : match.start()], special_only=True)
        digits = (
            r"[0-9]+(?:\.[0-9]+)?"
            if match.group()[0] in "0123456789０１２３４５６７８９"
            else "[〇零一二两三四五六七八九十百千万亿]+"
        )
        pattern += f"(?P<number>{digits})" if "(?P<number>" not in pattern else f"(?:{digits})"
        at = match.end()
    pattern += regex.escape(selected[at:], special_only=True)
    return (
        "# yaml-language-server: $schema=rule.schema.json\n"
        "rules:\n"
        f"  - id: {identifier}\n"
        f"    name: {_quoted(name or selected)}\n"
        "    kind: count\n"
        "    priority: 50\n"
        f"    pattern: {_quoted(pattern)}\n"
        "    gives: {}\n"
        "    examples:\n"
        "      yes:\n"
        f"        - text: {_quoted(sentence)}\n"
        f"          find: {_quoted(selected)}\n"
        "      no: []\n"
        "      todo: []\n"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

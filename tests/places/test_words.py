"""The words whose borders decide on names of places: those of jieba's dictionary."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from gongbao.places import names

from training.build_words import build


@pytest.mark.parametrize(
    ("dictionary", "lines"),
    [
        ("国家 90 n\n三明治 10 nz\n县 2 n\n甲 90 n\n", ["2 县", "10 三明治", "90 国家 甲"]),
        ("中华人民 90 n\n罕词 9 n\n", []),
        ("市 3 n\n市 5 q\n", ["5 市"]),
    ],
)
def test_words_by_count(dictionary: str, lines: list[str]) -> None:
    assert build(dictionary).splitlines() == lines


def test_the_words_that_are_shipped_are_those_of_the_dictionary() -> None:
    spec = find_spec("jieba")
    assert spec is not None and spec.submodule_search_locations
    dictionary = Path(spec.submodule_search_locations[0]) / "dict.txt"
    shipped = Path(names.__file__).with_name("words.txt")
    assert shipped.read_text(encoding="utf-8") == build(dictionary.read_text(encoding="utf-8"))

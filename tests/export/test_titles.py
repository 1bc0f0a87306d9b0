"""One word for a code, wherever people read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import pytest
from gongbao.export.titles import HOW_TITLES, KIND_TITLES, STATUS_TITLES
from gongbao.language import Catalogue
from gongbao.record import How, Kind, Status


@pytest.mark.parametrize(
    ("titles", "codes"),
    [
        (KIND_TITLES, get_args(Kind)),
        (STATUS_TITLES, get_args(Status)),
        (HOW_TITLES, (*get_args(How), "missing")),
    ],
)
def test_every_code_has_a_word(titles: Mapping[str, str], codes: tuple[str, ...]) -> None:
    assert list(titles) == list(codes)


@pytest.mark.parametrize(
    ("catalogue", "prefix", "titles"),
    [
        ("gongbao.review", "k_", KIND_TITLES),
        ("gongbao.review", "st_", STATUS_TITLES),
        ("gongbao.review", "how_", HOW_TITLES),
        ("gongbao.cli", "", HOW_TITLES),
    ],
)
def test_the_review_page_and_the_terminal_say_the_word_that_tables_have(
    catalogue: str, prefix: str, titles: Mapping[str, str]
) -> None:
    phrases = Catalogue.load(catalogue).phrases("zh")
    said = {code: phrases[prefix + code] for code in titles if prefix + code in phrases}
    assert said == {code: titles[code] for code in said} and len(said) >= len(titles) - 1

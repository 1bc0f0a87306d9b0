from __future__ import annotations

import pytest
from gongbao import Pipeline
from gongbao.document import Article
from gongbao.linking.surroundings import Surroundings
from gongbao.rulebook.cues import linking_cues


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("明年力争开工12处泵站。总投资4亿元。", (False, True)),
        ("总投资4亿元。明年力争开工12处泵站。", (False, False)),
        ("明年力争开工12处泵站。\n总投资4亿元。", (False, False)),
        ("去年开工12处泵站。总投资4亿元。", (False, False)),
    ],
)
def test_what_a_paragraph_has_said_before_a_sentence(text: str, said: tuple[bool, bool]) -> None:
    pipeline = Pipeline(ner=None)
    around = Surroundings(pipeline.document(Article("-", text)), linking_cues(pipeline.rules))
    first, second = around.sentences
    assert (
        around.said_in_paragraph("firm_plan", first, first.start),
        around.said_in_paragraph("firm_plan", second, second.start),
    ) == said


def test_what_is_said_between_two_places_of_a_text_of_any_length() -> None:
    text = "2015年，学校成立。" + "投资3亿元。" * 3
    around = Surroundings(Pipeline(ner=None).document(Article("-", text)), linking_cues(Pipeline(ner=None).rules))
    founded = text.index("成立")
    assert around.said_between("founding", 0, len(text))
    assert around.said_between("founding", founded, founded + 2)
    assert not around.said_between("founding", 0, founded + 1)
    assert not around.said_between("founding", founded + 1, len(text))

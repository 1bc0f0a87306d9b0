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

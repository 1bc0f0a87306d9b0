"""Damage that stays is told: where it is, and on the records beside it."""

from __future__ import annotations

import pytest
from gongbao import Pipeline
from gongbao.document import Extraction
from gongbao.repair.text import repair

TOLD = [
    ("全线停靠站?500个", "?"),
    ("新增停靠站？500個", "？"),
    ("累计达\ufffd273万元", "\ufffd"),
    ("排名第25。5万辆汽车", "25。5"),
    ("投资额，，1273万元", "，，"),
    ("产量稳定。8 e% }0 K; ?3 c& 出口增长", "8 e% }0 K; ?3 c&"),
]
SOUND = [
    "这样划算吗?500元就够了。",
    "企业怎么办?12家银行给出了答案。",
    "比分为2.54。30个县区通过验收。",
    "会议于20:00。1至9月份开行",
    "上海浦东 A B C D 四个区",
    "他说，“好、很好”，，"[:-2],
    "The US has made it so and we do it",
]


@pytest.mark.parametrize(("text", "trace"), TOLD, ids=lambda value: value[:8])
def test_traces_are_told_and_stay(text: str, trace: str) -> None:
    revision = repair(text)
    assert revision.text == text and not revision.repairs
    assert [residue.text for residue in revision.residues] == [trace]
    assert all(text[residue.start : residue.end] == residue.text for residue in revision.residues)


@pytest.mark.parametrize("text", SOUND, ids=lambda text: text[:8])
def test_sound_text_has_none(text: str) -> None:
    assert not repair(text).residues


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(ner=None)


@pytest.mark.parametrize(
    ("text", "amount", "is_damaged"),
    [
        ("全市有停靠站?500个。", "500个", True),
        ("出口汽车25。5万辆。", "25。5万辆", True),
        ("產值占全省總?cè)丝诘?4.1%。", "4.1%", True),
        ("全市有停靠站500个。", "500个", False),
    ],
)
def test_records_beside_damage_are_flagged(pipeline: Pipeline, text: str, amount: str, is_damaged: bool) -> None:
    (record,) = pipeline.extract(text)
    assert record.raw.endswith(amount) and ("damaged" in record.flags) == is_damaged


def test_what_is_left_of_a_passage_ends_no_sentence(pipeline: Pipeline) -> None:
    """`?！笆濉逼陂g` was 。“十三五”期間; which plan it was is lost, and so the passage stays."""
    text = "建設任務按時完成?！笆濉逼陂g投資12億元。"
    (record,) = pipeline.extract(text)
    assert (record.sentence_start, record.sentence_end) == (0, len(text))
    assert "damaged" not in record.flags or record.raw == "12億元"


def test_articles_count_what_was_repaired_unsure_and_left(pipeline: Pipeline) -> None:
    found = next(iter(pipeline.pipe(["融資渠道更加暢通??萍冀鹑谂c產業對接，停靠站?500個。"])))
    assert isinstance(found, Extraction)
    assert found.counts["repairs"] == 1 and found.counts["repairs_unsure"] == 0 and found.counts["damage_left"] == 1
    assert 0.5 < found.repairs[0].probability < 1


def test_parse_tells_repairs_with_their_probability(pipeline: Pipeline) -> None:
    found = pipeline.parse("融資渠道更加暢通??萍冀鹑谂c產業對接，停靠站?500個。")
    (repair_,) = found["repairs"]
    assert (repair_["kind"], repair_["after"]) == ("shifted", "。科技金融與") and repair_["probability"] < 1
    assert [one["text"] for one in found["residues"]] == ["?"]

"""Chinese names of what records hold as codes: kinds and flags."""

from __future__ import annotations

from collections.abc import Mapping

KIND_TITLES: Mapping[str, str] = {
    "money": "金额", "count": "计数", "percent": "占比", "growth": "增长", "multiple": "倍数", "duration": "时长",
    "measure": "计量",
}  # fmt: skip
FLAG_TITLES: Mapping[str, str] = {
    "damaged": "数量旁的原文有损坏，已修复",
    "place_guessed": "地点为推断，原文没有直接写明",
    "year_guessed": "年份为推断，原文没有直接写明",
    "digits_apart": "数量与前面的数字只隔空格，可能是同一个数",
    "currency_guessed": "同时出现两种货币，按地点判定币种",
    "unit_from_table": "表格中的纯数字，单位取自表头、行名或表注",
    "no_place": "没有地点",
    "no_year": "没有年份",
    "no_initiative": "没有事项",
    "no_indicator": "没有指标",
}

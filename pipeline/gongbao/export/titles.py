"""Chinese names of what records hold as codes: kinds, statuses, bounds and flags."""

from __future__ import annotations

from collections.abc import Mapping

KIND_TITLES: Mapping[str, str] = {
    "money": "金额", "count": "计数", "percent": "占比", "growth": "增长", "multiple": "倍数", "duration": "时长",
    "measure": "计量",
}  # fmt: skip
STATUS_TITLES: Mapping[str, str] = {
    "actual": "实际", "previous": "此前", "change": "变化", "planned": "计划", "rule": "规定",
}  # fmt: skip
STATUS_MEANINGS: Mapping[str, str] = {
    "actual": "现在或当时确实如此的数值",
    "previous": "与后来的数值并列的先前数值，如“由30天缩短到10天”中的30天",
    "change": "增加或减少了多少，如“增加2亿元”；增长率不在此列",
    "planned": "目标、计划、预测或承诺，尚未发生",
    "rule": "规定的标准、补贴额度、门槛、价格或期限",
}
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
BOUND_TITLES: Mapping[str, str] = {"=": "等于", "~": "约", ">": "超过", "<": "不足"}
HOW_TITLES: Mapping[str, str] = {
    "stated": "本句写明", "heading": "小标题", "carried": "承前文", "title": "标题", "published": "按发布日期",
    "default": "默认", "missing": "未知",
}  # fmt: skip
"""Where a field was read (`gongbao.record.Evidence.how`); `missing`: nowhere."""
WORDS: Mapping[str, Mapping[str, str]] = {
    "kind": KIND_TITLES, "status": STATUS_TITLES, "bound": BOUND_TITLES, "flags": FLAG_TITLES,
}  # fmt: skip
"""The words that people read instead of codes, by column."""
LEFT_OUT_TITLES: Mapping[str, str] = {
    **STATUS_TITLES, "other_period": "其他时段", "other_value": "同时段的其他数值", "repeated": "重复",
}  # fmt: skip
"""Why the wide table leaves records out (`gongbao.export.wide.LEFT_OUT`)."""

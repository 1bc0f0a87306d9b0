"""Two runs that differ by two rules, over articles in our own words: what the review tests and screenshots show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

CITIES = [
    ("南京市", "江苏省/南京市", "320100", "江宁区", "320115"),
    ("广州市", "广东省/广州市", "440100", "黄埔区", "440112"),
    ("武汉市", "湖北省/武汉市", "420100", "江夏区", "420115"),
    ("成都市", "四川省/成都市", "510100", "双流区", "510116"),
    ("青岛市", "山东省/青岛市", "370200", "崂山区", "370212"),
]
HOSTILE = (
    "标题 </script><img src=x onerror=\"window.hacked=1\"> & <b>粗</b> “引号” 'quote' 😀\n"
    "2020年🚀项目</textarea>签约金额达3.3亿元，“一区两园”<svg onload=window.hacked=2>落地。\n"
)


def _text(city: str, district: str, n: int) -> str:
    return (
        f"{city}知识产权金融工作简报（第{n + 1}期）\n"
        f"发布时间：2021-01-{8 + n:02d}　来源：市局信息中心\n\n"
        f"一、质押融资\n"
        f"2020年，{city}专利权质押融资额达{n + 11}.5亿元，惠及企业{n * 30 + 120}家，同比增长{n + 21}%。\n"
        f"其中，{district}办理质押登记{n + 40}笔，融资{n + 2}800万元。\n\n"
        f"二、载体建设\n"
        f"目前，{city}知识产权金融服务中心入驻机构{n + 26}家，累计促成交易{n + 300}项，成交额近{n + 5}亿元。\n"
        f"下一步，将设立规模{n + 1}0亿元的知识产权运营基金。\n"
    )


def texts() -> dict[str, str]:
    made = {f"简报/{city[0][:-1]}.txt": _text(city[0], city[3], n) for n, city in enumerate(CITIES)}
    made["简报/繁體.txt"] = (
        "蘇州市知識產(chǎn)權(quán)質(zhì)押簡訊\n"
        "去年，蘇州市知識產(chǎn)權(quán)質(zhì)押融資額達到 ６６．８億元，服務(wù)企業(yè)一千二百余家。\n"
    )
    made["hostile.txt"] = HOSTILE + "这一行是凑足长度的正文，没有任何数字。" * 1000
    return made


def simplified_and_repairs(text: str) -> tuple[str, list[dict[str, Any]]]:
    """What the pipeline would say of the one article in traditional characters."""
    import regex

    table = str.maketrans("蘇識產權質簡訊資額達億務業餘余", "苏识产权质简讯资额达亿务业余余")
    repairs = [
        {"start": m.start(), "end": m.end(), "before": m.group(), "after": "", "kind": "gloss"}
        for m in regex.finditer(r"\(\p{Latin}+\)", text)
    ]
    repairs += [
        {"start": m.start(), "end": m.end(), "before": m.group(), "after": "66.8", "kind": "width"}
        for m in regex.finditer("６６．８", text)
    ]
    repairs.sort(key=lambda r: r["start"])
    repaired = regex.sub(r"\(\p{Latin}+\)", "", text).replace("６６．８", "66.8")
    return repaired.translate(table), repairs


def records(make: Callable[..., dict[str, Any]], *, new: bool) -> list[dict[str, Any]]:
    all_texts = texts()
    found: list[dict[str, Any]] = []
    year_rule = {"year_rule": "period.now_published" if new else "period.now_carried"}
    for n, (city, path, code, district, district_code) in enumerate(CITIES):
        key = f"简报/{city[:-1]}.txt"
        text = all_texts[key]

        def add(
            amount: str,
            text: str = text,
            key: str = key,
            path: str = path,
            code: str = code,
            city: str = city,
            **fields: Any,
        ) -> None:
            at = text.index(city)
            base = {"place": path, "place_code": code, "province": path.split("/")[0], "city": city, "district": None}
            spans = {"place_span": (at, at + len(city)), "place_rule": "places.name", "amount_rule": "money.cny"}
            found.append(make(key, text, amount, **{**base, **spans, **fields}))

        def span(words: str, text: str = text) -> dict[str, Any]:
            at = text.index(words)
            return {"start": at, "end": at + len(words)}

        year = span("2020年")
        stated = {"year_span": (year["start"], year["end"]), "year_rule": "period.year"}
        pledge = span("专利权质押融资")
        named = {
            "initiative": "专利权质押融资",
            "initiative_span": (pledge["start"], pledge["end"]),
            "indicator": "融资额",
        }
        money = {"value": (n * 10 + 115) * 10_000_000}
        add(f"{n + 11}.5亿元", **named, **stated, **money)
        add(f"{n * 30 + 120}家", kind="count", unit="家", value=n * 30 + 120, amount_rule="count.measure", **stated)
        add(f"{n + 21}%", kind="growth", unit="%", value=n + 21, amount_rule="growth.percent", **named, **stated)
        wan = (n * 1000 + 2800) * (1 if new and n % 2 == 0 else 10_000)
        lower = {"place": f"{path}/{district}", "place_code": district_code, "district": district}
        where = span(district)
        lower |= {"place_span": (where["start"], where["end"])} if new else {}
        add(
            f"{n + 2}800万元",
            value=wan,
            amount_rule="money.wan" if new else "money.cny",
            **stated,
            **(lower if new else {}),
        )
        if not (new and n == 1):
            add(f"{n + 40}笔", kind="count", unit="笔", value=n + 40, amount_rule="count.measure", **stated)
        moved = {"year": 2021 if new else 2020, "period": "目前", **year_rule}
        moved |= {"period_start": "2021-01-01", "period_end": "2021-12-31"} if new else {}
        centre = {
            "initiative": "知识产权金融服务中心" if new else f"{city}知识产权金融服务中心",
            "indicator": "入驻机构",
        }
        add(f"{n + 26}家", kind="count", unit="家", value=n + 26, amount_rule="count.measure", **moved, **centre)
        add(f"{n + 300}项", kind="count", unit="项", value=n + 300, amount_rule="count.measure", **moved)
        deal = text.index(f"近{n + 5}亿元") + 1
        add(f"{n + 5}亿元", span=(deal, deal + len(f"{n + 5}亿元")), value=(n + 5) * 100_000_000, bound="~", **moved)
        if new:
            add(
                f"{n + 1}0亿元", value=(n + 1) * 1_000_000_000, initiative="知识产权运营基金", indicator="规模", **moved
            )
    key = "简报/繁體.txt"
    text = all_texts[key]
    repaired, _ = simplified_and_repairs(text)
    sentence = repaired.split("\n")[1]
    common = {
        "place": "江苏省/苏州市",
        "place_code": "320500",
        "city": "苏州市",
        "sentence": sentence,
        "year_span": (text.index("去年"), text.index("去年") + 2),
    }
    place = {"place_span": (text.index("蘇州市", 5), text.index("蘇州市", 5) + 3)}
    found.append(
        make(
            key,
            text,
            "６６．８億元",
            amount="66.8亿元",
            value=66_800_000_000 if new else 6_680_000_000,
            **common,
            **place,
        )
    )
    found.append(
        make(
            key,
            text,
            "一千二百余家",
            amount="一千二百余家",
            kind="count",
            unit="家",
            value=1200,
            bound=">" if new else "~",
            **common,
            **place,
        )
    )
    found.append(
        make(
            "hostile.txt",
            all_texts["hostile.txt"],
            "3.3亿元",
            value=330_000_000,
            year=2020 if not new else 2019,
            initiative="“一区两园”<b>",
        )
    )
    order = list(all_texts)
    return sorted(found, key=lambda r: (order.index(r["article_id"]), r["start"]))


def write_demo(build: Any, outputs: Path) -> tuple[Path, Path]:
    """Write both runs; `latest` is the new one."""
    repaired = {key: simplified_and_repairs(text) for key, text in texts().items() if key.endswith("繁體.txt")}
    more: dict[str, Any] = {
        "simplified": {key: item[0] for key, item in repaired.items()},
        "repairs": {key: item[1] for key, item in repaired.items()},
    }
    versions: Sequence[dict[str, str]] = (
        {"money.cny": "1", "period.now_carried": "1"},
        {"money.cny": "2", "period.now_published": "1"},
    )
    old, new = (
        build.write_run(outputs, run, texts(), records(build.make_record, new=flag), rule_versions=v, **more)
        for run, flag, v in (("20210201-090000", False, versions[0]), ("20210202-090000", True, versions[1]))
    )
    return old, new

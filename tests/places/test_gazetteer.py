"""The gazetteer: names, codes, parents, years, and tables that are wrong."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from gongbao.errors import RuleError
from gongbao.places.gazetteer import Gazetteer, PlaceEntry
from gongbao.places.paths import COUNTRY
from gongbao.rulebook.load import RuleSet

HEADER = "code,rank,path,short,valid_from,valid_to\n"


@cache
def gazetteer() -> Gazetteer:
    return Gazetteer.load(RuleSet.load())


@pytest.mark.parametrize(
    ("path", "code", "rank", "split"),
    [
        ("广东省", "440000", "province", ("广东省", None, None)),
        ("广东省/广州市", "440100", "city", ("广东省", "广州市", None)),
        ("广东省/东莞市", "441900", "city", ("广东省", "东莞市", None)),
        ("江苏省/苏州市/昆山市", "320583", "district", ("江苏省", "苏州市", "昆山市")),
        ("上海市", "310000", "province", ("上海市", "上海市", None)),
        ("上海市/浦东新区", "310115", "district", ("上海市", "上海市", "浦东新区")),
        ("重庆市/石柱土家族自治县", "500240", "district", ("重庆市", "重庆市", "石柱土家族自治县")),
        ("湖北省/天门市", "429006", "district", ("湖北省", None, "天门市")),
        ("河南省/济源市", "419001", "district", ("河南省", None, "济源市")),
        ("海南省/琼海市", "469002", "district", ("海南省", None, "琼海市")),
        ("海南省/儋州市", "460400", "city", ("海南省", "儋州市", None)),
        ("新疆维吾尔自治区/石河子市", "659001", "district", ("新疆维吾尔自治区", None, "石河子市")),
        ("云南省/大理白族自治州/大理市", "532901", "district", ("云南省", "大理白族自治州", "大理市")),
        ("台湾省/桃园市", "710000", "city", ("台湾省", "桃园市", None)),
        ("香港特别行政区", "810000", "province", ("香港特别行政区", None, None)),
        ("香港特别行政区/沙田区", "810000", "district", ("香港特别行政区", None, "沙田区")),
        (COUNTRY, "000000", "country", (None, None, None)),
    ],
)
def test_paths(path: str, code: str, rank: str, split: tuple[str | None, ...]) -> None:
    entry = gazetteer().by_path(path)
    assert entry is not None
    assert (entry.code, entry.rank, entry.current) == (code, rank, True)
    assert gazetteer().code_of(path) == code
    assert gazetteer().split(path) == split


@pytest.mark.parametrize(
    ("path", "first", "last"),
    [
        ("北京市/宣武区", None, 2010),
        ("上海市/南汇区", 2001, 2009),
        ("安徽省/巢湖市", 1999, 2011),
        ("广西壮族自治区/百色市/靖西县", 2002, 2015),
        ("江苏省/南通市/海门市", 1995, 2020),
        ("山东省/烟台市/蓬莱市", 1995, 2020),
        ("浙江省/杭州市/临平区", 2021, None),
        ("重庆市/两江新区", 2026, None),
        ("新疆维吾尔自治区/和田地区/和康县", 2024, None),
    ],
)
def test_years_of_validity(path: str, first: int | None, last: int | None) -> None:
    entry = gazetteer().by_path(path)
    assert entry is not None
    assert (entry.valid_from, entry.valid_to) == (first, last)
    assert entry.valid(None) is (last is None)
    assert last is None or (entry.valid(last) and not entry.valid(last + 1))
    assert first is None or (entry.valid(first) and not entry.valid(first - 1))


def test_a_name_of_several_places_gives_todays_first_and_the_highest_rank_first() -> None:
    found = gazetteer().lookup("朝阳")
    assert [entry.path for entry in found[:2]] == ["辽宁省/朝阳市", "北京市/朝阳区"]
    current = [entry.current for entry in found]
    assert current == sorted(current, reverse=True)
    assert gazetteer().lookup("没有此地") == ()


@pytest.mark.parametrize(
    ("short", "path"),
    [
        ("广西", "广西壮族自治区"),
        ("内蒙古", "内蒙古自治区"),
        ("延边", "吉林省/延边朝鲜族自治州"),
        ("延边州", "吉林省/延边朝鲜族自治州"),
        ("陵水", "海南省/陵水黎族自治县"),
        ("双江", "云南省/临沧市/双江拉祜族佤族布朗族傣族自治县"),
        ("积石山", "甘肃省/临夏回族自治州/积石山保安族东乡族撒拉族自治县"),
        ("浦东", "上海市/浦东新区"),
        ("伊犁", "新疆维吾尔自治区/伊犁哈萨克自治州"),
        ("神农架", "湖北省/神农架林区"),
        ("锡盟", "内蒙古自治区/锡林郭勒盟"),
        ("台北", "台湾省/台北市"),
    ],
)
def test_short_names(short: str, path: str) -> None:
    assert gazetteer().lookup(short)[0].path == path


def test_codes_lead_back_to_todays_place() -> None:
    found = gazetteer().by_code("320583")
    assert found is not None and found.path == "江苏省/苏州市/昆山市"
    region = gazetteer().by_code("710000")
    assert region is not None and region.path == "台湾省"
    former = gazetteer().by_code("110104")
    assert former is not None and former.path == "北京市/宣武区"
    assert gazetteer().by_code("999999") is None


def test_the_table_holds_together() -> None:
    today = [entry for entry in gazetteer().entries if entry.current]
    ranks = Counter(entry.rank for entry in today)
    assert ranks["province"] == 34
    assert 340 <= ranks["city"] <= 365
    assert 2840 <= ranks["district"] <= 3100
    shared = Counter(entry.code for entry in today)
    assert {code for code, number in shared.items() if number > 1} == {"710000", "810000"}
    for entry in gazetteer().entries:
        assert entry.parent is None or gazetteer().by_path(entry.parent) is not None
        assert all(len(name) > 1 for name in (entry.name, *entry.short))
        assert entry.valid_from is None or entry.valid_to is None or entry.valid_from <= entry.valid_to


def test_zones_and_abbreviations_lie_in_known_places() -> None:
    zones = {zone.name: zone for zone in gazetteer().zones}
    assert zones["东湖高新区"].place == "湖北省/武汉市"
    assert zones["江北新区"].place == "江苏省/南京市"
    assert zones["长三角"].kind == "macro"
    assert gazetteer().abbreviations["川渝"].places == ("四川省", "重庆市")
    assert gazetteer().foreign["越南"] == "country"
    assert not set(gazetteer().foreign) & set(gazetteer().names)


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("莫斯科", "俄罗斯"),
        ("澳洲", "澳大利亚"),
        ("别尔哥罗德州", "俄罗斯"),
        ("加沙", "巴勒斯坦"),
        ("越南", "越南"),
        ("克什米尔", None),
    ],
)
def test_a_place_abroad_knows_its_country(name: str, country: str | None) -> None:
    assert gazetteer().countries.get(name) == country


def test_every_country_is_called_by_one_name() -> None:
    foreign, countries = gazetteer().foreign, gazetteer().countries
    assert not {c for c in countries.values() if countries.get(c, c) != c}
    assert {name for name, rank in foreign.items() if rank == "country"} <= set(countries)


def test_split_of_paths_that_are_not_in_the_table() -> None:
    assert gazetteer().split("广东省/某某市") == ("广东省", "某某市", None)
    assert gazetteer().split("广东省/某某县") == ("广东省", None, "某某县")
    assert gazetteer().split(None) == (None, None, None)


def own(folder: Path, **tables: str) -> RuleSet:
    (folder / "places").mkdir()
    for name, content in tables.items():
        (folder / "places" / f"{name}.csv").write_text(content, encoding="utf-8")
    return RuleSet.load(folder)


def test_a_users_row_adds_to_the_shipped_ones_and_replaces_the_same_path(tmp_path: Path) -> None:
    rows = "320599,district,江苏省/苏州市/新城区甲,甲城,2030,\n320583,district,江苏省/苏州市/昆山市,昆山 玉峰,,\n"
    places = Gazetteer.load(own(tmp_path, divisions=HEADER + rows))
    assert places.lookup("甲城") == (PlaceEntry("320599", "district", "江苏省/苏州市/新城区甲", ("甲城",), 2030, None),)
    assert places.lookup("玉峰")[0].path == "江苏省/苏州市/昆山市"
    assert len(places.entries) == len(gazetteer().entries) + 1


@pytest.mark.parametrize(
    ("tables", "line", "message"),
    [
        ({"divisions": "code,path\n"}, 1, "column 'rank' is missing"),
        ({"divisions": HEADER + "44,city,广东省/甲市,,,\n"}, 2, "bad code '44'"),
        ({"divisions": HEADER + "449900,town,广东省/甲市,,,\n"}, 2, "unknown rank 'town'"),
        ({"divisions": HEADER + "449900,city,广东省//甲市,,,\n"}, 2, "bad path"),
        ({"divisions": HEADER + "449900,city,广东省/甲市,,99,\n"}, 2, "bad year '99'"),
        ({"divisions": HEADER + "449900,city\n"}, 2, "6 fields expected"),
        ({"zones": "name,place,kind\n甲园,广东省/无此市,zone\n"}, 2, "unknown place"),
        ({"zones": "name,place,kind\n甲园,广东省,park\n"}, 2, "unknown kind 'park'"),
        ({"zones": "name,place,kind\n园,广东省,zone\n"}, 2, "too short"),
        ({"abbreviations": "name,places,kind\n粤桂,广东省,run\n"}, 2, "1 places for '粤桂'"),
        ({"foreign": "name,rank\n某国,planet\n"}, 2, "unknown rank 'planet'"),
    ],
)
def test_a_wrong_table_is_named_with_file_and_line(
    tmp_path: Path, tables: dict[str, str], line: int, message: str
) -> None:
    with pytest.raises(RuleError) as raised:
        Gazetteer.load(own(tmp_path, **tables))
    assert message in raised.value.message
    assert raised.value.code == "places.table"
    assert raised.value.fix
    assert raised.value.where is not None and raised.value.where.endswith(f"{next(iter(tables))}.csv:{line}")


def test_a_place_whose_parent_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="parent is not in the table"):
        Gazetteer.load(own(tmp_path, divisions=HEADER + "999901,district,无此省/无此市/甲县,甲,,\n"))


def test_a_table_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "places").mkdir()
    (tmp_path / "places" / "zones.csv").write_bytes("name,place,kind\n甲园,广东省,zone\n".encode("gb18030"))
    with pytest.raises(RuleError, match="not UTF-8"):
        Gazetteer.load(RuleSet.load(tmp_path))


def test_the_table_is_sorted_as_the_build_script_writes_it() -> None:
    (path,) = RuleSet.load().table("divisions.csv")
    with path.open(encoding="utf-8", newline="") as file:
        keys = [(row["code"], row["path"].count("/"), row["path"], row["valid_from"]) for row in csv.DictReader(file)]
    assert keys == sorted(keys)


@pytest.mark.shared
def test_every_annotated_fact_has_a_place_that_is_known(shared: Path) -> None:
    """A division by its path, a country by its name; of several that are right (雄安新区, else 保定市) one will do."""
    import json

    def known(place: str) -> bool:
        return gazetteer().by_path(place) is not None or gazetteer().foreign.get(place) == "country"

    accepted: set[tuple[str, ...]] = set()
    for path in sorted((shared / "annotated").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            for fact in json.loads(line)["facts"]:
                accepted.add(tuple(filter(None, [fact["place"], *(fact.get("place_also") or [])])))
    accepted.discard(())
    assert len(accepted) > 100
    assert [places for places in sorted(accepted) if not any(map(known, places))] == []

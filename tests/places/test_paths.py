"""Reckoning with place paths."""

from __future__ import annotations

import pytest
from gongbao.places import paths

KUNSHAN = "江苏省/苏州市/昆山市"


@pytest.mark.parametrize(
    ("path", "rank", "name", "parent", "province"),
    [
        ("全国", "country", "全国", None, "全国"),
        ("江苏省", "province", "江苏省", None, "江苏省"),
        ("上海市", "province", "上海市", None, "上海市"),
        ("江苏省/苏州市", "city", "苏州市", "江苏省", "江苏省"),
        ("吉林省/延边朝鲜族自治州", "city", "延边朝鲜族自治州", "吉林省", "吉林省"),
        (KUNSHAN, "district", "昆山市", "江苏省/苏州市", "江苏省"),
        ("上海市/浦东新区", "district", "浦东新区", "上海市", "上海市"),
        ("海南省/琼中黎族苗族自治县", "district", "琼中黎族苗族自治县", "海南省", "海南省"),
    ],
)
def test_the_parts_of_a_path(path: str, rank: str, name: str, parent: str | None, province: str) -> None:
    assert paths.rank_of(path) == rank
    assert paths.name_of(path) == name
    assert paths.parent_of(path) == parent
    assert paths.province_of(path) == province
    assert paths.lineage(path)[-1] == path
    assert paths.depth(path) == len(paths.ancestors(path))


@pytest.mark.parametrize(
    ("path", "rank", "at"),
    [
        (KUNSHAN, "country", "全国"),
        (KUNSHAN, "province", "江苏省"),
        (KUNSHAN, "city", "江苏省/苏州市"),
        (KUNSHAN, "district", KUNSHAN),
        ("上海市/浦东新区", "city", "上海市"),
        ("江苏省/苏州市", "district", None),
        ("江苏省", "city", None),
        ("全国", "province", None),
    ],
)
def test_the_part_of_a_path_at_a_rank(path: str, rank: str, at: str | None) -> None:
    assert paths.ancestor(path, rank) == at


@pytest.mark.parametrize(
    ("path", "outer", "inside"),
    [
        (KUNSHAN, "江苏省", True),
        (KUNSHAN, "江苏省/苏州市", True),
        ("江苏省", KUNSHAN, False),
        ("吉林省/吉林市", "吉林", False),  # 吉林 is the beginning of a name, not of a path
        ("江苏省", "全国", False),
        (None, "江苏省", False),
        ("江苏省", None, False),
    ],
)
def test_what_lies_in_what(path: str | None, outer: str | None, inside: bool) -> None:
    assert paths.lies_in(path, outer) is inside
    assert paths.is_or_lies_in(path, outer) is inside


def test_a_place_does_not_lie_in_itself() -> None:
    assert not paths.lies_in(KUNSHAN, KUNSHAN)
    assert paths.is_or_lies_in(KUNSHAN, KUNSHAN)


@pytest.mark.parametrize(
    ("several", "nested", "common", "narrowest"),
    [
        (["江苏省", KUNSHAN, "江苏省/苏州市"], True, "江苏省", KUNSHAN),
        (["江苏省/苏州市", "江苏省/南京市"], False, "江苏省", "江苏省"),
        (["江苏省/苏州市", "浙江省"], False, "全国", "全国"),
        (["浙江省", "浙江省"], True, "浙江省", "浙江省"),
    ],
)
def test_what_several_places_share(several: list[str], nested: bool, common: str, narrowest: str) -> None:
    assert paths.nested(several) is nested
    assert paths.common_ancestor(several) == common
    assert paths.narrowest(several) == narrowest


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("全国", "全国"),
        ("江苏省/南京市", "南京市"),
        ("江苏省/南京市/江宁区", "南京市江宁区"),
        ("上海市/浦东新区", "浦东新区"),
    ],
)
def test_as_people_say_it(path: str, said: str) -> None:
    assert paths.called(path) == said

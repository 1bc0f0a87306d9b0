"""Reckoning with place paths (`江苏省/苏州市/昆山市`): their parts and rank, what lies in what, what several share.

`全国` is a path too; it holds nothing in this reckoning, for what all lies in is no evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from gongbao.document import Rank

COUNTRY = "全国"
_MUNICIPALITIES = ("北京市", "天津市", "上海市", "重庆市")
_PROVINCE_ENDS = ("省", "市", "区")


def name_of(path: str) -> str:
    """The last part: 昆山市."""
    return path.rpartition("/")[2]


def called(path: str) -> str:
    """As people say it: the last part, with the city of a district: 南京市江宁区."""
    parts = path.split("/")
    return "".join(parts[-2:]) if len(parts) > 2 else parts[-1]


def parent_of(path: str) -> str | None:
    """The path of what a place lies in, None for provinces and the country."""
    return path.rpartition("/")[0] or None


def province_of(path: str) -> str:
    """The first part; 全国 of 全国."""
    return path.partition("/")[0]


def is_region(path: str) -> bool:
    """True for an autonomous or special administrative region, which calls itself 全区 as a district does."""
    return depth(path) == 0 and path.endswith("区")


def is_urban(path: str) -> bool:
    """True for a city or a municipality, and what lies in one."""
    return depth(path) > 0 or path.endswith("市")


def depth(path: str) -> int:
    """How many places a place lies in."""
    return path.count("/")


@lru_cache(maxsize=8192)
def ancestors(path: str) -> tuple[str, ...]:
    """The paths that a path lies in, from the province down: 江苏省 and 江苏省/苏州市 of 江苏省/苏州市/昆山市."""
    parts = path.split("/")
    return tuple("/".join(parts[: n + 1]) for n in range(len(parts) - 1))


def lineage(path: str) -> tuple[str, ...]:
    """What a path lies in, from the province down, and the path itself."""
    return (*ancestors(path), path)


@lru_cache(maxsize=8192)
def rank_of(path: str) -> Rank:
    """The rank of a path: 全国, a province or municipality, a city, a district or county-level city."""
    if path == COUNTRY:
        return "country"
    parts = path.split("/")
    if len(parts) == 1:
        return "province"
    if len(parts) == 3 or parts[0] in _MUNICIPALITIES or not parts[1].endswith(("市", "州", "地区", "盟")):
        return "district"
    return "city"


@lru_cache(maxsize=8192)
def place_rank(place: str | None) -> str:
    """Which of `gongbao.document.PLACE_RANKS` a record's place is: a path, a country's name, or None."""
    if place is None:
        return "none"
    if place != COUNTRY and not place.split("/")[0].endswith(_PROVINCE_ENDS):
        return "abroad"
    return rank_of(place)


def ancestor(path: str, rank: str) -> str | None:
    """The part of a path at a rank, None if the path does not reach down to it."""
    if rank == "country":
        return COUNTRY
    if path == COUNTRY:
        return None
    parts = path.split("/")
    if rank == "province":
        return parts[0]
    if rank == "city":
        if parts[0] in _MUNICIPALITIES:
            return parts[0]
        return "/".join(parts[:2]) if len(parts) > 1 else None
    return path if rank_of(path) == "district" else None


def lies_in(path: str | None, outer: str | None) -> bool:
    """True for a place within another, and not that place itself; False where one is not known."""
    return path is not None and outer is not None and path.startswith(f"{outer}/")


def is_or_lies_in(path: str | None, outer: str | None) -> bool:
    """True for a place and for what lies in it; False where one is not known."""
    return path is not None and (path == outer or lies_in(path, outer))


def deepest(paths: Sequence[str]) -> str:
    """The path that lies in most places, of several the first."""
    return max(paths, key=depth)


def nested(paths: Sequence[str]) -> bool:
    """True for places that all hold the deepest of them, in any order: 江苏省, 江苏省/苏州市."""
    inmost = deepest(paths)
    return all(is_or_lies_in(inmost, path) for path in paths)


def common_ancestor(paths: Sequence[str]) -> str:
    """The deepest path that holds all the paths; 全国 if there is no other."""
    split = [path.split("/") for path in paths]
    shared: list[str] = []
    for parts in zip(*split, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "/".join(shared) or COUNTRY


def narrowest(paths: Sequence[str]) -> str:
    """The deepest of paths that lie in one another, else what holds them all."""
    return deepest(paths) if nested(paths) else common_ancestor(paths)

"""Reckoning with place paths: their rank, what holds them, what several have in common."""

from __future__ import annotations

from collections.abc import Sequence

COUNTRY = "全国"
_MUNICIPALITIES = ("北京市", "天津市", "上海市", "重庆市")


def rank_of(path: str) -> str:
    """The rank of a path: 全国, a province or municipality, a city, a district or county-level city."""
    if path == COUNTRY:
        return "country"
    parts = path.split("/")
    if len(parts) == 1:
        return "province"
    if len(parts) == 3 or parts[0] in _MUNICIPALITIES or not parts[1].endswith(("市", "州", "地区", "盟")):
        return "district"
    return "city"


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
    deepest = max(paths, key=lambda path: path.count("/"))
    if all(deepest == path or deepest.startswith(path + "/") for path in paths):
        return deepest
    return common_ancestor(paths)


def chain(path: str) -> list[str]:
    """A path and what holds it, from the province down."""
    parts = path.split("/")
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]

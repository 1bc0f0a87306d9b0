"""Unfinished runs: hidden folders that hold the shards done so far, until the run is finished or resumed.

runs/.<run id>.unfinished/
  plan.json     what was asked for
  shards/       one file a shard that is done (see `ShardFolder`)
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gongbao.errors import RunError
from gongbao.run.folder import MANIFEST, manifest_of, point, write_json
from gongbao.stored import object_of, sync

_ENDING = ".unfinished"
_PLAN = "plan.json"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An unfinished run: its folder and its plan, a JSON object of whatever the run was asked for."""

    path: Path
    plan: dict[str, Any]

    @property
    def run_id(self) -> str:
        """The name that the run will have."""
        return self.path.name.removeprefix(".").removesuffix(_ENDING)

    @property
    def shards(self) -> Path:
        """The folder of the shards done so far."""
        return self.path / "shards"

    @classmethod
    def create(cls, runs: Path, run_id: str, plan: dict[str, Any]) -> Unfinished:
        """Begin a run; an OSError says why not."""
        made = cls(runs / f".{run_id}{_ENDING}", plan)
        made.shards.mkdir(parents=True)
        write_json(made.path / _PLAN, plan)
        sync(made.path)
        return made

    def replan(self, plan: dict[str, Any]) -> Unfinished:
        """The same run, asked for anew: should it stop again, this is what is gone on with."""
        fresh = self.path / f".{_PLAN}"
        write_json(fresh, plan)
        fresh.replace(self.path / _PLAN)  # a folder without a whole plan counts as nothing
        sync(self.path)
        return Unfinished(self.path, plan)

    def remove(self) -> None:
        """Remove the folder with all it holds; the plan goes first, so that half of it is never resumed."""
        with suppress(OSError):
            (self.path / _PLAN).unlink(missing_ok=True)
        shutil.rmtree(self.path, ignore_errors=True)

    def remove_if_empty(self) -> None:
        """Remove the folder if there is nothing in it to go on with."""
        if self.path.exists() and next(self.shards.glob("[!.]*"), None) is None:
            self.remove()


def unfinished(runs: Path) -> Iterator[Unfinished]:
    """The unfinished runs of a folder, newest first; leftovers without a plan are removed."""
    found = sorted(runs.glob(f".*{_ENDING}"), key=lambda path: path.name, reverse=True)
    for path in found:
        try:
            plan = _read_plan(path / _PLAN)
        except (OSError, ValueError):
            shutil.rmtree(path, ignore_errors=True)
            continue
        yield Unfinished(path, plan)


def _read_plan(path: Path) -> dict[str, Any]:
    """A plan as it was written; a ValueError says that it is none."""
    plan = object_of(path.read_bytes())
    options = plan.get("options")
    if not (
        _texts(plan.get("input"))
        and isinstance(plan.get("directory"), str)
        and isinstance(plan.get("started"), str)
        and isinstance(options, dict)
        and _texts(options.get("rules"))
        and "ner" in options
        and isinstance(options["ner"], str | None)
        and isinstance(options.get("parquet", False), bool)
    ):
        raise ValueError("no plan of a run")
    return plan


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def settle(out: Path) -> None:
    """Finish what a run that ended in its very last step left: its folder is in place, but `latest` was not moved."""
    for left in list(unfinished(out / "runs")):
        final = out / "runs" / left.run_id
        if (final / MANIFEST).is_file():
            if not manifest_of(final).get("held_back"):
                point(out, final)
            left.remove()


def may_resume(out: Path, paths: list[str]) -> bool:
    """Whether a run over these paths (none: any paths) that was just stopped left something to go on with."""
    newest = max((out / "runs").glob(f".*{_ENDING}/{_PLAN}"), key=lambda plan: plan.parent.name, default=None)
    try:
        return newest is not None and (not paths or _read_plan(newest)["input"] == paths)
    except (OSError, ValueError):
        return False


def check_directory(left: Unfinished, paths: list[str]) -> None:
    """Relative paths mean what they meant only in the directory where the run began."""
    began = str(left.plan.get("directory", ""))
    if began != str(Path.cwd()) and not all(Path(path).is_absolute() for path in paths):
        raise RunError(
            f"the unfinished run began in {began}", where=str(left.path.parent), fix=f"cd {began}", code="run.directory"
        )


def check_outside(paths: list[str], out: Path) -> None:
    """Run folders among the articles would be read as articles by the next run."""
    runs = Path(os.path.realpath(out / "runs"))
    for path in paths:
        # Path.is_dir raises where a folder above may not be looked into; reading says so by name
        if os.path.isdir(path) and runs.is_relative_to(os.path.realpath(path)):  # noqa: PTH112
            raise RunError(
                f"the run folders would lie in the folder of articles {path}: the next run would read them as articles",
                where=str(out),
                fix="Name a folder outside of it with --out, or name the folders of articles in it",
                code="run.out_inside",
            )

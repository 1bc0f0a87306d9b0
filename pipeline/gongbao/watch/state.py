"""What a watch remembers between its rounds and its starts: up to which run others were told, and its own old runs."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from gongbao.run.folder import latest, manifest_of
from gongbao.stored import object_of

MARK = "watch"
"""What the manifest of a run that a watch made says of who made it."""
NAME = ".watch.json"


def is_own(run: Path) -> bool:
    """Whether a watch made the run."""
    return manifest_of(run).get("made_by") == MARK


@dataclass(slots=True)
class State:
    """The state of the watch of an output folder.

    Args:
        out: The output folder.
        told: The run up to which everything was told; None if nothing was.
        own: Runs that the watch made and that newer ones of its own replace, oldest first.
    """

    out: Path
    told: str | None = None
    own: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, out: Path) -> State | None:
        """The state left by an earlier watch, None if there was none."""
        try:
            found = object_of((out / NAME).read_bytes())
        except (OSError, ValueError):
            return None
        told, own = found.get("told"), found.get("own")
        if not isinstance(told, str | None) or not isinstance(own, list):
            return None
        return cls(out, told, [name for name in own if isinstance(name, str)])

    def save(self) -> None:
        """Write it in one step."""
        self.out.mkdir(parents=True, exist_ok=True)
        fresh = self.out / f"{NAME}.{os.getpid()}"
        fresh.write_text(json.dumps({"told": self.told, "own": self.own}) + "\n", encoding="utf-8")
        fresh.replace(self.out / NAME)

    def folder(self, run_id: str | None) -> Path | None:
        """The folder of a run, None if it is not there any more."""
        path = None if run_id is None else (self.out / "runs" / run_id).resolve()
        return path if path is not None and path.is_dir() else None

    def prune(self, keep: int, newest: str) -> None:
        """Remove the oldest runs of its own, but the newest `keep`, `latest`, and the one that was told last.

        Its own are those that bear its mark: what `gongbao run` made is never removed, whatever the state says.
        """
        pointed = latest(self.out)
        spared = {newest, self.told, pointed.name if pointed is not None else None}
        extra = [name for name in self.own if name not in spared]
        for name in extra[: max(0, len(extra) - max(keep - 1, 0))]:
            path = self.out / "runs" / name
            if path.parent.resolve() == path.resolve().parent and is_own(path):
                with suppress(OSError):
                    shutil.rmtree(path)
            self.own.remove(name)

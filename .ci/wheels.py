"""The wheel in fresh environments: on each Python that is here, the base alone and with each extra alone.

    .venv/bin/python .ci/wheels.py [3.13 ...]

In the base every command does its work or names the extra that it lacks, and strict mypy passes a user's script; with
an extra, what the extra is for is done. Sizes are those of the files installed, without compiled bytecode. Environments
are made by uv and removed again. A Python that is not here is said to be left out.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
UV = [sys.executable, "-m", "uv"]
ROW = '{"text": "2021年，宁波市投入绿道建设资金3亿元。"}\n'
MB = 1_000_000
DATABASE = "postgresql://u:p@127.0.0.1:9/facts"
"""An address where nobody answers."""
COMPARED = ("outputs/latest", "outputs/latest", "--no-browser")
LEARNING = ("learn", "--gold", str(ROOT / "corpus" / "gold"))
WATCHING = ("watch", "in", "--out", "seen", "--json")


@dataclass(frozen=True)
class Place:
    """An environment and a folder to work in, which holds a run, and a copy of its input packed by zstd."""

    environment: Path
    work: Path

    def run(self, *words: str, status: int = 0, stdin: str | None = None) -> str:
        """What a program of the environment says."""
        program = [self.environment / "bin" / words[0], *words[1:]]
        done = subprocess.run(
            program, cwd=self.work, env=clean(), input=stdin, capture_output=True, text=True, timeout=600
        )
        said = done.stdout + done.stderr
        assert done.returncode == status and "Traceback" not in said, (words, done.returncode, said)
        return said

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """A server of the environment, until the end of the block."""
        program = [self.environment / "bin" / words[0], *words[1:]]
        server = subprocess.Popen(
            program, cwd=self.work, env=clean(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            yield server
        finally:
            server.terminate()
            server.communicate(timeout=60)


def clean() -> dict[str, str]:
    """The environment variables, but for what leads to this checkout."""
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")} | {"PYTHONUTF8": "1"}


def main_job(place: Place) -> None:
    """Articles from texts and files to records, tables and comparisons: what needs no extra."""
    assert '"place":"浙江省/宁波市"' in place.run("gongbao", "extract", "-", stdin=ROW).replace(": ", ":")
    for name in ("corpus/articles/roundups/education.pdf", "corpus/articles/releases"):
        place.run("gongbao", "run", str(ROOT / name), "--out", "more")
    place.run("gongbao", "export", "latest", "-o", "facts.csv")
    place.run("gongbao", "diff", "outputs/latest", "outputs/latest")


def served(command: str, *words: str) -> Callable[[Place], None]:
    def check(place: Place) -> None:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        with place.running("gongbao", command, "--port", str(port), *words) as server:
            for _ in range(600):
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
                        assert answer.status == 200
                        return
                except OSError:
                    assert server.poll() is None, command
                    time.sleep(0.1)
            raise AssertionError(f"{command} does not answer")

    return check


def exports(place: Place) -> None:
    for name in ("facts.xlsx", "facts.parquet", "facts.db"):
        place.run("gongbao", "export", "latest", "-o", name)
        assert (place.work / name).stat().st_size > 1000


def connects(place: Place) -> None:
    said = place.run("gongbao", "export", "latest", "--to", DATABASE, status=2)
    assert "cannot connect" in said, said


def answers(place: Place) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "check", "version": "1"}}
    with place.running("gongbao", "mcp") as server:
        assert server.stdin is not None and server.stdout is not None
        print(
            json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}),
            file=server.stdin,
            flush=True,
        )
        assert json.loads(server.stdout.readline())["result"]["serverInfo"]["name"] == "gongbao"


def watches(place: Place) -> None:
    with place.running("gongbao", *WATCHING) as watch:
        assert watch.stdout is not None
        assert json.loads(watch.stdout.readline())["place"] == "浙江省/宁波市"


def learns(place: Place) -> None:
    """Its libraries load; what they learn of is more than there is time for."""
    said = place.run("gongbao", *LEARNING, status=2)
    assert "articles were decided on" in said, said


def done_by(*words: str) -> tuple[Callable[[Place], object], tuple[str, ...]]:
    return lambda place: place.run("gongbao", *words), words


EXTRAS: dict[str, tuple[Callable[[Place], object], tuple[str, ...]]] = {
    # What it is for, and a command that names it where it is missing.
    "review": (served("review", *COMPARED), ("review", *COMPARED)),
    "serve": (served("serve"), ("serve",)),
    "export": (exports, ("export", "latest", "-o", "x.xlsx")),
    "postgresql": (connects, ("export", "latest", "--to", DATABASE)),
    "watch": (watches, WATCHING),
    "zst": done_by("run", "in.jsonl.zst", "--out", "more"),
    "dask": done_by("run", "in", "--out", "more", "--engine", "dask"),
    "report": done_by("report", "latest", "-o", "report.html"),
    "mcp": (answers, ("mcp",)),
    "learn": (learns, LEARNING),
}


def everything(place: Place) -> None:
    for check, _ in EXTRAS.values():
        check(place)


def named_where_missing(place: Place) -> None:
    for extra, (_, words) in EXTRAS.items():
        assert f"gongbao[{extra}]" in place.run("gongbao", *words, status=2), words


def typed(place: Place) -> None:
    """The user's script, checked by mypy out of this checkout's environment, then run."""
    script = ROOT / "tests" / "user_script.py"
    python = place.environment / "bin" / "python"
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--python-executable={python}"]
    done = subprocess.run([*command, str(script)], cwd=place.work, env=clean(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert place.run("python", str(script)).split()[:2] == ["17", "浙江省/宁波市"]


def size(folder: Path) -> int:
    """Bytes of the files that were installed, without compiled bytecode."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def check(python: str, wheel: Path, extra: str, work: Path) -> tuple[int, int]:
    """Install the wheel with an extra (empty: the base), see that it works; the bytes and the packages installed."""
    place = Place(work / "environment", work)
    subprocess.run([*UV, "venv", "--quiet", "--python", python, place.environment], check=True, env=clean())
    asked = f"gongbao[{extra}] @ {wheel.as_uri()}" if extra else str(wheel)
    install = [*UV, "pip", "install", "--quiet", "--python", place.environment / "bin" / "python", asked]
    subprocess.run(install, check=True, env=clean())
    (site,) = (place.environment / "lib").glob("python3*/site-packages")
    found = size(site), len(list(site.glob("*.dist-info")))
    (work / "in").mkdir()
    (work / "in" / "a.jsonl").write_text(ROW, encoding="utf-8")
    import zstandard

    (work / "in.jsonl.zst").write_bytes(zstandard.compress(ROW.encode()))
    place.run("gongbao", "run", "in")
    if extra:
        (everything if extra == "all" else EXTRAS[extra][0])(place)
    else:
        for each in (main_job, named_where_missing, typed):
            each(place)
    return found


def pythons(asked: list[str]) -> Iterator[tuple[str, str]]:
    for version in asked or re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"])):
        pyenv = (
            subprocess.run(["pyenv", "prefix", version], capture_output=True, text=True)
            if shutil.which("pyenv")
            else None
        )
        for python in (f"python{version}", f"{pyenv.stdout.strip()}/bin/python" if pyenv else ""):
            if python and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0:
                yield version, python
                break
        else:
            print(f"Python {version}: not here, left out")


def main(asked: list[str]) -> None:
    assert set(EXTRAS) | {"all"} == set(PROJECT["optional-dependencies"]), "an extra has no check here"
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, str(ROOT)]
        subprocess.run(build, check=True, capture_output=True, env=clean())
        (wheel,) = Path(folder).glob("*.whl")
        print(f"{wheel.name}: {wheel.stat().st_size / MB:.1f} MB")
        for version, python in pythons(asked):
            base = 0
            for extra in ("", *PROJECT["optional-dependencies"]):
                with tempfile.TemporaryDirectory(dir=folder) as work:
                    bytes_, packages = check(python, wheel, extra, Path(work))
                base = base or bytes_
                more = f", {(bytes_ - base) / MB:.0f} MB more than the base" if extra else ""
                print(
                    f"Python {version}, {extra or 'base'}: works; {packages} packages, {bytes_ / MB:.0f} MB{more}",
                    flush=True,
                )


if __name__ == "__main__":
    main(sys.argv[1:])

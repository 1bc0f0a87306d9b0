"""Runs to export: the sample corpus, the annotated articles, and one of everything that is hard to carry."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gongbao.run.runner import Options, run

from tests.export.exporting import ROOT, free_port, hard_extractions, write_run


def extracted_once(factory: pytest.TempPathFactory, name: str, paths: list[Path]) -> Path:
    """A run over real articles, made once for all workers of a test session."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    base = factory.getbasetemp().parent if worker else factory.getbasetemp()
    out = base / f"extracted-{name}"
    try:
        out.mkdir()
    except FileExistsError:
        for _ in range(6000):
            if (out / "done").exists() or (out / "failed").exists():
                break
            time.sleep(0.1)
    else:
        try:
            run(paths, out, Options(ner=None))
            (out / "done").touch()
        except BaseException:
            (out / "failed").touch()
            raise
    assert (out / "done").exists(), "another worker could not extract the articles"
    return (out / "latest").resolve()


@pytest.fixture(scope="session")
def corpus_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample corpus, extracted by rules alone."""
    return extracted_once(tmp_path_factory, "corpus", [ROOT / "corpus" / "articles"])


@pytest.fixture(scope="session")
def annotated_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The annotated articles beside the checkout."""
    folder = ROOT.parent / "shared" / "annotated"
    if not folder.is_dir():
        pytest.skip("the annotated articles are not beside this checkout")
    return extracted_once(tmp_path_factory, "annotated", sorted(folder.glob("*.jsonl")))


@pytest.fixture(scope="session")
def hard_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("hard"), "hard", hard_extractions())


@pytest.fixture(params=["corpus", "hard", pytest.param("annotated", marks=pytest.mark.shared)])
def any_run(request: pytest.FixtureRequest) -> Path:
    folder = request.getfixturevalue(f"{request.param}_run")
    assert isinstance(folder, Path)
    return folder


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of its own on the loopback: its URL, user `gongbao` with a password."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL's server is not installed (apt-get install postgresql)")
    bin_folder = found[-1].parent
    # A server does not run as root: the package's own user runs it there.
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="gongbao-pg."))
    if user:
        shutil.chown(folder, "postgres", "postgres")
    port = free_port()
    password = folder / "password"
    password.write_text("geheim 密\n", encoding="utf-8")
    if user:
        shutil.chown(password, "postgres", "postgres")
    options = ["-A", "scram-sha-256", "-U", "gongbao", "-E", "UTF8", "--locale=C", f"--pwfile={password}"]
    subprocess.run(
        [bin_folder / "initdb", "-D", folder / "data", *options], check=True, capture_output=True, cwd=folder, **user
    )
    arguments = ["-D", folder / "data", "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-c", "fsync=off"]
    server = subprocess.Popen([bin_folder / "postgres", *arguments], cwd=folder, stderr=subprocess.DEVNULL, **user)
    try:
        import psycopg

        for _ in range(6000):
            try:
                psycopg.connect(
                    host="127.0.0.1", port=port, user="gongbao", password="geheim 密", dbname="postgres"
                ).close()
                break
            except psycopg.OperationalError:
                time.sleep(0.1)
        yield f"postgresql://gongbao:geheim%20%E5%AF%86@127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(600)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(postgresql: str) -> Iterator[str]:
    """An empty database on that server: its URL."""
    import psycopg

    name = f"t{time.monotonic_ns()}"
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield f"{postgresql}/{name}"

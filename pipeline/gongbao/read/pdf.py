"""PDFs, parsed by a program of their own (`pdf_worker`) that is stopped when it takes too long."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Timer

from gongbao.errors import ReadError
from gongbao.read.failing import os_error, too_large
from gongbao.read.limits import Limits
from gongbao.read.streams import broken


@dataclass(frozen=True, slots=True)
class PdfText:
    """The text of a PDF, and the numbers of its pages that hold images and no text."""

    text: str
    blank: tuple[int, ...] = ()


class PdfReader:
    """Reads PDFs one after another; the program starts with the first and ends with `close`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._worker: subprocess.Popen[str] | None = None

    def read(self, path: Path) -> PdfText:
        """The text of a PDF: one line a paragraph, heading or table row.

        Raises:
            ReadError: `read.broken`, `read.encrypted`, `read.scanned` (images only), `read.garbled` (fonts without
                characters), `read.too_large`, `read.timeout`.

        """
        where = str(path)
        self._refuse(path, where)
        request = {
            "path": where,
            "max_pages": self._limits.max_pages,
            "max_characters": self._limits.max_characters,
        }
        worker = self._start()
        assert worker.stdin is not None and worker.stdout is not None
        late = Event()

        def stop() -> None:
            late.set()
            worker.kill()

        timer = Timer(self._limits.max_seconds, stop)
        timer.start()
        try:
            worker.stdin.write(json.dumps(request) + "\n")
            worker.stdin.flush()
            answer = worker.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            timer.cancel()
        if not answer:
            self.close()
            raise self._crashed(where, late=late.is_set())
        found = json.loads(answer)
        if "code" in found:
            raise ReadError(found["message"], where=where, fix=found["fix"], code=found["code"])
        return PdfText(found["text"], tuple(found["blank"]))

    def close(self) -> None:
        """End the program."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.kill()
        worker.wait()
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def _start(self) -> subprocess.Popen[str]:
        if self._worker is None or self._worker.poll() is not None:
            self.close()
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "gongbao.read.pdf_worker", str(self._limits.max_memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="ascii",
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )
        return self._worker

    def _refuse(self, path: Path, where: str) -> None:
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                head = file.read(1024)
        except OSError as error:
            raise os_error(error, where) from error
        if size >= self._limits.max_file_bytes:
            raise too_large("The file", where, limit=f"{self._limits.max_file_bytes:,} bytes")
        if size == 0:
            raise ReadError("The file is empty", where=where, fix="Get the file again", code="read.empty")
        if b"%PDF-" not in head:
            raise broken("This is no PDF: it does not begin as one", where)

    def _crashed(self, where: str, *, late: bool) -> ReadError:
        if not late:
            return broken("The PDF made its parser fail", where)
        return ReadError(
            f"The PDF was not read within {self._limits.max_seconds:g} s",
            where=where,
            fix="Save it anew from its program, or raise max_seconds (Limits)",
            code="read.timeout",
        )

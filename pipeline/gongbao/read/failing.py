"""Errors of reading as `Failure` objects that are safe to print."""

from __future__ import annotations

import errno
import unicodedata
from pathlib import Path

from gongbao.document import Failure
from gongbao.errors import GongbaoError, ReadError

ENDINGS = ".txt .md .docx .pdf .html .htm .xlsx .jsonl .csv, and .txt .md .html .jsonl .csv with .gz or .zst behind"


def printable(text: str) -> str:
    """A text with all escaped that a terminal would act upon: controls, line ends, direction marks, surrogates."""
    if text.isprintable():
        return text
    return "".join(char if char == " " or char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    if unicodedata.category(char) == "Zs":
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def failure(error: GongbaoError, identifier: str) -> Failure:
    """The failure that an error means for the article `identifier`."""
    return Failure(
        id=identifier,
        stage="read",
        code=error.code,
        message=printable(error.message),
        where=None if error.where is None else printable(error.where),
        fix=None if error.fix is None else printable(error.fix),
    )


def os_error(error: OSError, where: str) -> ReadError:
    """What the operating system refused, as an error with a fix."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return ReadError("There is no such file or folder", where=where, fix="Check the path", code="read.missing")
    if isinstance(error, PermissionError):
        return ReadError(
            "It may not be read",
            where=where,
            fix="Give yourself the right to read it (chmod u+r)",
            code="read.permission",
        )
    if error.errno == errno.EINVAL:  # a damaged archive points to places that are not there
        return ReadError("The file is damaged", where=where, fix="Get the file again", code="read.broken")
    if error.errno == errno.ELOOP:
        return ReadError("The link leads in a circle", where=where, fix="Remove or mend the link", code="read.symlink")
    return ReadError(
        f"The system could not read the file: {error.strerror or type(error).__name__}",
        where=where,
        fix="Check the disk and try again",
        code="read.io",
    )


def unsupported(path: Path) -> ReadError:
    """The error for a file of a kind that is not read."""
    return ReadError(
        f"Files of the kind {path.suffix or 'without ending'} are not read",
        where=str(path),
        fix=f"Convert it to one of {ENDINGS}",
        code="read.unsupported",
    )


def too_large(what: str, where: str, *, limit: str) -> ReadError:
    """The error for an input beyond a limit."""
    return ReadError(
        f"{what} is beyond the limit of {limit}",
        where=where,
        fix="Split it into its articles, or raise the limit (Limits) if it really is one",
        code="read.too_large",
    )


def too_long(where: str, most: int) -> ReadError:
    """The error for an article beyond so many characters."""
    return ReadError(
        f"The text is beyond the limit of {most:,} characters",
        where=where,
        fix="Split it into its articles, or raise the limit if it really is one (gongbao run --max-characters)",
        code="read.too_large",
    )

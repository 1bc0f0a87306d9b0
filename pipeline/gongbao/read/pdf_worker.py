"""The program that parses PDFs apart from everything else: `python -m gongbao.read.pdf_worker`.

Each line of its standard input is a request in JSON, `{"path", "max_pages", "max_characters"}`, and is answered by
one line, `{"text", "blank"}` or `{"code", "message", "fix"}`. pdfium is a large foreign program; whatever it does to
a hostile file, it does here, within the memory given as the only argument.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Iterator
from typing import Any

from gongbao.read.encoding import plausibility
from gongbao.read.pdf_layout import PageLine, PageSize, characters, paragraphs

_SCRAP = 10
"""Fewer characters in a whole document are page numbers."""


class _Refusal(Exception):
    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.answer = {"code": code, "message": message, "fix": fix}


def main() -> None:
    """Answer requests until the input ends."""
    _limit_memory(int(sys.argv[1]))
    for request in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(request))) + "\n")
        sys.stdout.flush()


def _limit_memory(size: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    import pypdfium2

    try:
        return _read(request["path"], request["max_pages"], request["max_characters"])
    except _Refusal as refusal:
        return refusal.answer
    except pypdfium2.PdfiumError as error:
        if "assword" in str(error) or "ecurity" in str(error):
            return _Refusal(
                "read.encrypted", "The PDF asks for a password", "Save it without a password, then read that"
            ).answer
        return _Refusal("read.broken", f"The PDF is damaged ({error})", "Get the file again").answer
    except MemoryError:
        return _Refusal(
            "read.too_large", "The PDF needs more memory than it may have", "Split it, or raise max_memory (Limits)"
        ).answer


def _read(path: str, max_pages: int, max_characters: int) -> dict[str, Any]:
    import pypdfium2

    lines: list[PageLine] = []
    sizes: list[PageSize] = []
    blank: list[int] = []
    count = 0
    with open(path, "rb") as file:  # noqa: PTH123 - the name may hold bytes that are no characters
        data = file.read()
    document = pypdfium2.PdfDocument(data)
    try:
        if len(document) > max_pages:
            raise _Refusal(
                "read.too_large", f"The PDF has {len(document):,} pages, beyond the limit of {max_pages:,}", "Split it"
            )
        for number in range(len(document)):
            page = document[number]
            _, bottom, _, top = page.get_bbox()
            sizes.append(PageSize(number, top - bottom, bottom))
            text = page.get_textpage()
            found = list(_lines(text, number, max_characters))
            text.close()
            if not found and _holds_images(page):
                blank.append(number + 1)
            page.close()
            lines += found
            count += sum(len(line.text) for line in found)
            if count > max_characters:
                raise _Refusal(
                    "read.too_large",
                    f"The PDF holds more than {max_characters:,} characters",
                    "Split it into its articles, or raise the limit (gongbao run --max-characters)",
                )
    finally:
        document.close()
    if count < _SCRAP and blank:
        raise _Refusal(
            "read.scanned", "The PDF holds images of pages and no text", "Run OCR on it first (ocrmypdf -l chi_sim)"
        )
    text = "\n".join(paragraphs(lines, sizes))
    _refuse_garbled(text)
    return {"text": text, "blank": blank}


def _refuse_garbled(text: str) -> None:
    """A font without a table of characters gives signs that stand for nothing."""
    signs = sum(
        1 for char in text if "\ue000" <= char <= "\uf8ff" or char == "\ufffd" or (char < " " and char not in "\n\t")
    )
    foreign = sum(1 for char in text if char >= "\x80")
    if signs * 10 > len(text) or (foreign > 100 and plausibility(text[:100_000]) < 0.1):
        raise _Refusal(
            "read.garbled",
            "The PDF's fonts do not say which characters they show: its text cannot be read",
            "Print it to a new PDF from its program, or run OCR on it (ocrmypdf --force-ocr -l chi_sim)",
        )


def _holds_images(page: Any) -> bool:
    import pypdfium2.raw as pdfium

    return any(item.type == pdfium.FPDF_PAGEOBJ_IMAGE for item in page.get_objects(max_depth=3))


def _lines(page: Any, number: int, max_characters: int) -> Iterator[PageLine]:
    """The lines of a page in the order in which it was written."""
    builder: _LineBuilder | None = None
    for char, box, size in _characters(page, max_characters):
        if char.isspace():  # its box is a point
            if builder is not None and char not in "\r\n":
                builder.blank(made_up=box[2] - box[0] < 0.01)
            continue
        if builder is not None and not builder.takes(box, size):
            if (line := builder.line(number)) is not None:
                yield line
            builder = None
        if builder is None:
            builder = _LineBuilder()
        builder.add(char, box, size)
    if builder is not None and (line := builder.line(number)) is not None:
        yield line


_Box = tuple[float, float, float, float]


def _characters(page: Any, max_characters: int) -> Iterator[tuple[str, _Box, float]]:
    import pypdfium2.raw as pdfium

    box = pdfium.FS_RECTF()
    reference = ctypes.byref(box)
    high = 0
    for index in range(min(page.count_chars(), max_characters + 1)):
        code = pdfium.FPDFText_GetUnicode(page, index)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0xFFFD
        high = 0
        if code == 0 or not pdfium.FPDFText_GetLooseCharBox(page, index, reference):
            continue
        size = pdfium.FPDFText_GetFontSize(page, index)
        yield chr(code), (box.left, box.bottom, box.right, box.top), size


class _LineBuilder:
    """Collects the characters of one line; wide gaps become tabs."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._boxes: list[_Box] = []
        self._sizes: list[float] = []
        self._row = False
        self._made_up = False

    def takes(self, box: _Box, size: float) -> bool:
        """Whether a character stands on this line, to the right of what is there."""
        left, bottom, _, top = box
        last = self._boxes[-1]
        height = max(last[3] - last[1], 0.1)
        overlap = min(top, last[3]) - max(bottom, last[1])
        return overlap > 0.4 * min(height, max(top - bottom, 0.1)) and left > last[0] - 0.5 * height

    def blank(self, *, made_up: bool) -> None:
        """A blank between words; pdfium makes them up where characters stand a little apart."""
        if self._text[-1] not in " \t":
            self._text.append(" ")
            self._made_up = made_up

    def add(self, char: str, box: _Box, size: float) -> None:
        """A character, behind a tab where it stands far from the last one."""
        if self._boxes:
            gap = box[0] - self._boxes[-1][2]
            em = max(size, box[3] - box[1], 1.0)
            if (
                self._made_up
                and gap < 0.6 * em
                and self._text[-1] == " "
                and (char > "\u2e7f" or self._text[-2] > "\u2e7f")
            ):
                self._text.pop()  # Chinese set wide, not words
            self._made_up = False
            if gap > 1.8 * em:
                self._row = True
                while self._text and self._text[-1] == " ":
                    self._text.pop()
                self._text.append("\t")
        self._text.append(char)
        self._boxes.append(box)
        self._sizes.append(box[3] - box[1])

    def line(self, page: int) -> PageLine | None:
        """The line, or None if it is blank."""
        text = characters("".join(self._text)).strip()
        if not text:
            return None
        return PageLine(
            text=text,
            left=min(box[0] for box in self._boxes),
            bottom=min(box[1] for box in self._boxes),
            right=max(box[2] for box in self._boxes),
            top=max(box[3] for box in self._boxes),
            size=sorted(self._sizes)[len(self._sizes) // 2],
            page=page,
            row=self._row,
        )


if __name__ == "__main__":
    main()

"""From bytes to text: every article says its encoding, and an unclear one is an error.

A byte-order mark decides; otherwise UTF-8 if every byte fits; otherwise the Chinese encodings (GB18030, Big5, UTF-16)
are tried and weighed by how much of the outcome is common Chinese. Where two remain possible, or where the best of them
has a byte that does not fit, that is an error which names the candidates and the byte: a text read in the wrong
encoding gives wrong facts.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from gongbao.errors import ReadError

BOMS = (  # UTF-32 before UTF-16: its mark begins with the other's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
CANDIDATES = ("utf-8", "gb18030", "big5", "utf-16-le", "utf-16-be")
BIG5_FAMILY = ("big5", "cp950", "big5hkscs")
"""Big5 as standardised, with the characters that Windows added (碁 銹 裏 恒), with those that Hong Kong added."""

MAGIC = (
    (b"%PDF-", "a PDF", "Give the file the ending .pdf"),
    (
        b"PK\x03\x04",
        "a zip archive (docx and xlsx are such)",
        "Give the file its own ending, .docx or .xlsx, or unpack it",
    ),
    (b"\xd0\xcf\x11\xe0", "an old Office file (doc, xls)", "Save it as .docx or .xlsx"),
    (b"{\\rtf", "an RTF file", "Save it as .docx or .txt"),
    (b"\x89PNG", "a PNG image", "Give its text; gongbao does not read images"),
    (b"\xff\xd8\xff", "a JPEG image", "Give its text; gongbao does not read images"),
    (b"GIF8", "a GIF image", "Give its text; gongbao does not read images"),
    (b"\x1f\x8b", "a gzip file", "Give the file the ending .gz after its own (.txt.gz, .jsonl.gz)"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "Give the file the ending .zst after its own (.txt.zst, .jsonl.zst)"),
    (b"Rar!", "a RAR archive", "Unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it first"),
)

_WIDEST = {"big5": "big5hkscs"}
_CONTROLS = [bytes([code]) for code in range(1, 32) if code not in b"\t\n\f\r\x1b"]

SAMPLE = 200_000
"""Bytes that are weighed; all bytes must fit all the same."""
CLEAR = 0.45
"""Least plausibility of a text in its right encoding (Chinese bulletins: 0.8 and more)."""
MARGIN = 0.25
"""Least distance to the next candidate."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the name of the encoding that its bytes were in (Python's codec name)."""

    text: str
    encoding: str


def decode(data: bytes, *, where: str | None = None, declared: str | None = None) -> Decoded:
    """Decode a whole text.

    Args:
        data: All bytes of the text; a byte-order mark is taken off.
        where: The file, for errors.
        declared: An encoding that the file itself names (HTML); used if every byte fits and the outcome is Chinese.

    Raises:
        ReadError: `read.binary` for what is no text, `read.encoding` where a byte does not fit or no encoding is clear.

    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return Decoded(_strict(data, encoding, where=where, skip=len(mark)), encoding)
    refuse_binary(data, where=where)
    if declared is not None:
        text = fits(data, declared)
        if text is not None and (declared == "utf-8" or plausibility(text[: SAMPLE // 2]) >= CLEAR):
            return Decoded(text, declared)
    if b"\x00" not in data:
        text = fits(data, "utf-8")
        if text is not None:
            _refuse_chance_utf8(data, text, where=where)
            return Decoded(text, "utf-8")
    encoding = _choose(data, complete=True, where=where)
    if encoding == "big5":
        encoding = next((name for name in BIG5_FAMILY if fits(data, name) is not None), encoding)
    return Decoded(_strict(data, encoding, where=where), encoding)


def sniff(head: bytes, *, complete: bool, where: str | None = None) -> tuple[str, int]:
    """Tell the encoding of a long stream from its beginning.

    Args:
        head: The first bytes.
        complete: Whether that is all there is; otherwise the last character may be cut.
        where: The file, for errors.

    Returns:
        The encoding and the length of the byte-order mark. Bytes further on may still not fit.

    Raises:
        ReadError: `read.binary` or `read.encoding`, as `decode`.

    """
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    refuse_binary(head, where=where)
    if b"\x00" not in head and fits(head, "utf-8", final=complete) is not None:
        return "utf-8", 0
    return _choose(head, complete=complete, where=where), 0


def refuse_binary(data: bytes, *, where: str | None = None) -> None:
    """Raise `read.binary` for files of other kinds and for bytes that are no text in any encoding."""
    for magic, what, fix in MAGIC:
        if data.startswith(magic):
            raise ReadError(f"This is {what}, not text", where=where, fix=fix, code="read.binary")
    head = data[:65536]
    controls = sum(head.count(code) for code in _CONTROLS)
    if b"\x00" in data:
        sign = f"byte {data.index(0)} is NUL"
    elif controls * 50 > len(head):
        sign = f"{controls} control characters among the first {len(head)} bytes"
    else:
        return
    # In UTF-16 half of every Latin letter is NUL, and half of a Chinese character may be anything.
    if max(_scores(head, ("utf-16-le", "utf-16-be"), complete=False).values()) < CLEAR:
        raise ReadError(
            f"These bytes are no text: {sign}",
            where=where,
            fix="Give a text file, or one of .html .docx .pdf .xlsx under its own ending",
            code="read.binary",
        )


def plausibility(text: str) -> float:
    """Say how much of a text's non-ASCII part looks like Chinese prose: 1 all common characters, below 0 garbage.

    A text without any such character scores 0: it says nothing about its encoding.
    """
    counts = Counter(text)
    total = weight = 0.0
    for char, count in counts.items():
        if char >= "\x80":
            total += count
            weight += count * _weight(char)
    return weight / (total + 2)  # two characters of doubt: one or two prove nothing


def _weight(char: str) -> float:
    if char in _common() or char in _PUNCTUATION:
        return 1.0
    if "\u4e00" <= char <= "\u9fff":
        return 0.3 if char in _first_levels() else -0.3
    if char <= "\x9f" or char == "\ufffd" or "\ue000" <= char <= "\uf8ff":
        return -1.0
    if char <= "\u024f" or "\u2000" <= char <= "\u22ff" or "\uff00" <= char <= "\uff5e" or char >= "\U00020000":
        return 0.0  # pinyin, signs, full-width letters, rare characters: in any encoding
    return -0.7


_PUNCTUATION = frozenset("，。、；：？！“”‘’（）《》〈〉【】「」『』〔〕—…·－～〇％\u3000０１２３４５６７８９")


@cache
def _common() -> frozenset[str]:
    """The characters of which running Chinese mostly consists, simplified and traditional (85 % of any bulletin).

    Source: character frequencies summed over the word list in jieba's wheel (MIT), the first 900, some that bulletins
    use more than novels do, and the traditional forms of both by OpenCC (Apache-2.0).
    """
    return frozenset(files("gongbao.read").joinpath("hanzi.txt").read_text("utf-8").replace("\n", ""))


@cache
def _first_levels() -> frozenset[str]:
    """The characters that GB2312 and Big5 put first, as the more common ones."""
    gb2312 = (bytes((high, low)) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    big5 = (bytes((high, low)) for high in range(0xA4, 0xC7) for low in (*range(0x40, 0x7F), *range(0xA1, 0xFF)))
    decoded = [pair.decode("gb2312", "ignore") for pair in gb2312] + [pair.decode("big5", "ignore") for pair in big5]
    return frozenset(char for char in decoded if char)


def _choose(data: bytes, *, complete: bool, where: str | None) -> str:
    sample = data[:SAMPLE]
    possible = [name for name in CANDIDATES if b"\x00" not in sample or name.startswith("utf-16")]
    scores = _scores(sample, possible, complete=complete and len(sample) == len(data))
    ranked = sorted(scores, key=lambda name: -scores[name])
    best, score = ranked[0], scores[ranked[0]]
    rival = scores[ranked[1]]
    if score >= CLEAR and score - rival >= MARGIN:
        return best
    named = ", ".join(f"{name} ({scores[name]:.2f})" for name in ranked[:3])
    advice = _advice(sample)
    raise ReadError(
        f"The encoding is not clear: no candidate gives plausible Chinese by a clear margin: {named}{advice}",
        where=where,
        fix="Save the file as UTF-8 (iconv -f <its encoding> -t UTF-8 FILE > NEW) and read that",
        code="read.encoding",
    )


def _scores(sample: bytes, encodings: Iterable[str], *, complete: bool) -> dict[str, float]:
    """How plausible the sample is in each encoding; bytes that do not fit count against it."""
    return {
        name: plausibility(
            codecs.getincrementaldecoder(_WIDEST.get(name, name))("replace").decode(sample, final=complete)
        )
        for name in encodings
    }


def _advice(sample: bytes) -> str:
    """What charset-normalizer thinks: advice for a person, never a decision."""
    from charset_normalizer import from_bytes

    best = from_bytes(sample[:20_000]).best()
    return f"; charset-normalizer would say {best.encoding}" if best is not None else ""


def _refuse_chance_utf8(data: bytes, text: str, *, where: str | None) -> None:
    """A few characters of GBK or UTF-16 can pass as UTF-8 by chance: as ASCII, or as letters from U+0080 to U+07FF."""
    if len(data) > 400 or any(char >= "\u0800" for char in text):
        return
    for encoding in ("gb18030", "utf-16-le", "utf-16-be"):
        rival = fits(data, encoding)
        if rival and not rival.isascii() and all(_weight(char) > 0 for char in rival if char >= "\x80"):
            raise ReadError(
                f"The encoding is not clear: the bytes fit both utf-8 and {encoding}",
                where=where,
                fix="Save the file as UTF-8 with a byte-order mark",
                code="read.encoding",
            )


def fits(data: bytes, encoding: str, *, final: bool = True) -> str | None:
    """The text if every byte fits the encoding (the last character may be cut unless `final`), else None."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(data, final)
    except (UnicodeDecodeError, LookupError):
        return None


def _strict(data: bytes, encoding: str, *, where: str | None, skip: int = 0) -> str:
    try:
        return data[skip:].decode(encoding) if skip else data.decode(encoding)
    except UnicodeDecodeError as error:
        raise broken_character(error, encoding, where=where, offset=skip) from None


def broken_character(error: UnicodeDecodeError, encoding: str, *, where: str | None, offset: int = 0) -> ReadError:
    """The error for a byte that does not fit.

    Args:
        error: What the codec said.
        encoding: The encoding that the rest of the text is in.
        where: The file, or file and line.
        offset: How many bytes of the file stand before those that were decoded.

    """
    at = error.start + offset
    shown = " ".join(f"{byte:02X}" for byte in error.object[error.start : error.start + 4])
    if error.end >= len(error.object):
        what = f"The text ends in the middle of a character: {encoding} at byte {at} ({shown})"
        fix = "The file was cut off; get it again, or remove its last bytes"
    else:
        what = f"Half a character at byte {at} ({shown}): everything else is {encoding}"
        fix = f"Get the file again, or mend that place and save it as UTF-8 (it may mix {encoding} with another)"
    return ReadError(what, where=where, fix=fix, code="read.encoding")

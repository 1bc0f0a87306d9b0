"""The encoding that a web page names, and what to do where one of its bytes does not fit."""

from __future__ import annotations

import codecs
import re

from gongbao.errors import ReadError
from gongbao.read.encoding import BIG5_FAMILY, Decoded, decode

_DECLARED = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_-]{2,30})|<\?xml[^>]{0,100}?encoding=["']([\w-]{2,30})""",
    re.IGNORECASE,
)
_NAMES = {
    **dict.fromkeys(("gb2312", "gb_2312-80", "gbk", "x-gbk", "cp936", "gb18030"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "big5hkscs", "x-x-big5"), "big5"),
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
}
"""The names that pages use, as the WHATWG reads them: whoever says gb2312 means its superset."""


def decode_page(data: bytes, where: str) -> tuple[Decoded, ReadError | None]:
    """Decode a page by its byte-order mark, by what it declares if that fits, else as any text.

    Where a byte does not fit (often in a description that a program cut), it becomes U+FFFD and the error comes
    beside the text: it is one only if such a character stands in the article itself. Raises `ReadError` as `decode`
    does where nothing fits.
    """
    declared = declared_encoding(data[:4096])
    names = BIG5_FAMILY if declared == "big5" else (declared,)
    for name in names:
        try:
            return decode(data, where=where, declared=name), None
        except ReadError as error:
            problem = error
    if declared is None or problem.code != "read.encoding":
        raise problem
    replaced = codecs.decode(data, declared, "replace")
    if replaced.count("\ufffd") > 20:
        raise problem
    return Decoded(replaced, declared), problem


def declared_encoding(head: bytes) -> str | None:
    """Python's name of the encoding that a page's head declares; None if it declares none that is of use here."""
    match = _DECLARED.search(head)
    if match is None:
        return None
    return _NAMES.get((match[1] or match[2]).decode("ascii").lower())

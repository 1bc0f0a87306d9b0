"""How large an input may be before it is refused: bounded memory and time for any file from anywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for one article and for the file it comes in. Streams of rows (.jsonl, .csv) may be of any length."""

    max_characters: int = 20_000_000
    """Code points of one article. Linking may hold 2 KB for each where amounts stand close, so that the memory of a
    worker is often the nearer bound."""
    max_bytes: int = 50_000_000
    """Bytes of one text: a .txt, .md or .html file after unpacking, a line of .jsonl or .csv."""
    max_file_bytes: int = 200_000_000
    """Bytes of one .docx, .pdf or .xlsx file."""
    max_parts: int = 10_000
    """Files inside one .docx or .xlsx."""
    max_expanded: int = 300_000_000
    """Bytes of all of them unpacked."""
    max_ratio: int = 250
    """Unpacked to packed size of any of them above 1 MB (Word's own XML stays below 50)."""
    max_tags: int = 6_000_000
    """Tags in one sheet, or another part of a .docx or .xlsx that is read as a stream."""
    max_kept_tags: int = 500_000
    """Tags in one of their parts that is read as a whole: styles, relations, the list of sheets."""
    max_cells: int = 30_000_000
    """Cells of one sheet, the empty ones before a row's last cell too."""
    max_pages: int = 5_000
    """Pages of one .pdf."""
    max_seconds: float = 60.0
    """For one .pdf, whose parser is a foreign program that may never end, and for the text of one .docx."""
    max_unpacked: int | None = None
    """Bytes of one .gz or .zst unpacked; None for any number."""
    max_unpacked_ratio: int = 2_000
    """Unpacked to packed size of a .gz or .zst once 32 MB have come of it (text seldom goes beyond 50)."""
    max_memory: int = 2_000_000_000
    """Bytes of address space of that program; of data of a process that reads apart."""

    def with_characters(self, most: int) -> Limits:
        """The same for articles of so many characters, and files and lines of as many bytes as those may have."""
        return replace(self, max_characters=most, max_bytes=max(self.max_bytes, 4 * most))

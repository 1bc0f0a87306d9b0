"""Reading: files of many formats and encodings become articles, and what cannot be read becomes a failure.

The heavy libraries (lxml, pdfium, openpyxl) are imported when a file of their kind comes.
"""

from gongbao.read.article import article_from_text
from gongbao.read.limits import Limits
from gongbao.read.metadata import Metadata, find_metadata
from gongbao.read.reader import read_arriving, read_file, read_paths

__all__ = ["Limits", "Metadata", "article_from_text", "find_metadata", "read_arriving", "read_file", "read_paths"]

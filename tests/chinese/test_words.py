"""The dictionary by which repair judges: it is jieba's, and its file is up to date."""

from __future__ import annotations

import gzip
from importlib.resources import files
from math import log
from pathlib import Path

import pytest
from gongbao.chinese import words as module
from gongbao.chinese.words import PATH, dictionary
from gongbao.errors import RuleError

from training import build_dictionary


def test_the_file_is_up_to_date() -> None:
    made = build_dictionary.content(build_dictionary.read_words())
    assert gzip.decompress(PATH.read_bytes()) == made, "run training/build_dictionary.py"


def test_every_word_is_found_with_its_count_and_class() -> None:
    words = dictionary()
    lines = files("jieba").joinpath("dict.txt").read_text(encoding="utf-8").splitlines()
    for line in lines[::7]:
        word, count, kind = line.split()
        known = len(word) <= module.LONGEST
        assert words.word_class(word) == (kind if known else None), word
        frequency = int(count) + (20 if len(word) > 1 else 0)
        assert words.cost(word) == (log(frequency) - log(60_101_967) if known else None), word


@pytest.mark.parametrize(
    "text", ["", "的的", "发展的", "知识产", "A", "，", "𠮷", "𠮷野", "发\U00020bb7", "\ud800", "\0"]
)
def test_what_is_no_word(text: str) -> None:
    assert dictionary().cost(text) is None
    assert dictionary().word_class(text) is None


def test_words_of_bulletins_have_no_class() -> None:
    words = [word for word in build_dictionary.lexicon("bulletin_words") if len(word) <= module.LONGEST]
    assert words and all(dictionary().cost(word) is not None for word in words)
    assert any(dictionary().word_class(word) is None for word in words)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"{"), gzip.compress(b'{"nodes": 9}\n1234'), PATH.read_bytes()[:9999]],
    ids=["empty", "no gzip", "half a line", "too short", "cut off"],
)
def test_a_broken_file(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "words.gz"
    path.write_bytes(content)
    monkeypatch.setattr(module, "PATH", path)
    with pytest.raises(RuleError, match="cannot be read"):
        dictionary.__wrapped__()

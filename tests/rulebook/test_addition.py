"""A word or rule more: made from an example, shown on articles, kept; nothing of the shipped lists is copied."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from gongbao.document import Article
from gongbao.errors import RuleError
from gongbao.rulebook.addition import keep, preview, rule_addition, word_addition
from gongbao.rulebook.load import RuleSet

EXAMPLE = "2022年，岱山县更换航标灯3000枚礅。"
ARTICLES = [
    Article("a", "2023年，岱山县更换航标灯500枚礅，投入资金2亿元。"),
    Article("b", "2023年，岱山县接待游客30万人次。"),
]


def test_a_word_is_shown_on_articles_and_kept_as_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    addition = word_addition(folder, "measure_words", "枚礅", EXAMPLE)
    seen = preview(addition, ARTICLES, ner=None)
    assert not folder.exists()
    assert seen.articles == 2 and seen.example
    units = [record.unit for record in seen.added] + [after.unit for _, after in seen.changed]
    assert units == ["枚礅"]
    path = keep(addition)
    assert path.read_text("utf-8") == f"+枚礅  # {EXAMPLE}\n"
    before, after = RuleSet.load(), RuleSet.load(folder)
    assert set(after.lexicon("measure_words")) - set(before.lexicon("measure_words")) == {"枚礅"}


def test_taking_back_removes_the_line_and_taking_away_adds_one(tmp_path: Path) -> None:
    keep(word_addition(tmp_path, "measure_words", "枚礅", EXAMPLE))
    back = word_addition(tmp_path, "measure_words", "枚礅", EXAMPLE, remove=True)
    assert back.text == ""
    keep(back)
    away = word_addition(tmp_path, "measure_words", "家", "共有企业3家。", remove=True)
    assert away.text == "-家  # 共有企业3家。\n"
    keep(away)
    assert "家" not in RuleSet.load(tmp_path).lexicon("measure_words")
    assert word_addition(tmp_path, "measure_words", "家", "共有企业3家。").text == ""


def test_what_stands_in_a_file_of_ones_own_stays(tmp_path: Path) -> None:
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "measure_words.txt").write_text("# mine\n箩筐\n", encoding="utf-8")
    addition = word_addition(tmp_path, "measure_words", "枚礅", EXAMPLE)
    assert addition.text.startswith("# mine\n箩筐\n+枚礅")


TAKEN_BACK = [
    # a user's file, what it is when 枚礅 is taken back: only lines that read as this word go
    ("枚礅\n箩筐\n", "箩筐\n"),
    ("\ufeff枚礅\n", ""),
    ("＋ 枚礅  # mine\n# 枚礅\n", "# 枚礅\n"),
    ("++枚礅\n枚礅\n", "++枚礅\n"),
]


@pytest.mark.parametrize(("text", "left"), TAKEN_BACK)
def test_a_line_is_taken_back_that_the_list_reads_as_the_word(tmp_path: Path, text: str, left: str) -> None:
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "measure_words.txt").write_text(text, encoding="utf-8")
    assert word_addition(tmp_path, "measure_words", "枚礅", EXAMPLE, remove=True).text == left


def test_what_cannot_be_kept_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = keep(word_addition(tmp_path, "measure_words", "枚礅", EXAMPLE))
    before = path.read_bytes()
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(full))
    with pytest.raises(RuleError, match="No space"):
        keep(word_addition(tmp_path, "measure_words", "家", "共有企业3家。", remove=True))
    assert path.read_bytes() == before and [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize(
    ("lexicon", "word", "example", "remove", "message"),
    [
        ("mesure_words", "枚礅", EXAMPLE, False, "no list is called"),
        ("conversion_keep", "枚礅", EXAMPLE, False, "no list is called"),
        ("measure_words", "箩筐", EXAMPLE, False, "does not stand in the example"),
        ("measure_words", "家", "共有企业3家。", False, "stands in measure_words already"),
        ("measure_words", "枚礅", EXAMPLE, True, "does not stand in measure_words already"),
        ("measure_words", "-家", "共有-家。", False, "begins as an instruction"),
    ],
)
def test_what_cannot_be_added_says_why(
    tmp_path: Path, lexicon: str, word: str, example: str, remove: bool, message: str
) -> None:
    with pytest.raises(RuleError, match=message) as caught:
        word_addition(tmp_path, lexicon, word, example, remove=remove)
    assert caught.value.fix


def test_a_rule_comes_with_its_example_which_is_checked(tmp_path: Path) -> None:
    sentence = "2022年，岱山县每户补贴3箬钱。"
    addition = rule_addition(tmp_path, sentence, "3箬钱", identifier="count.ruoqian", name="箬钱")
    seen = preview(addition, ARTICLES, ner=None)
    assert seen.example and not seen.failures and not seen.removed
    keep(addition)
    assert [rule.id for rule in RuleSet.load(tmp_path).stage("quantities") if rule.id == "count.ruoqian"]
    with pytest.raises(RuleError, match="there already"):
        rule_addition(tmp_path, sentence, "3箬钱", identifier="count.ruoqian")


def test_the_command_shows_first_and_writes_when_told(
    tmp_path: Path, gongbao: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    articles, folder = tmp_path / "a.txt", tmp_path / "mine"
    articles.write_text(f"{ARTICLES[0].text}\n", encoding="utf-8")
    words = ["rules", "add", EXAMPLE, "--select", "枚礅", "--lexicon", "measure_words", "--rules", folder, "--no-ner"]
    shown = gongbao(*words, "--on", articles)
    assert shown.returncode == 0 and "500枚礅" in shown.stdout and "--keep" in shown.stderr and not folder.exists()
    kept = gongbao(*words, "--on", articles, "--keep")
    assert kept.returncode == 0 and kept.stdout == shown.stdout
    assert "枚礅" in (folder / "lexicon" / "measure_words.txt").read_text("utf-8")
    again = gongbao(*words, "--on", articles)
    assert again.returncode == 2 and "stands in measure_words already" in again.stderr


def test_lists_are_found_by_a_word(gongbao: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = gongbao("rules", "lists", "公斤")
    assert done.returncode == 0 and "measure_units" in done.stdout
    assert "money_nouns" in gongbao("rules", "lists").stdout
    assert gongbao("rules", "lists", "礅礅礅").returncode == 1


def test_what_was_written_meanwhile_is_not_lost(tmp_path: Path) -> None:
    first = word_addition(tmp_path, "measure_words", "枚礅", EXAMPLE)
    second = word_addition(tmp_path, "measure_words", "盏盅", "全县更换路灯3000盏盅。")
    keep(first)
    with pytest.raises(RuleError, match="was changed meanwhile"):
        keep(second)
    keep(word_addition(tmp_path, "measure_words", "盏盅", "全县更换路灯3000盏盅。"))
    text = (tmp_path / "lexicon" / "measure_words.txt").read_text("utf-8")
    assert "枚礅" in text and "盏盅" in text


def test_a_folder_that_holds_other_things_is_looked_at_as_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    seen = preview(word_addition(tmp_path, "measure_words", "枚礅", EXAMPLE), [], ner=None)
    assert seen.example


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    addition = word_addition(tmp_path, "measure_words", "枚礅", EXAMPLE)
    (tmp_path / "lexicon").write_text("a file", encoding="utf-8")
    with pytest.raises(RuleError, match="cannot be written"):
        keep(addition)

"""The terminal in the user's language and at its width: messages, tables, help, records in their sentences."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gongbao.cli import build
from gongbao.language import Catalogue
from rich.cells import cell_len
from typer.main import get_command

from tests.export.exporting import ROOT

TEXT = (
    "绍兴纺织产业园交出半年账\n2023-07-20\n"
    "今年上半年，柯桥区纺织产业园实现产值86.5亿元，同比增长7.2%，带动就业3200余人。\n"
    "下半年，园区计划投资12亿元建设智能印染二期，此外还将在园区以东的空地上新建人才公寓、会展中心和一座可以停放两百辆货车的物流站，"
    "预计新增产能1.5亿米。\n"
)
BLANK = re.compile(r"\{(\w+)\}")
MAIN = ("run", "show", "diff", "review", "accept", "export", "report")


def gongbao(folder: Path, *arguments: str, language: str = "zh_CN.UTF-8", width: int = 80) -> tuple[str, str]:
    """What a command prints on standard output and on standard error."""
    kept = {name: value for name, value in os.environ.items() if name not in ("LC_ALL", "LC_MESSAGES")}
    environment = kept | {
        "LANG": language,
        "COLUMNS": str(width),
        "PYTHONPATH": str(ROOT / "pipeline"),
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, "-m", "gongbao", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=600)
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of an article that changed between them."""
    from gongbao.run.runner import Options, run

    folder = tmp_path_factory.mktemp("languages")
    (folder / "in").mkdir()
    for text in (TEXT, TEXT.replace("86.5", "8.65")):
        (folder / "in" / "a.txt").write_text(text, encoding="utf-8")
        run([folder / "in"], folder / "outputs", Options(ner=None, workers=0))
    return folder


@pytest.mark.parametrize(
    ("arguments", "chinese", "english"),
    [
        (("run", "in", "--no-ner", "--out", "o"), "1 篇文章", "1 articles"),
        (("run", "nowhere", "--out", "n"), "没有这个文件或文件夹", "There is no such file or folder"),
        (("diff", "previous", "latest"), "比较了 1 篇文章中的 1 篇", "1 of 1 articles compared"),
        (("diff", "baseline", "latest", "--out", "x"), "还没有完成的运行", "there is no finished run yet"),
        (("export", "--where", "地方=a"), "没有列 '地方'\n  是不是 地点？", "no column '地方'\n  Did you mean 地点?"),
        (("export", "--where", "kind=mony"), "没有 'mony'\n  是不是 money？", "never 'mony'\n  Did you mean money?"),
        (("export", "--where", "place=绍兴市 and year=1999"), "没有 年份=1999 的记录", "no record has year=1999"),
        (("export", "latest", "--wide", "-o", "w.csv"), "行：w.csv", "rows: w.csv"),
        (("export", "baseline"), "还没有基线", "there is no baseline yet"),
        (("export", "-o", "a.doc"), "不写 .doc 格式", "nothing is written under the ending .doc"),
        (("accept", "baseline", "latest", "--all", "--dry-run"), "将写入基线：1 篇文章", "Would write"),
        (("show", "in/a.txt", "--no-ner"), "柯桥区 ", "money  "),
    ],
)
def test_commands_speak_the_users_language(place: Path, arguments: tuple[str, ...], chinese: str, english: str) -> None:
    assert chinese in "".join(gongbao(place, *arguments))
    assert english in "".join(gongbao(place, *arguments, language="C"))


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Your rules: r/lexicon/a.txt: a: adds 盏; takes away 把", "你的规则：r/lexicon/a.txt：a：添加 盏；去掉 把"),
        ("r/a.txt: a: adds 盏 瓶 and 3 more; +把 without effect", "r/a.txt：a：添加 盏 瓶 等，另有 3 条；+把 不起作用"),
        ("r/a.txt: a: no change", "r/a.txt：a：没有改变"),
        ("r/a.txt: replaces the 30 words of a by 2", "r/a.txt：a 原有的 30 个词换成 2 个"),
        ("r/a.yaml: replaces the rules money.sum", "r/a.yaml：替换规则 money.sum"),
        ("r/a.yaml: adds the parts sum", "r/a.yaml：添加片段 sum"),
        ("r/known_names.csv: 12 rows", "r/known_names.csv：12 行"),
        ("3 rules, 9 examples, 0 failures", "规则 3 条，例子 9 个，不成立 0 个"),
        ("2 kept, 1 changed, 0 added, 4 removed", "保留 2 条，修改 1 条，新增 0 条，删除 4 条"),
        (
            "not read: a: 5亿元 (stands in the text more than once, nothing around it tells it apart)",
            "没有读取：a：5亿元（原文中不止一处，前后文无法区分）",
        ),
        ("Ctrl-C stops. No token is asked for on this machine.", "按 Ctrl-C 停止。在本机不要求令牌。"),
        ("o/b.gold.jsonl: no such file", "o/b.gold.jsonl: no such file"),
    ],
)
def test_nothing_of_a_note_stays_english(english: str, chinese: str) -> None:
    assert Catalogue.load("gongbao.cli").translated(english, "zh") == chinese


def phrases_of(command: Any) -> list[str]:
    """What a command's help says: its paragraphs and its options."""
    paragraphs = inspect.cleandoc(command.help).split("\n\n")
    return [" ".join(p.split("\n")) for p in paragraphs] + [p.help for p in command.params if p.help]


def test_the_help_of_the_main_commands_is_whole_in_both_languages() -> None:
    catalogue = Catalogue.load("gongbao.cli")
    root: Any = get_command(build())
    said = [phrase for name in MAIN for phrase in phrases_of(root.commands[name])]
    said += [phrases_of(command)[0] for command in (root, *root.commands.values())]
    assert [phrase for phrase in said if catalogue.translated(phrase, "zh") == phrase] == []


def test_help_pages_are_in_chinese_and_nothing_of_them_is_cut(place: Path) -> None:
    page, _ = gongbao(place, "export", "--help")
    assert "╭─ 选项" in page and "[默认：outputs]" in page and "显示本帮助" in page
    assert "…" not in page
    assert all(cell_len(line) <= 80 for line in page.splitlines())


def test_blanks_are_the_same_in_both_languages() -> None:
    catalogue = Catalogue.load("gongbao.cli")
    english, chinese = catalogue.phrases("en"), catalogue.phrases("zh")
    assert [key for key in english if set(BLANK.findall(english[key])) != set(BLANK.findall(chinese[key]))] == []


@pytest.mark.parametrize("width", [80, 140])
@pytest.mark.parametrize("language", ["zh_CN.UTF-8", "C.UTF-8"])
def test_a_record_stands_on_three_lines_with_its_amount_in_its_sentence(place: Path, language: str, width: int) -> None:
    page, _ = gongbao(place, "show", "in/a.txt", language=language, width=width)
    title, *_ = page.splitlines()
    assert title.startswith("绍兴纺织产业园交出半年账") and "2023-07-20" in title
    blocks = re.findall(r"^\d+\. .*(?:\n(?!\n).*)*", page, re.MULTILINE)
    assert len(blocks) >= 5
    for block in blocks:
        first, second, sentence = block.splitlines()
        assert all(cell_len(line) <= width for line in (first, second, sentence))
        assert first.split("  ")[0].partition(". ")[2] in sentence and second.count(" · ") == 3


def test_why_says_where_each_field_was_read(place: Path) -> None:
    page, _ = gongbao(place, "show", "in/a.txt", "--why", "--no-ner", language="C")
    assert re.search(r"place: 浙江省/绍兴市/柯桥区  stated · \S+ @\d+-\d+", page)


def test_a_comparison_prints_the_sentence(place: Path) -> None:
    page, _ = gongbao(place, "diff", "previous", "latest")
    assert re.search(r"\n    .*实现产值8\.65亿元", page)
    assert all(cell_len(line.rstrip()) <= 80 for line in page.splitlines())


def test_a_wide_terminal_shows_the_sentence_beside_the_record(place: Path) -> None:
    narrow, wide = (gongbao(place, "run", "in", "--no-ner", "--out", "w", width=width)[0] for width in (80, 140))
    assert "句子" not in narrow and "句子" in wide and "实现产值8.65亿元" in wide
    assert all(cell_len(line.rstrip()) <= 140 for line in wide.splitlines())


def test_explain_agrees_with_show(place: Path) -> None:
    shown, _ = gongbao(place, "show", "in/a.txt", "--why", "--pub-date", "2022-03-01", language="C")
    explained, _ = gongbao(place, "rules", "explain", "in/a.txt", "--pub-date", "2022-03-01", language="C")
    amounts = re.findall(r"^(\d+\. \S+)  .*confidence (\S+)", shown, re.MULTILINE)
    assert amounts == re.findall(r"^  (\d+\. \S+) @.* confidence (\S+)", explained, re.MULTILINE)
    for name in ("place", "year", "initiative", "indicator"):
        values = re.findall(rf"^   {name}: (.*?)  (\w+) · (\S+)", shown, re.MULTILINE)
        said = re.findall(rf"^    {name} = (.*?) [\d.]+ \[(\w+).*?, ([^\s\]]+)", explained, re.MULTILINE)
        assert values == [(value if value != "None" else "–", how, rule) for value, how, rule in said]

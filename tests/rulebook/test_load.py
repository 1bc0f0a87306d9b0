"""Loading rules: the analyst's mistakes are answered with file, line and fix; user folders go over the shipped one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from gongbao.errors import RuleError, RuleTimeout
from gongbao.rulebook.lexicon import READ_BEFORE_RULES
from gongbao.rulebook.load import Rule, RuleSet, check_examples

GOOD = """\
parts:
  digits: '[0-9]+'
rules:
  - id: money.demo
    name: 示例
    kind: money
    pattern: '(?P<number>{digits})\\L<coins>'
    gives: {unit: 元}
    examples:
      yes:
        - {text: 共12元, find: 12元, value: 12}
      no: [第12条]
"""


def folder(tmp_path: Path, text: str = GOOD, name: str = "quantities/demo.yaml") -> Path:
    root = tmp_path / "rules"
    for path, content in {name: text, "lexicon/coins.txt": "# coins\n元\n角\n"}.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return root


def load(root: Path) -> RuleSet:
    return RuleSet.load(shipped=root)


def found(rule: Rule):
    def run(text: str, pub_date: str | None):
        return [{"text": m.group(), "rule": rule.id, "value": int(m["number"])} for m in rule.finditer(text)]

    return run


def test_parts_and_lexicons_are_put_in(tmp_path: Path) -> None:
    (rule,) = load(folder(tmp_path)).stage("quantities")
    assert [m.group() for m in rule.finditer("付12元3角")] == ["12元", "3角"]
    assert rule.where.endswith("demo.yaml:4")
    assert check_examples([rule], found(rule)) == []


@pytest.mark.parametrize(
    ("change", "message", "line"),
    [
        (("{digits}", "{digit}"), "unknown part {digit}", 4),
        (("\\L<coins>", "\\L<coin>"), "unknown lexicon 'coin'", 4),
        (("(?P<number>", "(?P<number>("), "pattern of money.demo", 4),
        (("(?P<number>", "(?V1)(?P<number>"), "VERSION", 4),
        (("    kind: money", "    kinds: money"), "Extra inputs", 6),
        (("  - id: money.demo", "  - id: Money Demo"), "pattern", 4),
        (("    name: 示例", "   name: 示例"), "not valid YAML", 5),
        (("    name: 示例", "    name: &a 示例\n    kind2: *a"), "aliases", None),
        (("    name: 示例", "    name: !!python/name:os.system 示例"), "not valid YAML", 5),
        (("      yes:\n        - {text: 共12元, find: 12元, value: 12}\n", ""), "yes", 10),
    ],
)
def test_mistakes_are_named_with_their_line(
    tmp_path: Path, change: tuple[str, str], message: str, line: int | None
) -> None:
    with pytest.raises(RuleError) as caught:
        load(folder(tmp_path, GOOD.replace(*change)))
    assert message in caught.value.message
    assert "demo.yaml" in (caught.value.where or "")
    if line is not None:
        assert (caught.value.where or "").endswith(f":{line}")
    assert caught.value.fix


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
@pytest.mark.parametrize("name", ["quantities/x.yaml", "x.yaml", "lexicon/x.txt"])
@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a link to nowhere"])
def test_what_is_no_regular_file_among_the_rules_is_named_and_not_waited_for(
    tmp_path: Path, name: str, kind: str
) -> None:
    root = folder(tmp_path)
    path = root / name
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(RuleError, match="no regular file") as caught:
        load(root)
    assert caught.value.where == str(path) and caught.value.fix


def test_an_id_used_twice_names_both_places(tmp_path: Path) -> None:
    root = folder(tmp_path)
    folder(tmp_path, GOOD, "quantities/other.yaml")
    with pytest.raises(RuleError, match=r"used twice.*demo\.yaml:4"):
        load(root)


def test_a_user_folder_overrides_by_id_and_adds(tmp_path: Path) -> None:
    shipped = folder(tmp_path)
    mine = tmp_path / "mine" / "quantities"
    mine.mkdir(parents=True)
    (mine / "my.yaml").write_text(GOOD.replace("示例", "我的"), encoding="utf-8")
    rules = RuleSet.load(tmp_path / "mine", shipped=shipped)
    assert [rule.name for rule in rules.stage("quantities")] == ["我的"]
    assert rules.version != load(shipped).version


OWN_LISTS = [
    # file of one's own, the list that comes of 元 角, what is said of it
    ("分\n", ["元", "角", "分"], "coins: adds 分"),
    ("+分\n＋厘 # small\n", ["元", "角", "分", "厘"], "coins: adds 分 厘"),
    ("-角\n", ["元"], "coins: takes away 角"),
    ("\ufeff分\n－角\n", ["元", "分"], "coins: adds 分; takes away 角"),
    ("元\n-厘\n", ["元", "角"], "coins: +元 -厘 without effect"),
    ("# mine\n!replace\n分\n", ["分"], "replaces the 2 words of coins by 1"),
    ("# nothing yet\n", ["元", "角"], "coins: no change"),
]


def own_list(tmp_path: Path, content: str, name: str = "coins") -> RuleSet:
    shipped = folder(tmp_path)
    mine = tmp_path / "mine" / "lexicon"
    mine.mkdir(parents=True)
    (mine / f"{name}.txt").write_text(content, encoding="utf-8")
    return RuleSet.load(tmp_path / "mine", shipped=shipped)


@pytest.mark.parametrize(("content", "words", "said"), OWN_LISTS)
def test_a_list_of_ones_own_adds_and_takes_away_and_replaces_only_where_it_says_so(
    tmp_path: Path, content: str, words: list[str], said: str
) -> None:
    rules = own_list(tmp_path, content)
    assert list(rules.lexicon("coins")) == words
    (rule,) = rules.stage("quantities")
    assert list(rule.lists["coins"]) == words
    (line,) = rules.own
    assert line.endswith(said) and "mine" in line


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("分\n!replace\n", 2, "not asked for here"),
        ("!replace all\n分\n", 1, "not asked for here"),
        ("!replace\n-角\n分\n", 2, "stands in a list that is replaced"),
        ("分\n-分\n", 2, "added and taken away"),
        ("-\n", 1, "names no word"),
    ],
)
def test_a_line_of_a_list_that_cannot_be_meant_is_named(tmp_path: Path, content: str, line: int, message: str) -> None:
    with pytest.raises(RuleError, match=message) as caught:
        own_list(tmp_path, content)
    assert (caught.value.where or "").endswith(f"coins.txt:{line}") and caught.value.fix


@pytest.mark.parametrize("name", sorted(READ_BEFORE_RULES))
def test_a_list_that_is_read_before_rules_are_chosen_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RuleError, match="read before rules are chosen"):
        own_list(tmp_path, "制度\n", name)


def test_it_is_said_what_a_folder_of_ones_own_changes(tmp_path: Path) -> None:
    shipped, mine = folder(tmp_path), tmp_path / "mine"
    (shipped / "places").mkdir()
    (shipped / "places" / "zones.csv").touch()
    for name, content in {
        "quantities/my.yaml": GOOD + GOOD.partition("rules:\n")[2].replace("money.demo", "money.mine"),
        "lexicon/notes.txt": "钞\n",
        "places/zones.csv": "name,place,kind\n东岸新区,上海市,zone\n",
        "places/zone.csv": "name,place,kind\n",
        "quantities/other.yml": "rules: []\n",
        "known_names.csv": "name,aliases\n渔光行动,\n",
        "README.md": "mine\n",
    }.items():
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_text(content, encoding="utf-8")
    said = [line.removeprefix(f"{mine}/") for line in RuleSet.load(mine, shipped=shipped).own]
    assert said == [
        "lexicon/notes.txt: notes is a new list, no shipped one has this name: 钞",
        "quantities/my.yaml: replaces the parts digits",
        "quantities/my.yaml: adds the rules money.mine",
        "quantities/my.yaml: replaces the rules money.demo",
        "places/zones.csv: 1 rows",
        "known_names.csv: 1 rows",
        *(
            f"{name}: not read: rules are *.yaml, lists lexicon/*.txt, tables named as the shipped ones"
            for name in ("places/zone.csv", "quantities/other.yml")
        ),
    ]
    assert RuleSet.load(shipped=shipped).own == ()


def test_a_rule_that_backtracks_for_ever_is_stopped_and_named(tmp_path: Path) -> None:
    bad = GOOD.replace("(?P<number>{digits})\\L<coins>", "(?P<number>(?:[0-9]+)+)+x")
    (rule,) = load(folder(tmp_path, bad)).stage("quantities")
    with pytest.raises(RuleTimeout) as caught:
        list(rule.finditer("1" * 5000 + "yx", limit=0.2))
    assert "money.demo" in caught.value.message and "demo.yaml:4" in (caught.value.where or "")


@pytest.mark.parametrize(
    ("examples", "problem"),
    [
        ("yes:\n        - {text: 共13元, find: 12元}", "not found by this rule"),
        ("yes:\n        - {text: 共12元, find: 12元, value: 13}", "value should be 13, is 12"),
        ("yes:\n        - {text: 共12元}\n      no: [付5角]", "must give nothing"),
        ("yes:\n        - {text: 共12元}\n      todo:\n        - {text: 付5角}", "works now"),
    ],
)
def test_examples_are_checked_both_ways(tmp_path: Path, examples: str, problem: str) -> None:
    text = GOOD.split("      yes:")[0] + "      " + examples + "\n"
    (rule,) = load(folder(tmp_path, text)).stage("quantities")
    (failure,) = check_examples([rule], found(rule))
    assert problem in failure


BOMB = "parts:\n  a0: 'xx'\n" + "".join(f"  a{n}: '{f'{{a{n - 1}}}' * 10}'\n" for n in range(1, 12))
RULE = "rules:\n  - id: x\n    name: n\n    kind: count\n    pattern: '%s'\n    examples:\n      yes: [{text: t}]\n"


@pytest.mark.parametrize(
    ("parts", "pattern", "problem"),
    [
        ("", "(?:(?:x{9999}){9999}){9999}", "more than 100,000 pieces"),
        ("", "[0-9]{1000}(?:[ab]{1000,}y){1000}", "more than 100,000 pieces"),
        ("", "(?:" * 3000 + ")" * 3000, "nested too deeply"),
        ("", "(?:a|" * 1000 + "b" + ")" * 1000, "nested too deeply"),
        (BOMB, "{a11}", "more than 100,000 pieces"),
    ],
    ids=["repetitions", "repeated sets", "groups", "choices", "parts"],
)
def test_patterns_that_would_fill_the_memory_are_refused(
    tmp_path: Path, parts: str, pattern: str, problem: str
) -> None:
    with pytest.raises(RuleError, match=problem) as caught:
        load(folder(tmp_path, parts + RULE % pattern))
    assert "demo.yaml:" in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize("pattern", ["x{50000}", "(?:[0-9]{3}){9}", "[(]{9}[)]", r"\({2000}", "(?:x{0,9999}){9999}"])
def test_large_patterns_that_are_no_bombs_load(tmp_path: Path, pattern: str) -> None:
    assert load(folder(tmp_path, RULE % pattern)).stage("quantities")


def test_a_long_list_of_ones_own_says_and_does_what_a_short_one_does(tmp_path: Path) -> None:
    (tmp_path / "lexicon").mkdir()
    words = [f"词{number}" for number in range(20_000)]
    lines = "".join([*(f"{word}\n" for word in words), *(f"-无{word}\n" for word in words)])
    (tmp_path / "lexicon" / "measure_words.txt").write_text(lines, encoding="utf-8")
    (twice := tmp_path / "twice" / "lexicon").mkdir(parents=True)
    (twice / "measure_words.txt").write_text("".join(f"-{word}\n" for word in words), encoding="utf-8")
    first, both = RuleSet.load(tmp_path), RuleSet.load(tmp_path, tmp_path / "twice")
    assert first.lexicon("measure_words")[-len(words) :] == tuple(words)
    assert both.lexicon("measure_words") == RuleSet.load().lexicon("measure_words")
    assert "19992 more" in first.own[0] and "without effect" in first.own[0]

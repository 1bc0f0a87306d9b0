"""A word or a rule more in a folder of one's own: made from an example, looked at on a corpus, then kept.

addition = word_addition(Path("my-rules"), "measure_words", "盏", "全县更换路灯3000盏。")
seen = preview(addition, articles)      # what it changes
keep(addition)
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gongbao.document import Article, Extraction
from gongbao.errors import RuleError
from gongbao.pipeline import Pipeline
from gongbao.read.ids import is_text
from gongbao.record import Record
from gongbao.rulebook.check import check_rules
from gongbao.rulebook.lexicon import READ_BEFORE_RULES, WordList, parse_lexicon, read_lexicon, split_line
from gongbao.rulebook.load import SHIPPED, RuleSet
from gongbao.rulebook.rulefile import read_text
from gongbao.rulebook.template import template
from gongbao.stored import write_whole

EXAMPLE = "example"
"""The article of a preview that is the addition's own example."""
READ = frozenset({".yaml", ".txt", ".csv"})
"""The endings of files that rules are read from."""
_SHOWN = (
    "value", "value_max", "unit", "kind", "bound", "status", "place", "year", "period", "initiative", "indicator",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Addition:
    """A file of a user's folder as it would be.

    Attributes:
        folder: The user's folder; need not be there yet.
        file: The file's path in it.
        text: Its whole content.
        says: What is added, in a line.
        example: A sentence that shows what it is for.
        base: What the file held when the addition was made; None if it was not there.
    """

    folder: Path
    file: Path
    text: str
    says: str
    example: str
    base: bytes | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What an addition changes.

    Attributes:
        articles: How many were read, without the example.
        added: Records that there are more.
        removed: Records that there are no more.
        changed: Records that say something else, before and after.
        example: Whether the example gives other records.
        failures: Examples of the added rule that do not hold.
    """

    articles: int
    added: Sequence[Record]
    removed: Sequence[Record]
    changed: Sequence[tuple[Record, Record]]
    example: bool
    failures: Sequence[str] = ()


def word_addition(folder: Path, lexicon: str, word: str, example: str, *, remove: bool = False) -> Addition:
    """One word more in a lexicon, or one less.

    Args:
        folder: The user's folder.
        lexicon: The name of the list.
        word: The word; a line of the list.
        example: A sentence in which it stands.
        remove: Take the word away.

    Raises:
        RuleError: there is no such list, the word does not stand in the example, or nothing would be changed
            (`rules.add`).
    """
    word, example = word.strip(), " ".join(example.split())
    if not word or word.split()[0] not in example:
        raise _bad(f"{word!r} does not stand in the example", "Copy the word from the sentence")
    if not is_text(example):
        raise _bad("the example is not UTF-8", "Set the terminal to UTF-8, or write the word into the list by hand")
    if word[0] in "+-!#＋－！" or "#" in word:
        raise _bad(f"{word!r} begins as an instruction or holds a #", "Write it into the list by hand, behind a +")
    file = Path("lexicon") / f"{lexicon}.txt"
    known, own = _words(SHIPPED / file), _words(folder / file)
    if lexicon in READ_BEFORE_RULES or (known is None and own is None):
        names = sorted({path.stem for path in (SHIPPED / "lexicon").glob("*.txt")} - READ_BEFORE_RULES)
        raise _bad(f"no list is called {lexicon!r}", f"Name one of: {', '.join(names)}")
    shipped = known.added if known is not None else ()
    now = own.over(shipped) if own is not None else shipped
    if (word in now) != remove:
        state = "stands in" if not remove else "does not stand in"
        raise _bad(f"{word!r} {state} {lexicon} already", "Look at what else keeps it: gongbao rules explain")
    lines = _without(read_text(folder / file) if own is not None else "", word)
    text = "".join(f"{line}\n" for line in lines)
    if (word in parse_lexicon(text, folder / file).over(shipped)) == remove:
        text += f"{'-' if remove else '+'}{word}  # {example.replace('#', ' ')}\n"
    base = (folder / file).read_bytes() if own is not None else None
    return Addition(folder, file, text, f"{lexicon}: {'-' if remove else '+'}{word}", example, base)


def rule_addition(folder: Path, sentence: str, selected: str, *, identifier: str, name: str = "") -> Addition:
    """A quantity rule more, made from a sentence as `rules new` makes it.

    Raises:
        RuleError: the selection is no amount of the sentence, or the rule is there already (`rules.add`).
    """
    file = Path("quantities") / f"{identifier.replace('.', '_')}.yaml"
    if (folder / file).exists():
        raise _bad(f"the rule is there already: {folder / file}", "Name another --id, or correct the file by hand")
    return Addition(folder, file, template(sentence, selected, identifier=identifier, name=name), identifier, sentence)


def preview(
    addition: Addition,
    articles: Iterable[Article],
    *,
    others: Sequence[Path] = (),
    ner: str | None = "tagger",
) -> Preview:
    """What an addition changes in the records of articles, and in its own example. Nothing is kept.

    Args:
        addition: What would be added.
        articles: The articles to look at.
        others: Other folders of the user, which come before.
        ner: The model, as of `Pipeline`.

    Raises:
        RuleError: the rules are wrong, with the addition or without.
    """
    read = [Article(EXAMPLE, addition.example), *articles]
    with tempfile.TemporaryDirectory() as place:
        fresh = Path(place) / "rules"
        for path in addition.folder.glob("**/*"):
            if path.is_file() and path.suffix in READ:
                copy = fresh / path.relative_to(addition.folder)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
        _write(fresh / addition.file, addition.text)
        folders = [*others, *([addition.folder] if addition.folder.is_dir() else [])]
        before = _records(Pipeline(rules=folders, ner=ner), read)
        after = _records(Pipeline(rules=[*others, fresh], ner=ner), read)
        loaded = RuleSet.load(*others, fresh)
        failures = (
            [line for line in check_rules(loaded) if line.startswith(str(fresh))]
            if addition.file.suffix == ".yaml"
            else []
        )
    added = [record for key, record in after.items() if key not in before]
    removed = [record for key, record in before.items() if key not in after]
    changed = [
        (record, after[key]) for key, record in before.items() if key in after and _said(record) != _said(after[key])
    ]
    of_example = any(r.article_id == EXAMPLE for r in (*added, *removed, *(new for _, new in changed)))
    return Preview(
        len(read) - 1,
        [record for record in added if record.article_id != EXAMPLE],
        [record for record in removed if record.article_id != EXAMPLE],
        [pair for pair in changed if pair[0].article_id != EXAMPLE],
        of_example,
        [line.replace(str(fresh), str(addition.folder)) for line in failures],
    )


def keep(addition: Addition) -> Path:
    """Write an addition into its folder; gives the file.

    Raises:
        RuleError: the file has changed since the addition was made, or cannot be written (`rules.add`).
    """
    path = addition.folder / addition.file
    try:
        if (path.read_bytes() if path.exists() else None) != addition.base:
            raise _bad(f"{path} was changed meanwhile", "Say it again: it is made from what is there now")
        _write(path.resolve(), addition.text)
    except OSError as error:
        problem = f"{path} cannot be written: {error.strerror or error}"
        raise _bad(problem, "Make room, or take the right to write it") from error
    return path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode())


def _records(pipeline: Pipeline, articles: Sequence[Article]) -> Mapping[str, Record]:
    results = pipeline.stream(articles)
    return {record.record_id: record for r in results if isinstance(r, Extraction) for record in r.records}


def _said(record: Record) -> tuple[object, ...]:
    return tuple(getattr(record, name) for name in _SHOWN)


def _words(path: Path) -> WordList | None:
    return read_lexicon(path) if path.exists() else None


def _without(text: str, word: str) -> list[str]:
    """The lines of a list that do not speak of a word."""
    spoken = {("+", word), ("-", word)}
    return [line for line in text.removeprefix("\ufeff").splitlines() if split_line(line) not in spoken]


def _bad(message: str, fix: str) -> RuleError:
    return RuleError(message, where="rules add", fix=fix, code="rules.add")

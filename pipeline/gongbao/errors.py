"""The one tree of errors that gongbao raises.

Every error says what happened (`message`), where (`where`: a file, an article, a rule, a field) and what to do
(`fix`), and carries a stable `code` that programs may match on (`read.empty`, `rules.schema`, ...).
"""

from __future__ import annotations


class GongbaoError(Exception):
    """Base of all errors that gongbao raises on purpose.

    Args:
        message: What happened, one sentence, no trailing full stop.
        where: The file, article, rule or field it happened in, as the user knows it.
        fix: What the user can do about it.
        code: Stable machine-readable code; defaults to the class's own.
    """

    code = "gongbao"
    exit_status = 2

    def __init__(
        self, message: str, *, where: str | None = None, fix: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.fix = fix
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}. {self.fix}" if self.fix else text

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling, and worker processes send errors back.
        return (_rebuild, (type(self), self.message, self.where, self.fix, self.code))


def install(extra: str) -> str:
    """What to do where a library is missing: the extra of the package that brings it."""
    return f"Install the extra: gongbao[{extra}] (in a checkout: pip install '.[{extra}]')"


def _rebuild(cls: type[GongbaoError], message: str, where: str | None, fix: str | None, code: str) -> GongbaoError:
    return cls(message, where=where, fix=fix, code=code)


class ReadError(GongbaoError):
    """An article could not be read: missing, empty, binary, wrongly encoded, broken, too large."""

    code = "read"


class ExtractError(GongbaoError):
    """A stage failed on one article; the run goes on without it."""

    code = "extract"


class RuleError(GongbaoError):
    """A rule file, lexicon or place table is wrong; `where` holds file and line."""

    code = "rules"


class RuleTimeout(RuleError):
    """A rule's pattern ran past its time limit."""

    code = "rules.timeout"


class ModelError(GongbaoError):
    """A model for named entities is missing or does not load."""

    code = "model"


class RunError(GongbaoError):
    """A run folder cannot be written, read or resumed."""

    code = "run"


class CompareError(GongbaoError):
    """Two extractions could not be compared or reviewed."""

    code = "compare"


class ExportError(GongbaoError):
    """Records could not be exported or imported."""

    code = "export"


class ServiceError(GongbaoError):
    """The HTTP service could not start or answer."""

    code = "service"

"""Which year an article reports on, and whether a year that it named still holds some sentences later.

News tells of its own year: a year gone by that it names (去年, 2019年) is that of one figure, and the next sentence is
back in the present. A review tells of the year gone by throughout: the report of a government, a yearbook or census,
an article whose title names that year, or one of the first months whose figures are mostly of the year before. There
the year holds until another is named, and what the article gives no time for is of that year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gongbao.chinese.calendar import REPORT_MONTHS
from gongbao.chinese.clauses import between
from gongbao.document import Document, Period, Sentence
from gongbao.relations import Relation
from gongbao.rulebook.cues import LinkingCues

_MUCH, _MOST = 0.3, 0.5
"""Shares of an article's quantities that are stated for the year before."""


@dataclass(frozen=True, slots=True)
class ReportYear:
    """The year an article reports on.

    `year` is None for news, which tells of its own year. `rule` says what showed it. `lasting` is a year gone by that
    holds on where it was named, though the article does not tell of it throughout.
    """

    published: date | None
    year: int | None = None
    rule: str = Relation.PERIOD_PUBLISHED
    lasting: int | None = None
    is_work_report: bool = False

    @classmethod
    def of(cls, document: Document, cues: LinkingCues) -> ReportYear:
        """Whether an article is a review, and of which year."""
        published = document.article.pub_date
        if published is None:
            return cls(None)
        text, sentences = document.text, document.outline.sentences
        head = next((s for s in sentences if s.role == "title"), None)
        title = f"{document.article.title or ''}\n{text[head.start : head.end] if head else ''}"
        if cues["work_report"].search(title):
            return cls(published, published.year - 1, Relation.PERIOD_REVIEWED_YEAR, is_work_report=True)
        named = [*document.title_periods, *(between(document.periods, head.start, head.end) if head else ())]
        years = [p.year for p in named if p.role == "time" and p.year is not None]
        if years and years[0] < published.year:
            return cls(published, years[0], Relation.PERIOD_TITLE_YEAR)
        if not years and cues["annual_report"].search(title):
            for period in document.periods:
                if period.role == "time" and period.anchor == "absolute" and period.year and not is_day(period):
                    return cls(published, period.year, Relation.PERIOD_ANNUAL_YEAR)
        last, years = published.year - 1, _stated(document)
        share = years.count(last) / max(1, len(document.quantities))
        if share > _MOST:
            return cls(published, last, Relation.PERIOD_COUNTED_YEAR, last)
        if share and published.month <= REPORT_MONTHS and years.count(last) >= years.count(published.year):
            least = 0.0 if published.month < REPORT_MONTHS else _MUCH
            reviews = share > least and (published.month == 1 or years[0] <= last)
            return cls(published, last if reviews else None, Relation.PERIOD_COUNTED_YEAR, last)
        return cls(published)


def _stated(document: Document) -> list[int]:
    """The years that quantities stand behind in their sentence, in text order; single days do not count."""
    years: list[int] = []
    for sentence in document.outline.sentences:
        if sentence.role != "body":
            continue
        periods = [
            p
            for p in between(document.periods, sentence.start, sentence.end)
            if p.role == "time" and p.year is not None and not is_day(p)
        ]
        for quantity in between(document.quantities, sentence.start, sentence.end) if periods else ():
            year = next((p.year for p in reversed(periods) if p.end <= quantity.start), None)
            if year is not None:
                years.append(year)
    return years


def is_day(period: Period) -> bool:
    """True for a single day."""
    return period.period_start is not None and period.period_start == period.period_end


def holds(
    cues: LinkingCues, text: str, report: ReportYear, period: Period, source: Sentence, sentence: Sentence
) -> bool:
    """Whether a year named in one sentence (`source`) is still that of a later one that gives no time.

    The year of publication and that of a review hold on. A year to come holds for plans alone. Another year gone by
    holds within its paragraph, if it opened its sentence as what that is about, or the later one goes on with 其中.
    """
    published = report.published
    if published is None or period.year is None:
        return True
    plans = cues["firm_plan"].search(text, source.start, source.end) is not None
    if period.year > published.year or (plans and report.year is not None and period.year == published.year):
        return cues["plan"].search(text, sentence.start, sentence.end) is not None
    if period.year in (published.year, report.year, report.lasting):
        return True
    if source.paragraph != sentence.paragraph:
        return False
    if cues["continues"].match(text, sentence.start, sentence.end):
        return True
    if cues["plan"].search(text, sentence.start, sentence.end) or cues["founding"].search(
        text, source.start, source.end
    ):
        return False
    return cues["opening"].fullmatch(text, source.start, period.start) is not None

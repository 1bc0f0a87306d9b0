"""Which year an article reports on, and whether a year that it named still holds some sentences later.

News tells of its own year: a year gone by that it names (去年, 2019年) is that of one figure, and the next sentence is
back in the present. A review tells of the year gone by throughout: the report of a government, a yearbook or census,
an article whose title names that year, or one of the first months whose figures are mostly of the year before. There
the year holds until another is named, and what the article gives no time for is of that year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import regex

from gongbao.chinese.calendar import REPORT_MONTHS
from gongbao.chinese.clauses import between
from gongbao.document import Document, Period, Sentence
from gongbao.relations import Relation

_WORK_REPORT = regex.compile(r"(?:政府|公署|院|大|委|协|区|市|县|省|州|盟|年)工作(?:会议)?报告")
_ANNUAL = regex.compile(r"统计公报|普查|年报|年度报告|年鉴|决算")
WILL = r"(?<![重需主必首紧摘纪机概])要(?![素求点闻塞件害道领务地因])"
"""要 as a verb: what is to be."""
PLAN = regex.compile(r"将(?!军|近|士|官)|力争|争取|确保|计划|拟|预计|预期|目标|有望|今后|未来|下一步|到时|届时|" + WILL)
"""Words of what is still to come."""
FIRM_PLAN = regex.compile(r"将(?!军|近|士|官)|力争|争取|确保|预计|拟|有望|" + WILL)
"""Those that no deed done goes with, as it does in 完成全年目标."""
_CONTINUES = regex.compile(
    r"[“\"（(]?(?:其中|这些|上述|这批|与此同期|同期|同年|此外|另外)|[^，。；]{0,16}其中[^一一心的]"
)
"""A sentence that goes on with the figures of the one before it."""
_OPENING = regex.compile(r"[^，。；：:\d]{0,14}[，：:]|[（(【“]?|[（(][一二三四五六七八九十\d]{1,3}[）)]")
"""What may stand before the time that opens a sentence: 数据显示，2020年，…"""
_MUCH, _MOST = 0.3, 0.5
"""Shares of an article's quantities that are stated for the year before."""
FOUNDING = regex.compile(r"成立|设立|创办|创建|始建|组建|诞生|挂牌|落户|揭牌|入选|获批|列为|列入|认定|评为|授予|批准")
"""What happened once: its year is not that of the figures after it."""


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

    @property
    def default(self) -> int | None:
        """The year of what the article gives no time for."""
        return self.year or (self.published.year if self.published else None)


def report_year_of(document: Document) -> ReportYear:
    """Whether an article is a review, and of which year."""
    published = document.article.pub_date
    if published is None:
        return ReportYear(None)
    text, sentences = document.text, document.outline.sentences
    head = next((s for s in sentences if s.role == "title"), None)
    title = f"{document.article.title or ''}\n{text[head.start : head.end] if head else ''}"
    if _WORK_REPORT.search(title):
        return ReportYear(published, published.year - 1, Relation.PERIOD_REVIEWED_YEAR, is_work_report=True)
    named = [*document.title_periods, *(between(document.periods, head.start, head.end) if head else ())]
    years = [p.year for p in named if p.role == "time" and p.year is not None]
    if years and years[0] < published.year:
        return ReportYear(published, years[0], Relation.PERIOD_TITLE_YEAR)
    if not years and _ANNUAL.search(title):
        for period in document.periods:
            if period.role == "time" and period.anchor == "absolute" and period.year and not is_day(period):
                return ReportYear(published, period.year, Relation.PERIOD_ANNUAL_YEAR)
    last, years = published.year - 1, _stated(document)
    share = years.count(last) / max(1, len(document.quantities))
    if share > _MOST:
        return ReportYear(published, last, Relation.PERIOD_COUNTED_YEAR, last)
    if share and published.month <= REPORT_MONTHS and years.count(last) >= years.count(published.year):
        least = 0.0 if published.month < REPORT_MONTHS else _MUCH
        reviews = share > least and (published.month == 1 or years[0] <= last)
        return ReportYear(published, last if reviews else None, Relation.PERIOD_COUNTED_YEAR, last)
    return ReportYear(published)


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


def holds(text: str, report: ReportYear, period: Period, source: Sentence, sentence: Sentence) -> bool:
    """Whether a year named in one sentence (`source`) is still that of a later one that gives no time.

    The year of publication and that of a review hold on. A year to come holds for plans alone. Another year gone by
    holds within its paragraph, if it opened its sentence as what that is about, or the later one goes on with 其中.
    """
    published = report.published
    if published is None or period.year is None:
        return True
    plans = FIRM_PLAN.search(text, source.start, source.end) is not None
    if period.year > published.year or (plans and report.year is not None and period.year == published.year):
        return PLAN.search(text, sentence.start, sentence.end) is not None
    if period.year in (published.year, report.year, report.lasting):
        return True
    if source.paragraph != sentence.paragraph:
        return False
    if _CONTINUES.match(text, sentence.start, sentence.end):
        return True
    if PLAN.search(text, sentence.start, sentence.end) or FOUNDING.search(text, source.start, source.end):
        return False
    return _OPENING.fullmatch(text, source.start, period.start) is not None

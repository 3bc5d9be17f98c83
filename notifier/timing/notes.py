"""The conventions by which a phrase was read, in English for commands and in Chinese for the mail."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One convention that was used: `en` for commands, `zh` for mail to contacts."""

    en: str
    zh: str


def year_of_document(written: str, year: int) -> Note:
    """The phrase names no year: the document's own was taken."""
    return Note(
        en=f"“{written}” names no year; read in the document's year {year}",
        zh=f"“{written}”未写明年份，按文件印发年份{year}年理解",
    )


def year_of_clause(written: str, year: int) -> Note:
    """The phrase names a year once: a later clause takes it over."""
    return Note(
        en=f"“{written}” names no year; read in {year}, the year named before it",
        zh=f"“{written}”未写明年份，沿用前文的{year}年",
    )


def month_of_document(written: str, year: int, month: int) -> Note:
    """A bare 月底 is that of the month in which the document was issued."""
    return Note(
        en=f"“{written}” names no month; read as the end of {year}-{month:02}, the document's month",
        zh=f"“{written}”未写明月份，按文件印发当月（{year}年{month}月）理解",
    )


def before(written: str, unit: str, first: date, exclusive: date, inclusive: date) -> Note:
    """前 after a period was read as ending before the period begins; `unit` is 当月, 当年 …"""
    year = f"{first.year}年" if exclusive.year != first.year else ""
    return Note(
        en=f"“{written}” read as before {first}, {exclusive}; if the period is included, {inclusive}",
        zh=f"“{written}”按“{year}{first.month}月{first.day}日之前”理解，即{exclusive}；若指含{unit}，则为{inclusive}",
    )


def before_inclusive(written: str, unit: str, inclusive: date, exclusive: date) -> Note:
    """前 after a period was read as including it, as the office set it."""
    return Note(
        en=f"“{written}” read as including the period, which is {inclusive}; if it is excluded, {exclusive}",
        zh=f"“{written}”按含{unit}理解，即{inclusive}；若不含{unit}，则为{exclusive}",
    )


def eve(written: str, day: date) -> Note:
    """前 after a term, break or festival was read as its eve."""
    return Note(en=f"“{written}” read as the eve, {day}", zh=f"“{written}”按前一日理解，即{day}")


def last_day(written: str, day: date) -> Note:
    """A bare period with a verb of finishing is due on its last day."""
    return Note(
        en=f"“{written}” gives a period; read as due on its last day, {day}",
        zh=f"“{written}”按期末理解，即{day}",
    )


def term_computed(written: str, day: date) -> Note:
    """Nobody has dated the term: its opening day follows the usual calendar."""
    return Note(
        en=f"the opening day for “{written}” is computed, {day}; a line under [terms] replaces it",
        zh=f"“{written}”所涉开学日期为推算日期（{day}），以实际校历为准",
    )


def break_computed(written: str, first: date, last: date) -> Note:
    """School breaks follow from the Spring Festival and the terms."""
    return Note(
        en=f"the break in “{written}” is computed, {first} to {last}",
        zh=f"“{written}”所涉假期按{first}至{last}推算，以实际校历为准",
    )


def next_term(written: str, day: date) -> Note:
    """No term is named: the next one to open after the document's date was taken."""
    return Note(
        en=f"“{written}” names no term; read as the next to open after the document's date, {day}",
        zh=f"“{written}”未写明学期，按文件印发后最近一次开学（{day}）理解",
    )


def early(written: str) -> Note:
    """初 is the first ten days of a month."""
    return Note(
        en=f"“{written}”: 初 read as the first ten days", zh=f"“{written}”中的“初”按当月1日至10日理解"
    )


def from_issue(written: str) -> Note:
    """An amount of time without an event counts from the document's date."""
    return Note(
        en=f"“{written}” names no event; counted from the document's date, that day not included",
        zh=f"“{written}”未写明起算日，按文件印发次日起算",
    )


def from_event(written: str, event: str) -> Note:
    """The amount of time counts from an event that ops have to date."""
    return Note(
        en=f"“{written}” counts from “{event}”, that day not included",
        zh=f"“{written}”自“{event}”次日起算",
    )


def before_event(written: str, event: str) -> Note:
    """A limit before an event that ops have to date."""
    return Note(en=f"“{written}” lies before “{event}”", zh=f"“{written}”以“{event}”之日为准")


def longest(written: str, amount: str) -> Note:
    """Of a range of amounts the longer was taken."""
    return Note(
        en=f"“{written}” gives a range; the longer limit was taken",
        zh=f"“{written}”按最长期限{amount}理解",
    )


def month_before(written: str, *, inclusive: bool) -> Note:
    """前 after a month that comes round every year."""
    if inclusive:
        return Note(en=f"“{written}” read as including the month", zh=f"“{written}”按含当月理解")
    return Note(
        en=f"“{written}” read as by the end of the month before",
        zh=f"“{written}”按截至上一月末理解，不含当月",
    )


def times_a_year(written: str, english: str, chinese: str) -> Note:
    """A number of times was spread evenly."""
    return Note(
        en=f"“{written}” read as evenly spread: {english}",
        zh=f"“{written}”按{chinese}一次均匀安排理解",
    )


def unit_end(written: str) -> Note:
    """A recurrence without a day comes at the end of its unit."""
    return Note(
        en=f"“{written}” names no day; read as the last day each time",
        zh=f"“{written}”未写明具体日期，按每期最后一日理解",
    )


def from_now(written: str) -> Note:
    """即日起 is the document's date."""
    return Note(en=f"“{written}” read as the document's date", zh=f"“{written}”按文件印发之日理解")


def week_of_document(written: str, day: date) -> Note:
    """本周五 and 下周三 are days of the document's week and the next."""
    return Note(
        en=f"“{written}” counted from the week of the document's date: {day}",
        zh=f"“{written}”按文件印发当周推算，即{day}",
    )


def clock(written: str, hour: str) -> Note:
    """Reminders go by day: an hour inside it is told, not kept."""
    return Note(
        en=f"“{written}” names an hour, {hour}; reminders go by day",
        zh=f"“{written}”以原文所载时点（{hour}）为准，提醒按日发送",
    )


def workdays(written: str) -> Note:
    """最后一个工作日 and 前5个工作日 are counted by the calendar, make-up days included."""
    return Note(
        en=f"“{written}” counted by the calendar of working days, make-up days included",
        zh=f"“{written}”按工作日历（含调休上班日）推算",
    )


def daily(written: str) -> Note:
    """每日 begins with the document's own day."""
    return Note(
        en=f"“{written}” read as every day from the document's date on, that day included",
        zh=f"“{written}”自文件印发当日起逐日计算",
    )


def aside(written: str) -> Note:
    """Words that hold a time and say what a report or task is about."""
    return Note(
        en=f"“{written}” read as what the task is about, no date",
        zh=f"“{written}”按事项内容理解，不作时限",
    )


def rolls_on() -> Note:
    """遇节假日顺延 asks for the next working day; the office's own setting decides."""
    return Note(
        en="the phrase lets a day off move to the next working day; [policy] roll decides for all tasks",
        zh="原文载明遇节假日顺延；休息日的调整按本单位统一设置办理",
    )


def two_digits(written: str, year: int) -> Note:
    """A year of two digits is of this century."""
    return Note(en=f"“{written}” read as {year}", zh=f"“{written}”按{year}年理解")


def year_after(written: str, year: int) -> Note:
    """次年 follows the year named before it, or the document's."""
    return Note(
        en=f"“{written}”: the year after the one named before it, or the document's, {year}",
        zh=f"“{written}”按前文所载年份（或文件印发年份）的次年，即{year}年理解",
    )


def month_of_clause(written: str, year: int, month: int) -> Note:
    """中旬 alone lies in the month named before it."""
    return Note(
        en=f"“{written}” names no month; read in {year}-{month:02}, the month named before it",
        zh=f"“{written}”未写明月份，沿用前文的{year}年{month}月",
    )


def opening_day(written: str, day: date) -> Note:
    """A school term with a verb of finishing is due on the day it opens."""
    return Note(
        en=f"“{written}” read as due on the opening day, {day}",
        zh=f"“{written}”按开学当日（{day}）理解",
    )


def superseded(written: str) -> Note:
    """原定 … 延期至: the date that no longer holds."""
    return Note(en=f"“{written}” no longer holds", zh=f"“{written}”为原定时限，已作调整")


def ends(written: str) -> Note:
    """至2022年底 after a recurrence ends it and sets no deadline of its own."""
    return Note(
        en=f"“{written}” read as the end of what comes round, no deadline of its own",
        zh=f"“{written}”按周期性报送的截止时间理解，不另设时限",
    )


def ahead(written: str) -> Note:
    """前3个工作日 is counted back from a day that isn't counted itself."""
    return Note(
        en=f"“{written}” counted back from that day, itself not counted",
        zh=f"“{written}”自该日前一日起往前推算",
    )


def third_before(written: str, *, inclusive: bool) -> Note:
    """前 after a third of a month that comes round."""
    if inclusive:
        return Note(en=f"“{written}” read as including those ten days", zh=f"“{written}”按含当旬理解")
    return Note(
        en=f"“{written}” read as by the day before they begin", zh=f"“{written}”按不含当旬理解，截至前一日"
    )


def hours(written: str, days: int) -> Note:
    """24小时 is counted as a day."""
    return Note(
        en=f"“{written}” counted as {days} d: reminders go by day",
        zh=f"“{written}”按{days}日计算，提醒按日发送",
    )


def evenly(written: str, english: str, chinese: str) -> Note:
    """A unit without days of its own, or a number of times, was given days."""
    return Note(en=f"“{written}” read as {english} each time", zh=f"“{written}”按{chinese}理解")


def reports_until(written: str, until: str) -> Note:
    """Reports beside a deadline end with it."""
    return Note(
        en=f"“{written}” read as reports until the deadline, {until}",
        zh=f"“{written}”按报送至办理时限（{until}）为止理解",
    )


def after_completion(written: str) -> Note:
    """此后 and 并长期: what follows begins with completion."""
    return Note(
        en=f"“{written}” read as beginning with completion, or failing that on the due day",
        zh=f"“{written}”自完成之日起（未办结的自到期日起）理解",
    )


def from_print(written: str) -> Note:
    """自印发之日起: the document's date, itself not counted."""
    return Note(
        en=f"“{written}” counts from the document's date, that day not included",
        zh=f"“{written}”自文件印发次日起算",
    )


def interval(written: str) -> Note:
    """每两个月 has no calendar unit of its own: it is counted from the start."""
    return Note(
        en=f"“{written}” counted from the document's date, or from the start that the phrase names",
        zh=f"“{written}”自文件印发之日（或所载起始日）起按间隔推算",
    )

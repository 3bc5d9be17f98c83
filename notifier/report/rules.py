"""A timing rule in Chinese words, as an official would say it: the notation is for those who write config.toml."""

import re
from functools import singledispatch
from typing import Final

from notifier.digest.wording import day_text
from notifier.timing.period import (
    Break,
    Day,
    Event,
    Festival,
    FiveYearPlan,
    Half,
    Month,
    Period,
    Quarter,
    Span,
    Term,
    Third,
    Year,
)
from notifier.timing.rule import (
    Ahead,
    Before,
    Cadence,
    DayRef,
    Due,
    Frequency,
    From,
    Last,
    LastWorkday,
    Ongoing,
    RecurringDue,
    Report,
    Review,
    Rule,
    Several,
    Then,
    Window,
    Within,
)

_DIGITS: Final = "零一二三四五六七八九十"
_SEASONS: Final = {"spring": "春季学期", "autumn": "秋季学期", "winter": "寒假", "summer": "暑假"}
_FESTIVALS: Final = {
    "yuandan": "元旦",
    "chunjie": "春节",
    "yuanxiao": "元宵节",
    "qingming": "清明节",
    "laodong": "劳动节",
    "duanwu": "端午节",
    "zhongqiu": "中秋节",
    "guoqing": "国庆节",
}
_EVENTS: Final = {"issued": "文件印发", "done": "前项工作完成"}
_UNITS: Final = {"d": "天", "wd": "个工作日", "w": "周", "m": "个月", "y": "年"}
_WEEKDAYS: Final = {"mon": "一", "tue": "二", "wed": "三", "thu": "四", "fri": "五", "sat": "六", "sun": "日"}
_EVERY: Final = {
    Frequency.DAILY: "每天",
    Frequency.WEEKLY: "每周",
    Frequency.MONTHLY: "每月",
    Frequency.QUARTERLY: "每季度",
    Frequency.HALF_YEARLY: "每半年",
    Frequency.YEARLY: "每年",
    Frequency.TERMLY: "每学期",
}
_LONG: Final = {
    Frequency.DAILY: "天",
    Frequency.WEEKLY: "周",
    Frequency.MONTHLY: "个月",
    Frequency.YEARLY: "年",
}
_BEFORE_FESTIVAL = re.compile(r"([a-z]+)(?:-([0-9]+)d)?")
_NTH_WEEKDAY = re.compile(r"([1-4]|last)([a-z]{3})")


def rule_words(rule: Rule, ongoing: Cadence) -> str:
    """Return a rule in words; `ongoing` is the cadence at which the policy asks for reports of what goes on."""
    if isinstance(rule, Due):
        return f"{_by(rule.day)}完成{_label(rule.label)}"
    if isinstance(rule, Window):
        return f"{period_words(rule.period)}内实施，至期末完成{_label(rule.label)}"
    if isinstance(rule, From):
        return f"自{period_words(rule.period)}起持续实施，{cadence_words(ongoing)}报送进展"
    if isinstance(rule, Ongoing):
        return f"持续实施{_bounds(None, rule.until)}，{cadence_words(ongoing)}报送进展"
    if isinstance(rule, Report):
        return f"{cadence_words(rule.cadence)}报送进展{_bounds(rule.since, rule.until)}"
    if isinstance(rule, RecurringDue):
        edge = "前" if rule.cadence.anchors else ""
        return f"{cadence_words(rule.cadence)}{edge}完成一次{_bounds(rule.since, rule.until)}"
    if isinstance(rule, Then):
        return f"{rule_words(rule.first, ongoing)}；此后{rule_words(rule.second, ongoing)}"
    if isinstance(rule, Several):
        return "；".join(rule_words(part, ongoing) for part in rule.parts)
    if isinstance(rule, Review):
        return "时限未能识别，须由人工确认"
    raise TypeError(f"no words for {type(rule).__name__}")


def cadence_words(cadence: Cadence) -> str:
    """Return a recurrence in words: 每月28日, 每季度, 每年3月最后一天、9月最后一天."""
    every = _EVERY[cadence.frequency]
    if cadence.interval != 1:
        every = f"每{cadence.interval}{_LONG[cadence.frequency]}"
    return every + "、".join(_anchor(cadence.frequency, anchor) for anchor in cadence.anchors)


@singledispatch
def period_words(period: Period) -> str:
    """Return a period in words: 2018年上半年, 2018年3月中旬, “十四五”时期."""
    raise TypeError(f"no words for {type(period).__name__}")


@period_words.register
def _(period: Year) -> str:
    return f"{period.year}年"


@period_words.register
def _(period: Half) -> str:
    return f"{period.year}年{'上下'[period.half - 1]}半年"


@period_words.register
def _(period: Quarter) -> str:
    return f"{period.year}年第{_DIGITS[period.quarter]}季度"


@period_words.register
def _(period: Month) -> str:
    return f"{period.year}年{period.month}月"


@period_words.register
def _(period: Third) -> str:
    return f"{period.year}年{period.month}月{'上中下'[period.third - 1]}旬"


@period_words.register
def _(period: Day) -> str:
    return day_text(period.day)


@period_words.register
def _(period: FiveYearPlan) -> str:
    tens, ones = divmod(period.number, 10)
    number = (_DIGITS[tens] if tens > 1 else "") + ("十" if tens else "") + (_DIGITS[ones] if ones else "")
    return f"“{number}五”时期"


@period_words.register
def _(period: Term) -> str:
    return f"{period.year}年{_SEASONS[period.season]}开学"


@period_words.register
def _(period: Break) -> str:
    return f"{period.year}年{_SEASONS[period.season]}"


@period_words.register
def _(period: Festival) -> str:
    return f"{period.year}年{_FESTIVALS[period.name]}"


@period_words.register
def _(period: Event) -> str:
    return _EVENTS.get(period.name, f"“{period.name}”")


@period_words.register
def _(period: Span) -> str:
    return f"{period_words(period.start)}至{period_words(period.end)}"


def _by(day: DayRef) -> str:
    """Return the last day of a deadline, with 前: inclusive or not, as the rule says."""
    if isinstance(day, Last):
        words = period_words(day.period)
        if isinstance(day.period, Day):
            return f"{words}前（含当日）"
        if isinstance(day.period, Year | Month):
            return f"{words}底前"
        return f"{words}当日" if _is_one_day(day.period) else f"{words}结束前"
    if isinstance(day, Before):
        words = period_words(day.period)
        return f"{words}之前（不含当{_shortest(day.period)}）"
    if isinstance(day, LastWorkday):
        return f"{period_words(day.period)}最后一个工作日前"
    amount = f"{day.amount}{_UNITS[day.unit]}"
    words = period_words(day.of)
    if isinstance(day, Within):
        return f"{words}{'' if _is_one_day(day.of) else '结束'}后{amount}内"
    if isinstance(day, Ahead):
        return f"{words}{'' if _is_one_day(day.of) else '开始'}前{amount}"


def _is_one_day(period: Period) -> bool:
    return isinstance(period, Day | Term | Festival | Event)


def _shortest(period: Period) -> str:
    if isinstance(period, Year | Half):
        return "年" if isinstance(period, Year) else "期"
    return "月" if isinstance(period, Month) else "日" if _is_one_day(period) else "期"


def _bounds(since: Period | None, until: Period | None) -> str:
    return (f"，自{period_words(since)}起" if since else "") + (
        f"，至{period_words(until)}止" if until else ""
    )


def _label(label: str) -> str:
    return f"（{label}）" if label else ""


def _anchor(frequency: Frequency, anchor: str) -> str:
    if frequency is Frequency.WEEKLY:
        return _WEEKDAYS[anchor]
    if frequency is Frequency.MONTHLY:
        return _day_in_month(anchor)
    if frequency is Frequency.TERMLY:
        amount = anchor[1:-1]
        if amount == "0":
            return "开学当天"
        return f"开学{'后' if anchor[0] == '+' else '前'}{amount}天"
    if anchor[0].isdigit():
        month, _, day = anchor.partition("-")
        name = f"{int(month)}月" if frequency is Frequency.YEARLY else f"第{_DIGITS[int(month)]}个月"
        return name + _day_in_month(day)
    found = _BEFORE_FESTIVAL.fullmatch(anchor)
    if found is None:
        raise ValueError(f"no words for {anchor}")
    return _FESTIVALS[found[1]] + (f"前{found[2]}天" if found[2] else "")


def _day_in_month(day: str) -> str:
    if day == "last":
        return "最后一天"
    if day == "lastwd":
        return "最后一个工作日"
    if day.endswith("wd"):
        return f"第{day[:-2]}个工作日"
    if (found := _NTH_WEEKDAY.fullmatch(day)) is not None:
        which = "最后一个" if found[1] == "last" else f"第{_DIGITS[int(found[1])]}个"
        return f"{which}周{_WEEKDAYS[found[2]]}"
    return f"{int(day)}日"

"""The Chinese of a digest, all in one place: a word for every enumeration, a sentence for every circumstance."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from itertools import zip_longest
from typing import Final

from notifier.digest.content import Earlier, GroupKey, Light, Notice, Remark, RemarkKind
from notifier.people.phrase import Role
from notifier.timing.checkpoint import Kind

# The Chinese of every enumeration a contact ever sees. Groups stand in the order of a digest.
GROUP_WORDS: Final[dict[GroupKey, tuple[str, str]]] = {  # short word of counts, heading
    "overdue": ("逾期", "已逾期"),
    "due": ("到期", "到期"),
    "lead": ("临期", "即将到期"),
    "start": ("启动", "启动实施"),
    "report": ("报送", "报送进展"),
}
ROLE_WORDS: Final = {Role.LEAD: "牵头", Role.JOINT: "责任", Role.ASSIST: "配合", Role.IMPLEMENT: "落实"}
LIGHT_WORDS: Final[dict[Light, str]] = {"red": "红灯", "yellow": "黄灯", "green": "绿灯"}
DAY_WORDS: Final = {Kind.START: "启动日期", Kind.DUE: "截止日期", Kind.REPORT: "报送日期"}
REMARK_WORDS: Final[dict[RemarkKind, str]] = {
    "late": "补发",
    "folded": "合并",
    "extended": "期限调整",
    "rolled": "遇休息日",
    "provisional": "暂定",
    "soft": "力争",
    "reading": "时限依据",
}
WEEKDAYS: Final = "一二三四五六日"
KEY_WORDS: Final = {"start": "启动", "due": "到期", "report": "报送"}
LEAD_UNITS: Final = {"d": "天", "wd": "个工作日", "w": "周"}

NAMED_UNITS: Final = 3  # a greeting or subject names so many units, then says how many there are
_A_RUN: Final = 2  # overdue notices that are still named one by one
_KEY = re.compile(r"(start|due|report|overdue)(?:-(\d+)(wd|d|w)?)?@")


@lru_cache(maxsize=1024)
def day_text(day: date) -> str:
    """Return a day as official documents write it: 2017年12月29日."""
    return f"{day.year}年{day.month}月{day.day}日"


@lru_cache(maxsize=1024)
def weekday(day: date) -> str:
    """Return 星期一 to 星期日."""
    return f"星期{WEEKDAYS[day.weekday()]}"


def document(title: str) -> str:
    """Return a document's title in its brackets."""
    return title if title.startswith("《") else f"《{title}》"


def remarks(notice: Notice, late_since: datetime | None, today: date) -> tuple[Remark, ...]:
    """Return what a reader must know besides the line; `late_since` is the local moment a late notice was meant for."""
    days = notice.original_due, notice.nominal, notice.day
    notes = notice.notes, notice.english_notes
    meant = late_since and late_since.replace(tzinfo=None)  # equal to no moment of another zone
    # Said of a task, it is the same for each of its contacts.
    return _remarks(meant, today, notice.folded, *days, notice.provisional, notice.soft, *notes)


@lru_cache(maxsize=1024)
def _remarks(
    late_since: datetime | None,
    today: date,
    folded: tuple[str, ...],
    original_due: date | None,
    nominal: date,
    day: date,
    provisional: bool,
    soft: bool,
    notes: tuple[str, ...],
    english_notes: tuple[str, ...],
) -> tuple[Remark, ...]:
    def remark(kind: RemarkKind, text: str, *days: date, english: str = "") -> Remark:
        return Remark(kind=kind, word=REMARK_WORDS[kind], text=text, days=days, english=english)

    found: list[Remark] = []
    if late_since is not None:
        meant = late_since.date()
        time = f"{late_since:%H:%M}" if meant == today else ""  # hours late: the day alone would say nothing
        told = remark("late", f"本提醒应于{_full(meant)}{time}发出，因当时未能发出，现予补发。", meant)
        found.append(replace(told, time=time))
    if folded:
        listed = list(_in_runs(folded))
        told = remark("folded", f"此前的提醒（{'、'.join(map(_reminders, listed))}）未单独发出，已并入本条。")
        found.append(replace(told, earlier=tuple(each for each in listed if not isinstance(each, str))))
    if original_due and original_due != nominal:
        verb = "延期至" if nominal > original_due else "调整为"
        text = f"原定期限{_full(original_due)}，现已{verb}{_full(nominal)}。"
        found.append(remark("extended", text, original_due, nominal))
    if nominal != day:
        verb = "提前至" if day < nominal else "顺延至"
        found.append(remark("rolled", f"{_full(nominal)}为休息日，{verb}{_full(day)}。", nominal, day))
    if provisional:
        found.append(remark("provisional", "当年节假日安排尚未公布，日期暂定，公布后可能调整。"))
    if soft:
        found.append(remark("soft", "文件要求力争按期完成，请尽早安排、尽力落实。"))
    for note, english in zip_longest(notes, english_notes[: len(notes)], fillvalue=""):
        found.append(remark("reading", note, english=english))
    return tuple(found)


def standing(family: Kind, left: int) -> str:
    """Return how a day stands: 还有7天, 今天到期, 已逾期3天, or what these are for a start or a report."""
    today, past = {Kind.START: ("今天启动", "已启动{}天"), Kind.REPORT: ("今天报送", "已过{}天")}.get(
        family, ("今天到期", "已逾期{}天")
    )
    return f"还有{left}天" if left > 0 else past.format(-left) if left else today


def _full(day: date) -> str:
    return f"{day_text(day)}（{weekday(day)}）"


@lru_cache(maxsize=4096)
def number(ref: str) -> str:
    """第7项; 第2部分第7项 for 2:7, where numbers restart; 第7项之2 for 7.2, a number's second task."""
    part, _, rest = ref.rpartition(":")
    number, _, piece = rest.partition(".")
    return (f"第{part}部分" if part else "") + f"第{number}项" + (f"之{piece}" if piece else "")


def earlier(key: str) -> Earlier | None:
    """Return what a checkpoint's key announces; None where it isn't one."""
    if (match := _KEY.match(key)) is None:
        return None
    kind, amount, unit = match.groups()
    return Earlier(kind=kind, amount=int(amount or 0), unit=unit or "")


def reminder(key: str) -> str:
    """Return what a checkpoint's key announces: 提前30天到期提醒, 第2次逾期提醒."""
    return _reminders(earlier(key) or key)


def _reminders(told: Earlier | str) -> str:
    if isinstance(told, str):
        return f"{told}提醒"
    if told.kind == "overdue":
        return f"第{told.amount}次{f'至第{told.last}次' if told.last else ''}逾期提醒"
    lead = f"提前{told.amount}{LEAD_UNITS[told.unit]}" if told.unit else ""
    return f"{lead}{KEY_WORDS[told.kind]}提醒"


def _in_runs(keys: Sequence[str]) -> Iterator[Earlier | str]:
    """Yield what keys announce, or a key that isn't one; overdue notices, of which there may be twenty, in runs."""
    run: list[Earlier] = []
    for key in keys:
        found = earlier(key)
        follows = found and run and found.kind == "overdue" and found.amount == run[-1].amount + 1
        if run and not follows:
            yield from _as_one(run)
            run = []
        if found is None:
            yield key
        elif found.kind == "overdue":
            run.append(found)
        else:
            yield found
    yield from _as_one(run)


def _as_one(run: Sequence[Earlier]) -> Iterator[Earlier]:
    if len(run) > _A_RUN:
        yield replace(run[0], last=run[-1].amount)
    else:
        yield from run


def named(units: Sequence[str]) -> str:
    """Return the units as a subject names them."""
    if len(units) <= NAMED_UNITS:
        return "、".join(units)
    return f"{units[0]}等{len(units)}个单位"

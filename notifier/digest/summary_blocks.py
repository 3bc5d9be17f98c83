"""The blocks of the month's summary: what is missing or late, what was put off, what comes. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from notifier.digest import wording
from notifier.digest.accounting import CalendarMonth
from notifier.digest.bulletin import Fact, Room
from notifier.digest.bulletin_words import tasks_text
from notifier.digest.content import Light
from notifier.digest.summary_content import MOST_POINTS, Besides, Block, Note, Point
from notifier.digest.tally import Alike, Group, Tally, Worst
from notifier.timing.checkpoint import Kind

TITLE: Final = 60  # characters
_NAME: Final = 28
_LINE: Final = 200
_NAMED_UNITS: Final = 5
_NAMED_NOBODY: Final = 12
_ENDED: Final[tuple[tuple[str, str, Light, str], ...]] = (
    ("silent", "到期未报", "red", "截至汇总时没有办结或报送记录。"),
    ("before", "以前到期、至今未办结", "red", "只列有固定期限的任务；定期事项以最近一期为准。"),
    ("late", "迟报", "yellow", "按录入办结或报送记录的时间计算。"),
)


def month_text(month: CalendarMonth) -> str:
    """Return 2018年6月."""
    return f"{month.first.year}年{month.first.month}月"


def shortened(text: str, most: int) -> str:
    """Return a text on one line, cut where it has more than so many characters."""
    line = " ".join(text[: 2 * most].split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def blocks(tally: Tally, besides: Besides, month: CalendarMonth, room: Room) -> Iterator[Block]:
    """Yield what there is to tell, the worst first."""
    lists = {"silent": tally.silent, "before": tally.before, "late": tally.late}
    plans = {alike.plan for worst in (*lists.values(), tally.ahead) for alike, _ in worst.listed()}
    several = len(plans | tally.plans.keys()) > 1
    for key, title, light, note in _ENDED:
        if lists[key].tasks:
            yield _listed(key, title, light, note, lists[key], room, several)
    for key, title, notes, total in (
        ("extended", f"{month_text(month)}延期", besides.extended, besides.extended_total),
        ("resting", "暂停提醒", besides.resting, besides.resting_total),
    ):
        if total:
            yield _block(key, title, "yellow", f"{total}项", "", [_told(note) for note in notes], total, room)
    yield _mail(besides, room)
    yield _listed("ahead", f"{month_text(month.after)}到期", "green", "", tally.ahead, room, several)


def _listed(key: str, title: str, light: Light, note: str, worst: Worst, room: Room, several: bool) -> Block:
    points = [_point(alike, group, key, several) for alike, group in worst.listed()]
    points, shared = _without_the_same_day(points)
    count = f"{worst.tasks}项任务，{worst.units}项次" if points else "没有到期任务"
    return _block(key, title, light, count, note + shared, points, len(points), room)


def _without_the_same_day(points: list[Point]) -> tuple[list[Point], str]:
    """Return the points without the day and the standing that all of them share, and what these are."""
    if len(points) < 2 or len({(point.standing, point.facts[0]) for point in points}) > 1:
        return points, ""
    standing, day = points[0].standing, points[0].facts[0].text
    shared = f"均为{day}{f'，{standing}' if standing else ''}。"
    return [replace(point, standing="", facts=point.facts[1:]) for point in points], shared


def _mail(besides: Besides, room: Room) -> Block:
    told = f"发出{besides.sent}封"
    told += f"，未送达{besides.failed}封" if besides.failed else ""
    told += f"，可能重复{besides.uncertain}封" if besides.uncertain else ""
    told += f"，停机未发{besides.missed}条" if besides.missed else ""
    nobody = []
    if besides.nobody_total:
        names = _units_text(
            [shortened(unit, _NAME) for unit in besides.nobody[:_NAMED_NOBODY]], besides.nobody_total
        )
        facts = (Fact(word="单位", text=shortened(names, 2 * _LINE)),)
        nobody.append(Point(title="没有联络员，无人收到提醒", standing="", facts=facts))
    return _block(
        "mail",
        "提醒邮件",
        "red" if besides.unreached_total or besides.nobody_total else "green",
        told,
        "",
        [*nobody, *map(_told, besides.unreached)],
        len(nobody) + besides.unreached_total,
        room,
    )


def _block(
    key: str,
    title: str,
    light: Light,
    count: str,
    note: str,
    points: Sequence[Point],
    total: int,
    room: Room,
) -> Block:
    listed: list[Point] = []
    for point in points[:MOST_POINTS]:
        if not room.takes(point.title, *(fact.text for fact in point.facts)):
            break
        listed.append(point)
    return Block(
        key=key,
        title=title,
        light=light,
        count=count,
        note=note,
        points=tuple(listed),
        rest=total - len(listed),
    )


def _told(note: Note) -> Point:
    facts = tuple(Fact(word=fact.word, text=shortened(fact.text, _LINE)) for fact in note.facts if fact.text)
    return Point(title=shortened(note.title, TITLE), standing=note.standing, facts=facts)


def _point(alike: Alike, group: Group, key: str, several: bool) -> Point:
    plan = wording.document(shortened(alike.title or alike.plan, _NAME)) if several else ""
    # Of one task its text says more than its number, of several the numbers must do.
    text = f" {group.text}" if len(group.refs) == 1 else f"（共{len(group.refs)}项）"
    what = "报送" if alike.family is Kind.REPORT else "到期"
    day = f"{wording.day_text(alike.day)}{what}"
    day += f"（{alike.label}）" if alike.label else ""
    day += f"（原定{wording.day_text(alike.original)}）" if alike.original else ""
    word = {"silent": "未报", "before": "未办结", "late": "迟报"}.get(key, "单位")
    return Point(
        title=shortened(plan + tasks_text(group.refs) + text, TITLE + len(plan)),
        standing=_standing(key, alike.family, max((days for _, days in alike.units), default=0)),
        facts=(
            Fact(word="期限", text=shortened(day, _LINE)),
            Fact(word=word, text=shortened(_units(alike, with_days=key == "late"), _LINE)),
        ),
    )


def _standing(key: str, family: Kind, days: int) -> str:
    if key == "late":
        return _late(days)
    return wording.standing(family, -days) if key in ("silent", "before") else ""


def _late(days: int) -> str:
    return f"迟{days}天" if days else "当日迟报"


def _units(alike: Alike, *, with_days: bool) -> str:
    named = [
        f"{shortened(unit, _NAME)}{f'（{_late(days)}）' if with_days else ''}"
        for unit, days in alike.units[:_NAMED_UNITS]
    ]
    return _units_text(named, alike.number)


def _units_text(named: Sequence[str], number: int) -> str:
    return "、".join(named) + (f"等{number}个单位" if number > len(named) else "")

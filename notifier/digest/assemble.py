"""Notices of one contact and slot, put in order, counted and worded."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from notifier.digest import wording
from notifier.digest.content import Count, Digest, Group, GroupKey, Light, Line, Notice, Remark, Section
from notifier.timing.checkpoint import Kind

LATE_AFTER: Final = timedelta(hours=1)  # a slot worked off later than this owes the reader a word
SUBJECT_COUNTS: Final = 3  # so many kinds of lines a subject counts


def build(notices: Sequence[Notice], *, slot: datetime, zone: ZoneInfo) -> Digest:
    """Return the digest of what one contact is told in one slot.

    `slot` must be aware; days are counted in `zone`. The order of `notices` doesn't matter.
    Raises ValueError when there is nothing to tell or the slot is naive.
    """
    if not notices:
        raise ValueError("a digest needs at least one notice")
    if slot.utcoffset() is None:
        raise ValueError(f"slot has no time zone: {slot.isoformat()}")
    today = slot.astimezone(zone).date()
    plans: dict[str, list[Notice]] = defaultdict(list)
    for notice in sorted(notices, key=_order):
        plans[notice.plan].append(notice)
    sections = sorted((_section(told, slot, today, zone) for told in plans.values()), key=_urgency)
    lines = [line for section in sections for group in section.groups for line in group.lines]
    told = Counter(group.key for section in sections for group in section.groups for _ in group.lines)
    counts = tuple(
        Count(key=key, word=word, number=told[key])
        for key, (word, _) in wording.GROUP_WORDS.items()
        if told[key]
    )
    units = tuple(dict.fromkeys(unit for line in lines for unit in line.units))
    worst = {line.light for line in lines}
    return Digest(
        date=today,
        date_text=wording.day_text(today),
        weekday=wording.weekday(today),
        units=units,
        unit=wording.named(units),
        total=len(lines),
        counts=counts,
        summary="、".join(f"{count.word}{count.number}项" for count in counts),
        headline="·".join(f"{count.word}{count.number}项" for count in counts[:SUBJECT_COUNTS]),
        light=next(light for light in wording.LIGHT_WORDS if light in worst),
        late=any(line.late for line in lines),
        copied=all(line.copied for line in lines),
        sections=tuple(sections),
    )


def _section(notices: Sequence[Notice], slot: datetime, today: date, zone: ZoneInfo) -> Section:
    told: dict[GroupKey, list[Notice]] = {key: [] for key in wording.GROUP_WORDS}
    for notice in notices:
        told[_group_key(notice, today)].append(notice)
    first = notices[0]
    title = wording.document(first.plan_title or first.plan_number or first.plan)
    groups = tuple(_group(key, some, slot, today, zone) for key, some in told.items() if some)
    return Section(plan=first.plan, title=title, number=first.plan_number, groups=groups)


def _group(key: GroupKey, notices: Sequence[Notice], slot: datetime, today: date, zone: ZoneInfo) -> Group:
    late = [_late_since(notice, slot, zone) for notice in notices]
    remarks = [wording.remarks(notice, since, today) for notice, since in zip(notices, late, strict=True)]
    # Thirty quarterly reports would say the same sentence thirty times: said once, above them.
    common = [r for r in remarks[0] if len(notices) > 1 and all(r in others for others in remarks)]
    if common:
        remarks = [tuple(r for r in its if r not in common) for its in remarks]
    word, title = wording.GROUP_WORDS[key]
    return Group(
        key=key,
        word=word,
        title=title,
        same_day=len({notice.day for notice in notices}) == 1,
        remarks=tuple(common),
        lines=tuple(
            _line(notice, key, today, is_late=since is not None, remarks=its)
            for notice, since, its in zip(notices, late, remarks, strict=True)
        ),
    )


def _late_since(notice: Notice, slot: datetime, zone: ZoneInfo) -> datetime | None:
    return notice.at.astimezone(zone) if slot > notice.at + LATE_AFTER else None


def _group_key(notice: Notice, today: date) -> GroupKey:
    """Group by how things stand in this slot: a lead that comes late may be overdue by now."""
    if notice.kind is Kind.OVERDUE:
        return "overdue"
    if notice.family is Kind.START:
        return "start"
    if notice.family is Kind.REPORT:
        return "report"
    if notice.day < today:
        return "overdue"
    return "due" if notice.kind is Kind.DUE or notice.day == today else "lead"


def _line(notice: Notice, key: GroupKey, today: date, *, is_late: bool, remarks: tuple[Remark, ...]) -> Line:
    left = (notice.day - today).days
    light: Light = "red" if key == "overdue" else "green" if key == "start" else "yellow"
    return Line(
        ref=notice.ref,
        number=wording.number(notice.ref),
        heading=notice.section,
        text=notice.text,
        role=wording.ROLE_WORDS[notice.role],
        role_key=notice.role.value,
        units=notice.units,
        other_units=tuple(unit for unit in notice.co_units if unit not in notice.units),
        label=notice.label,
        light=light,
        light_word=wording.LIGHT_WORDS[light],
        family=notice.family.value,
        day_word=wording.DAY_WORDS[notice.family],
        day=notice.day,
        day_text=wording.day_text(notice.day),
        weekday=wording.weekday(notice.day),
        days_left=left,
        standing=wording.standing(notice.family, left),
        timing=notice.timing,
        late=is_late,
        soft=notice.soft,
        provisional=notice.provisional,
        copied=notice.copied,
        remarks=remarks,
    )


@lru_cache(maxsize=4096)
def _numbers(ref: str) -> tuple[int, ...]:
    """Return the numbers of a ref, by which 7 comes before 10, and 7.2 after 7."""
    return tuple(int(piece) for piece in re.findall(r"\d+", ref))


def _order(notice: Notice) -> tuple[object, ...]:
    return notice.plan, notice.day, _numbers(notice.ref), notice.ref, notice.kind, notice.label


def _urgency(section: Section) -> tuple[int, date, str]:
    first = section.groups[0]
    return list(wording.GROUP_WORDS).index(first.key), min(line.day for line in first.lines), section.plan

"""Where clocks are changed twice a year: a wall-clock time is one instant, and instants keep the order of days."""

import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from notifier.app import build
from notifier.passes.setting import Setting
from notifier.passes.slots import next_slot
from notifier.timing.period import Day
from notifier.timing.policy import wall_instant
from notifier.timing.rule import Cadence, Due, Frequency, Last, Report
from notifier.timing.stream import stream
from tests.office import office
from tests.timing_builders import a_context, a_policy

ZONES = tuple(map(ZoneInfo, ("America/New_York", "Europe/London", "Australia/Lord_Howe")))
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FIRST, LAST = date(2007, 4, 1), date(2036, 12, 31)


@cache
def changes(zone: ZoneInfo) -> list[date]:
    """Return the days on which clocks are changed, and those beside them."""
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days)]
    offsets = [datetime.combine(day, time(), zone).utcoffset() for day in days]
    found = {
        day + beside * DAY
        for day, offset, later in zip(days, offsets, offsets[1:], strict=False)
        if offset != later
        for beside in (-1, 0, 1)
    }
    assert len(found) >= 3 * 2 * 29
    return sorted(found)


@st.composite
def moments(draw: st.DrawFn) -> tuple[ZoneInfo, date, time]:
    """Return a zone, a day near a change of its clocks and a time, mostly of the small hours."""
    zone = draw(st.sampled_from(ZONES))
    day = draw(st.sampled_from(changes(zone)))
    hour = draw(st.integers(0, 4) | st.integers(0, 23))
    return zone, day, time(hour, draw(st.integers(0, 59)))


def shown(zone: ZoneInfo, day: date) -> dict[time, datetime]:
    """Return each minute that clocks show on a day, with the first instant at which they do: minute by minute."""
    start = datetime.combine(day, time(), UTC) - DAY
    minutes: dict[time, datetime] = {}
    for number in range(3 * 24 * 60):
        instant = start + number * MINUTE
        local = instant.astimezone(zone)
        if local.date() == day:
            minutes.setdefault(local.time(), instant)
    return minutes


@cache
def setting() -> Setting:
    """Return what a small office says of time and people."""
    with tempfile.TemporaryDirectory() as folder:
        return build(office(Path(folder))).setting


@given(moments())
def test_a_time_in_the_gap_is_the_next_minute_shown_and_one_in_the_overlap_the_first(
    moment: tuple[ZoneInfo, date, time],
) -> None:
    zone, day, at = moment
    minutes = shown(zone, day)
    assert wall_instant(day, at, zone) == minutes[min(minute for minute in minutes if minute >= at)]


def test_gaps_and_overlaps_are_among_the_days_tried() -> None:
    for zone, gap, overlap in (
        (ZONES[0], (date(2018, 3, 11), time(2, 30)), (date(2018, 11, 4), time(1, 30))),
        (ZONES[1], (date(2018, 3, 25), time(1, 30)), (date(2018, 10, 28), time(1, 30))),
        (ZONES[2], (date(2018, 10, 7), time(2, 15)), (date(2018, 4, 1), time(1, 45))),
    ):
        assert gap[1] not in shown(zone, gap[0])
        assert wall_instant(*gap, zone).astimezone(zone).time() > gap[1]
        first = wall_instant(*overlap, zone)
        again = {(first + step * MINUTE).astimezone(zone).time() for step in (30, 60)}
        assert overlap[1] in again
        assert {gap[0], overlap[0]} <= set(changes(zone))


@given(moments())
def test_slots_follow_each_other_at_the_wall_clock_time(moment: tuple[ZoneInfo, date, time]) -> None:
    zone, day, at = moment
    here = replace(setting(), policy=replace(setting().policy, zone=zone, notice_at=at))
    slots = [datetime.combine(day - 10 * DAY, time(), UTC)]
    for _ in range(20):
        slots.append(next_slot(here, slots[-1]))
    for earlier, later in pairwise(slots):
        assert earlier < later
        assert next_slot(here, later - timedelta(microseconds=1)) == later
    local = [slot.astimezone(zone) for slot in slots[1:]]
    assert len({slot.date() for slot in local}) == len(local)
    assert {wall_instant(slot.date(), at, zone) for slot in local} == set(slots[1:])


@given(moments())
def test_leads_and_reports_follow_each_other(moment: tuple[ZoneInfo, date, time]) -> None:
    zone, day, at = moment
    context = a_context(
        issued=day - 60 * DAY, policy=a_policy(zone=zone, notice_at=at, leads=setting().policy.leads)
    )
    for rule in (Due(Last(Day(day))), Report(Cadence(Frequency.DAILY)), Report(Cadence(Frequency.WEEKLY))):
        found = list(islice(stream(rule, context, context.imported), 60))
        assert found
        for earlier, later in pairwise(found):
            same_day = earlier.at.astimezone(zone).date() == later.at.astimezone(zone).date()
            assert earlier.at == later.at if same_day else earlier.at < later.at

"""What holds for the stream of any rule, policy and calendar."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from dateutil.tz import datetime_exists
from hypothesis import assume, given
from hypothesis import strategies as st

from notifier.timing.cadence import NominalDays
from notifier.timing.calendar import WorkCalendar
from notifier.timing.checkpoint import Checkpoint, Kind
from notifier.timing.context import Context
from notifier.timing.outline import light, milestones, timing_state
from notifier.timing.period import (
    Day,
    Event,
    Festival,
    Half,
    Month,
    Period,
    Quarter,
    Span,
    Term,
    Third,
    Year,
)
from notifier.timing.policy import Lead, Policy
from notifier.timing.rule import (
    Ahead,
    Before,
    Cadence,
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
    Unit,
    Window,
    Within,
)
from notifier.timing.stream import between, stream
from tests.timing_builders import BEIJING

FIRST, END = datetime(2016, 6, 1, tzinfo=UTC), datetime(2021, 6, 1, tzinfo=UTC)
ZONES = (BEIJING, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"))

days = st.dates(date(2016, 6, 1), date(2020, 12, 31))
years = st.integers(2016, 2020)
months = st.integers(1, 12)
instants = st.datetimes(FIRST.replace(tzinfo=None), END.replace(tzinfo=None), timezones=st.just(UTC))


def of(*strategies: st.SearchStrategy[Period]) -> st.SearchStrategy[Period]:
    return st.one_of(*strategies)


single_periods = of(
    st.builds(Year, years),
    st.builds(Half, years, st.integers(1, 2)),
    st.builds(Quarter, years, st.integers(1, 4)),
    st.builds(Month, years, months),
    st.builds(Third, years, months, st.integers(1, 3)),
    st.builds(Day, days),
    st.builds(Term, years, st.sampled_from(["spring", "autumn"])),
    st.builds(Festival, years, st.sampled_from(["chunjie", "guoqing"])),
    st.builds(Event, st.sampled_from(["issued", "dated", "undated", "done"])),
)
spans = st.tuples(years, years).map(lambda pair: Span(Year(min(pair)), Year(max(pair))))
periods = of(single_periods, spans)

cadences = st.one_of(
    st.builds(Cadence, st.sampled_from([f for f in Frequency if f is not Frequency.DAILY])),
    st.builds(
        Cadence,
        st.just(Frequency.MONTHLY),
        st.lists(
            st.sampled_from(["1", "15", "28", "30", "31", "last"]), min_size=1, max_size=3, unique=True
        ).map(tuple),
        st.integers(1, 7),
    ),
    st.builds(
        Cadence,
        st.just(Frequency.WEEKLY),
        st.lists(st.sampled_from(["mon", "fri", "sun"]), max_size=3, unique=True).map(tuple),
        st.integers(1, 5),
    ),
    st.builds(Cadence, st.just(Frequency.DAILY), st.just(()), st.integers(1, 40)),
    st.builds(Cadence, st.just(Frequency.YEARLY), st.just(("02-29", "09-last")), st.integers(1, 3)),
    st.builds(Cadence, st.just(Frequency.QUARTERLY), st.sampled_from([("03-20",), ("02-31", "01-01")])),
    st.builds(
        Cadence,
        st.just(Frequency.MONTHLY),
        st.lists(st.sampled_from(["lastwd", "5wd", "25wd", "lastfri", "2mon", "15"]), min_size=1).map(tuple),
        st.integers(1, 5),
    ),
    st.builds(Cadence, st.just(Frequency.QUARTERLY), st.sampled_from([("03-lastwd",), ("01-10wd", "02-31")])),
    st.builds(
        Cadence, st.just(Frequency.YEARLY), st.just(("chunjie-1d", "guoqing", "12-30wd")), st.integers(1, 3)
    ),
    st.builds(Cadence, st.just(Frequency.TERMLY), st.sampled_from([("+6d", "-1d"), ("+0d", "+45d")])),
)

labels = st.sampled_from(["", "动工", "出台"])
day_refs = st.one_of(
    st.builds(Last, periods),
    st.builds(Before, periods),
    st.builds(Within, st.integers(1, 60), st.sampled_from(list(Unit)[:4]), single_periods),
    st.builds(Ahead, st.integers(1, 60), st.sampled_from(list(Unit)[:4]), single_periods),
    st.builds(LastWorkday, periods),
)
bounds = st.none() | periods
dues = st.builds(Due, day_refs, labels)
periodic = st.one_of(
    st.builds(Ongoing, bounds),
    st.builds(From, periods),
    st.builds(Window, periods, labels),
    st.builds(Report, cadences, bounds, bounds),
    st.builds(RecurringDue, cadences, bounds, bounds),
)
single_rules: st.SearchStrategy[Rule] = st.one_of(dues, periodic, st.just(Review("尽快")))
rules: st.SearchStrategy[Rule] = st.one_of(
    single_rules,
    st.lists(single_rules, min_size=2, max_size=3).map(lambda parts: Several(tuple(parts))),
    st.builds(Then, dues, single_rules),
)

leads = st.lists(
    st.builds(Lead, amount=st.integers(1, 40), unit=st.sampled_from(["d", "wd", "w"])), max_size=4
).map(tuple)
policies = st.builds(
    Policy,
    zone=st.sampled_from(ZONES),
    leads=leads,
    report_leads=leads,
    report_overdue=st.booleans(),
    notice_at=st.sampled_from([time(9), time(2, 15), time(0), time(23, 59)]),
    roll=st.sampled_from(["prev", "next", "none"]),
    overdue_working_days=st.integers(0, 6),
    overdue_every_days=st.sampled_from([0, 1, 3, 7, 14]),
    overdue_until_days=st.integers(0, 120),
)
overlays = st.lists(days, max_size=12)
calendars = st.builds(lambda off, work: WorkCalendar.build(off=off, work=work), overlays, overlays)


@st.composite
def contexts(draw: st.DrawFn) -> Context:
    issued = draw(st.dates(date(2017, 1, 1), date(2018, 12, 31)))
    policy = draw(policies)
    return Context(
        calendar=draw(calendars),
        policy=policy,
        issued=issued,
        imported=datetime.combine(issued, time(), policy.zone)
        + draw(st.timedeltas(timedelta(), timedelta(days=60))),
        events={"dated": draw(days)},
        until=draw(st.none() | days),
        completed=draw(st.none() | days),
    )


def whole(rule: Rule, context: Context) -> list[Checkpoint]:
    return list(between(rule, context, FIRST, END))


@given(rules, contexts(), st.tuples(instants, instants, instants))
def test_windows_tile(rule: Rule, context: Context, cuts: tuple[datetime, datetime, datetime]) -> None:
    a, b, c = sorted(cuts)
    parts = [*between(rule, context, a, b), *between(rule, context, b, c)]
    assert parts == list(between(rule, context, a, c))


@given(rules, contexts(), st.data())
def test_a_window_that_ends_on_a_checkpoint_holds_it_and_the_next_does_not(
    rule: Rule, context: Context, data: st.DataObject
) -> None:
    found = whole(rule, context)
    assume(found)
    cut = data.draw(st.sampled_from(found)).at
    assert list(between(rule, context, FIRST, cut)) == [point for point in found if point.at <= cut]
    assert list(between(rule, context, cut, END)) == [point for point in found if point.at > cut]


@given(rules, contexts(), instants)
def test_a_seek_is_the_filtered_stream(rule: Rule, context: Context, after: datetime) -> None:
    expected = [point for point in whole(rule, context) if point.at > after]
    assert list(islice(stream(rule, context, after), len(expected))) == expected


@given(rules, contexts())
def test_every_notice_goes_on_a_working_day_at_the_time_of_notices(rule: Rule, context: Context) -> None:
    policy = context.policy
    for point in whole(rule, context):
        assert point.at.tzinfo is UTC
        local = point.at.astimezone(policy.zone)
        assert context.calendar.is_working_day(local.date())
        wanted = datetime.combine(local.date(), policy.notice_at, policy.zone)
        if datetime_exists(wanted):
            assert local.time() == policy.notice_at
        else:  # clocks skip it; the notice goes when they have jumped
            assert timedelta() < local.replace(tzinfo=None) - wanted.replace(tzinfo=None) < timedelta(hours=1)


@given(rules, contexts())
def test_a_stream_is_in_order_and_each_key_comes_once(rule: Rule, context: Context) -> None:
    found = whole(rule, context)
    assert all((one.at, one.key) < (other.at, other.key) for one, other in pairwise(found))
    assert len({point.key for point in found}) == len(found)


@given(rules, contexts(), calendars)
def test_a_changed_calendar_moves_notices_but_brings_no_key_twice(
    rule: Rule, context: Context, changed: WorkCalendar
) -> None:
    after = Context(
        calendar=changed,
        policy=context.policy,
        issued=context.issued,
        imported=context.imported,
        events=context.events,
        until=context.until,
        completed=context.completed,
    )
    found = whole(rule, after)
    assert len({point.key for point in found}) == len(found)
    assert all(point.key.endswith(f"@{point.nominal}") for point in found)


@given(rules, contexts())
def test_leads_come_before_and_overdue_notices_after_what_they_belong_to(
    rule: Rule, context: Context
) -> None:
    for point in whole(rule, context):
        local = point.at.astimezone(context.policy.zone).date()
        match point.kind:
            case Kind.LEAD:
                assert local < point.day
                assert point.at > context.imported
            case Kind.OVERDUE:
                assert local > point.day
                assert (local - point.day).days <= context.policy.overdue_until_days
            case Kind.START:
                assert local >= point.day
                assert point.at > context.imported
            case _:
                assert local <= point.day


@given(dues, contexts())
def test_a_dated_deadline_is_announced_exactly_once(rule: Due, context: Context) -> None:
    announced = [p for p in stream(rule, context, datetime(2010, 1, 1, tzinfo=UTC)) if p.kind is Kind.DUE]
    dated = timing_state(rule, context)[0] == "ok"
    assert [p.nominal for p in announced] == [m.day for m in milestones(rule, context)]
    assert len(announced) == dated


@given(rules, contexts(), instants)
def test_a_light_is_shown_unless_nothing_is_dated(rule: Rule, context: Context, now: datetime) -> None:
    if light(rule, context, now) is None:
        assert timing_state(rule, context)[0] != "ok"


@given(cadences, contexts(), days)
def test_a_recurrence_says_the_same_from_any_day(cadence: Cadence, context: Context, start: date) -> None:
    found = NominalDays(cadence=cadence, origin=start, start=start, context=context)
    nominal = list(islice(found.after(start, date(2050, 12, 31)), 30))
    assert nominal == sorted(set(nominal))
    for earlier, later in pairwise(nominal):
        assert found.latest(later - timedelta(days=1)) == earlier
        assert next(found.after(earlier, later)) == later


@given(st.integers(1, 31), st.integers(2016, 2020))
def test_a_day_of_the_month_clamps_and_never_skips(number: int, year: int) -> None:
    context = Context(
        calendar=WorkCalendar.build(), policy=Policy(zone=BEIJING), issued=date(year, 1, 1), imported=FIRST
    )
    cadence = Cadence(Frequency.MONTHLY, (str(number),))
    found = NominalDays(cadence=cadence, origin=context.issued, start=date(year - 1, 12, 31), context=context)
    nominal = list(found.after(found.start, date(year, 12, 31)))
    assert [day.month for day in nominal] == list(range(1, 13))
    assert all(day.day == number or (day + timedelta(days=1)).day == 1 for day in nominal)

"""Streams to the day: the five phrases of the seed, and every kind of rule."""

from datetime import UTC, datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from notifier.timing.calendar import Roll, WorkCalendar
from notifier.timing.checkpoint import Checkpoint, Kind
from notifier.timing.period import Day, Event, Period, Span, Term, Year
from notifier.timing.policy import Lead
from notifier.timing.rule import (
    Before,
    Cadence,
    Due,
    Frequency,
    From,
    Last,
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
from tests.timing_builders import BEIJING, a_context, a_policy, at, day, first, month, told

MONTHLY_28 = Cadence(Frequency.MONTHLY, ("28",))
QUARTERLY = Cadence(Frequency.QUARTERLY)
QUARTERS = (
    "2017-12-29 2018-03-30 2018-06-29 2018-09-30 2018-12-29 2019-03-29 2019-06-28 2019-09-30 2019-12-31"
)


def due(text: str, label: str = "") -> Due:
    return Due(Last(Day(day(text))), label)


def on(checkpoints: list[Checkpoint], kind: Kind) -> list[str]:
    return [f"{point.at.astimezone(BEIJING):%Y-%m-%d}" for point in checkpoints if point.kind is kind]


def days(text: str) -> list[str]:
    return text.split()


# The seed: issued on 2017-10-01, everything as shipped.


def test_ongoing_reports_on_the_last_working_day_of_each_quarter() -> None:
    found = first(Ongoing(), a_context(), 18)
    assert on(found, Kind.REPORT) == days(QUARTERS)
    assert told(found[:2]) == ["2017-12-22 report-5wd@2017-12-31", "2017-12-29 report@2017-12-31"]


@pytest.mark.parametrize(
    ("rule", "leads", "deadline", "overdue"),
    [
        pytest.param(
            Due(Before(Term(2018, "autumn"))),
            "2018-08-01 2018-08-24 2018-08-30",
            "2018-08-31",
            "2018-09-03 2018-09-04 2018-09-05 2018-09-06 2018-09-07 2018-09-14 2018-09-21 2018-09-28"
            " 2018-10-08 2018-10-12 2018-10-19 2018-10-26 2018-11-02 2018-11-09 2018-11-16 2018-11-23",
            id="before the autumn term",
        ),
        pytest.param(
            Due(Before(month("2017-12")), "出台具体措施"),
            "2017-10-31 2017-11-23 2017-11-29",
            "2017-11-30",
            "2017-12-01 2017-12-04 2017-12-05 2017-12-06 2017-12-07 2017-12-14 2017-12-21 2017-12-28"
            " 2018-01-04 2018-01-11 2018-01-18 2018-01-25 2018-02-01 2018-02-08 2018-02-22",
            id="before December",
        ),
    ],
)
def test_a_deadline_of_the_seed_has_its_notices(rule: Due, leads: str, deadline: str, overdue: str) -> None:
    found = first(rule, a_context(), 99)
    assert on(found, Kind.LEAD) == days(leads)
    assert on(found, Kind.DUE) == [deadline]
    assert on(found, Kind.OVERDUE) == days(overdue)
    assert {point.label for point in found} == {rule.label}


def test_a_start_that_was_past_at_issue_is_announced_on_the_first_working_day_after() -> None:
    found = first(From(Year(2017)), a_context(), 16)
    assert told(found[:1]) == ["2017-10-09 start@2017-01-01"]
    assert on(found, Kind.REPORT)[:6] == days(QUARTERS)[:6]


def test_a_start_ahead_has_leads_and_reports_after_it() -> None:
    found = first(From(Term(2018, "spring")), a_context(), 8)
    assert told(found) == [
        "2018-02-02 start-30d@2018-03-05",
        "2018-02-26 start-7d@2018-03-05",
        "2018-03-02 start-1d@2018-03-05",
        "2018-03-05 start@2018-03-05",
        "2018-03-23 report-5wd@2018-03-31",
        "2018-03-30 report@2018-03-31",
        "2018-06-22 report-5wd@2018-06-30",
        "2018-06-29 report@2018-06-30",
    ]


def test_a_term_in_the_table_moves_every_date_that_hangs_on_it() -> None:
    context = a_context(terms={"2018-spring": day("2018-02-26")})
    assert told(first(From(Term(2018, "spring")), context, 4)) == [
        "2018-01-26 start-30d@2018-02-26",
        "2018-02-14 start-7d@2018-02-26",
        "2018-02-24 start-1d@2018-02-26",  # a make-up Saturday
        "2018-02-26 start@2018-02-26",
    ]


# Instants


def test_a_checkpoint_says_everything_about_itself() -> None:
    lead, *_ = first(Due(Before(month("2017-12")), "出台"), a_context(), 1)
    assert lead == Checkpoint(
        at=datetime(2017, 10, 31, 1, tzinfo=UTC),
        kind=Kind.LEAD,
        family=Kind.DUE,
        key="due-30d@2017-11-30",
        nominal=day("2017-11-30"),
        day=day("2017-11-30"),
        label="出台",
        provisional=False,
    )


def test_a_stream_is_strictly_after_and_a_window_includes_its_end() -> None:
    nine = at("2017-11-30", "09:00")
    rule, context = Due(Before(month("2017-12"))), a_context()
    assert next(stream(rule, context, nine)).kind is Kind.OVERDUE
    assert told(between(rule, context, at("2017-11-29", "09:00"), nine)) == ["2017-11-30 due@2017-11-30"]
    assert list(between(rule, context, nine, nine)) == []


@pytest.mark.parametrize("call", [stream, between], ids=["stream", "between"])
def test_a_naive_instant_is_refused_at_the_call(call: object) -> None:
    naive = datetime(2018, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        stream(Ongoing(), a_context(), naive) if call is stream else between(
            Ongoing(), a_context(), at("2018-01-01"), naive
        )


def test_notices_stay_at_wall_clock_time_over_a_clock_change() -> None:
    zone = ZoneInfo("America/New_York")
    context = a_context(
        policy=a_policy(zone=zone, notice_at=time(9)), calendar=WorkCalendar.build(country="US")
    )
    found = first(Report(Cadence(Frequency.WEEKLY)), context, 80)
    assert {point.at.astimezone(zone).time() for point in found} == {time(9)}
    assert {point.at.time() for point in found} == {time(13), time(14)}


def test_what_lies_beyond_the_last_notice_is_provisional() -> None:
    context = a_context()
    known = context.calendar.known_until
    found = list(between(Ongoing(), context, at(f"{known.year}-01-01"), at(f"{known.year + 1}-12-31")))
    assert [point.provisional for point in found] == [
        point.day > known or point.at.astimezone(BEIJING).date() > known for point in found
    ]
    assert {point.provisional for point in found} == {True, False}


def test_reports_end_with_the_calendar_but_a_deadline_named_beyond_it_stays() -> None:
    context = a_context(calendar=WorkCalendar.build(first=2015, last=2018))
    assert on(first(Ongoing(), context, 99), Kind.REPORT)[-1] == "2018-12-29"
    assert on(first(due("2019-06-28"), context, 99), Kind.DUE) == ["2019-06-28"]


# Deadlines


@pytest.mark.parametrize(
    ("roll", "expected"),
    [
        pytest.param(
            "prev",
            "2018-06-08 due@2018-06-10, 2018-06-11 overdue-1@2018-06-10, 2018-06-12 overdue-2@2018-06-10",
            id="prev",
        ),
        pytest.param(
            "next",
            "2018-06-08 due@2018-06-10, 2018-06-12 overdue-1@2018-06-10, 2018-06-13 overdue-2@2018-06-10",
            id="next",
        ),
        pytest.param(
            "none",
            "2018-06-08 due@2018-06-10, 2018-06-11 overdue-1@2018-06-10, 2018-06-12 overdue-2@2018-06-10",
            id="none",
        ),
    ],
)
def test_a_deadline_on_a_day_off_is_announced_before_and_overdue_after_the_rolled_day(
    roll: Roll, expected: str
) -> None:
    context = a_context(policy=a_policy(roll=roll, leads=()))
    found = first(due("2018-06-10"), context, 3)
    assert told(found) == expected.split(", ")
    assert {point.day for point in found} == {context.calendar.roll(day("2018-06-10"), roll)}


def test_leads_are_counted_from_the_rolled_day() -> None:
    leads = (Lead(amount=3),)
    keys = {
        roll: told(first(due("2018-06-10"), a_context(policy=a_policy(roll=roll, leads=leads)), 1))
        for roll in ("prev", "next", "none")
    }
    assert keys == {
        "prev": ["2018-06-05 due-3d@2018-06-10"],
        "next": ["2018-06-08 due@2018-06-10"],  # its lead would go that same day
        "none": ["2018-06-07 due-3d@2018-06-10"],
    }


def test_two_leads_on_one_day_merge_into_the_smaller() -> None:
    policy = a_policy(leads=tuple(map(Lead.parse, ("8d", "5d", "2wd", "1w"))))
    # All but one are counted into the National Day holiday and go back to its eve.
    found = first(due("2017-10-09"), a_context(policy=policy, issued=day("2017-09-01")), 3)
    assert told(found) == [
        "2017-09-29 due-2wd@2017-10-09",
        "2017-09-30 due-5d@2017-10-09",
        "2017-10-09 due@2017-10-09",
    ]


def test_of_a_week_and_five_working_days_on_one_day_one_is_kept() -> None:
    policy = a_policy(leads=(Lead.parse("8d"), Lead.parse("1w"), Lead.parse("5wd")))
    found = first(due("2018-06-15"), a_context(policy=policy), 2)
    assert [point.key for point in found] == ["due-8d@2018-06-15", "due-1w@2018-06-15"]


def test_leads_past_at_import_are_left_out() -> None:
    context = a_context(imported=at("2017-11-23", "09:00"))
    found = list(islice(stream(due("2017-11-30"), context, at("2017-10-01")), 2))
    assert told(found) == ["2017-11-29 due-1d@2017-11-30", "2017-11-30 due@2017-11-30"]


def test_a_deadline_whose_leads_are_all_past_gets_the_smallest_at_the_next_slot() -> None:
    policy = a_policy(leads=(Lead.parse("30d"), Lead.parse("7d")))
    context = a_context(policy=policy, imported=at("2018-06-07", "15:00"))
    assert told(first(due("2018-06-13"), context, 2)) == [
        "2018-06-08 due-7d@2018-06-13",
        "2018-06-13 due@2018-06-13",
    ]


def test_no_notice_is_made_up_for_the_due_day_itself_or_for_a_policy_without_leads() -> None:
    late = a_context(imported=at("2018-06-12", "15:00"))
    assert told(first(due("2018-06-13"), late, 1)) == ["2018-06-13 due@2018-06-13"]
    silent = a_context(policy=a_policy(leads=()), imported=at("2018-06-07"))
    assert told(first(due("2018-06-13"), silent, 1)) == ["2018-06-13 due@2018-06-13"]


def test_of_two_overdue_notices_on_one_day_the_later_number_stays() -> None:
    found = [point.key for point in first(Due(Before(month("2017-12"))), a_context(), 99)]
    # The 14th and 15th both meet the first working day after the Spring Festival.
    assert "overdue-15@2017-11-30" not in found
    assert found[-1] == "overdue-16@2017-11-30"


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        pytest.param(
            {"overdue_every_days": 0}, "2018-06-14 2018-06-15 2018-06-19 2018-06-20 2018-06-21", id="daily"
        ),
        pytest.param({"overdue_until_days": 2}, "2018-06-14 2018-06-15", id="two days"),
        pytest.param({"overdue_until_days": 0}, "", id="none"),
        pytest.param(
            {"overdue_working_days": 0, "overdue_until_days": 21},
            "2018-06-20 2018-06-27 2018-07-04",
            id="weekly",
        ),
    ],
)
def test_overdue_notices_follow_the_policy(over: dict[str, int], expected: str) -> None:
    found = first(due("2018-06-13"), a_context(policy=a_policy(**over)), 99)
    assert on(found, Kind.OVERDUE) == days(expected)


def test_a_deadline_counts_from_an_event_once_it_is_dated() -> None:
    rule = Due(Within(30, Unit.WORKING_DAY, Event("acceptance")))
    assert first(rule, a_context(), 1) == []
    context = a_context(events={"acceptance": day("2018-01-29")})
    assert on(first(rule, context, 9), Kind.DUE) == ["2018-03-15"]


# Starts and windows


def test_a_start_rolls_to_the_next_working_day_and_keeps_its_nominal_key() -> None:
    found = first(From(Day(day("2018-06-16"))), a_context(policy=a_policy(leads=())), 1)
    assert told(found) == ["2018-06-19 start@2018-06-16"]
    assert found[0].day == day("2018-06-19")


def test_a_start_past_at_import_is_left_out() -> None:
    context = a_context(imported=at("2017-10-09", "09:00"))
    assert next(stream(From(Year(2017)), context, at("2017-10-01"))).kind is Kind.LEAD


def test_a_window_is_a_start_reports_in_it_and_a_deadline() -> None:
    found = first(Window(Span(month("2018-03"), month("2018-08")), "整改"), a_context(), 99)
    assert [point for point in told(found) if "overdue" not in point] == [
        "2018-01-30 start-30d@2018-03-01",
        "2018-02-22 start-7d@2018-03-01",
        "2018-02-28 start-1d@2018-03-01",
        "2018-03-01 start@2018-03-01",
        "2018-03-23 report-5wd@2018-03-31",
        "2018-03-30 report@2018-03-31",
        "2018-06-22 report-5wd@2018-06-30",
        "2018-06-29 report@2018-06-30",
        "2018-08-01 due-30d@2018-08-31",
        "2018-08-24 due-7d@2018-08-31",
        "2018-08-30 due-1d@2018-08-31",
        "2018-08-31 due@2018-08-31",
    ]
    assert {point.label for point in found if point.family is not Kind.REPORT} == {"整改"}


def test_no_lead_of_a_report_goes_before_the_start_is_announced() -> None:
    found = first(From(Day(day("2018-06-26"))), a_context(policy=a_policy(leads=())), 2)
    assert told(found) == ["2018-06-26 start@2018-06-26", "2018-06-29 report@2018-06-30"]


# Recurrences


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Report(MONTHLY_28), "2017-10-27 2017-11-28 2017-12-28"),
        (Report(MONTHLY_28, Year(2018)), "2018-01-26 2018-02-28 2018-03-28"),
        (Report(MONTHLY_28, Year(2016)), "2017-10-27 2017-11-28 2017-12-28"),
        (Report(MONTHLY_28, None, month("2017-11")), "2017-10-27 2017-11-28"),
        (Report(Cadence(Frequency.WEEKLY, ("fri",)), month("2018-02")), "2018-02-02 2018-02-09 2018-02-14"),
        (Report(Cadence(Frequency.TERMLY, ("+6d",))), "2018-03-09 2018-09-07 2019-02-27"),
        (Report(Cadence(Frequency.YEARLY, ("03-last", "09-last"))), "2018-03-30 2018-09-30 2019-03-29"),
        (Report(Cadence(Frequency.DAILY, (), 10)), "2017-10-11 2017-10-20 2017-10-31"),
        (
            Report(Cadence(Frequency.DAILY, (), 10), Day(day("2017-10-20"))),
            "2017-10-30 2017-11-09 2017-11-17",
        ),
        (Ongoing(month("2018-05")), "2017-12-29 2018-03-30"),
    ],
    ids=str,
)
def test_reports_come_round(rule: Rule, expected: str) -> None:
    assert on(first(rule, a_context(), 9), Kind.REPORT)[:3] == days(expected)


def test_the_plans_end_stops_what_recurs_and_nothing_else() -> None:
    context = a_context(until=day("2018-03-31"))
    assert on(first(Ongoing(), context, 99), Kind.REPORT) == ["2017-12-29", "2018-03-30"]
    assert on(first(due("2018-06-13"), context, 99), Kind.DUE) == ["2018-06-13"]


def test_the_policy_says_how_often_an_ongoing_task_reports() -> None:
    context = a_context(policy=a_policy(ongoing="monthly", report_leads=()))
    assert told(first(Ongoing(), context, 2)) == [
        "2017-10-31 report@2017-10-31",
        "2017-11-30 report@2017-11-30",
    ]


def test_a_recurring_deadline_has_leads_and_overdue_notices_between_its_neighbours() -> None:
    found = list(between(RecurringDue(MONTHLY_28), a_context(), at("2017-11-10"), at("2017-12-05")))
    assert told(found) == [
        "2017-11-10 overdue-6@2017-10-28",
        "2017-11-17 overdue-7@2017-10-28",
        "2017-11-21 due-7d@2017-11-28",  # thirty days before, the one of October was due
        "2017-11-24 overdue-8@2017-10-28",
        "2017-11-27 due-1d@2017-11-28",
        "2017-11-28 due@2017-11-28",
        "2017-11-29 overdue-1@2017-11-28",
        "2017-11-30 overdue-2@2017-11-28",
        "2017-12-01 overdue-3@2017-11-28",
        "2017-12-04 overdue-4@2017-11-28",
    ]
    assert {point.family for point in found} == {Kind.DUE}


def test_the_last_occurrence_keeps_its_overdue_notices() -> None:
    found = first(RecurringDue(MONTHLY_28, None, month("2017-10")), a_context(), 99)
    assert found[-1].key == "overdue-16@2017-10-28"


def test_reports_are_overdue_only_where_the_policy_says_so() -> None:
    context = a_context(policy=a_policy(report_overdue=True))
    found = first(Ongoing(), context, 99)
    assert told(found[1:4]) == [
        "2017-12-29 report@2017-12-31",
        "2018-01-02 overdue-1@2017-12-31",
        "2018-01-03 overdue-2@2017-12-31",
    ]
    assert {point.family for point in found} == {Kind.REPORT}
    assert on(first(Ongoing(), a_context(), 99), Kind.OVERDUE) == []


def test_daily_reports_that_fall_on_one_working_day_are_one() -> None:
    context = a_context(imported=at("2017-10-12"))
    found = first(Report(Cadence(Frequency.DAILY)), context, 4)
    assert told(found) == [
        "2017-10-12 report@2017-10-12",
        "2017-10-13 report@2017-10-13",  # for Saturday and Sunday as well
        "2017-10-16 report@2017-10-16",
        "2017-10-17 report@2017-10-17",
    ]


# Several, in turn, none


def test_milestones_on_one_day_are_told_once_with_both_labels() -> None:
    rule = Several((due("2018-06-13", "动工"), due("2018-06-13", "出台"), due("2018-06-29", "验收")))
    found = first(rule, a_context(), 99)
    assert [(point.nominal.day, point.label) for point in found if point.kind is Kind.DUE] == [
        (13, "动工、出台"),
        (29, "验收"),
    ]
    assert len({point.key for point in found}) == len(found)


def test_the_overdue_notice_of_a_deadline_wins_over_that_of_a_report() -> None:
    context = a_context(policy=a_policy(report_overdue=True))
    rule = Several((Report(QUARTERLY, None, Year(2017)), due("2017-12-31")))
    assert {point.family for point in first(rule, context, 99) if point.kind is Kind.OVERDUE} == {Kind.DUE}


@pytest.mark.parametrize(
    ("completed", "expected"),
    [
        pytest.param(None, "2018-03-30 2018-06-29", id="from the due day"),
        pytest.param("2017-11-15", "2017-12-29 2018-03-30", id="completed early"),
        pytest.param("2018-05-02", "2018-06-29 2018-09-30", id="completed late"),
    ],
)
def test_what_follows_runs_from_completion_or_else_from_the_due_day(
    completed: str | None, expected: str
) -> None:
    rule = Then(due("2018-01-31"), Ongoing())
    context = a_context(completed=day(completed) if completed else None)
    assert on(first(rule, context, 99), Kind.REPORT)[:2] == days(expected)


def test_what_is_completed_has_no_notices_any_more() -> None:
    rule = Then(due("2018-01-31"), Ongoing())
    context = a_context(completed=day("2018-01-24"))
    assert told(first(rule, context, 4)) == [
        "2017-12-29 due-30d@2018-01-31",
        "2018-01-24 due-7d@2018-01-31",
        "2018-03-23 report-5wd@2018-03-31",
        "2018-03-30 report@2018-03-31",
    ]


def test_what_is_completed_starts_the_next_and_not_the_one_after_it() -> None:
    rule = Then(due("2018-01-31"), Then(due("2018-06-13"), Ongoing()))
    found = first(rule, a_context(completed=day("2018-01-24")), 99)
    assert on(found, Kind.DUE) == ["2018-06-13"]
    assert on(found, Kind.REPORT)[0] == "2018-06-29"


def test_an_interval_after_a_deadline_is_counted_from_its_end() -> None:
    rule = Then(due("2018-01-31"), Report(Cadence(Frequency.DAILY, (), 10)))
    assert on(first(rule, a_context(), 99), Kind.REPORT)[:2] == ["2018-02-09", "2018-02-14"]


def test_what_follows_a_waiting_deadline_waits_with_it() -> None:
    rule = Then(Due(Within(3, Unit.MONTH, Event("acceptance"))), Ongoing())
    assert first(rule, a_context(), 1) == []
    assert on(first(rule, a_context(completed=day("2018-05-02")), 9), Kind.REPORT)[0] == "2018-06-29"


@pytest.mark.parametrize(
    "rule",
    [
        Review("尽快落实"),
        Due(Last(Event("acceptance"))),
        From(Event("acceptance")),
        Window(Span(Event("acceptance"), Year(2020))),
        Report(QUARTERLY, Event("acceptance")),
        Ongoing(Event("acceptance")),
        Several((Review("尽快"), Due(Last(Event("acceptance"))))),
    ],
    ids=str,
)
def test_what_is_under_review_or_waits_has_no_checkpoints(rule: Rule) -> None:
    assert first(rule, a_context(), 1) == []


@pytest.mark.parametrize("period", [Year(2018), Span(Term(2018, "spring"), Term(2018, "autumn"))], ids=str)
def test_a_part_that_waits_leaves_the_others_alone(period: Period) -> None:
    whole = Several((Window(period), Due(Last(Event("acceptance")))))
    assert first(whole, a_context(), 20) == first(Window(period), a_context(), 20)

"""A rule at a glance: state, milestones, recurrence, light."""

from datetime import datetime

import pytest

from notifier.timing.checkpoint import Kind
from notifier.timing.context import Context
from notifier.timing.outline import (
    Light,
    Milestone,
    Recurrence,
    events_named,
    is_ongoing,
    light,
    milestones,
    recurrence,
    timing_state,
    until_day,
)
from notifier.timing.period import Day, Event, Span, Term, Year
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
from tests.timing_builders import a_context, a_policy, at, day, month

MONTHLY_28 = Cadence(Frequency.MONTHLY, ("28",))
ACCEPTED = Event("acceptance")
JUNE = Due(Last(month("2018-06")))
LATER = Due(Within(30, Unit.DAY, ACCEPTED))


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        (JUNE, set()),
        (LATER, {"acceptance"}),
        (Due(Before(ACCEPTED)), {"acceptance"}),
        (Due(Last(ACCEPTED)), {"acceptance"}),
        (Ongoing(ACCEPTED), {"acceptance"}),
        (Ongoing(), set()),
        (Report(MONTHLY_28, ACCEPTED, Event("closing")), {"acceptance", "closing"}),
        (From(ACCEPTED), {"acceptance"}),
        (Window(Span(Event("issued"), Year(2020))), {"issued"}),
        (Then(LATER, Several((From(Event("opening")), JUNE))), {"acceptance", "opening"}),
        (Review("event:acceptance"), set()),
    ],
    ids=lambda value: " ".join(sorted(value)) or "none" if isinstance(value, set) else str(value),
)
def test_the_events_that_a_rule_counts_from_are_named(rule: Rule, names: set[str]) -> None:
    assert events_named(rule) == names


@pytest.mark.parametrize(
    ("rule", "state", "why"),
    [
        (JUNE, "ok", None),
        (Due(Within(3, Unit.DAY, Event("issued"))), "ok", None),
        (LATER, "waiting", "no date yet for event:acceptance"),
        (Several((JUNE, LATER)), "waiting", "no date yet for event:acceptance"),
        (Review("尽快", "no date in it"), "review", "no date in it"),
        (Review("尽快"), "review", "not understood: 尽快"),
        (Several((LATER, Review("尽快", "no date in it"))), "review", "no date in it"),
    ],
    ids=str,
)
def test_a_rule_has_a_state_with_its_reason(rule: Rule, state: str, why: str | None) -> None:
    assert timing_state(rule, a_context()) == (state, why)


def test_a_rule_waits_no_longer_than_for_its_date() -> None:
    assert timing_state(LATER, a_context(events={"acceptance": day("2018-05-02")})) == ("ok", None)


def milestone(kind: Kind, nominal: str, rolled: str, label: str = "") -> Milestone:
    assert kind is Kind.START or kind is Kind.DUE
    return Milestone(kind=kind, day=day(nominal), rolled=day(rolled), label=label)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (JUNE, [milestone(Kind.DUE, "2018-06-30", "2018-06-29")]),
        (From(Year(2017)), [milestone(Kind.START, "2017-01-01", "2017-01-03")]),
        (From(Term(2018, "spring")), [milestone(Kind.START, "2018-03-05", "2018-03-05")]),
        (
            Window(Span(month("2018-04"), month("2018-06")), "整改"),
            [
                milestone(Kind.START, "2018-04-01", "2018-04-02", "整改"),
                milestone(Kind.DUE, "2018-06-30", "2018-06-29", "整改"),
            ],
        ),
        (Window(Span(month("2018-04"), ACCEPTED)), []),
        (
            Several(
                (Due(Last(month("2018-06")), "动工"), Due(Last(month("2018-05"))), Due(JUNE.day, "出台"))
            ),
            [
                milestone(Kind.DUE, "2018-05-31", "2018-05-31"),
                milestone(Kind.DUE, "2018-06-30", "2018-06-29", "动工、出台"),
            ],
        ),
        (Then(JUNE, Ongoing()), [milestone(Kind.DUE, "2018-06-30", "2018-06-29")]),
        (Ongoing(), []),
        (RecurringDue(MONTHLY_28), []),
        (LATER, []),
        (Review("尽快"), []),
    ],
    ids=lambda value: str(value) if isinstance(value, Rule) else "",
)
def test_starts_and_deadlines_are_the_milestones(rule: Rule, expected: list[Milestone]) -> None:
    assert milestones(rule, a_context()) == tuple(expected)


@pytest.mark.parametrize(
    ("rule", "role", "written", "following"),
    [
        (Report(MONTHLY_28), "report", "report monthly 28", "2017-10-28 2017-11-28 2017-12-28"),
        (RecurringDue(MONTHLY_28), "due", "due monthly 28", "2017-10-28 2017-11-28 2017-12-28"),
        (
            Report(MONTHLY_28, Year(2020)),
            "report",
            "report monthly 28 since 2020",
            "2020-01-28 2020-02-28 2020-03-28",
        ),
        (
            Report(MONTHLY_28, None, month("2017-11")),
            "report",
            "report monthly 28 until 2017-11",
            "2017-10-28 2017-11-28",
        ),
        (
            Several((JUNE, Report(MONTHLY_28))),
            "report",
            "report monthly 28",
            "2017-10-28 2017-11-28 2017-12-28",
        ),
        (
            Then(JUNE, Report(MONTHLY_28)),
            "report",
            "report monthly 28",
            "2018-07-28 2018-08-28 2018-09-28",
        ),
    ],
)
def test_a_named_cadence_is_a_recurrence(rule: Rule, role: str, written: str, following: str) -> None:
    found = recurrence(rule, a_context())
    assert found is not None
    assert role in ("report", "due")
    assert (found.rule, found.role) == (written, role)
    assert found.next == tuple(map(day, following.split()))


@pytest.mark.parametrize(
    "rule", [Ongoing(), From(Year(2018)), Window(Year(2018)), JUNE, Report(MONTHLY_28, ACCEPTED)], ids=str
)
def test_the_policys_cadence_and_a_waiting_one_are_no_recurrence(rule: Rule) -> None:
    found: Recurrence | None = recurrence(rule, a_context())
    assert found is None


@pytest.mark.parametrize(
    ("rule", "ongoing"),
    [
        (Ongoing(), True),
        (From(Year(2018)), True),
        (Then(JUNE, Ongoing()), True),
        (JUNE, False),
        (Report(MONTHLY_28), False),
        (Window(Year(2018)), False),
    ],
    ids=str,
)
def test_a_rule_is_ongoing_where_it_says_so(rule: Rule, ongoing: bool) -> None:
    assert is_ongoing(rule) is ongoing


@pytest.mark.parametrize(
    ("rule", "until"),
    [
        (Ongoing(Year(2020)), "2020-12-31"),
        (Report(MONTHLY_28, None, month("2018-06")), "2018-06-30"),
        (Then(JUNE, Ongoing(Year(2019))), "2019-12-31"),
        (Several((Ongoing(Year(2019)), Ongoing(Year(2020)))), "2020-12-31"),
        (Ongoing(), None),
        (JUNE, None),
        (Ongoing(ACCEPTED), None),
    ],
    ids=lambda value: str(value) if isinstance(value, Rule) else "",
)
def test_the_end_of_a_periodic_part_is_a_day(rule: Rule, until: str | None) -> None:
    assert until_day(rule, a_context()) == (day(until) if until else None)


@pytest.mark.parametrize(
    ("rule", "now", "colour"),
    [
        pytest.param(JUNE, at("2018-05-30", "08:59"), "green", id="before the longest lead"),
        pytest.param(JUNE, at("2018-05-30", "09:00"), "yellow", id="with it"),
        pytest.param(JUNE, at("2018-06-29", "17:30"), "yellow", id="until the rolled day closes"),
        pytest.param(JUNE, at("2018-06-29", "17:31"), "red", id="after it closed"),
        pytest.param(JUNE, at("2020-01-01"), "red", id="for good"),
        pytest.param(Ongoing(), at("2017-12-22", "08:59"), "green", id="before a report's lead"),
        pytest.param(Ongoing(), at("2017-12-22", "09:00"), "yellow", id="with it, until the report"),
        pytest.param(Ongoing(), at("2017-12-29", "17:31"), "green", id="after the report"),
        pytest.param(RecurringDue(MONTHLY_28), at("2017-10-27", "17:30"), "yellow", id="recurring"),
        pytest.param(RecurringDue(MONTHLY_28), at("2017-10-27", "17:31"), "red", id="recurring, closed"),
        pytest.param(
            RecurringDue(MONTHLY_28), at("2017-11-24", "09:00"), "red", id="while overdue notices run"
        ),
        pytest.param(RecurringDue(MONTHLY_28), at("2017-11-24", "09:01"), "yellow", id="the next one near"),
        pytest.param(
            RecurringDue(Cadence(Frequency.YEARLY)), at("2018-06-01"), "green", id="recurring, long after"
        ),
        pytest.param(
            RecurringDue(MONTHLY_28, None, month("2017-10")), at("2018-06-01"), "green", id="came to its end"
        ),
        pytest.param(
            RecurringDue(MONTHLY_28, None, month("2017-10")), at("2017-12-01"), "red", id="overdue at its end"
        ),
        pytest.param(Window(month("2018-06")), at("2018-03-01"), "green", id="window ahead"),
        pytest.param(Window(month("2018-06")), at("2018-06-05"), "yellow", id="window open"),
        pytest.param(Window(month("2018-06")), at("2018-07-05"), "red", id="window shut"),
        pytest.param(From(Year(2019)), at("2018-12-31"), "green", id="start ahead"),
        pytest.param(Several((Ongoing(), JUNE)), at("2018-07-02"), "red", id="the worst of several"),
        pytest.param(Several((JUNE, LATER)), at("2018-07-02"), "red", id="beside what waits"),
        pytest.param(Then(JUNE, Ongoing()), at("2018-07-02"), "red", id="the first of two in turn"),
        pytest.param(LATER, at("2018-07-02"), None, id="waiting"),
        pytest.param(Review("尽快"), at("2018-07-02"), None, id="review"),
    ],
)
def test_the_light_shows_how_things_stand(rule: Rule, now: datetime, colour: Light | None) -> None:
    assert light(rule, a_context(), now) == colour


@pytest.mark.parametrize(
    ("context", "now", "colour"),
    [
        pytest.param(a_context(completed=day("2018-06-20")), at("2018-07-02"), "green", id="first completed"),
        pytest.param(
            a_context(completed=day("2018-06-20")), at("2018-09-26"), "yellow", id="second's report"
        ),
    ],
)
def test_the_light_of_what_is_completed_is_out(context: Context, now: datetime, colour: Light) -> None:
    assert light(Then(JUNE, Ongoing()), context, now) == colour


@pytest.mark.parametrize(
    ("over", "now", "colour"),
    [
        pytest.param({"roll": "next"}, at("2018-06-29", "17:31"), "yellow", id="rolled next, still open"),
        pytest.param({"roll": "next"}, at("2018-07-02", "17:31"), "red", id="rolled next, closed"),
        pytest.param({"roll": "none"}, at("2018-06-30", "17:31"), "red", id="not rolled"),
        pytest.param({"leads": ()}, at("2018-06-29", "08:59"), "green", id="no leads, before its notice"),
        pytest.param({"leads": ()}, at("2018-06-29", "09:00"), "yellow", id="no leads, with its notice"),
        pytest.param({"leads": (Lead(amount=3),)}, at("2018-06-25"), "green", id="short leads"),
    ],
)
@pytest.mark.parametrize("rule", [JUNE, RecurringDue(Cadence(Frequency.HALF_YEARLY))], ids=["once", "again"])
def test_the_light_follows_the_policy(
    rule: Rule, over: dict[str, object], now: datetime, colour: Light
) -> None:
    context = a_context(policy=a_policy(**over), issued=day("2018-02-01"))
    assert light(rule, context, now) == colour


def test_a_day_named_beyond_the_calendar_has_a_light_too() -> None:
    assert light(Due(Last(Day(day("2060-01-01")))), a_context(), at("2059-12-30")) == "yellow"

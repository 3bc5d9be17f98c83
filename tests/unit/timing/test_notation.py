"""The notation that ops write by hand: its forms, its canonical text, its complaints."""

from collections.abc import Callable
from datetime import date

import pytest

from notifier.errors import NotationError
from notifier.timing.notation import parse
from notifier.timing.period import Day, Event, Month, Period, Span, Term, Third, Year
from notifier.timing.rule import (
    Before,
    Cadence,
    DayRef,
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

FORMS: dict[str, Rule] = {
    "due 2018": Due(Last(Year(2018))),
    "due 2018-06-30": Due(Last(Day(date(2018, 6, 30)))),
    "due 2018-03-T2": Due(Last(Third(2018, 3, 2))),
    'due before 2017-12 "出台具体措施"': Due(Before(Month(2017, 12)), "出台具体措施"),
    "due before term:2018-autumn": Due(Before(Term(2018, "autumn"))),
    "due within 30wd of event:issued": Due(Within(30, Unit.WORKING_DAY, Event("issued"))),
    "due within 3m of event:验收": Due(Within(3, Unit.MONTH, Event("验收"))),
    "from 2017": From(Year(2017)),
    "window 2018..2020": Window(Span(Year(2018), Year(2020))),
    'window event:issued..2018-06 "试点"': Window(Span(Event("issued"), Month(2018, 6)), "试点"),
    "ongoing": Ongoing(),
    "ongoing until 2020": Ongoing(Year(2020)),
    "report monthly 28": Report(Cadence(Frequency.MONTHLY, ("28",))),
    "report quarterly": Report(Cadence(Frequency.QUARTERLY)),
    "report quarterly 03-20": Report(Cadence(Frequency.QUARTERLY, ("03-20",))),
    "report half-yearly": Report(Cadence(Frequency.HALF_YEARLY)),
    "report yearly 03-last,09-last since 2018 until 2020": Report(
        Cadence(Frequency.YEARLY, ("03-last", "09-last")), Year(2018), Year(2020)
    ),
    "report weekly fri": Report(Cadence(Frequency.WEEKLY, ("fri",))),
    "report every 10d": Report(Cadence(Frequency.DAILY, (), 10)),
    "report every 2w mon": Report(Cadence(Frequency.WEEKLY, ("mon",), 2)),
    "report every 2m": Report(Cadence(Frequency.MONTHLY, (), 2)),
    "report every 2y": Report(Cadence(Frequency.YEARLY, (), 2)),
    "report termly +6d": Report(Cadence(Frequency.TERMLY, ("+6d",))),
    "due monthly 28": RecurringDue(Cadence(Frequency.MONTHLY, ("28",))),
    "due 2018 then ongoing": Then(Due(Last(Year(2018))), Ongoing()),
    "due 2018; from 2019": Several((Due(Last(Year(2018))), From(Year(2019)))),
    "(due 2018; from 2019) then ongoing": Then(Several((Due(Last(Year(2018))), From(Year(2019)))), Ongoing()),
    'review "原文"': Review("原文"),
    r'due 2018 "\"一\"\\二\n"': Due(Last(Year(2018)), '"一"\\二\n'),
}


@pytest.mark.parametrize(("text", "rule"), FORMS.items(), ids=FORMS)
def test_each_form_reads_to_its_rule_and_prints_the_same_text(text: str, rule: Rule) -> None:
    assert parse(text) == rule
    assert str(rule) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("  due   2018 ;from 2019", "due 2018; from 2019"),
        ("report monthly 05", "report monthly 5"),
        ("report daily", "report every 1d"),
        ("report every 1m 28", "report monthly 28"),
        ("due 2018; (from 2019; ongoing)", "due 2018; from 2019; ongoing"),
        ("((due 2018))", "due 2018"),
    ],
)
def test_other_spellings_print_the_canonical_text(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("", 1, "the line ends"),
        ("due", 4, "the line ends"),
        ("dew 2018", 1, "'dew' is not expected"),
        ("due 2018-02-30", 5, "day is out of range"),
        ("due 2018-13", 5, "a month is 1 to 12"),
        ("due 2018-Q5", 5, "a quarter is 1 to 4"),
        ("due 18-06", 5, "is no period"),
        ("due term:2018-winter", 5, "a term is one of autumn, spring"),
        ("due fest:2018-xmas", 5, "a festival is one of"),
        ("window 2020..2018", 8, "runs backwards"),
        ("due within 0d of event:issued", 12, "1 to 999"),
        ("due within 3x of event:issued", 12, "3x"),
        ("report monthly 32", 16, "no day of a monthly recurrence"),
        ("report yearly 02-30", 15, "no day of a yearly recurrence"),
        ("report quarterly 04-01", 18, "no day of a quarterly recurrence"),
        ("report weekly mon,xx", 15, "xx is no day"),
        ("report every 3q", 14, "no interval"),
        ("due 2018 2019", 10, "not expected"),
        ('due 2018 "动工', 10, "not expected"),
        (r'due 2018 "a\q"', 12, "an escape"),
        ("review 原文", 8, "a text in double quotes"),
        ("due 2018 then", 14, "the line ends"),
        ("(due 2018", 10, "the line ends"),
    ],
)
def test_a_fault_is_told_with_its_column_and_reason(text: str, column: int, reason: str) -> None:
    with pytest.raises(NotationError, match=f"^column {column}: .*{reason}"):
        parse(text)


def test_the_reason_of_a_review_is_no_part_of_its_text() -> None:
    assert parse(str(Review("原文", "no date"))) == Review("原文", "another reason")


UNWRITABLE: dict[str, Callable[[], Rule | Period | Cadence | DayRef]] = {
    "a list of one": lambda: Several((Ongoing(),)),
    "a list in a list": lambda: Several((Ongoing(), Several((Ongoing(), Ongoing())))),
    "an interval of quarters": lambda: Cadence(Frequency.QUARTERLY, (), 2),
    "a weekday of a day": lambda: Cadence(Frequency.DAILY, ("mon",)),
    "an interval of nothing": lambda: Cadence(Frequency.DAILY, (), 0),
    "an amount of nothing": lambda: Within(0, Unit.DAY, Year(2018)),
    "a span in a span": lambda: Span(Span(Year(2018), Year(2019)), Year(2020)),
    "an event of two words": lambda: Event("two words"),
    "a year before any plan": lambda: Year(1066),
}


@pytest.mark.parametrize("build", UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_cannot_be_written_cannot_be_built(
    build: Callable[[], Rule | Period | Cadence | DayRef],
) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        build()

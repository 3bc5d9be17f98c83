"""A new kind of rule, day or period must be known wherever one is taken apart: no place may pass it by in silence."""

from typing import get_args

import pytest

from notifier.report.rules import rule_words
from notifier.timing.explain import _kinds
from notifier.timing.notation import parse
from notifier.timing.outline import events_named, is_ongoing, milestones, recurrence
from notifier.timing.period import Period
from notifier.timing.rule import Cadence, DayRef, Due, Frequency, From, Review, Rule
from tests.timing_builders import a_context, first

QUARTERLY = Cadence(Frequency.QUARTERLY)
RULES = (
    "due 2018-06",
    "from 2018",
    "window 2018-03..2018-06",
    "ongoing",
    "report monthly",
    "due quarterly",
    "due 2018-06 then ongoing",
    "due 2018-06; report yearly",
    'review "择机推进"',
)
DAYS = ("2018-06", "before 2018-06", "within 30wd of 2018-06", "3d before 2018-06", "lastwd of 2018-06")
PERIODS = (
    "2018",
    "2018-H1",
    "2018-Q2",
    "2018-06",
    "2018-06-T2",
    "2018-06-29",
    "plan:14",
    "term:2018-autumn",
    "break:2018-summer",
    "fest:2018-chunjie",
    "event:issued",
    "2018-03..2018-06",
)
EXAMPLES = dict.fromkeys((*RULES, *(f"due {day}" for day in DAYS), *(f"due {period}" for period in PERIODS)))


def kinds(*values: object) -> set[str]:
    """Return the names of the classes of values."""
    return {type(value).__name__ for value in values}


def test_the_examples_are_of_every_kind() -> None:
    assert kinds(*map(parse, RULES)) == {kind.__name__ for kind in Rule.__subclasses__()}
    days = [parse(f"due {day}") for day in DAYS]
    assert kinds(*(rule.day for rule in days if isinstance(rule, Due))) == {
        kind.__name__ for kind in get_args(DayRef)
    }
    periods = [parse(f"from {period}") for period in PERIODS]
    assert kinds(*(rule.period for rule in periods if isinstance(rule, From))) == {
        kind.__name__ for kind in Period.__subclasses__()
    }


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_kind_has_its_days_its_words_and_its_outline(text: str) -> None:
    rule, context = parse(text), a_context()
    assert str(rule) == text
    assert rule_words(rule, QUARTERLY)
    if isinstance(rule, Review):
        return
    assert first(rule, context, 1)
    assert milestones(rule, context) or recurrence(rule, context) or is_ongoing(rule)
    assert _kinds(rule)


@pytest.mark.parametrize(
    "text",
    [
        *(f"due {day}".replace("2018-06", "event:验收") for day in DAYS),
        "from event:验收",
        "window event:验收",
        "window 2018-06..event:验收",
        "ongoing until event:验收",
        "report monthly since event:验收",
        "report monthly until event:验收",
        "due monthly since event:验收",
        "due monthly until event:验收",
        "ongoing; from event:验收",
        "due 2018 then due within 3m of event:验收",
    ],
)
def test_an_event_is_found_wherever_a_rule_may_count_from_one(text: str) -> None:
    assert events_named(parse(text)) == {"验收"}

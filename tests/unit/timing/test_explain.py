"""Explaining: every understood phrase shows why, whatever conventions it needed."""

import json
from datetime import date
from pathlib import Path

import pytest

from notifier.timing.calendar import WorkCalendar
from notifier.timing.explain import explain
from notifier.timing.phrase import read
from tests.timing_builders import a_context

ISSUED = date(2018, 1, 15)
CASES = Path(__file__).parents[2] / "cases"
KINDS = {
    "2018年底前": "due 2018: a deadline on the last day of 2018",
    "2018年6月前": "due before 2018-06: a deadline on the day before 2018-06 begins",
    "30日内": "due within 30d of event:issued: a deadline 30d after event:issued, whose own day isn't counted",
    "2018年6月": "window 2018-06: a start on the first day of 2018-06, reports in it, a deadline on its last day",
    "2018年起": "from 2018: a start on the first day of 2018, then reports at the policy's cadence",
    "长期坚持": "ongoing: no end of its own: reports at the policy's cadence",
    "每月报送": "report monthly: a report each time: monthly",
    "每月5日前": "due monthly 5: a deadline each time: monthly 5",
    "2018年底前完成，并长期坚持": "then, from completion or failing that from the due day:",
}


@pytest.mark.parametrize(("phrase", "line"), KINDS.items(), ids=KINDS)
def test_the_kind_of_each_part_is_told(phrase: str, line: str) -> None:
    reading = read(phrase, ISSUED, calendar=WorkCalendar.build())
    assert line in explain(reading, a_context(issued=ISSUED))["notes"]


@pytest.mark.parametrize("name", ["timing", "timing_own", "timing_fresh", "timing_blind"])
def test_every_case_shows_why(name: str) -> None:
    for line in (CASES / f"{name}.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        issued = date.fromisoformat(case["issued"])
        reading = read(case["phrase"], issued, calendar=WorkCalendar.build())
        told = explain(reading, a_context(issued=issued))
        assert told["why"] if told["state"] == "review" else told["notes"]

"""The daemon and a clock that is set by days while it runs, or is behind its ledger when it starts."""

import pytest

from tests.acceptance.machine import Machine, wait_until
from tests.acceptance.test_daemon import EVERYBODY, JUST_BEFORE, live_office, sent

pytestmark = pytest.mark.slow  # each starts processes of its own


def test_a_clock_set_a_year_ahead_plans_and_sends_nothing_and_what_is_due_goes_once_it_is_back(
    machine: Machine,
) -> None:
    machine.post.open()
    live_office(machine)
    machine.clock.set(JUST_BEFORE)
    service = machine.launch(WATCHDOG_USEC="600000")
    machine.wait_for_passes(service)
    machine.clock.set("2019-06-28T10:00", speed=1)
    said: dict[str, str] = {}
    while "the clock leapt ahead to 2019-06-28" not in said.get("STATUS", ""):
        _, said = service.wait("WATCHDOG=1")
    wait_until(
        lambda: "leapt ahead" in (machine.status()["daemons"][0]["fault"] or ""), "the fault in status"
    )
    assert machine.rows("SELECT 1 FROM reminders") == []
    assert not machine.post.got
    machine.clock.set(JUST_BEFORE, speed=1)
    machine.post.wait(4)
    wait_until(lambda: machine.status()["daemons"][0]["fault"] is None, "the end of the doubt")
    assert service.stop() == 0
    assert sent(machine) == EVERYBODY


@pytest.mark.long
def test_a_clock_behind_the_ledger_is_told_of_and_breaks_nothing(machine: Machine) -> None:
    machine.post.open()
    live_office(machine)
    machine.clock.set("2018-06-29T12:00", speed=1)
    first = machine.launch()
    machine.wait_for_passes(first)
    assert first.stop() == 0
    machine.clock.set("2018-06-29T08:30")
    second = machine.launch(WATCHDOG_USEC="600000")
    told = "the clock shows 2018-06-29 00:30Z, but a daemon ran at 2018-06-29 04:00Z"
    said = "SELECT fault FROM daemons WHERE pid = ?"
    wait_until(lambda: machine.rows(said, second.pid) == [(told,)], "the word of the clock")
    machine.clock.set(JUST_BEFORE, speed=1)
    machine.post.wait(4)
    assert second.stop() == 0
    assert told in second.log.read_text("utf-8")
    assert sent(machine) == EVERYBODY

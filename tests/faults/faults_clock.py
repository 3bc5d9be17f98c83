"""The host's clock set forward and back under the daemon as it is shipped, by libfaketime: `make faults`.

It moves the clock of every library at once; tests/acceptance moves the same by hand, where there is none.
"""

from datetime import UTC
from pathlib import Path

from tests.acceptance.machine import Machine, Service, wait_until
from tests.acceptance.test_daemon import EVERYBODY, live_office, sent
from tests.faults.tools import faketime
from tests.office import beijing


class HostClock:
    """What libfaketime shows to the processes that preload it: a clock that runs from where it is set."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def set(self, text: str) -> None:
        """Set it to a time of Beijing."""
        fresh = self._place.with_suffix(".new")
        fresh.write_text(f"@{beijing(text).astimezone(UTC):%Y-%m-%d %H:%M:%S}\n", "ascii")
        fresh.replace(self._place)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to go by it; its monotonic clock is left alone, as setting a host's clock does."""
        return {
            "LD_PRELOAD": faketime(),
            "FAKETIME_TIMESTAMP_FILE": str(self._place),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "TZ": "UTC",
        }


def start(machine: Machine, clock: HostClock) -> Service:
    """Start `notifier run` by that clock, and return it once both passes have run."""
    environment = clock.environment
    machine.post.open()
    live_office(machine)
    service = machine.begin(**{"WATCHDOG_USEC": "600000", **environment})  # type: ignore[arg-type]
    service.wait("READY=1")
    machine.wait_for_passes(service)
    return service


def test_a_host_whose_clock_is_set_sends_late_but_once_and_stalls_nothing(machine: Machine) -> None:
    machine.clock.set("2018-06-29T09:00")  # only stamps what arrives
    clock = HostClock(machine.folder / "host-clock")
    clock.set("2018-06-29T08:30:00")
    service = start(machine, clock)

    clock.set("2018-06-29T11:30:00")
    for late in machine.post.wait(4):
        assert "应于2018年6月29日" in late.text

    eleven = "2018-06-29 03:00"  # as the ledger keeps it, in UTC
    early = "SELECT 1 FROM daemons WHERE last_plan < ? AND last_send < ?"
    wait_until(lambda: not machine.rows(early, eleven, eleven), "passes at the later time")
    clock.set("2018-06-29T09:30:00")
    wait_until(lambda: machine.rows(early, eleven, eleven), "passes at the earlier time")
    clock.set("2018-06-29T11:30:00")
    wait_until(lambda: not machine.rows(early, eleven, eleven), "passes at the later time again")
    assert service.stop() == 0
    assert sent(machine) == EVERYBODY


def test_a_host_that_was_off_for_weeks_tells_the_newest_notice_once(machine: Machine) -> None:
    machine.clock.set("2018-06-29T09:00")  # only stamps what arrives
    clock = HostClock(machine.folder / "host-clock")
    clock.set("2018-05-20T08:30:00")
    service = start(machine, clock)
    assert service.stop() == 0
    assert machine.post.got == []

    clock.set("2018-07-03T10:00:00")  # past the deadline's 30, 7 and 1 days' notices, and two overdue ones
    service = machine.begin(**clock.environment)  # type: ignore[arg-type]
    service.wait("READY=1")
    machine.post.wait(4)
    wait_until(lambda: machine.status()["queued"] == 0, "the last of it")
    assert service.stop() == 0
    assert max(sent(machine).values()) == 1
    folded = machine.rows(
        "SELECT count(*) FROM reminders WHERE state = 'superseded' AND reason LIKE 'folded into%'"
    )
    assert folded[0][0] > 0

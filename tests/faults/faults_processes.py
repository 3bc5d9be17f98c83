"""The daemon as a process whose ledger or life is taken away in the middle of its work: `make faults`."""

import os
import signal
import sqlite3
import time
from contextlib import closing

from tests.acceptance.machine import Machine, wait_until
from tests.acceptance.test_daemon import EVERYBODY, JUST_BEFORE, live_office, sent

ENDED = "SELECT count(*) FROM messages WHERE finished NOT NULL"


def test_a_kill_between_two_mails_leaves_nothing_uncertain_and_doubles_none(machine: Machine) -> None:
    machine.post.open()
    live_office(machine, connections=1)
    config = machine.config.read_text("utf-8")
    # A mail each two seconds: the kill falls between the first and the second.
    machine.config.write_text(config.replace("connections = 1", "connections = 1\nper_second = 0.5"), "utf-8")
    machine.clock.set(JUST_BEFORE)
    victim = machine.launch()
    machine.clock.run()
    wait_until(lambda: machine.rows(ENDED) == [(1,)], "the first mail's end")
    os.kill(victim.pid, signal.SIGKILL)
    victim.exit_code()
    assert machine.rows("SELECT count(*) FROM messages WHERE begun AND finished IS NULL") == [(0,)]

    machine.config.write_text(config, "utf-8")
    heir = machine.launch()
    machine.post.wait(4)
    assert heir.stop() == 0
    assert sent(machine) == EVERYBODY
    assert machine.rows("SELECT count(*) FROM messages WHERE uncertain") == [(0,)]


def test_while_another_holds_the_ledger_nothing_is_sent_and_the_watchdog_is_not_fed(machine: Machine) -> None:
    machine.post.open()
    live_office(machine)
    machine.clock.set(JUST_BEFORE)
    service = machine.launch(WATCHDOG_USEC="600000")
    machine.wait_for_passes(service)
    with closing(sqlite3.connect(machine.folder / "var" / "notifier.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        held = time.monotonic()
        machine.clock.run()
        time.sleep(2)  # three watchdog limits
        assert machine.post.got == []
        released = time.monotonic()
        other.execute("ROLLBACK")
    machine.post.wait(4)
    said: list[float] = []
    while not said or said[-1] < released:
        when, _ = service.wait("WATCHDOG=1")
        said.append(when)
    # One beat may have been on its way.
    assert [when for when in said if held + 0.3 < when < released] == []
    assert service.stop() == 0
    assert sent(machine) == EVERYBODY

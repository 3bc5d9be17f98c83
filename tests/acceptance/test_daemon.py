"""The daemon as ops, systemd and the mail server meet it: a process, signals, sockets, and the mails that come."""

import json
import os
import signal
import time
from collections import Counter
from datetime import timedelta

import pytest

from notifier.ledger import engine as ledger
from notifier.share import share
from tests.acceptance.machine import Machine, Supervisor, wait_until
from tests.office import ALWAYS, TEACHERS, Row, beijing, office

pytestmark = pytest.mark.slow  # each starts processes of its own

EVERYBODY = {f"{name}@example.org": 1 for name in ("wang", "li", "zhang", "zhao")}  # each once
NEW: Row = ("建立制度。", "财政厅", "2019年6月底前完成")
SLOT = beijing("2018-06-29T09:00")  # a deadline and a quarterly report, each on the last working day before
JUST_BEFORE = "2018-06-29T08:59:59.500"
ANY_CHANGE = '[service]\nsurprise_limit = "off"\n'
DATE = "Fri, 29 Jun 2018 09:00:00 +0800"


def live_office(machine: Machine, *, connections: int = 2) -> None:
    """Write an office that sends to the machine's mail server; an hour's heartbeat comes too late for any test."""
    config = office(
        machine.folder,
        extra=f"""
host = "127.0.0.1"
port = {machine.post.port}
tls = "none"
connections = {connections}

[delivery]
mode = "live"

[service]
templates = "{share("templates")}"
heartbeat = 3600
""",
    )
    # An empty ledger: each daemon that makes its own spends a quarter of a second on importing Alembic.
    ledger.create(config.database, beijing("2018-06-01T09:00")).dispose()


def sent(machine: Machine) -> Counter[str]:
    """Return how many mails came for each address."""
    return Counter(arrival.to for arrival in machine.post.got)


def test_each_contact_gets_the_mail_of_the_slot_once_and_a_restart_doubles_none(machine: Machine) -> None:
    machine.post.open()
    live_office(machine)
    machine.clock.set(JUST_BEFORE)
    first = machine.launch()
    machine.clock.run()
    arrivals = machine.post.wait(4)
    assert first.stop() == 0

    second = machine.launch()
    machine.wait_for_passes(second)
    assert second.stop() == 0

    assert sent(machine) == EVERYBODY
    for arrival in arrivals:
        assert SLOT <= arrival.at < SLOT + timedelta(seconds=10)
        assert arrival.mail["To"].addresses[0].addr_spec == arrival.to
        assert arrival.mail["Date"] == DATE


def test_a_kill_before_the_answer_loses_nothing_and_flags_the_one_possible_copy(machine: Machine) -> None:
    machine.post.open()
    live_office(machine, connections=1)
    machine.clock.set(JUST_BEFORE)
    victim = machine.launch()

    def kill_at_the_second() -> None:
        if len(machine.post.got) == 2:
            os.kill(victim.pid, signal.SIGKILL)

    machine.post.on_data = kill_at_the_second
    machine.clock.run()
    assert victim.exit_code() == -signal.SIGKILL
    _, in_hand = machine.post.got

    heir = machine.launch()
    machine.post.wait(5)
    assert heir.stop() == 0
    assert sent(machine) == {**EVERYBODY, in_hand.to: 2}
    again = next(arrival for arrival in machine.post.got[2:] if arrival.to == in_hand.to)
    assert again.mail.as_bytes() == in_hand.mail.as_bytes()
    assert len({arrival.mail["Message-ID"] for arrival in machine.post.got}) == 4
    assert machine.rows("SELECT address FROM messages WHERE uncertain") == [(in_hand.to,)]
    status = machine.status()
    assert (status["uncertain"], status["queued"], status["claimed"], status["failed"]) == (1, 0, 0, 0)


@pytest.mark.parametrize("is_reloading", [False, True], ids=["sending", "reloading"])
def test_sigterm_lets_the_mail_in_hand_end_and_begins_no_other(machine: Machine, is_reloading: bool) -> None:
    machine.post.open()
    machine.post.answers.clear()
    live_office(machine, connections=1)
    machine.clock.set(JUST_BEFORE)
    service = machine.launch()
    machine.clock.run()
    [arrival] = machine.post.wait(1)
    if is_reloading:
        service.send(signal.SIGHUP)
        service.wait("RELOADING=1")
    service.send(signal.SIGTERM)
    if is_reloading:
        time.sleep(0.5)  # it says nothing while a reload holds it; the signal is there by then
    else:
        service.wait("STOPPING=1")
    machine.post.answers.set()

    assert service.exit_code(within=5) == 0
    assert len(machine.post.got) == 1
    found = machine.rows("SELECT address, state, uncertain, attempts FROM messages ORDER BY state")
    assert found[0] == (arrival.to, "accepted", 0, 1)
    assert [row[1:] for row in found[1:]] == [("queued", 0, 0)] * 3


@pytest.mark.parametrize(
    "is_reloading",
    [pytest.param(False, id="sending"), pytest.param(True, id="reloading", marks=pytest.mark.long)],
)
def test_a_mail_without_an_answer_holds_up_the_stop_no_longer_than_allowed(
    machine: Machine, is_reloading: bool
) -> None:
    machine.post.open()
    machine.post.answers.clear()
    live_office(machine, connections=1)
    machine.clock.set(JUST_BEFORE)
    service = machine.launch("--last-mail=1", WATCHDOG_USEC="1500000")
    machine.clock.run()
    [in_hand] = machine.post.wait(1)
    if is_reloading:
        service.send(signal.SIGHUP)
        service.wait("RELOADING=1")
    told = service.send(signal.SIGTERM)
    stopping, _ = service.wait("STOPPING=1")
    assert service.exit_code(within=5) == 0
    assert time.monotonic() - told > 0.9
    assert stopping - told < 1
    found = machine.rows("SELECT address, uncertain, begun FROM messages WHERE state = 'claimed'")
    assert (in_hand.to, 0, 1) in found
    assert [begun for *_, begun in found].count(1) == 1

    machine.post.answers.set()
    heir = machine.launch()
    machine.post.wait(5)
    assert heir.stop() == 0
    assert sent(machine) == {**EVERYBODY, in_hand.to: 2}
    assert machine.rows("SELECT address FROM messages WHERE uncertain") == [(in_hand.to,)]


@pytest.mark.slow
def test_systemd_hears_ready_then_signs_of_life_in_time_then_stopping(machine: Machine) -> None:
    office(machine.folder)
    limit = 1.6
    supervisor = Supervisor(machine.folder / "notify")
    service = machine.begin(supervisor=supervisor, WATCHDOG_USEC=f"{limit * 1e6:.0f}")
    last, ready = service.wait("READY=1")
    assert "next wake 20" in ready["STATUS"]
    for _ in range(2):
        beat, _ = service.wait("WATCHDOG=1")
        assert beat - last < limit / 2
        last = beat
    assert machine.status()["ok"]

    asked = service.send(signal.SIGTERM)
    stopping, _ = service.wait("STOPPING=1")
    assert stopping - asked < 5
    assert service.exit_code(within=5) == 0
    [daemon] = machine.status()["daemons"]
    assert daemon["stopped"]
    assert not daemon["alive"]


def test_a_reload_refuses_a_bad_configuration_by_name_and_takes_a_good_one(machine: Machine) -> None:
    office(machine.folder)
    service = machine.run(WATCHDOG_USEC="600000")
    office(machine.folder, rows=(TEACHERS, ALWAYS, NEW))
    good = machine.config.read_text("utf-8")

    machine.config.write_text(good + "prot = 25\n", "utf-8")
    service.send(signal.SIGHUP)
    service.wait("RELOADING=1")
    for state in ("READY=1", "WATCHDOG=1"):  # said once, and again as long as it is true
        _, said = service.wait(state)
        assert "reload refused, the old configuration stays" in said["STATUS"]
        assert "mail.prot: unknown key" in said["STATUS"]
    machine.config.write_text(good, "utf-8")  # for `status`, which reads it, too; the daemon isn't told yet
    status = machine.status()
    assert "mail.prot: unknown key" in status["reload_fault"]
    assert not status["ok"]
    assert machine.rows("SELECT ref FROM tasks") == [("1",), ("2",)]

    asked = service.send(signal.SIGHUP)
    _, reloading = service.wait("RELOADING=1")
    assert int(reloading["MONOTONIC_USEC"]) >= int(asked * 1e6)
    _, said = service.wait("READY=1")
    assert "refused" not in said["STATUS"]
    status = machine.status()
    assert status["reload_fault"] is None
    assert status["ok"]
    assert machine.rows("SELECT ref FROM tasks") == [("1",), ("2",), ("3",)]
    assert service.stop() == 0


def test_held_mail_waits_says_so_and_goes_after_a_reload_lets_it(machine: Machine) -> None:
    machine.post.open()
    live_office(machine)
    free = machine.config.read_text("utf-8")
    machine.config.write_text(free.replace('mode = "live"', 'mode = "live"\nhold = true'), "utf-8")
    machine.clock.set(JUST_BEFORE)
    service = machine.launch(WATCHDOG_USEC="600000")
    machine.clock.run()
    held = "delivery.hold: nothing is sent, 4 mails wait"
    wait_until(lambda: machine.status()["daemons"][0]["fault"] == held, "the word of the hold")
    assert machine.status()["queued"] == 4
    assert not machine.post.got
    # Mail that is due and held is no next wake: there would always be one, in the past.
    ahead = "SELECT 1 FROM daemons WHERE next_wake IS NULL OR next_wake > heartbeat"
    wait_until(lambda: machine.rows(ahead), "a next wake that lies ahead")

    machine.config.write_text(free, "utf-8")
    service.send(signal.SIGHUP)
    service.wait("READY=1")
    machine.post.wait(4)
    wait_until(lambda: machine.status()["daemons"][0]["fault"] is None, "the end of the hold")
    assert service.stop() == 0
    assert sent(machine) == EVERYBODY


@pytest.mark.slow
def test_a_reload_waits_for_the_mail_in_hand_and_feeds_the_watchdog_meanwhile(machine: Machine) -> None:
    machine.post.open()
    machine.post.answers.clear()
    live_office(machine, connections=1)
    machine.clock.set(JUST_BEFORE)
    service = machine.launch(WATCHDOG_USEC="600000")
    machine.clock.run()
    machine.post.wait(1)
    changed = machine.config.read_text("utf-8").replace("0371-1", "0371-2")
    machine.config.write_text(changed, "utf-8")
    service.send(signal.SIGHUP)
    service.wait("RELOADING=1")
    service.wait("WATCHDOG=1")
    service.wait("WATCHDOG=1")
    machine.post.answers.set()
    service.wait("READY=1")
    first, *others = machine.post.wait(4)
    assert service.stop() == 0
    assert sent(machine) == EVERYBODY
    assert "0371-1" in first.text
    for other in others:
        assert "0371-2" in other.text


@pytest.mark.slow
def test_a_reload_of_documents_that_take_long_feeds_the_watchdog_and_heeds_a_stop(machine: Machine) -> None:
    office(machine.folder)
    machine.clock.set(JUST_BEFORE)
    service = machine.launch("--slow-reading=3", WATCHDOG_USEC="600000")
    service.send(signal.SIGHUP)
    begun, _ = service.wait("RELOADING=1")
    for number in (1, 2, 3):
        fed, _ = service.wait("WATCHDOG=1")
        assert fed - begun < 0.6 * number + 0.3
    done, _ = service.wait("READY=1")
    assert done - begun > 3
    service.send(signal.SIGHUP)
    service.wait("RELOADING=1")
    asked = service.send(signal.SIGTERM)
    assert service.exit_code() == 0
    assert time.monotonic() - asked < 2.5


def test_a_broken_configuration_ends_with_78_and_every_fault(machine: Machine) -> None:
    office(machine.folder)
    with machine.config.open("a", encoding="utf-8") as config:
        config.write('prot = 25\nhost = ["a"]\n')
    service = machine.begin()
    assert service.exit_code() == 78
    said = service.log.read_text("utf-8")
    assert "mail.prot: unknown key" in said
    assert "mail.host: " in said
    assert not (machine.folder / "var").exists()


def test_a_second_daemon_ends_with_75_and_names_the_first(machine: Machine) -> None:
    office(machine.folder, extra='[service]\nlog = "json"\n')
    first = machine.run()
    second = machine.begin()
    assert second.exit_code() == 75
    told = json.loads(second.log.read_text("utf-8").splitlines()[-1])  # in the layout of the log
    assert (told["level"], told["action"]) == ("error", "not_started")
    assert f"held by another daemon, pid {first.pid}" in told["message"]
    assert first.stop() == 0


@pytest.mark.slow
def test_mail_waits_while_the_server_is_gone_and_goes_after_the_pause(machine: Machine) -> None:
    machine.post.open()
    machine.post.close()  # its port is known now, and refuses
    live_office(machine)
    machine.clock.set("2018-06-29T08:59:50")
    service = machine.launch(WATCHDOG_USEC="600000")
    machine.clock.run(speed=60)  # faster than a wake can foresee: each beat sees a jump
    faults = "SELECT fault FROM daemons WHERE fault NOT NULL"
    wait_until(lambda: machine.rows(faults), "a fault")
    machine.post.open()
    arrivals = machine.post.wait(4)
    wait_until(lambda: not machine.rows(faults), "the end of the fault")
    assert service.stop() == 0
    assert sent(machine) == EVERYBODY
    assert min(arrival.at for arrival in arrivals) >= SLOT + timedelta(minutes=1)
    assert {arrival.mail["Date"] for arrival in arrivals} == {DATE}
    assert machine.rows("SELECT DISTINCT attempts, uncertain FROM messages") == [(1, 0)]


@pytest.mark.slow
def test_a_wall_clock_that_jumps_sends_late_but_once_and_stalls_nothing(machine: Machine) -> None:
    machine.post.open()
    live_office(machine)
    machine.clock.set("2018-06-29T08:30", speed=1)
    service = machine.launch("--host", WATCHDOG_USEC="600000")
    machine.wait_for_passes(service)

    machine.clock.set("2018-06-29T11:30", speed=1)
    for late in machine.post.wait(4):
        assert "应于2018年6月29日" in late.text

    eleven = "2018-06-29 03:00"  # as the ledger keeps it, in UTC
    early = "SELECT 1 FROM daemons WHERE last_plan < ? AND last_send < ?"
    machine.clock.set("2018-06-29T09:30", speed=1)
    wait_until(lambda: machine.rows(early, eleven, eleven), "passes at the earlier time")
    machine.clock.set("2018-06-29T11:30", speed=1)
    wait_until(lambda: not machine.rows(early, eleven, eleven), "passes at the later time")
    assert service.stop() == 0
    assert sent(machine) == EVERYBODY


@pytest.mark.slow
def test_sigterm_during_the_first_adoption_ends_in_order(machine: Machine) -> None:
    rows = [ALWAYS] * 1000
    office(machine.folder, rows=rows)
    service = machine.begin()
    database = machine.folder / "var" / "notifier.db"

    def is_adopting() -> bool:
        return (
            database.exists()
            and bool(machine.rows("SELECT 1 FROM sqlite_master WHERE name = 'events'"))
            and bool(machine.rows("SELECT 1 FROM events WHERE action = 'started'"))
        )

    wait_until(is_adopting, "the first adoption")
    service.send(signal.SIGTERM)
    assert service.exit_code(within=5) == 0
    [(adopted,)] = machine.rows("SELECT count(*) FROM tasks")
    assert adopted in (0, len(rows))
    assert machine.rows("SELECT 1 FROM daemons WHERE stopped NOT NULL") == [(1,)]


def test_a_second_start_reads_no_document_again_and_a_changed_one_anew(machine: Machine) -> None:
    config = office(machine.folder, extra=ANY_CHANGE)
    machine.clock.set("2018-06-01T10:00")
    first = machine.launch()
    wait_until(config.readings_file.exists, "what was read is kept")
    assert first.stop() == 0
    assert config.readings_file.stat().st_mode & 0o777 == 0o600
    kept = config.readings_file.read_bytes()

    second = machine.launch()
    machine.wait_for_passes(second)
    assert second.stop() == 0
    assert config.readings_file.read_bytes() == kept
    assert machine.rows("SELECT count(*) FROM events WHERE action = 'task_changed'") == [(0,)]

    office(machine.folder, rows=(("培训校长。", *TEACHERS[1:]), ALWAYS, NEW), extra=ANY_CHANGE)
    third = machine.launch()
    wait_until(lambda: config.readings_file.read_bytes() != kept, "what was read anew is kept")
    assert machine.rows("SELECT text FROM tasks WHERE state = 'open' ORDER BY position") == [
        ("培训校长。",), (ALWAYS[0],), (NEW[0],),
    ]  # fmt: skip
    office(machine.folder, rows=(ALWAYS,), extra=ANY_CHANGE)
    kept = config.readings_file.read_bytes()
    third.send(signal.SIGHUP)
    wait_until(lambda: config.readings_file.read_bytes() != kept, "what a reload read is kept")
    assert machine.rows("SELECT text FROM tasks WHERE state = 'open'") == [(ALWAYS[0],)]
    assert third.stop() == 0

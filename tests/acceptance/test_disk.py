"""The daemon and its ledger's disk: full, failing, or locked by somebody else, in the middle of a mail or before it."""

import contextlib
import shutil
import signal
import sqlite3
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.machine import Machine, Service, wait_until
from tests.acceptance.test_daemon import EVERYBODY, JUST_BEFORE, live_office, sent

pytestmark = pytest.mark.slow  # each starts processes of its own

MIB = 1 << 20


@pytest.fixture
def small_disk(machine: Machine) -> Iterator[Path]:
    """The folder of the ledger, on a disk of its own of 4 MiB."""
    folder = machine.folder / "var"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"NOT TRIED, no disk can be filled here: {mounted.stderr}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)  # a daemon may be there still


def fill(folder: Path) -> Path:
    """Leave no octet of room in a folder; return the file that takes it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"z" * 4096)
    return filler


def at_the_second_mail(machine: Machine, step: Callable[[], object]) -> None:
    """Let `step` happen once the server has the second mail and before it answers."""

    def at_each() -> None:
        if len(machine.post.got) == 2:
            step()

    machine.post.on_data = at_each


def office_with_heartbeat(machine: Machine, seconds: int) -> None:
    """Write the office, one connection, with a heartbeat so short."""
    machine.post.open()
    live_office(machine, connections=1)
    text = machine.config.read_text("utf-8")
    machine.config.write_text(text.replace("heartbeat = 3600", f"heartbeat = {seconds}"), "utf-8")


def ends_well(machine: Machine, service: Service) -> None:
    """Let all mails come, and the daemon stop; each went once."""
    machine.post.wait(4)
    accepted = "SELECT count(*) FROM messages WHERE state = 'accepted' AND NOT uncertain"
    wait_until(lambda: machine.rows(accepted) == [(4,)], "four accepted mails")
    assert service.stop() == 0
    assert sent(machine) == EVERYBODY


def test_a_disk_that_fills_up_under_a_mail_in_hand_loses_no_answer_and_begins_no_other(
    machine: Machine, small_disk: Path
) -> None:
    office_with_heartbeat(machine, 1)
    machine.clock.set(JUST_BEFORE)
    service = machine.launch(WATCHDOG_USEC="900000")
    ballast = small_disk / "notifier.db.ballast"
    assert (ballast.stat().st_blocks * 512, stat.S_IMODE(ballast.stat().st_mode)) == (MIB, 0o600)
    at_the_second_mail(machine, lambda: fill(small_disk))
    machine.clock.run()
    machine.post.wait(2)
    wait_until(lambda: not ballast.exists(), "the ballast to go")
    with (small_disk / "filler").open("ab", buffering=0) as filler:
        filler.write(b"z" * MIB)  # what the ballast leaves is gone at once
    _, said = service.wait("WATCHDOG=1")
    while "is full" not in said["STATUS"]:
        _, said = service.wait("WATCHDOG=1")
    assert machine.rows("SELECT count(*) FROM messages WHERE state = 'accepted'") == [(2,)]
    status = machine.status()
    assert not status["ok"]
    assert f"the disk of {small_disk} is full" in status["disk"]
    assert len(machine.post.got) == 2
    (small_disk / "filler").unlink()
    ends_well(machine, service)
    assert ballast.stat().st_blocks * 512 == MIB
    log = service.log.read_text("utf-8")
    assert f"The disk of {small_disk} is full" in log
    assert "Traceback" not in log


def test_a_full_disk_stops_planning_and_it_goes_on_by_itself_once_there_is_room(
    machine: Machine, small_disk: Path
) -> None:
    office_with_heartbeat(machine, 1)
    machine.clock.set(JUST_BEFORE)
    service = machine.launch(WATCHDOG_USEC="600000")
    machine.wait_for_passes(service)
    filler = fill(small_disk)
    machine.clock.run()
    said: dict[str, str] = {}
    while "is full" not in said.get("STATUS", ""):
        _, said = service.wait("WATCHDOG=1")
    assert machine.rows("SELECT 1 FROM messages") == []
    assert (small_disk / "notifier.db.ballast").exists()  # kept for an answer: there was none to record
    filler.unlink()
    ends_well(machine, service)


@contextlib.contextmanager
def failing(process: int, what: str) -> Iterator[None]:
    """Let system calls of a process fail, by strace: `fdatasync:error=EIO`."""
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-p", str(process), "-e", f"inject={what}"]
    traced = Path(f"/proc/{process}/status")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        wait_until(lambda: tracer.poll() is not None or "TracerPid:\t0" not in traced.read_text(), "strace")
        if tracer.poll() is not None:
            assert tracer.stderr is not None
            pytest.skip(f"NOT TRIED, strace may not: {tracer.stderr.read()}")
        yield
        tracer.terminate()


@pytest.mark.skipif(
    shutil.which("strace") is None, reason="NOT TRIED, there is no strace to fail a system call"
)
@pytest.mark.parametrize("moment", ["planning", "recording"])
def test_a_disk_that_fails_ends_the_daemon_so_that_it_is_started_again(machine: Machine, moment: str) -> None:
    machine.post.open()
    machine.post.answers.clear()
    live_office(machine, connections=1)
    machine.clock.set(JUST_BEFORE)
    victim = machine.launch()
    machine.wait_for_passes(victim)
    if moment == "recording":
        machine.clock.run()
        machine.post.wait(1)
    with failing(victim.pid, "fsync,fdatasync:error=EIO"):
        machine.clock.run()
        machine.post.answers.set()
        assert victim.exit_code(within=10) == 74
    log = victim.log.read_text("utf-8")
    assert "The ledger failed: " in log
    assert "disk I/O error" in log
    begun = 1 if moment == "recording" else 0
    assert len(machine.post.got) == begun

    heir = machine.launch()
    machine.post.wait(4)
    assert heir.stop() == 0
    # The frame of the answer may be in the file though the disk never said so.
    doubled = {arrival.to for arrival in machine.post.got[:begun]}
    assert {to for to, times in sent(machine).items() if times > 1} <= doubled
    assert set(sent(machine)) == set(EVERYBODY)


@pytest.mark.parametrize("moment", ["planning", "recording", "stopping"])
def test_a_ledger_that_somebody_else_has_locked_is_waited_for(machine: Machine, moment: str) -> None:
    office_with_heartbeat(machine, 1)
    machine.post.answers.clear()
    machine.clock.set(JUST_BEFORE)
    service = machine.launch("--lock-wait=0.1", WATCHDOG_USEC="1500000")
    machine.wait_for_passes(service)
    if moment != "planning":
        machine.clock.run()
        machine.post.wait(1)
    other = sqlite3.connect(machine.folder / "var" / "notifier.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    machine.clock.run()
    machine.post.answers.set()
    if moment == "stopping":
        service.send(signal.SIGTERM)
    for _ in range(4):
        service.wait("WATCHDOG=1" if moment != "stopping" else "STOPPING=1")
        if moment == "stopping":
            break
    assert len(machine.post.got) == (0 if moment == "planning" else 1)
    wait_until(lambda: "is locked" in service.log.read_text("utf-8"), "the word of the lock")
    assert service.process.poll() is None
    other.execute("ROLLBACK")
    other.close()
    if moment != "stopping":
        return ends_well(machine, service)
    assert service.exit_code(within=5) == 0
    assert machine.rows("SELECT count(*) FROM messages WHERE state = 'accepted' AND NOT uncertain") == [(1,)]
    return None

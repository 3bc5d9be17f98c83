"""A daemon on a ledger that is a copy, or was put back: it plans, sends nothing and says so, until confirmed."""

import os
import shutil
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from notifier.cli import notifier
from notifier.ledger import generation, keeping
from tests.acceptance.machine import Machine, wait_until
from tests.office import TEACHERS, office

pytestmark = [pytest.mark.slow, pytest.mark.long]  # each starts processes of its own


@pytest.fixture
def identity(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The machine's id: a file that tests change, for its daemons and for what is typed there."""
    place = machine.folder / "machine-id"
    place.write_text("0123456789abcdef0123456789abcdef\n")
    monkeypatch.setattr(generation, "MACHINE_ID", place)
    return place


@pytest.fixture
def database(machine: Machine, identity: Path) -> Path:
    """The ledger of an office that has sent both mails of a slot; `backup.db` beside it is of before."""
    machine.post.open()
    config = office(
        machine.folder,
        rows=(TEACHERS,),
        extra=f"""
host = "127.0.0.1"
port = {machine.post.port}
tls = "none"

[delivery]
mode = "live"

[service]
heartbeat = 1
""",
    )
    machine.clock.set("2018-05-29T09:30")
    service = machine.launch(f"--machine-id={identity}")
    keeping.back_up(config.database, machine.folder / "backup.db", datetime.now(UTC))
    machine.clock.set("2018-05-30T09:00")
    machine.post.wait(2)
    wait_until(
        lambda: machine.rows("SELECT 1 WHERE 2 = (SELECT count(*) FROM messages WHERE finished NOT NULL)"),
        "both",
    )
    assert service.stop() == 0
    return config.database


def put_back(backup: Path, database: Path) -> None:
    for name in (database.name, f"{database.name}-wal", f"{database.name}-shm"):
        database.with_name(name).unlink(missing_ok=True)
    shutil.copy(backup, database)


def typed(machine: Machine, *words: str) -> str:
    done = CliRunner().invoke(notifier, ["--config", str(machine.config), *words])
    assert done.exit_code == 0, f"{done.output}\n{done.exception!r}"
    return done.stdout


def test_a_backup_that_is_put_back_is_held_until_confirmed(
    machine: Machine, database: Path, identity: Path
) -> None:
    put_back(machine.folder / "backup.db", database)
    before = {arrival.mail["Message-ID"] for arrival in machine.post.got}
    service = machine.launch(f"--machine-id={identity}")
    wait_until(
        lambda: machine.rows("SELECT 1 FROM daemons WHERE fault LIKE '%put back%2 mails wait'"), "the hold"
    )
    assert machine.rows("SELECT DISTINCT state FROM messages") == [("queued",)]  # it plans
    shown = typed(machine, "confirm", "--show")
    assert "put back to an older state" in shown
    assert "2 mails wait" in shown
    status = machine.status()
    assert not status["ok"]
    assert status["held"]["ledger"]["waiting"] == 2
    assert "put back" in typed(machine, "status")
    assert len(machine.post.got) == 2
    os.kill(service.pid, signal.SIGKILL)  # a new start lets nothing go
    service.exit_code()
    service = machine.launch(f"--machine-id={identity}")
    machine.wait_for_passes(service)
    assert len(machine.post.got) == 2
    assert "confirmed" in typed(machine, "confirm")
    machine.post.wait(4)
    assert {arrival.mail["Message-ID"] for arrival in machine.post.got} == before
    assert typed(machine, "confirm") == "nothing is held\n"
    wait_until(
        lambda: machine.rows("SELECT 1 FROM daemons WHERE pid = ? AND fault IS NULL", service.pid), "peace"
    )
    assert service.stop() == 0
    assert machine.status()["held"] is None


def test_a_ledger_on_another_machine_is_held_until_confirmed(
    machine: Machine, database: Path, identity: Path
) -> None:
    identity.write_text("fedcba9876543210fedcba9876543210\n")
    machine.clock.set("2018-06-22T09:00")  # the next notice, a week before
    service = machine.launch(f"--machine-id={identity}")
    wait_until(lambda: machine.rows("SELECT 1 FROM daemons WHERE fault LIKE '%another machine%'"), "the hold")
    machine.wait_for_passes(service)
    assert len(machine.post.got) == 2
    typed(machine, "confirm")
    machine.post.wait(4)
    assert service.stop() == 0
    assert database.with_name("notifier.db.generation").stat().st_mode & 0o777 == 0o600

"""The daemon and its ledger's place: what can't be used ends it with 78 before it is ready, and says what to do."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from notifier.share import share
from tests.acceptance.machine import Machine
from tests.office import office

pytestmark = pytest.mark.slow  # each starts processes of its own


def refused(machine: Machine, *words: str) -> str:
    """Start the daemon, as somebody who may not write everywhere; return what it says on ending with 78."""
    command = [sys.executable, "-m", "notifier", "--config", str(machine.config), "run", *words]
    if os.geteuid() == 0:
        command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]
    done = subprocess.run(
        command,
        cwd=machine.folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(share())},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 78, done.stderr
    assert "Traceback" not in done.stderr
    assert "Ready" not in done.stderr
    return done.stderr


@pytest.fixture
def database(machine: Machine) -> Path:
    """The ledger of a daemon that has run and was stopped."""
    office(machine.folder)
    assert machine.run().stop() == 0
    return machine.folder / "var" / "notifier.db"


def test_a_ledger_that_is_gone_ends_the_daemon_until_told_to_make_one(
    machine: Machine, database: Path
) -> None:
    database.unlink()
    assert "notifier run --new-ledger" in refused(machine)
    assert "notifier run --new-ledger" in refused(machine)
    assert not database.exists()
    service = machine.begin("--new-ledger")
    service.wait("READY=1")
    assert service.stop() == 0
    assert "there is a ledger" in refused(machine, "--new-ledger")
    assert machine.run().stop() == 0


def test_a_kill_at_any_moment_of_the_first_start_is_no_loss(machine: Machine) -> None:
    office(machine.folder)
    service = machine.begin()
    while not (machine.folder / "var" / "notifier.db").exists():
        assert service.process.poll() is None
    os.kill(service.pid, signal.SIGKILL)
    service.exit_code()
    assert machine.run().stop() == 0


def test_a_damaged_ledger_ends_the_daemon_and_it_says_how_to_restore(
    machine: Machine, database: Path
) -> None:
    with database.open("r+b") as file:
        for page in range(1, database.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xa5" * 64)
    said = refused(machine)
    assert f"{database}: the file is damaged" in said
    assert "copy the latest backup to this name" in said


def test_a_folder_that_cannot_be_written_ends_the_daemon(machine: Machine, database: Path) -> None:
    database.parent.chmod(0o555)
    assert f"service.database: {database.parent}" in refused(machine)


def test_a_ledger_that_cannot_be_written_ends_the_daemon(machine: Machine, database: Path) -> None:
    database.chmod(0o400)
    assert f"service.database: {database}: this can't be written" in refused(machine)


def test_a_new_folder_that_cannot_be_made_ends_the_daemon(machine: Machine) -> None:
    office(machine.folder, extra='[service]\ndatabase = "sqlite:///not/mounted/notifier.db"\n')
    assert "not/mounted" in refused(machine)
    assert not (machine.folder / "not").exists()


def test_a_maildir_that_cannot_be_written_ends_the_daemon(machine: Machine, database: Path) -> None:
    new = next(database.parent.glob("*/new"))
    new.chmod(0o555)
    assert f"delivery.maildir: Maildir {new.parent}: new/ can't be written to" in refused(machine)


def test_a_folder_of_another_user_ends_the_daemon(machine: Machine, database: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("NOT TRIED, only root can give a folder away")
    os.chown(database.parent, 12345, 12345)
    assert f"service.database: {database.parent}: this belongs to 12345" in refused(machine)

"""Whether a ledger is the one that mail was last sent from: what looks like a copy, and what must not."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from notifier.errors import NotifierError
from notifier.ledger import engine as ledger
from notifier.ledger import generation, keeping
from notifier.ledger.generation import Guard, confirm
from notifier.ledger.schema import events, installation

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def machine_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The machine's id, in a file that a test may change."""
    place = tmp_path / "machine-id"
    place.write_text("0123456789abcdef0123456789abcdef\n")
    monkeypatch.setattr(generation, "MACHINE_ID", place)
    return place


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "var").mkdir()
    return tmp_path / "var" / "ledger.db"


def started(place: Path) -> tuple[Engine, Guard]:
    """Open a ledger as a daemon does."""
    engine = ledger.create(place, NOW)
    return engine, Guard(engine, place)


def claim(engine: Engine, guard: Guard) -> None:
    """Count as a send pass does that claims mail."""
    with engine.begin() as db:
        assert not guard.holds(db)
        guard.advance(db)
    guard.keep()


def ran(place: Path) -> str | None:
    """Start a daemon that claims mail twice, unless it is held, and is killed; return why it was held."""
    engine, guard = started(place)
    if guard.why is None:
        claim(engine, guard)
        claim(engine, guard)
    engine.dispose()
    return guard.why


def confirmed(place: Path) -> str | None:
    engine = ledger.create(place, NOW)
    why = confirm(engine, place, NOW, by="root")
    engine.dispose()
    return why


def copied(place: Path, target: Path) -> Path:
    keeping.back_up(place, target, NOW)
    return target


def put_back(backup: Path, place: Path) -> None:
    for name in (place.name, f"{place.name}-wal", f"{place.name}-shm"):
        place.with_name(name).unlink(missing_ok=True)
    shutil.copy(backup, place)


def test_starts_kills_and_backups_are_no_doubt(place: Path, tmp_path: Path) -> None:
    for number in range(3):
        assert ran(place) is None
        copied(place, tmp_path / f"{number}.db")


def test_a_ledger_that_is_put_back_is_held_until_confirmed(place: Path, tmp_path: Path) -> None:
    ran(place)
    backup = copied(place, tmp_path / "backup.db")
    ran(place)
    put_back(backup, place)
    for _ in range(2):  # however often it is started
        assert "put back to an older state" in (ran(place) or "")
    assert "put back" in (confirmed(place) or "")
    assert confirmed(place) is None
    assert ran(place) is None
    put_back(backup, place)
    assert "put back" in (ran(place) or "")


def test_a_backup_that_no_mail_was_claimed_after_is_no_doubt_while_nothing_started_since(
    place: Path, tmp_path: Path
) -> None:
    ran(place)
    put_back(copied(place, tmp_path / "backup.db"), place)
    assert ran(place) is None


def test_a_ledger_without_its_file_is_a_copy(place: Path, tmp_path: Path) -> None:
    ran(place)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    copy = copied(place, elsewhere / "ledger.db")
    assert "ledger.db.generation is not beside it" in (ran(copy) or "")
    assert confirmed(copy) is not None
    assert ran(copy) is None
    assert ran(place) is None  # whoever is asked for the original says nothing of copies


def test_a_ledger_moved_with_its_file_on_the_same_machine_is_no_doubt(place: Path, tmp_path: Path) -> None:
    ran(place)
    moved = tmp_path / "new"
    place.parent.rename(moved)
    assert ran(moved / "ledger.db") is None


def test_a_ledger_moved_with_its_file_to_another_machine_is_held(place: Path, machine_id: Path) -> None:
    ran(place)
    machine_id.write_text("fedcba9876543210fedcba9876543210\n")
    assert "last used on another machine" in (ran(place) or "")
    assert confirmed(place) is not None
    assert ran(place) is None


@pytest.mark.parametrize("content", [None, "", "uninitialized\n"], ids=["none", "empty", "uninitialized"])
def test_without_a_machine_id_the_count_alone_tells(
    place: Path, tmp_path: Path, machine_id: Path, content: str | None
) -> None:
    machine_id.unlink() if content is None else machine_id.write_text(content)
    assert ran(place) is None
    backup = copied(place, tmp_path / "backup.db")
    assert ran(place) is None
    put_back(backup, place)
    assert "put back" in (ran(place) or "")


def test_the_machine_id_stands_nowhere_in_clear(place: Path, machine_id: Path) -> None:
    ran(place)
    secret = machine_id.read_bytes().strip()
    assert all(secret not in file.read_bytes() for file in place.parent.iterdir())


def test_a_kill_between_the_two_writes_is_no_doubt(place: Path) -> None:
    engine, guard = started(place)
    with engine.begin() as db:
        guard.advance(db)  # and never beside the ledger
    engine.dispose()
    assert ran(place) is None


def test_a_kill_in_the_first_start_is_no_doubt(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_values: object) -> None:
        raise KeyboardInterrupt

    engine = ledger.create(place, NOW)
    with monkeypatch.context() as patch:
        patch.setattr(Guard, "advance", killed)
        with pytest.raises(KeyboardInterrupt):
            Guard(engine, place)
    engine.dispose()
    assert place.with_name("ledger.db.generation").exists()
    assert ran(place) is None


def test_a_ledger_of_a_release_that_did_not_count_goes_on_but_one_put_back_is_held(
    place: Path, tmp_path: Path
) -> None:
    ran(place)
    backup = copied(place, tmp_path / "backup.db")
    engine = ledger.create(place, NOW)
    with engine.begin() as db:
        db.execute(update(installation).values(generation=None, machine=None))
    engine.dispose()
    assert "put back" in (ran(place) or "")
    place.with_name("ledger.db.generation").unlink()
    assert ran(place) is None
    put_back(backup, place)


def test_a_new_ledger_beside_the_file_of_one_that_is_gone_is_no_doubt(place: Path) -> None:
    ran(place)
    put_back(Path("/dev/null"), place)
    place.unlink()
    engine = ledger.create(place, NOW, anew=True)
    assert Guard(engine, place).why is None
    engine.dispose()


def test_a_file_that_says_nothing_is_as_good_as_none(place: Path) -> None:
    ran(place)
    place.with_name("ledger.db.generation").write_bytes(b"\xff\0")
    assert "is a copy, or was moved" in (ran(place) or "")


def test_a_ledger_put_back_in_place_under_a_daemon_that_runs_is_seen_at_the_next_claim(
    place: Path,
) -> None:
    engine, guard = started(place)
    with engine.begin() as db:
        before = db.execute(select(installation.c.generation)).scalar_one()
    claim(engine, guard)
    with engine.begin() as db:
        db.execute(update(installation).values(generation=before))
    with engine.begin() as db:
        assert guard.holds(db)
    confirm(engine, place, NOW, by="root")
    claim(engine, guard)
    assert guard.why is None
    engine.dispose()
    assert ran(place) is None


def test_a_new_ledger_beside_which_nothing_can_be_written_goes_on_uncounted_until_it_can(
    place: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    beside = place.with_name("ledger.db.generation")
    beside.mkdir()
    for _ in range(2):
        assert ran(place) is None
    assert "ledger.db.generation can't be written" in caplog.text
    beside.rmdir()
    assert ran(place) is None
    backup = copied(place, tmp_path / "backup.db")
    assert ran(place) is None
    put_back(backup, place)
    assert "put back" in (ran(place) or "")


def test_a_confirmation_that_cannot_be_written_beside_the_ledger_leaves_the_doubt(place: Path) -> None:
    ran(place)
    beside = place.with_name("ledger.db.generation")
    beside.unlink()
    beside.mkdir()
    engine = ledger.create(place, NOW)
    with pytest.raises(NotifierError, match=r"ledger\.db\.generation: .*: nothing is confirmed"):
        confirm(engine, place, NOW, by="root")
    with engine.begin() as db:
        assert db.execute(select(events.c.id).where(events.c.action == "ledger_confirmed")).all() == []
    engine.dispose()
    assert "is a copy" in (ran(place) or "")
    beside.rmdir()
    assert confirmed(place) is not None
    assert ran(place) is None

"""What the ledger's looking after its disk does, on a real SQLite file, as errors come."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from notifier.errors import LedgerFailed
from notifier.ledger import engine as ledger
from notifier.ledger import keeping, storage
from notifier.ledger.storage import BALLAST, Storage

NOW = datetime(2017, 10, 1, tzinfo=UTC)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def engine(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A ledger whose locks are not waited for."""
    monkeypatch.setattr(keeping, "LOCK_WAIT_SECONDS", 0)
    monkeypatch.setattr(storage, "_RETRY_SECONDS", 0)
    made = ledger.create(place, NOW)
    yield made
    made.dispose()


def write(engine: Engine) -> None:
    with engine.begin() as db:
        db.execute(text("UPDATE installation SET id = 'x'"))


def failing(name: str) -> DBAPIError:
    """Return SQLAlchemy's error around SQLite's of this name."""
    inner = sqlite3.OperationalError(name)
    inner.sqlite_errorcode = getattr(sqlite3, name)
    inner.sqlite_errorname = name
    return DBAPIError("UPDATE", {}, inner)


def test_the_ballast_is_laid_and_stays_where_it_is(engine: Engine, place: Path) -> None:
    kept = Storage(place, engine)
    ballast = place.with_name("ledger.db.ballast")
    assert ballast.stat().st_blocks * 512 == BALLAST
    assert ballast.stat().st_mode & 0o777 == 0o600
    before = ballast.stat().st_ino
    assert kept.shortage() is None
    Storage(place, engine)
    assert ballast.stat().st_ino == before
    assert not list(place.parent.glob("*.part"))


def test_an_answer_takes_the_ballast_of_a_full_disk_and_then_insists(engine: Engine, place: Path) -> None:
    kept = Storage(place, engine)
    tries: list[bool] = []

    def record() -> None:
        tries.append(place.with_name("ledger.db.ballast").exists())
        if len(tries) < 4:
            raise failing("SQLITE_FULL")

    kept.insist(record)
    assert tries == [True, False, False, False]


@pytest.mark.parametrize(
    ("error", "caught"),
    [(failing("SQLITE_CONSTRAINT"), DBAPIError), (ValueError("of ours"), ValueError)],
    ids=["a constraint", "a fault of ours"],
)
def test_what_is_no_fault_of_the_disk_is_not_insisted_on(
    engine: Engine, place: Path, error: Exception, caught: type[Exception]
) -> None:
    def record() -> None:
        raise error

    with pytest.raises(caught):
        Storage(place, engine).insist(record)


def test_a_full_disk_is_seen_at_the_first_error_and_left_once_there_is_room(
    engine: Engine, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Storage(place, engine)
    with engine.begin() as db:
        pages = db.execute(text("PRAGMA page_count")).scalar_one()
        db.execute(text(f"PRAGMA max_page_count = {pages}"))
    with engine.begin() as db, pytest.raises(DBAPIError) as caught:
        db.execute(text("CREATE TABLE more AS SELECT randomblob(100000)"))
    assert kept.is_full
    assert kept.excuses(caught.value)
    with monkeypatch.context() as tight:
        tight.setattr(storage, "_ENOUGH", 1 << 60)
        assert "is full" in str(kept.shortage())
    assert kept.shortage() is None
    assert not kept.is_full


def test_a_ledger_that_failed_begins_nothing_more_and_says_so_once(engine: Engine, place: Path) -> None:
    told: list[str] = []
    kept = Storage(place, engine, lambda: told.append("failed"))
    engine.dispose()
    place.unlink()
    for _ in range(2):
        with pytest.raises((DBAPIError, LedgerFailed)):
            write(engine)
    assert told == ["failed"]
    with pytest.raises(LedgerFailed, match=r"ledger\.db"):
        kept.check()
    with pytest.raises(LedgerFailed):
        kept.insist(lambda: write(engine))


def test_an_error_of_the_disk_that_is_a_quotas_is_a_full_disk(
    engine: Engine, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Storage(place, engine)
    engine.dispose()
    place.rename(place.with_name("away"))
    monkeypatch.setattr(storage, "_LITTLE", 1 << 60)
    with pytest.raises(DBAPIError) as caught:
        write(engine)
    assert kept.is_full
    assert kept.excuses(caught.value)
    kept.check()


def test_somebody_elses_lock_is_excused_and_our_own_is_not(engine: Engine, place: Path) -> None:
    kept = Storage(place, engine)
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DBAPIError) as caught:
        write(engine)
    assert kept.excuses(caught.value)
    other.execute("ROLLBACK")
    other.close()
    write(engine)

    found: list[bool] = []

    def in_a_thread_of_its_own(step: Callable[[], None]) -> None:
        from threading import Thread

        thread = Thread(target=step)
        thread.start()
        thread.join()

    def meanwhile() -> None:
        try:
            write(engine)
        except DBAPIError as error:
            found.append(kept.excuses(error))

    with engine.begin():
        in_a_thread_of_its_own(meanwhile)
    in_a_thread_of_its_own(meanwhile)  # which succeeds
    assert found == [False]


def test_a_ledger_that_is_locked_at_the_start_is_no_fault_of_the_configuration(
    engine: Engine, place: Path
) -> None:
    engine.dispose()
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerFailed, match="database is locked") as caught:
        ledger.create(place, NOW)
    assert caught.value.exit_code == 74
    other.close()
    ledger.create(place, NOW).dispose()

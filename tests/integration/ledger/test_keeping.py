"""A ledger is never lost unseen: gone, damaged, changed by an upgrade, or in a place that can't be written."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import create_engine, text

from notifier.errors import ConfigError, NotifierError
from notifier.ledger import engine as ledger
from notifier.ledger import keeping

NOW = datetime(2017, 10, 1, tzinfo=UTC)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a ledger was made, with enough in it to fill some pages."""
    path = tmp_path / "ledger.db"
    engine = ledger.create(path, NOW)
    with engine.begin() as db:
        for number in range(2000):
            values = {"id": number, "detail": f"row {number} " * 10}
            query = (
                "INSERT INTO events VALUES (:id, '2017-10-01 00:00:00', 'ops', 'done', :detail, NULL, NULL)"
            )
            db.execute(text(query), values)
    engine.dispose()
    return path


@pytest.fixture
def careless() -> Iterator[None]:
    """A process whose new files everybody may read and write."""
    before = os.umask(0)
    yield
    os.umask(before)


def faults_of(path: Path, *, anew: bool = False) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        ledger.create(path, NOW, anew=anew)
    return caught.value.faults


def modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


def first_schema(path: Path) -> None:
    older = create_engine(f"sqlite:///{path}")
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(ledger.__file__).parent / "migrations"))
    with older.begin() as db:
        config.attributes["connection"] = db
        command.upgrade(config, "0001")
        db.execute(text("INSERT INTO installation VALUES ('kept', '2017-10-01 00:00:00')"))
    older.dispose()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")


@pytest.mark.parametrize("left", ["nothing", "an empty file"])
def test_a_ledger_that_is_gone_is_not_made_anew(place: Path, left: str) -> None:
    place.unlink() if left == "nothing" else os.truncate(place, 0)
    for _ in range(2):  # a second try is no consent
        gone, advice = faults_of(place)
        assert f"{place}: there is no ledger, though one was made here" in gone
        assert "notifier run --new-ledger" in advice
    assert not keeping.is_there(place)


def test_a_ledger_that_is_gone_is_made_anew_when_told_to_and_then_opens(place: Path) -> None:
    place.rename(place.with_name("lost.db"))
    place.with_name("ledger.db-wal").write_bytes(b"left behind")
    ledger.create(place, NOW, anew=True).dispose()
    engine = ledger.create(place, NOW)
    with engine.begin() as db:
        assert db.execute(text("SELECT count(*) FROM events")).scalar_one() == 0
    engine.dispose()


def test_a_ledger_that_is_there_is_not_made_anew(place: Path) -> None:
    (fault,) = faults_of(place, anew=True)
    assert "there is a ledger" in fault
    ledger.create(place, NOW).dispose()


def test_a_ledger_put_back_opens_as_it_was(place: Path) -> None:
    backup = place.with_name("backup")
    place.rename(backup)
    faults_of(place)
    backup.rename(place)
    engine = ledger.create(place, NOW)
    with engine.begin() as db:
        assert db.execute(text("SELECT count(*) FROM events")).scalar_one() == 2000
    engine.dispose()


def test_a_first_start_that_died_before_its_ledger_was_whole_is_begun_again(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    place.touch()
    ledger.create(place, NOW).dispose()
    assert keeping.is_there(place)


def test_a_ledger_of_an_earlier_release_gets_its_mark(place: Path) -> None:
    place.with_name("ledger.db.made").unlink()
    ledger.create(place, NOW).dispose()
    place.unlink()
    assert len(faults_of(place)) == 2


def _cut(place: Path) -> None:
    os.truncate(place, place.stat().st_size // 2 // 4096 * 4096)


def _scribble(place: Path) -> None:
    with place.open("r+b") as file:
        for page in range(10, 30):
            file.seek(page * 4096)
            file.write(b"\xa5" * 512)


def _behead(place: Path) -> None:
    with place.open("r+b") as file:
        file.write(b"\xa5" * 100)


@pytest.mark.parametrize("damage", [_cut, _scribble, _behead], ids=["cut", "scribbled on", "beheaded"])
def test_a_damaged_ledger_is_refused_left_alone_and_how_to_restore_it_is_said(
    place: Path, damage: Callable[[Path], None]
) -> None:
    damage(place)
    before = place.read_bytes()
    fault, advice = faults_of(place)
    assert f"{place}: the file is damaged, or no database: " in fault
    assert "copy the latest backup to this name" in advice
    assert place.read_bytes() == before


@pytest.mark.usefixtures("careless")
def test_an_upgrade_keeps_a_copy_of_the_ledger_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    first_schema(place)
    engine = ledger.create(place, NOW)
    with engine.begin() as db:
        db.execute(text("SELECT count(*) FROM event_days"))
        found = modes(tmp_path)
    engine.dispose()
    assert set(found) == {"ledger.db", "ledger.db-shm", "ledger.db-wal", "ledger.db.0001", "ledger.db.made"}
    assert set(found.values()) == {0o600}
    with closing(sqlite3.connect(f"file:{place}.0001?mode=ro", uri=True)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert copy.execute("SELECT id FROM installation").fetchall() == [("kept",)]
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_the_copy_put_back_is_upgraded_again(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    first_schema(place)
    ledger.create(place, NOW).dispose()
    place.with_name("ledger.db.0001").replace(place)
    engine = ledger.create(place, NOW)
    with engine.begin() as db:
        assert ledger.installation_id(db) == "kept"
    engine.dispose()
    assert place.with_name("ledger.db.0001").exists()


def test_an_upgrade_without_a_copy_does_not_begin(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    first_schema(place)
    place.with_name("ledger.db.0001").mkdir()  # where the copy would go
    (fault,) = faults_of(place)
    assert "its schema 0001 stays as it is" in fault
    with closing(sqlite3.connect(place)) as db:
        assert db.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    assert not list(tmp_path.glob("*.part*"))


def test_no_copy_is_kept_where_nothing_changes(place: Path) -> None:
    ledger.create(place, NOW).dispose()
    assert sorted(modes(place.parent)) == ["ledger.db", "ledger.db.made"]


@pytest.mark.usefixtures("careless")
def test_what_sqlite_adds_beside_the_ledger_is_its_owners_alone(place: Path) -> None:
    place.chmod(0o644)  # as `cp` left a backup that was put back
    engine = ledger.create(place, NOW)
    with engine.begin() as db:
        db.execute(text("DELETE FROM events"))
        found = modes(place.parent)
    engine.dispose()
    assert set(found) == {"ledger.db", "ledger.db-shm", "ledger.db-wal", "ledger.db.made"}
    assert set(found.values()) == {0o600}


def test_a_place_whose_folders_are_missing_is_named_and_not_made(tmp_path: Path) -> None:
    place = tmp_path / "not" / "mounted" / "ledger.db"
    (fault,) = faults_of(place)
    assert str(place) in fault
    assert not (tmp_path / "not").exists()


def test_a_folder_whose_name_means_something_to_sqlite_holds_its_ledger(tmp_path: Path) -> None:
    folder = tmp_path / "50%20 a#b?c"
    ledger.create(folder / "ledger.db", NOW).dispose()
    assert sorted(modes(folder)) == ["ledger.db", "ledger.db.made"]


def test_a_backup_is_the_ledger_as_last_committed_and_its_owners_alone(place: Path, tmp_path: Path) -> None:
    made = tmp_path / "elsewhere" / "backup.db"
    made.parent.mkdir()
    engine = ledger.open_existing(place)
    assert engine is not None
    with engine.begin() as db:
        db.execute(text("DELETE FROM events WHERE id >= 1000"))
    with engine.begin() as db:
        db.execute(text("DELETE FROM events"))
        assert keeping.back_up(place, made, NOW) == made  # while a daemon writes
    engine.dispose()
    assert modes(made.parent) == {"backup.db": 0o600}
    with closing(sqlite3.connect(f"file:{made}?mode=ro", uri=True)) as db:
        assert db.execute("SELECT count(*) FROM events").fetchall() == [(1000,)]
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA journal_mode").fetchall() == [("delete",)]


def test_a_backup_into_a_folder_is_named_after_the_moment(place: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    assert keeping.back_up(place, folder, NOW) == folder / "ledger-20171001T000000Z.db"


@pytest.mark.parametrize("there", ["a file", "a link to nowhere"])
def test_a_backup_overwrites_nothing(place: Path, tmp_path: Path, there: str) -> None:
    target = tmp_path / "kept"
    target.write_text("kept") if there == "a file" else target.symlink_to("nowhere")
    with pytest.raises(NotifierError, match="never overwrites"):
        keeping.back_up(place, target, NOW)
    assert not target.is_file() or target.read_text() == "kept"


def test_a_backup_that_fails_leaves_nothing_behind(place: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    _scribble(place)
    with pytest.raises(NotifierError, match=r"malformed|not a database|[Pp]age"):
        keeping.back_up(place, folder, NOW)
    assert list(folder.iterdir()) == []
    with pytest.raises(NotifierError, match="No such file"):
        keeping.back_up(place, tmp_path / "no" / "folder", NOW)
    with pytest.raises(NotifierError, match="no ledger"):
        keeping.back_up(tmp_path / "none.db", folder, NOW)


def test_a_backup_is_named_to_whoever_lost_the_ledger_and_opens_when_put_back(
    place: Path, tmp_path: Path
) -> None:
    made = keeping.back_up(place, tmp_path / "kept.db", NOW)
    place.unlink()
    named = f"({made} of 2017-10-01 00:00Z)"
    assert f"put the file or its latest backup {named} back" in faults_of(place)[1]
    place.write_bytes(b"no database" * 1000)
    assert f"copy the latest backup to this name {named}" in faults_of(place)[1]
    place.write_bytes(made.read_bytes())
    engine = ledger.create(place, NOW)
    with engine.begin() as db:
        assert db.execute(text("SELECT count(*) FROM events")).scalar_one() == 2000
        assert db.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
    engine.dispose()

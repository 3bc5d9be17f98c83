"""The chain of events: it links what anybody wrote, and a changed past shows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, Engine, bindparam, create_engine, delete, insert, select, text, update

from notifier.database import Server
from notifier.ledger import chain
from notifier.ledger import engine as ledger
from notifier.ledger.dialects import UtcDateTime
from notifier.ledger.log import record_event
from notifier.ledger.schema import events, metadata

NOW = datetime(2018, 6, 1, 1, 0, 0, 123456, tzinfo=UTC)


on_both = pytest.mark.parametrize(
    "engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty ledger: in a file, unless a test wants one on a server."""
    if getattr(request, "param", "sqlite") == "sqlite":
        made = ledger.create(tmp_path / "ledger.db", NOW)
    else:
        made = ledger.create(Server(request.getfixturevalue("postgres_server").database()), NOW)
    yield made
    made.dispose()


def record(db: Connection, *details: str) -> None:
    for detail in details:
        record_event(db, at=NOW, by="zhang", action="closed", detail=detail)


def walked(engine: Engine, expected: str | None = None) -> chain.Walk:
    with ledger.only_reading(engine).begin() as db:
        return chain.walk(db, expected)


@pytest.fixture
def chained(engine: Engine) -> Engine:
    """A ledger with five events in its chain."""
    with engine.begin() as db:
        record(db, *"abcde")
    chain.link_new(engine)
    return engine


def test_the_hash_is_the_one_that_is_documented() -> None:
    # printf '["", "2018-06-01T01:00:00.123456+00:00", "zhang", "closed", "\\u4e00"]' | sha256sum
    assert (
        chain.hash_of("", NOW, "zhang", "closed", "一")
        == chain.hash_of("", NOW.astimezone(tz=None), "zhang", "closed", "一")
        == "c379716de2fa04fc986f24fa464a74d53b131ab08b8e5c0002dd7fa7436420c5"
    )


@on_both
def test_new_events_are_linked_behind_the_others_and_only_once(chained: Engine) -> None:
    first = walked(chained)
    assert first.head is not None
    assert (first.head.link, first.unlinked, first.faults) == (5, 0, ())
    assert chain.link_new(chained) is None
    with chained.begin() as db:
        record(db, "f", '\0 and 引号"\\ and 😀')
    assert walked(chained).unlinked == 2
    head = chain.link_new(chained)
    assert head == walked(chained, first.head.hash).head
    assert head is not None
    assert (head.link, walked(chained, first.head.hash).expected, walked(chained).faults) == (7, 5, ())


def test_many_events_are_linked_page_by_page(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "PAGE", 3)
    monkeypatch.setattr(chain, "_NEW", chain._NEW.limit(3))
    with engine.begin() as db:
        record(db, *map(str, range(10)))
    head = chain.link_new(engine)
    assert head is not None
    assert (head.link, walked(engine).faults) == (10, ())
    with engine.begin() as db:
        assert list(db.execute(select(events.c.link).order_by(events.c.id)).scalars()) == list(range(1, 11))


@on_both
def test_an_event_that_shows_up_late_with_an_older_number_is_linked_where_it_shows_up(
    chained: Engine,
) -> None:
    with chained.begin() as db:
        db.execute(delete(events).where(events.c.link.is_(None)))
        db.execute(
            insert(events).values(
                id=-1, at=NOW - timedelta(days=1), by="x", action="late", detail="from another host"
            )
        )
    head = chain.link_new(chained)
    assert head is not None
    assert (head.link, head.event, walked(chained).faults) == (6, -1, ())


CHANGES = {
    "a changed word": (update(events).where(events.c.link == 3).values(detail="x"), ["link 3, event 3 of"]),
    "another person": (update(events).where(events.c.link == 3).values(by="li"), ["link 3, event 3 of"]),
    "another moment": (
        update(events).where(events.c.link == 3).values(at=NOW - timedelta(microseconds=1)),
        ["link 3, event 3 of"],
    ),
    "another hash": (
        update(events).where(events.c.link == 3).values(hash="0" * 64),
        ["link 3, event 3 of", "link 4, event 4 of"],
    ),
    "no hash": (
        update(events).where(events.c.link == 5).values(hash=None),
        ["link 5, event 5 of"],
    ),
    "one removed": (delete(events).where(events.c.link == 3), ["link 3 is missing"]),
    "two removed": (delete(events).where(events.c.link.in_([2, 3])), ["links 2 to 3 are missing"]),
    "the first removed": (delete(events).where(events.c.link == 1), ["link 1 is missing"]),
    "one taken out of the chain": (
        update(events).where(events.c.link == 3).values(link=None),
        ["link 3 is missing"],
    ),
}


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_past_shows_and_goes_on_showing(change: object, said: list[str], chained: Engine) -> None:
    with chained.begin() as db:
        db.execute(change)  # type: ignore[call-overload]
    for _ in range(2):
        found = walked(chained)
        assert [fault[: len(part)] for fault, part in zip(found.faults, said, strict=True)] == said
        with chained.begin() as db:
            record(db, "later")
        chain.link_new(chained)  # goes on, and heals nothing


@pytest.mark.parametrize("which", ["the newest removed", "all written anew"])
def test_a_head_that_was_written_down_shows_what_the_chain_alone_cannot(which: str, chained: Engine) -> None:
    kept = walked(chained).head
    assert kept is not None
    with chained.begin() as db:
        if which == "the newest removed":
            db.execute(delete(events).where(events.c.link == 5))
        else:
            db.execute(update(events).where(events.c.link == 2).values(detail="x"))
            db.execute(update(events).values(link=None, hash=None))
    chain.link_new(chained)
    assert walked(chained).faults == ()
    (fault,) = walked(chained, kept.hash).faults
    assert fault.startswith(f"no link has the hash {kept.hash}")


@on_both
def test_a_walk_tells_of_so_many_faults_and_that_there_may_be_more(chained: Engine) -> None:
    with chained.begin() as db:
        db.execute(update(events).values(detail="x"))
        found = chain.walk(db, at_most=2)
    assert len(found.faults) == 3
    assert "perhaps more" in found.faults[-1]


@pytest.mark.parametrize("column", ["at", "detail"])
def test_a_record_that_cannot_be_read_is_a_fault_and_no_crash(column: str, chained: Engine) -> None:
    with chained.begin() as db:
        db.execute(text(f"UPDATE events SET {column} = x'00ff' WHERE link = 3"))
    (fault,) = walked(chained).faults
    assert fault.startswith(("a record can't be read", "link 3, event 3"))


@on_both
def test_the_chain_of_an_earlier_ledger_begins_with_all_that_is_there(engine: Engine, tmp_path: Path) -> None:
    place = tmp_path / "earlier.db"
    older = create_engine(f"sqlite:///{place}") if engine.dialect.name == "sqlite" else engine
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(ledger.__file__).parent / "migrations"))
    facts = [{"id": 3 * n, "at": NOW, "detail": f"第{n}条"} for n in range(1, 1203)]
    with older.begin() as db:
        config.attributes["connection"] = db
        if older is engine:
            metadata.drop_all(db)
            db.execute(text("DROP TABLE alembic_version"))
        command.upgrade(config, "0010")
        add = text("INSERT INTO events VALUES (:id, :at, 'zhang', 'closed', :detail)")
        db.execute(add.bindparams(bindparam("at", type_=UtcDateTime)), facts)
        command.upgrade(config, "0011")
        found = chain.walk(db)
    assert found.head is not None
    assert (found.head.link, found.head.event, found.unlinked, found.faults) == (1202, 3606, 0, ())
    with older.begin() as db:  # the same as if they had been linked by a plan pass
        db.execute(update(events).values(link=None, hash=None))
    linked = chain.link_new(older)
    assert linked is not None
    assert linked.hash == found.head.hash
    older.dispose()

"""The ledger's own column types."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Connection, MetaData, Table, create_engine, insert, select
from sqlalchemy.exc import StatementError

from notifier.ledger.dialects import UtcDateTime

_table = Table("moments", MetaData(), Column("at", UtcDateTime))


@pytest.fixture
def db() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        _table.create(connection)
        yield connection
    engine.dispose()


def test_an_instant_comes_back_aware_and_equal_whatever_its_zone(db: Connection) -> None:
    beijing = datetime(2017, 12, 29, 9, 0, tzinfo=timezone(timedelta(hours=8)))
    db.execute(insert(_table).values(at=beijing))
    back = db.execute(select(_table.c.at)).scalar_one()
    assert back == beijing
    assert back.tzinfo is UTC


def test_a_naive_time_is_refused(db: Connection) -> None:
    with pytest.raises(StatementError, match="no time zone"):
        db.execute(insert(_table).values(at=datetime(2017, 12, 29, 9, 0)))  # noqa: DTZ001


def test_instants_of_different_zones_compare_by_moment(db: Connection) -> None:
    nine_in_beijing = datetime(2017, 12, 29, 9, 0, tzinfo=timezone(timedelta(hours=8)))
    db.execute(insert(_table).values(at=nine_in_beijing))
    just_after = datetime(2017, 12, 29, 1, 0, 1, tzinfo=UTC)
    assert db.execute(select(_table.c.at).where(_table.c.at < just_after)).first() is not None

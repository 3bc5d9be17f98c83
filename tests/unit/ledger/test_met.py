"""Faults wait in memory while the ledger can't be written, and one that lasts is recorded once a day."""

from datetime import UTC, datetime, timedelta

import pytest

from notifier.ledger.engine import in_memory
from notifier.ledger.met import FaultsMet
from notifier.ledger.ops import happened

NOW = datetime(2018, 3, 1, tzinfo=UTC)


def test_a_fault_is_recorded_with_its_own_time_once_a_day() -> None:
    engine, met = in_memory(NOW), FaultsMet("pass_fault")
    for minute in range(3 * 24 * 60):
        met.add(NOW + timedelta(minutes=minute), "plan: disk full\n[SQL: …]")
    met.write(engine)
    met.write(engine)
    with engine.begin() as db:
        found = happened(db, NOW, "pass_fault")
    assert [(at, text) for _, at, text in found] == [
        (NOW + timedelta(days=day), "plan: disk full") for day in range(3)
    ]
    engine.dispose()


def test_what_could_not_be_written_is_written_later() -> None:
    broken, engine, met = in_memory(NOW), in_memory(NOW), FaultsMet("pass_fault")
    with broken.begin() as db:
        db.exec_driver_sql("DROP TABLE events")
    met.add(NOW, "ledger: disk full")
    with pytest.raises(Exception, match="no such table"):
        met.write(broken)
    met.write(engine)
    with engine.begin() as db:
        assert len(happened(db, NOW, "pass_fault")) == 1
    for each in (broken, engine):
        each.dispose()


def test_however_many_ways_there_are_to_fail_a_day_is_bounded() -> None:
    engine, met = in_memory(NOW), FaultsMet("pass_fault")
    for number in range(1_000):
        met.add(NOW, f"fault {number}")
    met.write(engine)
    with engine.begin() as db:
        assert len(happened(db, NOW, "pass_fault")) == 20
    engine.dispose()

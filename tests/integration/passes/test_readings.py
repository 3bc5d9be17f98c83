"""A start with readings kept from the one before: it sees all that a start without them sees."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from notifier.app import build
from notifier.intake import document
from notifier.ledger.schema import plans, tasks
from tests.desk import Desk
from tests.office import ALWAYS, CONFIG, CONTACTS, TEACHERS, Row

SOON: Row = ("整改。", "省教育厅", "择机推进")
ROWS = (TEACHERS, ALWAYS, SOON)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the documents that were really read."""
    names: list[str] = []
    read = document._read

    def told(suffix: str, data: bytes, name: str) -> object:
        names.append(name)
        return read(suffix, data, name)

    monkeypatch.setattr(document, "_read", told)
    return names


def as_adopted(desk: Desk) -> tuple[Any, ...]:
    """Return what the ledger holds of the documents, and who is told, and what needs a person."""
    with desk.passes.engine.begin() as db:
        columns = [
            tasks.c[name] for name in ("ref", "section", "text", "units", "timing", "rule", "why", "state")
        ]
        held = [tuple(row) for row in db.execute(select(*columns).order_by(tasks.c.id))]
        read = [tuple(row) for row in db.execute(select(plans.c.hash, plans.c.read))]
    setting = desk.app.setting
    told = [
        task.roster(setting.directory_at(desk.clock()), "all")
        for entry in desk.app.book
        for task in entry.tasks
    ]
    return held, read, told, desk.app.preflight(desk.clock())


CHANGES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a task's text": {"rows": (TEACHERS, ("普及学前教育。", *ALWAYS[1:]), SOON)},
    "a task's time": {"rows": (TEACHERS, (*ALWAYS[:2], "2019年6月底前完成"), SOON)},
    "a task more": {"rows": (*ROWS, ("建立制度。", "财政厅", "2019年6月底前完成"))},
    "a contact": {"contacts": CONTACTS[:1]},
    "an alias": {"extra": '[aliases]\n"省财政厅" = "省教育厅"\n'},
    "a group": {"config": CONFIG.replace('"洛阳市政府"', '"开封市政府"')},
    "an answer to a phrase": {"extra": '[timing.phrases]\n"择机推进" = "due 2018-12-31"\n'},
    "a time by a person": {"extra": '[plans.plan.tasks."2"]\ntiming = "due 2018-12-31"\n'},
    "units by a person": {"extra": '[plans.plan.tasks."2"]\nunits = "省教育厅"\n'},
    "when it was issued": {"config": CONFIG.replace("2017-10-01", "2016-10-01")},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_start_with_readings_finds_what_a_start_without_finds(
    desk: Desk, reads: list[str], change: dict[str, Any]
) -> None:
    desk.open(rows=ROWS)
    before = as_adopted(desk)
    desk.app.keep_readings()
    desk.open(**{"rows": ROWS, **change})
    with_readings = as_adopted(desk)
    assert len(reads) == (2 if change.get("rows") else 1)
    desk.app.config.readings_file.unlink()
    desk.open(**{"rows": ROWS, **change})
    assert as_adopted(desk) == with_readings
    assert (with_readings == before) is (not change)


@pytest.mark.ledgers("postgresql")
def test_readings_stand_beside_the_configuration_where_the_ledger_is_on_a_server(
    desk: Desk, reads: list[str]
) -> None:
    extra = """[service]
engine = "cluster"
database = "postgresql+psycopg://notifier@db.example.org/notifier"
"""
    desk.open(rows=ROWS, extra=extra)
    place = desk.app.config.readings_file
    assert place == desk.folder / "var" / "notifier.db.readings"
    place.parent.mkdir()
    desk.app.keep_readings()
    held = as_adopted(desk)
    desk.open(rows=ROWS, extra=extra)
    assert as_adopted(desk) == held
    desk.open(rows=(TEACHERS,), extra=extra)
    assert as_adopted(desk) != held
    assert len(reads) == 2


def test_a_reload_keeps_what_it_read(desk: Desk, reads: list[str]) -> None:
    desk.open(rows=ROWS)
    desk.app.keep_readings()
    for rows in ((TEACHERS,), (TEACHERS,)):
        desk.open(rows=rows)
        desk.app.keep_readings()
    assert len(reads) == 2


def test_what_is_recalled_keeps_nothing(desk: Desk) -> None:
    desk.open(rows=ROWS)
    replace(desk.app, book=(), is_recalled=True).keep_readings()
    assert not desk.app.config.readings_file.exists()


def test_commands_profit_and_leave_the_file_alone(desk: Desk, reads: list[str]) -> None:
    desk.open(rows=ROWS)
    desk.app.keep_readings()
    place = desk.app.config.readings_file
    before = place.stat().st_ino, place.read_bytes()
    assert build(desk.app.config, desk.clock).book == desk.app.book
    assert len(reads) == 1
    assert (place.stat().st_ino, place.read_bytes()) == before

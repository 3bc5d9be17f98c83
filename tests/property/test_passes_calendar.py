"""What holds for the passes whatever the calendar does: nothing lost, nothing doubled."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from notifier.app import App, Passes, build
from notifier.ledger import engine as ledger
from notifier.ledger.schema import reminders, tasks
from notifier.ledger.tasks import tasks_of
from notifier.passes.plan import context_of, rule_of
from notifier.passes.setting import setting_of
from notifier.timing.checkpoint import Checkpoint
from notifier.timing.stream import between
from tests.clock import SettableClock
from tests.fakes import RecordingTransport
from tests.office import ALWAYS, CONTACTS, TEACHERS, beijing, office

_DAYS = st.dates(date(2018, 5, 20), date(2018, 7, 20))
_ROWS = (TEACHERS, ALWAYS, ("按月调度。", "省财政厅", "每月15日前报送"))
_START, _END = beijing("2018-05-01T00:00"), beijing("2018-08-01T12:00")


def _apps(off: Iterable[date], work: Iterable[date]) -> tuple[App, App]:
    """Return the same office before and after its calendar was changed."""
    with tempfile.TemporaryDirectory() as folder:
        before = build(office(Path(folder), rows=_ROWS, contacts=CONTACTS[:2]))
        listed = "".join(
            f"{name} = [{', '.join(map(str, days))}]\n" for name, days in (("off", off), ("work", work))
        )
        config = office(Path(folder), rows=_ROWS, contacts=CONTACTS[:2], extra=f"[calendar]\n{listed}")
    setting = setting_of(config, before.setting.directory, list(before.setting.contacts.values()))
    return before, replace(before, config=config, setting=setting)


def _run(passes: Passes, clock: SettableClock, end: datetime) -> None:
    """Run both passes at every moment that they ask for, before `end`."""
    while clock() < end:
        moments = [passes.plan(clock()).next_at, passes.send().next_at]
        clock.set(min([end, *(moment for moment in moments if moment is not None)]))


def _stream(engine: Engine, app: App, since: datetime, until: datetime) -> Iterator[tuple[str, Checkpoint]]:
    with engine.begin() as db:
        found = tasks_of(db)
    for task in found:
        for checkpoint in between(rule_of(task.rule), context_of(task, app.setting), since, until):
            yield task.ref, checkpoint


@pytest.mark.slow
@settings(max_examples=8)  # an example runs an office for three months
@given(
    changed_on=_DAYS,
    off=st.frozensets(_DAYS, max_size=12),
    work=st.frozensets(_DAYS, max_size=12),
)
def test_a_changed_calendar_loses_and_doubles_nothing(
    changed_on: date, off: frozenset[date], work: frozenset[date]
) -> None:
    """What is still to come, and what was owed and slipped behind the mark, is told once or folded into newer."""
    before, after = _apps(off, work - off)
    clock, changed = SettableClock(_START), beijing(f"{changed_on}T07:00")
    engine = ledger.in_memory(_START)
    passes = before.passes(engine, RecordingTransport(), clock=clock)
    passes.adopt(_START)
    _run(passes, clock, changed)
    owed = {(ref, checkpoint.key) for ref, checkpoint in _stream(engine, before, changed, _END)}

    passes = after.passes(engine, RecordingTransport(), clock=clock)
    passes.adopt(changed)
    _run(passes, clock, _END)
    ahead = {(ref, checkpoint.key) for ref, checkpoint in _stream(engine, after, changed, _END)}
    slipped = [  # now behind the mark, and never told
        (ref, checkpoint)
        for ref, checkpoint in _stream(engine, after, _START, changed)
        if (ref, checkpoint.key) in owed
    ]

    columns = (tasks.c.ref, reminders.c.checkpoint, reminders.c.contact, reminders.c.state, reminders.c.at)
    with engine.begin() as db:
        rows = [tuple(row) for row in db.execute(select(*columns).select_from(reminders.join(tasks)))]
    engine.dispose()
    recorded = {(ref, key) for ref, key, *_ in rows}
    assert ahead <= recorded
    assert max(Counter((ref, key, who) for ref, key, who, state, _ in rows if state == "sent").values()) == 1
    assert "planned" not in {state for *_, state, _ in rows}
    for ref, checkpoint in slipped:
        if (ref, checkpoint.key) not in recorded:
            of_its_date = [
                at for task, key, _, _, at in rows if task == ref and key.endswith(f"@{checkpoint.nominal}")
            ]
            assert max(of_its_date) >= checkpoint.at

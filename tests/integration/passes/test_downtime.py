"""The example plan after days, weeks and months of downtime: each reminder once, one digest a contact, late."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from notifier.app import App, Passes, build
from notifier.config import load
from notifier.ledger import engine as ledger
from notifier.ledger.schema import messages, reminders
from notifier.ledger.tasks import tasks_of
from notifier.passes.owed import hears
from notifier.passes.plan import context_of, recipients_of, rule_of
from notifier.passes.slots import is_open, next_slot
from notifier.share import share
from notifier.timing.stream import between
from tests.clock import SettableClock
from tests.fakes import RecordingTransport
from tests.office import beijing

Key = tuple[int, str, str]
ENDS = {"sent", "superseded", "expired", "unreachable"}


class Office:
    """The example at work by a clock that is set."""

    def __init__(self, folder: Path) -> None:
        self.clock = SettableClock(beijing("2017-10-09T09:00"))
        self.transport = RecordingTransport()
        self.app: App = build(load(share("config.toml")), self.clock)
        self.engine: Engine = ledger.create(folder / "ledger.db", self.clock())
        self.passes: Passes = self.app.passes(self.engine, self.transport, rehearsed=True)
        self.passes.adopt(self.clock())

    def run(self, end: datetime) -> None:
        """Run both passes whenever they ask for it, until `end`."""
        while self.clock() < end:
            moments = [self.passes.plan(self.clock()).next_at, self.passes.send().next_at]
            self.clock.set(min([end, *(moment for moment in moments if moment is not None)]))

    def owed(self, since: datetime, until: datetime) -> Counter[Key]:
        """Return what rules and directory owe of (since, until]."""
        found: Counter[Key] = Counter()
        with self.engine.begin() as db:
            tasks = tasks_of(db)
        for task in tasks:
            people = recipients_of(task, self.app.setting, until)
            for checkpoint in between(rule_of(task.rule), context_of(task, self.app.setting), since, until):
                found.update(
                    (task.id, checkpoint.key, who.key) for who in people if hears(who, checkpoint.kind)
                )
        return found

    def states(self) -> dict[Key, tuple[str, datetime]]:
        """Return what became of each reminder, and when it fell due."""
        columns = (reminders.c.task_id, reminders.c.checkpoint, reminders.c.contact)
        with self.engine.begin() as db:
            rows = db.execute(select(*columns, reminders.c.state, reminders.c.at)).all()
        return {tuple(row[:3]): tuple(row[3:]) for row in rows}


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    """The example on the evening of 2017-12-20, before the reports of the year are announced."""
    made = Office(tmp_path)
    made.run(beijing("2017-12-20T18:00"))
    yield made
    made.engine.dispose()


@pytest.mark.slow
@pytest.mark.parametrize("days", [3, 20, 120])
def test_after_downtime_each_reminder_ends_once_and_each_contact_gets_one_digest(
    at_work: Office, days: int
) -> None:
    stopped = at_work.clock()
    before = at_work.states()
    sent_before = len(at_work.transport.sent)
    back = stopped.replace(hour=2) + timedelta(days=days)  # ten o'clock, perhaps on a day off
    at_work.clock.set(back)
    at_work.passes.plan(back)
    setting = at_work.app.setting
    at_work.run((back if is_open(setting, back) else next_slot(setting, back)) + timedelta(hours=1))

    owed = at_work.owed(stopped, back)
    after = at_work.states()
    assert set(owed.values()) == {1}
    fell_due = {key: state for key, (state, at) in after.items() if key not in before and at <= back}
    assert set(fell_due) == set(owed)
    assert set(fell_due.values()) <= ENDS
    assert {key: after[key] for key in before} == before

    mails = at_work.transport.sent[sent_before:]
    assert mails
    assert set(Counter(mail.address for mail in mails).values()) == {1}
    assert len({mail.message_id for mail in at_work.transport.sent}) == len(at_work.transport.sent)
    with at_work.engine.begin() as db:
        assert db.execute(select(messages.c.id).where(messages.c.state != "accepted")).all() == []

    cap = setting.catch_up
    told = {key for key, state in fell_due.items() if state == "sent"}
    assert told
    assert all(back - after[key][1] < cap for key in told)
    expired = {key for key, state in fell_due.items() if state == "expired"}
    assert all(back - after[key][1] >= cap for key in expired)
    assert bool(expired) == (days > 30)

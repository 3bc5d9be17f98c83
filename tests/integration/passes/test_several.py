"""Several processes at once on one ledger, which is on a PostgreSQL server."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete, select, text, update

from notifier.ledger import engine as ledger
from notifier.ledger import outbox
from notifier.ledger.schema import events, messages, plans, reminders, tasks
from notifier.ledger.tasks import due_tasks
from notifier.passes import plan as planning
from tests.desk import Desk
from tests.office import TEACHERS, beijing

pytestmark = pytest.mark.ledgers("postgresql")

TASKS = 60
CONTACTS = ("wang@example.org", "li@example.org")
SLOT = beijing("2018-05-30T09:00")


def at_once(desk: Desk, work: Callable[[Engine], object], how_many: int) -> None:
    """Do some work as so many processes would, each with connections of its own; raise what one of them raised."""
    assert desk.server is not None
    engines = [ledger.create(desk.server, desk.clock()) for _ in range(how_many)]
    start = threading.Barrier(how_many)
    faults: list[BaseException] = []

    def run(engine: Engine) -> None:
        try:
            start.wait(10)
            work(engine)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for engine in engines:
        engine.dispose()
    assert faults == []


def test_processes_that_plan_at_once_plan_once_and_split_no_digest(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "DUE_PAGE", 5)
    desk.open(rows=(TEACHERS,) * TASKS)
    domain, setting = desk.app.config.mail.domain, desk.app.setting
    at_once(desk, lambda engine: planning.plan(engine, setting, domain, SLOT), 4)
    owed = desk.rows(reminders.c.contact, reminders.c.message_id, checkpoint="due-30d@2018-06-30")
    assert len(owed) == TASKS * len(CONTACTS)
    carried = Counter(owed)
    assert set(carried.values()) == {TASKS}, "a contact's reminders are in one message"
    assert None not in {message for _, message in carried}
    assert sorted(desk.mails(messages.c.contact)) == [(contact,) for contact in sorted(CONTACTS)]


def test_hosts_that_start_at_once_import_a_plan_once(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    with desk.passes.engine.begin() as db:
        for table in (reminders, tasks, plans, events):
            db.execute(delete(table))
    at_once(desk, lambda engine: desk.app.passes(engine, desk.transport).adopt(desk.clock()), 4)
    with desk.passes.engine.begin() as db:
        assert db.execute(select(tasks.c.ref)).all() == [("1",)]
        assert [row.action for row in db.execute(select(events.c.action))] == ["imported"]


def test_processes_that_send_at_once_send_each_mail_once(desk: Desk) -> None:
    contacts = [f"省教育厅,王{number},wang{number}@example.org,primary" for number in range(40)]
    desk.open(rows=(TEACHERS,), contacts=contacts)
    desk.clock.set(SLOT)
    desk.passes.plan(SLOT)
    taken: Counter[int] = Counter()

    def claim(engine: Engine) -> None:
        while True:
            with engine.begin() as db:
                claimed = outbox.claim(db, f"process {threading.get_ident()}", SLOT, 3)
            if not claimed:
                return
            taken.update(message.id for message in claimed)

    at_once(desk, claim, 4)
    assert len(taken) == 40
    assert set(taken.values()) == {1}


def test_a_mail_in_another_process_s_hands_is_passed_by_and_not_waited_for(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.clock.set(SLOT)
    desk.passes.plan(SLOT)
    engine = desk.passes.engine
    with ledger.beside(engine).begin() as other:
        (held,) = other.execute(select(messages.c.id).limit(1).with_for_update()).one()
        with engine.begin() as db:
            db.execute(text("SET LOCAL lock_timeout = '1s'"))
            claimed = outbox.claim(db, "me", SLOT, 10)
    assert len(claimed) == len(CONTACTS) - 1
    assert held not in {message.id for message in claimed}


def test_a_claim_of_a_process_that_died_is_taken_over_and_known_to_be_uncertain(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.clock.set(SLOT)
    desk.passes.plan(SLOT)
    with desk.passes.engine.begin() as db:
        first, second = outbox.claim(db, "the dead", SLOT, 10)
        db.execute(update(messages).where(messages.c.id == first.id).values(begun=True))
    with desk.passes.engine.begin() as db:
        assert outbox.claim(db, "me", SLOT + timedelta(minutes=1), 10) == []
        heirs = outbox.claim(db, "me", SLOT + outbox.LEASE, 10)
    assert {message.id: message.uncertain for message in heirs} == {first.id: True, second.id: False}


def test_a_command_waits_for_a_pass_and_sees_what_it_did(desk: Desk) -> None:
    """SQLite's one writer is what the passes and commands count on: here it is the database's lock."""
    assert desk.server is not None
    desk.open(rows=(TEACHERS,))
    other = ledger.create(desk.server, desk.clock())
    seen: list[int] = []

    def command() -> None:
        with other.begin() as db:
            seen.append(len(db.execute(select(reminders.c.id)).all()))

    waiting = threading.Thread(target=command)
    with desk.passes.engine.begin() as db:
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        planning._plan_page(db, due_tasks(db, SLOT, 10), planning._Reckoning(desk.app.setting, SLOT))
    waiting.join(10)
    assert seen == [len(CONTACTS)]
    other.dispose()

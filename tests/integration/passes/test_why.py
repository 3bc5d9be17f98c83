"""What an inquiry finds in a ledger of either kind; every reason for itself is in cli/test_why.py."""

from datetime import date

import pytest

from notifier.ledger import tasks
from notifier.ledger.log import register_daemon, update_daemon
from notifier.passes import suspending
from notifier.passes.outcomes import Outcome
from notifier.passes.why import Answer, Inquiry
from tests.desk import Desk
from tests.office import TEACHERS, beijing

WANG = "wang@example.org"


def inquire(desk: Desk) -> list[Answer]:
    with desk.passes.engine.begin() as db:
        [task] = tasks.tasks_of(db)
        inquiry = Inquiry(
            db=db,
            task=task,
            keys=(WANG, "unit:省教育厅"),
            setting=desk.app.setting,
            brake=desk.app.brake,
            now=desk.clock(),
        )
        return inquiry.answers()


@pytest.mark.ledgers("sqlite", "postgresql")
def test_what_was_is_and_comes_is_told_of_each_checkpoint(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,)).at("2018-05-30T09:00")
    suspending.suspend(desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops")
    desk.clock.set(beijing("2018-06-25T09:00"))
    suspending.resume(desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops")
    assert [(answer.checkpoint, answer.outcome) for answer in inquire(desk)] == [
        ("due-1d@2018-06-30", Outcome.NOT_YET),
        ("due-7d@2018-06-30", Outcome.SUSPENDED),
        ("due-30d@2018-06-30", Outcome.SENT),
    ]


def test_a_mail_that_named_but_one_unit_of_a_contact_is_told_so(desk: Desk) -> None:
    both = ("省教育厅,王一,wang@example.org,primary", "省财政厅,王一,wang@example.org,primary")
    desk.open(rows=(TEACHERS,), contacts=both)
    now = desk.clock()
    how = {"by": "ops", "unit": "省财政厅", "until": date(2018, 6, 1)}
    suspending.suspend(desk.passes.engine, "1", desk.app.setting, now, **how)  # type: ignore[arg-type]
    desk.at("2018-05-30T09:00").at("2018-06-22T09:00")
    second, first = inquire(desk)[-2:]
    assert (first.outcome, second.outcome) == (Outcome.SENT, Outcome.SENT)
    assert "; for 省教育厅 alone" in first.why
    assert "alone" not in second.why


def test_mail_that_is_due_and_goes_nowhere_has_the_daemons_fault(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.clock.set(beijing("2018-05-30T09:00"))
    now = desk.clock()
    desk.passes.plan(now)
    with desk.passes.engine.begin() as db:
        register_daemon(db, "host", 7, now, config_hash="hash", preflight=0)
        update_daemon(db, "host", 7, fault="the mail server can't be used")
    waits = inquire(desk)[-1]
    assert waits.outcome is Outcome.WAITING
    assert waits.why.endswith("due since 2018-05-30 09:00; the daemon says: the mail server can't be used")

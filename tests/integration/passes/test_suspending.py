"""A suspended task rests: what waits is withdrawn, what falls due meanwhile is never made up, and then it goes on."""

from datetime import date

import pytest
from sqlalchemy import select, update

from notifier.errors import UsageError
from notifier.ledger.schema import events, messages, reminders, suspensions, tasks
from notifier.passes import closing, suspending
from tests.desk import Desk
from tests.office import ALWAYS, CONFIG, CONTACTS, TEACHERS, beijing

WANG, LI = "wang@example.org", "li@example.org"
OTHER_POLICY = (
    "[policy]\nreport_overdue = true\n"  # with it, what is owed of the last 30 days is compared anew
)


def suspend(desk: Desk, name: str = "1", **how: object) -> suspending.Suspending:
    now = desk.clock()
    return suspending.suspend(desk.passes.engine, name, desk.app.setting, now, by="ops", **how)  # type: ignore[arg-type]


def resume(desk: Desk, name: str = "1", unit: str | None = None) -> suspending.Resumed:
    return suspending.resume(desk.passes.engine, name, desk.app.setting, desk.clock(), by="ops", unit=unit)


def told(desk: Desk, contact: str = WANG) -> list[tuple[str, str, str | None]]:
    columns = (reminders.c.checkpoint, reminders.c.state, reminders.c.reason)
    return desk.rows(*columns, contact=contact)


def state_of(desk: Desk) -> str:
    with desk.passes.engine.begin() as db:
        return str(db.execute(select(tasks.c.state)).scalar_one())


@pytest.mark.ledgers("sqlite", "postgresql")
def test_what_waits_is_withdrawn_and_nothing_falls_due_while_it_rests(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.clock.set(beijing("2018-05-31T08:59"))
    desk.at("2018-05-30T09:00")  # the lead of 30 days before 2018-06-29
    assert desk.sent_to()[WANG] == 1
    desk.clock.set(beijing("2018-06-22T09:00"))
    desk.passes.plan(desk.clock())  # that of 7 days waits in a message
    assert suspend(desk, note="考核暂停").withdrawn == 2
    desk.passes.send()
    assert state_of(desk) == "suspended"
    assert [state for (state,) in desk.mails(messages.c.state)] == ["accepted"] * 2 + ["dropped"] * 2
    desk.at("2018-06-28T09:00").at("2018-06-29T09:00").at("2018-07-02T09:00")
    assert desk.sent_to()[WANG] == 1
    assert told(desk)[-1] == ("due-7d@2018-06-30", "withdrawn", "suspended by ops on 2018-06-22")
    with desk.passes.engine.begin() as db:
        assert db.execute(select(suspensions.c.by, suspensions.c.note)).one() == ("ops", "考核暂停")
        assert "plan/1 all units: 考核暂停" in db.execute(select(events.c.detail)).scalars().all()


@pytest.mark.ledgers("sqlite", "postgresql")
def test_it_goes_on_from_the_resumption_and_sends_no_burst(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.at("2018-05-30T09:00")
    desk.clock.set(beijing("2018-06-22T09:00"))
    desk.passes.plan(desk.clock())
    suspend(desk)
    desk.at("2018-06-22T09:01").at("2018-06-29T09:00")
    desk.clock.set(beijing("2018-07-03T10:00"))
    # Of each of the two: the lead that waited, that of a day, the due, and two overdue notices.
    assert resume(desk).passed == 2 * 5
    desk.at("2018-07-03T10:01")
    assert desk.sent_to()[WANG] == 1
    desk.open(rows=(TEACHERS,), extra=OTHER_POLICY)
    desk.at("2018-07-03T10:02").at("2018-07-04T09:00")
    assert desk.sent_to()[WANG] == 2
    then = ("expired", "the task was suspended then")
    assert [(key, *more) for key, *more in told(desk)] == [
        ("due-30d@2018-06-30", "sent", None),
        ("due-7d@2018-06-30", *then),
        ("due-1d@2018-06-30", *then),
        ("due@2018-06-30", *then),
        ("overdue-1@2018-06-30", *then),
        ("overdue-2@2018-06-30", *then),
        ("overdue-3@2018-06-30", "sent", None),
    ]


@pytest.mark.ledgers("sqlite", "postgresql")
def test_a_day_given_ends_it_by_itself_also_when_nobody_looked_for_weeks(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.at("2018-05-30T09:00")
    suspend(desk, until=date(2018, 6, 28))
    outcome = desk.passes.plan(desk.clock())
    assert outcome.next_at == beijing("2018-06-28T00:00")
    desk.at("2018-06-22T09:00")
    assert state_of(desk) == "suspended"
    desk.at("2018-06-29T09:00")  # the daemon was down from the 22nd on
    assert state_of(desk) == "open"
    assert told(desk)[1:] == [
        ("due-7d@2018-06-30", "expired", "the task was suspended then"),
        ("due-1d@2018-06-30", "superseded", "folded into due@2018-06-30"),
        ("due@2018-06-30", "sent", None),
    ]


def test_a_rest_that_ends_once_its_plan_is_no_longer_listed_reminds_nobody(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    suspend(desk, until=date(2018, 6, 1))
    listed = CONFIG.partition("[groups]")
    desk.open(config=listed[1] + listed[2])
    desk.at("2018-06-01T09:00").at("2018-06-22T09:00")
    assert state_of(desk) == "open"
    assert not desk.sent_to()
    desk.open(rows=(TEACHERS,))
    desk.at("2018-06-28T09:00")
    assert desk.sent_to()[WANG] == 1


def test_a_rest_of_a_task_whose_rule_cannot_be_read_ends_and_holds_up_no_other(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.open(rows=(TEACHERS, TEACHERS))
    suspend(desk, until=date(2018, 5, 1))
    with desk.passes.engine.begin() as db:
        db.execute(update(tasks).where(tasks.c.ref == "1").values(rule="as another release wrote it"))
    desk.at("2018-05-30T09:00")
    assert desk.sent_to()[WANG] == 1
    assert "Task plan/1 can't be planned" in caplog.text


@pytest.mark.ledgers("sqlite", "postgresql")
def test_a_rest_that_cannot_be_ended_holds_up_no_other_and_nothing_spins(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.open(rows=(TEACHERS, (*TEACHERS[:2], "2018年7月底前完成")))
    for name in ("1", "2"):
        suspend(desk, name, until=date(2018, 6, 1))
    with desk.passes.engine.begin() as db:
        db.execute(update(tasks).where(tasks.c.ref == "1").values(units={"text": "lost"}))
    desk.clock.set(beijing("2018-06-28T09:00"))
    outcome = desk.passes.plan(desk.clock())
    assert "task_broken" in {getattr(record, "action", "") for record in caplog.records}
    assert outcome.next_at is not None
    assert outcome.next_at > desk.clock()
    with desk.passes.engine.begin() as db:
        assert db.execute(select(tasks.c.ref, tasks.c.state).order_by(tasks.c.ref)).all() == [
            ("1", "suspended"), ("2", "open"),
        ]  # fmt: skip
        assert db.execute(select(suspensions.c.ended.is_(None)).order_by(suspensions.c.id)).scalars().all() == [
            True, False,
        ]  # fmt: skip


@pytest.mark.ledgers("sqlite", "postgresql")
def test_one_unit_rests_and_the_others_hear_of_the_task(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.clock.set(beijing("2018-05-30T09:00"))
    desk.passes.plan(desk.clock())
    assert suspend(desk, unit="省财政厅").withdrawn == 1
    desk.passes.send()
    desk.at("2018-06-22T09:00")
    assert (desk.sent_to()[WANG], desk.sent_to()[LI]) == (2, 0)
    desk.clock.set(beijing("2018-06-25T12:00"))
    assert resume(desk, unit="省财政厅").passed == 2
    desk.open(rows=(TEACHERS,), extra=OTHER_POLICY)
    desk.at("2018-06-28T09:00")
    assert (desk.sent_to()[WANG], desk.sent_to()[LI]) == (3, 1)
    assert [state for _, state, _ in told(desk, LI)] == ["expired", "expired", "sent"]


def test_a_contact_of_two_units_is_told_for_the_one_that_does_not_rest(desk: Desk) -> None:
    both = ("省教育厅,王一,wang@example.org,primary", "省财政厅,王一,wang@example.org,primary")
    desk.open(rows=(TEACHERS,), contacts=both)
    desk.clock.set(beijing("2018-05-30T09:00"))
    desk.passes.plan(desk.clock())
    assert suspend(desk, unit="省财政厅").withdrawn == 0
    desk.passes.send()
    assert desk.rows(reminders.c.units, reminders.c.state) == [(["省教育厅"], "sent")]


def test_a_task_that_rests_stays_so_over_a_new_edition_and_its_absence(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    suspend(desk)
    desk.open(rows=(("培训教师。", "省教育厅、财政厅", "2018年9月底前完成"),))
    assert state_of(desk) == "suspended"
    desk.open(rows=(ALWAYS,))
    desk.open(rows=(TEACHERS,))
    with desk.passes.engine.begin() as db:
        states = dict(db.execute(select(tasks.c.timing, tasks.c.state)).all())
    assert states == {TEACHERS[2]: "suspended", ALWAYS[2]: "vanished"}
    desk.at("2018-06-29T09:00")
    assert not desk.sent_to()


def test_closing_ends_it_and_reopening_opens_the_task(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    suspend(desk)
    now = desk.clock()
    how = {"by": "ops", "unit": None, "report": None}
    with pytest.raises(UsageError, match="is suspended already"):
        suspend(desk, unit="省财政厅")
    with pytest.raises(UsageError, match="is suspended for all units: resume it without --unit"):
        resume(desk, unit="省财政厅")
    closing.close(desk.passes.engine, "1", desk.app.setting, now, **how)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="is closed: there is nothing to suspend"):
        suspend(desk)
    with pytest.raises(UsageError, match="isn't suspended"):
        resume(desk)
    closing.reopen(desk.passes.engine, "1", desk.app.setting, now, by="ops", unit=None)
    assert state_of(desk) == "open"


def test_what_rested_before_the_task_was_closed_and_reopened_is_not_made_up(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.at("2018-05-30T09:00")
    desk.clock.set(beijing("2018-06-22T09:00"))
    desk.passes.plan(desk.clock())  # the lead of 7 days waits
    suspend(desk)
    desk.at("2018-06-28T09:00")  # that of a day falls due while it rests
    desk.clock.set(beijing("2018-06-28T10:00"))
    how = {"setting": desk.app.setting, "now": desk.clock(), "by": "ops", "unit": None}
    closing.close(desk.passes.engine, "1", report=None, **how)  # type: ignore[arg-type]
    closing.reopen(desk.passes.engine, "1", **how)  # type: ignore[arg-type]
    desk.at("2018-06-28T10:01")
    assert desk.sent_to()[WANG] == 1
    rested = ("expired", "the task was suspended then")
    assert [row[1:] for row in told(desk) if row[0] in ("due-7d@2018-06-30", "due-1d@2018-06-30")][-2:] == [
        rested, rested,
    ]  # fmt: skip
    desk.at("2018-06-29T09:00")
    assert desk.sent_to()[WANG] == 2


def test_what_waited_when_it_was_suspended_is_not_owed_again_by_a_reopening(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.at("2018-05-30T09:00")
    desk.clock.set(beijing("2018-06-22T09:00"))
    desk.passes.plan(desk.clock())  # the lead of 7 days waits
    suspend(desk)
    how = {"setting": desk.app.setting, "now": desk.clock(), "by": "ops", "unit": None}
    closing.close(desk.passes.engine, "1", report=None, **how)  # type: ignore[arg-type]
    closing.reopen(desk.passes.engine, "1", **how)  # type: ignore[arg-type]
    desk.at("2018-06-22T10:00").at("2018-06-25T09:00")
    assert desk.sent_to()[WANG] == 1
    assert told(desk)[-1] == ("due-7d@2018-06-30", "expired", "the task was suspended then")


@pytest.mark.parametrize("until", [date(2017, 10, 1), date(1999, 1, 1), date(2070, 1, 1)])
def test_a_day_that_is_not_ahead_is_refused(desk: Desk, until: date) -> None:
    desk.open(rows=(TEACHERS,))
    with pytest.raises(UsageError, match=r"is no day ahead|is too far ahead"):
        suspend(desk, until=until)
    assert state_of(desk) == "open"


def test_a_resting_task_leaves_the_others_of_a_digest_in_it(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, ALWAYS), contacts=CONTACTS)
    desk.at("2018-05-30T09:00")
    desk.clock.set(beijing("2018-06-22T09:00"))
    desk.passes.plan(desk.clock())  # task 1 by 7 days, task 2 by five working days before 2018-06-29
    suspend(desk)
    desk.passes.send()
    later = desk.rows(tasks.c.ref, reminders.c.state, contact=WANG, nominal=date(2018, 6, 30))[1:]
    assert sorted(later) == [("1", "withdrawn"), ("2", "sent")]

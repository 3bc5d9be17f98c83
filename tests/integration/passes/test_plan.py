"""The plan pass and the adoption on a real SQLite file: who is owed what, in which slot."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from notifier.ledger.schema import events, messages, reminders, tasks
from notifier.passes import closing
from tests.desk import IMPORT, Desk
from tests.office import ALWAYS, CONFIG, CONTACTS, TEACHERS, beijing, office, passes_of

QUARTER = beijing("2017-12-29T09:00")


def test_each_contact_gets_one_digest_in_a_slot_with_all_their_tasks(desk: Desk) -> None:
    desk.open(rows=(ALWAYS, ("另一项。", "省教育厅", "持续实施"))).at("2017-12-29T09:00")
    assert desk.sent_to() == {"wang@example.org": 1, "zhang@example.org": 1, "zhao@example.org": 1}
    told = desk.rows(reminders.c.contact, tasks.c.ref, state="sent")
    assert sorted(told) == [
        ("wang@example.org", "1"),
        ("wang@example.org", "2"),
        ("zhang@example.org", "1"),
        ("zhao@example.org", "1"),
    ]


def test_planning_twice_adds_nothing(desk: Desk) -> None:
    desk.open().at("2017-12-29T09:00")
    before = desk.rows(reminders.c.id)
    desk.at("2017-12-29T09:00").at("2017-12-29T09:01")
    assert desk.rows(reminders.c.id) == before
    assert set(desk.sent_to().values()) == {1}


def test_going_back_in_time_sends_nothing_again(desk: Desk) -> None:
    desk.open().at("2017-12-29T09:00").at("2017-12-29T07:00").at("2017-12-29T09:00")
    assert set(desk.sent_to().values()) == {1}


def test_a_pass_that_is_a_minute_late_still_uses_the_slot(desk: Desk) -> None:
    desk.open().at("2017-12-29T09:01")
    assert {slot for (slot,) in desk.rows(reminders.c.slot, state="sent")} == {QUARTER}


def test_after_downtime_mail_goes_at_once_in_the_catch_up_hours_of_a_working_day(desk: Desk) -> None:
    desk.open().at("2017-12-29T14:00")
    assert {slot for (slot,) in desk.rows(reminders.c.slot, state="sent")} == {beijing("2017-12-29T14:00")}


@pytest.mark.parametrize("wakes", ["2017-12-29T19:30", "2017-12-30T10:00"], ids=["at night", "on a Saturday"])
def test_after_downtime_mail_waits_for_the_next_slot_outside_those_hours(desk: Desk, wakes: str) -> None:
    desk.open().at(wakes)
    assert not desk.transport.sent
    desk.at("2018-01-02T09:00")  # the first working day of 2018
    assert {slot for (slot,) in desk.rows(reminders.c.slot, state="sent")} == {beijing("2018-01-02T09:00")}


def test_what_was_missed_of_one_date_is_folded_into_its_newest_notice(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,)).at("2018-06-29T10:30")  # due on 06-29, the Friday before 06-30
    rows = desk.rows(reminders.c.checkpoint, reminders.c.state, contact="wang@example.org")
    assert rows == [
        ("due-30d@2018-06-30", "superseded"),
        ("due-7d@2018-06-30", "superseded"),
        ("due-1d@2018-06-30", "superseded"),
        ("due@2018-06-30", "sent"),
    ]
    assert desk.sent_to()["wang@example.org"] == 1


def test_what_is_older_than_the_cap_is_recorded_as_expired_and_not_sent(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,)).at("2018-02-12T10:00")
    assert {state for (state,) in desk.rows(reminders.c.state)} == {"expired"}
    assert not desk.transport.sent


def test_a_crash_between_two_pages_loses_and_doubles_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.passes.plan.DUE_PAGE", 1)
    desk.open(rows=(ALWAYS, ("另一项。", "省教育厅", "持续实施")))
    with monkeypatch.context() as crash:
        crash.setattr("notifier.passes.plan.bundle", lambda *_: pytest.fail("killed here"))
        with pytest.raises(pytest.fail.Exception, match="killed here"):
            desk.at("2017-12-29T09:00")
    desk.at("2017-12-29T11:00")
    assert desk.sent_to()["wang@example.org"] == 1
    assert len(desk.rows(reminders.c.id, contact="wang@example.org", state="sent")) == 2


def test_a_task_that_always_raises_holds_up_no_other(desk: Desk) -> None:
    desk.open(rows=(ALWAYS, TEACHERS))
    with desk.passes.engine.begin() as db:
        db.execute(tasks.update().where(tasks.c.ref == "1").values(rule="no notation at all"))
    desk.at("2018-06-29T09:00")
    assert desk.sent_to() == {"wang@example.org": 1, "li@example.org": 1}


def test_checkpoints_before_the_first_import_are_counted_and_not_planned(desk: Desk) -> None:
    desk.clock.set(beijing("2018-07-10T12:00"))
    desk.open().at("2018-07-10T12:00")
    assert desk.rows(reminders.c.id) == []
    with desk.passes.engine.begin() as db:
        details = list(db.execute(select(events.c.detail).where(events.c.action == "imported")).scalars())
    # Task 1: three leads, due, overdue on 07-02…06; task 2: three quarters' reports with a lead each.
    assert details == [f"plan: 2 tasks, {3 + 1 + 5 + 6} checkpoints lay before {desk.clock().isoformat()}"]


def test_catch_up_on_a_first_import_takes_what_the_cap_allows(desk: Desk) -> None:
    desk.clock.set(beijing("2018-01-10T10:00"))
    config = office(desk.folder)
    desk.app, desk.passes = passes_of(config, desk.clock, desk.transport, desk.server)
    desk.engines.append(desk.passes.engine)
    desk.passes.adopt(desk.clock(), catch_up=True)
    desk.at("2018-01-10T10:00")
    assert {key for (key,) in desk.rows(reminders.c.checkpoint, state="sent")} == {"report@2017-12-31"}


def test_a_unit_that_is_done_falls_silent_and_the_others_do_not(desk: Desk) -> None:
    desk.open().at("2018-05-30T09:00")
    closing.close(
        desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops", unit="省财政厅", report=None
    )
    desk.at("2018-06-22T09:00").at("2018-06-28T09:00")
    by_contact = Counter(who for (who,) in desk.rows(reminders.c.contact, task_id=1))
    assert by_contact == {"wang@example.org": 3, "li@example.org": 1}


def test_a_report_received_from_one_unit_silences_that_report_only(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,)).at("2017-12-22T09:00")
    closing.close(
        desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops", unit="郑州市政府", report="2017-Q4"
    )
    desk.at("2017-12-29T09:00").at("2018-03-30T09:00")
    keys = [key for (key,) in desk.rows(reminders.c.checkpoint, contact="zhang@example.org", state="sent")]
    assert keys == ["report-5wd@2017-12-31", "report@2018-03-31"]


def test_reopening_a_task_leaves_its_received_reports_received(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,)).at("2017-12-22T09:00")
    act = (desk.passes.engine, "1", desk.app.setting, desk.clock())
    closing.close(*act, by="ops", unit=None, report="2017-Q4")
    closing.close(*act, by="ops", unit=None, report=None)
    closing.reopen(*act, by="ops", unit=None)
    desk.at("2017-12-29T09:00").at("2018-03-30T09:00")
    assert set(desk.rows(reminders.c.checkpoint, state="sent")) == {
        ("report-5wd@2017-12-31",),
        ("report@2018-03-31",),
    }


def test_a_report_taken_back_is_asked_for_again(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,)).at("2017-12-22T09:00")
    act = (desk.passes.engine, "1", desk.app.setting, desk.clock())
    closing.close(*act, by="ops", unit=None, report="2017-Q4")
    closing.reopen(*act, by="ops", unit=None, report="2017-Q4")
    desk.at("2017-12-29T09:00")
    assert ("report@2017-12-31",) in desk.rows(reminders.c.checkpoint, state="sent")


def test_a_closed_task_withdraws_what_is_queued(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.clock.set(beijing("2018-05-30T09:00"))
    desk.passes.plan(desk.clock())
    closing.close(desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops", unit=None, report=None)
    desk.passes.send()
    assert not desk.transport.sent
    assert set(desk.rows(reminders.c.state, reminders.c.reason)) == {
        ("withdrawn", "closed: task by ops on 2018-05-30")
    }
    with desk.passes.engine.begin() as db:
        assert set(db.execute(select(messages.c.state)).scalars()) == {"dropped"}


def test_a_reopened_task_goes_on_from_then(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,)).at("2018-05-30T09:00")
    act = (desk.passes.engine, "1", desk.app.setting)
    closing.close(*act, desk.clock(), by="ops", unit=None, report=None)
    desk.at("2018-06-22T09:00")
    closing.reopen(*act, beijing("2018-06-25T12:00"), by="ops", unit=None)
    desk.at("2018-06-28T09:00")
    keys = [key for (key,) in desk.rows(reminders.c.checkpoint, contact="wang@example.org", state="sent")]
    assert keys == ["due-30d@2018-06-30", "due-1d@2018-06-30"]


def test_a_unit_without_contact_is_recorded_and_told_late_when_it_gains_one(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,), contacts=CONTACTS[:3]).at("2017-12-29T09:00")
    assert desk.rows(reminders.c.checkpoint, contact="unit:洛阳市政府", state="unreachable") != []
    desk.clock.set(beijing("2018-01-05T15:00"))
    desk.open(rows=(ALWAYS,)).at("2018-01-05T15:00")
    assert "zhao@example.org" not in desk.sent_to()
    desk.at("2018-01-08T09:00")
    assert desk.sent_to()["zhao@example.org"] == 1
    assert [
        key for (key,) in desk.rows(reminders.c.checkpoint, contact="zhao@example.org", state="sent")
    ] == ["report@2017-12-31"]


def test_leaders_hear_of_what_is_overdue_alone(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), contacts=(*CONTACTS, "省教育厅,孙处长,sun@example.org,leader"))
    desk.at("2018-06-28T09:00").at("2018-06-29T09:00").at("2018-07-02T09:00")
    keys = [key for (key,) in desk.rows(reminders.c.checkpoint, contact="sun@example.org")]
    assert keys == ["overdue-1@2018-06-30"]


def test_a_date_moved_forward_tells_its_newest_missed_notice_and_none_of_the_old_date(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,)).at("2018-05-30T09:00")
    desk.clock.set(beijing("2018-06-06T12:00"))
    sooner = ("培训教师。", "省教育厅、财政厅", "2018年6月7日前完成")
    desk.open(rows=(sooner,)).at("2018-06-06T12:00").at("2018-06-07T09:00").at("2018-06-29T09:00")
    sent = [key for (key,) in desk.rows(reminders.c.checkpoint, contact="wang@example.org", state="sent")]
    assert sent == ["due-30d@2018-06-30", "due-1d@2018-06-07", "due@2018-06-07", "overdue-7@2018-06-07"]


def test_a_vanished_task_is_planned_no_more_and_comes_back_open(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, ALWAYS)).at("2017-12-22T09:00")
    desk.open(rows=(TEACHERS,)).at("2017-12-29T09:00")
    assert {key for (key,) in desk.rows(reminders.c.checkpoint)} == {"report-5wd@2017-12-31"}
    desk.open(rows=(TEACHERS, ALWAYS)).at("2018-03-30T09:00")
    assert "report@2018-03-31" in {key for (key,) in desk.rows(reminders.c.checkpoint, state="sent")}


def test_a_plan_taken_out_of_the_configuration_rests(desk: Desk) -> None:
    desk.open()
    without = CONFIG[CONFIG.index("[groups]") :]
    desk.open(config=without).at("2017-12-29T09:00")
    assert desk.rows(reminders.c.id) == []


def test_mail_planned_for_a_contact_who_left_is_withdrawn(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,))
    desk.clock.set(QUARTER)
    desk.passes.plan(QUARTER)
    desk.open(rows=(ALWAYS,), contacts=CONTACTS[1:])
    desk.passes.send()
    found = desk.rows(reminders.c.state, reminders.c.reason, contact="wang@example.org", kind="report")
    assert found == [("withdrawn", "no longer a contact")]


def test_the_next_moment_is_the_next_checkpoint(desk: Desk) -> None:
    desk.open()
    outcome = desk.passes.plan(IMPORT)
    assert outcome.next_at == beijing("2017-12-22T09:00")
    assert outcome.next_at - IMPORT > timedelta(days=80)

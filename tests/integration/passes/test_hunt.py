"""What must not be lost, doubled, mis-timed or sent to the wrong person when things change around a reminder."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notifier.ledger import reminders as reminder_table
from notifier.ledger.reminders import ReminderRecord
from notifier.ledger.schema import messages, reminders, tasks
from notifier.mail.transport import Result
from notifier.passes import closing
from notifier.passes.notices import Verdict, judge
from notifier.passes.slots import next_slot
from notifier.timing.calendar import WorkCalendar
from tests.desk import Desk
from tests.fakes import ACCEPTED
from tests.office import ALWAYS, CONFIG, CONTACTS, TEACHERS, beijing

ONE_UNIT = ("培训教师。", "省教育厅", "2018年6月底前完成")
SERVER_DOWN = Result(state="deferred", scope="server", reply="connection refused")
BUSY = Result(state="deferred", scope="message", reply="451 try later")
SILENCE = Result(state="uncertain", scope="message", reply="connection lost after DATA")
NIGHT = "2017-12-29T20:00"  # the quarter's report went unsent all day: it waits for 2018-01-02, 09:00
MORNING = "2018-01-02T09:00"
REPORT = "report@2017-12-31"


def sent_keys(desk: Desk, contact: str) -> list[str]:
    return [key for (key,) in desk.rows(reminders.c.checkpoint, contact=contact, state="sent")]


def test_a_task_that_vanishes_for_one_reload_loses_nothing_that_waited(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, ALWAYS)).at(NIGHT)
    desk.open(rows=(TEACHERS,))
    desk.open(rows=(TEACHERS, ALWAYS)).at(MORNING)
    assert REPORT in sent_keys(desk, "zhang@example.org")


def test_a_plan_taken_out_for_one_reload_loses_nothing_that_waited(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,)).at(NIGHT)
    desk.open(rows=(ALWAYS,), config=CONFIG[CONFIG.index("[groups]") :])
    desk.open(rows=(ALWAYS,)).at(MORNING)
    assert REPORT in sent_keys(desk, "zhang@example.org")


def test_nothing_is_sent_of_a_plan_that_was_taken_out(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,)).at(NIGHT)
    desk.open(rows=(ALWAYS,), config=CONFIG[CONFIG.index("[groups]") :]).at(MORNING)
    assert not desk.transport.sent


def test_nothing_queued_is_sent_of_a_plan_that_was_taken_out(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,))
    desk.transport.answer = lambda _mail: SERVER_DOWN
    desk.at("2017-12-29T09:00")
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.open(rows=(ALWAYS,), config=CONFIG[CONFIG.index("[groups]") :]).at("2017-12-29T09:30")
    assert not desk.transport.sent


def test_an_unreachable_unit_of_a_plan_that_was_taken_out_is_not_told_late(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,), contacts=CONTACTS[:3]).at("2017-12-29T09:00")
    desk.transport.sent.clear()
    desk.open(rows=(ALWAYS,), config=CONFIG[CONFIG.index("[groups]") :]).at(MORNING)
    assert not desk.transport.sent


def test_a_waiting_notice_that_moves_behind_the_mark_and_back_is_told_once(desk: Desk) -> None:
    desk.open(rows=(ONE_UNIT,)).at("2018-06-28T20:00")  # the day-before notice waits for the next slot
    desk.open(rows=(ONE_UNIT,), extra="[calendar]\noff = [2018-06-28]\n")
    desk.open(rows=(ONE_UNIT,)).at("2018-06-29T09:00").at("2018-07-02T09:00")
    assert sent_keys(desk, "wang@example.org") == ["due@2018-06-30", "overdue-1@2018-06-30"]


def test_a_queued_notice_that_moves_ahead_is_told_on_its_new_day(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,))
    desk.transport.answer = lambda _mail: SERVER_DOWN
    desk.at("2017-12-29T09:00")
    # An office that works on New Year's Eve: the quarter's last working day is the 31st now.
    desk.clock.set(beijing("2017-12-29T10:00"))
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.open(rows=(ALWAYS,), extra="[calendar]\nwork = [2017-12-31]\n").at("2017-12-29T10:00")
    desk.at("2017-12-31T09:00")
    assert REPORT in sent_keys(desk, "wang@example.org")


def test_a_date_changed_and_changed_back_loses_nothing_that_waited(desk: Desk) -> None:
    later = ("培训教师。", "省教育厅", "2018年12月底前完成")
    desk.open(rows=(ONE_UNIT,)).at("2018-06-28T20:00")
    desk.open(rows=(later,))
    desk.open(rows=(ONE_UNIT,)).at("2018-06-29T08:00")
    assert desk.rows(reminders.c.state, checkpoint="due-1d@2018-06-30") == [("planned",)]


def test_what_waits_for_a_contact_who_left_goes_to_the_successor(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,)).at(NIGHT)
    desk.open(rows=(ALWAYS,), contacts=("省教育厅,吴六,wu@example.org,primary", *CONTACTS[1:])).at(MORNING)
    assert sent_keys(desk, "wu@example.org") == [REPORT]
    assert "wang@example.org" not in desk.sent_to()


def test_what_is_queued_for_a_contact_who_left_goes_to_the_successor(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,))
    desk.transport.answer = lambda _mail: SERVER_DOWN
    desk.at("2017-12-29T09:00")
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.clock.set(beijing("2017-12-29T10:00"))
    desk.open(rows=(ALWAYS,), contacts=("省教育厅,吴六,wu@example.org,primary", *CONTACTS[1:]))
    desk.at("2017-12-29T10:00").at(MORNING)
    assert sent_keys(desk, "wu@example.org") == [REPORT]
    assert "wang@example.org" not in desk.sent_to()


def test_what_waits_for_a_contact_who_left_without_successor_is_unreachable(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,)).at(NIGHT)
    desk.open(rows=(ALWAYS,), contacts=CONTACTS[1:])
    assert desk.rows(reminders.c.state, contact="unit:省教育厅", checkpoint=REPORT) == [("unreachable",)]
    desk.open(rows=(ALWAYS,), contacts=("省教育厅,吴六,wu@example.org,primary", *CONTACTS[1:])).at(MORNING)
    assert sent_keys(desk, "wu@example.org") == [REPORT]


def test_a_row_of_the_directory_mistyped_for_one_reload_loses_nothing(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,)).at(NIGHT)
    desk.open(rows=(ALWAYS,), contacts=("省教育厅,王一,wang(at)example.org,primary", *CONTACTS[1:]))
    desk.open(rows=(ALWAYS,)).at(MORNING)
    assert sent_keys(desk, "wang@example.org") == [REPORT]
    assert desk.sent_to()["wang@example.org"] == 1


def test_a_contact_who_moved_to_another_unit_is_not_told_for_the_old_one(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,)).at(NIGHT)
    moved = ("省财政厅,王一,wang@example.org,primary", "省教育厅,吴六,wu@example.org,primary", *CONTACTS[1:])
    desk.open(rows=(ALWAYS,), contacts=moved).at(MORNING)
    assert "wang@example.org" not in desk.sent_to()
    assert sent_keys(desk, "wu@example.org") == [REPORT]


def test_a_new_contact_isnt_told_late_what_the_unit_was_told_in_time(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,)).at("2017-12-29T09:00")
    more = (*CONTACTS, "省教育厅,吴六,wu@example.org,primary")
    desk.clock.set(beijing("2018-01-05T12:00"))
    desk.open(rows=(ALWAYS,), contacts=more, extra='[terms]\n"2018-spring" = 2018-03-05\n')
    desk.at("2018-01-08T09:00")
    assert "wu@example.org" not in desk.sent_to()


def test_an_address_written_in_another_case_is_the_same_contact(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,)).at("2017-12-29T09:00")
    shouted = ("省教育厅,王一,Wang@Example.ORG,primary", *CONTACTS[1:])
    desk.open(rows=(ALWAYS,), contacts=shouted, extra='[terms]\n"2018-spring" = 2018-03-05\n')
    desk.at("2017-12-29T09:30").at(MORNING)
    assert set(desk.sent_to().values()) == {1}


def test_one_person_for_two_units_gets_one_mail_naming_both(desk: Desk) -> None:
    both = ("省教育厅,王一,wang@example.org,primary", "省财政厅,王一,WANG@example.org,primary")
    desk.open(rows=(TEACHERS,), contacts=both).at("2018-05-30T09:00")
    assert desk.sent_to() == {"wang@example.org": 1}
    assert desk.rows(reminders.c.units) == [(["省教育厅", "省财政厅"],)]


def test_a_group_listed_at_last_has_its_members_told_late(desk: Desk) -> None:
    unlisted = CONFIG.replace("各省辖市政府", "各县政府")
    desk.open(rows=(ALWAYS,), config=unlisted).at("2017-12-29T09:00")
    assert "zhang@example.org" not in desk.sent_to()
    desk.clock.set(beijing("2018-01-05T12:00"))
    desk.open(rows=(ALWAYS,)).at("2018-01-08T09:00")
    assert sent_keys(desk, "zhang@example.org") == [REPORT]
    assert sent_keys(desk, "zhao@example.org") == [REPORT]


def test_a_unit_known_at_last_by_its_alias_is_told_late(desk: Desk) -> None:
    row = ("推进普及。", "省教委", "持续实施")
    desk.open(rows=(row,)).at("2017-12-29T09:00")
    assert not desk.transport.sent
    desk.clock.set(beijing("2018-01-05T12:00"))
    desk.open(rows=(row,), extra='[aliases]\n"省教委" = "省教育厅"\n').at("2018-01-08T09:00")
    assert sent_keys(desk, "wang@example.org") == [REPORT]


def test_a_leader_alone_makes_no_unit_reachable(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,), contacts=CONTACTS[1:]).at("2017-12-29T09:00")
    with_leader = (*CONTACTS[1:], "省教育厅,孙处长,sun@example.org,leader")
    desk.clock.set(beijing("2018-01-05T12:00"))
    desk.open(rows=(ALWAYS,), contacts=with_leader).at("2018-01-08T09:00")
    assert "sun@example.org" not in desk.sent_to()
    assert ("unreachable",) in desk.rows(reminders.c.state, contact="unit:省教育厅", checkpoint=REPORT)


def test_a_copy_alone_makes_no_unit_reachable(desk: Desk) -> None:
    with_copy = (*CONTACTS[1:], "省教育厅,孙副处长,sun@example.org,copy")
    desk.open(rows=(ALWAYS,), contacts=with_copy).at("2017-12-29T09:00")
    desk.open(rows=(ALWAYS,), contacts=with_copy)
    assert desk.rows(reminders.c.state, contact="unit:省教育厅", checkpoint=REPORT) == [("unreachable",)]


def test_a_leader_of_one_unit_who_is_a_copy_for_another_hears_what_copies_hear(desk: Desk) -> None:
    both = (*CONTACTS, "省教育厅,孙,sun@example.org,copy", "省财政厅,孙,sun@example.org,leader")
    desk.open(rows=(TEACHERS,), contacts=both).at("2018-05-30T09:00")
    assert desk.sent_to()["sun@example.org"] == 1


def test_a_catch_up_cap_of_no_days_still_sends_what_is_in_time(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,), extra="[policy]\ncatch_up_days = 0\n").at("2017-12-29T09:00:30")
    assert set(desk.sent_to().values()) == {1}


def test_what_waits_for_a_slot_that_becomes_a_day_off_goes_on_the_next_working_day(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,)).at(NIGHT)
    desk.open(rows=(ALWAYS,), extra="[calendar]\noff = [2018-01-02]\n").at(MORNING)
    assert not desk.transport.sent
    desk.at("2018-01-03T09:00")
    assert set(desk.sent_to().values()) == {1}


def test_mail_queued_before_downtime_waits_for_the_next_slot_out_of_hours(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,))
    desk.clock.set(beijing("2017-12-29T09:00"))
    desk.passes.plan(desk.clock())  # and then the machine goes down
    desk.at("2017-12-30T03:00")
    assert not desk.transport.sent
    desk.clock.set(beijing("2017-12-30T03:00"))
    assert desk.passes.send().next_at == beijing(MORNING)
    desk.at(MORNING)
    assert set(desk.sent_to().values()) == {1}


def test_one_mail_that_always_breaks_the_connection_holds_up_no_other(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    start = beijing("2018-05-30T09:00")
    desk.clock.set(start)
    desk.passes.plan(start)
    [(broken,), (other,)] = desk.mails(messages.c.contact)
    desk.transport.answer = lambda mail: SERVER_DOWN if mail.address == broken else ACCEPTED
    for minute in range(0, 30, 5):
        desk.clock.set(start + timedelta(minutes=minute))
        desk.passes.send()
    assert desk.sent_to() == {other: 1}


def test_one_answer_that_never_came_after_many_deferrals_is_tried_again(desk: Desk) -> None:
    desk.open(rows=(ONE_UNIT,))
    desk.transport.answer = lambda _mail: BUSY
    start = beijing("2018-05-30T09:00")
    desk.at("2018-05-30T09:00")
    for minute in range(1, 7 * 60, 10):
        desk.clock.set(start + timedelta(minutes=minute))
        desk.passes.send()
    desk.transport.answer = lambda _mail: SILENCE
    desk.at("2018-05-30T17:00")
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.at("2018-05-31T10:00")
    assert desk.rows(reminders.c.state, checkpoint="due-30d@2018-06-30") == [("sent",)]


def test_a_reminder_that_cannot_be_judged_holds_up_no_other_contact(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(reminder: ReminderRecord, *args: Any, **more: Any) -> Verdict:
        if reminder.contact == "wang@example.org":
            raise ValueError("a row that nobody foresaw")
        return judge(reminder, *args, **more)

    desk.open(rows=(TEACHERS,))
    monkeypatch.setattr("notifier.passes.prepare.judge", failing)
    desk.at("2018-05-30T09:00")
    assert desk.sent_to() == {"li@example.org": 1}


def test_mail_claimed_when_the_ledger_fails_is_tried_again_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_args: object) -> None:
        raise OSError("database is locked")

    desk.open(rows=(TEACHERS,))
    with monkeypatch.context() as patched:
        patched.setattr(reminder_table, "of_messages", locked)
        with pytest.raises(OSError, match="locked"):
            desk.at("2018-05-30T09:00")
    desk.at("2018-05-30T09:01")
    assert set(desk.sent_to().values()) == {1}


def test_a_done_task_that_vanishes_and_returns_is_still_done(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, ALWAYS))
    closing.close(desk.passes.engine, "2", desk.app.setting, desk.clock(), by="ops", unit=None, report=None)
    desk.open(rows=(TEACHERS,))
    desk.open(rows=(TEACHERS, ALWAYS))
    with desk.passes.engine.begin() as db:
        assert set(db.execute(select(tasks.c.state, tasks.c.ref))) == {("open", "1"), ("done", "2")}


def test_the_second_part_of_a_rule_loses_nothing_on_the_day_the_first_is_closed(desk: Desk) -> None:
    extra = '[plans.plan.tasks."1"]\ntiming = "due 2018-06-30 then report monthly"\n'
    desk.open(rows=(ONE_UNIT,), config=CONFIG.replace("[groups]", extra + "[groups]"))
    desk.at("2018-06-22T09:00").at("2018-06-28T09:00").at("2018-06-29T09:00")
    desk.clock.set(beijing("2018-06-29T15:00"))
    closing.close(desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops", unit=None, report=None)
    desk.at("2018-07-24T09:00").at("2018-07-31T09:00")
    assert sent_keys(desk, "wang@example.org")[-2:] == ["report-5wd@2018-07-31", "report@2018-07-31"]


def test_a_task_that_becomes_unreadable_says_nothing_of_its_old_date(desk: Desk) -> None:
    desk.open(rows=(ONE_UNIT,)).at("2018-06-28T20:00")
    desk.open(rows=(("培训教师。", "省教育厅", "视情况而定"),)).at("2018-06-29T09:00").at("2018-07-02T09:00")
    assert not desk.transport.sent


@pytest.mark.parametrize(
    "phrase", ["9999年12月31日前完成", "9999年底前完成", "1年12月底前完成", "2099年底前完成"]
)
def test_a_date_out_of_all_bounds_holds_up_no_other_task(desk: Desk, phrase: str) -> None:
    desk.open(rows=(("一。", "省教育厅", phrase), ALWAYS)).at("2017-12-29T09:00")
    assert desk.sent_to()["zhang@example.org"] == 1


def test_a_zone_that_skips_the_notice_hour_has_one_slot_a_day(desk: Desk) -> None:
    places = '[service]\ntimezone = "America/New_York"\n[policy]\nnotice_at = 02:30:00\n'
    desk.open(rows=(ALWAYS,), extra=f"{places}[calendar]\nwork = [2018-03-11]\n")
    policy = desk.app.setting.policy
    slot = next_slot(desk.app.setting, beijing("2018-03-11T12:00"))
    assert slot == policy.notice_instant(slot.astimezone(policy.zone).date())


def test_late_mail_goes_at_a_slot_that_lies_outside_the_catch_up_hours(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,), extra="[policy]\nnotice_at = 07:00:00\n")
    desk.clock.set(beijing("2017-12-29T07:00"))
    desk.passes.plan(desk.clock())
    desk.at("2017-12-29T20:00").at("2018-01-02T07:00")
    assert set(desk.sent_to().values()) == {1}


def test_mail_first_tried_after_long_downtime_is_not_given_up_at_its_first_deferral(desk: Desk) -> None:
    desk.open(rows=(ONE_UNIT,))
    desk.clock.set(beijing("2018-05-30T09:00"))
    desk.passes.plan(desk.clock())
    desk.transport.answer = lambda _mail: BUSY
    desk.at("2018-06-08T10:00")
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.at("2018-06-08T10:10")
    assert desk.rows(reminders.c.state, checkpoint="due-30d@2018-06-30") == [("sent",)]


def test_a_leader_gets_a_copy(desk: Desk) -> None:
    desk.open(rows=(ONE_UNIT,), contacts=(*CONTACTS, "省教育厅,孙处长,sun@example.org,leader"))
    desk.at("2018-07-02T09:00")
    assert desk.rows(reminders.c.copied, contact="sun@example.org") == [(True,)]


def test_a_contact_of_two_units_hears_for_the_one_that_is_not_done(desk: Desk) -> None:
    both = ("省教育厅,王一,wang@example.org,primary", "省财政厅,王一,wang@example.org,primary")
    desk.open(rows=(TEACHERS,), contacts=both).at("2018-05-30T09:00")
    act = (desk.passes.engine, "1", desk.app.setting, desk.clock())
    closing.close(*act, by="ops", unit="省教育厅", report=None)
    desk.at("2018-06-22T09:00")
    assert desk.rows(reminders.c.units, checkpoint="due-7d@2018-06-30") == [(["省财政厅"],)]
    closing.close(*act, by="ops", unit="省财政厅", report=None)
    desk.at("2018-06-28T09:00")
    assert desk.sent_to() == {"wang@example.org": 2}


def test_one_person_who_takes_over_two_units_hears_for_both(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,)).at("2018-06-28T20:00")
    both = ("省教育厅,吴六,wu@example.org,primary", "省财政厅,吴六,wu@example.org,primary")
    desk.open(rows=(TEACHERS,), contacts=both).at("2018-06-29T09:00")
    assert desk.rows(reminders.c.units, contact="wu@example.org", checkpoint="due-1d@2018-06-30") == [
        (["省教育厅", "省财政厅"],)
    ]
    assert desk.sent_to() == {"wu@example.org": 1}


def test_one_who_takes_over_a_second_unit_hears_for_both(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,)).at("2018-06-28T20:00")
    both = ("省教育厅,王一,wang@example.org,primary", "省财政厅,王一,wang@example.org,primary")
    desk.open(rows=(TEACHERS,), contacts=both)
    assert desk.rows(
        reminders.c.units, contact="wang@example.org", checkpoint="due-1d@2018-06-30", state="planned"
    ) == [(["省教育厅", "省财政厅"],)]
    desk.at("2018-06-29T09:00")
    assert desk.sent_to() == {"wang@example.org": 1}


THEN = '[plans.plan.tasks."1"]\ntiming = "due 2018-06-30 then report monthly"\n'


def test_the_report_due_on_the_day_the_first_part_is_closed_is_told(desk: Desk) -> None:
    desk.open(rows=(ONE_UNIT,), config=CONFIG.replace("[groups]", THEN + "[groups]"))
    desk.at("2018-06-22T09:00").at("2018-06-28T09:00").at("2018-06-29T09:00")
    desk.clock.set(beijing("2018-06-29T15:00"))
    closing.close(desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops", unit=None, report=None)
    desk.at("2018-07-02T09:00").at("2018-07-24T09:00")
    assert "report@2018-06-30" in sent_keys(desk, "wang@example.org")


def test_a_first_part_reopened_isnt_made_up_for(desk: Desk) -> None:
    desk.open(rows=(ONE_UNIT,), config=CONFIG.replace("[groups]", THEN + "[groups]"))
    desk.at("2018-05-30T09:00")
    act = (desk.passes.engine, "1", desk.app.setting)
    desk.clock.set(beijing("2018-06-04T15:00"))
    closing.close(*act, desk.clock(), by="ops", unit=None, report=None)
    desk.clock.set(beijing("2018-06-25T15:00"))
    closing.reopen(*act, desk.clock(), by="ops", unit=None)
    desk.at("2018-06-25T15:00").at("2018-06-28T09:00")
    assert sent_keys(desk, "wang@example.org")[-1] == "due-1d@2018-06-30"
    assert "due-7d@2018-06-30" not in sent_keys(desk, "wang@example.org")


def test_what_was_missed_while_a_task_was_closed_is_not_made_up_by_a_later_change(desk: Desk) -> None:
    desk.open(rows=(ONE_UNIT,)).at("2018-05-30T09:00")
    act = (desk.passes.engine, "1", desk.app.setting)
    closing.close(*act, desk.clock(), by="ops", unit=None, report=None)
    desk.at("2018-06-22T09:00")
    desk.clock.set(beijing("2018-06-25T12:00"))
    closing.reopen(*act, desk.clock(), by="ops", unit=None)
    desk.open(rows=(ONE_UNIT,), extra='[terms]\n"2018-spring" = 2018-03-05\n').at("2018-06-26T09:00")
    assert sent_keys(desk, "wang@example.org") == ["due-30d@2018-06-30"]


def test_a_task_closed_by_mistake_and_reopened_loses_nothing_that_waited(desk: Desk) -> None:
    desk.open(rows=(ONE_UNIT,)).at("2018-06-28T20:00")
    act = (desk.passes.engine, "1", desk.app.setting)
    closing.close(*act, desk.clock(), by="ops", unit=None, report=None)
    closing.reopen(*act, desk.clock(), by="ops", unit=None)
    assert desk.rows(reminders.c.state, checkpoint="due-1d@2018-06-30") == [("planned",)]


def test_two_who_change_places_hear_each_for_the_new_unit(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,)).at("2018-06-28T20:00")
    swapped = ("省教育厅,李二,li@example.org,primary", "省财政厅,王一,wang@example.org,primary")
    desk.open(rows=(TEACHERS,), contacts=swapped).at("2018-06-28T21:00")
    found = desk.rows(reminders.c.contact, reminders.c.units, checkpoint="due-1d@2018-06-30", state="planned")
    assert sorted(found) == [("li@example.org", ["省教育厅"]), ("wang@example.org", ["省财政厅"])]


def test_one_who_gives_up_one_of_two_units_hears_for_the_other(desk: Desk) -> None:
    both = ("省教育厅,王一,wang@example.org,primary", "省财政厅,王一,wang@example.org,primary")
    desk.open(rows=(TEACHERS,), contacts=both).at("2018-06-28T20:00")
    desk.open(rows=(TEACHERS,))
    found = desk.rows(reminders.c.contact, reminders.c.units, checkpoint="due-1d@2018-06-30", state="planned")
    assert sorted(found) == [("li@example.org", ["省财政厅"]), ("wang@example.org", ["省教育厅"])]


def test_a_calendar_corrected_by_its_package_is_compared_anew(desk: Desk) -> None:
    setting = desk.open().app.setting
    corrected = replace(setting, calendar=WorkCalendar.build(off=[date(2018, 6, 29)]))
    assert corrected.fingerprint != setting.fingerprint

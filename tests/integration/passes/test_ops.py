"""The ops mail: once a working day, only with news, told once, through the outbox like any other mail."""

import email
from datetime import date, timedelta
from email import policy
from email.message import EmailMessage

import pytest
from sqlalchemy import insert, select, update

from notifier.ledger.generation import Guard, confirm
from notifier.ledger.log import register_daemon, update_daemon
from notifier.ledger.schema import messages, ops_told, reminders, tasks
from notifier.mail.transport import Outgoing, Result
from notifier.rehearsal import Nowhere, rehearse
from tests.desk import Desk
from tests.fakes import ACCEPTED
from tests.office import ALWAYS, CONTACTS, TEACHERS, Row, beijing

OPS = "duchashi@example.org"
TOLD = f'[ops]\nmail = ["{OPS}"]\n'
SOME: Row = ("扶持薄弱学校。", "省教育厅和有关省辖市政府", "2018年6月底前完成")  # which, a person has to say
OTHERS: Row = ("规范办学。", "省教育厅等", "2018年6月底前完成")
REFUSED = Result(state="refused", scope="recipient", reply="550 5.1.1 no such user")
SILENCE = Result(state="uncertain", scope="message", reply="connection lost after DATA")
DOWN = Result(state="deferred", scope="server", reply="421 closing")


def told(desk: Desk) -> list[EmailMessage]:
    """Return the ops mails that left."""
    return [
        email.message_from_bytes(mail.data, policy=policy.default)
        for mail in desk.transport.sent
        if mail.address == OPS
    ]


def text(mail: EmailMessage, kind: str = "plain") -> str:
    """Return a part of a mail."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def days(desk: Desk, first: str, last: str, at: str = "08:30") -> list[str]:
    """Run both passes once a day, and return the days on which ops were told."""
    day, found = date.fromisoformat(first), []
    while day <= date.fromisoformat(last):
        before = len(told(desk))
        desk.at(f"{day}T{at}")
        found += [f"{day:%m-%d}"] * (len(told(desk)) - before)
        day += timedelta(days=1)
    return found


def test_by_default_nobody_is_told(desk: Desk) -> None:
    desk.open(rows=(SOME,)).at("2017-10-09T08:30")
    assert desk.mails(messages.c.id) == []


def test_what_needs_a_person_is_told_with_its_tasks_its_date_and_the_line_to_write(desk: Desk) -> None:
    desk.open(rows=(SOME, OTHERS), extra=TOLD).at("2017-10-09T08:29")
    assert told(desk) == []
    desk.at("2017-10-09T08:30")
    [mail] = told(desk)
    assert mail["Subject"] == "【待处理2项】督办提醒系统运行情况（2017年10月9日）"
    assert mail["Date"] == "Mon, 09 Oct 2017 08:30:00 +0800"
    shown = text(mail)
    assert "第1项　有关省辖市政府：暂按全部2个单位通知" in shown
    assert "最早影响：2018年5月30日（还有233天）" in shown
    assert (
        '写入 config.toml 的 [plans.plan.tasks."1".named] 之下：\n    "有关省辖市政府" = ["郑州市政府"]'
        in shown
    )
    assert "第2项　“省教育厅等”" in shown
    assert desk.mails(messages.c.contact, messages.c.state) == [(f"ops:{OPS}", "accepted")]


def test_lines_to_write_come_without_the_remarks_for_the_prompt(desk: Desk) -> None:
    desk.open(rows=(("整改。", "省公安厅", "择机推进"),), extra=TOLD).at("2017-10-09T08:30")
    shown = text(told(desk)[0])
    assert '[timing.phrases] 之下：\n    "择机推进" = "due 2017-12-31"\n' in shown
    assert "写入联络员名单（单位,姓名,邮箱,角色）：\n    省公安厅,姓名,name@example.org,primary\n" in shown


def test_what_was_told_is_told_again_only_once_a_week_and_when_it_is_about_to_hurt(desk: Desk) -> None:
    desk.open(rows=(SOME,), extra=TOLD)
    assert days(desk, "2018-04-04", "2018-04-04") == ["04-04"]
    assert days(desk, "2018-04-05", "2018-04-10") == ["04-09"]  # the Sunday that is worked ends the old week
    assert days(desk, "2018-04-30", "2018-05-03") == ["05-02"]  # after May Day, the week's first working day
    listed = text(told(desk)[-1])
    assert "没有新情况" in listed
    assert "此前已告知、尚未处理（1项" in listed
    assert days(desk, "2018-05-21", "2018-05-25") == ["05-21", "05-23"]
    urgent = next(mail for mail in told(desk) if "5月23日" in mail["Subject"])
    assert urgent["Subject"].startswith("【待处理1项，急1项】")
    assert "【急】第1项" in text(urgent)


def test_nothing_to_tell_is_no_mail(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), extra=TOLD)
    assert days(desk, "2018-01-08", "2018-01-15") == []
    assert set(desk.mails(messages.c.state, messages.c.reply)) == {("dropped", "nothing to tell")}


def test_only_what_is_new_is_told(desk: Desk) -> None:
    desk.open(rows=(SOME,), extra=TOLD).at("2017-10-09T08:30")
    desk.open(rows=(SOME, OTHERS), extra=TOLD).at("2017-10-10T08:30")
    shown = text(told(desk)[-1])
    assert "第2项　“省教育厅等”" in shown
    assert "有关省辖市政府" not in shown


def test_what_was_settled_and_comes_back_is_new(desk: Desk) -> None:
    desk.open(rows=(SOME,), extra=TOLD).at("2017-10-10T08:30")
    settled = f'{TOLD}[plans.plan.tasks."1".named]\n"有关省辖市政府" = []\n'
    desk.open(rows=(SOME,), extra=settled).at("2017-10-11T08:30")
    assert len(told(desk)) == 1
    desk.open(rows=(SOME,), extra=TOLD).at("2017-10-12T08:30")
    assert "新情况1项" in text(told(desk)[-1])


def test_a_refused_mail_is_told_the_next_working_day_with_contact_tasks_and_reply(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, ALWAYS), extra=TOLD)
    desk.transport.answer = lambda mail: REFUSED if mail.address == "wang@example.org" else ACCEPTED
    desk.at("2018-06-29T09:00")  # a Friday, the deadline and the quarter's report
    assert days(desk, "2018-06-30", "2018-07-01") == []
    desk.at("2018-07-02T08:30")
    [mail] = told(desk)
    assert mail["Subject"].startswith("【未送达1封·待处理1项")
    assert "省教育厅 王一（wang@example.org）\n    涉及任务：第1、2项" in text(mail)
    assert "服务器答复：550 5.1.1 no such user" in text(mail)
    assert text(mail).index("提醒未送达") < text(mail).index("联络员邮箱被拒收")
    desk.transport.answer = lambda _mail: ACCEPTED
    assert days(desk, "2018-07-03", "2018-07-03") == []


def test_a_mail_that_may_have_come_twice_is_told_as_good_to_know(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), extra=TOLD)
    desk.transport.answer = lambda mail: SILENCE if mail.address == "wang@example.org" else ACCEPTED
    desk.at("2018-06-29T09:00")
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.at("2018-06-29T09:10").at("2018-07-02T08:30")
    [mail] = told(desk)
    assert mail["Subject"].startswith("【供了解1项】")
    assert "省教育厅 王一（wang@example.org）" in text(mail)


def test_what_downtime_cost_is_told_by_task(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), extra=TOLD + "[policy]\ncatch_up_days = 2\n").at("2018-05-10T09:00")
    desk.at("2018-06-11T08:30")  # the lead of 30 days was missed
    [mail] = told(desk)
    assert "因停机过久未发的提醒（1项）" in text(mail)
    assert "第1项　培训教师。\n    应提醒：2018年5月30日09:00，2名联络员" in text(mail)
    assert days(desk, "2018-06-12", "2018-06-12") == []


def test_a_refused_ops_mail_told_nothing_and_the_next_one_tells_it_all(desk: Desk) -> None:
    desk.open(rows=(SOME,), extra=TOLD)
    desk.transport.answer = lambda _mail: REFUSED
    desk.at("2017-10-09T08:30")
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.at("2017-10-10T08:30")
    [mail] = told(desk)
    assert "有关省辖市政府" in text(mail)
    assert "本邮件的收件地址被拒收（1项）" in text(mail)
    assert "提醒未送达" not in text(mail)  # it was no contact's


def test_an_ops_mail_without_an_answer_is_told_and_goes_again_as_it_was(desk: Desk) -> None:
    desk.open(rows=(SOME,), extra=TOLD)
    desk.transport.answer = lambda _mail: SILENCE
    desk.at("2017-10-09T08:30")
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.open(rows=(SOME, OTHERS), extra=TOLD).at("2017-10-09T08:40")  # another matter meanwhile
    first, second = desk.transport.sent
    assert (first.data, first.message_id) == (second.data, second.message_id)
    desk.at("2017-10-10T08:30")
    assert "有关省辖市政府" not in text(told(desk)[-1])
    assert "省教育厅等" in text(told(desk)[-1])


@pytest.mark.ledgers("sqlite", "postgresql")
def test_a_server_that_is_down_costs_one_later_mail_that_tells_what_happened_meanwhile(desk: Desk) -> None:
    desk.open(rows=(SOME,), extra=TOLD)
    desk.transport.answer = lambda _mail: DOWN
    assert days(desk, "2017-10-09", "2017-10-11") == []
    desk.open(rows=(SOME, OTHERS), extra=TOLD)
    desk.transport.answer = lambda _mail: ACCEPTED
    assert days(desk, "2017-10-12", "2017-10-12", at="10:00") == ["10-12"]
    shown = text(told(desk)[-1])
    assert "有关省辖市政府" in shown
    assert "省教育厅等" in shown
    assert "邮件服务器无法使用\n    系统记录：421 closing" in shown
    assert shown.count("421 closing") == 3  # once for each day that it lasted
    desk.at("2017-10-12T10:30")
    assert len(told(desk)) == 1


def test_a_hold_does_not_hold_the_mail_that_says_so(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), extra=f"{TOLD}[delivery]\nhold = true\n").at("2018-06-29T09:00")
    desk.at("2018-07-02T08:30")
    assert set(desk.sent_to()) == {OPS}
    first, weekly = told(desk)
    assert "发送已暂停（1项）" in text(first)
    assert "[delivery] 之下：\n    hold = false" in text(first)
    assert "发送已暂停：目前有2封提醒在等待" in text(weekly)


def test_a_ledger_in_doubt_holds_all_but_the_mail_that_says_so(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), extra=TOLD)
    database = desk.app.config.database
    Guard(desk.passes.engine, database)
    database.with_name("notifier.db.generation").unlink()
    guard = Guard(desk.passes.engine, database)
    desk.passes.sender.brake_with(guard=guard)
    desk.at("2018-06-29T09:00").at("2018-07-02T08:30")
    assert set(desk.sent_to()) == {OPS}
    assert "台账可能是副本或旧备份，发送已暂停（1项）" in text(told(desk)[0])
    assert "目前有2封提醒在等待" in text(told(desk)[0])
    assert "notifier confirm" in text(told(desk)[0])
    confirm(desk.passes.engine, database, desk.clock(), by="root")
    desk.at("2018-07-02T09:00")
    assert set(desk.sent_to()) == {OPS, "wang@example.org", "li@example.org"}


def test_the_cap_neither_holds_the_ops_mail_nor_counts_it(desk: Desk) -> None:
    extra = f"{TOLD}[delivery]\ndaily_cap = 1\n"
    desk.open(rows=(TEACHERS, SOME), extra=extra).at("2018-05-30T08:30").at("2018-05-30T09:00")
    assert desk.sent_to()[OPS] == 1
    assert desk.sent_to().total() == 2
    desk.at("2018-05-31T08:30")
    assert "达到每日发信上限（1项）" in text(told(desk)[-1])
    assert "delivery.daily_cap: 1 went on 2018-05-30" in text(told(desk)[-1])


def test_neither_a_restart_nor_a_reload_doubles_it(desk: Desk) -> None:
    desk.open(rows=(SOME,), extra=TOLD).at("2017-10-09T08:30")
    desk.open(rows=(SOME, OTHERS), extra=TOLD).at("2017-10-09T08:31").at("2017-10-09T15:00")
    assert len(told(desk)) == 1


def test_a_late_start_tells_in_the_working_hours_of_the_same_day(desk: Desk) -> None:
    desk.open(rows=(SOME,), extra=TOLD).at("2017-10-09T20:00")
    assert told(desk) == []
    desk.at("2017-10-10T14:00")
    assert len(told(desk)) == 1


def test_ops_are_told_beside_their_own_reminders_when_one_is_a_contact_too(desk: Desk) -> None:
    contacts = (f"省教育厅,王一,{OPS},primary", *CONTACTS[1:])
    desk.open(rows=(SOME,), contacts=contacts, extra=f'[ops]\nmail = ["{OPS}"]\nat = "09:00"\n')
    desk.at("2018-05-30T09:00")
    assert desk.sent_to()[OPS] == 2
    assert {contact for (contact,) in desk.rows(reminders.c.contact)} >= {OPS}
    assert not any(contact.startswith("ops:") for (contact,) in desk.rows(reminders.c.contact))


def test_each_ops_address_is_told_by_itself(desk: Desk) -> None:
    other = "second@example.org"
    desk.open(rows=(SOME,), extra=TOLD).at("2017-10-09T08:30")
    desk.open(rows=(SOME,), extra=f'[ops]\nmail = ["{OPS}", "{other}"]\n').at("2017-10-10T08:30")
    assert desk.sent_to() == {OPS: 1, other: 1}


def test_an_address_that_was_taken_out_is_told_no_more(desk: Desk) -> None:
    desk.open(rows=(SOME,), extra=TOLD)
    desk.transport.answer = lambda _mail: DOWN
    desk.at("2017-10-09T08:30")
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.open(rows=(SOME,)).at("2017-10-09T08:40")
    assert desk.mails(messages.c.state, messages.c.reply) == [("dropped", "no longer in [ops] mail")]


def test_in_redirect_mode_it_is_redirected_like_any_other(desk: Desk) -> None:
    extra = f'{TOLD}[delivery]\nmode = "redirect"\nredirect_to = "test@example.org"\n'
    desk.open(rows=(SOME,), extra=extra).at("2017-10-09T08:30")
    assert set(desk.sent_to()) == {"test@example.org"}
    mail = email.message_from_bytes(desk.transport.sent[0].data, policy=policy.default)
    assert f"原收件人：{OPS}" in text(mail)


def test_a_refused_reload_is_told_while_it_stands(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), extra=TOLD)
    with desk.passes.engine.begin() as db:
        register_daemon(db, "host", 1, desk.clock(), config_hash="", preflight=0)
        update_daemon(db, "host", 1, reload_fault="config.toml: mail: unknown key\nplan.txt: is empty")
    desk.at("2017-10-09T08:30")
    shown = text(told(desk)[-1])
    assert "新的配置或文件未被采用（2项）" in shown
    assert "· config.toml: mail: unknown key\n  · plan.txt: is empty" in shown
    with desk.passes.engine.begin() as db:
        update_daemon(db, "host", 1, reload_fault=None)
    assert days(desk, "2017-10-10", "2017-10-16") == []


def test_a_rehearsal_has_no_ops_mail_though_one_waits_in_the_ledger(desk: Desk) -> None:
    desk.open(rows=(SOME,), extra=TOLD)
    desk.clock.set(beijing("2018-05-30T08:30"))
    desk.passes.plan(desk.clock())
    nowhere = Nowhere(lambda _mail: True)
    end = desk.clock() + timedelta(days=1)
    found = rehearse(desk.app, desk.clock(), end, nowhere, copy_of=desk.server or desk.app.config.database)
    assert found.digests == len(nowhere.kept) == 3
    assert all(mail.address != OPS for mail in nowhere.kept)


@pytest.mark.slow
@pytest.mark.long
def test_ten_thousand_failures_and_hostile_texts_are_one_sound_mail(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), extra=TOLD).at("2018-05-30T09:00")
    hostile = '<script>alert("x")</script>\r\nBcc: evil@example.org\u202e{{ 7*7 }}' * 20
    failed = {
        "address": hostile,
        "name": hostile,
        "state": "refused",
        "uncertain": False,
        "begun": False,
        "attempts": 1,
        "reply": hostile,
        **dict.fromkeys(("slot", "not_before", "created", "finished"), desk.clock()),
    }
    with desk.passes.engine.begin() as db:
        rows = [{**failed, "contact": f"c{i}", "message_id": f"<{i}@x>"} for i in range(10_000)]
        db.execute(insert(messages), rows)
        rows = [
            {**row, "uncertain": True, "state": "accepted", "message_id": f"<u{row['contact']}>"}
            for row in rows
        ]
        db.execute(insert(messages), [{**row, "contact": f"u{row['contact']}"} for row in rows])
        task = db.execute(select(tasks.c.id)).scalar_one()
        db.execute(update(reminders).values(state="expired", reason="older than the catch-up cap"))
        db.execute(update(tasks).where(tasks.c.id == task).values(text=hostile))
    desk.at("2018-05-31T08:30")
    [mail] = told(desk)
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("【未送达10000封·供了解1000")
    shown, html = text(mail), text(mail, "html")
    assert "<script" not in html
    assert "{{ 7*7 }}" in shown
    assert "\u202e" not in shown + html
    assert shown.count("· ") <= 2 * 50 + 10
    assert len(mail.as_bytes()) < 500_000
    with desk.passes.engine.begin() as db:
        assert len(db.execute(select(ops_told.c.key)).all()) > 20_000  # counted is told
    assert days(desk, "2018-06-01", "2018-06-01") == []


@pytest.mark.parametrize("at", ["07:00", "08:30", "19:30"], ids=["early", "usual", "late"])
def test_the_plan_pass_wakes_for_the_hour_that_ops_chose(desk: Desk, at: str) -> None:
    desk.open(rows=(SOME,), extra=f'[ops]\nmail = ["{OPS}"]\nat = "{at}"\n')
    assert desk.passes.plan(beijing("2017-09-29T21:00")).next_at == beijing(f"2017-09-30T{at}")
    assert desk.passes.plan(beijing("2017-09-30T21:00")).next_at == beijing(f"2017-10-09T{at}")
    desk.at(f"2017-10-09T{at}")
    assert len(told(desk)) == 1


def test_ops_hear_of_a_mail_that_was_given_up(desk: Desk) -> None:
    def answer(mail: Outgoing) -> Result:
        later = Result(state="deferred", scope="recipient", reply="452 mailbox full")
        return later if mail.address == "wang@example.org" else ACCEPTED

    desk.open(rows=(TEACHERS,), extra=TOLD)
    desk.transport.answer = answer
    desk.at("2018-06-29T09:00")
    for hour in range(1, 6 * 24, 3):
        desk.clock.set(beijing("2018-06-29T09:00") + timedelta(hours=hour))
        desk.passes.send()
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.at("2018-07-09T08:30")
    assert "服务器答复：452 mailbox full" in text(told(desk)[-1])

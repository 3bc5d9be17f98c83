"""The month's summary: once a month and address, of the month before, from what is on record when it goes."""

import email
import threading
from datetime import date, timedelta
from email import policy
from email.message import EmailMessage

import pytest
from sqlalchemy import update

from notifier.app import Passes
from notifier.ledger.generation import Guard, confirm
from notifier.ledger.schema import messages, plans
from notifier.mail.transport import Result
from notifier.passes.again import retry, retryable
from notifier.passes.closing import close, reopen
from notifier.passes.extending import extend
from notifier.passes.suspending import suspend
from notifier.rehearsal import Nowhere, rehearse
from tests.clock import SettableClock
from tests.desk import Desk
from tests.fakes import ACCEPTED, RecordingTransport
from tests.office import ALWAYS, TEACHERS, Row, beijing, passes_of

OPS, LEADER = "duchashi@example.org", "leader@example.org"
TOLD = f'[ops]\nmail = ["{OPS}"]\nat = "23:59"\nsummary = true\nsummary_to = ["{LEADER}"]\n'
JULY: Row = ("整改。", "郑州市政府", "2018年7月底前完成")
REFUSED = Result(state="refused", scope="recipient", reply="550 5.1.1 no such user")
SILENCE = Result(state="uncertain", scope="message", reply="connection lost after DATA")
DOWN = Result(state="deferred", scope="server", reply="421 closing")


def summaries(desk: Desk, address: str = LEADER) -> list[EmailMessage]:
    """Return the summaries that left for an address."""
    found = [
        email.message_from_bytes(mail.data, policy=policy.default)
        for mail in desk.transport.sent
        if mail.address == address
    ]
    return [mail for mail in found if "月度汇总" in mail["Subject"]]


def text(mail: EmailMessage, kind: str = "plain") -> str:
    """Return a part of a mail."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def months(desk: Desk, *moments: str) -> list[str]:
    """Run both passes at each moment; return, for each, the months whose summaries went then."""
    found = []
    for moment in moments:
        before = len(summaries(desk))
        desk.at(moment)
        found.append(
            "、".join(
                mail["Subject"].partition("】")[2].partition("督办")[0] for mail in summaries(desk)[before:]
            )
        )
    return found


def done(desk: Desk, task: str, at: str, **what: str | None) -> None:
    """Record that something was closed."""
    asked: dict[str, str | None] = {"unit": None, "report": None, **what}
    close(
        desk.passes.engine,
        task,
        desk.app.setting,
        beijing(at),
        by="root",
        unit=asked["unit"],
        report=asked["report"],
    )


def test_by_default_nobody_gets_one(desk: Desk) -> None:
    desk.open(extra=f'[ops]\nmail = ["{OPS}"]\n')
    assert months(desk, "2018-07-02T09:00", "2018-08-01T09:00") == ["", ""]
    assert summaries(desk, OPS) == []


@pytest.mark.ledgers("sqlite", "postgresql")
def test_it_goes_to_ops_and_leaders_at_the_first_slot_of_the_month_and_then_no_more(desk: Desk) -> None:
    desk.open(extra=TOLD)
    moments = ["2017-11-30T09:00", "2017-12-01T08:59", "2017-12-01T09:00", "2017-12-01T09:01"]
    assert months(desk, *moments) == ["2017年10月", "", "2017年11月", ""]
    # New Year is a day off; so is May Day with the days around it.
    assert months(desk, "2018-01-01T09:00", "2018-01-02T09:00", "2018-01-31T09:00") == ["", "2017年12月", ""]
    assert months(desk, "2018-05-01T09:00", "2018-05-02T08:00", "2018-05-02T09:00") == ["", "", "2018年4月"]
    assert len(summaries(desk, OPS)) == len(summaries(desk, LEADER)) == 4
    mail = summaries(desk)[-1]
    assert mail["Date"] == "Wed, 02 May 2018 09:00:00 +0800"
    assert set(desk.mails(messages.c.state)) == {("accepted",)}


@pytest.mark.ledgers("sqlite", "postgresql")
def test_what_fell_due_stands_there_as_it_went(desk: Desk) -> None:
    rows = (
        TEACHERS,
        ALWAYS,
        JULY,
        ("核查。", "省公安厅", "2018年5月底前完成"),
        ("验收。", "省教育厅、洛阳市政府", "2018年6月15日前完成"),
    )
    desk.open(rows=rows, extra=TOLD).at("2018-05-02T09:00")
    done(desk, "1", "2018-06-20T10:00", unit="省教育厅")
    done(desk, "2", "2018-06-28T10:00", unit="郑州市政府", report="2018-Q2")
    done(desk, "5", "2018-06-19T10:00", unit="洛阳市政府")
    desk.clock.set(beijing("2018-06-11T10:00"))
    suspend(
        desk.passes.engine, "2", desk.app.setting, desk.clock(), by="root", unit="洛阳市政府", note="机构调整"
    )
    extend(desk.passes.engine, "3", date(2018, 8, 31), desk.app.setting, desk.clock(), by="root", note="批准")
    desk.at("2018-06-11T12:00").at("2018-06-29T09:00").at("2018-07-02T09:00")
    shown = text(summaries(desk)[-1])
    assert summaries(desk)[-1]["Subject"] == "【到期7·按期2·迟报1·未报3】2018年6月督办任务月度汇总"
    assert "到期7 按期2 迟报1 未报3 暂停1" in shown.replace("　", " ")
    assert "到期任务3项，涉及4个单位，共7项次" in shown
    assert "省教育厅：到期3　按期1　迟报0　未报2" in shown
    assert "洛阳市政府：到期2　按期0　迟报1　未报0　暂停1" in shown
    assert "第5项 验收。　已逾期17天\n    期限：2018年6月15日到期\n    未报：省教育厅\n" in shown
    assert "第2项 推进普及。　已过3天\n    期限：2018年6月29日报送\n    未报：省教育厅\n" in shown
    assert "第5项 验收。　迟4天\n    期限：2018年6月15日到期\n    迟报：洛阳市政府（迟4天）" in shown
    assert "第4项 核查。　已逾期32天\n    期限：2018年5月31日到期\n    未办结：省公安厅" in shown
    assert (
        "2018年6月延期（1项）\n  · 第3项 整改。\n    期限：2018年7月31日改为2018年8月31日\n    说明：批准"
        in shown
    )
    assert "单位：洛阳市政府\n    时间：2018年6月11日起\n    说明：机构调整" in shown
    assert "没有联络员，无人收到提醒\n    单位：省公安厅" in shown
    assert "2018年7月到期（没有到期任务）" in shown
    assert "第5项 验收。" in text(summaries(desk)[-1], "html")


def test_what_comes_next_is_told_but_not_what_is_closed_already(desk: Desk) -> None:
    desk.open(rows=(JULY, ("整改。", "省教育厅、省财政厅", "2018年7月20日前完成")), extra=TOLD).at(
        "2018-06-01T09:00"
    )
    done(desk, "2", "2018-06-20T10:00", unit="省教育厅")
    desk.at("2018-07-02T09:00")
    shown = text(summaries(desk)[-1])
    assert "2018年6月没有到期任务。" in shown
    assert "2018年7月到期（2项任务，2项次）" in shown
    assert "期限：2018年7月20日到期\n    单位：省财政厅" in shown
    assert shown.index("7月20日") < shown.index("7月31日")


def test_a_task_that_was_reopened_is_open(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), extra=TOLD).at("2018-06-01T09:00")
    done(desk, "1", "2018-06-20T10:00")
    reopen(desk.passes.engine, "1", desk.app.setting, beijing("2018-06-21T10:00"), by="root", unit=None)
    desk.at("2018-06-29T09:00").at("2018-07-02T09:00")
    assert "未报2】" in summaries(desk)[-1]["Subject"]


def test_what_lay_before_the_import_is_open_but_counts_for_no_month(desk: Desk) -> None:
    desk.clock.set(beijing("2018-07-16T10:00"))
    rows = (
        TEACHERS,
        ("整改。", "郑州市政府", "2018年7月10日前完成"),
        ("月报。", "郑州市政府", "每月10日报送"),
    )
    desk.open(rows=rows, extra=TOLD).at("2018-08-01T09:00")
    shown = text(summaries(desk)[-1])
    assert "2018年7月没有到期任务。" in shown
    assert "以前到期、至今未办结（2项任务，3项次）" in shown


def test_a_later_office_is_told_of_the_last_month_alone_and_at_once_in_working_hours(desk: Desk) -> None:
    desk.open(extra=TOLD).at("2018-03-01T09:00")
    assert months(desk, "2018-06-16T10:00", "2018-06-19T03:00", "2018-06-19T09:00") == ["", "", "2018年5月"]
    assert months(desk, "2018-09-12T15:00") == ["2018年8月"]
    assert summaries(desk)[-1]["Date"] == "Wed, 12 Sep 2018 15:00:00 +0800"


def test_on_the_months_last_evening_it_is_left_to_the_next(desk: Desk) -> None:
    desk.open(extra=TOLD)
    assert months(desk, "2018-07-31T20:00") == [""]
    assert desk.mails(messages.c.contact) == []
    assert months(desk, "2018-08-01T09:00") == ["2018年7月"]
    assert len(summaries(desk)) == 1


def test_without_a_plan_in_that_month_there_is_none(desk: Desk) -> None:
    desk.clock.set(beijing("2018-07-01T10:00"))
    desk.open(extra=TOLD)
    assert months(desk, "2018-07-02T09:00", "2018-08-01T09:00") == ["", "2018年7月"]
    with desk.passes.engine.begin() as db:
        db.execute(update(plans).values(active=False))
    assert months(desk, "2018-09-03T09:00") == [""]


@pytest.mark.ledgers("sqlite", "postgresql")
def test_neither_a_restart_nor_a_reload_nor_another_calendar_doubles_it(desk: Desk) -> None:
    desk.open(extra=TOLD)
    assert months(desk, "2018-07-02T09:00") == ["2018年6月"]
    desk.open(extra=TOLD)
    assert months(desk, "2018-07-02T09:01", "2018-07-02T15:00") == ["", ""]
    desk.open(extra=f"{TOLD}[calendar]\noff = [2018-07-02]\n[policy]\nnotice_at = 10:00:00\n")
    assert months(desk, "2018-07-02T15:10", "2018-07-03T10:00", "2018-07-16T10:00") == ["", "", ""]
    assert len(summaries(desk, OPS)) == 1


@pytest.mark.ledgers("sqlite", "postgresql")
def test_a_clock_that_goes_back_or_ahead_doubles_none(desk: Desk) -> None:
    desk.open(extra=TOLD)
    assert months(desk, "2018-07-02T09:00") == ["2018年6月"]
    for moment in ("2018-07-02T08:00", "2018-06-29T09:00"):
        desk.clock.set(beijing(moment))
        desk.passes.set_right(desk.clock(), stands=True)
        assert months(desk, moment) == [""] if moment.startswith("2018-07") else ["2018年5月"]
    assert months(desk, "2018-07-02T09:00") == [""]
    assert months(desk, "2018-08-02T09:00") == ["2018年7月"]  # by a clock that is ahead
    desk.clock.set(beijing("2018-07-10T09:00"))
    desk.passes.set_right(desk.clock(), stands=True)
    assert months(desk, "2018-07-10T09:00", "2018-08-01T09:00") == ["", ""]


def test_hosts_that_queue_it_at_the_same_moment_queue_one_of_each(desk: Desk) -> None:
    _hosts(desk)


@pytest.mark.slow
@pytest.mark.ledgers("postgresql")
def test_hosts_on_one_server_queue_and_send_one_of_each(desk: Desk) -> None:
    _hosts(desk)


def _hosts(desk: Desk) -> None:
    desk.open(extra=TOLD).at("2018-06-29T09:00")
    desk.clock.set(beijing("2018-07-05T10:00"))  # late: each would take a slot of its own
    hosts: list[tuple[Passes, RecordingTransport]] = []
    for number in range(4):
        transport = RecordingTransport()
        clock = SettableClock(desk.clock() + timedelta(seconds=number))
        _, passes = passes_of(desk.app.config, clock, transport, desk.server)
        passes.sender.owner = f"host{number}:1:x"
        desk.engines.append(passes.engine)
        hosts.append((passes, transport))
    barrier, faults = threading.Barrier(len(hosts)), []

    def work(passes: Passes) -> None:
        barrier.wait()
        try:
            for _ in range(3):
                passes.plan(passes.sender.clock())
                passes.sender.send()
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(passes,)) for passes, _ in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    sent = [
        mail.address
        for _, transport in hosts
        for mail in transport.sent
        if mail.message_id.startswith("<201806.")
    ]
    assert sorted(sent) == [OPS, LEADER]


def test_without_an_answer_it_goes_again_as_it_was(desk: Desk) -> None:
    desk.open(extra=TOLD)
    desk.transport.answer = lambda _mail: SILENCE
    desk.at("2018-07-02T09:00")
    desk.transport.answer = lambda _mail: ACCEPTED
    done(desk, "1", "2018-07-02T09:10")
    desk.open(extra=TOLD).at("2018-07-02T09:20")
    first, second = (mail for mail in desk.transport.sent if mail.address == LEADER)
    assert (first.data, first.message_id) == (second.data, second.message_id)
    assert months(desk, "2018-07-03T09:00", "2018-07-16T09:00") == ["", ""]


def test_a_server_that_is_down_costs_a_later_one_that_is_made_up_when_it_goes(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), extra=TOLD)
    desk.transport.answer = lambda _mail: DOWN
    assert months(desk, "2018-07-02T09:00", "2018-07-03T09:00") == ["", ""]
    done(desk, "1", "2018-07-03T10:00")
    desk.transport.answer = lambda _mail: ACCEPTED
    assert months(desk, "2018-07-04T10:00", "2018-07-04T11:00") == ["2018年6月", ""]
    assert "迟报2" in summaries(desk)[-1]["Subject"]


def test_one_that_is_queued_over_the_end_of_the_month_is_dropped_for_the_next(desk: Desk) -> None:
    desk.open(extra=TOLD)
    desk.transport.answer = lambda _mail: DOWN
    desk.at("2018-07-30T09:00")
    desk.transport.answer = lambda _mail: ACCEPTED
    assert months(desk, "2018-08-01T09:00") == ["2018年7月"]
    states = dict(desk.mails(messages.c.contact, messages.c.state))
    assert states[f"ops:summary:2018-06:{LEADER}"] == "dropped"


def test_a_hold_and_the_cap_let_it_pass_and_it_takes_none_of_their_room(desk: Desk) -> None:
    desk.open(extra=f"{TOLD}[delivery]\nhold = true\n")
    assert months(desk, "2018-06-29T09:00", "2018-07-02T09:00") == ["2018年5月", "2018年6月"]
    desk.open(extra=f"{TOLD}[delivery]\ndaily_cap = 1\n").at("2018-08-01T09:00")
    assert len(summaries(desk)) == 3
    assert len([mail for mail in desk.transport.sent if mail.address not in (OPS, LEADER)]) == 1


def test_a_ledger_in_doubt_holds_it_until_a_person_confirms(desk: Desk) -> None:
    desk.open(extra=TOLD).at("2018-06-29T09:00")
    database = desk.app.config.database
    Guard(desk.passes.engine, database)
    desk.transport.answer = lambda _mail: DOWN
    desk.at("2018-07-02T09:00")  # queued, as a copy may have it
    database.with_name("notifier.db.generation").unlink()
    desk.passes.sender.brake_with(guard=Guard(desk.passes.engine, database))
    desk.transport.answer = lambda _mail: ACCEPTED
    assert months(desk, "2018-07-02T10:00", "2018-07-02T14:00") == ["", ""]
    confirm(desk.passes.engine, database, desk.clock(), by="root")
    assert months(desk, "2018-07-02T15:30") == ["2018年6月"]


def test_in_doubt_none_is_queued(desk: Desk) -> None:
    desk.open(extra=TOLD)
    database = desk.app.config.database
    Guard(desk.passes.engine, database)
    database.with_name("notifier.db.generation").unlink()
    desk.passes.sender.brake_with(guard=Guard(desk.passes.engine, database))
    assert months(desk, "2018-07-02T09:00") == [""]
    assert not any(contact.startswith("ops:summary:") for (contact,) in desk.mails(messages.c.contact))


def test_a_refused_one_is_told_to_ops_and_goes_to_a_mended_address_or_when_it_is_retried(desk: Desk) -> None:
    told = TOLD.replace("23:59", "10:00")
    desk.open(rows=(TEACHERS,), extra=told)
    desk.transport.answer = lambda mail: REFUSED if mail.address == LEADER else ACCEPTED
    desk.at("2018-07-02T09:00")
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.at("2018-07-02T10:00")
    ops = [mail for mail in desk.transport.sent if mail.address == OPS][-1]
    shown = text(email.message_from_bytes(ops.data, policy=policy.default))
    assert "月度汇总未送达（1项）" in shown
    assert f"{LEADER}\n    服务器答复：550 5.1.1 no such user" in shown
    # Where the mailbox is mended, a word of ops; where the address was wrong, the reload.
    [failed] = retryable(desk.passes.engine, desk.app.setting, desk.clock())
    asked = [str(failed.message.id)]
    retry(desk.passes.engine, asked, desk.app.setting, desk.clock(), everything=False, by="root")
    assert months(desk, "2018-07-02T10:05") == ["2018年6月"]
    desk.open(rows=(TEACHERS,), extra=told.replace(LEADER, "other@example.org")).at("2018-07-02T11:00")
    assert len(summaries(desk, "other@example.org")) == 1
    desk.at("2018-07-03T10:00").at("2018-07-04T10:00")
    assert len(summaries(desk, "other@example.org")) == len(summaries(desk)) == len(summaries(desk, OPS)) == 1


def test_an_address_that_was_taken_out_gets_none(desk: Desk) -> None:
    desk.open(extra=TOLD)
    desk.transport.answer = lambda _mail: DOWN
    desk.at("2018-07-02T09:00")
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.open(extra=f'[ops]\nmail = ["{OPS}"]\nsummary = true\n').at("2018-07-02T10:00")
    assert summaries(desk) == []
    assert len(summaries(desk, OPS)) == 1


def test_in_redirect_mode_it_is_redirected_like_any_other(desk: Desk) -> None:
    extra = f'{TOLD}[delivery]\nmode = "redirect"\nredirect_to = "test@example.org"\n'
    desk.open(extra=extra).at("2018-07-02T09:00")
    mails = summaries(desk, "test@example.org")
    assert {mail["X-Original-To"] for mail in mails} == {OPS, LEADER}
    assert f"原收件人：{LEADER}" in text(mails[-1]) + text(mails[0])


def test_a_month_that_cannot_be_summed_up_is_tried_again_and_holds_up_no_other_mail(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open(extra=TOLD)
    with monkeypatch.context() as broken:
        broken.setattr("notifier.passes.summary.summary_of", lambda *_: 1 / 0)
        desk.at("2018-06-29T09:00")
        assert summaries(desk) == []
        assert desk.sent_to()["wang@example.org"] == 1
    assert months(desk, "2018-06-29T10:01") == ["2018年5月"]


def test_a_rehearsal_has_none(desk: Desk) -> None:
    desk.open(extra=TOLD)
    nowhere = Nowhere(lambda _mail: True)
    rehearse(desk.app, beijing("2018-06-20T00:00"), beijing("2018-07-03T00:00"), nowhere)
    assert nowhere.kept
    assert {mail.address for mail in nowhere.kept}.isdisjoint({OPS, LEADER})

"""Faults that no part has alone: two or three of them at once."""

import email
import re
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from email import policy
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from notifier.ledger.schema import events, messages, refusals
from notifier.ledger.tasks import TaskRecord
from notifier.mail.compose import Composer
from notifier.mail.pace import Pace
from notifier.mail.transport import Result
from notifier.passes import again, plan, readdress
from notifier.passes.ops import OpsMail
from notifier.passes.setting import Setting
from notifier.people.roster import Recipient
from tests.desk import Desk
from tests.fakes import ACCEPTED
from tests.office import ALWAYS, TEACHERS, Row, beijing

OPS = "duchashi@example.org"
WANG, LI = "wang@example.org", "li@example.org"
TOLD = f'[ops]\nmail = ["{OPS}"]\n'
SOME: Row = ("扶持薄弱学校。", "省教育厅和有关省辖市政府", "2018年6月底前完成")
GONE = Result(state="refused", scope="recipient", reply="550 no such user")
SILENCE = Result(state="uncertain", scope="message", reply="connection lost after DATA")
DOWN = Result(state="deferred", scope="server", reply="421 closing")


def test_mails_without_an_answer_do_not_use_up_the_cap_of_other_days(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, ALWAYS), extra="[delivery]\ndaily_cap = 2\n")
    desk.transport.answer = lambda _mail: SILENCE
    desk.at("2018-06-29T09:00")
    desk.transport.answer = lambda _mail: ACCEPTED
    for day in ("06-29", "07-02", "07-03", "07-04", "07-05", "07-06", "07-09"):
        desk.at(f"2018-{day}T09:05").at(f"2018-{day}T20:00")
    assert "queued" not in {state for (state,) in desk.mails(messages.c.state)}


def test_a_clock_ahead_that_had_an_ops_mail_composed_does_not_end_all_planning(desk: Desk) -> None:
    desk.open(rows=(SOME,), extra=TOLD)
    desk.transport.answer = lambda _mail: DOWN
    desk.at("2017-11-10T10:00")
    assert desk.mails(messages.c.contact, messages.c.state) == [(f"ops:{OPS}", "queued")]
    desk.clock.set(beijing("2017-10-11T10:00"))
    desk.passes.set_right(desk.clock(), stands=True)
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.at("2017-10-11T11:00").at("2017-10-12T08:30")
    assert desk.sent_to()[OPS] == 1


def test_an_ops_mail_of_a_clock_ahead_is_no_mail_of_the_days_after(desk: Desk) -> None:
    desk.open(rows=(SOME,), extra=TOLD).at("2018-10-10T10:00")
    assert desk.sent_to()[OPS] == 1
    desk.clock.set(beijing("2017-10-09T07:00"))
    desk.passes.set_right(desk.clock(), stands=True)
    desk.at("2017-10-09T08:30")
    assert desk.sent_to()[OPS] == 1  # today's, by whatever clock
    desk.at("2017-10-10T08:30")
    assert desk.sent_to()[OPS] == 2


def test_a_rest_that_a_clock_ahead_began_is_over_when_it_is_set_back(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.at("2018-07-02T09:00")
    with desk.passes.engine.begin() as db:
        row = {"contact": WANG, "in_a_row": 2, "reply": "550 no"}
        db.execute(
            insert(refusals).values(
                **row, since=beijing("2019-07-02T09:00"), last=beijing("2019-07-03T09:00")
            )
        )
    desk.clock.set(beijing("2018-07-03T08:00"))
    desk.passes.set_right(desk.clock(), stands=True)
    desk.at("2018-07-03T09:00").at("2018-07-04T09:00").at("2018-07-09T09:00")
    assert desk.sent_to()[WANG] >= 2


def test_ops_are_never_said_to_be_suspended(desk: Desk) -> None:
    desk.open(rows=(SOME,), extra=TOLD)
    desk.transport.answer = lambda _mail: GONE
    for day in ("09", "10", "11", "12"):
        desk.at(f"2017-10-{day}T08:30")
    with desk.passes.engine.begin() as db:
        assert db.execute(select(refusals)).all() == []
        assert db.execute(select(events).where(events.c.action == "suspended")).all() == []


def test_a_mail_tried_again_that_fails_again_is_told_again(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), extra=TOLD)
    desk.transport.answer = lambda mail: GONE if mail.address == WANG else ACCEPTED
    desk.at("2018-05-30T09:00").at("2018-05-31T08:30").at("2018-06-01T08:30")
    before = desk.sent_to()[OPS]
    now = desk.clock()
    again.retry(desk.passes.engine, [WANG], desk.app.setting, now, everything=False, by="ops")
    desk.at("2018-06-01T10:00").at("2018-06-04T08:30")
    last = [mail for mail in desk.transport.sent if mail.address == OPS]
    assert len(last) == before + 1
    mail = email.message_from_bytes(last[-1].data, policy=policy.default)
    assert mail["Subject"].startswith("【未送达1封")


def test_the_cap_is_told_of_on_each_day_on_which_it_is_reached(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, ALWAYS), extra="[delivery]\ndaily_cap = 1\n")
    for day in ("2018-06-29", "2018-07-02", "2018-07-03"):
        desk.at(f"{day}T09:00").at(f"{day}T15:00")
    with desk.passes.engine.begin() as db:
        found = db.execute(select(events.c.detail).where(events.c.action == "mail_held")).scalars().all()
    assert [re.findall(r"\d{4}-\d\d-\d\d", detail)[0] for detail in found] == [
        "2018-06-29",
        "2018-07-02",
        "2018-07-03",
    ]


def test_a_mail_too_big_for_the_server_is_not_put_off_for_ever_by_an_override(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), extra='[[delivery.defer]]\nreply = "^552"\nwait = 60\n')
    big = Result(
        state="refused", scope="message", reply="552 90000 octets, the server takes 4000", at_most=4000
    )

    desk.transport.answer = lambda mail: big if len(mail.data) > 4000 else ACCEPTED
    desk.at("2018-05-30T09:00").at("2018-05-30T09:01")
    assert desk.mails(messages.c.state, messages.c.at_most) == [("accepted", 4000)] * 2


def test_what_ops_cannot_be_told_holds_up_no_mail_to_contacts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open(rows=(TEACHERS,), extra=TOLD)

    def broken(*_: object) -> None:
        raise ValueError("what stands can't be found out")

    monkeypatch.setattr(OpsMail, "standing", broken)
    desk.at("2018-05-30T09:00")
    assert desk.sent_to()[WANG] == 1
    assert (f"ops:{OPS}", "queued") in desk.mails(messages.c.contact, messages.c.state)


def test_a_time_of_trial_that_a_clock_ahead_began_ends(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,)).at("2018-05-29T09:00")
    desk.transport.answer = lambda _mail: Result(state="deferred", scope="message", reply="451 later")
    desk.at("2018-05-30T09:00")
    with desk.passes.engine.begin() as db:
        db.execute(update(messages).values(retried=beijing("2020-05-30T09:00")))
    desk.clock.set(beijing("2018-05-30T10:00"))
    for _ in range(24 * 7):
        desk.clock.advance(timedelta(hours=1))
        desk.passes.set_right(desk.clock(), stands=True)
        desk.passes.send()
    assert {state for (state,) in desk.mails(messages.c.state)} == {"failed"}


@pytest.mark.ledgers("sqlite")  # asks for the lock of the file
@pytest.mark.parametrize("maker", ["compose", "compose_bulletin"])
def test_others_write_the_ledger_while_mails_are_made(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, maker: str
) -> None:
    desk.open(rows=(TEACHERS, SOME), extra=TOLD)
    made = getattr(Composer, maker)

    def slowly(composer: Composer, *words: object, **more: object) -> bytes:
        with closing(sqlite3.connect(desk.app.config.database, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.rollback()
        mail: bytes = made(composer, *words, **more)
        return mail

    monkeypatch.setattr(Composer, maker, slowly)
    desk.at("2018-05-30T09:00")
    assert {state for (state,) in desk.mails(messages.c.state)} == {"accepted"}
    assert set(desk.sent_to()) >= {WANG, OPS}


def test_a_pass_over_its_time_makes_no_more_mails_than_it_tries(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open(rows=(TEACHERS, ALWAYS))
    desk.clock.set(beijing("2018-06-29T09:00"))
    desk.passes.plan(desk.clock())
    made: list[object] = []
    compose = Composer.compose

    def counted(composer: Composer, *words: Any, **more: Any) -> bytes:
        made.append(words)
        return compose(composer, *words, **more)

    monkeypatch.setattr(Composer, "compose", counted)
    assert desk.passes.sender.send(budget=timedelta(0)).tried == 1
    assert len(made) == 1
    assert sorted(state for (state,) in desk.mails(messages.c.state)) == ["accepted", *["queued"] * 3]


def test_the_ops_mail_has_the_pace_of_its_domain(desk: Desk) -> None:
    desk.open(rows=(SOME,), extra=TOLD)
    pace = desk.passes.sender.pace = Pace(per_domain={"example.org": 0.001})
    pace.take(WANG)
    desk.at("2017-10-09T08:30")
    assert desk.mails(messages.c.contact, messages.c.state) == [(f"ops:{OPS}", "queued")]


@pytest.mark.parametrize("to_live", [True, False], ids=["redirected, then live", "live, then redirected"])
def test_a_mail_without_an_answer_that_goes_another_way_now_is_made_for_that_way(
    desk: Desk, to_live: bool
) -> None:
    redirected = '[delivery]\nmode = "redirect"\nredirect_to = "trial@example.org"\n'
    first, then = (redirected, "") if to_live else ("", redirected)
    desk.open(rows=(TEACHERS,), extra=first)
    desk.transport.answer = lambda _mail: SILENCE
    desk.at("2018-05-30T09:00")
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.open(rows=(TEACHERS,), extra=then).at("2018-05-30T09:10")
    before, after = desk.transport.sent[:2], desk.transport.sent[2:]
    assert {mail.message_id for mail in after} == {mail.message_id for mail in before}
    for mail in after:
        parsed = email.message_from_bytes(mail.data, policy=policy.default)
        assert parsed["To"].addresses[0].addr_spec == mail.address
        assert (parsed["X-Original-To"] is None) == to_live
    assert desk.mails(messages.c.state, messages.c.uncertain) == [("accepted", True)] * 2


def test_a_task_whose_people_cannot_be_found_out_ends_no_pass(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open(rows=(TEACHERS, ALWAYS)).at("2018-06-28T09:00")
    found = plan.recipients_of

    def broken(task: TaskRecord, setting: Setting, now: datetime) -> tuple[Recipient, ...]:
        if task.ref == "1":
            raise ValueError("units that nobody can read")
        return found(task, setting, now)

    desk.clock.set(beijing("2018-06-29T09:00"))
    desk.passes.plan(desk.clock())  # mails of both tasks wait
    for module in (plan, readdress):
        monkeypatch.setattr(module, "recipients_of", broken)
    desk.passes.addressed.day = None
    desk.transport.sent.clear()
    desk.at("2018-06-29T09:00")
    assert desk.sent_to() == {f"{name}@example.org": 1 for name in ("wang", "li", "zhang", "zhao")}

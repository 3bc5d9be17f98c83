"""Failed and refused mail, tried again on a person's word."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notifier.errors import UsageError
from notifier.ledger.refusals import refusals
from notifier.ledger.schema import events, messages, reminders
from notifier.mail.transport import Result
from notifier.passes import again
from notifier.passes.closing import close
from tests.desk import Desk
from tests.fakes import ACCEPTED
from tests.integration.passes.test_send import BUSY, NO_SUCH_BOX, SILENCE, SLOT, only
from tests.office import ALWAYS, TEACHERS, beijing

WANG, LI = "wang@example.org", "li@example.org"


def refused(desk: Desk, result: Result = NO_SUCH_BOX, **files: Any) -> str:
    """Let wang's mail of the slot be refused; return its Message-ID."""
    desk.open(**({"rows": (TEACHERS,)} | files))
    desk.transport.answer = only(WANG, result)
    desk.at(SLOT)
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.transport.sent.clear()
    [message_id] = [
        name for contact, name in desk.mails(messages.c.contact, messages.c.message_id) if contact == WANG
    ]
    return str(message_id)


def retry(desk: Desk, *names: str, everything: bool = False) -> again.Retried:
    return again.retry(
        desk.passes.engine, names, desk.app.setting, desk.clock(), everything=everything, by="ops"
    )


def of_wang(desk: Desk, *columns: Any) -> tuple[Any, ...]:
    return next(tuple(rest) for contact, *rest in desk.mails(messages.c.contact, *columns) if contact == WANG)


def told(desk: Desk, action: str) -> list[tuple[str, str]]:
    with desk.passes.engine.begin() as db:
        query = select(events.c.by, events.c.detail).where(events.c.action == action)
        return [tuple(row) for row in db.execute(query)]


@pytest.mark.parametrize("by", ["number", "Message-ID", "bare Message-ID", "envelope id", "address", "all"])
def test_a_refused_mail_goes_again_with_its_id_and_its_lines_are_sent(desk: Desk, by: str) -> None:
    message_id = refused(desk)
    [number] = of_wang(desk, messages.c.id)
    names = {
        "number": [str(number)],
        "Message-ID": [message_id],
        "bare Message-ID": [message_id.strip("<>")],
        "envelope id": [message_id.strip("<>").partition("@")[0]],
        "address": ["Wang@example.org"],
        "all": [],
    }[by]
    done = retry(desk, *names, everything=by == "all")
    assert [message.id for message in done.queued] == [number]
    assert desk.rows(reminders.c.state, reminders.c.reason, contact=WANG) == [("planned", None)]
    desk.at("2018-05-30T10:00").at("2018-05-30T10:05")
    assert desk.sent_to() == {WANG: 1}
    assert desk.transport.sent[0].message_id == message_id
    assert of_wang(desk, messages.c.state, messages.c.attempts) == ("accepted", 1)
    assert desk.rows(reminders.c.state, contact=WANG) == [("sent",)]
    assert told(desk, "retried") == [("ops", f"message {number} to {WANG}, was refused: 550 no such mailbox")]
    assert retry(desk, everything=True).queued == ()


def test_each_name_that_means_nothing_is_told_and_nothing_is_done(desk: Desk) -> None:
    refused(desk)
    [number] = of_wang(desk, messages.c.id)
    [accepted] = [
        found for found, state in desk.mails(messages.c.id, messages.c.state) if state == "accepted"
    ]
    with pytest.raises(UsageError) as caught:
        retry(desk, str(number), str(accepted), "99", "nobody@example.org", "%")
    assert str(caught.value).splitlines() == [
        f"message {accepted} is accepted, with nothing left to try again",
        "99: no message, nor a contact with mail that failed or was refused",
        "nobody@example.org: no message, nor a contact with mail that failed or was refused",
        "%: no message, nor a contact with mail that failed or was refused",
    ]
    assert of_wang(desk, messages.c.state) == ("refused",)


def test_lines_of_closed_tasks_are_withdrawn_from_it(desk: Desk) -> None:
    refused(desk)
    close(desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops", unit=None, report=None)
    retry(desk, WANG)
    desk.at("2018-05-30T10:00")
    assert desk.transport.sent == []
    assert of_wang(desk, messages.c.state) == ("dropped",)
    [(state, reason)] = desk.rows(reminders.c.state, reminders.c.reason, contact=WANG)
    assert state == "withdrawn"
    assert reason.startswith("closed: ")


def test_what_a_newer_notice_has_said_since_is_not_said_again(desk: Desk) -> None:
    refused(desk)
    desk.at("2018-06-22T09:00")
    desk.transport.sent.clear()
    retry(desk, WANG)
    desk.at("2018-06-22T10:00")
    assert desk.transport.sent == []
    assert desk.rows(reminders.c.checkpoint, reminders.c.state, contact=WANG) == [
        ("due-30d@2018-06-30", "superseded"),
        ("due-7d@2018-06-30", "sent"),
    ]


def test_after_a_mended_address_the_lines_go_to_the_new_one_and_nobody_else_hears_twice(desk: Desk) -> None:
    refused(desk)
    desk.open(
        rows=(TEACHERS,),
        contacts=("省教育厅,王一,wang2@example.org,primary", "省财政厅,李二,li@example.org,primary"),
    )
    desk.at("2018-05-30T09:30")
    assert desk.transport.sent == []  # what was refused is over until somebody says otherwise
    retry(desk, WANG)
    desk.at("2018-05-30T10:00").at("2018-05-31T09:00").at("2018-06-01T09:00")
    assert desk.sent_to() == {"wang2@example.org": 1}
    assert of_wang(desk, messages.c.state) == ("dropped",)
    assert desk.rows(reminders.c.state, reminders.c.reason, contact=WANG) == [
        ("withdrawn", "no longer a contact")
    ]


def test_a_mail_retried_has_its_five_days_from_then(desk: Desk) -> None:
    refused(desk)
    desk.clock.set(beijing("2018-06-04T09:00"))
    retry(desk, WANG)
    desk.transport.answer = only(WANG, BUSY)
    last = None
    for hours in range(0, 24 * 8, 2):
        desk.clock.set(beijing("2018-06-04T09:00") + timedelta(hours=hours))
        desk.passes.send()
        if last is None and of_wang(desk, messages.c.state) == ("failed",):
            last = hours
    assert last is not None
    assert 5 * 24 <= last <= 7 * 24  # no mail goes by night or on days off


def test_one_of_the_past_must_be_named(desk: Desk) -> None:
    refused(desk)
    [number] = of_wang(desk, messages.c.id)
    desk.clock.set(beijing("2018-07-02T08:00"))
    for done in (retry(desk, everything=True), retry(desk, WANG)):
        assert done.queued == ()
        assert [(one.message.id, one.caution) for one in done.left] == [
            (number, "it is older than the catch-up cap of 30 days")
        ]
    assert [message.id for message in retry(desk, str(number)).queued] == [number]


def test_a_mail_that_may_have_arrived_must_be_named_and_goes_with_the_same_bytes(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = only(WANG, SILENCE)
    desk.at(SLOT)
    for hours in range(1, 30):
        desk.clock.set(beijing(SLOT) + timedelta(hours=2 * hours))
        desk.passes.send()
    [number] = of_wang(desk, messages.c.id)
    copies = {mail.data for mail in desk.transport.sent if mail.address == WANG}
    assert len(copies) == 1
    assert retry(desk, everything=True).queued == ()
    assert [one.caution for one in retry(desk, WANG).left] == ["it may have arrived"]
    retry(desk, str(number))
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.transport.sent.clear()
    desk.at("2018-06-04T10:00")
    assert {mail.data for mail in desk.transport.sent} == copies
    assert of_wang(desk, messages.c.state, messages.c.uncertain) == ("accepted", True)
    assert desk.rows(reminders.c.state, contact=WANG) == [("sent",)]


def test_a_mail_that_may_have_arrived_and_lost_its_bytes_is_not_made_anew_under_its_id(desk: Desk) -> None:
    refused(desk)
    [number] = of_wang(desk, messages.c.id)
    with desk.passes.engine.begin() as db:  # as releases before this one left it
        db.execute(messages.update().where(messages.c.id == number).values(uncertain=True))
    with pytest.raises(UsageError, match="its bytes are gone"):
        retry(desk, str(number))


def test_a_retry_ends_a_suspension_and_sends_what_was_not_tried(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = only(WANG, NO_SUCH_BOX)
    for day in ("2018-07-02", "2018-07-03", "2018-07-04"):
        desk.at(f"{day}T09:00")
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.transport.sent.clear()
    done = retry(desk, WANG)
    assert len(done.queued) == 3
    assert done.released == (WANG,)
    assert told(desk, "released") == [("ops", WANG)]
    desk.at("2018-07-04T10:00")
    # Of three overdue notices of one date the newest is said; the others are folded into it.
    assert desk.sent_to() == {WANG: 1}
    found = desk.rows(reminders.c.checkpoint, reminders.c.state, contact=WANG, kind="overdue")
    assert [state for _, state in found] == ["superseded", "superseded", "sent"]


def test_an_address_with_nothing_unsent_is_released_all_the_same(desk: Desk) -> None:
    refused(desk)
    retry(desk, str(of_wang(desk, messages.c.id)[0]))
    desk.transport.answer = only(WANG, NO_SUCH_BOX)
    desk.at("2018-05-30T10:00")
    close(desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops", unit=None, report=None)
    with desk.passes.engine.begin() as db:
        assert refusals(db)[WANG].in_a_row == 1  # the same mail refused again is no second one
        db.execute(reminders.update().where(reminders.c.contact == WANG).values(state="withdrawn"))
    done = retry(desk, WANG)
    assert (done.queued, done.released) == ((), (WANG,))


def test_what_could_be_tried_again_is_listed_the_oldest_first(desk: Desk) -> None:
    refused(desk, rows=(TEACHERS, ALWAYS))
    desk.transport.answer = only(WANG, NO_SUCH_BOX)
    desk.at("2018-06-22T09:00")
    found = again.retryable(desk.passes.engine, desk.app.setting, desk.clock())
    assert [(one.message.contact, one.message.lines, one.caution) for one in found] == [
        (WANG, 1, None),
        (WANG, 2, None),
    ]
    assert found[0].message.slot < found[1].message.slot

"""The send pass on a real SQLite file: what each answer of the server does to a message."""

import email
from collections.abc import Callable
from datetime import datetime, timedelta
from email import policy

import pytest

from notifier.ledger import outbox
from notifier.ledger.schema import messages, reminders
from notifier.mail.transport import Outgoing, Result
from notifier.passes.retry import backoff
from tests.desk import Desk
from tests.fakes import ACCEPTED
from tests.office import ALWAYS, TEACHERS, beijing

pytestmark = pytest.mark.ledgers("sqlite", "postgresql")

SLOT = "2018-05-30T09:00"  # 30 days before TEACHERS' rolled due day, for two contacts
BUSY = Result(state="deferred", scope="message", reply="451 try later")
GREYLISTED = Result(state="deferred", scope="recipient", reply="450 greylisted")
NO_SUCH_BOX = Result(state="refused", scope="recipient", reply="550 no such mailbox")
SILENCE = Result(state="uncertain", scope="message", reply="connection lost after DATA")
SERVER_DOWN = Result(state="deferred", scope="server", reply="connection refused")


def only(address: str, result: Result) -> Callable[[Outgoing], Result]:
    return lambda mail: result if mail.address == address else ACCEPTED


def test_an_accepted_mail_ends_its_reminders_and_leaves_no_bytes(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,)).at(SLOT)
    assert (
        desk.mails(messages.c.state, messages.c.attempts, messages.c.uncertain, messages.c.body)
        == [("accepted", 1, False, None)] * 2
    )
    assert {state for (state,) in desk.rows(reminders.c.state)} == {"sent"}
    assert all(sha256 for (sha256,) in desk.mails(messages.c.body_sha256))
    assert {reply for (reply,) in desk.mails(messages.c.reply)} == {"250 ok"}


def test_the_mail_carries_the_moment_of_its_slot_and_its_own_id(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,)).at("2018-05-30T09:20")
    mail = email.message_from_bytes(desk.transport.sent[0].data, policy=policy.default)
    assert mail["Date"].datetime == beijing(SLOT)
    assert mail["Date"].endswith("+0800")
    assert [
        (mail["Message-ID"],),
    ] == desk.mails(messages.c.message_id)[:1]


def test_one_refused_address_holds_up_no_other_and_is_not_tried_again(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = only("wang@example.org", NO_SUCH_BOX)
    desk.at(SLOT).at("2018-06-04T12:00")
    assert dict(desk.mails(messages.c.contact, messages.c.state)) == {
        "wang@example.org": "refused",
        "li@example.org": "accepted",
    }
    assert desk.rows(reminders.c.state, reminders.c.reason, contact="wang@example.org") == [
        ("failed", "550 no such mailbox")
    ]


@pytest.mark.parametrize("answer", [BUSY, GREYLISTED], ids=["after DATA", "at RCPT"])
def test_a_deferred_mail_is_tried_again_after_the_backoff_and_then_once(desk: Desk, answer: Result) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = only("wang@example.org", answer)
    desk.at(SLOT)
    assert desk.mails(messages.c.state, messages.c.attempts, messages.c.uncertain)[1] == ("queued", 1, False)
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.transport.sent.clear()
    desk.at("2018-05-30T09:00:59")
    assert not desk.transport.sent
    desk.at("2018-05-30T09:01").at("2018-05-30T09:02")
    assert desk.sent_to() == {"wang@example.org": 1}


def test_a_fault_of_the_server_spends_no_attempt_and_pauses_the_pass(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = lambda _mail: SERVER_DOWN
    desk.at(SLOT)
    assert desk.mails(messages.c.state, messages.c.attempts) == [("queued", 0)] * 2
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.at("2018-05-30T09:00:59")
    assert not desk.transport.sent
    assert desk.passes.send().next_at == beijing("2018-05-30T09:01")
    desk.at("2018-05-30T09:01")
    assert set(desk.sent_to().values()) == {1}


def test_an_answer_that_never_came_sends_the_same_bytes_under_the_same_id(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = only("wang@example.org", SILENCE)
    desk.at(SLOT)
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.at("2018-05-30T09:01")
    copies = [mail for mail in desk.transport.sent if mail.address == "wang@example.org"]
    assert len(copies) == 2
    assert copies[0].data == copies[1].data
    assert dict(desk.mails(messages.c.contact, messages.c.uncertain)) == {
        "wang@example.org": True,
        "li@example.org": False,
    }


def test_a_server_that_never_answers_gets_a_bounded_number_of_copies(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = only("wang@example.org", SILENCE)
    desk.at(SLOT)
    for minute in range(0, 60 * 12, 10):
        moment = beijing(SLOT) + timedelta(minutes=minute)
        desk.clock.set(moment)
        desk.passes.send()
    assert desk.sent_to()["wang@example.org"] == 6
    assert desk.rows(reminders.c.state, contact="wang@example.org") == [("failed",)]


def test_mail_is_given_up_after_five_days_and_says_so(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = only("wang@example.org", BUSY)
    for hours in range(0, 24 * 6, 2):
        desk.clock.set(beijing(SLOT) + timedelta(hours=hours))
        desk.passes.plan(desk.clock())
        desk.passes.send()
    assert desk.rows(reminders.c.state, reminders.c.reason, contact="wang@example.org") == [
        ("failed", "451 try later")
    ]


def test_a_newer_notice_of_the_same_date_replaces_one_that_could_not_go(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = lambda _mail: SERVER_DOWN
    desk.at("2018-06-28T09:00")
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.at("2018-06-29T09:00")
    assert desk.sent_to() == {"wang@example.org": 1, "li@example.org": 1}
    found = desk.rows(reminders.c.checkpoint, reminders.c.state, contact="wang@example.org")
    assert ("due-1d@2018-06-30", "superseded") in found
    assert ("due@2018-06-30", "sent") in found


class _Killed(BaseException):
    """Stands for SIGKILL: nothing after it runs in the transport."""


def test_a_crash_after_data_was_begun_is_flagged_and_sent_again_with_the_same_bytes(desk: Desk) -> None:
    def die(mail: Outgoing) -> Result:
        desk.transport.sent.append(mail)
        with desk.passes.engine.begin() as db:
            outbox.begin(db, mail.id, desk.passes.sender.owner, desk.clock(), body=mail.data)
        raise _Killed

    desk.open(rows=(ALWAYS,))
    desk.transport.answer = die
    with pytest.raises(_Killed):
        desk.at("2017-12-22T09:00")
    with desk.passes.engine.begin() as db:  # as the next daemon does
        outbox.release_dead(db)
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.at("2017-12-22T09:05")
    twice = [address for address, count in desk.sent_to().items() if count == 2]
    assert len(twice) == 1
    assert desk.mails(messages.c.contact, messages.c.uncertain).count((twice[0], True)) == 1
    assert sum(bool(uncertain) for (uncertain,) in desk.mails(messages.c.uncertain)) == 1
    first, second = (mail.data for mail in desk.transport.sent if mail.address == twice[0])
    assert first == second


def test_stopping_ends_after_the_mail_in_hand_and_leaves_the_rest_untouched(desk: Desk) -> None:
    desk.open(rows=(ALWAYS,))
    desk.clock.set(beijing("2017-12-22T09:00"))
    desk.passes.plan(desk.clock())
    desk.passes.send(stop=lambda: bool(desk.transport.sent))
    assert len(desk.transport.sent) == 1
    assert sorted(desk.mails(messages.c.state, messages.c.attempts)) == [
        ("accepted", 1),
        ("queued", 0),
        ("queued", 0),
    ]


def test_redirected_mail_goes_to_the_one_address_and_shows_for_whom_it_was(desk: Desk) -> None:
    desk.open(
        rows=(TEACHERS,),
        extra='[delivery]\nmode = "redirect"\nredirect_to = "ops@example.org"\n',
    ).at(SLOT)
    assert desk.sent_to() == {"ops@example.org": 2}
    shown = {
        email.message_from_bytes(mail.data, policy=policy.default)["X-Original-To"]
        for mail in desk.transport.sent
    }
    assert shown == {"wang@example.org", "li@example.org"}


@pytest.mark.parametrize(("attempt", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 30), (5, 60)], ids=str)
def test_the_first_backoffs_are_fixed(attempt: int, minutes: int) -> None:
    assert backoff(attempt) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("jitter", "minutes"), [(0.0, 48), (0.5, 60), (1.0, 72)], ids=["-20 %", "even", "+20 %"]
)
def test_later_backoffs_are_an_hour_more_or_less(jitter: float, minutes: int) -> None:
    assert backoff(9, lambda: jitter) == timedelta(minutes=minutes)


def test_nothing_is_due_before_its_slot(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,)).at("2018-05-30T08:59:59")
    assert not desk.transport.sent
    assert isinstance(desk.passes.plan(desk.clock()).next_at, datetime)

"""Two senders on one ledger: a claim that was lost sends nothing and undoes nothing."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import select

from notifier.ledger import outbox
from notifier.ledger.schema import events, messages, reminders
from notifier.mail.maildir import MaildirTransport
from notifier.mail.transport import Outgoing, Result
from notifier.passes import closing
from notifier.passes.answers import settle_all
from notifier.passes.claiming import BATCH
from notifier.passes.send import Sender
from tests.desk import Desk
from tests.fakes import ACCEPTED, RecordingTransport
from tests.office import TEACHERS, beijing

SLOT = "2018-05-30T09:00"  # for wang and li
LATER = Result(state="deferred", scope="message", reply="451 later")
SILENCE = Result(state="uncertain", scope="message", reply="connection lost after DATA")
REFUSED = Result(state="refused", scope="message", reply="554 spam")


class Freezer(RecordingTransport):
    """Stands still for longer than a lease, before a mail is begun or before it is answered."""

    def __init__(self, when: str, meanwhile: Callable[[], object], answer: Result = ACCEPTED) -> None:
        super().__init__()
        self.when, self.meanwhile, self.result = when, meanwhile, answer

    def deliver(self, mails, *, begin, record, stop, together=None):  # type: ignore[no-untyped-def]  # noqa: ARG002
        """Deliver as usual, once something else has happened."""

        def frozen_begin(mail: Outgoing) -> None:
            if self.when == "begin":
                self.meanwhile()
            begin(mail)
            if self.when == "answer":
                self.meanwhile()

        self.answer = lambda _mail: self.result
        return super().deliver(islice(mails, 1), begin=frozen_begin, record=record, stop=stop)


def other(desk: Desk, transport: RecordingTransport | MaildirTransport) -> Sender:
    """A second sender with claims of its own."""
    mine = desk.passes.sender
    return Sender(
        engine=mine.engine,
        setting=mine.setting,
        composer=mine.composer,
        transport=transport,
        clock=mine.clock,
        owner="other:1",
        sender=mine.sender,
    )


def frozen(desk: Desk, when: str, answer: Result, others: Result) -> RecordingTransport:
    """Let the desk's sender freeze with wang's mail in hand while another one takes it; return the other's mails."""
    theirs = RecordingTransport(lambda _mail: others)

    def meanwhile() -> None:
        desk.clock.advance(outbox.LEASE)
        other(desk, theirs).send()

    desk.open(rows=(TEACHERS,))
    desk.clock.set(beijing(SLOT))
    desk.passes.plan(desk.clock())
    mine = Freezer(when, meanwhile, answer)
    desk.transport = mine
    desk.passes.sender.transport = mine
    desk.passes.send(stop=lambda: bool(theirs.sent))
    return theirs


def test_a_mail_taken_over_before_it_was_begun_is_not_sent_from_here(desk: Desk) -> None:
    theirs = frozen(desk, "begin", ACCEPTED, ACCEPTED)
    assert desk.transport.sent == []
    assert {mail.address for mail in theirs.sent} == {"wang@example.org", "li@example.org"}
    assert (
        desk.mails(messages.c.state, messages.c.attempts, messages.c.uncertain)
        == [("accepted", 1, False)] * 2
    )


@pytest.mark.parametrize("answer", [ACCEPTED, LATER, SILENCE, REFUSED], ids=lambda result: result.state)
@pytest.mark.parametrize("others", [ACCEPTED, LATER, REFUSED], ids=lambda result: result.state)
def test_an_answer_that_comes_after_another_took_the_mail_changes_nothing_and_is_told(
    desk: Desk, answer: Result, others: Result, caplog: pytest.LogCaptureFixture
) -> None:
    frozen(desk, "answer", answer, others)
    [frozen_mail] = desk.transport.sent
    found = {
        contact: rest
        for contact, *rest in desk.mails(
            messages.c.contact, messages.c.state, messages.c.uncertain, messages.c.uncertain_attempts
        )
    }
    state = "queued" if others is LATER else others.state
    assert found.pop(frozen_mail.address) == [state, True, 1]  # of the frozen one's copy nothing was known
    assert list(found.values()) == [[state, False, 0]]
    told = [(state, reason) for state, reason in desk.rows(reminders.c.state, reminders.c.reason)]
    assert set(told) == {
        {"accepted": ("sent", None), "refused": ("failed", REFUSED.reply), "queued": ("planned", None)}[state]
    }
    late = f"message {frozen_mail.id}: {answer.state}: {answer.reply}"
    with desk.passes.engine.begin() as db:
        assert list(
            db.execute(select(events.c.detail).where(events.c.action == "late_answer")).scalars()
        ) == [late]
    assert f"{answer.state}: {answer.reply}" in caplog.text


def test_a_claim_lost_before_the_mails_are_made_withdraws_and_drops_nothing(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.clock.set(beijing(SLOT))
    desk.passes.plan(desk.clock())
    engine, sender = desk.passes.engine, desk.passes.sender
    with engine.begin() as db:
        claimed = outbox.claim(db, sender.owner, desk.clock(), 100)
    desk.clock.advance(outbox.LEASE)
    with engine.begin() as db:
        outbox.claim(db, "other:1", desk.clock(), 100)
        [first, second] = [message.id for message in claimed]
        now = desk.clock()
        assert not outbox.begin(db, first, sender.owner, now, body=b"x")
        assert not outbox.finish(db, first, sender.owner, "dropped", "nothing left in it", now)
        assert not outbox.postpone(db, second, sender.owner, reply="later", not_before=now, unanswered=True)
        outbox.release(db, [first, second], sender.owner)
    assert list(sender._prepare(claimed)) == []
    assert (
        desk.mails(messages.c.state, messages.c.owner, messages.c.uncertain, messages.c.body)
        == [("claimed", "other:1", False, None)] * 2
    )
    assert {state for (state,) in desk.rows(reminders.c.state)} == {"planned"}


def test_a_mail_begun_late_in_a_long_batch_has_the_whole_lease_for_its_answer(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.clock.set(beijing(SLOT))
    desk.passes.plan(desk.clock())
    engine, owner = desk.passes.engine, desk.passes.sender.owner
    with engine.begin() as db:
        first, _second = outbox.claim(db, owner, desk.clock(), 100)
    desk.clock.advance(outbox.LEASE - timedelta(minutes=1))
    with engine.begin() as db:
        assert outbox.begin(db, first.id, owner, desk.clock())
    desk.clock.advance(outbox.LEASE - timedelta(minutes=1))
    with engine.begin() as db:
        taken = outbox.claim(db, "other:1", desk.clock(), 100)
    assert first.id not in {message.id for message in taken}


def test_a_mail_taken_over_before_it_was_begun_leaves_no_file_in_a_maildir(
    desk: Desk, tmp_path: Path
) -> None:
    desk.open(rows=(TEACHERS,))
    desk.clock.set(beijing(SLOT))
    desk.passes.plan(desk.clock())
    sender = other(desk, MaildirTransport(tmp_path / "mail"))
    [first, _second] = claimed = sender._claiming().claim()
    outgoing = list(sender._prepare(claimed))
    with desk.passes.engine.begin() as db:
        outbox.release(db, [first.id], sender.owner)
    recorded: list[int] = []
    sender.transport.deliver(
        outgoing,
        begin=sender._recording().begin,
        record=lambda mail, _result: recorded.append(mail.id),
        stop=lambda: False,
    )
    assert recorded == [claimed[1].id]
    assert len(list((tmp_path / "mail" / "new").iterdir())) == 1
    assert list((tmp_path / "mail" / "tmp").iterdir()) == []


# Answers that never came


def answers(results: list[Result], last: Result) -> Callable[[Outgoing], Result]:
    """Wang's mail gets these answers in turn, then the last one for ever."""
    turns = iter(results)
    return lambda mail: next(turns, last) if mail.address == "wang@example.org" else ACCEPTED


GREYLISTED = replace(LATER, scope="recipient", reply="450 greylisted")


@pytest.mark.parametrize(
    "before",
    [
        pytest.param([], id="at once"),
        pytest.param([LATER] * 7, id="after seven deferrals"),
        pytest.param([GREYLISTED] * 7, id="after seven tries on a grey list"),
        pytest.param([SILENCE, LATER, SILENCE, LATER, GREYLISTED], id="with deferrals between"),
    ],
)
def test_six_lost_answers_end_a_mail_however_many_definite_ones_there_were(
    desk: Desk, before: list[Result]
) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = answers(before, SILENCE)
    desk.at(SLOT)
    for hours in range(1, 50):
        desk.clock.set(beijing(SLOT) + timedelta(hours=2 * hours))
        desk.passes.send()
    found = dict(desk.mails(messages.c.contact, messages.c.uncertain_attempts))
    assert found["wang@example.org"] == 6
    definite = sum(result.scope == "message" and result.state == "deferred" for result in before)
    assert desk.sent_to()["wang@example.org"] == 6 + definite
    assert desk.rows(reminders.c.state, contact="wang@example.org") == [("failed",)]


def test_a_mail_on_which_the_daemon_dies_each_time_is_not_copied_for_ever(desk: Desk) -> None:
    class Killed(BaseException):
        """Stands for SIGKILL."""

    def die(mail: Outgoing) -> Result:
        with desk.passes.engine.begin() as db:
            outbox.begin(db, mail.id, desk.passes.sender.owner, desk.clock(), body=mail.data)
        desk.transport.sent.append(mail)
        raise Killed

    desk.open(rows=(TEACHERS,), contacts=("省教育厅,王一,wang@example.org,primary",))
    desk.transport.answer = die
    for minute in range(6):
        with pytest.raises(Killed):
            desk.at(f"2018-05-30T09:0{minute}")
    desk.at("2018-05-30T09:10")
    assert desk.sent_to() == {"wang@example.org": 6}
    assert desk.mails(messages.c.state, messages.c.uncertain) == [("failed", True)]
    assert desk.rows(reminders.c.state, contact="wang@example.org") == [("failed",)]


def test_the_bytes_of_a_failed_mail_are_kept_only_if_it_may_have_arrived(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = lambda mail: SILENCE if mail.address == "wang@example.org" else REFUSED
    desk.at(SLOT)
    for hours in range(1, 30):
        desk.clock.set(beijing(SLOT) + timedelta(hours=2 * hours))
        desk.passes.send()
    found = {
        contact: rest for contact, *rest in desk.mails(messages.c.contact, messages.c.state, messages.c.body)
    }
    sent = {mail.address: mail.data for mail in desk.transport.sent}
    assert found == {
        "wang@example.org": ["failed", sent["wang@example.org"]],
        "li@example.org": ["refused", None],
    }


def test_any_number_of_mails_in_one_pass_may_have_nothing_left_in_them(desk: Desk) -> None:
    many = [f"省教育厅,王{number},wang{number}@example.org,primary" for number in range(250)]
    desk.open(rows=(TEACHERS,), contacts=many)
    desk.clock.set(beijing(SLOT))
    desk.passes.plan(desk.clock())
    closing.close(desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops", unit=None, report=None)
    with desk.passes.engine.connect() as db:  # the pass's own: there is no other
        its = db.connection.driver_connection
        if isinstance(its, sqlite3.Connection):
            its.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 2 * BATCH)
    desk.passes.send()
    assert [state for (state,) in desk.mails(messages.c.state)] == ["dropped"] * 250


@pytest.mark.parametrize("mails", [2, 20], ids=["few", "many"])
def test_of_answers_put_on_record_together_one_without_its_claim_changes_nothing(
    desk: Desk, mails: int
) -> None:
    people = [f"省教育厅,王{number},wang{number}@example.org,primary" for number in range(mails)]
    desk.open(rows=(TEACHERS,), contacts=people)
    desk.clock.set(beijing(SLOT))
    desk.passes.plan(desk.clock())
    engine, sender, now = desk.passes.engine, desk.passes.sender, desk.clock()
    with engine.begin() as db:
        [lost, *others] = outbox.claim(db, sender.owner, now, 100)
        db.execute(messages.update().where(messages.c.id == lost.id).values(owner="other:1"))
        answers = [(message, ACCEPTED) for message in (lost, *others)]
        ours = {message.id for message in others}
        assert settle_all(db, answers, owner=sender.owner, now=now) == ours
    assert {id_ for id_, state in desk.mails(messages.c.id, messages.c.state) if state == "accepted"} == ours
    told = {id_: state for id_, state in desk.rows(reminders.c.message_id, reminders.c.state) if id_}
    assert told == {lost.id: "planned"} | dict.fromkeys(ours, "sent")

"""The mails that a host among several has in hand: locked from begin to answer, across commits, and undone together."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from notifier.ledger import mail_locks, outbox
from notifier.ledger.among_hosts import LEASE
from notifier.ledger.engine import beside
from notifier.ledger.holding import Holding, accept
from notifier.ledger.refusals import note_refusal, refusals
from notifier.ledger.schema import messages, reminders
from notifier.mail.transport import Result
from notifier.passes.answers import settle
from tests.desk import Desk
from tests.office import ALWAYS, TEACHERS, beijing

pytestmark = [pytest.mark.slow, pytest.mark.ledgers("postgresql")]

ME = "a:1:x"
YES = Result(state="accepted", scope="message", reply="250 ok\0")


@pytest.fixture
def due(desk: Desk) -> Desk:
    """An office whose four mails are due."""
    desk.open(rows=(TEACHERS, ALWAYS))
    desk.clock.set(beijing("2018-06-29T09:00"))
    desk.passes.plan(desk.clock())
    return desk


@pytest.fixture
def holding(due: Desk) -> Iterator[Holding]:
    """What a sender on it has in hand."""
    made = Holding(due.passes.engine)
    yield made
    made.let_go()


def claimed(desk: Desk) -> list[outbox.MessageRecord]:
    with desk.passes.engine.begin() as db:
        return outbox.claim(db, ME, desk.clock(), 100, lease=LEASE)


def begin(desk: Desk, holding: Holding, db: Connection, *mails: outbox.MessageRecord) -> list[bool]:
    return [holding.begin(db, mail.id, ME, desk.clock(), LEASE, body=b"x") for mail in mails]


def in_hand(desk: Desk) -> list[int]:
    """Return the messages that are locked, as another session sees it."""
    with beside(desk.passes.engine).begin() as db:
        return list(db.execute(messages.select().where(mail_locks.IN_HAND)).scalars())


def test_what_is_in_hand_stays_so_over_the_commits_of_others_until_its_own_answer(
    due: Desk, holding: Holding
) -> None:
    first, second, *_ = claimed(due)
    with holding.together() as db:
        assert begin(due, holding, db, first, second) == [True, True]
    assert in_hand(due) == [first.id, second.id]
    with holding.together() as db:
        assert accept(db, {first.id: "250 ok"}, ME, due.clock(), forgets=True) == {first.id}
        holding.let_go_of([first.id])
    assert in_hand(due) == [second.id]
    holding.let_go()
    assert in_hand(due) == []


def test_what_fails_together_is_undone_together_and_leaves_in_hand_what_was(
    due: Desk, holding: Holding
) -> None:
    first, second, *_ = claimed(due)
    with holding.together() as db:
        begin(due, holding, db, first)

    def fail() -> None:
        with holding.together() as db:
            assert begin(due, holding, db, second) == [True]
            accept(db, {first.id: "250 ok"}, ME, due.clock(), forgets=True)
            holding.let_go_of([first.id])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert in_hand(due) == [first.id]
    assert due.mails(messages.c.state, messages.c.begun)[:2] == [("claimed", True), ("claimed", False)]
    with holding.together() as db:
        assert begin(due, holding, db, second) == [True]
    assert in_hand(due) == [first.id, second.id]


def test_a_session_that_the_server_ended_is_replaced(due: Desk, holding: Holding) -> None:
    first, second, *_ = claimed(due)
    with holding.together() as db:
        begin(due, holding, db, first)
        [[session]] = db.execute(text("SELECT pg_backend_pid()"))
    with beside(due.passes.engine).begin() as db:
        db.execute(text(f"SELECT pg_terminate_backend({session})"))
    with pytest.raises(Exception, match=r"terminat|closed"), holding.together() as db:
        begin(due, holding, db, second)
    with holding.together() as db:
        assert begin(due, holding, db, second) == [True]
        assert accept(db, {first.id: "250 ok"}, ME, due.clock(), forgets=True) == {first.id}
        holding.let_go_of([first.id])
    assert in_hand(due) == [second.id]


@pytest.mark.parametrize("redirected", [False, True])
def test_what_is_accepted_with_others_ends_like_what_is_accepted_alone(due: Desk, redirected: bool) -> None:
    alone, *others, lost = claimed(due)
    with due.passes.engine.begin() as db:
        for mail in (alone, *others, lost):
            note_refusal(db, mail.contact, "550 no", due.clock())
        for mail in (alone, *others):
            assert outbox.begin(db, mail.id, ME, due.clock(), body=b"x")
        db.execute(messages.update().where(messages.c.id == lost.id).values(owner="b:1:y"))
    with due.passes.engine.begin() as db:
        assert settle(db, alone, YES, owner=ME, now=due.clock(), is_redirected=redirected)
        replies = {mail.id: YES.reply for mail in (*others, lost)}
        mine = accept(db, replies, ME, due.clock(), forgets=not redirected)
    assert mine == {mail.id for mail in others}
    columns = [
        column
        for column in messages.c
        if column.name
        not in ("id", "contact", "address", "name", "message_id", "body_sha256", "attempts", "last_begun")
    ]
    like, *these, other = due.mails(*columns)
    assert these == [like] * len(others)
    assert "accepted" in like
    assert "250 ok\ufffd" in like
    assert "claimed" in other
    told = {
        (id_, state, reason)
        for id_, state, reason in due.rows(reminders.c.message_id, reminders.c.state, reminders.c.reason)
    }
    assert {(mail.id, "sent", None) for mail in (alone, *others)} | {(lost.id, "planned", None)} == {
        row for row in told if row[0] is not None
    }
    with due.passes.engine.begin() as db:
        left = set(refusals(db))
    assert left == ({mail.contact for mail in (alone, *others, lost)} if redirected else {lost.contact})

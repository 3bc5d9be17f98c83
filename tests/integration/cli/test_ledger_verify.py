"""`notifier ledger verify`: the chain of events and the agreement of reminders and mails, as ops see them."""

from collections.abc import Callable

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.sql.dml import Update

from notifier.app import App
from notifier.ledger.schema import events, messages, reminders
from tests.clock import SettableClock
from tests.fakes import RecordingTransport
from tests.integration.cli.conftest import Type
from tests.office import beijing, office, passes_of

Change = Callable[[Update], None]


@pytest.fixture
def change(ledger: App) -> Change:
    """Change the ledger as somebody with an SQL prompt does."""

    def changed(statement: Update) -> None:
        engine = ledger.existing_ledger()
        assert engine is not None
        with engine.begin() as db:
            assert db.execute(statement).rowcount
        engine.dispose()

    return changed


@pytest.fixture
def sent(ledger: App) -> App:
    """The office after its first lead went out."""
    clock = SettableClock(beijing("2018-05-31T09:00"))
    _, passes = passes_of(office(ledger.config.path.parent), clock, RecordingTransport())
    passes.plan(clock())
    passes.send()
    passes.engine.dispose()
    return ledger


@pytest.mark.usefixtures("ledger")
def test_a_plan_pass_chains_what_was_recorded_and_what_ops_did_since_waits_for_the_next(ops: Type) -> None:
    assert ops("ledger", "verify").out.startswith("well: 1 events chained\n  head: ")
    assert ops("done", "1").code == 0
    shown = ops("ledger", "verify")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.splitlines()[:2] == [
        "well: 1 events chained",
        "  not yet chained: 1, which the next plan pass does",
    ]
    found = ops("ledger", "verify", "--json").json
    assert (found["ok"], found["chained"], found["not_yet_chained"], found["faults"]) == (True, 1, 1, [])
    expected = ops("ledger", "verify", "--json", "--expect", found["head"].upper()).json
    assert (expected["expected_link"], expected["ok"]) == (1, True)
    assert "that of link 1\n" in ops("ledger", "verify", "--expect", found["head"]).out


def test_a_changed_record_is_named_and_the_command_ends_with_1(change: Change, ops: Type) -> None:
    change(update(events).values(detail="nothing happened"))
    shown = ops("ledger", "verify")
    assert shown.code == 1
    assert shown.out.startswith(
        "link 1, event 1 of 2017-09-30T16:00:00+00:00, 'imported' by 'notifier': it isn't"
    )
    assert "\nNOT well: 1 events chained\n" in shown.out


@pytest.mark.usefixtures("ledger")
def test_a_head_that_the_chain_lacks_is_told(ops: Type) -> None:
    shown = ops("ledger", "verify", "--expect", "0" * 64)
    assert shown.code == 1
    assert shown.out.startswith(f"no link has the hash {'0' * 64}")
    wrong = ops("ledger", "verify", "--expect", "cafe")
    assert (wrong.code, "a hash has 64 digits" in wrong.err) == (2, True)


@pytest.mark.usefixtures("desk")
def test_without_a_ledger_there_is_nothing_to_verify(ops: Type) -> None:
    shown = ops("ledger", "verify")
    assert (shown.code, "there is no ledger yet" in shown.err) == (1, True)


def test_a_ledger_that_sent_mail_agrees(sent: App, ops: Type) -> None:
    engine = sent.existing_ledger()
    assert engine is not None
    with engine.begin() as db:
        assert set(db.execute(select(reminders.c.state)).scalars()) >= {"sent"}
    engine.dispose()
    assert ops("ledger", "verify").code == 0


DISAGREEMENTS = {
    "accepted without an end": (
        update(messages).values(finished=None),
        "2 messages ended without a moment, the first is number 1",
    ),
    "waits and has ended": (update(messages).values(state="queued"), "2 messages wait, but have ended"),
    "an unknown state": (update(messages).values(state="lost"), "2 messages are in no state that there is"),
    "sent by a mail that was refused": (
        update(messages).values(state="refused"),
        "2 reminders were sent by no mail that a server took",
    ),
    "sent by no mail": (
        update(reminders).where(reminders.c.state == "sent").values(message_id=None),
        "2 reminders were sent by no mail that a server took",
    ),
    "owed by a mail that has ended": (
        update(reminders).where(reminders.c.state == "sent").values(state="planned"),
        "2 reminders are still to be sent by a mail that has ended",
    ),
}


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize(("statement", "said"), DISAGREEMENTS.values(), ids=DISAGREEMENTS.keys())
def test_what_no_pass_writes_is_told(statement: Update, said: str, change: Change, ops: Type) -> None:
    change(statement)
    shown = ops("ledger", "verify")
    assert shown.code == 1
    assert said in shown.out


def test_a_chain_that_cannot_go_on_holds_up_no_mail(ledger: App, caplog: pytest.LogCaptureFixture) -> None:
    clock = SettableClock(beijing("2018-05-31T09:00"))
    transport = RecordingTransport()
    _, passes = passes_of(office(ledger.config.path.parent), clock, transport)
    with passes.engine.begin() as db:
        db.execute(insert(events).values(at=clock(), by="x", action="x", detail="x"))
        db.exec_driver_sql("UPDATE events SET at = 'yesterday' WHERE by = 'x'")
    assert passes.plan(clock()).messages == 2
    passes.send()
    passes.engine.dispose()
    assert len(transport.sent) == 2
    assert "Events can't be chained" in caplog.messages

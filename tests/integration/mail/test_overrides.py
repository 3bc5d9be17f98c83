"""Refusals that are rate limits, from a real mail server to a real ledger."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from notifier.app import Passes
from notifier.ledger.schema import messages, reminders
from notifier.mail.session import Server
from notifier.mail.smtp import SmtpTransport
from tests.clock import SettableClock
from tests.office import TEACHERS, beijing, office, passes_of

SLOT = "2018-05-30T09:00"
LIMITED = "550 RP:DRC smtp8,DMCowEBJN0,1528"
WANG = "wang@example.org"


class Bench:
    """An office whose mail goes to a server of the test's."""

    def __init__(self, folder: Path, port: int) -> None:
        self.clock = SettableClock(beijing("2017-10-01T00:00"))
        server = Server(host="localhost", port=port, tls="none", hello="test", connections=1)
        self.passes: Passes = passes_of(office(folder, rows=(TEACHERS,)), self.clock, SmtpTransport(server))[
            1
        ]
        self.engine: Engine = self.passes.engine
        self.passes.adopt(self.clock())

    def at(self, text: str) -> None:
        self.clock.set(beijing(text))
        self.passes.plan(self.clock())
        self.passes.send()

    def message(self, *columns: Any) -> tuple[Any, ...]:
        with self.engine.begin() as db:
            query = select(*columns).where(messages.c.contact == WANG).order_by(messages.c.id)
            return tuple(db.execute(query).first() or ())


@pytest.fixture
def bench(tmp_path: Path, host: Any, mailbox: Any) -> Iterator[Bench]:
    made = Bench(tmp_path, host.mailbox(mailbox))
    yield made
    made.engine.dispose()


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
def test_a_rate_limit_waits_keeps_its_mail_and_goes_once(bench: Bench, mailbox: Any, verb: str) -> None:
    mailbox.replies[f"{verb} {WANG}"] = LIMITED
    bench.at(SLOT)
    found = bench.message(messages.c.state, messages.c.attempts, messages.c.uncertain, messages.c.reply)
    assert found == ("queued", 1, False, LIMITED)
    assert bench.message(messages.c.not_before) == (beijing("2018-05-30T09:05"),)
    slot, name = bench.message(messages.c.slot, messages.c.message_id)
    assert [to for to, _ in mailbox.got] == ["li@example.org"]

    mailbox.replies.clear()
    bench.at("2018-05-30T09:04")
    assert len(mailbox.got) == 1
    bench.at("2018-05-30T09:05")
    bench.at("2018-05-30T09:06")
    assert [to for to, _ in mailbox.got] == ["li@example.org", WANG]
    assert f"Message-ID: {name}".encode() in mailbox.got[1][1]
    assert bench.message(messages.c.state, messages.c.slot) == ("accepted", slot)


def test_a_rate_limit_without_end_is_given_up_after_five_days_like_any_deferred_mail(
    bench: Bench, mailbox: Any
) -> None:
    mailbox.replies[f"RCPT {WANG}"] = LIMITED
    for day in ("05-30", "05-31", "06-01", "06-02", "06-03", "06-04"):
        for hour in ("09", "11", "15"):
            bench.at(f"2018-{day}T{hour}:00")
    assert bench.message(messages.c.state, messages.c.reply) == ("failed", LIMITED)
    with bench.engine.begin() as db:
        found = db.execute(select(reminders.c.state).where(reminders.c.contact == WANG)).scalars().all()
    assert found == ["failed"]


def test_a_refusal_for_good_is_still_one(bench: Bench, mailbox: Any) -> None:
    mailbox.replies[f"RCPT {WANG}"] = "550 5.1.1 No such user"
    bench.at(SLOT)
    assert bench.message(messages.c.state) == ("refused",)


def test_a_rate_limit_before_any_mail_pauses_the_pass_for_its_wait(bench: Bench, mailbox: Any) -> None:
    mailbox.replies["MAIL"] = "550 Sender frequency limited"
    bench.at(SLOT)
    assert bench.message(messages.c.state, messages.c.attempts) == ("queued", 0)
    mailbox.replies.clear()
    bench.at("2018-05-30T09:14")
    assert not mailbox.got
    bench.at("2018-05-30T09:15")
    assert len(mailbox.got) == 2

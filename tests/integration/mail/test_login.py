"""A login that is refused: one try, then a quarter of an hour at least, for providers lock accounts."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from notifier.ledger.schema import messages
from notifier.mail.session import Server
from notifier.mail.smtp import SmtpTransport
from tests.desk import Desk
from tests.office import TEACHERS, beijing

SLOT = beijing("2018-05-30T09:00")


def desk_at(folder: Path, port: int, **options: Any) -> Desk:
    server = Server(host="localhost", port=port, tls="none", hello="test", connections=2, **options)
    desk = Desk(folder).open(rows=(TEACHERS,))
    desk.passes.sender.transport = SmtpTransport(server)
    return desk


def pass_at(desk: Desk, minutes: float) -> str | None:
    desk.clock.set(SLOT + timedelta(minutes=minutes))
    desk.passes.plan(desk.clock())
    return desk.passes.send().fault


def test_a_refused_password_is_tried_once_in_a_quarter_of_an_hour(
    host: Any, mailbox: Any, tmp_path: Path
) -> None:
    port = host.mailbox(mailbox, authenticator=mailbox.login, auth_require_tls=False)
    password = ["wrong"]
    desk = desk_at(tmp_path, port, user="office", password=lambda: password[0])
    for minutes in (0, 1, 5, 14.9):
        fault = pass_at(desk, minutes)
        assert fault is not None
        assert fault.startswith("AUTH: 535")
    assert mailbox.logins == [b"wrong"]
    assert desk.passes.send().next_at == SLOT + timedelta(minutes=15)
    pass_at(desk, 15)
    pass_at(desk, 29.9)
    assert mailbox.logins == [b"wrong"] * 2
    assert desk.mails(messages.c.state, messages.c.attempts) == [("queued", 0)] * 2
    password[0] = "right"
    assert pass_at(desk, 30) is None
    assert set(mailbox.logins[2:]) == {b"right"}
    assert sorted(to for to, _ in mailbox.got) == ["li@example.org", "wang@example.org"]
    desk.engines[0].dispose()


@pytest.mark.parametrize(
    ("reply", "paused"), [("530 5.7.0 Authentication required", 15), ("550 5.7.1 Not from here", 1)]
)
def test_a_sender_refused_for_its_missing_login_waits_as_long(
    host: Any, mailbox: Any, tmp_path: Path, reply: str, paused: int
) -> None:
    mailbox.replies["MAIL"] = reply
    desk = desk_at(tmp_path, host.mailbox(mailbox))
    assert pass_at(desk, 0) == f"MAIL: {reply}"
    mailbox.replies.clear()
    assert pass_at(desk, paused - 0.1) == f"MAIL: {reply}"
    assert mailbox.got == []
    assert pass_at(desk, paused) is None
    assert len(mailbox.got) == 2
    desk.engines[0].dispose()

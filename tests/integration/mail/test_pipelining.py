"""A server that takes commands together is waited for once, and hears and answers what any other does."""

import asyncio
from typing import Any

import pytest

from notifier.mail.session import Server
from notifier.mail.smtp import SmtpTransport
from notifier.mail.transport import Outgoing, Result
from tests.talker import Talker


def mail(number: int) -> Outgoing:
    return Outgoing(
        id=number,
        address=f"z{number}@example.org",
        sender="o@example.org",
        data=b"Subject: x\r\n\r\n" + b"x" * 900 + b"\r\n",
        message_id=f"<n{number}@example.org>",
    )


def delivered(port: int, *mails: Outgoing) -> tuple[dict[int, Result], Result | None]:
    results: dict[int, Result] = {}
    server = Server(host="localhost", port=port, tls="none", hello="test", connections=1, command_timeout=2)
    fault = SmtpTransport(server).deliver(
        mails,
        begin=lambda _mail: None,
        record=lambda mail, result: results.update({mail.id: result}),
        stop=lambda: False,
    )
    return results, fault


@pytest.mark.parametrize("offers", [True, False])
def test_only_where_it_is_offered_the_envelope_goes_in_one(host: Any, offers: bool) -> None:
    heard: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while lines := (await reader.read(9999)).decode().splitlines():
            verbs = [line.split()[0] for line in lines]
            heard.append(" ".join(verbs))
            answers = ["550 No" if line == "RCPT TO:<z1@example.org>" else "250 OK" for line in lines]
            if verbs == ["EHLO"]:
                answers = ["250-test", "250 PIPELINING" if offers else "250 8BITMIME"]
            elif verbs == ["DATA"]:
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
            writer.write("".join(f"{answer}\r\n" for answer in answers).encode())

    results, fault = delivered(host.talk(talk), mail(1), mail(2), mail(3))
    assert ([result.state for result in results.values()], fault) == (
        ["refused", "accepted", "accepted"],
        None,
    )
    envelopes = [["MAIL", "RCPT"], ["RSET", "MAIL", "RCPT", "DATA"], ["MAIL", "RCPT", "DATA"]]
    if offers:
        envelopes = [["MAIL RCPT"], ["RSET MAIL RCPT", "DATA"], ["MAIL RCPT", "DATA"]]
    assert heard == ["EHLO", *(command for envelope in envelopes for command in envelope), "QUIT"]


@pytest.mark.parametrize(
    ("part", "reply"),
    [
        pytest.param("nothing", "", id="all is well"),
        pytest.param("RCPT TO:<z1@", "550 5.1.1 No such user", id="a recipient refused"),
        pytest.param("RCPT TO:<z1@", "451 4.7.1 Greylisted", id="a recipient deferred"),
        pytest.param("RCPT TO:<z1@", "421 4.3.2 Closing", id="421 to a recipient"),
        pytest.param("RCPT TO:<z1@", "what?", id="no answer to a recipient"),
        pytest.param("ORCPT", "555 5.5.4 Unsupported", id="a parameter of RCPT refused"),
        pytest.param("ENVID", "501 5.5.4 Syntax", id="a parameter of MAIL refused"),
        pytest.param("SIZE", "552 5.3.4 Message size exceeds fixed limit", id="too big"),
        pytest.param("MAIL", "501 5.1.7 Bad sender", id="a sender refused, with or without parameters"),
        pytest.param("MAIL", "451 4.3.0 Later", id="a sender deferred"),
        pytest.param("MAIL", "421 4.3.2 Closing", id="421 to a sender"),
        pytest.param("RSET", "451 4.3.0 Later", id="no new envelope"),
        pytest.param("text", "554 5.7.1 Spam", id="a mail refused"),
    ],
)
def test_what_becomes_of_a_mail_is_the_same(host: Any, part: str, reply: str) -> None:
    refuses = {part: reply}
    alone, together = Talker(("SIZE", "DSN"), refuses), Talker(("SIZE", "DSN", "PIPELINING"), refuses)
    mails = mail(1), mail(2), mail(3)
    assert delivered(host.talk(together.talk), *mails) == delivered(host.talk(alone.talk), *mails)
    assert together.got == alone.got


def test_a_kept_connection_that_is_closed_costs_a_new_one(host: Any) -> None:
    async def one_mail_each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            if line.startswith(b"DATA"):
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 taken\r\n")
                return
            writer.write(b"250-test\r\n250 PIPELINING\r\n" if line.startswith(b"EHLO") else b"250 OK\r\n")

    results, fault = delivered(host.talk(one_mail_each), mail(1), mail(2))
    assert ([result.state for result in results.values()], fault) == (["accepted"] * 2, None)

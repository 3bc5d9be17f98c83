"""An address that is more than one address is refused before a mail server hears of it."""

from typing import Any

from notifier.mail.session import Server
from notifier.mail.smtp import SmtpTransport
from notifier.mail.transport import Outgoing, Result

HOSTILE = (
    "a@example.org,b@example.org",
    "a@example.org>\r\nRCPT TO:<b@example.org",
    "a@example.org\r\nDATA",
    "a@example.org\n",
    " a@example.org",
    "<a@example.org>",
    '"a b"@example.org',
    "@relay.example.org:a@example.org",
    "a@example.org SIZE=1",
    "a%00@example.org\0",
    "陈@example.org",
    "a@[192.0.2.1]",
    "a@localhost",
    "a@例\u202e.org",
    "",
)


def test_hostile_addresses_never_reach_a_client(host: Any, mailbox: Any) -> None:
    server = Server(
        host="localhost", port=host.mailbox(mailbox), tls="none", hello="test", connections=1, per_mail=5
    )
    mails = [
        Outgoing(
            id=number,
            address=address,
            sender="o@example.org",
            data=b"Subject: x\r\n\r\nx\r\n",
            message_id=f"<n{number}.1@example.org>",
        )
        for number, address in enumerate([*HOSTILE, "z@straße.example"])
    ]
    results: dict[int, Result] = {}
    begun: list[int] = []
    transport = SmtpTransport(server)
    fault = transport.deliver(
        mails,
        begin=lambda mail: begun.append(mail.id),
        record=lambda mail, result: results.update({mail.id: result}),
        stop=lambda: False,
    )
    transport.close()
    assert fault is None
    last = len(HOSTILE)
    assert [results[number].state for number in range(last)] == ["refused"] * last
    assert {results[number].scope for number in range(last)} == {"recipient"}
    assert all(results[number].reply.isprintable() for number in range(last))
    assert begun == [last]
    assert [address for address, _ in mailbox.got] == ["z@xn--strae-oqa.example"]

"""A way to a mail server for a few mails, and what the ledger would be told of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.mail.session import Server
from notifier.mail.smtp import SmtpTransport
from notifier.mail.transport import Outgoing, Result

SMALL = b"Subject: x\r\n\r\nx\r\n"
LARGE = SMALL + b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab\r\n" * 130_000  # 8 MB


@dataclass
class Told:
    """What a delivery told, in its order."""

    fault: Result | None = None
    lines: list[str] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)


def deliver(
    port: int, *, bodies: Sequence[bytes] = (SMALL,), host: str = "127.0.0.1", **options: Any
) -> Told:
    """Hand mails to a server, one after the other over one connection."""
    given: dict[str, Any] = {
        "tls": "none",
        "connections": 1,
        "hello": "test",
        "connect_timeout": 2,
        "command_timeout": 2,
        "data_timeout": 2,
        "per_mail": 5,
    }
    server = Server(host=host, port=port, **(given | options))
    mails = [
        Outgoing(
            id=number,
            address=f"z{number}@example.org",
            sender="o@example.org",
            data=body,
            message_id=f"<n{number}@example.org>",
        )
        for number, body in enumerate(bodies, 1)
    ]
    told = Told()

    def record(mail: Outgoing, result: Result) -> None:
        told.lines.append(f"{result.state} {mail.id}")
        told.replies.append(result.reply)

    transport = SmtpTransport(server)
    told.fault = transport.deliver(
        mails, begin=lambda mail: told.lines.append(f"begin {mail.id}"), record=record, stop=lambda: False
    )
    transport.close()
    return told

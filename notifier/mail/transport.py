"""The port through which mail leaves: what goes in, what comes back."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

State = Literal["accepted", "refused", "deferred", "uncertain"]
Scope = Literal["message", "recipient", "server"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One mail ready to leave, to one address."""

    id: int
    address: str
    sender: str  # of the envelope
    data: bytes
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a mail, or of the connection when `scope` is "server".

    accepted: taken over by the server. refused: definitely not, and trying again won't help.
    deferred: definitely not this time. uncertain: begun, and nobody answered.
    """

    state: State
    scope: Scope
    reply: str  # "250 2.0.0 Ok: queued as 4A3F", one clean line
    at_most: int | None = None  # refused for its size: one of so many octets may be taken


class Revoked(Exception):
    """The claim on a mail has gone to another sender: it must not go out from here."""


class Transport(Protocol):
    """A way for mail to leave."""

    def deliver(
        self,
        mails: Iterable[Outgoing],
        *,
        begin: Callable[[Outgoing], None],
        record: Callable[[Outgoing, Result], None],
        stop: Callable[[], bool],
        together: Callable[[], AbstractContextManager[None]] | None = None,
    ) -> Result | None:
        """Hand over each mail, once; return the server's fault that ended the delivery, or None.

        A mail is asked for when it can go soon.

        `begin` returns before the first octet of a mail goes out, so what it commits is known after a
        crash; where it raises Revoked, that mail isn't sent nor recorded, and the next one goes. `record` is
        called once for each mail that was tried. After a server's fault the mails that were not begun stay
        as they were. No mail is begun once `stop` says True.

        What is begun and recorded inside of `together` is committed as one at its end; on an exception nothing of it
        is, and each must be done again. A transport may leave it alone.
        """

    def check(self) -> list[str]:
        """Return what the other side said on being greeted; raise NotifierError when it is unusable."""

    def close(self) -> None:
        """Give back whatever the transport holds."""

"""The doubles of the ports: transports that record, and transports that fail in a chosen way."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from notifier.mail.transport import Outgoing, Result, Revoked

ACCEPTED = Result(state="accepted", scope="message", reply="250 ok")


class RecordingTransport:
    """Takes every mail; `answer` may give another result, or raise in the middle of a mail."""

    def __init__(self, answer: Callable[[Outgoing], Result] = lambda _mail: ACCEPTED) -> None:
        self.sent: list[Outgoing] = []
        self.answer = answer

    def deliver(
        self,
        mails: Iterable[Outgoing],
        *,
        begin: Callable[[Outgoing], None],
        record: Callable[[Outgoing, Result], None],
        stop: Callable[[], bool],
        together: Callable[[], AbstractContextManager[None]] | None = None,  # noqa: ARG002
    ) -> Result | None:
        """Answer each mail; one of scope server ends the delivery before that mail is begun."""
        for mail in mails:
            if stop():
                return None
            result = self.answer(mail)
            if result.scope == "server":
                return result
            if result.scope == "message":
                try:
                    begin(mail)
                except Revoked:
                    continue
                self.sent.append(mail)
            record(mail, result)
        return None

    def check(self) -> list[str]:
        """Return one line."""
        return ["a recording transport"]

    def close(self) -> None:
        """Do nothing."""

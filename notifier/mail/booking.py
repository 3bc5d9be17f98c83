"""What the connections of a delivery have to put on record, put there together: a commit costs more than a mail.

The answer to a mail waits for its connection's next mail to begin, for another connection, or for `_SOON`. A mail
begins only once that is committed, and the answer before it in the same commit: at any moment a connection has at
most one mail that may have gone and has no answer on record.

A mail that may begin waits for those of the other connections, but no longer than a commit takes.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final

from notifier.mail.transport import Outgoing, Result, Revoked

_SOON: Final = 0.005  # seconds
_SHORT: Final = 0.0005  # that a mail may wait for others at least, and at most
_LONG: Final = 0.005


@dataclass(slots=True)
class Booking:
    """The begins and answers of one delivery; without `together`, each is put on record at once and alone."""

    begin_one: Callable[[Outgoing], None]
    record_one: Callable[[Outgoing, Result], None]
    together: Callable[[], AbstractContextManager[None]] | None
    stop: Callable[[], bool] = lambda: False
    failure: Exception | None = None  # why an answer couldn't be recorded
    _answers: list[tuple[Outgoing, Result]] = field(default_factory=list)
    _begins: list[tuple[Outgoing, asyncio.Future[bool]]] = field(default_factory=list)
    _timer: asyncio.TimerHandle | None = None
    _expected: int = 0  # mails in hand that have no answer
    _waiting: asyncio.TimerHandle | None = None
    _cost: float = 0  # of the last commit, in seconds

    def expect(self) -> None:
        """Take note of a mail in hand, which begins soon; `forget` it once it has an answer or goes back."""
        self._expected += 1
        if self._begins:
            self._wait()

    def forget(self) -> None:
        """Take note that a mail is no longer in hand."""
        self._expected -= 1

    async def begin(self, mail: Outgoing) -> bool:
        """Return, once it is on record that a mail begins; False when it must not go."""
        if self.together is None:
            return self._begun(mail)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()
        self._begins.append((mail, done))
        if len(self._begins) >= self._expected:
            loop.call_soon(self.settle)  # after whatever is ready now
        elif len(self._begins) == 1:
            self._wait()
        return await done

    def _wait(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        wait = min(max(_SHORT, self._cost), _LONG)
        self._waiting = asyncio.get_running_loop().call_later(wait, self.settle)

    def record(self, mail: Outgoing, result: Result) -> None:
        """Put an answer on record, soon."""
        if self.together is None:
            self.record_one(mail, result)
            return
        self._answers.append((mail, result))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SOON, self.settle)

    def settle(self) -> None:
        """Put on record what waits: all in one, or each alone where that fails."""
        for timer in (self._timer, self._waiting):
            if timer is not None:
                timer.cancel()
        self._timer = self._waiting = None
        answers, self._answers = self._answers, []
        begins, self._begins = self._begins, []
        if len(answers) + len(begins) > 1 and self._settled_together(answers, begins):
            return
        for mail, result in answers:
            try:
                self.record_one(mail, result)
            except Exception as error:
                self.failure = self.failure or error
        for mail, done in begins:
            try:
                # What made the common commit fail, a full disk, may have ended the delivery meanwhile.
                done.set_result(not self.stop() and self._begun(mail))
            except Exception as error:
                done.set_exception(error)

    def _settled_together(
        self,
        answers: Sequence[tuple[Outgoing, Result]],
        begins: Sequence[tuple[Outgoing, asyncio.Future[bool]]],
    ) -> bool:
        if self.together is None:
            return False
        began = time.monotonic()
        try:
            with self.together():
                for mail, result in answers:
                    self.record_one(mail, result)
                begun = [self._begun(mail) for mail, _ in begins]
        except Exception:
            return False  # nothing of it is on record; whose fault it was will show
        self._cost = time.monotonic() - began
        for (_, done), may_go in zip(begins, begun, strict=True):
            done.set_result(may_go)
        return True

    def _begun(self, mail: Outgoing) -> bool:
        try:
            self.begin_one(mail)
        except Revoked:
            return False
        return True

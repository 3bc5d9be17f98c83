"""What the connections of a delivery have to put on record, put there together: a commit costs more than a mail.

The answer to a mail waits for its connection's next mail to begin, for another connection, or for `_SOON`. A mail
begins only once that is committed, and the answer before it in the same commit: at any moment a connection has at
most one mail that may have gone and has no answer on record.

Connections on which a mail is about to begin are waited for, for as long as a commit takes, so that they share one.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Final

from notifier.mail.transport import Outgoing, Result, Revoked

_SOON: Final = 0.005  # seconds


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
    _coming: int = 0  # mails that are about to begin
    _cost: float = 0  # seconds of the last commit; `_SOON` at most

    async def begin(self, mail: Outgoing) -> bool:
        """Return, once it is on record that a mail begins; False when it must not go."""
        if self.together is None:
            return self._begun(mail)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()
        self._begins.append((mail, done))
        if not self._coming:
            loop.call_soon(self.settle)  # after whatever is ready now
        elif len(self._begins) == 1:
            self._settle_within(self._cost)
        return await done

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Say that at the end of this a mail may begin."""
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1
            if self._begins and not self._coming:
                asyncio.get_running_loop().call_soon(self.settle)

    def record(self, mail: Outgoing, result: Result) -> None:
        """Put an answer on record, soon."""
        if self.together is None:
            self.record_one(mail, result)
            return
        self._answers.append((mail, result))
        if self._timer is None:
            self._settle_within(_SOON)

    def _settle_within(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.settle)

    def settle(self) -> None:
        """Put on record what waits: all in one, or each alone where that fails."""
        began = time.monotonic()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        answers, self._answers = self._answers, []
        begins, self._begins = self._begins, []
        if len(answers) + len(begins) > 1 and self._settled_together(answers, begins):
            self._cost = min(time.monotonic() - began, _SOON)
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
        try:
            with self.together():
                for mail, result in answers:
                    self.record_one(mail, result)
                begun = [self._begun(mail) for mail, _ in begins]
        except Exception:
            return False  # nothing of it is on record; whose fault it was will show
        for (_, done), may_go in zip(begins, begun, strict=True):
            done.set_result(may_go)
        return True

    def _begun(self, mail: Outgoing) -> bool:
        try:
            self.begin_one(mail)
        except Revoked:
            return False
        return True

"""What is put on record while mail goes: that a mail begins, and what the mail server answered."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection, Engine

from notifier.clock import Clock
from notifier.ledger import outbox
from notifier.ledger.engine import beside
from notifier.ledger.holding import Holding, accept
from notifier.ledger.log import record_event
from notifier.ledger.outbox import MessageRecord
from notifier.mail.transport import Outgoing, Result, Revoked
from notifier.passes.answers import settle_all
from notifier.passes.retry import Override

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Recording:
    """The records of one delivery, each committed as it is made, or those made `together` as one."""

    engine: Engine
    owner: str
    clock: Clock
    lease: timedelta
    overrides: tuple[Override, ...]
    is_redirected: bool
    holding: Holding | None
    insist: Callable[[Callable[[], None]], None]
    """How an answer is recorded that must be."""
    _shared: Connection | None = field(default=None, init=False)  # of `together`
    _answers: list[tuple[MessageRecord, Result]] = field(default_factory=list, init=False)  # within it

    def __post_init__(self) -> None:
        self.engine = beside(self.engine)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Commit what is begun and recorded inside as one; what is to be logged of it is logged then."""
        with self._transaction():
            yield

    def begin(self, mail: Outgoing) -> None:
        """Put on record that a mail begins; Revoked when it isn't ours to send any more."""
        begin = outbox.begin if self.holding is None else self.holding.begin
        with self._transaction() as db:
            mine = begin(db, mail.id, self.owner, self.clock(), self.lease, body=mail.data)
        if not mine:
            log.warning(
                "Message %d was taken over by another sender before it went", mail.id,
                extra={"action": "claim_lost"},
            )  # fmt: skip
            raise Revoked

    def record(self, message: MessageRecord, result: Result) -> None:
        """Put on record what the server answered to a mail, which is as it was claimed."""
        if self._shared is not None:
            self._answers.append((message, result))
        else:
            self.insist(lambda: self._record_alone(message, result))

    def _record_alone(self, message: MessageRecord, result: Result) -> None:
        with self._transaction():
            self._answers.append((message, result))

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """Give the transaction that is open, or one of its own."""
        if self._shared is not None:
            yield self._shared
            return
        self._answers.clear()
        try:
            with self.engine.begin() if self.holding is None else self.holding.together() as db:
                self._shared = db
                yield db
                mine = self._settled(db, self._answers)
        finally:
            self._shared = None
        for message, result in self._answers:
            _tell(message, result, message.id in mine)

    def _settled(self, db: Connection, answers: Sequence[tuple[MessageRecord, Result]]) -> set[int]:
        """Put answers on record; return the ids of the messages that were this sender's still."""
        now = self.clock()
        mine: set[int] = set()
        rest = answers
        if self.holding is not None:
            # On a database's server each statement is a way there and back: what was accepted takes one in all.
            self.holding.let_go_of(message.id for message, _ in answers)
            replies = {message.id: result.reply for message, result in answers if result.state == "accepted"}
            if replies:
                mine = accept(db, replies, self.owner, now, forgets=not self.is_redirected)
            rest = [each for each in answers if each[1].state != "accepted"]
        mine |= settle_all(
            db,
            rest,
            owner=self.owner,
            now=now,
            overrides=self.overrides,
            is_redirected=self.is_redirected,
        )
        for message, result in answers:
            if message.id not in mine:
                # What the other sender made of it stands; that a copy of ours had an answer must be found, too.
                detail = f"message {message.id}: {result.state}: {result.reply}"
                record_event(db, at=now, by=self.owner, action="late_answer", detail=detail)
        return mine


def _tell(message: MessageRecord, result: Result, mine: bool) -> None:
    """Log an answer that is on record."""
    if not mine:
        log.warning(
            "Message %d was taken over by another sender while it went, its answer here: %s: %s",
            message.id, result.state, result.reply,
            extra={"action": "late_answer"},
        )  # fmt: skip
        return
    is_usual = result.state in ("accepted", "deferred")  # the rest ops want to hear of
    log.log(
        logging.INFO if is_usual else logging.WARNING,
        "Message %d %s: %s", message.id, result.state, result.reply,
        extra={
            "action": f"message_{result.state}",
            "mail": message.id,
            "attempt": message.attempts + 1,
        },
    )  # fmt: skip

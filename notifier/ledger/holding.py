"""The mails that one host among several has in hand: begun, and nobody else's until their answers are on record.

For each, a lock of the database's is held by the one session in which their begins and answers are recorded. Unlike a
row's it outlives a commit, so that what all connections to the mail server have to record shares commits. It goes when
the process or its host dies, or after `_MAIL_SECONDS` of silence: so long a frozen process, which renews no lease,
keeps its mail.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from notifier.ledger import mail_locks
from notifier.ledger.engine import beside
from notifier.ledger.outbox import BEGUN_WITH, begun_with
from notifier.ledger.prepared import Prepared

_MAIL_SECONDS = 1500  # more than the transport's total deadline for one mail
_STAY = f"set_config('idle_in_transaction_session_timeout', '{_MAIL_SECONDS}s', true)"
_BEGIN = Prepared(BEGUN_WITH.returning(mail_locks.TAKE))
# What `outbox.finish`, `reminders.close_message` and `refusals.forget_refusals` do for one mail, for some at once.
_ACCEPT = """
WITH answered AS (SELECT * FROM unnest(%(ids)s::integer[], %(replies)s::text[]) AS answered (id, reply)),
ended AS (
  UPDATE messages
  SET state = 'accepted', reply = answered.reply, finished = %(now)s,
    body = NULL, owner = NULL, lease_until = NULL, begun = FALSE
  FROM answered WHERE messages.id = answered.id AND messages.owner = %(me)s AND messages.state = 'claimed'
  RETURNING messages.id, messages.contact
),
closed AS (
  UPDATE reminders SET state = 'sent', reason = NULL
  FROM ended WHERE reminders.message_id = ended.id AND reminders.state = 'planned'
),
forgotten AS (DELETE FROM refusals USING ended WHERE refusals.contact = ended.contact AND %(forgets)s)
SELECT id FROM ended
"""


class Holding:
    """The mails that one sender has in hand, and the session that has their locks. For one thread at a time."""

    def __init__(self, engine: Engine) -> None:
        # Its transactions are written out: a commit and what begins the next go to the server in one.
        self._engine = beside(engine).execution_options(isolation_level="AUTOCOMMIT")
        self._db: Connection | None = None
        self._held: set[int] = set()
        self._taken: list[int] = []  # in the transaction that is open
        self._over: list[int] = []

    @contextmanager
    def together(self) -> Iterator[Connection]:
        """Give a transaction in which mails are begun and answers recorded; what fails is undone as a whole."""
        db = self._opened()
        try:
            yield db
        except BaseException:
            with suppress(Exception):  # what failed first is what is to be told
                self._go_on(db, "ROLLBACK", self._taken)
            raise
        self._go_on(db, "COMMIT", self._over)

    def begin(
        self, db: Connection, message: int, owner: str, now: datetime, lease: timedelta, *, body: bytes
    ) -> bool:
        """As `outbox.begin`, and take the message in hand; in the transaction of `together`."""
        found = _BEGIN.returned(db, begun_with(message, owner, now, lease, body))
        if found is None or not found[0]:  # no claim takes what is locked, so that the lock is free
            return False
        self._held.add(message)
        self._taken.append(message)
        return True

    def let_go_of(self, answered: Iterable[int]) -> None:
        """Have messages out of hand with the end of the transaction: their answers are recorded there."""
        self._over.extend(message for message in answered if message in self._held)

    def let_go(self) -> None:
        """Have nothing in hand any more."""
        db, self._db = self._db, None
        self._held.clear()
        if db is not None:
            with suppress(DBAPIError):
                _say(db, f"ROLLBACK; SELECT {mail_locks.GIVE_UP_ALL}")
                db.close()
                return
            _drop(db)

    def _opened(self) -> Connection:
        self._taken, self._over = [], []
        if self._db is None:
            self._held.clear()
            self._db = self._engine.connect()
            self._go_on(self._db, "ROLLBACK", ())
        return self._db

    def _go_on(self, db: Connection, end: str, given_up: Sequence[int]) -> None:
        """End a transaction and begin the next, which stays for as long as there is mail in hand."""
        told = ", ".join((_STAY, *map(mail_locks.give_up, given_up)))
        try:
            _say(db, f"{end}; BEGIN; SELECT {told}")
        except BaseException:
            self._db = None  # with whatever it held; what is in hand has its lease yet
            _drop(db)
            raise
        self._held.difference_update(given_up)


def accept(
    db: Connection, replies: Mapping[int, str], owner: str, now: datetime, *, forgets: bool
) -> set[int]:
    """Bring claimed messages to where a yes of the mail server puts them; return those that are `owner`'s still.

    With what they carry, and, if it `forgets`, with an end to the count of their contacts' refusals.
    """
    values = {
        "ids": list(replies),
        "replies": [reply.replace("\0", "\ufffd") for reply in replies.values()],
        "me": owner,
        "now": now,
        "forgets": forgets,
    }
    return {row[0] for row in db.exec_driver_sql(_ACCEPT, values)}


def _say(db: Connection, statements: str) -> None:
    db.exec_driver_sql(statements, execution_options={"no_parameters": True})


def _drop(db: Connection) -> None:
    db.invalidate()
    db.close()

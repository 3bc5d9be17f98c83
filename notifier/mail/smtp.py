"""SMTP over a few reused connections; where a mail failed decides what its failure means.

Connect, TLS, EHLO, AUTH and MAIL are the server's business: the delivery ends and no mail has spent
an attempt. RCPT is about one contact, the reply to DATA about one mail. No reply once DATA has begun
is uncertain, and only the ledger's mark from just before tells it from the rest.

asyncio lives only inside `deliver` and `check`, in a loop of their own on the caller's thread. Mails are made
and `begin` and `record` commit synchronously inside that loop: some milliseconds at most, while the other
connections wait for a server that is tens of milliseconds away.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice

from aiosmtplib import SMTPException

from notifier.errors import MailGateError, NotifierError
from notifier.mail.booking import Booking
from notifier.mail.headers import address
from notifier.mail.pace import Pace
from notifier.mail.replies import said
from notifier.mail.session import Server, ServerFault, Session, Stale
from notifier.mail.transport import Outgoing, Result

LOST_IN_A_ROW = 2  # uncertain mails one after the other: then the server is at fault, not a mail

_CHOICE = 100  # mails among which one is looked for whose domain needn't wait
_GLANCE_SECONDS = 0.2  # between looks at `stop` while the pace holds a mail back


class SmtpTransport:
    """Hand mail to one SMTP server; `pace` is shared with whoever chooses the mails; none holds none back."""

    def __init__(self, server: Server, pace: Pace | None = None) -> None:
        self._server = server
        self._pace = pace or Pace()

    def deliver(
        self,
        mails: Iterable[Outgoing],
        *,
        begin: Callable[[Outgoing], None],
        record: Callable[[Outgoing, Result], None],
        stop: Callable[[], bool],
        together: Callable[[], AbstractContextManager[None]] | None = None,
    ) -> Result | None:
        """Send the mails, one transaction each; see `Transport.deliver`.

        They go in order, but one whose domain must wait lets the others pass. A connection that can't be
        opened ends only itself while another still works. An exception of `begin` or `record` is raised
        once the mails in hand are through.
        """
        booking = Booking(begin, record, together, stop)
        delivery = _Delivery(self._server, self._pace, iter(mails), booking, stop)
        if not delivery.has_more():
            return None
        return asyncio.run(delivery.run())

    def check(self) -> list[str]:
        """Return greeting, extensions, TLS and login as the server answered them.

        Raises NotifierError with what was said until then and the fault.
        """
        return asyncio.run(self._check())

    async def _check(self) -> list[str]:
        session = Session(self._server)
        try:
            await session.open()
        except ServerFault as fault:
            raise NotifierError("\n".join([*session.log, fault.result.reply])) from None
        finally:
            await session.close()
        return session.log

    def close(self) -> None:
        """Do nothing: connections end with their delivery."""


class Ended(Exception):
    """Another connection met a fault of the server while this one was about to be opened."""


@dataclass(slots=True)
class _Delivery:
    """One call of `deliver`: mails that a few connections take."""

    server: Server
    pace: Pace
    source: Iterator[Outgoing]
    booking: Booking
    stop: Callable[[], bool]
    queue: deque[Outgoing] = field(default_factory=deque)  # at hand
    fault: Result | None = None
    ending: bool = False
    stopped: bool = False
    lost_in_a_row: int = 0
    source_failure: Exception | None = None  # met while making mails ahead
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    turns: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> Result | None:
        width = self.server.connections
        # Not a TaskGroup: when one connection fails, the others finish the mail they have in hand.
        try:
            outcomes = await asyncio.gather(*(self._work() for _ in range(width)), return_exceptions=True)
        finally:
            self.booking.settle()
        for outcome in (*outcomes, self.booking.failure):
            if isinstance(outcome, BaseException):
                raise outcome
        # A connection too many is no fault of the server's while another works until it is told to stop.
        is_over = self.fault is not None and (self.ending or not self.stopped) and self.has_more()
        return self.fault if is_over else None

    def has_more(self) -> bool:
        """Tell whether a mail is left, and have it at hand; where domains have a pace, some to choose from."""
        self._fill(_CHOICE if self.pace.is_by_domain else 1)
        if self.source_failure is not None:
            raise self.source_failure
        return bool(self.queue)

    def _fill(self, at_least: int) -> None:
        if self.source_failure is not None:
            return
        try:
            self.queue.extend(islice(self.source, max(0, at_least - len(self.queue))))
        except Exception as error:
            self.source_failure = error

    def _sent(self) -> None:
        asyncio.get_running_loop().call_soon(self._look_ahead)  # after whatever else can be sent now

    def _look_ahead(self) -> None:
        """Make the mails that come next while the server is busy with this one: a connection need not wait for them."""
        if not (self.ending or self.stop()):
            self._fill(self.server.connections)

    async def _work(self) -> None:
        session = Session(self.server)
        try:
            while (mail := await self._turn()) is not None:
                try:
                    await self._send(session, mail)
                except Ended:
                    self.queue.appendleft(mail)
                    return
                except ServerFault as fault:
                    self.queue.appendleft(mail)  # it was not begun: its attempt isn't spent
                    # Too many connections at once is no reason to close the one that works.
                    if fault.stage == "connect":
                        self.fault = self.fault or fault.result
                    else:
                        self._end(fault.result)
                    return
                finally:
                    self.booking.forget()
        except BaseException:
            self.ending = True
            raise
        finally:
            await session.close()

    async def _turn(self) -> Outgoing | None:
        """Take the first mail that the pace lets go, once it does; None when none is left, or shall go any more."""
        async with self.turns:
            while not self.ending and self.booking.failure is None:
                if self.stop():
                    self.stopped = True
                    return None
                if not self.has_more():
                    return None
                place, wait = self.pace.first(mail.address for mail in self.queue)
                if not wait:
                    mail = self.queue[place]
                    del self.queue[place]
                    self.pace.take(mail.address)
                    self.booking.expect()
                    return mail
                await asyncio.sleep(min(wait, _GLANCE_SECONDS))
        return None

    async def _send(self, session: Session, mail: Outgoing) -> None:
        """Send one mail and record what became of it; ServerFault when it was not begun."""
        deadline = asyncio.get_running_loop().time() + self.server.per_mail
        try:
            async with asyncio.timeout_at(deadline):
                result = await self._offer(session, mail)
        except TimeoutError as error:
            await session.drop()
            raise ServerFault("deadline", error) from None
        if result is None:
            if not await self.booking.begin(mail):
                return  # the envelope that the server holds is reset by the next mail
            try:
                async with asyncio.timeout_at(deadline):
                    result = await session.data(mail.data, self._sent)
            except (SMTPException, OSError) as error:
                await session.drop()
                result = Result(state="uncertain", scope="message", reply=f"DATA: {said(error)}")
        self.booking.record(mail, result)
        self._weigh(result)

    async def _offer(self, session: Session, mail: Outgoing) -> Result | None:
        """Open if need be, then MAIL and RCPT; a result when the recipient or the size was refused."""
        try:
            recipient = address(mail.address)
        except MailGateError as error:
            return Result(state="refused", scope="recipient", reply=f"553 {error}")
        if session.is_used_up:
            await session.close()
        is_kept = session.is_open
        if not is_kept:
            await self._open(session)
        try:
            return await session.offer(mail, recipient, may_be_stale=is_kept)
        except Stale:
            # Closed by the server meanwhile: that costs a new connection, no pause.
            await self._open(session)
            return await session.offer(mail, recipient)

    async def _open(self, session: Session) -> None:
        # One at a time: a refused password must not be tried on every connection at once.
        async with self.opening:
            if self.ending:
                raise Ended
            await session.open()

    def _weigh(self, result: Result) -> None:
        lost = result.state == "uncertain"
        self.lost_in_a_row = self.lost_in_a_row + 1 if lost else 0
        # 421 ends the connection whatever it answers; the mail has its result, the others wait.
        if result.reply.startswith("421") or self.lost_in_a_row >= LOST_IN_A_ROW:
            self._end(Result(state="deferred", scope="server", reply=result.reply))

    def _end(self, fault: Result) -> None:
        self.ending = True
        self.fault = self.fault or fault

"""One SMTP connection: opened without ever falling back to less, and honest about what failed."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponse,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPStatus,
)

from notifier.errors import ConfigError
from notifier.mail.dialogue import Dialogue
from notifier.mail.dsn import mail_options, rcpt_options
from notifier.mail.headers import address, clean
from notifier.mail.login import login
from notifier.mail.replies import MAX_REPLY, definite, is_too_big, lasts, said
from notifier.mail.transport import Outgoing, Result, Scope, State

Tls = Literal["tls", "starttls", "none"]
# "Syntax error in parameters", "parameter not implemented", "parameters not recognised": RFC 5321, RFC 1869.
_PARAMETERS_REFUSED = (501, 504, 555)
_TAKEN_ANYWHERE = (
    64_000  # octets; the least that a server must take, RFC 5321 section 4.5.3.1.7, a little under
)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where mail goes and how long it may take; times are seconds, from RFC 5321 §4.5.3.2 where it has one.

    Raises ConfigError for a password that would cross a network in clear.
    """

    host: str
    port: int
    tls: Tls = "tls"
    user: str | None = None
    password: str | Callable[[], str] | None = field(
        default=None, repr=False
    )  # a callable is asked at each login
    ca_file: str | None = None  # else the system's authorities
    hello: str | None = None  # our name in EHLO, else the host's
    connections: int = 2
    mails_per_connection: int = 100
    connect_timeout: float = 30
    command_timeout: float = 300
    data_timeout: float = 600  # shorter makes copies: the server may have the mail and still be busy with it
    per_mail: float = 1200

    def __post_init__(self) -> None:
        if self.user and self.tls == "none" and self.host not in _LOOPBACK:
            raise ConfigError(
                f"mail.tls: the password for {self.host} would go in clear; set tls or starttls"
            )


class ServerFault(Exception):
    """The server, not a mail, is at fault; `stage` says how far it went."""

    def __init__(self, stage: str, error: Exception) -> None:
        super().__init__(stage)
        self.stage = stage
        self.result = Result(
            state="refused" if lasts(error) else "deferred", scope="server", reply=f"{stage}: {said(error)}"
        )


class Stale(Exception):
    """A kept connection turns out to be gone: a new one may do."""


class Session:
    """One connection, reopened as often as asked; `log` holds what the server said while opening."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._smtp: SMTP | None = None  # while it is opened
        self._way: asyncio.BaseTransport | None = None
        self._dialogue: Dialogue | None = None  # once it is open
        self._offers: Mapping[str, str] = {}  # the server's extensions, with their parameters
        self._ahead = 0  # commands that were sent before the answer to another came
        self._sent = 0
        self._unfinished = False  # an envelope the server still holds
        self._refused: set[str] = set()  # extensions it offered and whose parameters it refused
        self._octets = 0  # of the mail in hand
        self.log: list[str] = []

    @property
    def is_open(self) -> bool:
        """Whether the connection stood when last looked at."""
        return self._dialogue is not None and self._dialogue.is_open

    @property
    def size_limit(self) -> int:
        """The largest mail the server says it takes, in octets; 0 when it doesn't say."""
        size = self._offers.get("size", "")
        return int(size) if size.isdecimal() else 0

    async def open(self) -> None:
        """Connect, TLS, EHLO, AUTH; ServerFault says which of them failed."""
        await self.close()
        server = self._server
        stage = "connect"
        self.log = []
        try:
            context = None if server.tls == "none" else ssl.create_default_context(cafile=server.ca_file)
            self._smtp = smtp = SMTP(
                hostname=server.host,
                port=server.port,
                use_tls=server.tls == "tls",
                start_tls=False,  # done below: aiosmtplib would take a HELO for an answer
                tls_context=context,
                local_hostname=server.hello,
                timeout=server.command_timeout,
            )
            greeting = await smtp.connect(timeout=server.connect_timeout)
            self.log.append(f"{server.host}:{server.port}: {greeting.code} {clean(greeting.message)}")
            stage = "EHLO"
            await smtp.ehlo()
            if server.tls == "starttls":
                stage = "STARTTLS"
                await smtp.starttls(timeout=server.connect_timeout)
                await smtp.ehlo()
            self.log += [
                f"EHLO: {' '.join(sorted(smtp.esmtp_extensions)) or 'no extensions'}",
                self._tls_line(smtp),
            ]
            if server.user:
                stage = "AUTH"
                self.log.append(f"AUTH: {await login(smtp, server.user, server.password)}")
            if not isinstance(smtp.transport, asyncio.Transport):
                raise SMTPServerDisconnected("Connection lost")
            self._way, self._offers = smtp.transport, dict(smtp.esmtp_extensions)
            self._dialogue = Dialogue(smtp.transport)
        except (SMTPException, OSError, UnicodeError) as error:  # the last: a host name that can't be one
            await self.drop()
            raise ServerFault(stage, error) from None

    async def offer(self, mail: Outgoing, recipient: str, *, may_be_stale: bool = False) -> Result | None:
        """Begin an envelope and name the recipient; a result when the mail is too big or the recipient refused.

        Whatever else the server has against it is a ServerFault; Stale when a kept connection is gone.
        """
        self._octets = len(mail.data)
        if self.size_limit and self._octets > self.size_limit:
            reply = f"552 {self._octets} octets, the server takes {self.size_limit}"
            return Result(state="refused", scope="message", reply=reply, at_most=self.size_limit)
        try:
            if self._takes("pipelining"):
                # A server that is far away is waited for once, not for each command (RFC 2920).
                lines = [
                    *([b"RSET"] if self._unfinished else ()),
                    self._mail_line(mail),
                    self._rcpt_line(recipient),
                ]
                self._live.say(*lines)
                self._ahead = len(lines)
            if self._unfinished and (reset := await self._answer_to(b"RSET")).code != SMTPStatus.completed:
                raise SMTPResponseException(*reset)
            self._unfinished = True
            if (refusal := await self._mail(mail)) is not None:
                return refusal
        except (SMTPException, OSError) as error:
            gone = isinstance(error, SMTPServerDisconnected | ConnectionError)
            await self.drop()
            if may_be_stale and gone:
                raise Stale from None
            raise ServerFault("MAIL", error) from None
        try:
            return await self._rcpt(recipient)
        except (SMTPException, OSError) as error:
            await self.drop()
            raise ServerFault("RCPT", error) from None

    async def _mail(self, mail: Outgoing) -> Result | None:
        line = self._mail_line(mail)
        reply = await self._answer_to(line)
        if reply.code in _PARAMETERS_REFUSED and line != _mail_line(mail):
            await self._pass_by()
            self._refused |= {"size", "dsn"}
            line = _mail_line(mail)
            reply = await self._answer_to(line)
        if reply.code == SMTPStatus.completed:
            return None
        error = SMTPSenderRefused(*reply, mail.sender)
        if b" SIZE=" in line and is_too_big(error):
            await self._pass_by()
            return self._result("refused", "message", error)
        raise error

    async def _rcpt(self, recipient: str) -> Result | None:
        line = self._rcpt_line(recipient)
        reply = await self._answer_to(line)
        if reply.code in (SMTPStatus.completed, SMTPStatus.will_forward):
            return None
        error = SMTPRecipientRefused(*reply, recipient)
        if reply.code in _PARAMETERS_REFUSED and line != _rcpt_line(recipient):
            # A contact must not be given up for a parameter; without it the true answer comes.
            self._refused.add("dsn")
            if (answer := await self._rcpt(recipient)) is not None:
                self._refused.discard("dsn")  # it wasn't about the parameter
            return answer
        state = definite(reply.code)
        if state is None or reply.code == SMTPStatus.domain_unavailable:
            raise error
        if reply.code == SMTPStatus.storage_exceeded and not is_too_big(error):
            state = "deferred"  # RFC 5321 section 4.5.3.1.10: long the code for too many recipients
        return self._result(state, "recipient", error)

    async def data(self, data: bytes, sent: Callable[[], None] = lambda: None) -> Result:
        """Hand over the mail; any exception but a definite reply means that nobody knows.

        `sent` is called once the mail is on its way, before its answer.
        """
        talk, timeout = self._live, self._server.data_timeout
        reply = await talk.ask(b"DATA", timeout=timeout)
        if reply.code == SMTPStatus.start_input:
            # RFC 5321 section 4.5.2; the output gate has seen to the line ends.
            talk.give((data.replace(b"\n.", b"\n..") if b"\n." in data else data) + b".\r\n")
            sent()
            reply = await talk.answer(timeout=timeout)
            if reply.code == SMTPStatus.completed:
                self._unfinished = False
                self._sent += 1
                said = clean(f"{reply.code} {reply.message}")[:MAX_REPLY]
                return Result(state="accepted", scope="message", reply=said)
        error = SMTPDataError(*reply)
        state = definite(reply.code)
        if state is None:
            raise error
        return self._result(state, "message", error)

    async def _answer_to(self, line: bytes) -> SMTPResponse:
        """Return the answer to a command, which may have been sent ahead."""
        if self._ahead:
            self._ahead -= 1
            return await self._live.answer(timeout=self._server.command_timeout)
        return await self._live.ask(line, timeout=self._server.command_timeout)

    async def _pass_by(self) -> None:
        """Hear what is answered to a RCPT whose MAIL was refused."""
        while self._ahead:
            await self._answer_to(b"")

    @property
    def is_used_up(self) -> bool:
        """Whether the connection has carried as many mails as it should; servers close over-long ones."""
        return self._sent >= self._server.mails_per_connection

    async def close(self) -> None:
        """Take leave of the server, politely when it still listens."""
        if self._dialogue is not None and self._dialogue.is_open:
            with suppress(SMTPException, OSError):
                await self._dialogue.leave(timeout=self._server.connect_timeout)
        await self.drop()

    async def drop(self) -> None:
        """Give the connection up at once; nothing that is still in a buffer goes out any more."""
        smtp, self._smtp = self._smtp, None
        way, self._way, self._dialogue = self._way, None, None
        self._sent, self._unfinished, self._ahead = 0, False, 0
        self._refused.clear()
        if smtp is not None:
            way = way or smtp.transport
            if isinstance(way, asyncio.WriteTransport):
                way.abort()
            smtp.close()
            await asyncio.sleep(0)  # the loop closes the socket in its next round

    def _mail_line(self, mail: Outgoing) -> bytes:
        """Return MAIL with what it may be told beside the sender: SIZE (RFC 1870), DSN."""
        size = [f"SIZE={self._octets}"] if self._takes("size") else []
        return _mail_line(mail, *size, *(mail_options(mail.message_id) if self._takes("dsn") else ()))

    def _rcpt_line(self, recipient: str) -> bytes:
        return _rcpt_line(recipient, *(rcpt_options(recipient) if self._takes("dsn") else ()))

    def _result(self, state: State, scope: Scope, error: SMTPResponseException) -> Result:
        at_most = None
        if state == "refused" and is_too_big(error):
            # It was under what the server says it takes, if it says so: half of it is a guess that has a chance.
            at_most = min(_TAKEN_ANYWHERE, self._octets // 2)
        return Result(state=state, scope=scope, reply=said(error), at_most=at_most)

    def _takes(self, extension: str) -> bool:
        return extension in self._offers and extension not in self._refused

    @property
    def _live(self) -> Dialogue:
        if self._dialogue is None:
            raise SMTPServerDisconnected("not connected")
        return self._dialogue

    def _tls_line(self, smtp: SMTP) -> str:
        cipher = smtp.get_transport_info("cipher")
        if not cipher:
            return "TLS: none"
        until = (smtp.get_transport_info("peercert") or {}).get("notAfter", "unknown")
        return f"TLS: {cipher[1]} {cipher[0]}, certificate verified, valid until {until}"


def _mail_line(mail: Outgoing, *options: str) -> bytes:
    return " ".join((f"MAIL FROM:<{address(mail.sender)}>", *options)).encode("ascii")


def _rcpt_line(recipient: str, *options: str) -> bytes:
    return " ".join((f"RCPT TO:<{recipient}>", *options)).encode("ascii")

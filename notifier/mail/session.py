"""One SMTP connection: opened without ever falling back to less, and honest about what failed."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from notifier.errors import ConfigError
from notifier.mail.headers import clean
from notifier.mail.transport import Result, Scope, State

Tls = Literal["tls", "starttls", "none"]
MAX_REPLY = 300  # characters of a server's reply that are kept
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
    per_second: float = 0  # mails over all connections; 0 is no limit
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
            state="refused" if _lasts(error) else "deferred", scope="server", reply=f"{stage}: {said(error)}"
        )


def said(error: Exception) -> str:
    """Return what a server or the network said, on one clean and bounded line."""
    if isinstance(error, SMTPResponseException):
        text = f"{error.code} {error.message}" if error.code > 0 else error.message
    else:
        text = str(error) or ("timed out" if isinstance(error, TimeoutError) else type(error).__name__)
    return clean(text)[:MAX_REPLY]


def _lasts(error: Exception) -> bool:
    """Whether waiting won't heal it: a definite no, a bad certificate, a missing extension."""
    if isinstance(error, SMTPResponseException):
        return definite(error.code) == "refused"
    cause = error.__cause__ if isinstance(error, SMTPConnectError) else error
    if isinstance(cause, ssl.SSLError):
        return not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    return not isinstance(error, OSError)


def definite(code: int) -> State | None:
    """Return what a reply code says for good; None when it doesn't say."""
    return "deferred" if 400 <= code < 500 else "refused" if 500 <= code < 600 else None


class Session:
    """One connection, reopened as often as asked; `log` holds what the server said while opening."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._smtp: SMTP | None = None
        self._sent = 0
        self._unfinished = False  # an envelope the server still holds
        self.log: list[str] = []

    @property
    def is_open(self) -> bool:
        """Whether the connection stood when last looked at."""
        return self._smtp is not None and self._smtp.is_connected

    @property
    def size_limit(self) -> int:
        """The largest mail the server says it takes, in octets; 0 when it doesn't say."""
        size = self._live.esmtp_extensions.get("size", "")
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
                self.log.append(f"AUTH: {await self._login(smtp, server.user)}")
        except (SMTPException, OSError) as error:
            await self.drop()
            raise ServerFault(stage, error) from None

    async def mail(self, sender: str, *, may_be_stale: bool = False) -> bool:
        """Begin an envelope. False when a kept connection turns out to be gone; else ServerFault."""
        smtp = self._live
        try:
            if self._unfinished:
                await smtp.rset()
            self._unfinished = True
            await smtp.mail(sender)
        except (SMTPException, OSError) as error:
            gone = isinstance(error, SMTPServerDisconnected | ConnectionError)
            await self.drop()
            if may_be_stale and gone:
                return False
            raise ServerFault("MAIL", error) from None
        return True

    async def rcpt(self, recipient: str) -> Result | None:
        """Name the recipient; a result when it was refused, ServerFault when the server closed (421)."""
        try:
            await self._live.rcpt(recipient)
        except SMTPRecipientRefused as error:
            state = definite(error.code)
            if state is None or error.code == 421:
                await self.drop()
                raise ServerFault("RCPT", error) from None
            return _result(state, "recipient", error)
        except (SMTPException, OSError) as error:
            await self.drop()
            raise ServerFault("RCPT", error) from None
        return None

    async def data(self, data: bytes) -> Result:
        """Hand over the mail; any exception but a definite reply means that nobody knows."""
        try:
            response = await self._live.data(data, timeout=self._server.data_timeout)
        except SMTPDataError as error:
            state = definite(error.code)
            if state is None:
                raise
            return _result(state, "message", error)
        self._unfinished = False
        self._sent += 1
        reply = clean(f"{response.code} {response.message}")[:MAX_REPLY]
        return Result(state="accepted", scope="message", reply=reply)

    @property
    def is_used_up(self) -> bool:
        """Whether the connection has carried as many mails as it should; servers close over-long ones."""
        return self._sent >= self._server.mails_per_connection

    async def close(self) -> None:
        """Take leave of the server, politely when it still listens."""
        if self._smtp is not None and self._smtp.is_connected:
            with suppress(SMTPException, OSError):
                await self._smtp.quit(timeout=self._server.connect_timeout)
        await self.drop()

    async def drop(self) -> None:
        """Give the connection up at once; nothing that is still in a buffer goes out any more."""
        smtp, self._smtp = self._smtp, None
        self._sent, self._unfinished = 0, False
        if smtp is not None:
            if isinstance(smtp.transport, asyncio.WriteTransport):
                smtp.transport.abort()
            smtp.close()
            await asyncio.sleep(0)  # the loop closes the socket in its next round

    @property
    def _live(self) -> SMTP:
        if self._smtp is None:
            raise SMTPServerDisconnected("not connected")
        return self._smtp

    async def _login(self, smtp: SMTP, user: str) -> str:
        # One mechanism, once: aiosmtplib's login tries each in turn, and providers lock accounts for that.
        secret = self._server.password
        password = secret() if callable(secret) else secret or ""
        offered = set(smtp.supported_auth_methods)
        try:
            if "plain" in offered:
                response = await smtp.auth_plain(user, password)
            elif "login" in offered:
                response = await smtp.auth_login(user, password)
            elif "cram-md5" in offered:
                response = await smtp.auth_crammd5(user, password)
            else:
                raise SMTPException("the server offers no login we know")
        except SMTPResponseException as error:
            error.message = _without_secret(error.message, user, password)
            error.args = (error.code, error.message)
            raise
        return clean(f"{response.code} {_without_secret(response.message, user, password)}")

    def _tls_line(self, smtp: SMTP) -> str:
        cipher = smtp.get_transport_info("cipher")
        if not cipher:
            return "TLS: none"
        until = (smtp.get_transport_info("peercert") or {}).get("notAfter", "unknown")
        return f"TLS: {cipher[1]} {cipher[0]}, certificate verified, valid until {until}"


def _without_secret(reply: str, user: str, password: str) -> str:
    """Return a server's reply to a login; one that quotes the line it didn't understand shows no password."""
    spoken = [password, *(b64encode(line.encode()).decode() for line in (password, f"\0{user}\0{password}"))]
    for secret in sorted(filter(None, spoken), key=len, reverse=True):
        reply = reply.replace(secret, "***")
    return reply


def _result(state: State, scope: Scope, error: SMTPResponseException) -> Result:
    return Result(state=state, scope=scope, reply=said(error))

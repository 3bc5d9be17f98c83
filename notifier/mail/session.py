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
from notifier.mail.dsn import mail_options, rcpt_options
from notifier.mail.headers import clean
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
        self._smtp: SMTP | None = None
        self._line: asyncio.BaseTransport | None = None  # aiosmtplib forgets its own when an answer is late
        self._sent = 0
        self._unfinished = False  # an envelope the server still holds
        self._refused: set[str] = set()  # extensions it offered and whose parameters it refused
        self._octets = 0  # of the mail in hand
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
            self._line = smtp.transport
        except (SMTPException, OSError, UnicodeError) as error:  # the last: a host name that can't be one
            await self.drop()
            raise ServerFault(stage, error) from None

    async def mail(self, mail: Outgoing, *, may_be_stale: bool = False) -> Result | None:
        """Begin an envelope; a result when the mail is too big for the server.

        Whatever else the server has against it is a ServerFault; Stale when a kept connection is gone.
        """
        smtp = self._live
        self._octets = len(mail.data)
        if self.size_limit and self._octets > self.size_limit:
            reply = f"552 {self._octets} octets, the server takes {self.size_limit}"
            return Result(state="refused", scope="message", reply=reply, at_most=self.size_limit)
        options = self._parameters(mail)
        try:
            if self._unfinished:
                await smtp.rset()
            self._unfinished = True
            try:
                await smtp.mail(mail.sender, options=options)
            except SMTPSenderRefused as error:
                if not options or error.code not in _PARAMETERS_REFUSED:
                    raise
                self._refused |= {"size", "dsn"}
                await smtp.mail(mail.sender)
        except (SMTPException, OSError) as error:
            declared = any(option.startswith("SIZE=") for option in options)
            if declared and isinstance(error, SMTPSenderRefused) and is_too_big(error):
                return self._result("refused", "message", error)
            gone = isinstance(error, SMTPServerDisconnected | ConnectionError)
            await self.drop()
            if may_be_stale and gone:
                raise Stale from None
            raise ServerFault("MAIL", error) from None
        return None

    async def rcpt(self, recipient: str) -> Result | None:
        """Name the recipient; a result when it was refused, ServerFault when the server closed (421)."""
        options = rcpt_options(recipient) if self._takes("dsn") else []
        try:
            await self._live.rcpt(recipient, options=options)
        except SMTPRecipientRefused as error:
            if options and error.code in _PARAMETERS_REFUSED:
                # A contact must not be given up for a parameter; without it the true answer comes.
                self._refused.add("dsn")
                if (answer := await self.rcpt(recipient)) is not None:
                    self._refused.discard("dsn")  # it wasn't about the parameter
                return answer
            state = definite(error.code)
            if state is None or error.code == 421:
                await self.drop()
                raise ServerFault("RCPT", error) from None
            if error.code == 552 and not is_too_big(error):
                state = "deferred"  # RFC 5321 section 4.5.3.1.10: long the code for too many recipients
            return self._result(state, "recipient", error)
        except (SMTPException, OSError) as error:
            await self.drop()
            raise ServerFault("RCPT", error) from None
        return None

    async def data(self, data: bytes) -> Result:
        """Hand over the mail; any exception but a definite reply means that nobody knows."""
        try:
            response = await self._handed_over(data)
        except SMTPDataError as error:
            state = definite(error.code)
            if state is None:
                raise
            return self._result(state, "message", error)
        self._unfinished = False
        self._sent += 1
        reply = clean(f"{response.code} {response.message}")[:MAX_REPLY]
        return Result(state="accepted", scope="message", reply=reply)

    async def _handed_over(self, data: bytes) -> SMTPResponse:
        """Return the server's answer to a mail; SMTPDataError when it isn't 250.

        aiosmtplib's own `data` walks the mail to put every line end right, which takes longer than all else here; the
        output gate has seen to those.
        """
        smtp, timeout = self._live, self._server.data_timeout
        if b"\n." in data:
            data = data.replace(b"\n.", b"\n..")  # RFC 5321 section 4.5.2
        start = await smtp.execute_command(b"DATA", timeout=timeout)
        if start.code != SMTPStatus.start_input:
            raise SMTPDataError(start.code, start.message)
        line = smtp.protocol
        if line is None:
            raise SMTPServerDisconnected("Connection lost")
        line.write(data + b".\r\n")
        response = await line.read_response(timeout=timeout)
        if response.code != SMTPStatus.completed:
            raise SMTPDataError(response.code, response.message)
        return response

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
        self._refused.clear()
        if smtp is not None:
            line, self._line = self._line or smtp.transport, None
            if isinstance(line, asyncio.WriteTransport):
                line.abort()
            smtp.close()
            await asyncio.sleep(0)  # the loop closes the socket in its next round

    def _parameters(self, mail: Outgoing) -> list[str]:
        """Return what MAIL may be told beside the sender: SIZE (RFC 1870), DSN."""
        size = [f"SIZE={self._octets}"] if self._takes("size") else []
        return [*size, *(mail_options(mail.message_id) if self._takes("dsn") else ())]

    def _result(self, state: State, scope: Scope, error: SMTPResponseException) -> Result:
        at_most = None
        if state == "refused" and is_too_big(error):
            # It was under what the server says it takes, if it says so: half of it is a guess that has a chance.
            at_most = min(_TAKEN_ANYWHERE, self._octets // 2)
        return Result(state=state, scope=scope, reply=said(error), at_most=at_most)

    def _takes(self, extension: str) -> bool:
        return extension not in self._refused and self._live.supports_extension(extension)

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

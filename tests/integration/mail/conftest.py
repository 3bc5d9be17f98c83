"""Real SMTP servers inside the test process: aiosmtpd, and one that follows a script of bad manners."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP as AiosmtpdServer
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session


@dataclass
class Mailbox:
    """An aiosmtpd handler that keeps what it gets and answers as told."""

    connections: int = 0
    got: list[tuple[str, bytes]] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)  # "RCPT a@x" or "DATA a@x" or "MAIL" -> reply
    drops: set[str] = field(default_factory=set)  # recipients whose mail is kept but never answered
    delay: float = 0
    logins: list[bytes] = field(default_factory=list)
    options: list[str] = field(default_factory=list)

    async def handle_MAIL(
        self, _server: object, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.options += options
        envelope.mail_from = address
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, _server: object, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        reply = self.replies.get(f"RCPT {address}", "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: AiosmtpdServer, _session: Session, envelope: Envelope) -> str:
        [recipient] = envelope.rcpt_tos
        await asyncio.sleep(self.delay)
        if recipient in self.drops:
            assert isinstance(envelope.content, bytes)
            self.got.append((recipient, envelope.content))
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "250 never seen"
        reply = self.replies.get(f"DATA {recipient}", "250 2.0.0 Ok: queued as 4A3F")
        if reply.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.got.append((recipient, envelope.content))
        return reply

    def login(
        self, _server: object, _session: object, _envelope: object, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.password)
        return AuthResult(success=data.password == b"right", handled=False)


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Host:
    """An event loop in a thread, on which servers listen until the test is over."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._protocols: list[AiosmtpdServer] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def mailbox(self, mailbox: Mailbox, *, tls: ssl.SSLContext | None = None, **options: Any) -> int:
        """Let aiosmtpd serve `mailbox`; `tls` is implicit. Returns the port."""

        def connected() -> AiosmtpdServer:
            mailbox.connections += 1
            protocol = AiosmtpdServer(mailbox, hostname="test", loop=self._loop, **options)
            self._protocols.append(protocol)
            return protocol

        async def listen() -> asyncio.Server:
            return await self._loop.create_server(connected, "127.0.0.1", 0, ssl=tls)

        return self._started(listen)

    def talk(self, talk: Talk) -> int:
        """Serve every connection with `talk`, then close it. Returns the port."""

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.append(writer)
            try:
                await talk(reader, writer)
            except (ConnectionError, asyncio.CancelledError):
                pass
            finally:
                writer.close()

        async def listen() -> asyncio.Server:
            return await asyncio.start_server(connected, "127.0.0.1", 0)

        return self._started(listen)

    def _started(self, listen: Callable[[], Awaitable[asyncio.Server]]) -> int:
        async def start() -> asyncio.Server:
            return await listen()

        future: Future[asyncio.Server] = asyncio.run_coroutine_threadsafe(start(), self._loop)
        server = future.result(5)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def close(self) -> None:
        """Close everything and end the thread."""

        async def shut() -> None:
            for server in self._servers:
                server.close()
            for writer in self._writers:
                writer.transport.abort()
            for protocol in self._protocols:
                if isinstance(protocol.transport, asyncio.Transport):
                    protocol.transport.abort()
            # A handshake that failed is closed by its server a moment after the client went away; asyncio
            # names no such connection, and one still open at the end is a warning in some other test.
            for _ in range(200):
                if not any(map(_connections, self._servers)):
                    break
                await asyncio.sleep(0.01)
            rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(shut(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


def _connections(server: asyncio.Server) -> int:
    # Python 3.13 keeps a set, earlier ones a number.
    return len(getattr(server, "_clients", ())) or int(getattr(server, "_active_count", 0))


@pytest.fixture
def host() -> Iterator[Host]:
    """A place for servers."""
    host = Host()
    yield host
    host.close()


@pytest.fixture
def mailbox() -> Mailbox:
    """An empty mailbox that takes everything."""
    return Mailbox()


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the test's own: server contexts by name, and the file that trusts it."""

    ca: trustme.CA
    ca_file: str

    def server_context(self, name: str = "localhost") -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.ca.issue_cert(name).configure_cert(context)
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A fresh authority that the system doesn't know."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return Authority(ca=ca, ca_file=str(tmp_path / "ca.pem"))


@pytest.fixture
def unused_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

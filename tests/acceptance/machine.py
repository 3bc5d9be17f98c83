"""A machine for the daemon to run on: a folder, a clock, systemd's socket, a mail server, processes."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session
from click.testing import CliRunner

from notifier.cli import notifier
from tests.acceptance.launcher import read_clock
from tests.office import beijing

ROOT = Path(__file__).parents[2]
LAUNCHER = Path(__file__).with_name("launcher.py")
PATIENCE = 20.0  # seconds that only a failing test waits

_numbers = count()


def wait_until(condition: Callable[[], object], what: str, *, within: float = PATIENCE) -> float:
    """Return after how many seconds `condition` holds; fail with `what` was waited for."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() < begin + within, f"in vain: {what}"
        time.sleep(0.02)
    return time.monotonic() - begin


class WallClock:
    """The clock of the launcher's daemons: it stands, runs, or jumps as the test says."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def set(self, text: str, *, speed: float = 0) -> None:
        """Show a time of Beijing from now on; a clock of speed 0 stands."""
        self._write(beijing(text), speed)

    def run(self, speed: float = 1) -> None:
        """Go on from what is shown."""
        self._write(self(), speed)

    def follow(self, other: "WallClock", ahead: timedelta) -> None:
        """Run, from ahead of what another clock shows."""
        self._write(other() + ahead, 1)

    def __call__(self) -> datetime:
        return read_clock(self.place)

    def _write(self, shown: datetime, speed: float) -> None:
        fresh = self.place.with_suffix(".new")
        fresh.write_text(f"{shown.isoformat()} {time.monotonic()!r} {speed}", "ascii")
        fresh.replace(self.place)  # a reader sees the old clock or the new one


class Supervisor:
    """What systemd is to the daemon: the socket at $NOTIFY_SOCKET, and all that was said to it."""

    def __init__(self, path: Path | None = None) -> None:
        """Listen at a path, or without one in the abstract namespace."""
        name = f"notifier-test-{os.getpid()}-{next(_numbers)}"
        self.address = f"@{name}" if path is None else str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{name}" if path is None else str(path))
        self._heard: SimpleQueue[tuple[float, dict[str, str]]] = SimpleQueue()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while datagram := self._socket.recv(65536):
            said = dict(line.split("=", 1) for line in datagram.decode().split("\n"))
            self._heard.put((time.monotonic(), said))

    def wait(self, state: str, *, alive: Callable[[], bool] = lambda: True) -> tuple[float, dict[str, str]]:
        """Return when, and in what datagram, the next one with `state` came, such as "READY=1"."""
        name, value = state.split("=")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and alive():
            try:
                when, said = self._heard.get(timeout=0.2)
            except Empty:
                continue
            if said.get(name) == value:
                return when, said
        raise AssertionError(f"nobody said {state}")

    def close(self) -> None:
        """Stop listening."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.connect(self._socket.getsockname())
            channel.send(b"")
        self._thread.join(PATIENCE)
        self._socket.close()


class _Controller(Controller):
    """One whose port the kernel may choose."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Arrival:
    """A mail as the server took it."""

    to: str
    at: datetime  # by the machine's clock
    mail: EmailMessage
    peer: str = ""  # whence it came

    @property
    def text(self) -> str:
        """Its plain text."""
        body = self.mail.get_body(("plain",))
        assert body is not None
        return str(body.get_content())


class PostOffice:
    """A mail server in this process: it takes everything, and answers when it may."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.got: list[Arrival] = []
        self.on_data: Callable[[], None] = lambda: None  # after a mail is kept, before the answer
        self.answers = threading.Event()
        self.answers.set()
        self.refused: str | None = None  # what each recipient is refused with, `{to}` for its address
        self._clock = clock
        self._controller: _Controller | None = None
        self.host, self.port = "127.0.0.1", 0

    def open(self, **options: Any) -> None:
        """Listen, on the same port each time; the options are aiosmtpd's, for TLS and logins."""
        self._controller = _Controller(self, hostname=self.host, port=self.port, **options)
        self._controller.start()
        self.port = self._controller.port

    def close(self) -> None:
        """Stop listening; connections are refused."""
        controller, self._controller = self._controller, None
        self.answers.set()
        if controller is not None:
            controller.stop()

    async def handle_RCPT(
        self, _server: object, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or refuse it."""
        if self.refused is not None:
            return self.refused.format(to=address)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: object, session: Session, envelope: Envelope) -> str:
        """Keep the mail, then answer as soon as answers are given."""
        [to] = envelope.rcpt_tos
        assert isinstance(envelope.content, bytes)
        mail = BytesParser(policy=default).parsebytes(envelope.content)
        peer = str(session.peer[0]) if session.peer else ""
        self.got.append(Arrival(to=to, at=self._clock(), mail=mail, peer=peer))
        self.on_data()
        while not self.answers.is_set():
            await asyncio.sleep(0.01)
        return "250 2.0.0 Ok: queued as 4A3F"

    def wait(self, number: int) -> list[Arrival]:
        """Return all mails once there are so many."""
        wait_until(lambda: len(self.got) >= number, f"{number} mails, {len(self.got)} came")
        return list(self.got)


@dataclass
class Service:
    """A daemon that runs."""

    process: "subprocess.Popen[bytes]"
    supervisor: Supervisor
    log: Path

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def wait(self, state: str) -> tuple[float, dict[str, str]]:
        """Return when, and in what datagram, it next said `state` to the supervisor."""
        return self.supervisor.wait(state, alive=lambda: self.process.poll() is None or state == "STOPPING=1")

    def send(self, number: signal.Signals) -> float:
        """Send it a signal; return when."""
        now = time.monotonic()
        self.process.send_signal(number)
        return now

    def exit_code(self, *, within: float = PATIENCE) -> int:
        """Return its exit code; it may take so many seconds."""
        return self.process.wait(within)

    def stop(self) -> int:
        """End it as systemd does, and return its exit code."""
        self.send(signal.SIGTERM)
        return self.exit_code()


@dataclass
class Machine:
    """A folder with an office in it, and the daemons that are run there."""

    folder: Path
    services: list[Service] = field(default_factory=list)
    wrapper: list[str] = field(default_factory=list)  # a command that the daemon is started through
    stderr: int | None = None  # where its log goes, else to a file

    def __post_init__(self) -> None:
        self.clock = WallClock(self.folder / "clock")
        self.post = PostOffice(self.clock)

    @property
    def config(self) -> Path:
        """The office's config.toml."""
        return self.folder / "config.toml"

    def launch(self, *options: str, supervisor: Supervisor | None = None, **environment: str) -> Service:
        """Start a daemon by the machine's clock, and return it once it is ready."""
        service = self.start(*options, supervisor=supervisor, **environment)
        service.wait("READY=1")
        return service

    def start(self, *options: str, supervisor: Supervisor | None = None, **environment: str) -> Service:
        """Start a daemon by the machine's clock, and return at once."""
        command = [str(LAUNCHER), str(self.config), str(self.clock.place), *options]
        return self._spawn(command, supervisor or Supervisor(), environment)

    def run(self, supervisor: Supervisor | None = None, **environment: str) -> Service:
        """Start `notifier run` by the host's clock, and return it once it is ready."""
        service = self.begin(supervisor=supervisor, **environment)
        service.wait("READY=1")
        return service

    def begin(self, *options: str, supervisor: Supervisor | None = None, **environment: str) -> Service:
        """Start `notifier run` by the host's clock, and return at once."""
        command = ["-m", "notifier", "--config", str(self.config), "run", *options]
        return self._spawn(command, supervisor or Supervisor(), environment)

    def _spawn(self, command: list[str], supervisor: Supervisor, environment: dict[str, str]) -> Service:
        log = self.folder / f"stderr-{len(self.services)}"
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [*self.wrapper, sys.executable, *command],
                cwd=self.folder,
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": str(ROOT),
                    "NOTIFY_SOCKET": supervisor.address,
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr if self.stderr is None else self.stderr,
            )
        service = Service(process, supervisor, log)
        self.services.append(service)
        return service

    def status(self) -> dict[str, Any]:
        """Return what `notifier status --json` prints."""
        result = CliRunner().invoke(notifier, ["--config", str(self.config), "status", "--json"])
        assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
        return cast("dict[str, Any]", json.loads(result.stdout))

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a query finds in the ledger."""
        database = f"file:{self.folder / 'var' / 'notifier.db'}?mode=ro"
        with closing(sqlite3.connect(database, uri=True)) as db:
            return db.execute(query, values).fetchall()

    def wait_for_passes(self, service: Service) -> None:
        """Return once both passes of a daemon have run."""
        query = "SELECT 1 FROM daemons WHERE pid = ? AND last_plan NOT NULL AND last_send NOT NULL"
        wait_until(lambda: self.rows(query, service.pid), "both passes")

    def close(self) -> None:
        """End everything; what the daemons logged is printed, and pytest shows it when the test failed."""
        self.post.close()
        for number, service in enumerate(self.services):
            if service.process.poll() is None:
                service.process.kill()
                service.process.wait()
            service.supervisor.close()
            print(f"--- daemon {number}, pid {service.pid}, exit code {service.process.returncode}")
            print(service.log.read_text("utf-8", "replace"))

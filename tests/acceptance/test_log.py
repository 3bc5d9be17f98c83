"""The daemon's log as ops find it: no address in it, no password, and no mail that waits for its reader."""

import asyncio
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from notifier.ledger import engine as ledger
from tests.acceptance.machine import ROOT, Machine, PostOffice, wait_until
from tests.office import CONTACTS, office

pytestmark = pytest.mark.slow  # each starts processes of its own

PASSWORD = "s3cret-of-the-office"
ADDRESS = re.compile(r"[\w.+-]+@example\.org")
JUST_BEFORE = "2018-06-29T08:59:59.500"


class Grumbler(PostOffice):
    """A mail server that quotes the address in each of its refusals, and hangs up on one."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(clock)
        self.logins = True

    def login(
        self, _server: object, _session: object, _envelope: object, _method: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=self.logins and data.password == PASSWORD.encode(), handled=False)

    async def handle_RCPT(
        self, _server: object, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("li@"):
            return f"550 5.1.1 <{address}>: no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: object, session: Session, envelope: Envelope) -> str:
        [to] = envelope.rcpt_tos
        if to.startswith("zhang@"):
            return f"451 4.7.1 {to}: greylisted"
        if to.startswith("zhao@"):
            assert isinstance(server, SMTP)
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return f"{await super().handle_DATA(server, session, envelope)} for {to}"


def guarded_office(machine: Machine, extra: str = "") -> Grumbler:
    """Write an office that logs in over TLS to a server that grumbles."""
    post = machine.post = Grumbler(machine.clock)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(machine.folder / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    post.open(tls_context=context, authenticator=post.login, auth_required=True)
    (machine.folder / "password").write_text(PASSWORD + "\n", "utf-8")
    (machine.folder / "password").chmod(0o600)
    live_office(
        machine,
        'tls = "starttls"\nca_file = "ca.pem"\nuser = "clerk@example.org"\npassword_file = "password"',
        extra,
    )
    return post


def live_office(machine: Machine, mail: str = 'tls = "none"', extra: str = "") -> None:
    """Write an office that sends to the machine's mail server."""
    server = f'host = "localhost"\nport = {machine.post.port}\nconnections = 1\n{mail}\n'
    config = office(
        machine.folder, extra=f'\n{server}\n[delivery]\nmode = "live"\n\n[service]\nheartbeat = 1\n{extra}'
    )
    ledger.create(config.database, machine.clock()).dispose()


def test_no_address_no_name_and_no_password_is_logged_whatever_fails(machine: Machine) -> None:
    machine.clock.set(JUST_BEFORE)
    post = guarded_office(machine, 'log = "json"\n')
    service = machine.launch()
    machine.clock.run()
    wait_until(lambda: machine.rows("SELECT 1 FROM messages WHERE state = 'accepted'"), "a mail")
    wait_until(lambda: machine.rows("SELECT 1 FROM messages WHERE uncertain"), "an uncertain mail")
    post.logins = False
    wait_until(
        lambda: len(machine.rows("SELECT 1 FROM messages WHERE attempts > 0 OR state = 'refused'")) == 4,
        "all",
    )
    machine.clock.set("2018-06-29T09:30", speed=1)
    wait_until(lambda: machine.rows("SELECT 1 FROM daemons WHERE fault NOT NULL"), "a refused login")
    text = machine.config.read_text("utf-8")
    machine.config.write_text(
        text.replace('mode = "live"', 'mode = "live"\nredirect_to = "li@example.org@x"'), "utf-8"
    )
    service.send(signal.SIGHUP)
    _, said = service.wait("READY=1")
    assert "redirect_to" in said["STATUS"]
    assert not ADDRESS.search(said["STATUS"])
    assert service.stop() == 0

    logged = service.log.read_text("utf-8")
    records = [json.loads(line) for line in logged.splitlines()]
    actions = {record["action"] for record in records}
    loud = {record["action"] for record in records if record["level"] != "info"}
    assert {"message_refused", "message_uncertain", "server_paused", "reload_refused"} <= loud
    assert loud.isdisjoint({"message_accepted", "message_deferred"})
    assert {"message_accepted", "message_refused", "message_deferred", "message_uncertain"} <= actions
    assert {"ready", "server_paused", "reload_refused", "stopped"} <= actions
    assert "l***@example.org" in logged
    assert ADDRESS.findall(logged) == []
    assert [name for row in CONTACTS if (name := row.split(",")[1]) in logged] == []
    assert PASSWORD not in logged


def test_mail_goes_and_the_daemon_stops_though_nobody_reads_its_log(machine: Machine) -> None:
    machine.post.open()
    machine.clock.set(JUST_BEFORE)
    live_office(machine)
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    try:
        while True:
            os.write(writes, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writes, True)
    machine.stderr = writes
    service = machine.launch()
    machine.clock.run()
    machine.post.wait(4)
    assert service.stop() == 0
    os.close(writes)
    os.close(reads)


def test_mail_goes_though_the_daemon_was_started_without_stderr(machine: Machine) -> None:
    machine.post.open()
    machine.clock.set(JUST_BEFORE)
    live_office(machine)
    machine.wrapper = ["sh", "-c", 'exec "$0" "$@" 2>&-']
    service = machine.launch()
    numbers = {
        name: os.readlink(f"/proc/{service.pid}/fd/{name}") for name in os.listdir(f"/proc/{service.pid}/fd")
    }
    assert numbers["2"] == os.devnull
    machine.clock.run()
    machine.post.wait(4)
    assert service.stop() == 0


def test_in_the_journal_lines_have_priorities_and_no_time(machine: Machine) -> None:
    office(machine.folder)
    ours, journal = socket.socketpair()
    status = os.fstat(journal.fileno())
    done = subprocess.run(
        [sys.executable, "-m", "notifier", "--config", str(machine.folder / "none.toml"), "run"],
        cwd=machine.folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}",
        },
        stderr=journal.fileno(),
        timeout=20,
        check=False,
    )
    journal.close()
    with ours:
        said = ours.recv(65536).decode()
    assert done.returncode == 78
    assert said.startswith("<3>level=error action=not_started message=")
    assert "none.toml: No such file" in said

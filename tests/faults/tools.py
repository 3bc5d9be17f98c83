"""What some faults need and not every machine has: skipped then, and the reason says so."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def _works(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0


def program(name: str) -> str:
    """Return where a program is; skip the test where it isn't installed."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def strace() -> str:
    """Return strace; skip the test where it is not installed, or tracing is not allowed."""
    place = program("strace")
    if not _works(place, "-f", "--seccomp-bpf", "-o", os.devnull, "-e", "trace=fdatasync", "true"):
        pytest.skip("strace may not trace here")
    return place


def faketime() -> str:
    """Return libfaketime, to be preloaded; skip the test where it is not installed."""
    program("faketime")
    for place in Path("/usr/lib").rglob("faketime/libfaketimeMT.so.1"):
        return str(place)
    pytest.skip("libfaketime is not installed")


def alone() -> list[str]:
    """Return the command that gives another a network and mounts of its own; skip the test where that isn't allowed."""
    command = [program("unshare"), "--net", "--mount"]
    if not _works(*command, "true"):
        pytest.skip("no namespaces may be made here")
    return command

"""A name server that fails, denies, or says nothing: `make faults`. Needs root, for a network of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.tools import alone, program

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("names.py")


@pytest.mark.parametrize("behaviour", ["NXDOMAIN", "SERVFAIL", "silent"])
def test_a_name_server_that_does_not_help_is_the_servers_fault_in_bounded_time(
    tmp_path: Path, behaviour: str
) -> None:
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n", "ascii")
    prepare = f'{program("ip")} link set lo up && mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'
    done = subprocess.run(
        [
            *alone(),
            "sh",
            "-ec",
            prepare,
            "-",
            str(tmp_path / "resolv.conf"),
            sys.executable,
            str(SCRIPT),
            behaviour,
        ],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    scope, state, reply, lines, took = json.loads(done.stdout)
    assert (scope, state, lines) == ("server", "deferred", [])
    assert reply.startswith("connect: ")
    assert took < 45  # the host's resolver has its own limits, and ours can't cut them short

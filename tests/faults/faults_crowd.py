"""A directory of ten thousand: `make faults`."""

import re
import time
from pathlib import Path

import pytest

from tests.faults.killing import KillRun
from tests.faults.sink import sink

CONTACTS = 10_000
MOST_MEMORY = 320  # MiB: half of the unit's MemoryMax


def peak(pid: int) -> float:
    """Return the most memory that a process has had, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"))
    assert found is not None
    return int(found[1]) / 1024


def test_ten_thousand_contacts_get_their_mail_within_bounds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = KillRun(tmp_path, seed=1, contacts=CONTACTS, rounds=1)
    with sink() as port:  # instead of the run's own server, which is slow
        run.issue()
        config = (tmp_path / "config.toml").read_text("utf-8")
        (tmp_path / "config.toml").write_text(re.sub(r"port = \d+", f"port = {port}", config), "utf-8")
        began = time.monotonic()
        process = run.start()
        try:
            run.wait_for(process, run.is_done, every=0.5)
            took = time.monotonic() - began
            most = peak(process.pid)
            process.terminate()
            assert process.wait(30) == 0
        finally:
            run.close()
    states = run.rows("SELECT state, uncertain, attempts, count(*) FROM messages GROUP BY 1, 2, 3")
    with capsys.disabled():
        print(f"\n{CONTACTS} mails in {took:.0f} s from the start, {most:.0f} MiB at most")
    assert states == [("accepted", 0, 1, CONTACTS)]
    assert most < MOST_MEMORY

"""kill -9 at random moments, many of them: `make faults`. KILL_SEED, KILL_MAILS and KILL_KILLS choose another run."""

import os
import random
from pathlib import Path

import pytest

from tests.faults.killing import CONNECTIONS, KillRun, hold_the_promise, kill_at_random, table

SEED = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(2**32))
MAILS = int(os.environ.get("KILL_MAILS") or 400)
KILLS = int(os.environ.get("KILL_KILLS") or 25)
ROUNDS = 5


def test_many_kills_and_a_server_that_breaks_off_lose_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\nKILL_SEED={SEED} KILL_MAILS={MAILS} KILL_KILLS={KILLS}", flush=True)
    run = KillRun(tmp_path, seed=SEED, contacts=-(-MAILS // ROUNDS), rounds=ROUNDS, drops=0.02)
    try:
        seconds = kill_at_random(run, KILLS)
        verdict = run.judge()
    finally:
        run.close()
    with capsys.disabled():
        print(table(run, verdict, seconds))
    hold_the_promise(verdict, most_copies=KILLS * CONNECTIONS)
    assert run.kills.total() == KILLS

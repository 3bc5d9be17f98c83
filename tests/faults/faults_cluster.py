"""Hosts on one ledger that are killed, frozen or cut off from it in the middle of sending: `make faults`."""

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.hosts import JUST_BEFORE, Hosts
from tests.acceptance.machine import Service, wait_until
from tests.postgres import Postgres

SEED = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(2**32))
KILLS = 12
MAILS = int(os.environ.get("CLUSTER_MAILS") or 250)  # three jobs
CONNECTIONS = 4
BACK_WITHIN = 12.0  # seconds: a lease, or a silent worker, and a sweep


@pytest.fixture
def hosts(tmp_path: Path, postgres_server: Postgres) -> Iterator[Hosts]:
    """Two hosts of an office with many contacts."""
    made = Hosts(tmp_path, postgres_server)
    made.furnish(contacts=MAILS, connections=CONNECTIONS, heartbeat=60)
    yield made
    made.close()


def hold_up_both(hosts: Hosts, after: int) -> list[Service]:
    """Start both hosts and return once each waits for answers with mail in hand."""
    hosts.clock.set(JUST_BEFORE)
    services = [hosts.launch(0), hosts.launch(1)]

    def hold_up() -> None:
        if len(hosts.post.got) == after:
            hosts.post.answers.clear()

    hosts.post.on_data = hold_up
    hosts.clock.run()
    hosts.post.wait(after)
    wait_until(lambda: all(hosts.claimed_by(service) for service in services), "claims of both")
    in_hand = "SELECT count(*) FROM messages WHERE begun"
    wait_until(lambda: hosts.rows(in_hand) == [(2 * CONNECTIONS,)], "mail in hand on every connection")
    time.sleep(0.3)  # until all of it has come
    return services


def judge(hosts: Hosts, most_copies: int) -> int:
    """Fail unless each contact has a mail, and each copy is flagged; return how many copies there are."""
    arrived = hosts.arrived()
    assert len(arrived) == MAILS, "lost"
    copies = {to for to, number in arrived.items() if number > 1}
    flagged = {row[0] for row in hosts.rows("SELECT address FROM messages WHERE uncertain")}
    assert copies <= flagged
    assert arrived.total() - MAILS <= most_copies
    assert hosts.rows("SELECT count(*), count(DISTINCT contact) FROM messages") == [(MAILS, MAILS)]
    assert hosts.rows("SELECT count(*) FROM messages WHERE state <> 'accepted'") == [(0,)]
    ids = {arrival.mail["Message-ID"] for arrival in hosts.post.got}
    assert len(ids) == MAILS, "a copy has its mail's own id"
    return arrived.total() - MAILS


def test_a_host_killed_while_it_sends_is_followed_within_seconds_and_each_copy_is_flagged(
    hosts: Hosts, capsys: pytest.CaptureFixture[str]
) -> None:
    victim, heir = hold_up_both(hosts, after=60)
    had = hosts.claimed_by(victim)
    victim.send(signal.SIGKILL)
    killed = time.monotonic()
    hosts.post.answers.set()
    wait_until(lambda: hosts.claimed_by(victim) == 0, "the other host to take over")
    taken_over = time.monotonic() - killed
    hosts.wait_for_end()
    took = time.monotonic() - killed
    copies = judge(hosts, most_copies=CONNECTIONS)
    assert heir.stop() == 0
    with capsys.disabled():
        print(
            f"\nkill -9 with {had} mails claimed: taken over after {taken_over:.1f} s, all sent after {took:.1f} s;"
        )
        print(f"{MAILS} mails, 0 lost, {copies} copies, all flagged (bound {CONNECTIONS})")
    assert had > CONNECTIONS
    assert copies > 0
    assert taken_over < BACK_WITHIN


def test_a_host_frozen_beyond_its_lease_doubles_nothing_when_it_wakes(
    hosts: Hosts, capsys: pytest.CaptureFixture[str]
) -> None:
    sleeper, other = hold_up_both(hosts, after=60)
    had = hosts.claimed_by(sleeper)
    sleeper.send(signal.SIGSTOP)
    frozen = time.monotonic()
    hosts.post.answers.set()
    wait_until(lambda: hosts.claimed_by(sleeper) == CONNECTIONS, "the other host to take what isn't in hand")
    taken_over = time.monotonic() - frozen
    others = "SELECT count(*) FROM messages WHERE finished IS NULL"
    wait_until(
        lambda: hosts.rows(others) == [(CONNECTIONS,)], "the other host to send all that isn't in hand"
    )
    sleeper.send(signal.SIGCONT)
    hosts.wait_for_end()
    copies = judge(hosts, most_copies=0)
    assert [service.stop() for service in (sleeper, other)] == [0, 0]
    with capsys.disabled():
        print(
            f"\nSIGSTOP with {had} mails claimed: taken over after {taken_over:.1f} s but for the {CONNECTIONS} in hand"
        )
        print(f"{MAILS} mails, 0 lost, {copies} copies after SIGCONT")
    assert hosts.rows("SELECT count(*) FROM messages WHERE uncertain") == [(0,)]


def test_a_database_that_drops_every_session_loses_nothing_and_each_copy_is_flagged(
    hosts: Hosts, capsys: pytest.CaptureFixture[str]
) -> None:
    services = hold_up_both(hosts, after=60)
    hosts.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    began = time.monotonic()
    hosts.post.answers.set()
    hosts.wait_for_end()
    took = time.monotonic() - began
    copies = judge(hosts, most_copies=0)
    assert [service.stop() for service in services] == [0, 0]
    with capsys.disabled():
        print(
            f"\nevery session ended by the server: all sent after {took:.1f} s; {MAILS} mails, {copies} copies"
        )


def test_two_hosts_keep_one_pace_over_the_wire(
    tmp_path: Path, postgres_server: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts = Hosts(tmp_path, postgres_server)
    try:
        # Two jobs, one for each host; either alone would keep the pace of its own.
        hosts.furnish(contacts=160, heartbeat=60, mail="per_second = 20")
        hosts.clock.set(JUST_BEFORE)
        services = [hosts.launch(0), hosts.launch(1)]
        hosts.clock.run()
        hosts.wait_for_end()
        assert [service.stop() for service in services] == [0, 0]
    finally:
        hosts.close()
    moments = sorted(arrival.at for arrival in hosts.post.got)
    took = (moments[-1] - moments[0]).total_seconds()
    shares = [service.log.read_text("utf-8").count("action=message_accepted") for service in services]
    busiest = max(
        sum(1 for moment in moments if 0 <= (moment - first).total_seconds() < 3) for first in moments
    )
    with capsys.disabled():
        print(f"\n160 mails at 20/s by two hosts ({shares[0]} and {shares[1]}): {took:.1f} s,")
        print(f"at most {busiest} in any 3 s")
    assert len(moments) == 160
    assert min(shares) > 0
    assert 160 / took <= 22
    assert busiest <= 3 * 20 * 1.5


def test_hosts_killed_again_and_again_lose_nothing_and_each_copy_is_flagged(
    tmp_path: Path, postgres_server: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\nKILL_SEED={SEED} CLUSTER_MAILS={MAILS}", flush=True)
    chance = random.Random(SEED)
    hosts = Hosts(tmp_path, postgres_server)
    began = time.monotonic()
    while_sending = 0
    try:
        # Slow enough for the kills to fall among the mails; a job is never wholly sent before the next one.
        hosts.furnish(contacts=MAILS, connections=CONNECTIONS, heartbeat=2, mail="per_second = 15")
        hosts.clock.set(JUST_BEFORE)
        services = [hosts.launch(0), hosts.launch(1)]
        hosts.clock.run()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0, 2))
            busy = [place for place, service in enumerate(services) if hosts.claimed_by(service)]
            while_sending += bool(busy)
            place = chance.choice(busy or [0, 1])
            services[place].send(signal.SIGKILL)
            services[place].exit_code()
            services[place] = hosts.launch(place)
        hosts.wait_for_end()
        copies = judge(hosts, most_copies=KILLS * CONNECTIONS)
        assert [service.stop() for service in services] == [0, 0]
    finally:
        hosts.close()
    with capsys.disabled():
        print(f"{KILLS} x kill -9, {while_sending} with mail claimed, in {time.monotonic() - began:.0f} s:")
        print(f"{MAILS} mails, 0 lost, {copies} copies, all flagged (bound {KILLS * CONNECTIONS})")
    assert while_sending > 0

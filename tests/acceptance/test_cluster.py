"""Several hosts on one ledger, as ops and the mail server meet them: `notifier run` with engine = "cluster"."""

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.acceptance.hosts import CONTACTS, JUST_BEFORE, SLOT, Hosts
from tests.acceptance.machine import WallClock, wait_until
from tests.postgres import Postgres

pytestmark = pytest.mark.slow

EVERYBODY = {f"z{place:03}@example.org": 1 for place in range(CONTACTS)}


@pytest.fixture
def hosts(tmp_path: Path, postgres_server: Postgres) -> Iterator[Hosts]:
    """Two hosts without an office yet."""
    made = Hosts(tmp_path, postgres_server)
    yield made
    made.close()


def test_two_hosts_plan_once_and_each_contact_gets_one_mail(hosts: Hosts) -> None:
    hosts.furnish()
    hosts.clock.set(JUST_BEFORE)
    services = [hosts.launch(0), hosts.launch(1)]
    hosts.clock.run()
    hosts.wait_for_end()
    status = hosts.machines[0].status()
    assert [service.stop() for service in services] == [0, 0]

    assert hosts.arrived() == EVERYBODY
    assert all(SLOT <= arrival.at < SLOT + timedelta(seconds=5) for arrival in hosts.post.got)
    assert hosts.rows("SELECT count(*), count(DISTINCT contact) FROM messages") == [(CONTACTS, CONTACTS)]
    assert hosts.rows("SELECT count(*) FROM messages WHERE uncertain OR state <> 'accepted'") == [(0,)]
    assert {daemon["pid"] for daemon in status["daemons"]} == {service.pid for service in services}
    assert hosts.rows("SELECT count(*) FROM daemons WHERE stopped IS NOT NULL AND fault IS NULL") == [(2,)]
    planned = [service.log.read_text("utf-8").count("action=planned") for service in services]
    assert sum(planned) == 1
    assert hosts.rows("SELECT count(*) FROM procrastinate_workers") == [(0,)], "each has signed off"


def test_a_reload_takes_the_new_configuration_and_a_stop_leaves_the_rest_to_the_other_host(
    hosts: Hosts,
) -> None:
    hosts.furnish(connections=1)
    hosts.clock.set(JUST_BEFORE)
    first = hosts.launch(0)
    hosts.furnish(connections=1, heartbeat=1)
    first.send(signal.SIGHUP)
    first.wait("READY=1")
    hosts.post.answers.clear()
    hosts.clock.run()
    [in_hand] = hosts.post.wait(1)
    second = hosts.launch(1)
    first.send(signal.SIGTERM)
    first.wait("STOPPING=1")
    hosts.post.answers.set()
    assert first.exit_code() == 0
    mine = "SELECT count(*) FROM messages WHERE state = 'accepted' AND address = %s"
    assert hosts.rows(mine, in_hand.to) == [(1,)]
    hosts.wait_for_end()
    assert second.stop() == 0

    assert hosts.arrived() == EVERYBODY
    assert hosts.rows("SELECT count(*) FROM messages WHERE uncertain OR attempts <> 1") == [(0,)]
    assert hosts.rows("SELECT count(DISTINCT config_hash) FROM daemons") == [(1,)]
    accepted = second.log.read_text("utf-8").count("action=message_accepted")
    wait_until(lambda: accepted >= CONTACTS - 2, "the second host to send the rest")


@pytest.mark.parametrize("by", [timedelta(hours=1), -timedelta(hours=1)], ids=["ahead", "behind"])
def test_a_host_whose_clock_is_off_ends_at_the_start_before_it_touches_anything(
    hosts: Hosts, by: timedelta
) -> None:
    hosts.furnish()
    hosts.clock.set(JUST_BEFORE)
    machine = hosts.machines[1]
    machine.clock = WallClock(machine.folder / "own-clock")
    machine.clock.follow(hosts.clock, by)
    service = machine.start(f"--common={hosts.clock.place}")
    assert service.exit_code() == 1
    assert "this host's clock is 3" in service.log.read_text("utf-8")
    assert hosts.rows("SELECT (SELECT count(*) FROM tasks), (SELECT count(*) FROM daemons)") == [(0, 0)]

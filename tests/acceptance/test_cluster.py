"""Several hosts on one ledger, as ops and the mail server meet them: `notifier run` with engine = "cluster"."""

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.acceptance.hosts import CONTACTS, JUST_BEFORE, SLOT, Hosts
from tests.acceptance.machine import wait_until
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
    assert [daemon["alive"] for daemon in status["daemons"]] == [True, True]
    assert status["ok"], status
    assert hosts.rows("SELECT count(*) FROM daemons WHERE stopped IS NOT NULL") == [(2,)]

"""The month's summary by the daemon itself: once, though the daemon is killed with it in hand."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.share import share
from tests.acceptance.hosts import Hosts
from tests.acceptance.machine import Machine, wait_until
from tests.office import Row, office
from tests.postgres import Postgres

pytestmark = pytest.mark.slow  # it starts processes of its own

LEADER = "leader@example.org"
NOBODYS: Row = ("核查。", "省公安厅", "2018年6月底前完成")  # of a unit without a contact: no other mail
SUMMARY = f"""
[ops]
summary = true
summary_to = ["{LEADER}"]
"""


@pytest.mark.long
def test_a_kill_with_the_summary_in_hand_costs_one_copy_and_the_month_has_no_other(machine: Machine) -> None:
    machine.post.open()
    office(
        machine.folder,
        rows=(NOBODYS,),
        extra=f"""
host = "127.0.0.1"
port = {machine.post.port}
tls = "none"

{SUMMARY}
[delivery]
mode = "live"

[service]
templates = "{share("templates")}"
heartbeat = 3600
""",
    )
    machine.clock.set("2018-06-28T10:00")
    assert machine.launch().stop() == 0
    machine.clock.set("2018-07-02T08:59:59.500")
    victim = machine.launch()
    machine.post.on_data = lambda: os.kill(victim.pid, signal.SIGKILL)
    machine.clock.run()
    assert victim.exit_code() == -signal.SIGKILL
    machine.post.on_data = lambda: None

    heir = machine.launch()
    first, second = machine.post.wait(2)
    assert first.to == second.to == LEADER
    assert first.mail.as_bytes() == second.mail.as_bytes()
    assert first.mail["Subject"] == "【到期1·按期0·迟报0·未报1】2018年6月督办任务月度汇总"
    wait_until(lambda: machine.rows("SELECT 1 FROM messages WHERE state = 'accepted'"), "the record")
    assert heir.stop() == 0

    machine.clock.set("2018-07-05T10:00")
    later = machine.launch()
    machine.wait_for_passes(later)
    assert later.stop() == 0
    assert machine.rows("SELECT contact, state, uncertain FROM messages") == [
        (f"ops:summary:2018-06:{LEADER}", "accepted", 1)
    ]
    assert len(machine.post.got) == 2


@pytest.fixture
def hosts(tmp_path: Path, postgres_server: Postgres) -> Iterator[Hosts]:
    """Two hosts without an office yet."""
    made = Hosts(tmp_path, postgres_server)
    yield made
    made.close()


@pytest.mark.long
def test_two_hosts_send_one_though_the_one_that_has_it_in_hand_is_killed(hosts: Hosts) -> None:
    hosts.furnish(rows=(NOBODYS,), delivery=SUMMARY)
    hosts.clock.set("2018-06-28T10:00")
    assert hosts.launch(0).stop() == 0
    hosts.clock.set("2018-07-02T08:59:58")
    services = [hosts.launch(0), hosts.launch(1)]
    killed: list[int] = []

    def kill() -> None:
        [(owner,)] = hosts.rows("SELECT owner FROM messages")
        if not killed:
            killed.append(int(owner.split(":")[1]))
            os.kill(killed[0], signal.SIGKILL)

    hosts.post.on_data = kill
    hosts.clock.run()
    hosts.wait_for_end(within=60)
    [heir] = [service for service in services if service.pid not in killed]
    assert heir.stop() == 0
    assert hosts.arrived() == {LEADER: 2}
    assert len({arrival.mail.as_bytes() for arrival in hosts.post.got}) == 1
    assert hosts.rows("SELECT contact, state, uncertain FROM messages") == [
        (f"ops:summary:2018-06:{LEADER}", "accepted", True)
    ]

"""The month's summary by the daemon itself: once, though the daemon is killed with it in hand."""

import os
import signal

import pytest

from notifier.share import share
from tests.acceptance.machine import Machine, wait_until
from tests.office import office

pytestmark = pytest.mark.slow  # it starts processes of its own

LEADER = "leader@example.org"


@pytest.mark.long
def test_a_kill_with_the_summary_in_hand_costs_one_copy_and_the_month_has_no_other(machine: Machine) -> None:
    machine.post.open()
    office(
        machine.folder,
        rows=(("核查。", "省公安厅", "2018年6月底前完成"),),  # which has no contact: no other mail
        extra=f"""
host = "127.0.0.1"
port = {machine.post.port}
tls = "none"

[ops]
summary = true
summary_to = ["{LEADER}"]

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

"""The ops mail of a daemon that is killed with it in hand."""

import os
import signal

import pytest

from notifier.share import share
from tests.acceptance.machine import Machine, wait_until
from tests.office import office

pytestmark = pytest.mark.slow  # it starts processes of its own

OPS = "duchashi@example.org"


def test_a_kill_with_the_ops_mail_in_hand_costs_one_copy_and_is_told(machine: Machine) -> None:
    machine.post.open()
    office(
        machine.folder,
        rows=(("扶持薄弱学校。", "省教育厅和有关省辖市政府", "2018年6月底前完成"),),
        extra=f"""
host = "127.0.0.1"
port = {machine.post.port}
tls = "none"

[ops]
mail = ["{OPS}"]

[delivery]
mode = "live"

[service]
templates = "{share("templates")}"
heartbeat = 3600
""",
    )
    machine.clock.set("2018-04-02T08:29:59.500")
    victim = machine.launch()
    machine.post.on_data = lambda: os.kill(victim.pid, signal.SIGKILL)
    machine.clock.run()
    assert victim.exit_code() == -signal.SIGKILL
    machine.post.on_data = lambda: None

    heir = machine.launch()
    first, second = machine.post.wait(2)
    assert first.to == second.to == OPS
    assert first.mail.as_bytes() == second.mail.as_bytes()
    wait_until(lambda: machine.rows("SELECT 1 FROM messages WHERE state = 'accepted'"), "the record")
    assert heir.stop() == 0
    assert machine.rows("SELECT contact, uncertain FROM messages") == [(f"ops:{OPS}", 1)]
    assert machine.rows("SELECT count(*) FROM ops_told WHERE lasts") == [(1,)]

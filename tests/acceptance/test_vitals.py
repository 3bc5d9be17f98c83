"""A running daemon as monitoring sees it: its metrics, /healthz, health file and status line."""

import json
import signal
import socket
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing

import pytest

from tests.acceptance.machine import Machine, wait_until
from tests.acceptance.test_log import live_office

pytestmark = pytest.mark.slow  # it starts a process of its own


def test_monitoring_sees_a_daemon_start_send_fail_and_stop(machine: Machine) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def fetch(path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    machine.post.open()
    machine.clock.set("2018-06-29T08:59:59.500")
    live_office(machine, extra=f'metrics = "127.0.0.1:{port}"\nhealth_file = "health.json"\n')
    service = machine.launch()
    machine.clock.run()
    machine.post.wait(4)
    wait_until(
        lambda: 'notifier_messages{state="accepted"} 4.0' in fetch("/metrics")[1], "four mails in the metrics"
    )
    status, text = fetch("/healthz")
    assert (status, json.loads(text)["why"]) == (200, [])
    assert 'notifier_smtp_attempts_total{result="accepted"} 4.0' in fetch("/metrics")[1]
    wait_until(
        lambda: json.loads((machine.folder / "health.json").read_text("utf-8"))["ok"], "health in the file"
    )

    # A ledger that can't be used makes passes fail: within three heartbeats that is no longer well.
    machine.post.close()
    database = machine.folder / "var" / "notifier.db"
    with closing(sqlite3.connect(database)) as db:
        db.execute("ALTER TABLE messages RENAME TO lost")
    wait_until(lambda: fetch("/healthz")[0] == 503, "the end of health")
    assert "pass that succeeded" in json.loads(fetch("/healthz")[1])["why"][0]
    assert "notifier_ledger_readable 0.0" in fetch("/metrics")[1]
    assert "notifier_fault 1.0" in fetch("/metrics")[1]
    service.send(signal.SIGTERM)
    assert service.exit_code() == 0
    assert json.loads((machine.folder / "health.json").read_text("utf-8"))["why"] == [
        "the daemon has stopped"
    ]

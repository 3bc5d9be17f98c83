"""Metrics, /healthz and the health file of an office: what they say, to whom, and that nobody waits for them."""

import http.client
import json
import logging
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from notifier.app import App, Passes
from notifier.config import load
from notifier.config.credential import ledger_place
from notifier.config.listening import Loopback, UnixSocket
from notifier.database import Server as DatabaseServer
from notifier.ledger.figures import read_figures
from notifier.vitals import Counted, Vitals, server
from notifier.vitals.server import Server
from tests.clock import SettableClock
from tests.fakes import RecordingTransport
from tests.office import ALWAYS, TEACHERS, beijing, office, passes_of
from tests.postgres import Postgres

NOW = beijing("2017-12-22T09:00")  # a slot: five working days before a quarterly report
ROWS = (TEACHERS, ALWAYS, ("看不懂的。", "省教育厅", "择机推进"), ("没有人的。", "省公安厅", "持续实施"))


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def made(tmp_path: Path) -> tuple[App, Passes]:
    """An office whose plan was imported a month ago, and whose mails of today went or wait."""
    clock = SettableClock(beijing("2017-12-01T10:00"))
    app, passes = passes_of(office(tmp_path, rows=ROWS), clock, RecordingTransport())
    passes.adopt(clock())
    clock.set(NOW)
    passes.plan(clock())
    return app, passes


@pytest.fixture
def vitals(made: tuple[App, Passes]) -> Vitals:
    """The vitals of a daemon that has just started there."""
    app, passes = made
    vitals = Vitals(lambda: passes)
    vitals.begin(NOW, config_hash=app.config.hash, preflight=2)
    return vitals


@pytest.fixture
def endpoint(vitals: Vitals, port: int) -> Iterator[int]:
    """Its endpoint's port."""
    running = Server(Loopback("127.0.0.1", port), vitals)
    yield port
    running.close()


def get(port: int, path: str, **headers: str) -> tuple[int, str]:
    """Return status and body of a request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with closing(connection):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def samples(text: str) -> dict[str, float]:
    """Return each sample of a scrape by its name and labels."""
    return {
        sample.name
        + "".join(f"{{{name}={value}}}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def work(vitals: Vitals) -> None:
    """Let both passes run once, as the daemon does."""
    passes = vitals.passes
    passes.sender.transport = Counted(passes.sender.transport, vitals.pulse)
    with vitals.pulse.timed("plan"):
        passes.plan(NOW)
    with vitals.pulse.timed("send"):
        passes.send()
    vitals.note({"last_plan": NOW, "last_send": NOW})


def test_a_scrape_counts_the_ledger_and_the_daemon(vitals: Vitals, endpoint: int) -> None:
    before = samples(get(endpoint, "/metrics")[1])
    waiting = before["notifier_messages{state=queued}"]
    assert waiting > 0
    assert before["notifier_messages{state=accepted}"] == 0
    assert "notifier_last_success_timestamp_seconds{pass=plan}" not in before
    work(vitals)
    vitals.note({"reload_fault": "mail.prot: unknown key", "next_wake": beijing("2018-03-01T09:00")})
    status, text = get(endpoint, "/metrics")
    found = samples(text)
    assert status == 200
    expected = {
        "notifier_ledger_readable": 1,
        "notifier_messages{state=queued}": 0,
        "notifier_messages{state=accepted}": waiting,
        "notifier_messages_uncertain": 0,
        "notifier_oldest_queued_seconds": 0,
        "notifier_tasks_open": 4,
        "notifier_tasks_in_review": 1,
        "notifier_tasks_unreachable": 1,
        "notifier_paused": 0,
        "notifier_held": 0,
        "notifier_fault": 0,
        "notifier_reload_fault": 1,
        "notifier_preflight_items": 2,
        "notifier_started_timestamp_seconds": NOW.timestamp(),
        "notifier_next_wake_timestamp_seconds": beijing("2018-03-01T09:00").timestamp(),
        "notifier_last_success_timestamp_seconds{pass=plan}": NOW.timestamp(),
        "notifier_last_success_timestamp_seconds{pass=send}": NOW.timestamp(),
        "notifier_pass_duration_seconds_count{pass=send}": 1,
        "notifier_pass_failures_total{pass=send}": 0,
        "notifier_smtp_attempts_total{result=accepted}": waiting,
        "notifier_smtp_attempts_total{result=refused}": 0,
    }
    assert {name: found.get(name) for name in expected} == expected
    assert found["notifier_reminders{state=sent}"] > 0
    assert found["notifier_reminders{state=unreachable}"] > 0
    assert "@" not in text


def test_the_page_for_ops_lists_every_metric_and_no_other(vitals: Vitals, endpoint: int) -> None:
    vitals.note({"last_plan": NOW, "last_send": NOW, "next_wake": NOW})
    families = {family.name for family in text_string_to_metric_families(get(endpoint, "/metrics")[1])}
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
    table = page.partition("## Metrics")[2].partition("\n## ")[0]
    named = [*re.findall(r"^\| `(notifier_\w+)", table, re.MULTILINE), *re.findall(r"`(process_\w+)`", table)]
    assert sorted(name.removesuffix("_total") for name in named) == sorted(families)


def test_what_the_process_uses_is_told_without_the_rest_of_proc(endpoint: int) -> None:
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(get(endpoint, "/metrics")[1])
        for sample in family.samples
    }
    assert 10e6 < samples["process_resident_memory_bytes"] < samples["process_virtual_memory_bytes"]
    assert 3 < samples["process_open_fds"] < samples["process_max_fds"]
    assert samples["process_cpu_seconds_total"] > 0


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        pytest.param("/metrics", "127.0.0.1", 200, id="address"),
        pytest.param("/metrics", "localhost:{port}", 200, id="name and port"),
        pytest.param("/metrics", "[::1]", 200, id="IPv6"),
        pytest.param("/metrics", "evil.example.org", 403, id="another host"),
        pytest.param("/metrics", "127.0.0.1.evil.org:{port}", 403, id="a host that begins like ours"),
        pytest.param("/metrics", "127.0.0.1:1", 403, id="another port"),
        pytest.param("/", "localhost", 404, id="no page"),
        pytest.param("/metrics/../healthz", "localhost", 404, id="a way around"),
        pytest.param("/healthz", "evil.example.org", 403, id="health of another host"),
    ],
)
def test_only_this_host_gets_only_what_there_is(endpoint: int, path: str, host: str, status: int) -> None:
    assert get(endpoint, path, Host=host.format(port=endpoint))[0] == status


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"POST /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", b"501"),
        (b"GET /metrics HTTP/1.1\r\n\r\n", b"403"),
        (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", b"403"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
    ],
    ids=["another method", "no host", "two hosts", "a long path"],
)
def test_a_request_that_is_none_of_ours_is_refused(endpoint: int, request_line: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", endpoint), timeout=5) as client:
        client.sendall(request_line)
        assert status in client.recv(100)


def test_healthz_says_503_with_the_reason_until_both_passes_succeeded(vitals: Vitals, endpoint: int) -> None:
    status, text = get(endpoint, "/healthz")
    assert (status, json.loads(text)["why"]) == (
        503,
        ["no plan pass has succeeded yet", "no send pass has succeeded yet"],
    )
    work(vitals)
    vitals.note({"fault": "send: RCPT: 450 <zhao@example.org> later"})
    status, text = get(endpoint, "/healthz")
    told = json.loads(text)
    assert (status, told["ok"], told["why"]) == (200, True, [])
    assert told["fault"] == "send: RCPT: 450 <z***@example.org> later"
    assert told["last_plan"] == "2017-12-22T09:00:00+08:00"


def test_who_sends_slowly_is_cut_off_and_the_next_is_served(
    endpoint: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_REQUEST_SECONDS", 0.5)
    with socket.create_connection(("127.0.0.1", endpoint), timeout=5) as slow:
        slow.sendall(b"GET /met")
        begin = time.monotonic()
        assert get(endpoint, "/healthz")[0] == 503
        assert 0.2 < time.monotonic() - begin < 3


def test_a_ledger_in_the_hand_of_a_writer_is_counted_all_the_same(vitals: Vitals, endpoint: int) -> None:
    with closing(sqlite3.connect(vitals.passes.app.config.database, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("UPDATE messages SET uncertain = 1")
        found = samples(get(endpoint, "/metrics")[1])
        writer.execute("ROLLBACK")
    assert (found["notifier_ledger_readable"], found["notifier_messages_uncertain"]) == (1, 0)


@pytest.mark.slow
def test_a_ledger_on_a_server_is_counted_too(tmp_path: Path, port: int, postgres_server: Postgres) -> None:
    clock = SettableClock(beijing("2017-12-01T10:00"))
    config = office(
        tmp_path,
        rows=ROWS,
        extra=f'[service]\ndatabase = "{postgres_server.ledger()}"\nengine = "cluster"\n',
    )
    place = ledger_place(config)
    assert isinstance(place, DatabaseServer)
    app, passes = passes_of(config, clock, RecordingTransport(), place)
    passes.adopt(clock())
    clock.set(NOW)
    passes.plan(clock())
    vitals = Vitals(lambda: passes)
    vitals.begin(NOW, config_hash=app.config.hash, preflight=2)
    with closing(Server(Loopback("127.0.0.1", port), vitals)):
        found = samples(get(port, "/metrics")[1])
    passes.engine.dispose()
    assert found["notifier_ledger_readable"] == 1
    assert found["notifier_messages{state=queued}"] > 0
    assert found["notifier_tasks_open"] == len(ROWS)


def test_while_the_ledger_is_read_a_pass_can_write(vitals: Vitals) -> None:
    database = vitals.passes.app.config.database
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM messages").fetchone()
        work(vitals)
    assert read_figures(database, within=5).messages.keys() == {"accepted"}


def test_a_count_that_takes_too_long_is_given_up(
    endpoint: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("notifier.vitals.metrics._LEDGER_SECONDS", -1)
    monkeypatch.setattr("notifier.ledger.figures._STEPS_BETWEEN_LOOKS", 1)
    found = samples(get(endpoint, "/metrics")[1])
    assert found["notifier_ledger_readable"] == 0
    assert "notifier_paused" in found
    assert "notifier_messages{state=queued}" not in found
    assert "ledger_uncounted" in [vars(record).get("action") for record in caplog.records]


def test_a_unix_socket_takes_the_place_of_one_left_behind_and_no_other_file(
    vitals: Vitals, tmp_path: Path
) -> None:
    place = tmp_path / "metrics.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(place))
    running = Server(UnixSocket(place), vitals)
    assert place.stat().st_mode & 0o777 == 0o660
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(place))
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: notifier\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.0 503")
    running.close()
    assert not place.exists()
    place.write_text("somebody's", "utf-8")
    with pytest.raises(OSError, match="in use"):
        Server(UnixSocket(place), vitals)
    assert place.read_text("utf-8") == "somebody's"


def test_a_place_that_is_taken_is_told_once_and_tried_again(
    vitals: Vitals, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    config = vitals.passes.app.config
    text = config.path.read_text("utf-8") + f'\n[service]\nmetrics = "127.0.0.1:{port}"\n'
    config.path.write_text(text, "utf-8")
    fresh = replace(vitals.passes.app, config=load(config.path))
    passes = Passes(engine=vitals.passes.engine, app=fresh, sender=vitals.passes.sender)
    vitals = Vitals(lambda: passes)
    with socket.create_server(("127.0.0.1", port)):
        vitals.beat()
        vitals.beat()
    vitals.beat()
    assert [vars(record)["action"] for record in caplog.records if "metrics" in vars(record).get("action", "")] == [
        "metrics_unavailable", "metrics_offered",
    ]  # fmt: skip
    assert get(port, "/healthz")[0] == 503
    vitals.close()


def test_the_health_file_is_replaced_each_beat_and_says_at_last_that_it_stopped(vitals: Vitals) -> None:
    place = vitals.passes.app.config.health_file
    assert place.name == "notifier.health.json"
    vitals.beat()
    first = json.loads(place.read_text("utf-8"))
    assert (first["ok"], first["last_plan"], first["pid"]) == (False, None, os.getpid())
    work(vitals)
    vitals.beat()
    second = json.loads(place.read_text("utf-8"))
    assert (second["ok"], second["last_plan"]) == (True, "2017-12-22T09:00:00+08:00")
    assert place.stat().st_mode & 0o777 == 0o644
    vitals.note({"stopped": NOW})
    vitals.close()
    assert json.loads(place.read_text("utf-8"))["why"] == ["the daemon has stopped"]
    assert [file.name for file in place.parent.iterdir() if "health" in file.name] == [place.name]


def test_a_health_file_that_cannot_be_written_is_told_once(
    vitals: Vitals, caplog: pytest.LogCaptureFixture
) -> None:
    vitals.passes.app.config.health_file.mkdir()
    vitals.beat()
    vitals.beat()
    assert [vars(record).get("action") for record in caplog.records] == ["health_unwritable"]


@pytest.mark.slow
def test_what_nobody_configured_is_not_imported() -> None:
    code = "import notifier.daemon, sys; print('prometheus_client' in sys.modules or 'http.server' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

"""The shipped unit under a real systemd: `make systemd-test`. pytest finds systemd_*.py only when told to."""

import json
import os
import re
import shutil
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import AuthResult, LoginPassword

from notifier.clock import utc_now
from tests.acceptance.machine import PostOffice
from tests.systemd.container import PYTHONS, REPOSITORY, Container, wait_until
from tests.systemd.service import Service, wait_for_new_pid

SUITES = os.environ.get("NOTIFIER_SYSTEMD_SUITES", " ".join(PYTHONS)).split()
DOCUMENTS = Path(__file__).parents[1] / "fixtures" / "documents"
FORMATS = ("seed.docx", "seed.xlsx", "seed.xls", "seed.ods", "seed.pdf", "seed.html", "seed.csv")


@pytest.fixture(scope="module", params=SUITES)
def machine(request: pytest.FixtureRequest) -> Iterator[Container]:
    made = Container(request.param)
    yield made
    made.close()


@pytest.fixture
def service(machine: Container) -> Iterator[Service]:
    made = Service(machine)
    yield made
    made.close()


@pytest.fixture
def post() -> Iterator[PostOffice]:
    made = PostOffice(utc_now)
    yield made
    made.close()


def test_what_init_prints_makes_a_service_that_runs_and_needs_no_password(service: Service) -> None:
    service.machine.run("sh", "-ec", service.steps[-1])  # systemctl enable --now
    assert service.show("ActiveState") == "active"
    assert service.show("StatusText").startswith("36 tasks, no mail waits, next wake ")
    assert service.show("UnitFileState") == "enabled"
    assert service.status()["ok"]
    assert service.owners() >= {"notifier 700 d", "notifier 600 f"}
    assert {line.split()[0] for line in service.owners()} == {"notifier"}
    # Nobody else may do anything with any of it; the health file, which tells of nobody, is for all who may come there.
    others = ["find", str(service.state), "-perm", "/077", "-not", "-name", "notifier.health.json"]
    assert service.machine.run(*others) == ""


def test_systemd_finds_no_fault_in_the_unit_and_little_exposure(service: Service) -> None:
    assert service.machine.run("systemd-analyze", "verify", "--man=no", "notifier.service") == ""
    told = service.machine.run("systemd-analyze", "security", "--no-pager", "notifier.service")
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", told)
    assert exposure is not None
    assert float(exposure[1]) <= 1.3, told


def test_every_format_of_a_document_is_read_inside_the_sandbox(service: Service) -> None:
    tables = ""
    for name in FORMATS:
        shutil.copy(DOCUMENTS / name, service.folder / "seeds")
        tables += f'[plans.{name.replace(".", "-")}]\npath = "seeds/{name}"\nissued = 2017-10-01\nissuer_level = "省"\n'
    service.edit("[policy]", f"{tables}\n[policy]")
    service.machine.run("chgrp", "-R", "notifier", "/etc/notifier")
    service.start()
    found = dict(
        service.rows("SELECT plans.key, count(*) FROM tasks JOIN plans ON plan_id = plans.id GROUP BY 1")
    )
    assert found == dict.fromkeys([name.replace(".", "-") for name in FORMATS] + ["vocational-2017"], 36)
    assert service.systemctl("reload").returncode == 0


def test_a_reload_takes_a_good_configuration_and_refuses_a_bad_one(service: Service) -> None:
    service.start()
    pid, before = service.pid, service.status()
    service.edit("notice_at = 09:00:00", "notice_at = 10:00:00")
    assert service.systemctl("reload").returncode == 0
    wait_until(lambda: "10:00" in service.show("StatusText"), "the new hour")
    taken = service.status()
    assert taken["config_loaded"] > before["config_loaded"]

    service.edit("heartbeat = 60", 'heartbeat = "often"')
    assert service.systemctl("reload").returncode != 0
    assert "service.heartbeat" in service.journal()
    assert (service.pid, service.show("ActiveState")) == (pid, "active")
    assert service.show("StatusText").startswith("36 tasks, no mail waits, next wake ")

    # What only the daemon can refuse.
    service.edit('heartbeat = "often"', "heartbeat = 60")
    service.edit("notifier.db", "another.db")
    service.systemctl("reload")
    wait_until(lambda: "reload refused" in service.show("StatusText"), "the refusal")
    assert (service.pid, service.show("ActiveState")) == (pid, "active")


def test_a_configuration_at_fault_ends_with_78_and_is_not_tried_again(service: Service) -> None:
    service.edit("heartbeat = 60", 'heartbeat = "often"')
    assert service.systemctl("start").returncode != 0
    time.sleep(7)  # longer than RestartSec
    assert service.show("ExecMainStatus") == "78"
    assert service.show("ActiveState") == "failed"
    assert service.show("NRestarts") == "0"
    assert "service.heartbeat" in service.journal()


@pytest.mark.parametrize("means", ["STOP", "KILL"], ids=["wedged", "killed"])
def test_a_daemon_that_is_wedged_or_killed_is_replaced(service: Service, means: str) -> None:
    service.drop_in("90-test.conf", "[Service]\nWatchdogSec=3s\n")
    service.start()
    time.sleep(5)  # a daemon that is well outlives its watchdog
    assert service.show("NRestarts") == "0"
    old = service.pid
    service.machine.run("kill", f"-{means}", str(old))
    wait_for_new_pid(service, old)
    assert service.show("NRestarts") == "1"
    assert service.status()["ok"]
    assert service.rows("SELECT count(*) FROM tasks") == [(36,)]
    if means == "STOP":
        journal = service.journal()
        assert "Watchdog timeout" in journal
        assert "watch.py" in journal  # where it was, as faulthandler saw it


@pytest.fixture
def logins(post: PostOffice, service: Service) -> list[bytes]:
    """The passwords that a mail server with TLS was told; it takes this one only: sesame."""
    told: list[bytes] = []

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        told.append(data.password)
        return AuthResult(success=data.password == b"sesame")

    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    post.open(tls_context=context, authenticator=check, auth_required=True, auth_require_tls=True)
    authority.cert_pem.write_to_path(service.folder / "ca.pem")
    (service.folder / "ca.pem").chmod(0o644)
    return told


def test_the_mail_server_hears_the_password_that_root_alone_can_read(
    service: Service, post: PostOffice, logins: list[bytes]
) -> None:
    service.send_live(post.port, password="sesame")
    service.start()
    post.wait(1)
    assert logins == [b"sesame"]
    assert service.systemctl("reload").returncode == 0
    wait_until(lambda: "Reloaded" in service.journal(), "the reload")
    service.notifier(
        "send-test", "somebody@example.org"
    )  # root reads it, and then acts as the service's user
    assert service.machine.try_to(
        "runuser", "-u", "notifier", "cat", "/etc/notifier/credentials/smtp-password"
    ).returncode
    assert {line.split()[0] for line in service.owners()} == {"notifier"}


def test_a_live_service_without_its_password_says_so_and_ends_with_78(
    service: Service, post: PostOffice, logins: list[bytes]
) -> None:
    service.send_live(post.port, password="sesame")
    (service.folder / "credentials" / "smtp-password").unlink()
    assert service.systemctl("start").returncode != 0
    assert service.show("ExecMainStatus") == "78"
    assert "there is no password in it" in service.journal()
    assert logins == []


def test_a_stop_in_the_middle_of_a_mail_waits_80_seconds_then_leaves_it_uncertain(
    service: Service, post: PostOffice
) -> None:
    post.open()
    post.answers.clear()
    service.send_live(post.port)
    service.start()
    [first] = post.wait(1)
    began = time.monotonic()
    assert service.systemctl("stop").returncode == 0
    assert 75 < time.monotonic() - began < 90
    assert (service.show("Result"), service.show("ExecMainStatus")) == ("success", "0")
    assert service.rows("SELECT state, begun, uncertain FROM messages") == [("claimed", 1, 0)]

    post.answers.set()
    service.start()
    _, again = post.wait(2)
    wait_until(lambda: service.status()["claimed"] == 0, "the answer")
    assert again.mail.as_bytes() == first.mail.as_bytes()
    assert service.rows("SELECT state, uncertain FROM messages") == [("accepted", 1)]


def test_a_mail_that_is_answered_in_time_ends_the_stop(service: Service, post: PostOffice) -> None:
    post.open()
    post.answers.clear()
    service.send_live(post.port)
    service.start()
    post.wait(1)
    began = time.monotonic()
    service.machine.run("systemctl", "stop", "--no-block", "notifier")
    time.sleep(2)
    assert service.show("ActiveState") == "deactivating"
    post.answers.set()
    wait_until(lambda: service.show("ActiveState") == "inactive", "the end")
    assert time.monotonic() - began < 15
    assert service.rows("SELECT state, uncertain FROM messages") == [("accepted", 0)]


def test_roots_commands_leave_nothing_of_roots(service: Service) -> None:
    service.start()
    for words in (
        *(["done", "1"], ["tasks"], ["check"], ["send-test", "wang@example.org"], ["retry"]),
        *(["preview", "--ops"], ["ledger", "backup", "/var/lib/notifier/copy.db"]),
    ):
        service.notifier(*words)
    service.systemctl("stop")
    for words in (["reopen", "1"], ["status"]):
        service.notifier(*words)
    assert {line.split()[0] for line in service.owners()} == {"notifier"}


def test_a_folder_outside_of_etc_keeps_its_ledger_inside(machine: Container) -> None:
    service = Service(machine, "/srv/an office")
    try:
        service.start()
        assert service.status()["ok"]
        assert service.owners() >= {"notifier 700 d", "notifier 600 f"}
        assert service.systemctl("reload").returncode == 0
        assert not (machine.root / "var/lib/notifier").exists()
    finally:
        service.close()


def test_the_drop_in_for_254_waits_for_the_reload_and_starts_ever_later(service: Service) -> None:
    version = int(service.machine.run("systemctl", "--version").split()[1])
    if version < 254:
        pytest.skip(f"systemd {version} is older than what the drop-in is for")
    shipped = (service.folder / "systemd" / "50-systemd-254.conf").read_text("utf-8")
    service.drop_in("50-systemd-254.conf", shipped)
    assert service.machine.run("systemd-analyze", "verify", "--man=no", "notifier.service") == ""
    service.start()
    assert service.show("Type") == "notify-reload"
    service.edit("notice_at = 09:00:00", "notice_at = 10:00:00")
    assert service.systemctl("reload").returncode == 0
    assert "Reloaded" in service.journal()  # at once: the reload has ended
    service.edit("heartbeat = 60", 'heartbeat = "often"')
    assert service.systemctl("reload").returncode != 0
    wait_until(lambda: service.show("ActiveState") == "active", "the end of the reload")
    service.edit('heartbeat = "often"', "heartbeat = 60")
    gaps = []
    for _ in range(3):
        old, began = service.pid, time.monotonic()
        service.machine.run("kill", "-KILL", str(old))
        wait_for_new_pid(service, old)
        gaps.append(time.monotonic() - began)
    assert gaps == sorted(gaps), gaps


def test_the_journal_gives_warnings_their_priority_and_nobodys_address(
    service: Service, post: PostOffice
) -> None:
    post.refused = "550 5.1.1 <{to}>: no such user"
    post.open()
    service.send_live(post.port)
    service.start()
    wait_until(lambda: service.status()["failed"], "the refusal")
    assert service.systemctl("reload").returncode == 0  # its check speaks to the journal, too
    wait_until(lambda: "action=reloaded" in service.journal(), "the reload")
    service.edit('from = "ducha@example.org"', 'from = "ducha@@example.org"')
    assert service.systemctl("reload").returncode != 0
    shown, everything = service.warnings(), service.journal()
    assert any("action=not_done" in line and "mail.from" in line for line in shown)
    [refused] = [line for line in shown if "action=message_refused" in line]
    assert "550 5.1.1 <" in refused
    assert "@example.org>" in refused
    assert "***" in refused
    assert {"action=adopted", "action=ready"} <= set(re.findall(r"action=\w+", everything))
    ours = [line for line in shown if line.startswith("level=")]  # the others are systemd's own
    assert {line.split()[0] for line in ours} == {"level=warning", "level=error"}
    assert {
        address for address in re.findall(r"[\w*.+-]+@[\w.]+", everything) if "***" not in address
    } == set()


def test_the_health_file_and_the_reserve_lie_in_the_state_directory(service: Service) -> None:
    service.start()
    place = service.machine.root / "var/lib/notifier"
    assert (place / "notifier.db.ballast").stat().st_blocks * 512 == 2**20
    wait_until(lambda: json.loads((place / "notifier.health.json").read_text("utf-8"))["ok"], "good health")
    service.systemctl("stop")
    stopped = json.loads((place / "notifier.health.json").read_text("utf-8"))
    assert (stopped["ok"], stopped["why"]) == (False, ["the daemon has stopped"])


def test_metrics_and_health_are_offered_in_the_runtime_directory_to_the_services_group(
    service: Service,
) -> None:
    service.drop_in("70-runtime.conf", "[Service]\nRuntimeDirectory=notifier\n")
    service.edit(
        "[service]",
        '[service]\nmetrics = "unix:/run/notifier/metrics.sock"\nhealth_file = "/run/notifier/health.json"',
    )
    service.start()
    shown = service.machine.run("stat", "-c", "%U %G %a %F", "/run/notifier/metrics.sock")
    assert shown == "notifier notifier 660 socket"
    ask = (
        "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect('/run/notifier/metrics.sock');"
        "s.sendall(b'GET /metrics HTTP/1.0\\r\\n\\r\\n'); print(s.makefile().read())"
    )
    told = service.machine.run("python3", "-c", ask)
    assert "notifier_tasks_open 36.0" in told
    assert "process_open_fds" in told
    health = service.machine.run("cat", "/run/notifier/health.json")
    assert json.loads(health)["pid"] == service.pid
    assert service.machine.try_to("runuser", "-u", "nobody", "--", "python3", "-c", ask).returncode


def backup_units() -> dict[str, str]:
    """Return the files of the nightly backup as docs/systemd.md prints them, by name."""
    page = (REPOSITORY / "docs" / "systemd.md").read_text("utf-8")
    printed = page.partition("```ini\n")[2].partition("```")[0]
    _, *parts = re.split(r"(?m)^# (notifier-backup\.\w+)\n", printed)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_a_ledger_that_goes_is_told_ends_with_74_and_comes_back_from_its_backup(service: Service) -> None:
    machine, folder = service.machine, "/var/backups/notifier"
    machine.run(*["install", "-d", "-o", "notifier", "-g", "notifier", "-m", "700"], folder)
    service.drop_in("90-test.conf", "[Service]\nWatchdogSec=6s\n")  # so that each beat comes after 2 s
    service.start()
    units = backup_units()
    for name, text in units.items():
        (machine.root / "etc/systemd/system" / name).write_text(text, "utf-8")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "enable", "--now", "notifier-backup.timer")
    machine.run("systemctl", "start", "notifier-backup.service")
    [backup] = machine.run("sh", "-c", f"ls {folder}/*").split()
    machine.run("sh", "-ec", "cd /var/lib/notifier; rm notifier.db notifier.db-wal notifier.db-shm")
    wait_until(lambda: service.show("ActiveState") == "failed", "the end of the next start")
    assert service.show("ExecMainStatus") == "78"  # of the start after the one that ended with 74
    assert int(service.show("NRestarts")) == 1
    told = service.machine.run("journalctl", "--unit", "notifier", "--output", "cat", "--no-pager")
    assert "status=74" in told
    assert "action=ledger_failed" in told
    assert backup in told  # the start names the latest backup

    machine.run(
        "sh", "-ec", f"cd /var/lib/notifier; install -o notifier -g notifier -m 600 {backup} notifier.db"
    )
    service.start()
    assert service.status()["ok"]
    assert {line.split()[0] for line in service.owners()} == {"notifier"}
    machine.run("systemctl", "disable", "--now", "notifier-backup.timer")
    machine.run("rm", "-r", folder, *(f"/etc/systemd/system/{name}" for name in units))

"""A daemon whose new configuration changes much of what is ahead: the old one goes on until a person says so."""

import json
import signal
from typing import Any

import pytest
from click.testing import CliRunner

from notifier.cli import notifier
from tests.acceptance.machine import Machine, wait_until
from tests.office import TEACHERS, Row, office

pytestmark = pytest.mark.slow  # each starts processes of its own

WEEKLY: Row = ("报送进展。", "省教育厅、财政厅", "每周五报送")
ROWS = (TEACHERS, WEEKLY)
OPS = "ops@example.org"


def write(machine: Machine, rows: tuple[Row, ...] = ROWS, more: str = "") -> None:
    office(
        machine.folder,
        rows=rows,
        extra=f"""
host = "127.0.0.1"
port = {machine.post.port}
tls = "none"

[ops]
mail = ["{OPS}"]

[delivery]
mode = "live"
{more}

[service]
heartbeat = 1
""",
    )


def typed(machine: Machine, *words: str) -> Any:
    done = CliRunner().invoke(notifier, ["--config", str(machine.config), *words])
    assert done.exit_code == 0, f"{done.output}\n{done.exception!r}"
    return json.loads(done.stdout) if "--json" in words else done.stdout


def of_contacts(machine: Machine) -> list[str]:
    return [arrival.to for arrival in machine.post.got if arrival.to != OPS]


def test_a_reload_that_changes_too_much_waits_for_a_persons_word(machine: Machine) -> None:
    machine.post.open()
    write(machine)
    machine.clock.set("2018-04-02T07:00")
    service = machine.launch()
    machine.wait_for_passes(service)

    write(machine, rows=(TEACHERS,))
    service.send(signal.SIGHUP)
    service.wait("RELOADING=1")
    _, said = service.wait("READY=1")
    assert "held until `notifier confirm`" in said["STATUS"]
    status = machine.status()
    assert "are dropped" in status["reload_fault"]
    [waits] = status["held"]["configuration"]
    assert waits["dropped"] > waits["reminders"] / 2
    shown = typed(machine, "status")
    assert "a configuration waits since" in shown
    assert "`notifier confirm` lets it in, or mend it and reload" in shown

    # Ops are told, and the old one goes on: the week's report is reminded of.
    machine.clock.set("2018-04-02T08:30")
    wait_until(lambda: any(arrival.to == OPS for arrival in machine.post.got), "the ops mail")
    [told] = [arrival for arrival in machine.post.got if arrival.to == OPS]
    assert "变动过大，等待确认" in told.text
    assert f"减少{waits['dropped']}条" in told.text
    machine.clock.set("2018-04-02T09:00")
    wait_until(lambda: len(of_contacts(machine)) >= 2, "the old configuration's mail")

    # A restart changes nothing: the file on the disk still waits.
    assert service.stop() == 0
    service = machine.launch()
    machine.wait_for_passes(service)
    assert "held until" in machine.status()["reload_fault"]
    assert machine.rows("SELECT count(*) FROM tasks WHERE state = 'open'") == [(2,)]

    assert "confirmed" in typed(machine, "confirm")
    wait_until(lambda: machine.status()["reload_fault"] is None, "the new configuration")
    assert machine.rows("SELECT text FROM tasks WHERE state = 'open'") == [(TEACHERS[0],)]
    assert machine.status()["held"] is None
    assert service.stop() == 0


@pytest.mark.long
def test_what_waits_gives_way_to_what_is_mended_and_a_hold_of_all_mail_does_not_wait(
    machine: Machine,
) -> None:
    machine.post.open()
    write(machine)
    machine.clock.set("2018-04-02T08:00")
    service = machine.launch()
    machine.wait_for_passes(service)
    write(machine, rows=(TEACHERS,), more="hold = true")
    service.send(signal.SIGHUP)
    service.wait("RELOADING=1")
    service.wait("READY=1")
    machine.clock.set("2018-04-02T09:00")
    wait_until(lambda: machine.rows("SELECT 1 FROM daemons WHERE fault LIKE '%delivery.hold%'"), "the hold")
    assert of_contacts(machine) == []

    # What can't be read at all waits for nobody's word, but for a mended file.
    with machine.config.open("a") as config:
        config.write("\n[nonsense]\n")
    service.send(signal.SIGHUP)
    wait_until(lambda: "nonsense" in machine.status()["reload_fault"], "the refusal")
    assert machine.status()["held"] is None
    assert typed(machine, "confirm") == "nothing is held\n"
    write(machine)
    service.send(signal.SIGHUP)
    wait_until(lambda: machine.status()["reload_fault"] is None, "the mended configuration")
    assert machine.status()["held"] is None
    wait_until(lambda: len(of_contacts(machine)) == 2, "the mail")
    assert service.stop() == 0

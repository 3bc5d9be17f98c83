"""Templates of ops at work in a daemon: mail goes whatever they do, and status says what they did."""

import os
import signal

import pytest

from notifier.ledger import engine as ledger
from tests.acceptance.machine import Machine, wait_until
from tests.office import TEACHERS, beijing, office

pytestmark = pytest.mark.slow  # starts processes of its own


def test_a_template_that_fails_at_work_costs_its_looks_and_status_says_so_until_a_reload(
    machine: Machine,
) -> None:
    machine.post.open()
    own = machine.folder / "own"
    own.mkdir()
    subject = own / "subject.txt.j2"
    subject.write_text("{% if digest.unit == '省教育厅' %}{{ digest.titel }}{% endif %}自定主题", "utf-8")
    config = office(
        machine.folder,
        rows=(TEACHERS,),
        extra=f"""
host = "127.0.0.1"
port = {machine.post.port}
tls = "none"

[delivery]
mode = "live"

[service]
templates = "own"
""",
    )
    ledger.create(config.database, beijing("2018-06-01T09:00")).dispose()
    machine.clock.set("2018-06-29T08:59:59.500")
    service = machine.launch()
    machine.clock.run()
    subjects = {arrival.to: str(arrival.mail["Subject"]) for arrival in machine.post.wait(2)}
    assert subjects["li@example.org"] == "自定主题"
    assert subjects["wang@example.org"].startswith("【到期1项】")

    def fault() -> str | None:
        [daemon] = machine.status()["daemons"]
        return str(daemon["fault"]) if daemon["fault"] else None

    wait_until(fault, "the fault in status")
    assert "built-in text" in str(fault())
    assert "subject.txt.j2:1: 'digest.titel' is undefined" in str(fault())

    subject.write_text("{{ digest.unit }}自定主题", "utf-8")
    service.send(signal.SIGHUP)
    wait_until(lambda: fault() is None, "no fault in status")
    assert service.stop() == 0


def test_a_reload_of_a_runaway_template_is_refused_and_the_old_set_stays(machine: Machine) -> None:
    own = machine.folder / "own"
    own.mkdir()
    (own / "subject.txt.j2").write_text("自定主题", "utf-8")
    office(machine.folder, rows=(TEACHERS,), extra='[service]\ntemplates = "own"\n')
    machine.clock.set("2018-06-29T09:00")
    service = machine.launch()
    (own / "subject.txt.j2").write_text("{{ 'x' | center(10000000000) }}", "utf-8")
    service.send(signal.SIGHUP)
    wait_until(lambda: machine.status()["reload_fault"], "a reload that was refused")
    fault = machine.status()["reload_fault"]
    assert f"{own / 'subject.txt.j2'}:1: MemoryError" in fault
    os.kill(service.pid, 0)
    assert service.stop() == 0

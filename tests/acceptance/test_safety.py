"""The brakes on an accident: a first start years late, and redirected mail as the server gets it."""

import pytest

from notifier.share import share
from tests.acceptance.machine import Machine
from tests.office import office

pytestmark = pytest.mark.slow  # starts processes of its own

EVERYBODY = {f"{name}@example.org" for name in ("wang", "li", "zhang", "zhao")}


def test_a_first_start_sends_no_backlog_and_redirected_mail_goes_to_the_one_address_alone(
    machine: Machine,
) -> None:
    machine.post.open()
    # Imported nine months after its issue: three quarterly reports and the notices of a deadline lie behind.
    office(
        machine.folder,
        extra=f"""
host = "127.0.0.1"
port = {machine.post.port}
tls = "none"

[delivery]
mode = "redirect"
redirect_to = "ops@example.org"

[service]
templates = "{share("templates")}"
""",
    )
    machine.clock.set("2018-06-29T08:59:58")
    service = machine.launch()
    machine.wait_for_passes(service)
    assert machine.rows("SELECT count(*) FROM reminders") == [(0,)]
    assert not machine.post.got

    machine.clock.run()
    arrivals = machine.post.wait(len(EVERYBODY))
    assert service.stop() == 0
    assert len(machine.post.got) == len(EVERYBODY)
    assert {arrival.to for arrival in arrivals} == {"ops@example.org"}  # as RCPT named it
    assert {arrival.mail["To"].addresses[0].addr_spec for arrival in arrivals} == {"ops@example.org"}
    assert {str(arrival.mail["X-Original-To"]) for arrival in arrivals} == EVERYBODY
    for arrival in arrivals:
        assert f"原收件人：{arrival.mail['X-Original-To']}" in arrival.text
        assert "补发" not in arrival.text
    nominal = machine.rows("SELECT DISTINCT date(slot) FROM messages")
    assert nominal == [("2018-06-29",)]

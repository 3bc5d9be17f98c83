"""Templates that fail on what no sample held: the contact gets the built-in text at once, and ops hear of it."""

import email
import logging
from email import policy
from pathlib import Path

import pytest
from sqlalchemy import select

from notifier.app import build
from notifier.errors import FaultsError
from notifier.ledger.log import register_daemon, update_daemon
from notifier.ledger.schema import events, messages, reminders
from notifier.mail import confined
from notifier.mail.transport import Result
from notifier.rehearsal import Nowhere, rehearse
from tests.desk import Desk
from tests.fakes import ACCEPTED
from tests.office import TEACHERS, beijing, office

SLOT = "2018-05-30T09:00"
OWN = '[service]\ntemplates = "own"\n'
SLIP = "{% if '教师' in digest.sections[0].groups[0].lines[0].text %}{{ digest.titel }}{% endif %}督办"
RUNAWAY = SLIP.replace(
    "{{ digest.titel }}", "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
)


def opened(desk: Desk, subject: str) -> Desk:
    own = desk.folder / "own"
    own.mkdir()
    (own / "subject.txt.j2").write_text(subject, "utf-8")
    return desk.open(rows=(TEACHERS,), extra=OWN)


def test_a_template_that_fails_loses_no_mail_and_delays_none(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    opened(desk, SLIP).at(SLOT)
    assert desk.mails(messages.c.state, messages.c.attempts) == [("accepted", 1)] * 2
    assert {state for (state,) in desk.rows(reminders.c.state)} == {"sent"}
    for sent in desk.transport.sent:
        mail = email.message_from_bytes(sent.data, policy=policy.default)
        assert mail["Subject"].startswith("【临期1项】")
        for kind in ("plain", "html"):
            part = mail.get_body((kind,))
            assert part is not None
            assert "培训教师。" in part.get_content()
    fallen = [record for record in caplog.records if getattr(record, "action", "") == "template_fallback"]
    assert len(fallen) == 2
    assert all("subject.txt.j2:1: 'digest.titel' is undefined" in record.getMessage() for record in fallen)


def test_the_message_is_marked_until_templates_that_are_mended_make_it(desk: Desk) -> None:
    deferred = Result(state="deferred", scope="message", reply="451 later")
    desk.transport.answer = lambda mail: deferred if mail.address == "wang@example.org" else ACCEPTED
    opened(desk, SLIP).at(SLOT)
    marks = dict(desk.mails(messages.c.contact, messages.c.built_in))
    assert set(marks) == {"wang@example.org", "li@example.org"}
    assert all("subject.txt.j2:1: 'digest.titel' is undefined" in str(mark) for mark in marks.values())

    desk.transport.answer = lambda _mail: ACCEPTED
    (desk.folder / "own" / "subject.txt.j2").write_text("自定主题", "utf-8")
    desk.open(rows=(TEACHERS,), extra=OWN).at("2018-05-30T10:00")
    assert dict(desk.mails(messages.c.contact, messages.c.built_in)) == marks | {"wang@example.org": None}
    assert {state for (state,) in desk.mails(messages.c.state)} == {"accepted"}


def test_a_template_that_runs_away_holds_up_no_mail(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "RENDER_SECONDS", 0.3)
    opened(desk, RUNAWAY).at(SLOT)
    assert desk.mails(messages.c.state) == [("accepted",)] * 2


def test_ops_hear_of_it_in_status_and_preflight_until_a_reload(desk: Desk) -> None:
    opened(desk, SLIP)
    with desk.passes.engine.begin() as db:
        register_daemon(db, "host", 1, desk.clock(), config_hash="", preflight=0)
    assert not [
        item
        for item in desk.app.informed(desk.passes.engine).preflight(desk.clock())
        if item.kind == "template"
    ]
    desk.at(SLOT)
    outcome = desk.passes.send()  # still said in a pass that sends nothing
    assert outcome.fault is None
    assert outcome.template_fault is not None
    assert "built-in text" in outcome.template_fault

    def told() -> list[str]:
        items = desk.app.informed(desk.passes.engine).preflight(desk.clock())
        return [item.message for item in items if item.kind == "template"]

    [message] = told()
    assert message.startswith("2 mails went with the built-in text: ")
    assert "'digest.titel' is undefined" in message
    with desk.passes.engine.begin() as db:
        recorded = db.execute(select(events.c.detail).where(events.c.action == "template_fallback")).scalars()
        assert len(list(recorded)) == 2
        update_daemon(db, "host", 1, config_loaded=beijing("2018-05-30T10:00"))
    assert not told()


def test_a_broken_address_is_no_fault_of_the_templates(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.open(rows=(TEACHERS,))
    desk.clock.set(beijing(SLOT))
    desk.passes.plan(desk.clock())
    with desk.passes.engine.begin() as db:
        db.execute(
            messages.update().where(messages.c.contact == "wang@example.org").values(address="w\n@x.org")
        )
    caplog.set_level(logging.WARNING)
    desk.passes.send()
    assert dict(desk.mails(messages.c.contact, messages.c.state)) == {
        "wang@example.org": "queued",
        "li@example.org": "accepted",
    }
    assert "template_fallback" not in {getattr(record, "action", "") for record in caplog.records}


def test_a_rehearsal_goes_on_with_the_built_in_text(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    opened(desk, SLIP)
    found = rehearse(desk.app, beijing("2018-05-01T00:00"), beijing("2018-05-31T00:00"), Nowhere())
    assert found.digests == 2
    told = [getattr(record, "action", "") for record in caplog.records]
    assert told.count("template_fallback") == 2  # one that fails stands for no other


@pytest.mark.long
def test_templates_of_ops_are_proved_under_limits_before_they_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confined, "PROOF_SECONDS", 0.5)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "digest.txt.j2").write_text(
        RUNAWAY.partition("%}")[2].partition("{% endif")[0], "utf-8"
    )
    with pytest.raises(FaultsError, match=r"digest\.txt\.j2:1: Overrun|rendering needs more than"):
        build(office(tmp_path, extra=OWN))

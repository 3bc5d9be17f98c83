"""Offices that are renamed, merged and closed while a plan runs: mail follows the day, without any reload."""

from datetime import date

import pytest

from notifier.ledger.schema import messages, reminders
from notifier.mail.transport import Result
from notifier.passes.preflight import Item
from tests.desk import Desk
from tests.fakes import ACCEPTED
from tests.office import CONTACTS, beijing

SERVER_DOWN = Result(state="deferred", scope="server", reply="connection refused")
ROW = ("推进普及。", "省扶贫办", "持续实施")
OFFICES = (*CONTACTS, "省扶贫办,郑,old@example.org,primary", "省乡村振兴局,钱,new@example.org,primary")
RENAMED = '[aliases]\n"省扶贫办" = {{ to = "省乡村振兴局", from = {} }}\n'
CLOSED = '[aliases]\n"省扶贫办" = {{ until = {} }}\n'
REPORT = "report@2017-12-31"
LEAD = "report-5wd@2017-12-31"


def states(desk: Desk, checkpoint: str = REPORT) -> list[tuple[str, str]]:
    """Return (contact, state) of the reminders of a checkpoint."""
    return desk.rows(reminders.c.contact, reminders.c.state, checkpoint=checkpoint)


def asked(desk: Desk) -> list[Item]:
    return [item for item in desk.app.preflight(desk.clock()) if item.plan]


def test_the_old_office_is_written_to_before_the_day_and_the_successor_from_it_on(desk: Desk) -> None:
    desk.open(rows=(ROW,), contacts=OFFICES, extra=RENAMED.format("2017-12-29"))
    desk.at("2017-12-22T09:00")
    assert desk.sent_to() == {"old@example.org": 1}
    desk.at("2017-12-29T09:00")
    assert desk.sent_to() == {"old@example.org": 1, "new@example.org": 1}
    assert states(desk, LEAD) == [("old@example.org", "sent")]
    assert desk.rows(reminders.c.units, contact="new@example.org") == [(["省乡村振兴局"],)]


def test_what_waits_over_the_day_goes_to_the_successor_without_a_reload(desk: Desk) -> None:
    desk.open(rows=(ROW,), contacts=OFFICES, extra=RENAMED.format("2018-01-01"))
    desk.at("2017-12-29T20:00")  # unsent all day: it waits for 2018-01-02, 09:00
    assert states(desk) == [("old@example.org", "planned")]
    desk.at("2018-01-02T09:00")
    assert states(desk) == [("old@example.org", "withdrawn"), ("new@example.org", "sent")]
    assert "old@example.org" not in desk.sent_to()


def test_what_is_queued_over_the_day_goes_to_the_successor_even_if_the_send_pass_is_first(desk: Desk) -> None:
    desk.open(rows=(ROW,), contacts=OFFICES, extra=RENAMED.format("2018-01-01"))
    desk.transport.answer = lambda _mail: SERVER_DOWN
    desk.at("2017-12-29T09:00")
    assert desk.mails(messages.c.address, messages.c.state) == [("old@example.org", "queued")]
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.transport.sent.clear()
    desk.clock.set(beijing("2018-01-02T09:00"))
    desk.passes.send()
    assert not desk.transport.sent
    desk.at("2018-01-02T09:01").at("2018-01-03T09:00")
    assert desk.sent_to() == {"new@example.org": 1}


def test_a_closed_office_is_never_written_to_and_its_reminders_go_late_to_a_successor_named_later(
    desk: Desk,
) -> None:
    desk.open(rows=(ROW,), contacts=OFFICES, extra=CLOSED.format("2017-12-31"))
    desk.at("2017-12-29T20:00").at("2018-01-02T09:00")
    assert not desk.transport.sent
    assert states(desk) == [("old@example.org", "withdrawn"), ("unit:省扶贫办", "unreachable")]
    desk.clock.set(beijing("2018-01-05T12:00"))
    desk.open(rows=(ROW,), contacts=OFFICES, extra=RENAMED.format("2018-01-01")).at("2018-01-08T09:00")
    assert ("new@example.org", "sent") in states(desk)
    assert "old@example.org" not in desk.sent_to()


def test_an_unreachable_reminder_goes_to_the_successor_when_its_day_comes(desk: Desk) -> None:
    without_old = [line for line in OFFICES if "old@" not in line]
    desk.open(rows=(ROW,), contacts=without_old, extra=RENAMED.format("2018-01-03"))
    desk.at("2017-12-29T09:00").at("2018-01-02T09:00")
    assert states(desk) == [("unit:省扶贫办", "unreachable")]
    desk.at("2018-01-03T00:01").at("2018-01-03T09:00")
    assert states(desk) == [("unit:省扶贫办", "withdrawn"), ("new@example.org", "sent")]


def test_nothing_is_addressed_anew_on_a_day_like_the_one_before(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    desk.open(rows=(ROW,), contacts=OFFICES, extra=RENAMED.format("2018-01-03"))
    for moment in ("2017-12-22T09:00", "2018-01-02T09:00", "2018-01-03T09:00", "2018-01-04T09:00"):
        desk.at(moment)
    actions = [getattr(record, "action", "") for record in caplog.records]
    assert actions.count("readdressed") == 1


@pytest.mark.parametrize(
    ("now", "first"),
    [
        pytest.param("2017-10-09T09:00", date(2018, 3, 23), id="before: the first notice after the day"),
        pytest.param("2018-02-01T09:00", date(2018, 3, 23), id="after: the next notice"),
    ],
)
def test_preflight_names_an_office_closed_without_successor_with_the_first_date_that_it_hurts(
    desk: Desk, now: str, first: date
) -> None:
    desk.clock.set(beijing(now))
    desk.open(rows=(ROW, ROW), contacts=OFFICES, extra=CLOSED.format("2018-01-15"))
    (item,) = asked(desk)
    assert (item.kind, item.plan, item.tasks, item.first) == ("closed_unit", "plan", ("1", "2"), first)
    assert '"省扶贫办" = { to = "…", from = 2018-01-16 }' in item.hint


def test_an_office_that_closes_after_the_last_notice_is_no_matter(desk: Desk) -> None:
    over = ("完成。", "省扶贫办", "2017年10月底前完成")
    desk.open(rows=(over,), contacts=OFFICES, extra=CLOSED.format("2018-12-31"))
    assert asked(desk) == []
    desk.open(rows=(over,), contacts=OFFICES, extra=CLOSED.format("2017-10-15"))
    assert [item.kind for item in asked(desk)] == ["closed_unit"]


def test_preflight_needs_no_reload_to_see_a_day_come(desk: Desk) -> None:
    without_new = [line for line in OFFICES if "new@" not in line]
    desk.open(rows=(ROW,), contacts=without_new, extra=RENAMED.format("2018-01-01"))
    assert [(item.kind, "from 2018-01-01 on" in item.message) for item in asked(desk)] == [
        ("no_contact", True)
    ]
    desk.clock.set(beijing("2018-01-02T09:00"))
    assert [(item.kind, "from" in item.message) for item in asked(desk)] == [("no_contact", False)]

"""After hours, days and months of downtime: one digest a contact, each late line with the day it was meant for."""

import email
import re
from collections import Counter
from email import policy

import pytest

from notifier.digest.wording import day_text, weekday
from notifier.ledger.schema import reminders
from tests.desk import Desk
from tests.office import ALWAYS, TEACHERS, Row, beijing

PRIZES: Row = ("建立奖励制度。", "省教育厅", "2018年6月15日前")
WANG, LI = "wang@example.org", "li@example.org"
ON_TIME = ("2018-05-16T09:00", "2018-05-30T09:00")
JUNE = ("2018-06-08T09:00", "2018-06-12T10:00")


def opened(desk: Desk) -> Desk:
    desk.clock.set(beijing("2018-05-15T08:00"))
    return desk.open(rows=(TEACHERS, PRIZES, ALWAYS)).at("2018-05-15T09:00")


def text_of(desk: Desk, address: str, since: int) -> str:
    """Return the text of the one mail that an address got."""
    [data] = [sent.data for sent in desk.transport.sent[since:] if sent.address == address]
    part = email.message_from_bytes(data, policy=policy.default).get_body(("plain",))
    assert part is not None
    content: str = part.get_content()
    return content


@pytest.mark.parametrize(
    ("before", "back", "late"),
    [
        pytest.param((), "2018-05-16T15:30", {WANG: ["due-30d@2018-06-15"]}, id="hours"),
        pytest.param(ON_TIME, "2018-06-12T10:00", {WANG: ["due-7d@2018-06-15"]}, id="days"),
        pytest.param(ON_TIME, "2018-06-09T10:00", {}, id="days, back on a Saturday"),
        pytest.param(
            (*ON_TIME, *JUNE),
            "2018-09-20T10:00",
            {WANG: ["overdue-15@2018-06-30", "overdue-16@2018-06-15"], LI: ["overdue-15@2018-06-30"]},
            id="three months",
        ),
    ],
)
def test_each_late_line_says_when_it_should_have_come_and_going_back_doubles_nothing(
    desk: Desk, before: tuple[str, ...], back: str, late: dict[str, list[str]]
) -> None:
    opened(desk)
    for moment in before:
        desk.at(moment)
    stopped, sent_before = desk.clock(), len(desk.transport.sent)
    desk.at(back)
    assert Counter(sent.address for sent in desk.transport.sent[sent_before:]) == dict.fromkeys(late, 1)
    rows = desk.rows(reminders.c.contact, reminders.c.checkpoint, reminders.c.at, reminders.c.state)
    fresh = [row for row in rows if row[2] > stopped]
    for contact, checkpoints in late.items():
        meant = {checkpoint: at for who, checkpoint, at, state in fresh if (who, state) == (contact, "sent")}
        assert sorted(meant) == checkpoints
        days = [desk.app.setting.policy.local_day(at) for at in meant.values()]
        said = re.findall(
            r"补发：本提醒应于(.*?)发出，因当时未能发出，现予补发。", text_of(desk, contact, sent_before)
        )
        today = desk.app.setting.policy.local_day(desk.clock())
        assert Counter(said) == Counter(
            f"{day_text(day)}（{weekday(day)}）{'09:00' if day == today else ''}" for day in days
        )

    desk.clock.set(beijing("2018-05-15T09:30"))
    desk.passes.set_right(desk.clock(), stands=False)  # as a daemon does that sees its clock set back
    for moment in ("2018-05-15T10:00", "2018-05-16T09:00", back):
        desk.at(moment)
    told = Counter(desk.rows(reminders.c.task_id, reminders.c.checkpoint, reminders.c.contact, state="sent"))
    assert set(told.values()) <= {1}
    assert len(desk.transport.sent) == len({sent.message_id for sent in desk.transport.sent})
    assert Counter(sent.address for sent in desk.transport.sent[sent_before:]) == dict.fromkeys(late, 1)


def test_after_three_months_what_is_too_old_is_on_record_and_leads_are_folded(desk: Desk) -> None:
    opened(desk)
    for moment in (*ON_TIME, *JUNE):
        desk.at(moment)
    sent_before = len(desk.transport.sent)
    desk.at("2018-09-20T10:00")
    expired = desk.rows(reminders.c.checkpoint, reminders.c.reason, contact=WANG, state="expired")
    assert expired == [
        (f"{key}@2018-06-30", "older than the catch-up cap of 30 days") for key in ("report-5wd", "report")
    ]
    folded = dict(desk.rows(reminders.c.checkpoint, reminders.c.reason, contact=LI, state="superseded"))
    assert set(folded.values()) == {"folded into overdue-15@2018-06-30"}
    text = text_of(desk, LI, sent_before)
    assert (
        "此前的提醒（提前7天到期提醒、提前1天到期提醒、到期提醒、第1次至第14次逾期提醒）未单独发出，已并入本条"
        in text
    )

"""A clock that was ahead, or behind, and is put right: nothing is said twice, and nothing is lost."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from notifier.ledger import outbox
from notifier.ledger.schema import events, messages, reminders, tasks
from notifier.mail.transport import Result
from notifier.passes import notices, suspending
from tests.desk import Desk
from tests.fakes import ACCEPTED
from tests.office import CONFIG, TEACHERS, Row, beijing

KEY = (tasks.c.ref, reminders.c.checkpoint, reminders.c.contact)
WORK: Row = ("推进工作。", "财政厅", "持续实施")
ROWS = (TEACHERS, WORK)


def days(first: str, last: str) -> Iterator[str]:
    """Yield the nine o'clock of each day."""
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        yield f"{day}T09:00"
        day += timedelta(days=1)


def live(desk: Desk, first: str, last: str) -> None:
    """Run the passes each day, as a daemon does whose clock stands."""
    for moment in days(first, last):
        desk.clock.set(beijing(moment))
        desk.passes.set_right(desk.clock(), stands=True)
        desk.at(moment)


def told(desk: Desk) -> Counter[tuple[str, ...]]:
    """Return what each contact was told of, with how often."""
    return Counter(desk.rows(*KEY, state="sent"))


def states(desk: Desk) -> dict[tuple[str, ...], str]:
    """Return what became of what has fallen due by now."""
    rows = desk.rows(*KEY, reminders.c.state, reminders.c.at)
    return {tuple(key): state for *key, state, at in rows if at <= desk.clock()}


def opened(desk: Desk) -> Desk:
    """Open the office in May 2018."""
    desk.clock.set(beijing("2018-05-25T08:00"))
    return desk.open(rows=ROWS)


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Desk]:
    """The same office with a clock that was never wrong, at the end of July 2018."""
    folder = tmp_path / "control"
    folder.mkdir()
    made = opened(Desk(folder))
    live(made, "2018-05-25", "2018-07-20")
    yield made
    for engine in made.engines:
        engine.dispose()


@pytest.mark.parametrize(
    "wrong",
    [
        "2018-07-02T10:00",
        pytest.param("2018-07-02T20:00", marks=pytest.mark.long),
        pytest.param("2019-12-02T10:00", marks=pytest.mark.long),
        "2033-01-05T10:00",
    ],
)
def test_what_a_clock_ahead_planned_is_told_in_its_time_once_it_is_set_back(
    desk: Desk, control: Desk, wrong: str
) -> None:
    opened(desk).at("2018-05-25T10:00").at(wrong)
    early = told(desk)
    live(desk, "2018-05-26", "2018-07-20")
    both = told(desk)
    assert set(both.values()) == {1}
    assert set(told(control)) <= set(both)
    assert not early - both
    assert set(both) - set(told(control)) <= set(early)
    assert states(desk).items() - {(key, "sent") for key in early} <= states(control).items()
    assert desk.mails(messages.c.state).count(("queued",)) == 0


def test_a_task_that_a_clock_ahead_imported_is_told_of_from_the_true_day_on(desk: Desk) -> None:
    desk.clock.set(beijing("2019-12-02T10:00"))
    desk.open(rows=ROWS)
    assert desk.rows(*KEY) == []
    live(desk, "2018-06-20", "2018-07-02")
    checkpoints = {checkpoint for _, checkpoint, _ in told(desk)}
    assert checkpoints == {"due-7d@2018-06-30", "due-1d@2018-06-30", "report-5wd@2018-06-30"} | {
        key for key in checkpoints if key.startswith(("due@", "report@", "overdue-"))
    }
    assert "due@2018-06-30" in checkpoints


def test_a_clock_of_the_past_that_stands_loses_and_doubles_nothing(desk: Desk, control: Desk) -> None:
    opened(desk)
    live(desk, "2018-05-25", "2018-06-25")
    live(desk, "2018-01-01", "2018-01-03")
    live(desk, "2018-06-26", "2018-07-20")
    assert told(desk) == told(control)


def test_more_than_a_day_waits_until_the_clock_stands(desk: Desk) -> None:
    desk.open(rows=ROWS).at("2018-05-25T10:00").at("2019-12-02T10:00")
    before = desk.rows(*KEY, reminders.c.state)
    desk.clock.set(beijing("2018-05-25T10:10"))
    desk.passes.set_right(desk.clock(), stands=False)
    assert desk.rows(*KEY, reminders.c.state) == before
    desk.passes.set_right(desk.clock(), stands=True)
    assert desk.rows(*KEY, reminders.c.state) != before
    with desk.passes.engine.begin() as db:
        said = db.execute(select(events.c.detail).where(events.c.action == "clock_set_back")).scalars().all()
    assert len(said) == 1
    assert said[0].startswith("2 tasks and 0 mails were ahead by up to 55")


def test_nothing_is_touched_while_the_clock_is_right(desk: Desk) -> None:
    desk.open(rows=ROWS).at("2018-06-29T09:00")
    before = desk.rows(*KEY, reminders.c.state), desk.mails(messages.c.id, messages.c.not_before)
    for stands in (True, False):
        desk.passes.set_right(desk.clock(), stands=stands)
    assert (desk.rows(*KEY, reminders.c.state), desk.mails(messages.c.id, messages.c.not_before)) == before


@pytest.mark.parametrize(
    ("wrong", "right", "goes"),
    [
        ("2018-06-29T15:00", "2018-06-29T10:00", "2018-06-29T10:00"),
        ("2018-06-29T22:00", "2018-06-29T20:00", "2018-07-02T09:00"),
        ("2019-06-28T15:00", "2018-06-29T10:00", "2018-06-29T10:00"),
    ],
    ids=["by hours", "in the night", "by a year"],
)
def test_a_mail_put_off_by_a_clock_ahead_goes_when_it_is_due(
    desk: Desk, wrong: str, right: str, goes: str
) -> None:
    answers = [Result(state="deferred", scope="recipient", reply="451 later")]
    desk.transport.answer = lambda _mail: answers[0]
    desk.open(rows=[TEACHERS])
    desk.at("2018-06-29T09:00")
    contacts = len(desk.mails(messages.c.id))
    assert contacts
    for _ in range(3):
        with desk.passes.engine.begin() as db:
            db.execute(messages.update().values(not_before=beijing("2018-06-29T09:00")))
        desk.clock.set(beijing(wrong))
        desk.passes.send()
    answers[0] = ACCEPTED
    desk.clock.set(beijing(right))
    desk.passes.set_right(desk.clock(), stands=True)
    if goes != right:
        desk.passes.send()
        assert not desk.sent_to()
    desk.at(goes)
    assert desk.sent_to() == Counter(dict.fromkeys(desk.sent_to(), 1))
    assert len(desk.sent_to()) == contacts


@pytest.mark.ledgers("sqlite", "postgresql")
def test_a_lease_of_a_clock_ahead_ends_in_time(desk: Desk) -> None:
    desk.open(rows=[TEACHERS])
    desk.clock.set(beijing("2018-06-29T09:00"))
    desk.passes.plan(desk.clock())
    wrong = beijing("2019-06-28T09:00")
    with desk.passes.engine.begin() as db:
        claimed = outbox.claim(db, "somebody", wrong, 100)
    assert claimed
    desk.passes.set_right(desk.clock(), stands=True)
    desk.passes.send()
    assert not desk.sent_to()
    desk.clock.advance(outbox.LEASE)
    desk.passes.send()
    assert desk.sent_to() == Counter(dict.fromkeys((mail.address for mail in claimed), 1))


def test_mail_of_a_day_to_come_leaves_room_under_the_daily_cap(desk: Desk) -> None:
    desk.open(rows=ROWS, config=CONFIG + '\n[delivery]\nmode = "maildir"\ndaily_cap = 1\n')
    desk.at("2019-06-28T10:00")
    gone = len(desk.transport.sent)
    assert gone == 1
    desk.clock.set(beijing("2018-06-29T10:00"))
    desk.passes.set_right(desk.clock(), stands=True)
    desk.at("2018-07-02T09:00")
    assert len(desk.transport.sent) == gone + 1


def test_a_mail_that_may_have_gone_keeps_its_bytes(desk: Desk) -> None:
    desk.transport.answer = lambda _mail: Result(state="uncertain", scope="message", reply="DATA: lost")
    desk.open(rows=[WORK]).at("2019-06-28T10:00")
    before = desk.mails(messages.c.id, messages.c.message_id, messages.c.body_sha256)
    assert len(before) == 1
    desk.clock.set(beijing("2018-06-29T10:00"))
    desk.passes.set_right(desk.clock(), stands=True)
    assert desk.mails(messages.c.id, messages.c.message_id, messages.c.body_sha256) == before
    moments: list[datetime] = [moment for (moment,) in desk.mails(messages.c.not_before)]
    assert set(moments) == {desk.clock()}


def test_a_host_a_little_behind_takes_back_nothing_that_another_has_planned_for_a_slot(desk: Desk) -> None:
    slot = beijing("2018-06-29T09:00")
    opened(desk).clock.set(slot)
    desk.passes.plan(slot)
    planned = desk.mails(messages.c.contact)
    desk.clock.set(slot - timedelta(seconds=3))
    desk.passes.set_right(desk.clock(), stands=True)
    desk.passes.plan(desk.clock())
    assert desk.mails(messages.c.contact) == planned
    desk.clock.set(slot + timedelta(seconds=2))
    desk.passes.set_right(desk.clock(), stands=True)
    desk.passes.plan(desk.clock())
    desk.passes.send()
    assert desk.mails(messages.c.contact, messages.c.state) == [(who, "accepted") for (who,) in planned]
    assert len(planned) == len(desk.mails(messages.c.slot)) > 0


def test_what_passed_while_a_task_was_suspended_is_not_made_up_for_by_a_clock_set_back(desk: Desk) -> None:
    desk.clock.set(beijing("2018-05-25T08:00"))
    desk.open(rows=(TEACHERS,))
    now = beijing("2018-06-20T10:00")
    suspending.suspend(desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops")
    desk.clock.set(now)
    suspending.resume(desk.passes.engine, "1", desk.app.setting, now, by="ops")
    desk.at("2018-06-22T09:10")  # of the 20th, by a clock that is ahead
    assert told(desk).total() == 2
    desk.clock.set(now + timedelta(minutes=1))
    desk.passes.set_right(desk.clock(), stands=True)
    desk.at("2018-06-20T10:01").at("2018-06-21T09:00")
    assert set(desk.rows(reminders.c.state, reminders.c.reason, checkpoint="due-30d@2018-06-30")) == {
        ("expired", notices.PASSED)
    }
    assert told(desk).total() == 2

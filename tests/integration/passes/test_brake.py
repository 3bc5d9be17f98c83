"""The hold and the daily cap: what is due and may not go waits, is told of, and loses nothing."""

from datetime import timedelta

from notifier.ledger.schema import messages, reminders
from notifier.mail.transport import Outgoing, Result
from tests.desk import Desk
from tests.fakes import ACCEPTED
from tests.office import ALWAYS, TEACHERS, beijing

SLOT = "2018-06-29T09:00"  # a deadline and a quarterly report: four mails
ROWS = (TEACHERS, ALWAYS)
SILENCE = Result(state="uncertain", scope="message", reply="connection lost after DATA")


def delivery(text: str) -> str:
    return f"[delivery]\n{text}\n"


def test_a_hold_plans_and_bundles_and_sends_nothing(desk: Desk) -> None:
    desk.open(rows=ROWS, extra=delivery("hold = true")).at(SLOT)
    assert not desk.transport.sent
    assert desk.mails(messages.c.state, messages.c.attempts) == [("queued", 0)] * 4
    outcome = desk.passes.send()
    assert outcome.fault == "delivery.hold: nothing is sent, 4 mails wait"
    assert outcome.next_at is None  # no moment ends it, and none in the past may be asked for again and again


def test_a_hold_is_told_of_before_any_mail_is_due(desk: Desk) -> None:
    desk.open(rows=ROWS, extra=delivery("hold = true"))
    assert desk.passes.send().fault == "delivery.hold: nothing is sent, 0 mails wait"


def test_what_was_held_goes_once_when_let_go_however_long_it_lasted(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), extra=delivery("hold = true"))
    for day in range(40):  # the notices of 30, 7 and 1 days before, the due day, and what is overdue
        desk.clock.set(beijing("2018-05-30T09:00") + timedelta(days=day))
        desk.passes.plan(desk.clock())
        desk.passes.send()
    assert not desk.transport.sent
    desk.open(rows=(TEACHERS,)).at("2018-07-09T09:05").at("2018-07-09T09:06")
    assert set(desk.sent_to()) == {"wang@example.org", "li@example.org"}
    states = {state for (state,) in desk.rows(reminders.c.state)}
    assert states == {"sent", "superseded"}
    assert {state for (state,) in desk.mails(messages.c.state)} == {"accepted", "dropped"}


def test_what_is_over_the_cap_goes_on_the_next_working_days_each_once(desk: Desk) -> None:
    desk.open(rows=ROWS, extra=delivery("daily_cap = 3")).at(SLOT)  # a Friday
    assert len(desk.transport.sent) == 3
    outcome = desk.passes.send()
    assert outcome.fault == "delivery.daily_cap: 3 went on 2018-06-29, 1 mail waits for the next day"
    assert outcome.next_at == beijing("2018-06-30T00:00")
    desk.at("2018-06-29T17:00").at("2018-06-30T00:00").at("2018-06-30T09:00").at("2018-07-01T12:00")
    assert len(desk.transport.sent) == 3
    assert desk.passes.send().fault is None  # no longer the cap, but the days off
    desk.at("2018-07-02T09:00")  # with the first overdue notice of the deadline's two contacts
    assert desk.sent_to()["zhang@example.org"] == desk.sent_to()["zhao@example.org"] == 1
    assert desk.rows(reminders.c.state, contact="zhao@example.org", state="planned") == []


def test_mail_within_the_cap_is_no_fault(desk: Desk) -> None:
    desk.open(rows=ROWS, extra=delivery("daily_cap = 4")).at(SLOT)
    assert len(desk.transport.sent) == 4
    assert desk.passes.send().fault is None


def test_a_cap_of_nothing_is_no_cap(desk: Desk) -> None:
    desk.open(rows=ROWS, extra=delivery("daily_cap = 0")).at(SLOT)
    assert len(desk.transport.sent) == 4


def test_what_the_server_refuses_or_puts_off_takes_no_room(desk: Desk) -> None:
    answers = iter(
        [
            Result(state="refused", scope="recipient", reply="550 no such user"),
            Result(state="deferred", scope="message", reply="451 later"),
            ACCEPTED,
            ACCEPTED,
        ]
    )

    def answer(_mail: Outgoing) -> Result:
        return next(answers)

    desk.open(rows=ROWS, extra=delivery("daily_cap = 2"))
    desk.transport.answer = answer
    desk.at(SLOT)
    assert sorted(state for (state,) in desk.mails(messages.c.state)) == [
        "accepted",
        "accepted",
        "queued",
        "refused",
    ]


def test_a_mail_that_may_have_arrived_takes_room(desk: Desk) -> None:
    desk.open(rows=ROWS, extra=delivery("daily_cap = 2"))
    desk.transport.answer = lambda _mail: SILENCE
    desk.at(SLOT)
    desk.at("2018-06-29T09:10")
    assert len(desk.transport.sent) == 2
    outcome = desk.passes.send()
    assert outcome.fault == "delivery.daily_cap: 2 went on 2018-06-29, 4 mails wait for the next day"


def test_a_restart_forgets_nothing_of_what_went_today(desk: Desk) -> None:
    desk.open(rows=ROWS, extra=delivery("daily_cap = 3")).at(SLOT)
    desk.open(rows=ROWS, extra=delivery("daily_cap = 3")).at("2018-06-29T10:00")
    assert len(desk.transport.sent) == 3


def test_a_pass_over_its_time_still_tries_one_mail_and_leaves_the_rest_as_it_was(desk: Desk) -> None:
    desk.open(rows=ROWS)
    desk.clock.set(beijing(SLOT))
    desk.passes.plan(desk.clock())
    assert desk.passes.sender.send(budget=timedelta(0)).tried == 1
    assert sorted(desk.mails(messages.c.state, messages.c.attempts)) == [
        ("accepted", 1),
        *[("queued", 0)] * 3,
    ]

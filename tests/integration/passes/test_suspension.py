"""An address that is refused again and again rests, is named, and is tried again; nobody is left out in silence."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from notifier.ledger.schema import events, messages, refusals, reminders
from notifier.mail.transport import Outgoing, Result
from notifier.passes.suspension import suspensions
from tests.desk import Desk
from tests.fakes import ACCEPTED
from tests.office import ALWAYS, TEACHERS, beijing

WANG, LI = "wang@example.org", "li@example.org"
GONE = Result(state="refused", scope="recipient", reply="550 no such mailbox")
SPAM = Result(state="refused", scope="message", reply="554 looks like spam")
# Overdue notices on each of the first working days after Friday, 2018-06-29: one digest a day.
DAYS = ("2018-07-02", "2018-07-03", "2018-07-04", "2018-07-05", "2018-07-06", "2018-07-09")


def answer(result: Result, address: str = WANG) -> Callable[[Outgoing], Result]:
    return lambda mail: result if mail.address == address else ACCEPTED


class Tries:
    """Counts the tries at an address, which the transport's own list leaves out when the recipient is refused."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.number = 0

    def __call__(self, mail: Outgoing) -> Result:
        if mail.address != WANG:
            return ACCEPTED
        self.number += 1
        return self.result


def at_nine(desk: Desk, *days: str) -> None:
    for day in days:
        desk.at(f"{day}T09:00")


def of_wang(desk: Desk) -> list[tuple[str, str]]:
    found = desk.mails(messages.c.contact, messages.c.state, messages.c.reply)
    return [(state, reply) for contact, state, reply in found if contact == WANG]


def events_of(desk: Desk, action: str) -> list[str]:
    with desk.passes.engine.begin() as db:
        return list(db.execute(select(events.c.detail).where(events.c.action == action)).scalars())


def test_the_third_digest_in_a_row_is_not_tried_and_is_on_record_as_refused(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = tries = Tries(GONE)
    at_nine(desk, *DAYS[:3])
    assert tries.number == 2
    assert of_wang(desk)[:2] == [("refused", GONE.reply)] * 2
    [_, _, (state, reply)] = of_wang(desk)
    assert state == "refused"
    assert reply == (
        "not tried: 550 no such mailbox (2 mails refused in a row since 2018-07-02: suspended, "
        "a mail from 2018-07-06 on is tried again)"
    )
    unsent = desk.rows(reminders.c.state, reminders.c.reason, contact=WANG, kind="overdue")
    assert unsent[-1] == ("failed", reply)
    # Li of the same task hears of it each day.
    assert desk.sent_to()[LI] == 3
    assert events_of(desk, "suspended") == [f"{WANG}: {GONE.reply}"]
    assert f"{WANG} was refused 2 times in a row and is suspended" in caplog.text


def test_a_rest_ends_with_one_try_and_goes_on_if_that_is_refused(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = tries = Tries(GONE)
    at_nine(desk, *DAYS)  # tried on the 2nd, the 3rd, and three days later, on the 6th
    assert tries.number == 3
    with desk.passes.engine.begin() as db:
        assert suspensions(db)[WANG].mails == 3
        assert suspensions(db)[WANG].until == beijing("2018-07-09T09:00")


def test_a_mended_mailbox_hears_again_after_its_rest_without_anybody_doing_anything(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = answer(GONE)
    at_nine(desk, *DAYS[:3])
    desk.transport.answer = lambda _mail: ACCEPTED
    at_nine(desk, *DAYS[3:])
    assert [state for state, _ in of_wang(desk)] == ["refused"] * 4 + ["accepted"]
    with desk.passes.engine.begin() as db:
        assert suspensions(db) == {}


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([GONE, ACCEPTED, GONE], id="accepted between"),
        pytest.param([SPAM, SPAM, SPAM], id="refused for what they say"),
    ],
)
def test_what_is_not_twice_in_a_row_for_the_address_suspends_nobody(
    desk: Desk, answers: list[Result]
) -> None:
    desk.open(rows=(TEACHERS,))
    for day, result in zip(DAYS, answers, strict=False):
        desk.transport.answer = tries = Tries(result)
        at_nine(desk, day)
        assert tries.number == 1


def test_a_redirection_that_is_refused_says_nothing_of_the_contacts(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), extra='[delivery]\nmode = "redirect"\nredirect_to = "ops@example.org"\n')
    desk.transport.answer = lambda _mail: GONE
    at_nine(desk, *DAYS[:3])
    with desk.passes.engine.begin() as db:
        assert db.execute(select(refusals)).all() == []


def test_a_mail_that_may_have_arrived_is_tried_again_though_its_address_rests(desk: Desk) -> None:
    silence = Result(state="uncertain", scope="message", reply="connection lost after DATA")
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = answer(GONE)
    at_nine(desk, DAYS[0])
    desk.transport.answer = answer(silence)
    at_nine(desk, DAYS[1])
    with desk.passes.engine.begin() as db:
        db.execute(refusals.update().values(in_a_row=2, last=desk.clock()))
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.at(f"{DAYS[1]}T09:05")
    assert [state for state, _ in of_wang(desk)] == ["refused", "accepted"]


def test_another_address_of_the_same_person_is_tried_at_once(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = answer(GONE)
    at_nine(desk, *DAYS[:2])
    desk.open(
        rows=(TEACHERS,),
        contacts=("省教育厅,王一,wang2@example.org,primary", "省财政厅,李二,li@example.org,primary"),
    )
    at_nine(desk, DAYS[2])
    assert desk.sent_to()["wang2@example.org"] == 1


def test_what_is_no_longer_owed_is_withdrawn_and_not_refused(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = answer(GONE)
    at_nine(desk, *DAYS[:2])
    desk.clock.set(beijing(f"{DAYS[2]}T09:00"))
    desk.passes.plan(desk.clock())
    desk.open(rows=(("另一件事。", "省人社厅", "持续实施"),))
    desk.passes.send()
    assert [state for state, _ in of_wang(desk)][2:] in (["dropped"], [])


def test_preflight_names_the_suspended_address_and_what_ends_it(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, ALWAYS))
    desk.transport.answer = answer(GONE)
    at_nine(desk, *DAYS[:3])
    items = desk.app.informed(desk.passes.engine).preflight(beijing("2018-07-04T12:00"))
    [item] = [item for item in items if item.kind == "refused"]
    assert item.message == (
        f"the mail server refuses {WANG} (王一): 550 no such mailbox (2 mails refused in a row since "
        "2018-07-02: suspended, a mail from 2018-07-06 on is tried again)"
    )
    assert item.hint.endswith(f"notifier retry {WANG}")

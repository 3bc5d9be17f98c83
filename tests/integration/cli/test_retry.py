"""`retry`: failed and refused mail, listed and tried again."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from notifier.clock import utc_now
from notifier.ledger.schema import events, messages
from tests.desk import Desk
from tests.integration.cli.conftest import Type
from tests.integration.passes.test_send import NO_SUCH_BOX, SLOT, only
from tests.office import TEACHERS

WANG = "wang@example.org"


@pytest.fixture
def refused(empty: Path) -> Desk:
    """An office whose mail to wang was refused; the command's own clock is years later, so it has to be named."""
    desk = Desk(empty).open(rows=(TEACHERS,))
    desk.transport.answer = only(WANG, NO_SUCH_BOX)
    desk.at(SLOT)
    desk.engines[0].dispose()
    return desk


def test_without_arguments_it_lists_what_could_be_tried_again(refused: Desk, ops: Type) -> None:
    [found] = ops("retry", "--json").json
    [message_id] = [
        name for to, name in refused.mails(messages.c.contact, messages.c.message_id) if to == WANG
    ]
    assert found | {"ended": None} == {
        "message": found["message"],
        "message_id": message_id,
        "address": WANG,
        "name": "王一",
        "slot": "2018-05-30T09:00:00+08:00",
        "ended": None,
        "state": "refused",
        "uncertain": False,
        "lines": 1,
        "reply": "550 no such mailbox",
        "only_if_named": "it is older than the catch-up cap of 30 days",
    }
    shown = ops("retry").out
    assert f"2018-05-30 09:00  {WANG} (王一), 1 line, refused: 550 no such mailbox" in shown
    assert "only if named: it is older" in shown


def test_a_message_named_is_queued_and_the_deed_is_on_record(refused: Desk, ops: Type) -> None:
    [found] = ops("retry", "--json").json
    before = utc_now()
    typed = ops("retry", str(found["message"]))
    assert (typed.code, typed.out) == (
        0,
        f"{found['message']}: 1 line to {WANG}, queued again\n{WANG}: its refusals are forgotten\n",
    )
    rows = {to: rest for to, *rest in refused.mails(messages.c.contact, messages.c.state, messages.c.retried)}
    state, retried = rows[WANG]
    assert state == "queued"
    assert before <= retried <= utc_now()
    with refused.passes.engine.begin() as db:
        assert db.execute(select(events.c.id).where(events.c.action == "retried")).first() is not None
    refused.passes.engine.dispose()
    assert ops("retry").out == "no mail failed or was refused\n"
    assert json.loads(ops("retry", "--all", "--json").out) == {"queued": [], "left": [], "released": []}


def test_all_leaves_and_names_what_must_be_named(refused: Desk, ops: Type) -> None:
    [found] = ops("retry", "--json").json
    assert ops("retry", "--all").out == (
        f"{found['message']}: left as it is, name it to try it again: it is older than the catch-up cap of 30 days\n"
    )
    assert ops("retry", "--all", "--json").json == {"queued": [], "left": [found], "released": []}
    assert dict(refused.mails(messages.c.contact, messages.c.state))[WANG] == "refused"
    refused.passes.engine.dispose()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("1", "--all"), "name messages, or give --all, not both"),
        (("77", "x@y.cn"), "77: no message"),
    ],
)
@pytest.mark.usefixtures("refused")
def test_bad_usage_does_nothing(ops: Type, words: tuple[str, ...], told: str) -> None:
    found = ops("retry", *words)
    assert (found.code, found.out) == (2, "")
    assert told in found.err


@pytest.mark.usefixtures("desk")
def test_without_a_ledger_it_says_so(ops: Type) -> None:
    found = ops("retry")
    assert found.code == 1
    assert "there is no ledger yet" in found.err

"""Mail that is too big, for a real server or for us: a short list goes instead, and nothing is silent about it."""

import itertools
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from notifier.ledger.schema import events, messages, reminders
from notifier.mail.compose import html_part
from notifier.mail.session import Server
from notifier.mail.smtp import SmtpTransport
from notifier.mail.transport import Outgoing, Result
from tests.desk import Desk
from tests.fakes import RecordingTransport
from tests.office import beijing
from tests.talker import Talker

SLOT = "2018-05-30T09:00"
WANG = ("省教育厅,王一,wang@example.org,primary",)
SILENCE = Result(state="uncertain", scope="message", reply="connection lost after DATA")


def server(port: int) -> SmtpTransport:
    return SmtpTransport(Server(host="localhost", port=port, tls="none", hello="test", connections=1))


def mail(number: int, octets: int) -> Outgoing:
    data = b"Subject: x\r\n\r\n"
    return Outgoing(
        id=number,
        address=f"z{number}@example.org",
        sender="o@example.org",
        data=data + b"x" * (octets - len(data) - 2) + b"\r\n",
        message_id=f"<{number}@example.org>",
    )


def delivered(port: int, *mails: Outgoing) -> tuple[dict[int, Result], Result | None]:
    results: dict[int, Result] = {}
    fault = server(port).deliver(
        mails,
        begin=lambda _mail: None,
        record=lambda mail, result: results.update({mail.id: result}),
        stop=lambda: False,
    )
    return results, fault


# What the transport says and hears


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        pytest.param(("SIZE 10240000",), " SIZE=500", id="with a limit"),
        pytest.param(("SIZE",), " SIZE=500", id="without one"),
        pytest.param(("SIZE 0", "DSN"), " SIZE=500 RET=HDRS ENVID=1", id="without one, and DSN"),
        pytest.param(("8BITMIME",), "", id="not offered"),
    ],
)
def test_the_size_is_declared_where_it_is_asked_for(
    host: Any, extensions: tuple[str, ...], expected: str
) -> None:
    talker = Talker(extensions)
    results, fault = delivered(host.talk(talker.talk), mail(1, 500))
    assert (results[1].state, fault) == ("accepted", None)
    assert talker.said("MAIL") == [f"MAIL FROM:<o@example.org>{expected}"]
    assert [len(text) for text in talker.got] == [500]


@pytest.mark.parametrize(
    "reply",
    [
        "552 5.3.4 Message size exceeds fixed limit",
        "552 Error: message size exceeds fixed maximum message size",
        "552 Message is too large",
        "554 5.2.3 Over the limit of your administrator",
    ],
)
def test_a_mail_too_big_at_mail_is_that_mails_and_the_next_goes(host: Any, reply: str) -> None:
    talker = Talker(("SIZE",), {"SIZE=9000": reply})
    results, fault = delivered(host.talk(talker.talk), mail(1, 9000), mail(2, 500))
    assert fault is None
    assert results[1] == Result(state="refused", scope="message", reply=reply, at_most=4500)
    assert results[2].state == "accepted"


@pytest.mark.parametrize(
    ("extensions", "reply"),
    [
        pytest.param(("SIZE",), "552 Daily sending quota exceeded", id="a quota"),
        pytest.param(("SIZE",), "552 5.2.2 Mailbox full", id="the sender's mailbox"),
        pytest.param(("8BITMIME",), "552 Message size exceeds fixed limit", id="no size was declared"),
        pytest.param(("SIZE",), "452 4.3.1 Insufficient system storage", id="its disk"),
        pytest.param(("SIZE",), "550 5.7.1 Not from here", id="something else"),
    ],
)
def test_what_else_is_refused_at_mail_is_the_servers(
    host: Any, extensions: tuple[str, ...], reply: str
) -> None:
    talker = Talker(extensions, {"MAIL": reply})
    results, fault = delivered(host.talk(talker.talk), mail(1, 9000), mail(2, 500))
    assert fault is not None
    assert (fault.scope, fault.reply) == ("server", f"MAIL: {reply}")
    assert results == {}


@pytest.mark.parametrize("verb", ["RCPT", "text"])
def test_a_mail_found_too_big_later_says_so_too(host: Any, verb: str) -> None:
    talker = Talker((), {verb: "552 5.2.3 Message length exceeds limit"})
    results, _ = delivered(host.talk(talker.talk), mail(1, 40_000))
    assert (results[1].state, results[1].at_most) == ("refused", 20_000)


# What becomes of the message


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    rows = [(f"培训教师，第{number}批，" * 30, "省教育厅", "2018年6月底前完成") for number in range(1, 61)]
    desk = Desk(tmp_path).open(rows=rows, contacts=WANG)
    yield desk
    for engine in desk.engines:
        engine.dispose()


def text_of(data: bytes) -> str:
    return b64decode(data.partition(b"\r\n\r\n")[2]).decode()


def shortenings(desk: Desk) -> list[str]:
    with desk.passes.engine.begin() as db:
        query = select(events.c.detail).where(events.c.action == "shortened").order_by(events.c.id)
        return list(db.execute(query).scalars())


def states(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.mails(messages.c.state, messages.c.at_most, messages.c.uncertain)


def test_a_digest_over_the_servers_size_goes_at_once_as_a_list_of_its_tasks(
    desk: Desk, host: Any, mailbox: Any, caplog: pytest.LogCaptureFixture
) -> None:
    desk.passes.sender.transport = server(host.mailbox(mailbox, data_size_limit=20_000))
    desk.at(SLOT)
    [(to, data)] = mailbox.got
    assert to == "wang@example.org"
    assert len(data) <= 20_000
    assert set(re.findall(r"^第(\d+)项", text_of(data), re.MULTILINE)) == {str(n) for n in range(1, 61)}
    assert "现改发简要清单" in text_of(data)
    assert states(desk) == [("accepted", 20_000, False)]
    [(message_id,)] = desk.mails(messages.c.message_id)
    assert f"Message-ID: {message_id}".encode() in data
    assert {state for (state,) in desk.rows(reminders.c.state)} >= {"sent"}
    assert desk.rows(reminders.c.state, state="planned") == []
    [told] = shortenings(desk)
    assert re.fullmatch(r"message 1 to wang@example\.org: 552 \d+ octets, the server takes 20000", told)
    assert "goes shortened" in caplog.text


def test_a_server_that_does_not_say_what_it_takes_is_offered_less_and_less(desk: Desk, host: Any) -> None:
    talker = Talker(("SIZE",), {"SIZE=": "552 Message size exceeds fixed limit"})
    desk.passes.sender.transport = server(host.talk(talker.talk))
    desk.at(SLOT)
    offered = [int(line.rpartition("=")[2]) for line in talker.said("MAIL")]
    assert len(offered) >= 2
    assert all(later <= earlier / 2 for earlier, later in itertools.pairwise(offered))
    [(state, reply)] = desk.mails(messages.c.state, messages.c.reply)
    assert state == "failed"
    assert reply.startswith("too big: ")
    assert set(desk.rows(reminders.c.state, reminders.c.reason, contact="wang@example.org")) == {
        ("failed", reply)
    }


def test_a_server_without_room_for_one_task_fails_the_mail_with_the_reason(
    desk: Desk, host: Any, mailbox: Any
) -> None:
    desk.passes.sender.transport = server(host.mailbox(mailbox, data_size_limit=1_000))
    desk.at(SLOT)
    assert mailbox.got == []
    [(state, reply)] = desk.mails(messages.c.state, messages.c.reply)
    assert state == "failed"
    assert "no room for even one task" in reply
    assert desk.rows(reminders.c.state, state="planned") == []


def test_a_digest_over_our_own_cap_is_shortened_before_any_server_hears_of_it(tmp_path: Path) -> None:
    rows = [("培训教师。" * 60, "省教育厅", "2018年6月底前完成") for _ in range(500)]
    desk = Desk(tmp_path).open(rows=rows, contacts=WANG).at(SLOT)
    [mail] = desk.transport.sent
    text = html_part(mail.data).decode()
    assert len(set(re.findall(r"第(\d+)项", text))) == 500
    assert "现改发简要清单" not in text
    assert states(desk) == [("accepted", 1_000_000, False)]
    [told] = shortenings(desk)
    assert "more than" in told
    desk.engines[0].dispose()


def test_a_mail_that_may_have_arrived_whole_is_not_shortened(desk: Desk, host: Any, mailbox: Any) -> None:
    desk.passes.sender.transport = RecordingTransport(lambda _mail: SILENCE)
    desk.at(SLOT)
    [(hash_of_whole,)] = desk.mails(messages.c.body_sha256)
    desk.passes.sender.transport = server(host.mailbox(mailbox, data_size_limit=20_000))
    desk.at("2018-05-30T09:05")
    assert mailbox.got == []
    assert states(desk) == [("refused", None, True)]
    assert desk.mails(messages.c.body_sha256) == [(hash_of_whole,)]
    assert shortenings(desk) == []


def test_a_shortened_mail_without_an_answer_is_sent_again_with_the_same_bytes(
    desk: Desk, host: Any, mailbox: Any
) -> None:
    mailbox.drops.add("wang@example.org")
    desk.passes.sender.transport = server(host.mailbox(mailbox, data_size_limit=20_000))
    desk.at(SLOT)
    mailbox.drops.clear()
    desk.clock.set(beijing("2018-05-30T09:05"))
    desk.passes.send()
    [(_, first), (_, second)] = mailbox.got
    assert first == second
    assert states(desk) == [("accepted", 20_000, True)]

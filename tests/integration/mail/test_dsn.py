"""Delivery status notifications: asked for where the server offers them, left out where it doesn't."""

from typing import Any

import pytest

from notifier.mail.dsn import envelope_id, mail_options, rcpt_options, xtext
from notifier.mail.session import Server
from notifier.mail.smtp import SmtpTransport
from notifier.mail.transport import Outgoing, Result
from tests.talker import Talker

MESSAGE_ID = "<20180530.4f1c2d3e5a6b7c8d9e0f@example.org>"


def mail(address: str = "wang+du@example.org") -> Outgoing:
    return Outgoing(
        id=1, address=address, sender="o@example.org", data=b"Subject: x\r\n\r\nx\r\n", message_id=MESSAGE_ID
    )


def sent(port: int, *mails: Outgoing) -> list[Result]:
    results: list[Result] = []
    transport = SmtpTransport(Server(host="localhost", port=port, tls="none", hello="test", connections=1))
    fault = transport.deliver(
        mails,
        begin=lambda _mail: None,
        record=lambda _mail, result: results.append(result),
        stop=lambda: False,
    )
    return [*results, fault] if fault else results


def test_a_server_that_offers_it_is_told_which_mail_and_whose_it_is(host: Any) -> None:
    talker = Talker(("DSN", "8BITMIME"))
    assert [result.state for result in sent(host.talk(talker.talk), mail(), mail())] == ["accepted"] * 2
    assert (
        talker.said("MAIL", "RCPT")
        == [
            "MAIL FROM:<o@example.org> RET=HDRS ENVID=20180530.4f1c2d3e5a6b7c8d9e0f",
            "RCPT TO:<wang+du@example.org> NOTIFY=FAILURE,DELAY ORCPT=rfc822;wang+2Bdu@example.org",
        ]
        * 2
    )


def test_a_server_that_does_not_offer_it_hears_plain_commands(host: Any) -> None:
    talker = Talker(("8BITMIME", "PIPELINING"))
    sent(host.talk(talker.talk), mail())
    assert talker.said("MAIL", "RCPT") == ["MAIL FROM:<o@example.org>", "RCPT TO:<wang+du@example.org>"]


@pytest.mark.parametrize("refused", ["ENVID", "ORCPT"])
@pytest.mark.parametrize("reply", ["555 5.5.4 Unsupported option", "501 5.5.4 Syntax", "504 Not implemented"])
def test_a_server_that_offers_and_refuses_it_gets_the_mail_without(
    host: Any, refused: str, reply: str
) -> None:
    talker = Talker(("DSN",), {refused: reply})
    assert [result.state for result in sent(host.talk(talker.talk), mail(), mail())] == ["accepted"] * 2
    assert talker.said("RCPT")[-1] == "RCPT TO:<wang+du@example.org>"
    assert len([line for line in talker.heard if refused in line]) == 1  # asked once a connection


def test_a_contact_unknown_with_or_without_parameters_is_refused(host: Any) -> None:
    talker = Talker(("DSN",), {"RCPT": "501 5.1.3 Bad address"})
    [result] = sent(host.talk(talker.talk), mail())
    assert (result.state, result.scope, result.reply) == ("refused", "recipient", "501 5.1.3 Bad address")


def test_a_bad_address_costs_the_next_mail_no_notification(host: Any) -> None:
    talker = Talker(("DSN",), {"RCPT TO:<li@": "501 5.1.3 Bad address"})
    results = sent(host.talk(talker.talk), mail("li@example.org"), mail())
    assert [result.state for result in results] == ["refused", "accepted"]
    assert "NOTIFY" in talker.said("RCPT")[-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("wang@example.org", "wang@example.org", id="plain"),
        pytest.param("a+b=c@x.cn", "a+2Bb+3Dc@x.cn", id="plus and equals"),
        pytest.param("a b\t", "a+20b+09", id="white space"),
        pytest.param("王", "+E7+8E+8B", id="no ASCII"),
        pytest.param("\x7f~!", "+7F~!", id="the ends of the range"),
    ],
)
def test_xtext(text: str, expected: str) -> None:
    assert xtext(text) == expected


def test_the_envelope_id_is_the_message_id_before_its_domain() -> None:
    assert envelope_id(MESSAGE_ID) == "20180530.4f1c2d3e5a6b7c8d9e0f"
    assert envelope_id(MESSAGE_ID.strip("<>")) == "20180530.4f1c2d3e5a6b7c8d9e0f"


def test_what_is_longer_than_the_standard_allows_is_left_out() -> None:
    assert mail_options(f"<{'x' * 101}@example.org>") == ["RET=HDRS"]
    assert rcpt_options("=" * 200) == ["NOTIFY=FAILURE,DELAY"]

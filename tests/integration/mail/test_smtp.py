"""SMTP against real servers in this process: what each fault does to the mails and to the delivery."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import pytest

from notifier.errors import ConfigError, NotifierError
from notifier.mail.pace import Pace
from notifier.mail.session import Server
from notifier.mail.smtp import SmtpTransport
from notifier.mail.transport import Outgoing, Result, Revoked
from tests.talker import Talker


def mail(number: int, address: str | None = None, data: bytes = b"Subject: x\r\n\r\n.dot\r\n") -> Outgoing:
    return Outgoing(
        id=number,
        address=address or f"z{number}@example.org",
        sender="o@example.org",
        data=data,
        message_id=f"<n{number}.1@example.org>",
    )


class Ledger:
    """Writes down what the transport tells, in its order."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.results: dict[int, Result] = {}

    def begin(self, mail: Outgoing) -> None:
        self.told.append(f"begin {mail.id}")

    def record(self, mail: Outgoing, result: Result) -> None:
        assert mail.id not in self.results
        self.told.append(f"{result.state} {mail.id}")
        self.results[mail.id] = result


def server(port: int, **options: Any) -> Server:
    given: dict[str, Any] = {
        "host": "localhost",
        "port": port,
        "tls": "none",
        "hello": "test",
        "connections": 1,
        "connect_timeout": 2,
        "command_timeout": 2,
        "data_timeout": 2,
        "per_mail": 5,
    }
    return Server(**(given | options))


def deliver(
    server: Server, mails: Iterable[Outgoing], ledger: Ledger, stop: Callable[[], bool] = lambda: False
) -> Result | None:
    transport = SmtpTransport(server)
    try:
        return transport.deliver(mails, begin=ledger.begin, record=ledger.record, stop=stop)
    finally:
        transport.close()


class Box(Protocol):
    """The mailbox of conftest.py, which can't be imported."""

    connections: int
    got: list[tuple[str, bytes]]
    replies: dict[str, str]
    drops: set[str]
    delay: float
    logins: list[bytes]
    login: Any


def test_accepted_mail_is_recorded_with_the_reply_and_arrives_as_it_was(host: Any, mailbox: Box) -> None:
    ledger = Ledger()
    assert deliver(server(host.mailbox(mailbox)), [mail(1)], ledger) is None
    assert ledger.told == ["begin 1", "accepted 1"]
    assert ledger.results[1] == Result(
        state="accepted", scope="message", reply="250 2.0.0 Ok: queued as 4A3F"
    )
    assert mailbox.got == [("z1@example.org", b"Subject: x\r\n\r\n.dot\r\n")]


@pytest.mark.parametrize(("connections", "expected"), [(1, 1), (2, 2), (5, 5)])
def test_connections_are_reused(host: Any, mailbox: Box, connections: int, expected: int) -> None:
    ledger = Ledger()
    mailbox.delay = 0.005
    mails = [mail(number) for number in range(20)]
    assert deliver(server(host.mailbox(mailbox), connections=connections), mails, ledger) is None
    assert {result.state for result in ledger.results.values()} == {"accepted"}
    assert len(mailbox.got) == 20
    assert mailbox.connections == expected


def test_no_more_connections_are_opened_than_there_are_mails(host: Any, mailbox: Box) -> None:
    deliver(server(host.mailbox(mailbox), connections=4), [mail(1)], Ledger())
    assert mailbox.connections == 1


def test_a_connection_carries_only_so_many_mails(host: Any, mailbox: Box) -> None:
    mails = [mail(number) for number in range(7)]
    assert deliver(server(host.mailbox(mailbox), mails_per_connection=3), mails, Ledger()) is None
    assert mailbox.connections == 3
    assert len(mailbox.got) == 7


def test_nothing_to_deliver_opens_no_connection() -> None:
    assert deliver(server(1), [], Ledger()) is None


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ("451 4.7.1 Greylisted", "deferred"),
        ("452 4.5.3 Too many recipients", "deferred"),
        ("552 Too many recipients", "deferred"),
        ("550 5.1.1 No such user", "refused"),
    ],
)
def test_a_refused_recipient_is_that_contacts_and_the_others_get_theirs(
    host: Any, mailbox: Box, reply: str, state: str
) -> None:
    mailbox.replies["RCPT z1@example.org"] = reply
    ledger = Ledger()
    assert deliver(server(host.mailbox(mailbox)), [mail(1), mail(2)], ledger) is None
    assert ledger.told == [f"{state} 1", "begin 2", "accepted 2"]
    assert ledger.results[1].scope == "recipient"
    assert ledger.results[1].reply == reply
    assert mailbox.connections == 1


@pytest.mark.parametrize(
    ("reply", "state"), [("452 4.3.1 Disk full", "deferred"), ("554 5.7.1 Looks like spam", "refused")]
)
def test_a_mail_refused_after_its_data_is_that_mails(host: Any, mailbox: Box, reply: str, state: str) -> None:
    mailbox.replies["DATA z1@example.org"] = reply
    ledger = Ledger()
    assert deliver(server(host.mailbox(mailbox)), [mail(1), mail(2)], ledger) is None
    assert ledger.told == ["begin 1", f"{state} 1", "begin 2", "accepted 2"]
    assert ledger.results[1] == Result(state=state, scope="message", reply=reply)  # type: ignore[arg-type]
    assert mailbox.connections == 1


def test_a_connection_lost_after_data_leaves_its_mail_uncertain_and_the_next_takes_a_new_one(
    host: Any, mailbox: Box
) -> None:
    mailbox.drops.add("z1@example.org")
    ledger = Ledger()
    assert deliver(server(host.mailbox(mailbox)), [mail(1), mail(2)], ledger) is None
    assert ledger.told == ["begin 1", "uncertain 1", "begin 2", "accepted 2"]
    assert mailbox.connections == 2


def test_two_uncertain_mails_in_a_row_end_the_delivery(host: Any, mailbox: Box) -> None:
    mailbox.drops |= {f"z{number}@example.org" for number in range(9)}
    ledger = Ledger()
    fault = deliver(server(host.mailbox(mailbox)), [mail(number) for number in range(9)], ledger)
    assert fault is not None
    assert fault.scope == "server"
    assert ledger.told == ["begin 0", "uncertain 0", "begin 1", "uncertain 1"]


def test_a_server_silent_after_data_leaves_the_mail_uncertain(host: Any, mailbox: Box) -> None:
    mailbox.delay = 30
    ledger = Ledger()
    deliver(server(host.mailbox(mailbox), data_timeout=0.2), [mail(1)], ledger)
    assert ledger.results[1].state == "uncertain"


def test_a_mails_own_deadline_ends_a_wait_that_no_timeout_would(host: Any, mailbox: Box) -> None:
    mailbox.delay = 30
    ledger = Ledger()
    started = time.monotonic()
    deliver(server(host.mailbox(mailbox), data_timeout=60, per_mail=0.3), [mail(1)], ledger)
    assert ledger.results[1].state == "uncertain"
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ("451 4.3.0 Try later", "deferred"),
        ("530 5.7.0 Authentication required", "refused"),
        ("421 4.3.2 Closing", "deferred"),
    ],
)
def test_a_refused_sender_is_the_servers_fault_and_no_mail_spends_an_attempt(
    host: Any, mailbox: Box, reply: str, state: str
) -> None:
    mailbox.replies["MAIL"] = reply
    ledger = Ledger()
    fault = deliver(server(host.mailbox(mailbox)), [mail(1), mail(2)], ledger)
    assert fault == Result(state=state, scope="server", reply=f"MAIL: {reply}")  # type: ignore[arg-type]
    assert ledger.told == []


def test_421_to_a_recipient_is_the_servers_fault(host: Any, mailbox: Box) -> None:
    mailbox.replies["RCPT z2@example.org"] = "421 4.7.0 Slow down"
    ledger = Ledger()
    fault = deliver(server(host.mailbox(mailbox)), [mail(1), mail(2), mail(3)], ledger)
    assert fault == Result(state="deferred", scope="server", reply="RCPT: 421 4.7.0 Slow down")
    assert ledger.told == ["begin 1", "accepted 1"]


def test_421_after_data_defers_that_mail_and_ends_the_delivery(host: Any, mailbox: Box) -> None:
    mailbox.replies["DATA z1@example.org"] = "421 4.3.2 Shutting down"
    ledger = Ledger()
    fault = deliver(server(host.mailbox(mailbox)), [mail(1), mail(2)], ledger)
    assert fault is not None
    assert fault.scope == "server"
    assert ledger.told == ["begin 1", "deferred 1"]


def test_an_invalid_address_is_refused_before_the_server_hears_of_it(host: Any, mailbox: Box) -> None:
    ledger = Ledger()
    mails = [mail(1, "a@example.org,b@example.org"), mail(2)]
    assert deliver(server(host.mailbox(mailbox)), mails, ledger) is None
    assert ledger.told == ["refused 1", "begin 2", "accepted 2"]
    assert ledger.results[1].scope == "recipient"


def test_a_mail_over_the_servers_size_is_refused_and_the_next_goes(host: Any, mailbox: Box) -> None:
    ledger = Ledger()
    mails = [mail(1, data=b"x" * 2000), mail(2)]
    assert deliver(server(host.mailbox(mailbox, data_size_limit=1000)), mails, ledger) is None
    assert ledger.told == ["refused 1", "begin 2", "accepted 2"]
    assert ledger.results[1].scope == "message"


def test_no_mail_is_begun_once_told_to_stop(host: Any, mailbox: Box) -> None:
    ledger = Ledger()
    mails = [mail(number) for number in range(5)]
    fault = deliver(server(host.mailbox(mailbox)), mails, ledger, stop=lambda: len(ledger.results) >= 2)
    assert fault is None
    assert len(mailbox.got) == 2


def test_the_next_mail_is_made_while_the_server_is_busy_with_the_one_before(host: Any, mailbox: Box) -> None:
    mailbox.delay = 0.1
    ledger = Ledger()

    def mails() -> Iterator[Outgoing]:
        for number in (1, 2):
            ledger.told.append(f"made {number}")
            yield mail(number)

    assert deliver(server(host.mailbox(mailbox)), mails(), ledger) is None
    assert ledger.told == ["made 1", "begin 1", "made 2", "accepted 1", "begin 2", "accepted 2"]


def test_a_fault_while_the_next_mail_is_made_is_raised_once_the_one_before_is_recorded(
    host: Any, mailbox: Box
) -> None:
    mailbox.delay = 0.1
    ledger = Ledger()

    def mails() -> Iterator[Outgoing]:
        yield mail(1)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        deliver(server(host.mailbox(mailbox)), mails(), ledger)
    assert ledger.told == ["begin 1", "accepted 1"]


@pytest.mark.parametrize("connections", [1, 3])
def test_a_pace_holds_over_all_connections_and_deliveries(host: Any, mailbox: Box, connections: int) -> None:
    transport = SmtpTransport(server(host.mailbox(mailbox), connections=connections), Pace(20))
    began: list[float] = []

    def begin(_mail: Outgoing) -> None:
        began.append(time.monotonic())

    started = time.monotonic()
    for numbers in (range(4), range(4, 8)):
        mails = [mail(number) for number in numbers]
        assert transport.deliver(mails, begin=begin, record=Ledger().record, stop=lambda: False) is None
    assert len(mailbox.got) == 8
    # Each turn comes 50 ms after the last, and each mail begins after its turn, however long that takes it.
    assert max(began) - started > 0.349


def test_stop_ends_the_wait_for_a_slow_pace_at_once(host: Any, mailbox: Box) -> None:
    ledger = Ledger()
    begun = time.monotonic()
    fault = SmtpTransport(server(host.mailbox(mailbox), connections=2), Pace(0.01)).deliver(
        [mail(1), mail(2)],
        begin=ledger.begin,
        record=ledger.record,
        stop=lambda: time.monotonic() - begun > 0.5,
    )
    assert fault is None
    assert ledger.told == ["begin 1", "accepted 1"]
    assert time.monotonic() - begun < 2


def test_a_failing_ledger_stops_everything_and_the_mails_in_hand_are_still_recorded(
    host: Any, mailbox: Box
) -> None:
    class FullDisk(Ledger):
        def begin(self, mail: Outgoing) -> None:
            if mail.id == 1:
                raise OSError("no space left")
            super().begin(mail)

    mailbox.delay = 0.1
    ledger = FullDisk()
    with pytest.raises(OSError, match="no space left"):
        deliver(server(host.mailbox(mailbox), connections=2), [mail(n) for n in range(6)], ledger)
    assert ledger.told == ["begin 0", "accepted 0"]


# TLS and login


def test_starttls_with_a_known_authority_carries_login_and_mail(
    host: Any, mailbox: Box, authority: Any
) -> None:
    port = host.mailbox(
        mailbox,
        tls_context=authority.server_context(),
        authenticator=mailbox.login,
        auth_required=True,
    )
    asked: list[str] = []

    def password() -> str:
        asked.append("once")
        return "right"

    settings = server(port, tls="starttls", ca_file=authority.ca_file, user="office", password=password)
    ledger = Ledger()
    assert deliver(settings, [mail(1), mail(2)], ledger) is None
    assert ledger.results[2].state == "accepted"
    assert mailbox.logins == [b"right"]
    assert asked == ["once"]


def test_implicit_tls_carries_mail(host: Any, mailbox: Box, authority: Any) -> None:
    port = host.mailbox(mailbox, tls=authority.server_context())
    ledger = Ledger()
    assert deliver(server(port, tls="tls", ca_file=authority.ca_file), [mail(1)], ledger) is None
    assert ledger.results[1].state == "accepted"


@pytest.mark.parametrize("tls", ["tls", "starttls"])
@pytest.mark.parametrize("fault", ["unknown authority", "another name"])
def test_a_bad_certificate_is_never_accepted(
    host: Any, mailbox: Box, authority: Any, tls: str, fault: str
) -> None:
    name = "localhost" if fault == "unknown authority" else "other.example.org"
    context = authority.server_context(name)
    port = host.mailbox(mailbox, tls=context) if tls == "tls" else host.mailbox(mailbox, tls_context=context)
    ca_file = None if fault == "unknown authority" else authority.ca_file
    ledger = Ledger()
    result = deliver(server(port, tls=tls, ca_file=ca_file), [mail(1)], ledger)
    assert result is not None
    assert (result.state, result.scope) == ("refused", "server")
    assert "certificate verify failed" in result.reply
    assert ledger.told == []


def test_missing_starttls_is_never_passed_over(host: Any, mailbox: Box, authority: Any) -> None:
    ledger = Ledger()
    fault = deliver(
        server(host.mailbox(mailbox), tls="starttls", ca_file=authority.ca_file), [mail(1)], ledger
    )
    assert fault is not None
    assert (fault.state, fault.scope) == ("refused", "server")
    assert "STARTTLS" in fault.reply
    assert mailbox.got == []


def test_tls_spoken_to_a_plain_port_is_a_lasting_fault(host: Any, mailbox: Box) -> None:
    fault = deliver(server(host.mailbox(mailbox), tls="tls"), [mail(1)], Ledger())
    assert fault is not None
    assert (fault.state, fault.scope) == ("refused", "server")


def test_a_wrong_password_is_tried_once_and_never_shown(host: Any, mailbox: Box, authority: Any) -> None:
    port = host.mailbox(mailbox, tls_context=authority.server_context(), authenticator=mailbox.login)
    settings = server(
        port, tls="starttls", ca_file=authority.ca_file, user="office", password="wr0ng", connections=3
    )
    ledger = Ledger()
    fault = deliver(settings, [mail(n) for n in range(9)], ledger)
    assert fault is not None
    assert (fault.state, fault.scope) == ("refused", "server")
    assert fault.reply.startswith("AUTH: 535")
    assert "wr0ng" not in fault.reply + repr(settings)
    assert mailbox.logins == [b"wr0ng"]
    assert ledger.told == []


def test_a_server_without_login_gets_no_mail_when_a_login_is_asked_for(host: Any, mailbox: Box) -> None:
    fault = deliver(server(host.mailbox(mailbox), user="office", password="x"), [mail(1)], Ledger())
    assert fault is not None
    assert fault.reply.startswith("AUTH: ")
    assert mailbox.got == []


def test_a_password_never_crosses_a_network_in_clear() -> None:
    with pytest.raises(ConfigError, match="in clear"):
        Server(host="mail.example.org", port=25, tls="none", user="office", password="x")


# Servers with bad manners


async def converse(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    replies: dict[str, str],
    greeting: str = "220 test",
) -> None:
    """Answer each verb from `replies`; "" is silence, "drop" closes, DATA's text ends with a dot."""
    writer.write(f"{greeting}\r\n".encode())
    while line := await reader.readline():
        verb = line.split()[0].decode().upper()
        reply = replies.get(verb, "250 OK")
        if reply == "drop":
            return
        if not reply:
            await asyncio.sleep(30)
        writer.write(f"{reply}\r\n".encode())
        if verb == "QUIT":
            return


@pytest.mark.parametrize(
    ("replies", "greeting", "state", "expected"),
    [
        pytest.param({}, "554 5.3.2 Go away", "refused", "connect: 554", id="the greeting refuses"),
        pytest.param({}, "421 4.3.2 Busy", "deferred", "connect: 421", id="the greeting defers"),
        pytest.param({}, "garbage without a code", "deferred", "connect: ", id="a garbled greeting"),
        pytest.param({"EHLO": "502 5.5.1 What?"}, "220 x", "refused", "EHLO: 502", id="HELO is no answer"),
        pytest.param({"EHLO": ""}, "220 x", "deferred", "EHLO: ", id="silence at EHLO"),
        pytest.param({"MAIL": "drop"}, "220 x", "deferred", "MAIL: ", id="dropped at MAIL"),
        pytest.param({"RCPT": "drop"}, "220 x", "deferred", "RCPT: ", id="dropped at RCPT"),
        pytest.param({"RCPT": ""}, "220 x", "deferred", "RCPT: ", id="silence at RCPT"),
        pytest.param({"MAIL": "250 " + "x" * 99_999}, "220 x", "deferred", "MAIL: ", id="an endless reply"),
    ],
)
def test_whatever_fails_before_data_is_the_servers_fault(
    host: Any, replies: dict[str, str], greeting: str, state: str, expected: str
) -> None:
    port = host.talk(lambda reader, writer: converse(reader, writer, replies, greeting))
    ledger = Ledger()
    fault = deliver(server(port, command_timeout=0.3, connect_timeout=0.3), [mail(1)], ledger)
    assert fault is not None
    assert (fault.state, fault.scope) == (state, "server")
    assert fault.reply.startswith(expected)
    assert "\n" not in fault.reply
    assert len(fault.reply) < 400
    assert ledger.told == []


@pytest.mark.parametrize("leaves", [True, False], ids=["and hangs up", "and stays"])
@pytest.mark.parametrize("verb", ["", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "text"])
def test_421_at_any_verb_is_the_servers(host: Any, authority: Any, verb: str, leaves: bool) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def closing(when: str) -> bool:
            if when == verb:
                writer.write(b"421 4.3.2 Closing\r\n")
                await writer.drain()
            return when == verb and leaves

        if await closing(""):
            return
        writer.write(b"220 test\r\n" if verb else b"")
        while line := await reader.readline():
            word = line.split()[0].decode()
            if await closing(word):
                return
            if word == "DATA" and word != verb:
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                if await closing("text"):
                    return
                # RSET is said only to a server that still holds an envelope.
                writer.write(b"" if verb == "text" else b"451 later\r\n" if verb == "RSET" else b"250 OK\r\n")
            elif word != verb:
                extension = "STARTTLS" if verb == "STARTTLS" else "AUTH PLAIN"
                answer = {"EHLO": f"250-test\r\n250 {extension}", "AUTH": "235 OK"}.get(word, "250 OK")
                writer.write(f"{answer}\r\n".encode())

    options: dict[str, Any] = {"user": "office", "password": "right"} if verb == "AUTH" else {}
    if verb == "STARTTLS":
        options = {"tls": "starttls", "ca_file": authority.ca_file}
    ledger = Ledger()
    fault = deliver(server(host.talk(talk), **options), [mail(1), mail(2)], ledger)
    assert fault is not None
    assert (fault.state, fault.scope) == ("deferred", "server")
    tried = {
        "DATA": ["begin 1", "deferred 1"],
        "text": ["begin 1", "deferred 1"],
        "RSET": ["begin 1", "deferred 1"],
    }
    assert ledger.told == tried.get(verb, [])


@pytest.mark.parametrize(
    "needs", [{"tls": "starttls"}, {"user": "office", "password": "right"}], ids=["TLS", "a login"]
)
@pytest.mark.parametrize("reply", ["502 5.5.1 What?", "421 4.3.2 Busy", "550 Go away", "drop"])
def test_a_refused_ehlo_is_never_followed_by_helo(
    host: Any, authority: Any, needs: dict[str, Any], reply: str
) -> None:
    heard: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            heard.append(line.split()[0].decode().upper())
            if reply == "drop":
                return
            writer.write(f"{reply if heard[-1] == 'EHLO' else '250 OK'}\r\n".encode())

    ledger = Ledger()
    fault = deliver(server(host.talk(talk), ca_file=authority.ca_file, **needs), [mail(1)], ledger)
    assert fault is not None
    assert fault.scope == "server"
    assert fault.reply.startswith("EHLO: ")
    assert heard[0] == "EHLO"
    assert set(heard) <= {"EHLO", "QUIT"}
    assert ledger.told == []


def test_two_addresses_in_one_never_reach_the_client(host: Any) -> None:
    # Both smtplib and aiosmtplib would quietly write to the first of them.
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            heard.append(line)
            writer.write(b"250 OK\r\n")

    ledger = Ledger()
    mails = [
        mail(number, address) for number, address in enumerate(("a@x.cn,b@x.cn", "a@x.cn b@x.cn", "a@x.cn>"))
    ]
    assert deliver(server(host.talk(talk)), mails, ledger) is None
    assert {(result.state, result.scope) for result in ledger.results.values()} == {("refused", "recipient")}
    assert len(ledger.results) == 3
    assert not any(line.startswith(b"RCPT") for line in heard)


def test_a_refused_connection_is_the_servers_fault(unused_port: int) -> None:
    ledger = Ledger()
    fault = deliver(server(unused_port, connections=2), [mail(1), mail(2)], ledger)
    assert fault is not None
    assert (fault.state, fault.scope) == ("deferred", "server")
    assert fault.reply.startswith("connect: ")
    assert ledger.told == []


def test_one_byte_at_a_time_is_ended_by_the_mails_deadline(host: Any) -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(100):
            writer.write(b"2")
            await asyncio.sleep(0.1)

    started = time.monotonic()
    fault = deliver(server(host.talk(drip), connect_timeout=60, per_mail=0.4), [mail(1)], Ledger())
    assert fault is not None
    assert fault.scope == "server"
    assert time.monotonic() - started < 3


def test_a_kept_connection_the_server_has_closed_costs_a_new_one_and_no_pause(host: Any) -> None:
    opened: list[int] = []

    async def one_mail_each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(1)
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            verb = line.split()[0].upper()
            if verb == b"DATA":
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 taken\r\n")
                return
            writer.write(b"250 OK\r\n")

    ledger = Ledger()
    assert deliver(server(host.talk(one_mail_each)), [mail(1), mail(2), mail(3)], ledger) is None
    assert [result.state for result in ledger.results.values()] == ["accepted"] * 3
    assert len(opened) == 3


def test_a_second_connection_too_many_does_not_end_the_first(host: Any) -> None:
    opened: list[int] = []

    async def only_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(1)
        if len(opened) > 1:
            writer.write(b"421 4.7.0 Too many connections\r\n")
            return
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            verb = line.split()[0].upper()
            if verb == b"DATA":
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                await asyncio.sleep(0.01)
            writer.write(b"250 OK\r\n")

    ledger = Ledger()
    mails = [mail(number) for number in range(8)]
    assert deliver(server(host.talk(only_one), connections=2), mails, ledger) is None
    assert len(ledger.results) == 8
    assert {result.state for result in ledger.results.values()} == {"accepted"}


@pytest.mark.parametrize("reply", ["250 OK instead of 354", "garbage", "drop"])
def test_a_reply_to_data_that_says_nothing_definite_is_uncertain(host: Any, reply: str) -> None:
    port = host.talk(lambda reader, writer: converse(reader, writer, {"DATA": reply}))
    ledger = Ledger()
    deliver(server(port), [mail(1)], ledger)
    assert ledger.told == ["begin 1", "uncertain 1"]


@pytest.mark.parametrize(
    ("pushed", "expected"),
    [
        pytest.param(b"", "uncertain", id="a reset"),
        # Should its reply be lost with the connection, it is a drop like any other, and the ledger counts it.
        pytest.param(b"550 5.7.1 I have seen enough\r\n", "refused", id="a refusal that gets through"),
    ],
)
def test_a_connection_ended_in_the_middle_of_a_mail(host: Any, pushed: bytes, expected: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            if line.startswith(b"DATA"):
                writer.write(b"354 go\r\n")
                await reader.read(1000)
                if pushed:
                    writer.write(pushed)
                    await asyncio.sleep(0.2)
                writer.transport.abort()
                return
            writer.write(b"250 OK\r\n")

    ledger = Ledger()
    body = b"Subject: x\r\n\r\n" + b"line of a mail\r\n" * 60_000
    deliver(server(host.talk(talk)), [mail(1, data=body)], ledger)
    assert ledger.told == ["begin 1", f"{expected} 1"]


def test_a_mail_whose_claim_is_lost_is_not_sent_and_the_next_goes(host: Any, mailbox: Box) -> None:
    class Taken(Ledger):
        def begin(self, mail: Outgoing) -> None:
            if mail.id == 1:
                raise Revoked
            super().begin(mail)

    ledger = Taken()
    assert deliver(server(host.mailbox(mailbox)), [mail(1), mail(2)], ledger) is None
    assert ledger.told == ["begin 2", "accepted 2"]
    assert [to for to, _ in mailbox.got] == ["z2@example.org"]
    assert mailbox.connections == 1


def test_data_refused_before_the_text_is_definite_and_leaves_no_envelope(host: Any) -> None:
    verbs: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            verbs.append(line.split()[0].decode())
            writer.write(b"451 not now\r\n" if verbs[-1] == "DATA" else b"250 OK\r\n")

    ledger = Ledger()
    assert deliver(server(host.talk(talk)), [mail(1), mail(2)], ledger) is None
    assert [result.state for result in ledger.results.values()] == ["deferred", "deferred"]
    assert verbs == ["EHLO", "MAIL", "RCPT", "DATA", "RSET", "MAIL", "RCPT", "DATA", "QUIT"]


# check


def test_check_tells_greeting_tls_and_login(host: Any, mailbox: Box, authority: Any) -> None:
    port = host.mailbox(
        mailbox,
        ident="a test server",
        tls_context=authority.server_context(),
        authenticator=mailbox.login,
    )
    settings = server(port, tls="starttls", ca_file=authority.ca_file, user="office", password="right")
    greeting, ehlo, tls, login = SmtpTransport(settings).check()
    assert "a test server" in greeting
    assert "auth" in ehlo
    assert tls.startswith("TLS: TLSv1.3")
    assert login.startswith("AUTH: 235")


def test_check_tells_what_went_wrong_after_what_went_well(host: Any, mailbox: Box, authority: Any) -> None:
    port = host.mailbox(mailbox, ident="a test server")
    with pytest.raises(NotifierError) as caught:
        SmtpTransport(server(port, tls="starttls", ca_file=authority.ca_file)).check()
    assert "a test server" in str(caught.value)
    assert "STARTTLS: " in str(caught.value)


def test_a_pass_that_ends_while_one_of_two_connections_is_refused_is_no_fault_of_the_server(
    host: Any,
) -> None:
    talker = Talker(())
    connected: list[None] = []

    async def only_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append(None)
        if len(connected) > 1:
            writer.write(b"421 4.7.0 Too many connections\r\n")
            return
        await talker.talk(reader, writer)

    ledger = Ledger()
    two = server(host.talk(only_one), connections=2)
    fault = deliver(two, [mail(n) for n in range(9)], ledger, lambda: len(ledger.results) > 4)
    assert len(connected) > 1
    assert fault is None
    assert {result.state for result in ledger.results.values()} == {"accepted"}

"""The Maildir transport writes whole files, each mail once."""

from pathlib import Path

import pytest

from notifier.errors import NotifierError
from notifier.mail.maildir import MaildirTransport, file_name
from notifier.mail.transport import Outgoing, Result


def mail(number: int, data: bytes = b"Subject: x\r\n\r\n") -> Outgoing:
    return Outgoing(
        id=number,
        address="z@example.org",
        sender="o@example.org",
        data=data,
        message_id=f"<n{number}.1@example.org>",
    )


class Ledger:
    """Writes down what a transport tells."""

    def __init__(self, stop_after: int = 1000) -> None:
        self.told: list[tuple[str, int]] = []
        self.results: dict[int, Result] = {}
        self._stop_after = stop_after

    def begin(self, mail: Outgoing) -> None:
        self.told.append(("begin", mail.id))

    def record(self, mail: Outgoing, result: Result) -> None:
        self.told.append(("record", mail.id))
        self.results[mail.id] = result

    def stop(self) -> bool:
        return len(self.results) >= self._stop_after


def deliver(transport: MaildirTransport, ledger: Ledger, *mails: Outgoing) -> Result | None:
    return transport.deliver(mails, begin=ledger.begin, record=ledger.record, stop=ledger.stop)


@pytest.mark.parametrize("durable", [True, False], ids=["synced", "not synced"])
def test_every_mail_becomes_a_file_in_new(tmp_path: Path, durable: bool) -> None:
    ledger = Ledger()
    assert deliver(MaildirTransport(tmp_path / "box", durable=durable), ledger, mail(1), mail(2)) is None
    assert ledger.told == [("begin", 1), ("record", 1), ("begin", 2), ("record", 2)]
    assert {result.state for result in ledger.results.values()} == {"accepted"}
    written = sorted((tmp_path / "box" / "new").iterdir())
    assert [path.name for path in written] == ["n1.1@example.org", "n2.1@example.org"]
    assert written[0].read_bytes() == b"Subject: x\r\n\r\n"
    assert not list((tmp_path / "box" / "tmp").iterdir())


def test_a_retry_replaces_its_own_copy(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    deliver(transport, Ledger(), mail(1, b"first"))
    deliver(transport, Ledger(), mail(1, b"second"))
    [path] = (tmp_path / "new").iterdir()
    assert path.read_bytes() == b"second"


def test_nobody_else_may_read_the_mail(tmp_path: Path) -> None:
    deliver(MaildirTransport(tmp_path / "box"), Ledger(), mail(1))
    assert (tmp_path / "box" / "new").stat().st_mode & 0o077 == 0
    assert (tmp_path / "box" / "new" / "n1.1@example.org").stat().st_mode & 0o077 == 0


def test_no_mail_is_begun_once_told_to_stop(tmp_path: Path) -> None:
    ledger = Ledger(stop_after=1)
    assert deliver(MaildirTransport(tmp_path), ledger, mail(1), mail(2)) is None
    assert ledger.told == [("begin", 1), ("record", 1)]


def test_a_place_that_cannot_be_written_is_a_fault_of_the_server_and_no_attempt(tmp_path: Path) -> None:
    (tmp_path / "box").write_text("a file where the Maildir should be")
    ledger = Ledger()
    fault = deliver(MaildirTransport(tmp_path / "box"), ledger, mail(1))
    assert fault is not None
    assert (fault.state, fault.scope) == ("deferred", "server")
    assert ledger.told == []
    with pytest.raises(NotifierError, match="box"):
        MaildirTransport(tmp_path / "box").check()


def test_a_mail_that_cannot_be_published_is_deferred_and_ends_the_delivery(tmp_path: Path) -> None:
    # Where the file should go there is a folder that isn't empty: a rename fails for root, too.
    (tmp_path / "new" / "n1.1@example.org" / "x").mkdir(parents=True)
    ledger = Ledger()
    fault = deliver(MaildirTransport(tmp_path), ledger, mail(1), mail(2))
    assert fault is not None
    assert fault.scope == "server"
    assert ledger.told == [("begin", 1), ("record", 1)]
    assert ledger.results[1].state == "deferred"


def test_check_says_where_mail_goes(tmp_path: Path) -> None:
    [line] = MaildirTransport(tmp_path / "box").check()
    assert str(tmp_path / "box") in line


@pytest.mark.parametrize(
    ("message_id", "expected"),
    [
        ("<n1.1@example.org>", "n1.1@example.org"),
        ("n1.1@example.org", "n1.1@example.org"),
        ("<../../etc/x@y>", "%2e.%2f..%2fetc%2fx@y"),
        ("<a:2,S@y>", "a%3a2%2cS@y"),
        ("<a%3a@y>", "a%253a@y"),
    ],
)
def test_a_file_name_is_safe_and_tells_ids_apart(message_id: str, expected: str) -> None:
    assert file_name(message_id) == expected

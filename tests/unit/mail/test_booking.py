"""Begins and answers share a commit, in the order that leaves a connection one mail without an answer at most."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from notifier.mail.booking import Booking
from notifier.mail.transport import Outgoing, Result, Revoked

ACCEPTED = Result(state="accepted", scope="message", reply="250 ok")


def mail(number: int) -> Outgoing:
    return Outgoing(id=number, address="z@x.cn", sender="o@x.cn", data=b"x", message_id=f"<{number}@x.cn>")


class Book:
    """A ledger whose transactions may fail; `lines` is what it holds, `commits` how it came there."""

    def __init__(self, fails: Callable[[str], bool] = lambda _line: False) -> None:
        self.lines: list[str] = []
        self.commits: list[list[str]] = []
        self.fails = fails
        self.open: list[str] | None = None

    def _write(self, line: str) -> None:
        if self.fails(line):
            raise OSError(line)
        if self.open is not None:
            self.open.append(line)
        else:
            self._commit([line])

    def _commit(self, lines: list[str]) -> None:
        self.commits.append(lines)
        self.lines += lines

    def begin(self, mail: Outgoing) -> None:
        if mail.id == 99:
            raise Revoked
        self._write(f"begin {mail.id}")

    def record(self, mail: Outgoing, result: Result) -> None:
        self._write(f"{result.state} {mail.id}")

    @contextmanager
    def together(self) -> Iterator[None]:
        self.open = []
        try:
            yield
            lines, self.open = self.open, None
        finally:
            self.open = None
        self._commit(lines)


def run(book: Book, *steps: Callable[[Booking], object]) -> tuple[Booking, list[object]]:
    """Do the steps in one round of the loop; an awaitable one is waited for, its exception is its outcome."""

    async def doing() -> tuple[Booking, list[object]]:
        booking = Booking(book.begin, book.record, book.together)
        waits = [found for step in steps if asyncio.iscoroutine(found := step(booking))]
        outcomes: list[object] = await asyncio.gather(*waits, return_exceptions=True)
        booking.settle()
        return booking, outcomes

    return asyncio.run(doing())


def test_an_answer_and_the_next_begin_are_one_commit_the_answer_first() -> None:
    book = Book()
    _, outcomes = run(book, lambda it: it.record(mail(1), ACCEPTED), lambda it: it.begin(mail(2)))
    assert book.commits == [["accepted 1", "begin 2"]]
    assert outcomes == [True]


def test_begins_that_are_ready_together_share_a_commit_and_one_that_is_revoked_spoils_none() -> None:
    book = Book()
    _, outcomes = run(book, *(lambda it, n=n: it.begin(mail(n)) for n in (1, 99, 2)))
    assert book.commits == [["begin 1", "begin 2"]]
    assert outcomes == [True, False, True]


def test_an_answer_doesnt_wait_long_for_a_mail_that_never_comes() -> None:
    book = Book()

    async def doing() -> None:
        booking = Booking(book.begin, book.record, book.together)
        booking.record(mail(1), ACCEPTED)
        assert book.lines == []
        await asyncio.sleep(0.1)
        assert book.lines == ["accepted 1"]

    asyncio.run(doing())


def test_a_begin_waits_for_that_of_another_mail_in_hand_and_both_are_one_commit() -> None:
    book = Book()

    async def doing() -> None:
        booking = Booking(book.begin, book.record, book.together)
        booking.expect()
        booking.expect()
        first = asyncio.ensure_future(booking.begin(mail(1)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert book.lines == []
        assert await booking.begin(mail(2))
        assert await first

    asyncio.run(doing())
    assert book.commits == [["begin 1", "begin 2"]]


@pytest.mark.parametrize("goes_back", [True, False])
def test_a_begin_doesnt_wait_long_for_a_mail_that_never_begins(goes_back: bool) -> None:
    book = Book()

    async def doing() -> None:
        booking = Booking(book.begin, book.record, book.together)
        booking.expect()
        booking.expect()
        if goes_back:
            booking.forget()
        assert await asyncio.wait_for(booking.begin(mail(1)), 10)

    asyncio.run(doing())
    assert book.commits == [["begin 1"]]


@pytest.mark.parametrize("broken", ["begin 3", "accepted 1"])
def test_what_fails_together_is_done_alone_and_only_what_is_at_fault_stays_out(broken: str) -> None:
    book = Book(fails=lambda line: line == broken)
    booking, outcomes = run(
        book,
        lambda it: it.record(mail(1), ACCEPTED),
        lambda it: it.begin(mail(2)),
        lambda it: it.begin(mail(3)),
    )
    assert book.lines == [line for line in ("accepted 1", "begin 2", "begin 3") if line != broken]
    assert (booking.failure is not None) == (broken == "accepted 1")
    assert isinstance(outcomes[1], OSError) == (broken == "begin 3")


def test_without_a_common_commit_each_is_on_record_at_once() -> None:
    book = Book()

    async def doing() -> None:
        booking = Booking(book.begin, book.record, None)
        assert await booking.begin(mail(1))
        booking.record(mail(1), ACCEPTED)
        assert book.commits == [["begin 1"], ["accepted 1"]]

    asyncio.run(doing())

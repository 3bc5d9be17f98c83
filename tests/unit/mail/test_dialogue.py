"""Answers are told apart however they come in, and what is none ends the connection."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiosmtplib import SMTPReadTimeoutError, SMTPResponseException, SMTPServerDisconnected

from notifier.mail.dialogue import Dialogue


class Way(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Do nothing."""

    def write(self, data: object) -> None:
        """Keep it."""
        assert isinstance(data, bytes)
        self.written += data

    def is_closing(self) -> bool:
        """Tell whether it was closed."""
        return self.closed

    def close(self) -> None:
        """Close."""
        self.closed = True


def run(doing: Callable[[Dialogue, Way], Awaitable[None]]) -> None:
    async def running() -> None:
        way = Way()
        await doing(Dialogue(way), way)

    asyncio.run(running())


@pytest.mark.parametrize("size", [1, 2, 7, 99])
def test_answers_are_told_apart_in_whatever_pieces_they_come(size: int) -> None:
    heard = b"250-first\r\n250 second\r\n550 5.1.1 no\r\n354 \xe6\xb1\x89\r\n"

    async def doing(talk: Dialogue, way: Way) -> None:
        talk.say(b"MAIL", b"RCPT", b"DATA")
        assert way.written == b"MAIL\r\nRCPT\r\nDATA\r\n"
        waits = asyncio.ensure_future(talk.answer(timeout=9))
        await asyncio.sleep(0)
        for place in range(0, len(heard), size):
            talk.data_received(heard[place : place + size])
        assert tuple(await waits) == (250, "first\nsecond")
        assert tuple(await talk.answer(timeout=9)) == (550, "5.1.1 no")
        assert tuple(await talk.answer(timeout=9)) == (354, "汉")
        assert talk.is_open

    run(doing)


def test_what_is_said_unasked_answers_nothing() -> None:
    async def doing(talk: Dialogue, _way: Way) -> None:
        talk.data_received(b"250 unasked\r\n")
        talk.say(b"NOOP")
        talk.data_received(b"250 asked\r\n250 unasked\r\n250 un")
        talk.say(b"NOOP")
        talk.data_received(b"251 asked\r\n")
        assert (await talk.answer(timeout=9)).message == "asked"
        assert (await talk.answer(timeout=9)).code == 251

    run(doing)


@pytest.mark.parametrize(
    "heard",
    [
        pytest.param(b"garbage\r\n", id="no code"),
        pytest.param(b"250 " + b"x" * 9_000, id="a line without an end"),
        pytest.param(b"250 " + b"x" * 9_000 + b"\r\n", id="a long line"),
        pytest.param(b"250-x\r\n" * 9_000, id="lines without an end"),
    ],
)
def test_what_is_no_answer_ends_the_connection(heard: bytes) -> None:
    async def doing(talk: Dialogue, way: Way) -> None:
        talk.say(b"NOOP", b"NOOP")
        talk.data_received(b"250 first\r\n" + heard)
        assert (await talk.answer(timeout=9)).message == "first"
        with pytest.raises(SMTPResponseException):
            await talk.answer(timeout=9)
        assert way.closed
        with pytest.raises(SMTPServerDisconnected):
            talk.say(b"NOOP")

    run(doing)


def test_an_answer_that_came_before_the_end_is_one_and_after_it_there_is_none() -> None:
    async def doing(talk: Dialogue, _way: Way) -> None:
        talk.say(b"NOOP", b"NOOP")
        talk.data_received(b"250 first\r\n")
        talk.connection_lost(ConnectionResetError("reset"))
        assert (await talk.answer(timeout=9)).message == "first"
        with pytest.raises(SMTPServerDisconnected):
            await talk.answer(timeout=9)

    run(doing)


def test_421_is_an_answer_and_the_last() -> None:
    async def doing(talk: Dialogue, way: Way) -> None:
        talk.say(b"NOOP")
        talk.data_received(b"421 closing\r\n")
        assert (await talk.answer(timeout=9)).code == 421
        assert way.closed
        assert not talk.is_open

    run(doing)


def test_an_answer_that_is_late_ends_the_connection() -> None:
    async def doing(talk: Dialogue, way: Way) -> None:
        talk.say(b"NOOP")
        with pytest.raises(SMTPReadTimeoutError):
            await talk.answer(timeout=0.01)
        assert way.closed

    run(doing)


def test_no_command_is_two() -> None:
    async def doing(talk: Dialogue, way: Way) -> None:
        with pytest.raises(ValueError, match="control"):
            talk.say(b"RCPT TO:<a@x.cn>\r\nDATA")
        assert way.written == b""

    run(doing)

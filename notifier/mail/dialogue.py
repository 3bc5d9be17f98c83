"""The commands of mails over a connection that stands, and what the server answers to them.

aiosmtplib opens a connection; from there on it would wait for each answer by itself, in a task's worth of work each,
and lose what comes to commands that were sent together (RFC 2920).
"""

import asyncio
import re
from collections import deque
from typing import Final

from aiosmtplib import (
    SMTPReadTimeoutError,
    SMTPResponse,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPStatus,
)

# As aiosmtplib has it: what a server says may not fill the memory.
_MAX_LINE: Final = 8192
_MAX_REPLY: Final = 4 * _MAX_LINE
_CONTROL: Final = re.compile(rb"[\x00-\x1f\x7f]")


class Dialogue(asyncio.Protocol):
    """One connection after its login. For one mail at a time."""

    def __init__(self, way: asyncio.Transport) -> None:
        self._way = way
        self._loop = asyncio.get_running_loop()
        self._heard = bytearray()
        self._lines: list[bytes] = []  # of the reply that is coming in
        self._size = 0  # their octets
        self._replies: deque[SMTPResponse] = deque()  # to commands sent together, but the first
        self._asked: asyncio.Future[SMTPResponse] | None = None
        self._expected = 0  # replies that are still to come
        self._failure: Exception | None = None
        way.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Whether the connection stood when last looked at."""
        return self._failure is None and not self._way.is_closing()

    async def ask(self, line: bytes, *, timeout: float) -> SMTPResponse:
        """Send a command and return the answer; raises as `answer`."""
        self.say(line)
        return await self.answer(timeout=timeout)

    def say(self, *lines: bytes) -> None:
        """Send commands together; each has its `answer`. SMTPServerDisconnected when the connection is gone."""
        if any(map(_CONTROL.search, lines)):
            raise ValueError("a command with a control character in it")
        self.give(b"\r\n".join(lines) + b"\r\n", answers=len(lines))

    def give(self, octets: bytes, *, answers: int = 1) -> None:
        """Send octets as they are, to which so many answers are due; raises as `say`."""
        if not self.is_open:
            raise SMTPServerDisconnected("Connection lost")
        self._expected += answers
        self._way.write(octets)

    async def answer(self, *, timeout: float) -> SMTPResponse:
        """Return the next answer that is due.

        Raises SMTPServerDisconnected, SMTPReadTimeoutError when it doesn't come within so many seconds, or
        SMTPResponseException for what is none; the connection is of no use then, nor after a 421.
        """
        if not self._replies:
            if self._failure is not None:
                raise self._failure
            self._asked = self._loop.create_future()
            timer = self._loop.call_later(timeout, self._late)
            try:
                reply = await self._asked
            finally:
                timer.cancel()
                self._asked = None
        else:
            reply = self._replies.popleft()
        if reply.code == SMTPStatus.domain_unavailable:
            self._end(SMTPServerDisconnected("Connection lost"))
        return reply

    async def leave(self, *, timeout: float) -> None:
        """Take leave of the server; raises as `answer`."""
        await self.ask(b"QUIT", timeout=timeout)
        self._way.close()

    def data_received(self, data: bytes) -> None:
        """Take what the server says; what it says unasked is no answer to what comes next, and is dropped."""
        if not self._expected:
            return
        self._heard += data
        try:
            while self._expected and (reply := self._read()) is not None:
                self._expected -= 1
                if self._asked is not None and not self._asked.done():
                    self._asked.set_result(reply)
                else:
                    self._replies.append(reply)
        except SMTPResponseException as error:
            self._end(error)
        if not self._expected:
            self._heard.clear()

    def eof_received(self) -> None:
        """Take note that nothing more comes."""
        self._end(SMTPServerDisconnected("Unexpected EOF received"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that the connection is gone."""
        lost = SMTPServerDisconnected("Connection lost")
        lost.__cause__ = exc
        self._end(lost)

    def _late(self) -> None:
        self._end(SMTPReadTimeoutError("Timed out waiting for server response"))

    def _end(self, failure: Exception) -> None:
        if self._failure is None:
            self._failure = failure
        if self._asked is not None and not self._asked.done():
            self._asked.set_exception(failure)
        self._way.close()

    def _read(self) -> SMTPResponse | None:
        """Take the lines of the next reply out of what was heard; return it once it is whole."""
        while (end := self._heard.find(b"\n")) >= 0:
            line = bytes(self._heard[: end + 1])
            del self._heard[: end + 1]
            self._bound(len(line))
            self._size += len(line)
            try:
                code = int(line[:3])
            except ValueError:
                raise _no_reply(f"Malformed SMTP response line: {line.decode('utf-8', 'ignore')}") from None
            self._lines.append(line[4:].strip(b" \t\r\n"))
            if line[3:4] != b"-":
                reply = SMTPResponse(code, b"\n".join(self._lines).decode("utf-8", "surrogateescape"))
                self._lines, self._size = [], 0
                return reply
        self._bound(len(self._heard))
        return None

    def _bound(self, line: int) -> None:
        if line > _MAX_LINE or self._size + line > _MAX_REPLY:
            raise _no_reply("Response too long")


def _no_reply(why: str) -> SMTPResponseException:
    return SMTPResponseException(SMTPStatus.invalid_response, why)

"""A mail server in a process of its own that writes down what it takes: `python recorder.py FILE SEED DROPS`.

FILE gets a line of JSON for each mail at the moment from which the server has it: to whom, the Message-ID, the bytes,
and how the answer ended ("250", or "dropped" when the connection is broken off instead). SEED makes its delays,
DROPS is the share of mails whose connection it breaks, half of them before and half after it has taken the mail;
never twice for the same mail. It prints its port, and runs until it is ended.
"""

import asyncio
import hashlib
import json
import random
import sys
from email.parser import BytesHeaderParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

_SLOWEST = 0.02  # seconds at each step


class Recorder:
    """An aiosmtpd handler."""

    def __init__(self, place: Path, seed: int, drops: float) -> None:
        self._record = place.open("a", encoding="ascii", buffering=1)
        self._chance = random.Random(seed)
        self._drops = drops
        self._dropped: set[str] = set()
        self._taking: set[asyncio.Task[None]] = set()

    async def _linger(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, _SLOWEST))

    async def handle_MAIL(
        self, _server: object, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer after a while: the client has had the last mail's 250 for so long."""
        await self._linger()
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Take the mail, whatever becomes of its client meanwhile; then answer, or break off."""
        assert isinstance(envelope.content, bytes)
        mail = BytesHeaderParser().parsebytes(envelope.content)["Message-ID"]
        end = "250"
        if mail not in self._dropped and self._chance.random() < self._drops:
            self._dropped.add(mail)
            end = self._chance.choice(["dropped", "lost"])
        if end != "lost":
            taking = asyncio.ensure_future(self._take(mail, envelope, end))
            self._taking.add(taking)
            taking.add_done_callback(self._taking.discard)
            # A client that dies cancels this call, but not a server's own work on a mail that came whole.
            await asyncio.shield(taking)
        await self._linger()
        if end != "250":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 2.0.0 Ok: queued"

    async def _take(self, mail: str, envelope: Envelope, end: str) -> None:
        await self._linger()
        assert isinstance(envelope.content, bytes)
        [to] = envelope.rcpt_tos
        entry = {
            "to": to,
            "message_id": mail,
            "sha256": hashlib.sha256(envelope.content).hexdigest(),
            "end": end,
            "content": envelope.content.decode("ascii"),
        }
        self._record.write(json.dumps(entry) + "\n")


class SlowToRead(SMTP):
    """A server that lets a client wait for the 354, when DATA is begun and nothing of the mail has been sent."""

    async def smtp_DATA(self, arg: str) -> None:
        """Answer after a while."""
        await asyncio.sleep(random.uniform(0, _SLOWEST))
        await super().smtp_DATA(arg)


async def serve(place: Path, seed: int, drops: float) -> None:
    """Listen for ever on a port of the kernel's choice, which is printed."""
    recorder = Recorder(place, seed, drops)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SlowToRead(recorder, hostname="recorder", loop=loop), host="127.0.0.1", port=0
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))

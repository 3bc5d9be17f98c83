"""A real server that drops the connection in the middle of a mail, each time: it must not go on for ever."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from notifier.ledger.schema import messages, reminders
from notifier.mail.session import Server
from notifier.mail.smtp import SmtpTransport
from tests.desk import Desk
from tests.office import TEACHERS, beijing

SLOT = "2018-05-30T09:00"
WANG = "省教育厅,王一,wang@example.org,primary"


def test_a_mail_dropped_in_the_middle_each_time_is_given_up_after_six(host: Any, tmp_path: Path) -> None:
    bodies: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            if line.startswith(b"DATA"):
                writer.write(b"354 go\r\n")
                bodies.append(await reader.readexactly(200))
                writer.transport.abort()
                return
            writer.write(b"250 OK\r\n")

    server = Server(host="localhost", port=host.talk(talk), tls="none", hello="test", connections=1)
    desk = Desk(tmp_path).open(rows=(TEACHERS,), contacts=(WANG,))
    desk.passes.sender.transport = SmtpTransport(server)
    desk.at(SLOT)
    for hours in range(1, 50):
        desk.clock.set(beijing(SLOT) + timedelta(hours=2 * hours))
        desk.passes.send()
    assert len(bodies) == 6
    assert len(set(bodies)) == 1
    [(state, uncertain, lost, reply)] = desk.mails(
        messages.c.state, messages.c.uncertain, messages.c.uncertain_attempts, messages.c.reply
    )
    assert (state, uncertain, lost) == ("failed", True, 6)
    assert reply.startswith("DATA: ")
    assert desk.rows(reminders.c.state, reminders.c.reason, contact="wang@example.org") == [("failed", reply)]
    desk.engines[0].dispose()

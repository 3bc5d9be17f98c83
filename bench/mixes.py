"""Offices that owe each contact a digest of ten lines at SLOT: every digest another, or ten contacts to a unit."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from office import write_config, write_contacts
from sqlalchemy import Engine

from notifier.app import App, Passes, build
from notifier.config import load
from notifier.ledger import engine as ledger
from notifier.mail.transport import Outgoing, Transport
from notifier.rehearsal import Nowhere
from notifier.share import share

LINES = 10
SLOT = datetime(2018, 6, 29, 1, tzinfo=UTC)  # 09:00 in Beijing, the end of a quarter
IMPORTED = SLOT - timedelta(days=4)  # after the lead of the quarter's report
TASK = "加强职业学校教师培训，完善校企合作机制，" * 3 + "落实第{}项任务。"

_MORE = """
host = "127.0.0.1"
port = {port}
tls = "none"
connections = {connections}
[groups]
{groups}
[delivery]
mode = "live"
daily_cap = 0
[service]
templates = "{templates}"
heartbeat = 3600
{service}
"""


@dataclass(frozen=True)
class Mix:
    """So many contacts to a unit, and which units each task names."""

    title: str
    contacts_per_unit: int
    is_distinct: bool  # every unit has ten tasks of its own choice; else all have the same ten

    def units(self, mails: int) -> list[str]:
        """Return the units' names."""
        return [f"第{number}中学" for number in range(mails // self.contacts_per_unit)]

    def groups(self, mails: int) -> list[tuple[str, list[str]]]:
        """Return for each task the group of units that it names, and who is in it."""
        units = self.units(mails)
        if not self.is_distinct:
            return [("各有关单位名单", units)] * LINES
        return [
            (f"第{task}组学校", [units[(task + place) % len(units)] for place in range(LINES)])
            for task in range(len(units))
        ]

    def lines(self, mails: int, unit: int) -> list[str]:
        """Return the texts of a unit's tasks, in the order of the plan."""
        number = len(self.units(mails))
        mine = sorted((unit - place) % number for place in range(LINES)) if self.is_distinct else range(LINES)
        return [TASK.format(task + 1) for task in mine]


DISTINCT = Mix("every digest another", 1, True)
SHARED = Mix("ten contacts a unit", 10, False)


def office(
    folder: Path, mix: Mix, mails: int, *, port: int = 1, connections: int = 2, service: str = ""
) -> Path:
    """Write an office's files into a folder; return its configuration."""
    groups = mix.groups(mails)
    rows = [
        f"\t{number}\n\t{TASK.format(number)}\n\t{group}\n\t持续实施\n"
        for number, (group, _) in enumerate(groups, 1)
    ]
    head = [
        "附件", "", "任务分工表", *(f"\t{title}" for title in ("序号", "工作任务", "负责单位", "时间进度")), "",
    ]  # fmt: skip
    (folder / "plan.txt").write_text("\n".join([*head, *rows, ""]), "utf-8")
    write_contacts(
        folder,
        (
            (unit, f"联络员{number}", f"c{place}-{number}")
            for place, unit in enumerate(mix.units(mails))
            for number in range(mix.contacts_per_unit)
        ),
    )
    listed = {group: json.dumps(units, ensure_ascii=False) for group, units in groups}
    more = _MORE.format(
        groups="\n".join(f'"{group}" = {units}' for group, units in listed.items()),
        port=port,
        connections=connections,
        templates=share("templates"),
        service=service,
    )
    return write_config(folder, issued="2018-06-01", more=more)


class Owing:
    """An office in a folder whose ledger has its digests bundled, ready to be sent any number of times."""

    def __init__(self, folder: Path, mix: Mix, mails: int) -> None:
        self.folder, self.mix, self.mails = folder, mix, mails
        folder.mkdir()
        app = build(load(office(folder, mix, mails)), lambda: SLOT)
        engine = ledger.create(folder / "first" / "notifier.db", IMPORTED)
        passes = app.passes(engine, Nowhere())
        passes.adopt(IMPORTED)
        passes.plan(SLOT)
        engine.dispose()
        self._rounds = 0

    def app(self, port: int, connections: int) -> App:
        """Return the office with a mail server."""
        config = load(office(self.folder, self.mix, self.mails, port=port, connections=connections))
        return build(config, lambda: SLOT)

    @contextmanager
    def passes(self, app: App, transport: Transport) -> Iterator[Passes]:
        """Give the passes on a ledger in which all is still to be sent."""
        self._rounds += 1
        place = self.folder / f"round{self._rounds}"
        shutil.copytree(self.folder / "first", place)
        engine: Engine = ledger.create(place / "notifier.db", SLOT)
        try:
            passes = app.passes(engine, transport)
            # As a daemon has it, which adopts before it sends.
            passes.addressed.day = app.setting.policy.local_day(SLOT)
            yield passes
        finally:
            transport.close()
            engine.dispose()
            shutil.rmtree(place)

    def made(self) -> list[Outgoing]:
        """Return the mails as they go."""
        nowhere = Nowhere(lambda _mail: True)
        with self.passes(self.app(1, 1), nowhere) as passes:
            passes.send()
        if len(nowhere.kept) != self.mails:
            raise RuntimeError(f"{len(nowhere.kept)} mails are owed instead of {self.mails}")
        return nowhere.kept

    def as_others_have_it(self, mails: list[Outgoing]) -> dict[str, object]:
        """Return the same contents for other programs: templates with a name for all that differs, and its values.

        The templates are the first mail of ours with its unit and the texts of its tasks taken out, so that they
        render to the same body. They work in Jinja and in Django.
        """
        values = []
        for mail in mails:
            unit = int(mail.address[1:].partition("-")[0])
            lines = self.mix.lines(self.mails, unit)
            value = {
                "unit": self.mix.units(self.mails)[unit],
                **{f"line{n}": line for n, line in enumerate(lines)},
            }
            values.append({"address": mail.address, "values": value})
        first: EmailMessage = message_from_bytes(mails[0].data, policy=policy.default)
        parts = {}
        for kind in ("plain", "html"):
            body = first.get_body((kind,))
            assert body is not None
            text = body.get_content()
            for name, word in sorted(values[0]["values"].items(), key=lambda item: -len(item[1])):
                if word not in text:
                    raise RuntimeError(f"{name} of the first mail isn't in its {kind} part")
                text = text.replace(word, f"{{{{ {name} }}}}")
            parts[kind] = text
        return {"subject": str(first["Subject"]), "sender": mails[0].sender, **parts, "mails": values}

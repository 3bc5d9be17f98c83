"""An office at work: passes on a real ledger, with a clock that tests set and a recording transport."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from notifier.app import App, Passes
from notifier.database import Server
from notifier.ledger.schema import messages, reminders, tasks
from tests.clock import SettableClock
from tests.fakes import RecordingTransport
from tests.office import beijing, office, passes_of

IMPORT = beijing("2017-10-01T00:00")


@dataclass
class Desk:
    """An office at work: its folder, clock, and what left it."""

    folder: Path
    clock: SettableClock = field(default_factory=lambda: SettableClock(IMPORT))
    transport: RecordingTransport = field(default_factory=RecordingTransport)
    engines: list[Engine] = field(default_factory=list)
    server: Server | None = None  # of the ledger; else it is the file that the configuration names
    app: App = field(init=False)
    passes: Passes = field(init=False)

    def open(self, **files: object) -> "Desk":
        """Write the files, build, adopt."""
        config = office(self.folder, **files)  # type: ignore[arg-type]
        self.app, self.passes = passes_of(config, self.clock, self.transport, self.server)
        self.engines.append(self.passes.engine)
        self.passes.adopt(self.clock())
        return self

    def at(self, text: str) -> "Desk":
        """Set the clock and run both passes."""
        self.clock.set(beijing(text))
        self.passes.plan(self.clock())
        self.passes.send()
        return self

    def rows(self, *columns: Any, **where: object) -> list[tuple[Any, ...]]:
        """Return reminders as tuples."""
        query = select(*columns).select_from(reminders.join(tasks)).order_by(reminders.c.id)
        for name, value in where.items():
            query = query.where(getattr(reminders.c, name) == value)
        with self.passes.engine.begin() as db:
            return [tuple(row) for row in db.execute(query)]

    def mails(self, *columns: Any) -> list[tuple[Any, ...]]:
        """Return messages as tuples."""
        with self.passes.engine.begin() as db:
            query = select(*columns).select_from(messages).order_by(messages.c.id)
            return [tuple(row) for row in db.execute(query)]

    def sent_to(self) -> Counter[str]:
        """Return how many mails went to each address."""
        return Counter(mail.address for mail in self.transport.sent)

"""Hosts that share a ledger: one database, one mail server, one clock, and a folder with the same office for each."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from notifier.share import share
from tests.acceptance.machine import PATIENCE, Machine, PostOffice, Service, wait_until
from tests.office import ALWAYS, CONFIG, TEACHERS, Row, beijing, office
from tests.postgres import Postgres

CONTACTS = 40


def crowd(number: int = CONTACTS) -> tuple[str, list[str]]:
    """Return a configuration whose group has so many units, and a contact of each."""
    units = [f"第{place:03}市政府" for place in range(number)]
    config = re.sub(r'"各省辖市政府" = .*', f'"各省辖市政府" = {units}'.replace("'", '"'), CONFIG)
    return config, [f"{unit},某人,z{place:03}@example.org,primary" for place, unit in enumerate(units)]


class Hosts:
    """A few machines on one database of a server."""

    def __init__(self, folder: Path, server: Postgres, number: int = 2) -> None:
        self.url = server.ledger()
        self._name = self.url.partition("?")[0].rpartition("/")[2]
        self._server = server
        self.machines = []
        for place in range(number):
            home = folder / f"host{place}"
            home.mkdir()
            self.machines.append(Machine(home))
        self.post: PostOffice = self.machines[0].post
        self.clock = self.machines[0].clock
        for machine in self.machines:
            machine.clock = self.clock
        self.post._clock = self.clock
        self.open_post()

    def open_post(self) -> None:
        """Have the mail server listen."""
        self.post.open()

    def furnish(
        self,
        *,
        rows: Sequence[Row] = (TEACHERS, ALWAYS),
        contacts: int = CONTACTS,
        heartbeat: int = 2,
        connections: int = 2,
        mail: str = "",
        delivery: str = "",
    ) -> None:
        """Write the same office into each folder."""
        config, people = crowd(contacts)
        for machine in self.machines:
            office(
                machine.folder,
                rows=rows,
                contacts=people,
                config=config,
                extra=f"""
host = "{self.post.host}"
port = {self.post.port}
tls = "none"
connections = {connections}
{mail}

[delivery]
mode = "live"
{delivery}

[service]
database = "{self.url}"
engine = "cluster"
templates = "{share("templates")}"
heartbeat = {heartbeat}
""",
            )

    def launch(self, place: int) -> Service:
        """Start the daemon of a host; return it once it is ready."""
        return self.machines[place].launch()

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a query finds in the database."""
        with self._server.connect(self._name) as db:
            return db.execute(query.encode(), values).fetchall()

    def arrived(self) -> Counter[str]:
        """Return how many mails came for each address."""
        return Counter(arrival.to for arrival in self.post.got)

    def wait_for_end(self, *, within: float = PATIENCE) -> float:
        """Return after how many seconds there are mails and each has ended."""
        query = "SELECT count(*) > 0 AND bool_and(finished IS NOT NULL) FROM messages"
        return wait_until(lambda: self.rows(query) == [(True,)], "the end of every mail", within=within)

    def claimed_by(self, service: Service) -> int:
        """Return how many mails a host has claimed."""
        mine = "SELECT count(*) FROM messages WHERE state = 'claimed' AND owner LIKE %s"
        return int(self.rows(mine, f"%:{service.pid}:%")[0][0])

    def close(self) -> None:
        """End everything."""
        for machine in self.machines:
            machine.close()


JUST_BEFORE = "2017-12-29T08:59:59"  # the quarterly report's slot, for every city
SLOT = beijing("2017-12-29T09:00")

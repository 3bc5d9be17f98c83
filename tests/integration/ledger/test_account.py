"""The account of what was told is the same from a file and from a server."""

from dataclasses import replace
from pathlib import Path

import pytest

from notifier.database import Server
from notifier.ledger.account import Told, told, units_told
from notifier.ledger.engine import only_reading
from tests.clock import SettableClock
from tests.fakes import RecordingTransport
from tests.office import beijing, office, passes_of
from tests.postgres import Postgres


def account(folder: Path, server: Server | None) -> tuple[list[Told], set[str]]:
    """Return what an office told by the day after its first lead."""
    folder.mkdir()
    clock = SettableClock(beijing("2018-05-01T00:00"))
    _, passes = passes_of(office(folder), clock, RecordingTransport(), server)
    passes.adopt(clock())
    clock.set(beijing("2018-05-31T09:00"))
    passes.plan(clock())
    passes.send()
    with only_reading(passes.engine).begin() as db:
        found = list(told(db, start=beijing("2018-05-31T00:00"), end=beijing("2018-06-01T00:00")))
        names = units_told(db)
    passes.engine.dispose()
    # The name of the installation is in it, and of each there is but one.
    return [replace(entry, message_id=None) for entry in found], names


@pytest.mark.slow
def test_a_server_gives_the_same_account_as_a_file(tmp_path: Path, postgres_server: Postgres) -> None:
    of_file = account(tmp_path / "file", None)
    assert [entry.contact for entry in of_file[0]] == ["li@example.org", "wang@example.org"]
    assert of_file[1] == {"省教育厅", "省财政厅"}
    assert account(tmp_path / "server", Server(postgres_server.ledger())) == of_file

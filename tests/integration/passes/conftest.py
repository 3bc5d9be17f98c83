"""The desk that the passes are tried at, on a ledger of either kind."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.database import Server
from tests.desk import Desk
from tests.postgres import Postgres

EVERYTHING = "NOTIFIER_TEST_ALL_ON_POSTGRES"  # set, it tries the unmarked tests on PostgreSQL, too


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on the ledgers that its mark names; without one, on a file."""
    if "ledger_kind" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("ledgers")
        kinds = ("sqlite",) if mark is None else mark.args
        if mark is None and EVERYTHING in os.environ:
            kinds = ("sqlite", "postgresql")
        marks = {"sqlite": (), "postgresql": (pytest.mark.slow,)}
        metafunc.parametrize("ledger_kind", [pytest.param(kind, marks=marks[kind]) for kind in kinds])


@pytest.fixture
def desk(tmp_path: Path, ledger_kind: str, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """An office in a temporary folder, before its files are written."""
    made = Desk(tmp_path)
    if ledger_kind == "postgresql":
        server: Postgres = request.getfixturevalue("postgres_server")
        made.server = Server(server.ledger())
    yield made
    for engine in made.engines:
        engine.dispose()

"""What every test may ask for: hypothesis profiles, an instant, a clock that moves when told."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings

from tests import postgres
from tests.clock import SettableClock
from tests.postgres import Postgres

# `dev` looks for something new in each run; `ci` tries more, and the same in each run, so that a
# change isn't held up by what another one broke.
settings.register_profile("dev", max_examples=20, deadline=None)
settings.register_profile(
    "ci",
    max_examples=100,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


@pytest.fixture
def now() -> datetime:
    """09:00 on Monday, 2017-10-09 in Beijing: the first slot after the seed was issued and its holiday."""
    return datetime(2017, 10, 9, 1, 0, tzinfo=UTC)


@pytest.fixture
def clock(now: datetime) -> SettableClock:
    """A clock that shows `now` until told otherwise."""
    return SettableClock(now)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """An empty PostgreSQL server of the tests' own, started for the first that asks."""
    if (found := postgres.binaries()) is None:
        pytest.skip("there is no PostgreSQL on this machine, and none for it in the dev extra")
    with postgres.running(found) as server:
        yield server

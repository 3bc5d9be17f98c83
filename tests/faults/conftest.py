"""The machine that the daemon is run on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """An empty machine; its daemons are ended after the test."""
    made = Machine(tmp_path)
    yield made
    made.close()

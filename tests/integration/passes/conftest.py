"""The desk that the passes are tried at."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An office in a temporary folder, before its files are written."""
    made = Desk(tmp_path)
    yield made
    for engine in made.engines:
        engine.dispose()

"""The tests' own PostgreSQL: it runs for whoever runs the tests, from whichever folder, and leaves nothing."""

import shutil
from pathlib import Path

import pytest

from tests import postgres


def closed(folder: Path) -> Path:
    """Return the dev extra's binaries, copied to where only the owner of this process can reach them."""
    found = postgres.bundled()
    if not found:
        pytest.skip("the dev extra has no PostgreSQL for this machine")
    package = found[0].parents[1]
    for tree in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(tree, folder / tree.name)
    folder.chmod(0o700)
    return folder / found[0].relative_to(package.parent)


@pytest.mark.slow
@pytest.mark.parametrize("where", ["found first", "the dev extra's, closed to others"])
def test_a_server_runs_makes_databases_and_is_gone(where: str, tmp_path: Path) -> None:
    found = postgres.binaries() if where == "found first" else closed(tmp_path)
    assert found is not None
    with postgres.running(found) as server:
        first, second = server.database(), server.database()
        assert first != second
        with server.connect("ledger_2") as db:
            assert db.execute("SELECT current_database()").fetchone() == ("ledger_2",)
        folder = server.folder
    assert server.server.returncode == 0
    assert not folder.exists()

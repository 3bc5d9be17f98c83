"""What a daemon with nothing to do has not loaded: each of these costs memory for as long as it runs."""

import subprocess
import sys
from pathlib import Path

import pytest

UNUSED = (
    "aiosmtplib",
    "alembic",
    "css_inline",
    "docx",
    "holidays.countries",
    "lxml",
    "opencc",
    "pdfplumber",
    "prometheus_client",
    "psycopg",
    "python_calamine",
    "sqlalchemy.dialects.postgresql",
)
PASSES = """
import sys
from pathlib import Path
from notifier import daemon, logs
from notifier.app import build
from notifier.cli import service
from notifier.config import load
app = build(load(Path("config.toml")))
engine = app.create_ledger()
passes = app.passes(engine, app.transport())
passes.adopt(app.clock())
passes.plan(app.clock())
passes.send()
print(*sorted(sys.modules))
"""


@pytest.mark.slow
def test_what_the_example_does_not_need_is_not_loaded_by_its_passes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "notifier", "init", tmp_path], capture_output=True, check=True)
    done = subprocess.run(
        [sys.executable, "-c", PASSES], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "sqlalchemy.dialects.sqlite" in loaded
    assert loaded.isdisjoint(UNUSED)

"""A Python with known faults is worth a word: once in the log of `run`, a hint of `check`, and no more."""

import logging
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from notifier.mail import interpreter


@pytest.fixture(params=[True, False], ids=["faulty", "sound"])
def is_faulty(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether this Python has faults."""
    faulty = bool(request.param)
    monkeypatch.setattr(interpreter, "_FAULTS", [("CVE-1", "3.11.10", lambda: faulty)])
    return faulty


@pytest.mark.usefixtures("desk")
def test_check_gives_a_hint_that_is_no_fault_and_no_item(ops: Any, is_faulty: bool) -> None:
    found = ops("check")
    assert found.code == 0
    assert ("hint: Python" in found.out) is is_faulty
    document = ops("check", "--json").json
    assert len(document["hints"]) == is_faulty
    assert not [item for item in document["preflight"] if "Python" in item["message"]]


def test_run_warns_once_and_runs(
    ops: Any, desk: Path, is_faulty: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[Path] = []

    def run(app: Any, **_options: bool) -> int:
        ran.append(app.config.path.parent)
        return 0

    monkeypatch.setattr("notifier.daemon.run", run)
    monkeypatch.setattr("notifier.logs.on_stderr", lambda _form: nullcontext())
    caplog.set_level(logging.WARNING)
    assert ops("run").code == 0
    assert ran == [desk]
    actions = [getattr(record, "action", "") for record in caplog.records]
    assert actions.count("python_outdated") == is_faulty

"""An ops person at the prompt: commands typed in an office's folder, with what they print and their exit code."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from notifier.__main__ import main
from notifier.app import App
from tests.clock import SettableClock
from tests.fakes import RecordingTransport
from tests.office import beijing, office, passes_of


@dataclass(frozen=True)
class Outcome:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document printed; a command that reports prints nothing else on stdout."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The JSON Lines printed."""
        assert self.code == 0, self.err
        return [json.loads(line) for line in self.out.splitlines()]


Type = Callable[..., Outcome]


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a configuration, the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOTIFIER_CONFIG", raising=False)
    return tmp_path


@pytest.fixture
def desk(empty: Path) -> Path:
    """The folder of a small office, the current one."""
    office(empty)
    return empty


@pytest.fixture
def ledger(desk: Path) -> App:
    """The small office with a ledger into which its plan was imported when it was issued."""
    clock = SettableClock(beijing("2017-10-01T00:00"))
    app, passes = passes_of(office(desk), clock, RecordingTransport())
    passes.adopt(clock())
    passes.plan(clock())
    passes.engine.dispose()
    return app


@pytest.fixture
def ops(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Type:
    """Type a command: `ops("explain", "-", stdin=...)`."""

    def typed(*words: str, stdin: str | bytes = b"") -> Outcome:
        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        monkeypatch.setattr(sys, "argv", ["notifier", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capfdbinary.readouterr()
        code = left.value.code
        assert code is None or isinstance(code, int)
        return Outcome(code or 0, out.decode(), err.decode())

    return typed

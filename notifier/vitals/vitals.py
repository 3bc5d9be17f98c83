"""The daemon's own account of itself, kept for whoever asks: the health file and the endpoint for metrics."""

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notifier import __version__
from notifier.app import Passes
from notifier.config.listening import Loopback, UnixSocket
from notifier.logs import mask
from notifier.vitals.pulse import Pulse

if TYPE_CHECKING:
    from notifier.vitals.server import Server

log = logging.getLogger(__name__)


class Vitals:
    """What the daemon last said of itself, its pulse, and the ways in which both can be read."""

    def __init__(self, passes: Callable[[], Passes]) -> None:
        self._passes = passes
        self.pulse = Pulse()
        self._notes: Mapping[str, Any] = {}
        self._noting = threading.Lock()
        self._server: Server | None = None
        self._untold: dict[str, str] = {}  # the last fault of each way, told once

    @property
    def passes(self) -> Passes:
        """The passes as they are configured now."""
        return self._passes()

    @property
    def notes(self) -> Mapping[str, Any]:
        """What was noted last under each name."""
        return self._notes

    def begin(self, now: datetime, **values: object) -> None:
        """Note that the daemon starts now, with a configuration just read, and what else is known of it."""
        self.note({"started": now, "heartbeat": now, "config_loaded": now, **values})

    def note(self, values: Mapping[str, Any]) -> None:
        """Keep what the daemon says of itself."""
        with self._noting:
            self._notes = {**self._notes, **values}

    def beat(self) -> None:
        """Say that the main thread is alive: in the health file, and by an endpoint at the place that is configured."""
        self.pulse.beat()
        self.note({"heartbeat": self.passes.app.clock()})
        self._serve()
        self._write(self.health())

    def close(self) -> None:
        """Close the endpoint; the health file stays, and says that the daemon stopped."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._write(self.health())

    def health(self) -> dict[str, Any]:
        """Return how the daemon is, for a person or a program; times in the office's zone, addresses masked."""
        config, notes = self.passes.app.config, self._notes
        ills = (
            ["the daemon has stopped"] if notes.get("stopped") else self.pulse.ills(config.service.patience)
        )

        def told(name: str) -> str | None:
            value = notes.get(name)
            if isinstance(value, datetime):
                return value.astimezone(config.zone).isoformat(timespec="seconds")
            return None if value is None else mask(str(value))

        names = ("heartbeat", "last_plan", "last_send", "next_wake", "fault", "reload_fault", "stopped")
        about = {"version": __version__, "pid": os.getpid(), "heartbeat_seconds": config.service.heartbeat}
        return {"ok": not ills, "why": ills, **{name: told(name) for name in names}, **about}

    def _write(self, health: Mapping[str, Any]) -> None:
        place = self.passes.app.config.health_file
        try:
            _replace(
                place, json.dumps(health, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace")
            )
        except OSError as error:
            if self._is_new("health", f"{place}: {error.strerror}"):
                log.warning(
                    "The health file can't be written: %s: %s", place, error.strerror,
                    extra={"action": "health_unwritable"},
                )  # fmt: skip
        else:
            self._untold.pop("health", None)

    def _serve(self) -> None:
        place = self.passes.app.config.service.metrics
        if self._server is not None and self._server.place != place:
            self._server.close()
            self._server = None
        if place is not None and self._server is None:
            self._open(place)

    def _open(self, place: Loopback | UnixSocket) -> None:
        from notifier.vitals.server import (
            Server,
        )  # prometheus-client costs memory, and most offices don't ask

        try:
            self._server = Server(place, self)
        except OSError as error:
            if self._is_new("metrics", f"{place}: {error}"):
                log.error(
                    "Metrics can't be offered at %s: %s", place, error.strerror or error,
                    extra={"action": "metrics_unavailable"},
                )  # fmt: skip
            return
        self._untold.pop("metrics", None)
        log.info("Metrics are offered at %s", place, extra={"action": "metrics_offered"})

    def _is_new(self, way: str, fault: str) -> bool:
        known, self._untold[way] = self._untold.get(way), fault
        return known != fault


def _replace(place: Path, data: bytes) -> None:
    """Write a file that others may read, so that they see the old one or the new one."""
    fresh = place.with_name(f"{place.name}.new")
    with suppress(FileNotFoundError):
        fresh.unlink()  # a crash may have left it, or somebody a link to elsewhere
    target = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        os.fchmod(target, 0o644)  # whatever the umask: it tells nothing of anybody
        os.write(target, data + b"\n")
    finally:
        os.close(target)
    fresh.replace(place)

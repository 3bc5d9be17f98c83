"""Prometheus metrics, made at each scrape from the ledger and the daemon's pulse."""

import logging
import os
import platform
import resource
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from notifier import __version__
from notifier.config.credential import ledger_place
from notifier.ledger.figures import Figures, read_figures
from notifier.vitals.pulse import BUCKETS
from notifier.vitals.vitals import Vitals

log = logging.getLogger(__name__)

_LEDGER_SECONDS = 2.0  # Prometheus itself waits ten for a scrape
_MESSAGES = ("queued", "claimed", "accepted", "refused", "failed", "dropped")
_REMINDERS = ("planned", "sent", "superseded", "expired", "withdrawn", "unreachable", "failed")
_RESULTS = ("accepted", "refused", "deferred", "uncertain", "server_fault")


def registry_of(vitals: Vitals) -> CollectorRegistry:
    """Return a registry of one daemon's metrics, with those of its process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Daemon(vitals))
    registry.register(_Process())
    return registry


class _Process(Collector):
    """What this process uses, under the names that prometheus_client has for it.

    Its own collector says nothing where /proc/stat is hidden, as it is by the unit's ProcSubset=pid.
    """

    def collect(self) -> Iterator[Metric]:
        virtual, resident = Path("/proc/self/statm").read_text("ascii").split()[:2]
        page = os.sysconf("SC_PAGE_SIZE")
        used = resource.getrusage(resource.RUSAGE_SELF)
        yield _gauge("process_virtual_memory_bytes", "Virtual memory", int(virtual) * page)
        yield _gauge("process_resident_memory_bytes", "Resident memory", int(resident) * page)
        yield CounterMetricFamily(
            "process_cpu_seconds", "User and system time", used.ru_utime + used.ru_stime
        )
        yield _gauge("process_open_fds", "Open file descriptors", len(os.listdir("/proc/self/fd")))
        yield _gauge(
            "process_max_fds", "Most open file descriptors", resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        )


class _Daemon(Collector):
    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    def collect(self) -> Iterator[Metric]:
        yield from self._of_the_ledger()
        yield from self._of_the_daemon()
        yield from self._of_the_passes()

    def _of_the_ledger(self) -> Iterator[Metric]:
        app = self._vitals.passes.app
        try:
            figures = read_figures(ledger_place(app.config), within=_LEDGER_SECONDS)
        except Exception as error:
            log.warning(
                "The ledger can't be counted: %s: %s", type(error).__name__, error,
                extra={"action": "ledger_uncounted"},
            )  # fmt: skip
            yield _gauge("notifier_ledger_readable", "1 if this scrape could count the ledger", 0)
            return
        yield _gauge("notifier_ledger_readable", "1 if this scrape could count the ledger", 1)
        yield from _counted(figures, app.clock())

    def _of_the_daemon(self) -> Iterator[Metric]:
        vitals, sender = self._vitals, self._vitals.passes.sender
        notes = vitals.notes
        about = {"version": __version__, "config": str(notes.get("config_hash", ""))[:12]}
        yield InfoMetricFamily(
            "notifier", "The program and its configuration", about | {"python": platform.python_version()}
        )
        for name, text, value in (
            ("paused", "1 while the mail server can't be used", sender.paused_until is not None),
            ("held", "1 while [delivery] hold or daily_cap keeps mail back", sender.is_held),
            ("fault", "1 while a pass or the mail server is at fault", notes.get("fault") is not None),
            ("reload_fault", "1 if the last reload was refused", notes.get("reload_fault") is not None),
            ("preflight_items", "Things that need a person: see notifier check", notes.get("preflight", 0)),
        ):
            yield _gauge(f"notifier_{name}", text, float(value))
        for name, text in (
            ("started", "When the daemon started"),
            ("heartbeat", "When the main thread was last alive"),
            ("config_loaded", "When the configuration in force was read"),
            ("next_wake", "When a pass is wanted next, if anything is planned"),
        ):
            if isinstance(moment := notes.get(name), datetime):
                yield _gauge(f"notifier_{name}_timestamp_seconds", text, moment.timestamp())

    def _of_the_passes(self) -> Iterator[Metric]:
        notes, pulse = self._vitals.notes, self._vitals.pulse
        success = GaugeMetricFamily(
            "notifier_last_success_timestamp_seconds",
            "When a pass of this kind last succeeded",
            labels=["pass"],
        )
        lengths = HistogramMetricFamily(
            "notifier_pass_duration_seconds", "How long passes took", labels=["pass"]
        )
        failures = CounterMetricFamily(
            "notifier_pass_failures", "Passes that failed since the start", labels=["pass"]
        )
        for name, kind in pulse.durations().items():
            if isinstance(moment := notes.get(f"last_{name}"), datetime):
                success.add_metric([name], moment.timestamp())
            total, buckets = 0, []
            for bound, count in zip((*map(str, map(float, BUCKETS)), "+Inf"), kind.counts, strict=True):
                total += count
                buckets.append((bound, float(total)))
            lengths.add_metric([name], buckets, kind.seconds)
            failures.add_metric([name], kind.failures)
        attempts = CounterMetricFamily(
            "notifier_smtp_attempts",
            "Mails offered to the mail server since the start, by result",
            labels=["result"],
        )
        for result in _RESULTS:
            attempts.add_metric([result], pulse.attempts[result])
        yield from (success, lengths, failures, attempts)


def _counted(figures: Figures, now: datetime) -> Iterator[Metric]:
    messages = GaugeMetricFamily("notifier_messages", "Mails in the ledger by state", labels=["state"])
    for state in sorted({*_MESSAGES, *figures.messages}):
        messages.add_metric([state], figures.messages.get(state, 0))
    reminders = GaugeMetricFamily("notifier_reminders", "Reminders in the ledger by state", labels=["state"])
    for state in sorted({*_REMINDERS, *figures.reminders}):
        reminders.add_metric([state], figures.reminders.get(state, 0))
    yield from (messages, reminders)
    age = 0.0 if figures.oldest is None else max(0.0, (now - figures.oldest).total_seconds())
    for name, text, value in (
        ("messages_uncertain", "Mails that may have reached their contact twice", figures.uncertain),
        ("oldest_queued_seconds", "Age of the oldest mail that waits, from its slot; 0 if none does", age),
        ("tasks_open", "Open tasks of plans in force", figures.open_tasks),
        ("tasks_in_review", "Open tasks whose phrase needs a person", figures.in_review),
        ("tasks_unreachable", "Open tasks with a reminder that had no contact to go to", figures.unreachable),
    ):
        yield _gauge(f"notifier_{name}", text, value)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)

"""How the daemon is, for those who watch it: a health file, /healthz, metrics, systemd's status line."""

from notifier.vitals.line import paused, status_line
from notifier.vitals.pulse import Counted, Pulse
from notifier.vitals.status import Status
from notifier.vitals.vitals import Vitals

__all__ = ["Counted", "Pulse", "Status", "Vitals", "paused", "status_line"]

"""The line that systemd shows of the daemon."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from notifier.ledger.wake import Outlook

_MOST_FAULT = 300  # characters; `notifier status` has the whole


def paused(fault: str | None, until: datetime | None, zone: ZoneInfo) -> str | None:
    """Return what the send pass has to say, with the time of the next try where the mail server can't be used."""
    if fault is None or until is None:
        return fault
    return f"the mail server can't be used, tried again at {until.astimezone(zone):%m-%d %H:%M}: {fault}"


def status_line(faults: Iterable[str | None], outlook: Outlook, zone: ZoneInfo) -> str:
    """Return what is wrong, if anything, then what is ahead.

    For instance: 36 tasks, 3 mails wait, next wake 2026-12-01 09:00 +0800.
    """
    said = [fault if len(fault) <= _MOST_FAULT else f"{fault[:_MOST_FAULT]}…" for fault in faults if fault]
    tasks = "1 task" if outlook.tasks == 1 else f"{outlook.tasks} tasks"
    mails = {0: "no mail waits", 1: "1 mail waits"}.get(outlook.waiting, f"{outlook.waiting} mails wait")
    if outlook.moment is None:
        ahead = "nothing is planned ahead"
    else:
        ahead = f"next wake {outlook.moment.astimezone(zone):%Y-%m-%d %H:%M %z}"
    return "; ".join([*said, f"{tasks}, {mails}, {ahead}"])

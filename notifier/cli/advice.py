"""What ops do about what `status` shows: a line each, by the words of the fault."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from notifier.ledger.in_force import HELD

# The first that fits is taken: faults of the server carry the step at which it failed, before a colon.
_FAULTS = (
    (
        r"this ledger (is a copy|was put back|was last used)",
        "is this the one to send from? `notifier confirm --show` says what may go twice, `notifier confirm` lets it go",
    ),
    (r"delivery\.hold:", "when mail may go: hold = false in [delivery], then systemctl reload notifier"),
    (
        r"delivery\.daily_cap:",
        "is so much mail right? `notifier agenda` shows it; if so, raise daily_cap in [delivery] and reload",
    ),
    (
        r"\bAUTH:",
        "the login is refused: mend user or password (an app password, 授权码, where the provider has them), "
        "then systemctl restart notifier",
    ),
    (
        r"the mail server can't be used",
        "`notifier check --connect` shows how far it comes; it is tried again by itself, and no mail is lost",
    ),
    (
        r"built-in text instead of the templates",
        "mend the template, `notifier check`, then systemctl reload notifier; no mail is lost",
    ),
    (r"", "`journalctl -u notifier -p warning` has more; it is tried again each heartbeat"),
)


def about_fault(fault: str) -> str:
    """Return what to do about a fault of a daemon."""
    return next(advice for words, advice in _FAULTS if re.search(words, fault))


def about_reload(fault: str, *, waits: bool) -> str:
    """Return what to do about a reload that isn't in force; `waits`: something is there to confirm."""
    if fault.startswith(HELD) and not waits:
        return "confirmed: a daemon that runs lets it in within a heartbeat, else the next start does"
    if fault.startswith(HELD):
        return (
            "`notifier check --diff` shows what changes: `notifier confirm` lets it in, or mend it and reload"
        )
    return "mend it, `notifier check`, then systemctl reload notifier"


def about_counts(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the number's name and what to do about it, for each of `status`'s numbers that asks for something."""
    is_alive = any(daemon["alive"] for daemon in found["daemons"])
    if found["queued"] and not is_alive:
        yield "queued", "nothing goes while no daemon runs: systemctl start notifier"
    if found["claimed"] and not is_alive:
        yield "claimed", "in the hand of a daemon that ended: the next start sends them"
    if found["failed"]:
        yield "failed", "refused for good, or given up: `notifier check` names addresses to mend"
    if found["uncertain"]:
        yield "uncertain", "may have come twice, under one Message-ID: nothing to do"

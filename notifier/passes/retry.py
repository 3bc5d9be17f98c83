"""When a mail that did not go is tried again, and which refusals are no more than a rate limit."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from notifier.mail.transport import Result

GIVE_UP_AFTER = timedelta(days=5)
MOST_UNCERTAIN_ATTEMPTS = 6  # an answer that never comes must not become a stream of copies
LOGIN_WAIT = timedelta(minutes=15)  # providers lock an account for tries in a row
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))


# What AUTH was answered; or what any verb was, where the server means the login (RFC 4954 section 6).
_LOGIN = re.compile(r"AUTH: |[A-Z]+: 53[0458]\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A reply that means "not now", whatever its code says; the mail waits for at least `wait`."""

    reply: re.Pattern[str]
    wait: timedelta


def backoff(attempt: int, jitter: Callable[[], float] = random.random) -> timedelta:
    """Return how long to wait after the `attempt`-th failure: 1, 5, 15, 30, 60 minutes, then hourly ±20 %."""
    if attempt <= len(BACKOFF):
        return BACKOFF[max(attempt, 1) - 1]
    return timedelta(hours=1) * (0.8 + 0.4 * jitter())


def pause(fault: Result, in_a_row: int, overrides: Sequence[Override]) -> timedelta:
    """Return how long to leave a server alone after so many faults of it in a row.

    A login that was refused for good, or not offered, waits a quarter of an hour at least.
    """
    _, wait = overruled(fault, overrides)
    if fault.state == "refused" and _LOGIN.match(fault.reply):
        wait = max(wait, LOGIN_WAIT)
    return max(backoff(in_a_row), wait)


def longest_wait(overrides: Sequence[Override]) -> timedelta:
    """Return the most that one failed attempt puts a mail off."""
    return max(
        [BACKOFF[-1], backoff(len(BACKOFF) + 1, lambda: 1.0), *(override.wait for override in overrides)]
    )


def overruled(result: Result, overrides: Sequence[Override]) -> tuple[Result, timedelta]:
    """Return what a result means once the first override that fits has its say, and the least to wait for it.

    A refusal becomes a deferral, a deferral keeps its meaning; no answer (uncertain) and yes are never overruled.
    """
    if result.state in ("refused", "deferred"):
        for override in overrides:
            if override.reply.search(result.reply):
                return replace(result, state="deferred"), override.wait
    return result, timedelta(0)

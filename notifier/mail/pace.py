"""How fast mail may go: over all, and to the domains of recipients that want it slower."""

import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from notifier.errors import MailGateError
from notifier.mail.headers import address


@lru_cache(maxsize=4096)
def domain_of(recipient: str) -> str:
    """Return an address' domain as lower-case A-labels; empty for what is no address."""
    try:
        return address(recipient).rpartition("@")[2]
    except MailGateError:
        return ""


class Pace:
    """At most so many mails a second, kept over all connections and from one delivery to the next.

    `per_domain` is by domain in lower-case A-labels, and doesn't count for subdomains. A rate of 0 is none. Not for
    use by several threads at once.
    """

    def __init__(
        self,
        per_second: float = 0,
        per_domain: Mapping[str, float] | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._gap = 1 / per_second if per_second else 0.0  # seconds from mail to mail
        self._after = 0.0  # monotonic seconds before which no mail may go
        self._gaps = {domain: 1 / rate for domain, rate in (per_domain or {}).items() if rate}
        self._afters = dict.fromkeys(self._gaps, 0.0)

    def first(self, recipients: Iterable[str]) -> tuple[int, float]:
        """Return the place of the recipient who may be written to the soonest, and in how many seconds.

        Of those who may at once it is the first. There must be one.
        """
        now = self._monotonic()
        best, shortest = 0, float("inf")
        for place, recipient in enumerate(recipients):
            wait = self._wait(domain_of(recipient), now) if self._gaps else 0.0
            if wait < shortest:
                best, shortest = place, wait
            if not wait:
                break
        return best, max(shortest, self._after - now, 0.0)

    def take(self, recipient: str) -> None:
        """Count a mail that goes now."""
        now = self._monotonic()
        self._after = now + self._gap
        domain = domain_of(recipient) if self._gaps else ""
        if domain in self._gaps:
            self._afters[domain] = now + self._gaps[domain]

    def quota(self, seconds: float) -> Callable[[str], bool]:
        """Return what says of each recipient in turn whether a mail to him could go within so many seconds.

        Each yes takes one of the places that his domain has in that time.
        """
        now = self._monotonic()
        left: dict[str, int] = {}

        def has_room(recipient: str) -> bool:
            domain = domain_of(recipient)
            if domain not in self._gaps:
                return True
            if domain not in left:
                rest = seconds - self._wait(domain, now)
                left[domain] = 0 if rest < 0 else 1 + int(rest / self._gaps[domain])
            left[domain] -= 1
            return left[domain] >= 0

        return has_room

    @property
    def is_by_domain(self) -> bool:
        """Whether any domain has a pace of its own."""
        return bool(self._gaps)

    def shortest_rest(self) -> float:
        """Return in how many seconds the first domain that rests may be written to again; 0 when none rests."""
        now = self._monotonic()
        rests = (self._wait(domain, now) for domain in self._gaps)
        return min((rest for rest in rests if rest), default=0.0)

    def _wait(self, domain: str, now: float) -> float:
        return max(0.0, self._afters.get(domain, 0.0) - now)

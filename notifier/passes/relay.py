"""How fast mail may go where several hosts send: `[mail] per_second` and `per_domain`, kept in the ledger for all."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from notifier.ledger import among_hosts
from notifier.mail.pace import domain_of

OVERALL = ""  # the rate over all mail; the others are by domain


@dataclass(frozen=True, slots=True)
class Relay:
    """The rates, as the seconds that each mail takes; `goes_to` says to whom a contact's mail goes."""

    gaps: Mapping[str, float]
    goes_to: Callable[[str], str] = lambda contact: contact

    @classmethod
    def of(
        cls, per_second: float, per_domain: Mapping[str, float], goes_to: Callable[[str], str]
    ) -> "Relay | None":
        """Return the relay of these rates in mails a second, 0 being any; None when there is none."""
        rates = {OVERALL: per_second, **per_domain}
        gaps = {rate: 1 / speed for rate, speed in rates.items() if speed}
        return cls(gaps, goes_to) if gaps else None

    def turn(self, db: Connection, seconds: float) -> "Turn":
        """Return what one host may claim now: as much as goes in `seconds`. For the transaction that claims."""
        waits = among_hosts.waits(db, list(self.gaps))
        room = {
            rate: 0 if waits.get(rate, 0) > 0 else 1 + int(seconds / gap) for rate, gap in self.gaps.items()
        }
        rests = [wait for rate, wait in waits.items() if wait > 0]
        return Turn(self, room, min(rests, default=0.0))


@dataclass(slots=True)
class Turn:
    """One claim's share of the rates; `rest` is in how many seconds more may go at the first rate that is used up."""

    relay: Relay
    room: dict[str, int]
    rest: float

    def at_most(self, limit: int) -> int:
        """Return how many mails may be claimed, of `limit`."""
        return min(limit, self.room.get(OVERALL, limit))

    def has_room(self, contact: str) -> bool:
        """Tell whether a mail to a contact may go; each yes takes one of the places of its domain."""
        domain = domain_of(self.relay.goes_to(contact))
        if domain not in self.room:
            return True
        self.room[domain] -= 1
        return self.room[domain] >= 0

    def take(self, db: Connection, contacts: Iterable[str]) -> None:
        """Count what was claimed, for every host."""
        given: Counter[str] = Counter()
        for contact in contacts:
            given.update({OVERALL, domain_of(self.relay.goes_to(contact))})
        for rate, gap in self.relay.gaps.items():
            if given[rate]:
                among_hosts.take(db, rate, given[rate] * gap)

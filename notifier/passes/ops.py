"""The ops mail: queued once a working day, composed when it goes, and dropped when it has nothing to tell.

It is a message of the outbox like any other. What it tells is chosen at the last moment, so that a mail which
waited for its server tells of all that happened meanwhile, and no second one is queued beside it. `[delivery] hold`
and `daily_cap` are brakes on the mail to contacts: they don't hold back the mail that says so.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import Connection, Engine

from notifier.digest.bulletin import URGENT_DAYS, Bulletin, Matter, compile_bulletin, is_urgent
from notifier.intake import RowFault
from notifier.ledger import in_force, outbox, queueing, tallies
from notifier.ledger import ops as ledger
from notifier.ledger.engine import installation_id
from notifier.ledger.log import all_daemons
from notifier.ledger.ops import Told
from notifier.ledger.outbox import OPS, MessageRecord
from notifier.passes import fallback, outdated
from notifier.passes.book import PlanEntry
from notifier.passes.brake import Brake
from notifier.passes.ops_matters import (
    incidents,
    of_doubt,
    of_hold,
    of_item,
    of_lost_summary,
    of_refused_ops,
    of_reload,
    of_surprise,
    titles,
)
from notifier.passes.plan import dated
from notifier.passes.preflight import preflight
from notifier.passes.setting import Setting
from notifier.passes.slots import LATE_AFTER, is_open
from notifier.passes.summary import MonthlySummary, is_summary

_NO_NEWS = timedelta(days=7)  # what happened so long before the first ops mail is not told


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What one mail tells: its content (None: nothing), what it puts on record, and the keys of what is over."""

    bulletin: Bulletin | None
    told: tuple[Told, ...]
    over: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpsMail:
    """`[ops]` with all that its mail is made from."""

    addresses: tuple[str, ...]
    at: time
    domain: str
    book: Sequence[PlanEntry]
    row_faults: Sequence[RowFault]
    setting: Setting
    brake: Brake
    summary: MonthlySummary

    def queue(self, engine: Engine, now: datetime) -> tuple[int, datetime | None]:
        """Queue the day's mails and the month's when it is time; return how many, and when the next ones are due."""
        made, following = self._queue_news(engine, now)
        summed_up, then = self.summary.queue(engine, now, self.brake)
        return made + summed_up, min((one for one in (following, then) if one is not None), default=None)

    def _queue_news(self, engine: Engine, now: datetime) -> tuple[int, datetime | None]:
        if not self.addresses:
            return 0, None
        today = self.setting.policy.local_day(now)
        slot = self._slot(now)
        made = 0
        is_time = self.setting.calendar.is_working_day(today) and slot <= now
        if is_time and (now - slot <= LATE_AFTER or is_open(self.setting, now)):
            with engine.begin() as db:
                made = sum(self._queue_for(db, address, slot, now) for address in self.addresses)
        return made, self._slot(now, after=True)

    def _slot(self, now: datetime, *, after: bool = False) -> datetime:
        """Return today's moment, or the first one of a working day after `now`."""
        zone, day = self.setting.policy.zone, self.setting.policy.local_day(now)
        slot = datetime.combine(day, self.at, zone)
        while after and (slot <= now or not self.setting.calendar.is_working_day(slot.date())):
            slot = datetime.combine(slot.date() + timedelta(days=1), self.at, zone)
        return slot

    def _queue_for(self, db: Connection, address: str, slot: datetime, now: datetime) -> bool:
        contact = contact_of(address)
        midnight = datetime.combine(self.setting.policy.local_day(now), time(), self.setting.policy.zone)
        # Not what went after now: that was by a clock that was ahead, and no mail of today.
        if ledger.is_open(db, contact) or ledger.went_between(db, contact, midnight, now):
            return False
        token = hashlib.sha256(f"{installation_id(db)}|{contact}|{slot.isoformat()}".encode()).hexdigest()[
            :20
        ]
        made = queueing.add_message(
            db,
            contact=contact,
            address=address,
            name="",
            slot=slot,
            message_id=f"<{slot:%Y%m%d}.{token}@{self.domain}>",
            now=now,
        )
        return made is not None

    def tells(self, message: MessageRecord, now: datetime) -> bool:
        """Tell whether a queued ops mail is for somebody who is still told."""
        if is_summary(message):
            return self.summary.tells(message, now)
        return message.contact in map(contact_of, self.addresses)

    def standing(self, engine: Engine, now: datetime) -> list[Matter]:
        """Return all that is open at `now`: how mail stands, and what preflight asks of a person."""
        with engine.begin() as db:
            setting = dated(db, self.setting)
            refused = tallies.refused_contacts(db)
            waiting = outbox.count_due(db, now)
            waits = in_force.waiting(db)
            in_doubt = self.brake.guard is not None and self.brake.guard.holds(db)
            faults = [daemon.reload_fault for daemon in all_daemons(db)[:1] if daemon.stopped is None]
            on_record = [*fallback.items(db), *outdated.items(db, self.book, setting)]
        found = [of_doubt(waiting)] if in_doubt else []
        found += [of_hold(waiting)] if self.brake.hold else []
        found += [of_surprise(one) for one in waits if one.confirmed is None]
        at_fault = [fault for fault in faults if fault and not fault.startswith(in_force.HELD)]
        found += [of_reload(line) for fault in at_fault for line in fault.splitlines()]
        for address in self.addresses:
            if (reply := refused.get(contact_of(address))) is not None:
                found.append(of_refused_ops(address, reply))
        found += [of_lost_summary(*one) for one in self.summary.undelivered(engine, now)]
        items = [*preflight(self.book, self.row_faults, refused, setting, now), *on_record]
        named = self._titles()
        return found + [of_item(item, named.get(item.plan, "")) for item in items]

    def choose(self, db: Connection, contact: str, standing: Sequence[Matter], now: datetime) -> Choice:
        """Return what someone would be told at `now`: what is new or urgent, and once a week what is still open."""
        zone = self.setting.policy.zone
        today = now.astimezone(zone).date()
        known = ledger.told_to(db, contact)
        since = min(ledger.first_mail(db, contact) or now, now) - _NO_NEWS
        news = incidents(db, since, known, zone, self._titles())
        still_open = []
        for matter in {matter.key: matter for matter in standing}.values():
            was = known.get(matter.key)
            nearer = is_urgent(matter, today) and matter.first is not None
            if was is None or (nearer and _is_another(matter, was)):
                news.append(matter)
            else:
                still_open.append(matter)
        week = Told(key="week:{}-{}".format(*today.isocalendar()), lasts=False)
        if week.key in known:
            still_open = []
        keys = {matter.key for matter in standing}
        has_news = bool(news or still_open)
        return Choice(
            bulletin=compile_bulletin(news, still_open, now=now, zone=zone) if has_news else None,
            told=(week, *(_told(matter, is_urgent(matter, today)) for matter in news)),
            over=tuple(key for key, was in known.items() if was.lasts and key not in keys),
        )

    def _titles(self) -> dict[str, str]:
        return titles([(entry.key, entry.facts.title or entry.key) for entry in self.book])


def contact_of(address: str) -> str:
    """Return the contact key of an ops address, which no contact's can be."""
    return OPS + address.lower()


def is_for_ops(message: MessageRecord) -> bool:
    """Tell whether a message goes to ops."""
    return message.contact.startswith(OPS)


def _is_another(matter: Matter, was: Told) -> bool:
    """Tell whether the date that is near isn't the one of which was told; one that moves with today is."""
    return (
        was.urgent_for is None
        or matter.first is None
        or matter.first > was.urgent_for + timedelta(days=URGENT_DAYS)
    )


def _told(matter: Matter, urgent: bool) -> Told:
    return Told(key=matter.key, lasts=matter.lasts, urgent_for=matter.first if urgent else None)

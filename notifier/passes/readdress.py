"""Re-addressing: what still waits for people who are no longer meant goes to those who are.

The directory, the groups and a task's units change between the moment at which a reminder is planned and the
one at which it goes; and a unit that had no contact gains one.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine

from notifier.ledger import reminders, tasks
from notifier.ledger.reminders import ReminderRecord
from notifier.ledger.tasks import TaskRecord
from notifier.passes.book import units_from_json
from notifier.passes.owed import hears
from notifier.passes.plan import recipients_of
from notifier.passes.setting import Setting
from notifier.passes.slots import next_slot
from notifier.people.directory import normal
from notifier.people.roster import Recipient
from notifier.timing.checkpoint import Kind

log = logging.getLogger(__name__)

Key = tuple[int, str, str]  # task, checkpoint, contact

_COPIED = ("task_id", "checkpoint", "kind", "family", "nominal", "day", "label", "provisional", "at")


@dataclass(slots=True)
class AddressedFor:
    """The day for which what waits is addressed; one on which a unit changes may come without any reload."""

    day: date | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def follow(self, engine: Engine, setting: Setting, now: datetime) -> None:
        """Re-address what waits when by now a name stands for another unit, or for none."""
        today = setting.policy.local_day(now)
        with self._turn:  # plan and send both come here, and neither may go on with yesterday's addresses
            if self.day is None or setting.directory.differs(self.day, today):
                with engine.begin() as db:
                    made = readdress(db, setting, now, in_its_slot=True)
                log.info("Addressed %d reminders anew for %s", made, today, extra={"action": "readdressed"})
            self.day = today


class _People:
    """Whom a task names today, by contact and by unit."""

    def __init__(self, recipients: Iterable[Recipient]) -> None:
        self.by_key = {who.key: who for who in recipients}
        self.by_unit: defaultdict[str, list[Recipient]] = defaultdict(list)
        for who in self.by_key.values():
            for unit in who.units:
                self.by_unit[unit].append(who)


def readdress(
    db: Connection,
    setting: Setting,
    now: datetime,
    *,
    in_its_slot: bool = False,
    claimed: Sequence[ReminderRecord] = (),
) -> int:
    """Hand what waits, and what found no contact within the catch-up cap, to whom the tasks name today.

    It goes in the next slot, or with `in_its_slot`, what no message carries yet in the slot for which it waits;
    return how many reminders that made. What waits of a plan that is no longer listed is withdrawn. What is `claimed`
    to be sent and isn't yet counts as waiting.
    """
    people: dict[int, _People | None] = {}  # None: they can't be found out
    owed: dict[Key, dict[str, Any]] = {}
    held: dict[Key, list[str]] = {}  # the units for which a waiting reminder stays as it is
    waiting = {_key(record): record for record in [*reminders.waiting(db), *claimed]}
    found = [*waiting.values(), *reminders.unreachable_since(db, now - setting.catch_up)]
    listed = tasks.listed_tasks(db, {record.task_id for record in found})
    for record in found:
        is_waiting = record.state == "planned"
        task = listed.get(record.task_id)
        if task is None:
            if is_waiting:
                reminders.close_reminders(db, [record.id], "withdrawn", "the plan is no longer listed")
            continue
        if task.state != "open":
            continue
        if task.id not in people:
            people[task.id] = _people_of(task, setting, now)
        if (named := people[task.id]) is None:
            continue
        who = named.by_key.get(record.contact)
        units = list(_units_today(record.units, task, setting, now))
        kept = [unit for unit in units if who is not None and unit in who.units]
        lost = [unit for unit in units if unit not in kept]
        stays = in_its_slot and is_waiting and record.message_id is None
        heirs = list(_heirs(record, lost, named, record.slot if stays else next_slot(setting, now)))
        for row in heirs:
            # One person may inherit from several.
            same = owed.setdefault((record.task_id, record.checkpoint, row["contact"]), row)
            same["units"] = list(dict.fromkeys((*same["units"], *row["units"])))
        if kept:
            held[_key(record)] = kept
        elif is_waiting:
            reminders.close_reminders(db, [record.id], "withdrawn", "no longer a contact")
        elif heirs:
            reminders.close_reminders(db, [record.id], "withdrawn", "the unit has a contact now")
    for key, record in waiting.items():
        units = list(dict.fromkeys((*held.get(key, ()), *(owed[key]["units"] if key in owed else ()))))
        if key in held and units != list(record.units):
            reminders.name_units(db, record.id, units)
    return reminders.add_reminders(db, list(owed.values()))


def _people_of(task: TaskRecord, setting: Setting, now: datetime) -> _People | None:
    try:
        return _People(recipients_of(task, setting, now))
    except Exception:
        # One task that always raises must not hold up the others: what waits of it stays as it is.
        log.exception("Task %s/%s can't be addressed", task.plan, task.ref, extra={"action": "task_broken"})
        return None


def _key(record: ReminderRecord) -> Key:
    return record.task_id, record.checkpoint, record.contact


def _units_today(units: Sequence[str], task: TaskRecord, setting: Setting, now: datetime) -> Iterator[str]:
    """Yield what units are called today: an alias may have been added or begun, a group been listed."""
    reading, named = units_from_json(task.units)
    directory = setting.directory_at(now)
    for unit in units:
        ref = next((ref for ref in reading.units if normal(ref.name) == normal(unit)), None)
        if ref is None:
            yield directory.canonical(unit)
        else:
            yield from directory.units(ref, open_groups=setting.open_groups, named=named).units or (unit,)


def _heirs(
    record: ReminderRecord, lost: Sequence[str], people: _People, slot: datetime
) -> Iterator[dict[str, Any]]:
    for who in {who.key: who for unit in lost for who in people.by_unit[unit]}.values():
        if not hears(who, Kind(record.kind)):
            continue
        yield {
            **{name: getattr(record, name) for name in _COPIED},
            "contact": who.key,
            "units": [unit for unit in who.units if unit in lost],
            "role": who.role.value,
            "copied": who.contact_role != "primary",
            "slot": slot,
            "state": "unreachable" if who.address is None else "planned",
            "reason": "no contact" if who.address is None else None,
        }

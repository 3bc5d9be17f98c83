"""What is owed becomes reminders: which checkpoints to which people, and for which of their units."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from notifier.ledger.completions import WHOLE_TASK, Completion
from notifier.ledger.reminders import FOLDED
from notifier.ledger.tasks import TaskRecord
from notifier.ledger.upsert import Shared
from notifier.passes.setting import Setting
from notifier.passes.slots import LATE_AFTER, slot_for
from notifier.people.roster import Recipient
from notifier.people.synonyms import identity
from notifier.timing.checkpoint import Checkpoint, Kind

Silence = Mapping[str | None, set[str]]


def same_unit(name: str, setting: Setting) -> str:
    """Return what is equal for all spellings of a unit, whichever the directory lists it under at the time.

    A successor isn't its predecessor: that the one had closed a task says nothing of the other's part.
    """
    return identity(setting.directory.on(date.min).canonical(name))


def silenced(completions: Iterable[Completion], setting: Setting) -> dict[str | None, set[str]]:
    """Return what was closed (the whole task, or occurrences) by `same_unit`; None stands for every unit."""
    scopes: dict[str | None, set[str]] = {}
    for completion in completions:
        unit = None if completion.unit is None else same_unit(completion.unit, setting)
        scopes.setdefault(unit, set()).add(completion.scope)
    return scopes


def still_told(units: Iterable[str], silence: Silence, occurrence: str, setting: Setting) -> tuple[str, ...]:
    """Return those of `units` that have not closed the task or this occurrence of it."""
    if not silence:
        return tuple(units)
    over = {WHOLE_TASK, occurrence}
    if silence.get(None, set()) & over:
        return ()
    return tuple(unit for unit in units if not silence.get(same_unit(unit, setting), set()) & over)


def hears(who: Recipient, kind: Kind) -> bool:
    """Tell whether a contact is told of this kind: leaders hear of what is overdue alone, as the escalation."""
    return who.contact_role != "leader" or kind is Kind.OVERDUE


@dataclass(frozen=True, slots=True)
class Announced:
    """A checkpoint that is owed, and what its reminders have in common, and what becomes of them."""

    checkpoint: Checkpoint
    common: Shared
    reached: Shared
    unreached: Shared  # the same for who has no address


@dataclass(frozen=True, slots=True)
class Hearer:
    """Somebody whom a task names, and what the reminders to them have in common, in all their units."""

    who: Recipient
    common: Shared


def announced(
    owed: Sequence[Checkpoint], setting: Setting, now: datetime, *, slot: datetime | None
) -> tuple[Announced, ...]:
    """Return the checkpoints that a task owes, with what becomes of them.

    Of several checkpoints of one date the newest is told and the others are folded into it; what is older
    than the catch-up cap is recorded as expired. Without `slot`, each goes in its own, or late.
    """
    cap = max(setting.catch_up, LATE_AFTER)  # with no catch-up at all, what is in time still goes
    newest: dict[tuple[Kind, Any], Checkpoint] = {}
    for checkpoint in owed:
        newest[checkpoint.family, checkpoint.nominal] = checkpoint
    planned, unreachable = _becomes("planned", None), _becomes("unreachable", "no contact")
    found = []
    for checkpoint in owed:
        last = newest[checkpoint.family, checkpoint.nominal]
        common = Shared(
            {
                "checkpoint": checkpoint.key,
                "kind": checkpoint.kind.value,
                "family": checkpoint.family.value,
                "nominal": checkpoint.nominal,
                "day": checkpoint.day,
                "label": checkpoint.label,
                "provisional": checkpoint.provisional,
                "at": checkpoint.at,
                "slot": slot or slot_for(setting, checkpoint.at, now),
            }
        )
        if now - last.at >= cap:
            both = _becomes("expired", f"older than the catch-up cap of {setting.catch_up.days} days")
            found.append(Announced(checkpoint, common, both, both))
        elif checkpoint is not last:
            both = _becomes("superseded", f"{FOLDED}{last.key}")
            found.append(Announced(checkpoint, common, both, both))
        else:
            found.append(Announced(checkpoint, common, planned, unreachable))
    return tuple(found)


def _becomes(state: str, reason: str | None) -> Shared:
    return Shared({"state": state, "reason": reason})


def hearers(people: Sequence[Recipient]) -> tuple[Hearer, ...]:
    """Return the people whom a task names, with what is the same in all reminders to them."""
    return tuple([Hearer(who, _to(who, who.units)) for who in people])


def _to(who: Recipient, units: Sequence[str]) -> Shared:
    return Shared(
        {
            "contact": who.key,
            "units": list(units),
            "role": who.role.value,
            "copied": who.contact_role != "primary",
        }
    )


def told_by(
    owed: Sequence[Announced], people: Sequence[Hearer], silence: Silence, setting: Setting
) -> Iterator[tuple[Shared, Shared, Shared]]:
    """Yield the reminders of a task, in parts, but for the task itself."""
    for one in owed:
        checkpoint = one.checkpoint
        occurrence = f"{checkpoint.family}@{checkpoint.nominal}" if silence else ""
        for hearer in people:
            who, to = hearer.who, hearer.common
            if not hears(who, checkpoint.kind):
                continue
            if silence:
                if not (units := still_told(who.units, silence, occurrence, setting)):
                    continue
                to = _to(who, units)
            elif not who.units:
                continue
            yield one.common, to, one.unreached if who.address is None else one.reached


def rows_for(
    task: TaskRecord,
    owed: Sequence[Checkpoint],
    people: Sequence[Recipient],
    silence: Silence,
    setting: Setting,
    now: datetime,
    *,
    slot: datetime | None,
) -> list[dict[str, Any]]:
    """Return the reminder rows of a task's checkpoints for its people; see `announced`."""
    told = told_by(announced(owed, setting, now, slot=slot), hearers(people), silence, setting)
    return [
        {"task_id": task.id, **common.values, **to.values, **becomes.values} for common, to, becomes in told
    ]

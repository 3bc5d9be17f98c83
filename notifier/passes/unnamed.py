"""Why a task doesn't name a contact: whom it names, whose the contact is, and what comes nearest to a reason."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from difflib import get_close_matches

from notifier.ledger.tasks import TaskRecord
from notifier.passes.book import units_from_json
from notifier.passes.plan import recipients_of
from notifier.passes.setting import Setting
from notifier.people import Listing, UnitRef
from notifier.people.directory import normal

_SHOWN = 8


def unnamed(
    task: TaskRecord,
    keys: Sequence[str],
    units: Sequence[str],
    plan: Sequence[TaskRecord],
    setting: Setting,
    now: datetime,
) -> list[str]:
    """Return sentences that say why a contact of `units` isn't told of a task, the nearest reason first.

    `keys` are those under which reminders go to the contact; `plan` are the tasks of the same plan.
    """
    listing = setting.directory_at(now)
    return [
        *_nearest(task, units, listing, setting),
        f"the task names {_named(task, listing, setting) or 'no unit'}",
        f"the contact is of {_theirs(units, listing) or 'no unit of the directory'}",
        *_elsewhere(task, keys, plan, setting, now),
    ]


def _nearest(task: TaskRecord, units: Sequence[str], listing: Listing, setting: Setting) -> Iterator[str]:
    reading, named = units_from_json(task.units)
    answers = {normal(name): tuple(members) for name, members in named.items()}
    table = f'[plans.{task.plan}.tasks."{task.ref}".named]'
    for unit in units:
        if (closed := listing.closed(unit)) is not None:
            yield f"{unit} is closed since {closed} and has no successor: it is told of nothing"
        groups = {normal(group) for group in listing.groups_of(unit)}
        for ref in reading.units:
            whole = listing.whole_group(ref) if ref.open else None
            if normal(ref.name) in answers:
                if groups & {normal(ref.name), normal(whole or ref.name)}:
                    meant = "、".join(answers[normal(ref.name)]) or "nobody"
                    yield f"{unit} is of {whole or ref.name}, but {table} says that {ref.name} means {meant}"
            elif whole is not None and normal(whole) in groups and not _units(ref, listing, setting, named):
                yield (
                    f"{ref.name} names a part of {whole}, of which {unit} is, and [policy] open_groups is"
                    f" {setting.open_groups}: {table} says who is meant"
                )
    told = [unit for ref in reading.units for unit in _units(ref, listing, setting, named)]
    for ref in reading.units:
        now_called = listing.canonical(ref.name)
        if not ref.group and normal(now_called) != normal(ref.name):
            yield f"{ref.name} of the document is {now_called} by [aliases]"
    for unit in units:
        for near in get_close_matches(unit, dict.fromkeys(told), n=1, cutoff=0.6):
            yield f"near {unit} is {near}, which the task names: if they are one, [aliases] says so"
    for text in reading.unresolved:
        yield f"“{text}” can't be read as a unit: {table} says who is meant"
    if reading.open_end and "等" not in answers:
        yield f"its list of units ends with 等: {table} says who else is meant"


def _units(
    ref: UnitRef, listing: Listing, setting: Setting, named: dict[str, tuple[str, ...]]
) -> tuple[str, ...]:
    return listing.units(ref, open_groups=setting.open_groups, named=named).units


def _named(task: TaskRecord, listing: Listing, setting: Setting) -> str:
    """Return the units that a task names, groups with their members."""
    reading, named = units_from_json(task.units)
    said = []
    for ref in reading.units:
        units = _units(ref, listing, setting, named)
        if units == (ref.name,):
            said.append(ref.name)
            continue
        more = f" and {len(units) - _SHOWN} more" if len(units) > _SHOWN else ""
        said.append(f"{ref.name} ({'、'.join(units[:_SHOWN]) or 'nobody'}{more})")
    return ", ".join(said)


def _theirs(units: Sequence[str], listing: Listing) -> str:
    said = []
    for unit in units:
        groups = listing.groups_of(unit)
        said.append(f"{unit} (in {'、'.join(groups)})" if groups else unit)
    return ", ".join(said)


def _elsewhere(
    task: TaskRecord, keys: Sequence[str], plan: Sequence[TaskRecord], setting: Setting, now: datetime
) -> Iterator[str]:
    """Yield which tasks of the plan do name the contact, those of the same number or section told apart."""
    theirs = [
        other
        for other in plan
        if other.id != task.id
        and other.state != "vanished"
        and any(who.key in keys for who in recipients_of(other, setting, now))
    ]
    number = task.ref.rpartition(":")[2]
    if twins := [other for other in theirs if other.ref.rpartition(":")[2] == number]:
        listed = ", ".join(f"{other.ref} (in {other.section})" for other in twins[:_SHOWN])
        yield f"of the same number, in another section, these name the contact: {listed}"
    if beside := [other.ref for other in theirs if other.section == task.section]:
        yield f"of the section {task.section}, these name the contact: {_listed(beside)}"
    if not theirs:
        yield f"no task of plan {task.plan} names the contact"
    elif rest := [other.ref for other in theirs if other.section != task.section]:
        yield f"in other sections, these name the contact: {_listed(rest)}"


def _listed(refs: Sequence[str]) -> str:
    more = f" and {len(refs) - _SHOWN} more" if len(refs) > _SHOWN else ""
    return f"{', '.join(refs[:_SHOWN])}{more}"

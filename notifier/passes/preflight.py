"""Preflight: what needs a person before it hurts, each with the line to put into config.toml."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from notifier.intake import RowFault
from notifier.passes.book import PlanEntry, TaskEntry, unknown_overrides
from notifier.passes.setting import Setting
from notifier.timing.outline import events_named, timing_state
from notifier.timing.rule import Review
from notifier.timing.stream import stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that needs a person."""

    kind: str
    plan: str
    tasks: tuple[str, ...]
    message: str
    hint: str
    first: date | None  # the first notice that it would touch


def preflight(
    book: Sequence[PlanEntry], contact_faults: Iterable[RowFault], setting: Setting, now: datetime
) -> list[Item]:
    """Return what needs a person, the same matter of several tasks as one item, in the documents' order."""
    items: list[Item] = []
    for fault in contact_faults:
        items.append(_item("contact", message=f"{fault.where}: {fault.message}", hint="mend the row"))
    for entry in book:
        for fault in entry.document.faults:
            message = f"{fault.where}: {fault.message}"
            items.append(_item("row", entry.key, message=message, hint="mend the row in the document"))
        for ref in unknown_overrides(entry):
            message = f'[plans.{entry.key}.tasks."{ref}"]: the document has no such task'
            items.append(
                _item("override", entry.key, ref, message=message, hint="remove it, or mend its number")
            )
        for task in entry.tasks:
            items += _of_task(entry, task, setting, now)
    items += _calendar(book, setting, now)
    return _merged(items)


def _item(kind: str, plan: str = "", *refs: str, message: str, hint: str, first: date | None = None) -> Item:
    return Item(kind=kind, plan=plan, tasks=refs, message=message, hint=hint, first=first)


def _of_task(entry: PlanEntry, task: TaskEntry, setting: Setting, now: datetime) -> list[Item]:
    ref = task.row.ref
    context = setting.context(issued=entry.facts.issued, imported=now, until=entry.facts.until)
    items = []
    if isinstance(task.rule, Review):
        phrase = task.row.timing
        message = f"“{phrase}” is not understood: {task.reading.why}" if phrase else str(task.reading.why)
        # JSON's quoting is TOML's, too. A phrase that isn't there can only be answered for its task.
        table = "[timing.phrases]" if phrase else f'[plans.{entry.key}.tasks."{ref}"]'
        name = json.dumps(phrase, ensure_ascii=False) if phrase else "timing"
        answer = task.reading.suggestion or f'{name} = "due {entry.facts.issued.year + 1}-06-30"'
        hint = f"{table}\n{answer}   # or whatever it means"
        items.append(_item("review", entry.key, ref, message=message, hint=hint))
    else:
        state, why = timing_state(task.rule, context)
        if state == "waiting":
            undated = sorted(name for name in events_named(task.rule) if context.event_day(name) is None)
            lines = [f'"{name}" = 2018-01-31   # the day on which it happened' for name in undated]
            hint = "\n".join(["[events]", *lines])
            items.append(_item("waiting", entry.key, ref, message=str(why), hint=hint))
    for issue in task.roster(setting.directory_at(now), setting.open_groups).issues:
        begins = None if issue.since is None else datetime.combine(issue.since, time(), setting.policy.zone)
        upcoming = next(stream(task.rule, context, max(now, begins or now)), None)
        if upcoming is None and issue.since is not None:
            continue  # all is said before that day
        first = None if upcoming is None else upcoming.at.astimezone(setting.policy.zone).date()
        items.append(
            _item(
                issue.kind,
                entry.key,
                ref,
                message=issue.message,
                hint=issue.hint_for(entry.key, ref),
                first=first,
            )
        )
    return items


def _calendar(book: Sequence[PlanEntry], setting: Setting, now: datetime) -> list[Item]:
    today = now.astimezone(setting.policy.zone).date()
    known = setting.calendar.known_until
    if not book or today < date(known.year, 12, 1):
        return []
    message = (
        f"the State Council's notice on working days is known until {known}; days after it are provisional"
    )
    hint = f"update the holidays package, or list {known.year + 1}'s days under [calendar] off / work"
    return [_item("calendar", message=message, hint=hint, first=known)]


def _merged(items: Iterable[Item]) -> list[Item]:
    merged: dict[tuple[str, str, str], Item] = {}
    for item in items:
        key = (item.kind, item.plan, item.message)
        if (same := merged.get(key)) is None:
            merged[key] = item
        else:
            first = min((day for day in (same.first, item.first) if day is not None), default=None)
            merged[key] = Item(
                kind=same.kind,
                plan=same.plan,
                tasks=(*same.tasks, *item.tasks),
                message=same.message,
                hint=same.hint,
                first=first,
            )
    return list(merged.values())

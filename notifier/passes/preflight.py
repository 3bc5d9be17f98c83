"""Preflight: what needs a person before it hurts, each with the line to put into config.toml."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time

from notifier.intake import RowFault
from notifier.passes.almanac import almanac
from notifier.passes.book import PlanEntry, TaskEntry, unknown_overrides
from notifier.passes.item import Item, merged
from notifier.passes.setting import Setting
from notifier.timing.context import Context
from notifier.timing.notation import parse
from notifier.timing.outline import events_named, timing_state
from notifier.timing.rule import Review, Rule
from notifier.timing.stream import stream

__all__ = ["Item", "preflight"]


def preflight(
    book: Sequence[PlanEntry],
    contact_faults: Iterable[RowFault],
    refused: Mapping[str, str],
    setting: Setting,
    now: datetime,
) -> list[Item]:
    """Return what needs a person, the same matter of several tasks as one item, in the documents' order.

    `refused` holds what the mail server said of contacts whose latest mail it refused.
    """
    return merged(_items(book, contact_faults, refused, setting, now))


def _items(
    book: Sequence[PlanEntry],
    contact_faults: Iterable[RowFault],
    refused: Mapping[str, str],
    setting: Setting,
    now: datetime,
) -> Iterator[Item]:
    for fault in contact_faults:
        message = f"{fault.where}: {fault.message}"
        yield Item(kind="contact", message=message, hint="mend the row", zh=message)
    for entry in book:
        for fault in entry.document.faults:
            message = f"{fault.where}: {fault.message}"
            hint = "mend the row in the document"
            yield Item(kind="row", plan=entry.key, message=message, hint=hint, zh=message)
        for ref in unknown_overrides(entry):
            message = f'[plans.{entry.key}.tasks."{ref}"]: the document has no such task'
            hint = "remove it, or mend its number"
            zh = f'[plans.{entry.key}.tasks."{ref}"]'
            yield Item(kind="override", plan=entry.key, tasks=(ref,), message=message, hint=hint, zh=zh)
        yield from _of_tasks(entry, refused, setting, now)
    yield from almanac(book, setting, now)


def _of_tasks(
    entry: PlanEntry, refused: Mapping[str, str], setting: Setting, now: datetime
) -> Iterator[Item]:
    """Yield what needs a person in each task; tasks of one phrase and the same units are looked at once."""
    # By reading and units: of one phrase they are one object.
    known: dict[tuple[int, int], tuple[Item, ...]] = {}
    for task in entry.tasks:
        if task.named:
            yield from _of_task(entry, task, refused, setting, now)
            continue
        key = (id(task.reading), id(task.units))
        if (items := known.get(key)) is None:
            known[key] = items = tuple(_of_task(entry, task, refused, setting, now))
        for item in items:
            # Its hint may name the first of the tasks: that one's stays, once they are merged.
            yield replace(item, tasks=(task.row.ref,))


def _of_task(
    entry: PlanEntry, task: TaskEntry, refused: Mapping[str, str], setting: Setting, now: datetime
) -> Iterator[Item]:
    ref = task.row.ref
    context = entry.context(setting, now)
    state, why = timing_state(task.rule, context)
    if isinstance(task.rule, Review):
        yield _review(entry, task, context, now)
    elif state == "waiting":
        yield _waiting(entry, task, str(why), setting, now)
    roster = task.roster(setting.directory_at(now), setting.open_groups)
    for who in roster.recipients:
        if (reply := refused.get(who.key)) is not None:
            yield Item(
                kind="refused",
                plan=entry.key,
                tasks=(ref,),
                message=f"the mail server refuses {who.address} ({who.name}): {reply}",
                hint=f"mend the address in the contacts file; if the mailbox is: notifier retry {who.key}",
                zh=f"{who.address}（{who.name or '、'.join(who.units)}）：{reply}",
                about=who.key,
                first=_first(task.rule, context, now),
            )
    for issue in roster.issues:
        begins = None if issue.since is None else datetime.combine(issue.since, time(), setting.policy.zone)
        first = _first(task.rule, context, max(now, begins or now))
        if first is None and issue.since is not None:
            continue  # all is said before that day
        hint = issue.hint_for(entry.key, ref)
        yield Item(
            kind=issue.kind,
            plan=entry.key,
            tasks=(ref,),
            message=issue.message,
            hint=hint,
            zh=issue.zh,
            first=first,
        )


def _first(rule: Rule, context: Context, now: datetime) -> date | None:
    upcoming = next(stream(rule, context, now), None)
    return None if upcoming is None else context.policy.local_day(upcoming.at)


def _review(entry: PlanEntry, task: TaskEntry, context: Context, now: datetime) -> Item:
    phrase = task.row.timing
    message = f"“{phrase}” is not understood: {task.reading.why}" if phrase else str(task.reading.why)
    # A phrase that isn't there can only be answered for its task. JSON's quoting is TOML's, too.
    table = "[timing.phrases]" if phrase else f'[plans.{entry.key}.tasks."{task.row.ref}"]'
    name = json.dumps(phrase, ensure_ascii=False) if phrase else "timing"
    answer = task.reading.suggestion or f'{name} = "due {entry.facts.issued.year + 1}-06-30"'
    supposed = parse(json.loads(answer.rpartition(" = ")[2])) if task.reading.suggestion else None
    return Item(
        kind="review",
        plan=entry.key,
        tasks=(task.row.ref,),
        message=message,
        hint=f"{table}\n{answer}   # or whatever it means",
        zh=f"“{phrase}”" if phrase else "未写时限",
        first=None if supposed is None else _first(supposed, context, now),
    )


def _waiting(entry: PlanEntry, task: TaskEntry, why: str, setting: Setting, now: datetime) -> Item:
    """Return the item of a task that counts from what nobody has dated: today is the earliest it can be."""
    today = setting.policy.local_day(now)
    context = entry.context(setting, now)
    undated = sorted(name for name in events_named(task.rule) if context.event_day(name) is None)
    named = [
        f"{json.dumps(name, ensure_ascii=False)} = {today}   # its day; or: notifier event {name} {today}"
        for name in undated
    ]
    supposed = setting.with_days({**setting.recorded, **dict.fromkeys(undated, today)})
    happened = entry.context(supposed, now)
    return Item(
        kind="waiting",
        plan=entry.key,
        tasks=(task.row.ref,),
        message=why,
        hint="\n".join(["[events]", *named]),
        zh=f"“{task.row.timing}”，须先有下列事件的日期：{'、'.join(undated) or why}",
        first=_first(task.rule, happened, now),
    )

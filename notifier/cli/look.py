"""Tasks and digests as ops see them, as plain values."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import click

from notifier.app import App
from notifier.cli.frame import the_ledger
from notifier.cli.resting import told_resting
from notifier.errors import NotifierError
from notifier.ledger import tasks
from notifier.ledger.completions import WHOLE_TASK, Completion, completions_in_force
from notifier.ledger.suspended import Suspended, suspended
from notifier.ledger.tasks import TaskRecord
from notifier.passes.book import PlanEntry, TaskEntry
from notifier.passes.compare import compare, rule_in_force
from notifier.passes.matching import match
from notifier.rehearsal import Sent, units_of
from notifier.report.page import as_page
from notifier.timing.context import Context
from notifier.timing.outline import light, timing_state
from notifier.timing.rule import Rule
from notifier.timing.stream import stream


def digest_view(lines: Sequence[Sent]) -> dict[str, Any]:
    """Return one mail as plain values."""
    return {
        "slot": lines[0].sent_at.isoformat(),
        "contact": lines[0].address,
        "units": units_of(lines),
        "reminders": [
            {"plan": line.plan, "task": line.task, "kind": line.kind, "nominal_day": line.nominal.isoformat()}
            for line in lines
        ],
    }


def open_in_browser(html: str) -> None:
    """Show a mail's HTML part as a page, and say where it is; NotifierError when no browser starts."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".html", delete=False) as file:
        file.write(as_page(html))
    if click.launch(file.name) != 0:
        raise NotifierError(f"no browser could be started; the page is {file.name}")
    click.echo(f"the page is {file.name}", err=True)


def task_views(app: App, now: datetime) -> list[dict[str, Any]]:
    """Return every task of the listed documents as plain values, in the documents' order.

    What the ledger knows (closed, next checkpoint's mark) counts where there is a ledger; without one, a task
    counts as imported now.
    """
    known = known_tasks(app)
    return [task_view(app, *one, known, now) for one in listed_tasks(app, known)]


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds: the tasks by plan, and by task what was closed and what rests for all units."""

    tasks: Mapping[str, Sequence[TaskRecord]] = field(default_factory=dict)
    closed: Mapping[int, Sequence[Completion]] = field(default_factory=dict)
    resting: Mapping[int, Sequence[Suspended]] = field(default_factory=dict)


def known_tasks(app: App) -> Known:
    """Return what the ledger holds; nothing without one."""
    with the_ledger(app.config) as engine:
        if engine is None:
            return Known()
        with engine.begin() as db:
            everything = tasks.tasks_of(db)
            closed = completions_in_force(db)
            resting = suspended(db)
    known: dict[str, list[TaskRecord]] = {}
    for task in everything:
        known.setdefault(task.plan, []).append(task)
    whole = {task: [one for one in some if one.unit is None] for task, some in resting.items()}
    return Known(known, closed, whole)


def listed_tasks(app: App, known: Known) -> Iterator[tuple[PlanEntry, TaskEntry, TaskRecord | None]]:
    """Yield the tasks of the listed documents in their order, each with its record, if there is one."""
    for entry in app.book:
        # A document that changed since the ledger saw it may have moved the numbers.
        records = match(known.tasks.get(entry.key, []), [task.row for task in entry.tasks])
        for task, record in zip(entry.tasks, records, strict=True):
            yield entry, task, record


def changes_of(app: App) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return, by plan that the ledger holds already, how its document differs: what a reload would adopt."""
    known = known_tasks(app).tasks
    found = {}
    for entry in app.book:
        if entry.key not in known:
            continue
        now = compare(known[entry.key], entry, app.setting)
        changes: dict[str, list[dict[str, Any]]] = {
            "new": [{"ref": task.row.ref, "text": task.row.text} for _, task in now.new],
            "changed": [
                {
                    "ref": change.values["ref"],
                    "was": change.old.ref,
                    "differs": list(change.told),
                    "text": change.values["text"],
                    "override_left_behind": change.old.ref != change.values["ref"]
                    and change.old.ref in entry.facts.tasks,
                }
                for change in now.told
            ],
            "vanished": [{"ref": task.ref, "text": task.text} for task in now.vanished],
        }
        if any(changes.values()):
            found[entry.key] = changes
    return found


def task_view(
    app: App, entry: PlanEntry, task: TaskEntry, record: TaskRecord | None, known: Known, now: datetime
) -> dict[str, Any]:
    """Return one task as plain values."""
    closed = known.closed.get(record.id, ()) if record else ()
    resting = known.resting.get(record.id, ()) if record else ()
    context = entry.context(
        app.setting,
        record.imported if record else now,
        completed=record.completed if record else None,
    )
    state = record.state if record and record.state != "vanished" else "open"
    rule = rule_in_force(task, record)
    timing, why = timing_state(rule, context)
    over = {completion.scope for completion in closed if completion.unit is None}
    following = None
    if timing == "ok" and state == "open" and WHOLE_TASK not in over:
        following = next(
            (cp for cp in stream(rule, context, now) if f"{cp.family}@{cp.nominal}" not in over), None
        )
    if timing == "review":
        why = task.reading.why
    elif following is None and state == "open" and why is None:
        why = "no checkpoint lies ahead"
    elif record is not None and resting:
        why = "; ".join(told_resting(one, app.config.zone) for one in resting)
    return {
        "plan": entry.key,
        "ref": task.row.ref,
        "section": task.row.section,
        "text": task.row.text,
        "timing": task.row.timing,
        "rule": str(rule),
        "state": state,
        "timing_state": timing,
        "why": why,
        "light": _light(rule, context, now, state, over),
        "next": following
        and {
            "kind": following.kind.value,
            "at": following.at.astimezone(app.config.zone).isoformat(),
        },
        "units": [unit.name for unit in task.units.units],
        **({"extended": moved} if (moved := _moved(rule, task, record)) else {}),
    }


def _moved(rule: Rule, task: TaskEntry, record: TaskRecord | None) -> list[dict[str, str]]:
    if record is None or rule is task.rule:
        return []
    return [{"original": original, "due": day} for day, original in (record.moved or {}).items()]


def _light(rule: Rule, context: Context, now: datetime, state: str, over: set[str]) -> str | None:
    if state in ("done", "suspended"):
        return "green" if state == "done" else None
    shown = light(rule, context, now)
    return "green" if shown == "red" and over else shown

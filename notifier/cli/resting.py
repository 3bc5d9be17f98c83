"""What ops are shown of tasks that rest or have more time."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from notifier.app import App
from notifier.cli.frame import the_ledger
from notifier.ledger import tasks
from notifier.ledger.extended import extended
from notifier.ledger.suspended import Suspended, suspended

Lives = dict[str, list[dict[str, Any]]]


def told_resting(one: Suspended, zone: ZoneInfo) -> str:
    """Say by whom and until when a task is suspended, and why."""
    until = f" until {one.until.astimezone(zone):%Y-%m-%d}" if one.until else ""
    note = f": {one.note}" if one.note else ""
    return f"suspended by {one.by} on {one.at.astimezone(zone):%Y-%m-%d}{until}{note}"


def lives_of(db: Connection, zone: ZoneInfo) -> Lives:
    """Return the tasks of plans in force that are suspended or extended, as plain values; times in `zone`."""
    resting, longer = suspended(db), extended(db)
    if not resting and not longer:
        return {"suspended_tasks": [], "extended_tasks": []}

    def local(moment: datetime | None) -> str | None:
        return None if moment is None else moment.astimezone(zone).isoformat(timespec="seconds")

    found = tasks.listed_tasks(db, {*resting, *longer}).values()
    in_order = sorted(found, key=lambda task: (task.plan_id, task.position))
    listed = [task for task in in_order if task.state != "vanished"]
    return {
        "suspended_tasks": [
            {
                "plan": task.plan,
                "ref": task.ref,
                "unit": one.unit,
                "by": one.by,
                "since": local(one.at),
                "until": local(one.until),
                "note": one.note,
            }
            for task in listed
            for one in resting.get(task.id, ())
        ],
        "extended_tasks": [
            {
                "plan": task.plan,
                "ref": task.ref,
                "due": one.day.isoformat(),
                "original": one.original.isoformat(),
                "by": one.by,
                "at": local(one.at),
                "note": one.note,
            }
            for task in listed
            for one in longer.get(task.id, ())
            if one.day != one.original
        ],
    }


def lines_of_lives(found: Lives) -> list[str]:
    """Return a line for people on each task that is suspended or extended."""
    lines = []
    for task in found["suspended_tasks"]:
        whom = f" for {task['unit']}" if task["unit"] else ""
        until = f" until {task['until'][:10]}" if task["until"] else ""
        told = f"{task['plan']}/{task['ref']}{whom}{until}, by {task['by']} on {task['since'][:10]}"
        lines.append(f"  suspended  task {told}" + (f": {task['note']}" if task["note"] else ""))
    for task in found["extended_tasks"]:
        told = (
            f"{task['plan']}/{task['ref']} due {task['due']}, originally {task['original']}, by {task['by']}"
        )
        lines.append(f"  extended   task {told}" + (f": {task['note']}" if task["note"] else ""))
    return lines


def lives_on_record(app: App) -> list[str]:
    """Return these lines for what the ledger has on record; none without a ledger."""
    with the_ledger(app.config) as engine:
        if engine is None:
            return []
        with engine.begin() as db:
            return lines_of_lives(lives_of(db, app.config.zone))

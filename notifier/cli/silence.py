"""Why a contact is told nothing, in a line for each reason."""

from collections.abc import Iterable
from datetime import datetime

from notifier.app import App
from notifier.cli.look import known_tasks, listed_tasks, task_view
from notifier.ledger.completions import WHOLE_TASK, Completion

_NAMED = 6


def why_silent(app: App, address: str, now: datetime) -> list[str]:
    """Return why no digest for this address lies ahead, by the tasks that name its units as things stand at `now`."""
    known, listing = known_tasks(app), app.setting.directory_at(now)
    reasons: dict[str, list[str]] = {}
    for entry, task, record in listed_tasks(app, known):
        people = task.roster(listing, app.setting.open_groups).recipients
        who = next((one for one in people if one.key == address.lower()), None)
        if who is None:
            continue
        view = task_view(app, entry, task, record, known, now)
        over = _closed(known.closed.get(record.id, ()) if record else ())
        if view["state"] != "open":
            why = f"{view['state']}"
        elif over >= set(who.units):
            why = f"closed for {'、'.join(who.units)}"
        elif view["next"] is None:
            why = str(view["why"])
        elif who.contact_role == "leader":
            why = "a leader hears of what is overdue alone"
        else:
            why = f"the next {view['next']['kind']} is on {view['next']['at'][:10]}"
        name = f"{entry.key}/{task.row.ref}" if len(app.book) > 1 else task.row.ref
        reasons.setdefault(why, []).append(name)
    if not reasons:
        units = dict.fromkeys(
            contact.unit for contact in app.people.contacts if contact.address.lower() == address.lower()
        )
        return [f"no task names {'、'.join(units)}"]
    return [f"{_tasks(refs)}: {why}" for why, refs in reasons.items()]


def _closed(completions: Iterable[Completion]) -> set[str]:
    """Return the units for which the whole task is closed."""
    return {one.unit for one in completions if one.unit is not None and one.scope == WHOLE_TASK}


def _tasks(refs: list[str]) -> str:
    more = f" and {len(refs) - _NAMED} more" if len(refs) > _NAMED else ""
    return f"task{'s' if len(refs) > 1 else ''} {', '.join(refs[:_NAMED])}{more}"

"""Why a contact is told nothing, in a line for each reason."""

from collections.abc import Iterator
from datetime import datetime

from notifier.app import App
from notifier.cli.look import known_tasks, task_views
from notifier.ledger.completions import WHOLE_TASK
from notifier.people.roster import Recipient

_NAMED = 6


def why_silent(app: App, address: str, now: datetime) -> list[str]:
    """Return why no digest for this address lies ahead, by the tasks that name its units as things stand at `now`."""
    named = dict(_named(app, address, now))
    if not named:
        units = dict.fromkeys(
            contact.unit for contact in app.people.contacts if contact.address.lower() == address.lower()
        )
        return [f"no task names {'、'.join(units)}"]
    closed = _closed(app)
    reasons: dict[str, list[str]] = {}
    for view in task_views(app, now):
        key = view["plan"], view["ref"]
        if (who := named.get(key)) is None:
            continue
        if view["state"] != "open":
            why = f"{view['state']}"
        elif closed.get(key, set()) >= set(who.units):
            why = f"closed for {'、'.join(who.units)}"
        elif view["next"] is None:
            why = str(view["why"])
        elif who.contact_role == "leader":
            why = "a leader hears of what is overdue alone"
        else:
            why = f"the next {view['next']['kind']} is on {view['next']['at'][:10]}"
        reasons.setdefault(why, []).append(f"{key[0]}/{key[1]}" if len(app.book) > 1 else key[1])
    return [f"{_tasks(refs)}: {why}" for why, refs in reasons.items()]


def _named(app: App, address: str, now: datetime) -> Iterator[tuple[tuple[str, str], Recipient]]:
    listing = app.setting.directory_at(now)
    for entry in app.book:
        for task in entry.tasks:
            for who in task.roster(listing, app.setting.open_groups).recipients:
                if who.key == address.lower():
                    yield (entry.key, task.row.ref), who


def _closed(app: App) -> dict[tuple[str, str], set[str]]:
    """Return the units for which a task is closed as a whole, by plan and ref."""
    known, completions, _ = known_tasks(app)
    return {
        (plan, record.ref): {
            one.unit
            for one in completions.get(record.id, ())
            if one.unit is not None and one.scope == WHOLE_TASK
        }
        for plan, records in known.items()
        for record in records
    }


def _tasks(refs: list[str]) -> str:
    more = f" and {len(refs) - _NAMED} more" if len(refs) > _NAMED else ""
    return f"task{'s' if len(refs) > 1 else ''} {', '.join(refs[:_NAMED])}{more}"

"""What a reload would change of the reminders ahead, for `check --diff`."""

from itertools import groupby
from typing import Any

import click

from notifier.app import App
from notifier.cli.frame import the_ledger
from notifier.gate import UNREADABLE, compare, is_surprise, recall
from notifier.ledger import in_force
from notifier.passes.foresight import DAYS, Difference

_SHOWN = 5  # reminders of a contact; the JSON has them all


def difference(app: App) -> dict[str, Any] | None:
    """Return, as plain values, what adopting an app would change in 90 days.

    None where nothing is in force yet, or only what this release can't read any more: a reload compares nothing then.
    """
    with the_ledger(app.config) as engine:
        if engine is None:
            return None
        with engine.begin() as db:
            stood = in_force.what_is_in_force(db)
        if stood is None:
            return None
        try:
            old = recall(stood, app)
        except UNREADABLE:
            return None
        found: list[Difference] = []
        counts = compare(engine, old, app, found.append)
    found.sort(key=lambda one: one.contact)  # and task by task within
    return {
        "days": DAYS,
        "since": stood.since.astimezone(app.config.zone).isoformat(timespec="seconds"),
        "reminders": counts.before,
        "added": counts.added,
        "dropped": counts.dropped,
        "moved": counts.moved,
        "held": is_surprise(counts, old.config.service.surprise_limit),
        "contacts": [
            _of_contact(contact, list(lines))
            for contact, lines in groupby(found, key=lambda one: one.contact)
        ],
    }


def _of_contact(contact: str, lines: list[Difference]) -> dict[str, Any]:
    def those(*, was: bool, day: bool) -> list[dict[str, Any]]:
        return [
            {
                "plan": one.plan,
                "task": one.ref,
                "kind": one.kind,
                **({"was": str(one.was)} if was else {}),
                **({"day": str(one.day)} if day else {}),
            }
            for one in lines
            if (one.was is not None, one.day is not None) == (was, day)
        ]

    return {
        "contact": contact,
        "added": those(was=False, day=True),
        "dropped": those(was=True, day=False),
        "moved": those(was=True, day=True),
    }


def print_difference(found: dict[str, Any] | None) -> None:
    """Print what a reload would change, contact by contact."""
    if found is None:
        click.echo("\nNothing is in force that a reload could be compared with.")
        return
    click.secho(f"\nWhat a reload changes in the next {found['days']} days, contact by contact:", bold=True)
    for one in found["contacts"]:
        counts = f"+{len(one['added'])} −{len(one['dropped'])} moved {len(one['moved'])}"
        click.echo(f"  {one['contact']}: {counts}")
        lines = [
            *(f"+ {_named(line)} on {line['day']}" for line in one["added"]),
            *(f"− {_named(line)} on {line['was']}" for line in one["dropped"]),
            *(f"~ {_named(line)} from {line['was']} to {line['day']}" for line in one["moved"]),
        ]
        for line in lines[:_SHOWN]:
            click.echo(f"      {line}")
        if len(lines) > _SHOWN:
            click.echo(f"      and {len(lines) - _SHOWN} more: --json has them")
    click.echo(
        f"{found['added']} added, {found['dropped']} dropped, {found['moved']} moved, of {found['reminders']} reminders"
        + ("; a reload is held until `notifier confirm`" if found["held"] else "")
    )


def _named(line: dict[str, Any]) -> str:
    return f"{line['plan']}/{line['task']} {line['kind']}"

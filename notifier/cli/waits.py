"""A word beside what is shown of the files, where the daemon goes by others."""

import click

from notifier.app import App
from notifier.cli.frame import the_ledger
from notifier.gate import fingerprint
from notifier.ledger import in_force


def note_if_it_waits(app: App) -> None:
    """Say on stderr that what follows isn't what the daemon does, where the configuration of an app is held."""
    with the_ledger(app.config) as engine:
        if engine is None:
            return
        with engine.begin() as db:
            waits = {one.fingerprint for one in in_force.waiting(db) if one.confirmed is None}
    if waits and fingerprint(app) in waits:
        click.echo(
            "note: this configuration waits for `notifier confirm`, and the daemon goes by the one of before: "
            "`notifier check --diff` tells them apart",
            err=True,
        )

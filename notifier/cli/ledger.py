"""`ledger`: what is done with the ledger as a file and as a book."""

from pathlib import Path

import click

from notifier.cli.export import export
from notifier.cli.frame import the_config
from notifier.cli.owner import act_as_owner
from notifier.cli.verify import verify
from notifier.clock import utc_now
from notifier.ledger import keeping


@click.group()
def ledger() -> None:
    """Export the ledger, verify it, or back it up."""


ledger.add_command(export)
ledger.add_command(verify)


@ledger.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def backup(ctx: click.Context, file: Path) -> None:
    """Copy the ledger to FILE, or into a folder under the name of the moment, while the daemon runs.

    The copy is as last committed, whole, and readable by its owner alone. A file that is there is never overwritten.
    """
    config = the_config(ctx)
    file = file.absolute()
    act_as_owner(config)
    made = keeping.back_up(config.database, file, utc_now())
    click.echo(f"{made}: {made.stat().st_size} octets")

"""`migrate-to`: the ledger of one machine becomes one for many."""

from pathlib import Path

import click

from notifier.cli.frame import the_config
from notifier.cli.owner import act_as_owner
from notifier.clock import utc_now
from notifier.database import Server
from notifier.errors import UsageError


@click.command()
@click.argument("url")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The server's password; without it libpq looks in $PGPASSFILE and ~/.pgpass.",
)
@click.pass_context
def migrate_to(ctx: click.Context, url: str, password_file: Path | None) -> None:
    """Move the ledger from its file to URL, an empty database: postgresql+psycopg://USER@HOST/NAME.

    The daemon must be stopped. All arrives or nothing; afterwards no daemon starts on the file any more.
    """
    from notifier.config.credential import read_credential
    from notifier.ledger.hold import hold
    from notifier.ledger.moving import move

    _check(url)
    config = the_config(ctx)
    path = config.database
    password = None
    if password_file is not None:
        password = read_credential(config, password_file.absolute(), "--password-file")
    act_as_owner(config)
    with hold(path):
        tallies = move(path, Server(url, password), utc_now())
    for name, tally in tallies.items():
        click.echo(f"  {name:<12} {tally.rows:>9} rows, checksum {tally.checksum >> 192:016x}")
    click.echo(f"{path}: moved to {url}; every table was counted and compared")
    click.echo("Now write into [service] of config.toml, on every host:")
    click.echo(f'  database = "{url}"')
    if password_file is not None:
        click.echo(f'  database_password_file = "{password_file}"')
    click.echo('  engine = "cluster"')


def _check(url: str) -> None:
    from notifier.config.database import database_url, is_file

    try:
        database_url(url)
    except ValueError as error:
        raise UsageError(str(error).replace("service.database_password_file", "--password-file")) from None
    if is_file(url):
        raise UsageError("a ledger is moved to a server: postgresql+psycopg://USER@HOST/NAME")

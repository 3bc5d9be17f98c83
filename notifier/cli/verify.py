"""`ledger verify`: whether the chain of events holds, and reminders and mails agree."""

import re

import click

from notifier.cli.frame import as_json, made, say_json, the_ledger, the_service
from notifier.errors import UsageError
from notifier.ledger.agreement import disagreements
from notifier.ledger.chain import walk
from notifier.ledger.engine import only_reading

_HASH = re.compile("[0-9a-f]{64}")


@click.command()
@click.option("--expect", metavar="HASH", help="The hash of a head that was written down before.")
@as_json
@click.pass_context
def verify(ctx: click.Context, expect: str | None, as_json: bool) -> None:
    """Whether anybody changed the past: computes the chain of events anew, while the daemon runs; ends with 1 if so.

    It prints the hash of the newest link. Write it down where nobody who can write the ledger can reach it, and name it
    with --expect the next time: without that, who rewrites every hash goes unseen.
    """
    if expect is not None and not _HASH.fullmatch(expect := expect.strip().lower()):
        raise UsageError(f"--expect {expect}: a hash has 64 digits from 0 to f")
    config, _ = the_service(ctx)
    with the_ledger(config) as engine, only_reading(made(engine)).begin() as db:
        found = walk(db, expect)
        faults = [*found.faults, *disagreements(db)]
    head = found.head
    if as_json:
        say_json(
            {
                "ok": not faults,
                "chained": 0 if head is None else head.link,
                "not_yet_chained": found.unlinked,
                "head": None if head is None else head.hash,
                "expected_link": found.expected,
                "faults": faults,
            }
        )
    else:
        for fault in faults:
            click.echo(fault)
        click.echo(f"{'NOT well' if faults else 'well'}: {head.link if head else 0} events chained")
        if found.unlinked:
            click.echo(f"  not yet chained: {found.unlinked}, which the next plan pass does")
        if expect is not None and found.expected is not None:
            click.echo(f"  the hash expected is that of link {found.expected}")
        if head is not None:
            click.echo(
                f"  head: {head.hash} (link {head.link}, {head.at.astimezone(config.zone):%Y-%m-%d %H:%M:%S})"
            )
    if faults:
        ctx.exit(1)

"""`done` and `reopen`: the state of a task."""

import getpass

import click
from sqlalchemy import Engine

from notifier.cli.frame import the_app, the_ledger
from notifier.errors import NotifierError
from notifier.ledger.tasks import WHOLE_TASK
from notifier.passes import closing

_unit = click.option("--unit", help="Only for this unit; the others are still told.")


@click.command()
@click.argument("task")
@_unit
@click.option("--report", metavar="PERIOD", help="Only the report of a period, such as 2017-Q4 or 2017-12.")
@click.pass_context
def done(ctx: click.Context, task: str, unit: str | None, report: str | None) -> None:
    """Close TASK (`7`, `2:7`, `7.2`, or `plan/7`): nobody is told of it any more."""
    app = the_app(ctx)
    with the_ledger(app.config) as engine:
        closed = closing.close(
            _made(engine), task, app.setting, app.clock(), by=_who(), unit=unit, report=report
        )
    whom = f" for {'、'.join(closed.units)}" if closed.units else ""
    what = f"closed{whom}"
    if closed.scope != WHOLE_TASK:
        what = f"{closed.scope} received or closed{whom}; the rest goes on"
    click.echo(f"{closed.task.plan}/{closed.task.ref}: {what}")


@click.command()
@click.argument("task")
@_unit
@click.option("--report", metavar="PERIOD", help="Only that the report of a period was received.")
@click.pass_context
def reopen(ctx: click.Context, task: str, unit: str | None, report: str | None) -> None:
    """Take back what was closed for TASK; planning goes on from now. Reports once received stay received."""
    app = the_app(ctx)
    with the_ledger(app.config) as engine:
        found = closing.reopen(
            _made(engine), task, app.setting, app.clock(), by=_who(), unit=unit, report=report
        )
    click.echo(f"{found.plan}/{found.ref}: open again{' for ' + unit if unit else ''}")


def _made(engine: Engine | None) -> Engine:
    if engine is None:
        raise NotifierError("there is no ledger yet: `notifier run` makes it")
    return engine


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"

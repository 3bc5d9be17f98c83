"""`done` and `reopen`: the state of a task; `event`: the day from which tasks count."""

from datetime import date

import click

from notifier.cli.frame import DAY, made, the_app, the_ledger, who
from notifier.errors import UsageError
from notifier.ledger.completions import WHOLE_TASK
from notifier.passes import closing
from notifier.passes.happening import counts_from, happened

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
            made(engine), task, app.setting, app.clock(), by=who(), unit=unit, report=report
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
            made(engine), task, app.setting, app.clock(), by=who(), unit=unit, report=report
        )
    click.echo(f"{found.plan}/{found.ref}: open again{' for ' + unit if unit else ''}")


@click.command()
@click.argument("name")
@click.argument("day", type=DAY, required=False)
@click.option("--forget", is_flag=True, help="Take back the day that was recorded.")
@click.pass_context
def event(ctx: click.Context, name: str, day: date | None, forget: bool) -> None:
    """Record the DAY (2018-08-31) on which NAME happened; tasks that count from it are planned anew.

    NAME is what a rule calls it, with or without `event:`. The record wins over [events] in config.toml.
    """
    if (day is None) != forget:
        raise UsageError("give the day on which it happened, or --forget to take the recorded one back")
    app = the_app(ctx)
    with the_ledger(app.config) as engine:
        found = happened(made(engine), name, day, app.setting, app.clock(), by=who())
    refs = "、".join(f"{task.plan}/{task.ref}" for task in found if counts_from(task, name))
    held = "、".join(f"{task.plan}/{task.ref}" for task in found if not counts_from(task, name))
    told = f"happened on {day}" if day else "has no recorded day any more"
    click.echo(f"{name} {told}; counting from it: {refs or 'no task'}")
    if held:
        click.echo(f"  extended, so that their day stays as it is: {held}")

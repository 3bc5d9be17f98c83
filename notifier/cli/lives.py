"""`suspend`, `resume` and `extend`: a task rests for a while, or has more time."""

from datetime import date

import click

from notifier.cli.frame import DAY, made, the_app, the_ledger, who
from notifier.passes import extending, suspending

_note = click.option("--note", default="", metavar="TEXT", help="Why; kept on record.")


@click.command()
@click.argument("task")
@click.option("--unit", help="Only for this unit; the others are still told.")
@click.option("--until", type=DAY, help="The day from which on it is told of again, by itself.")
@_note
@click.pass_context
def suspend(ctx: click.Context, task: str, unit: str | None, until: date | None, note: str) -> None:
    """Let TASK rest: nobody is told of it until `notifier resume`, or the day given; what waits is withdrawn.

    What falls due meanwhile is never made up for.
    """
    app = the_app(ctx)
    with the_ledger(app.config) as engine:
        found = suspending.suspend(
            made(engine), task, app.setting, app.clock(), by=who(), unit=unit, until=until, note=note
        )
    whom = f" for {found.unit}" if found.unit else ""
    ends = f"until {until}" if until else "until `notifier resume`"
    withdrawn = f"; {_reminders(found.withdrawn)} withdrawn" if found.withdrawn else ""
    click.echo(f"{found.task.plan}/{found.task.ref}: suspended{whom} {ends}{withdrawn}")


@click.command()
@click.argument("task")
@click.option("--unit", help="Only for this unit.")
@click.pass_context
def resume(ctx: click.Context, task: str, unit: str | None) -> None:
    """Go on with TASK, which was suspended: it is planned from now on.

    What fell due meanwhile isn't sent in a burst: it is on record as expired.
    """
    app = the_app(ctx)
    with the_ledger(app.config) as engine:
        found = suspending.resume(made(engine), task, app.setting, app.clock(), by=who(), unit=unit)
    click.echo(f"{found.task.plan}/{found.task.ref}: goes on{f' for {unit}' if unit else ''} from now")
    if found.passed:
        click.echo(f"  not made up: {_reminders(found.passed)} that fell due meanwhile")
    moment = found.next_at and found.next_at.astimezone(app.config.zone)
    click.echo(f"  next notice: {f'{moment:%Y-%m-%d %H:%M}' if moment else 'none lies ahead'}")


@click.command()
@click.argument("task")
@click.argument("day", type=DAY)
@click.option("--due", type=DAY, help="The due day that is moved, where the task has several.")
@_note
@click.pass_context
def extend(ctx: click.Context, task: str, day: date, due: date | None, note: str) -> None:
    """Move the due day of TASK to DAY (2018-09-30), for all its units; mails tell the original one as well.

    What waits for the old day is withdrawn, and the leads of the new one that are still ahead go. The extension
    stands until the document itself has another phrase for the task.
    """
    app = the_app(ctx)
    with the_ledger(app.config) as engine:
        found = extending.extend(
            made(engine), task, day, app.setting, app.clock(), by=who(), due=due, note=note
        )
    was = f", extended to {found.was} before" if found.was != found.original else ""
    click.echo(f"{found.task.plan}/{found.task.ref}: due {found.day}, originally {found.original}{was}")
    if found.withdrawn:
        click.echo(f"  withdrawn: {_reminders(found.withdrawn)} of {found.was}")
    if found.task.state == "suspended":
        until = found.rests_until and found.rests_until.astimezone(app.config.zone).date()
        click.echo(f"  it is suspended: nobody is told until {until or '`notifier resume`'}")
        return
    moment = found.task.next_at and found.task.next_at.astimezone(app.config.zone)
    click.echo(f"  next notice: {f'{moment:%Y-%m-%d %H:%M}' if moment else 'none lies ahead'}")


def _reminders(count: int) -> str:
    return "1 reminder" if count == 1 else f"{count} reminders"

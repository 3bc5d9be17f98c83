"""`rehearse`: the real passes over a span of days, into a Maildir, a report and a list of reminders."""

import sys
import time
from datetime import date, datetime
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TextColumn

from notifier.cli.frame import DAY, as_json, day_end, say_json, the_app
from notifier.cli.resting import lives_on_record
from notifier.errors import UsageError
from notifier.rehearsal import Nowhere, day_start, fresh_folder, write_reminders
from notifier.rehearsal import rehearse as simulate
from notifier.report.pages import write_report


@click.command()
@click.option(
    "--from", "start", type=DAY, required=True, help="The first day; the plans count as imported then."
)
@click.option("--to", "end", type=DAY, required=True, help="The last day.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where mails and report go.")
@click.option("--all-done", is_flag=True, help="Close every task on its due date.")
@as_json
@click.pass_context
def rehearse(
    ctx: click.Context, start: date, end: date, out: Path | None, all_done: bool, as_json: bool
) -> None:
    """The same passes on a simulated clock, both days included: every mail into a Maildir, plus an HTML report.

    Without --out no more mails are composed than show a fault of the templates: the first to each contact, the first of
    each form, any longer than all before, and all like one that failed.
    """
    app = the_app(ctx)
    if end < start:
        raise UsageError(f"--to {end} lies before --from {start}")
    first, last = day_start(app, start), day_end(app, end)
    begun = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[mails]} mails"))
    with Progress(*columns, transient=True, disable=as_json or not sys.stderr.isatty()) as bar:
        job = bar.add_task(f"{start}", total=(last - first).total_seconds(), mails=0)

        def show(now: datetime, mails: int) -> None:
            day = now.astimezone(app.config.zone)
            bar.update(
                job, completed=(now - first).total_seconds(), description=f"{day:%Y-%m-%d}", mails=mails
            )

        transport = Nowhere() if out is None else fresh_folder(out, app)
        found = simulate(app, first, last, transport, all_done=all_done, progress=show)
    if out is not None:
        write_reminders(found, out / "reminders.csv")
        write_report(app, found, out, start, end, all_done=all_done)
    seconds = round(time.monotonic() - begun, 2)
    if as_json:
        say_json(
            {
                "tasks": found.tasks,
                "contacts": found.contacts,
                "digests": found.digests,
                "reminders": len(found.sent),
                "unreachable": list(found.unreachable),
                "review": list(found.review),
                "seconds": seconds,
            }
        )
        return
    click.echo(f"Rehearsed {start} to {end}{', every task closed on its due date' if all_done else ''}:")
    click.echo(
        f"  {found.tasks} tasks, {found.contacts} contacts, {found.digests} digests, "
        f"{len(found.sent)} reminders, {seconds} s"
    )
    if found.unreachable:
        click.echo(f"  nobody to tell at: {'、'.join(found.unreachable)}")
    if found.review:
        click.echo(f"  to be read by a person: {', '.join(found.review)}")
    for told in lives_on_record(app):
        click.echo(told)
    if out is not None:
        click.echo(f"  every mail and a calendar of them: {out / 'index.html'}")
        click.echo(f"  one line a reminder:               {out / 'reminders.csv'}")
        click.echo(f"  the mails themselves (a Maildir):  {out / 'mail'}")

"""`agenda` and `preview`: what will happen, on the real passes and a simulated clock."""

import email
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from email import policy
from email.message import EmailMessage

import click

from notifier.app import App
from notifier.cli.frame import DAY, as_json, day_end, say_json, the_app, when
from notifier.cli.look import digest_view, open_in_browser
from notifier.cli.named import address_of, plans_meant, tasks_meant, told_alone, units_meant
from notifier.cli.ops import show_ops_mail, show_summary
from notifier.cli.resting import lives_on_record
from notifier.cli.silence import why_silent
from notifier.cli.waits import note_if_it_waits
from notifier.errors import UsageError
from notifier.mail.transport import Outgoing
from notifier.rehearsal import Nowhere, Rehearsal, Sent, by_mail, day_start, units_of
from notifier.rehearsal import rehearse as simulate
from notifier.report.page import as_page

_MONTH = timedelta(days=31)
_YEAR = timedelta(days=400)
_HEADERS = ("From", "To", "Subject", "Date")
_FEW = 3


@click.command()
@click.option("--from", "start", type=DAY, help="The first day (default: today).")
@click.option("--to", "end", type=DAY, help="The last day (default: a month later).")
@click.option("--contact", help="Only what this contact is told: an address, a name, or a unit with one.")
@click.option("--unit", "units", multiple=True, help="Only reminders of this unit, or of a group's units.")
@click.option("--task", "tasks", multiple=True, help="Only reminders of this task: 7, or plan/7.")
@click.option("--plan", "plans", multiple=True, help="Only reminders of this plan.")
@as_json
@click.pass_context
def agenda(
    ctx: click.Context,
    start: date | None,
    end: date | None,
    contact: str | None,
    units: tuple[str, ...],
    tasks: tuple[str, ...],
    plans: tuple[str, ...],
    as_json: bool,
) -> None:
    """Who will be told what, when, without sending.

    From today on it goes on from a copy of the ledger; from a day in the past it counts as a first import on that day.
    """
    app = the_app(ctx)
    note_if_it_waits(app)
    now = app.clock()
    wanted = now if start is None else day_start(app, start)
    last = wanted + _MONTH if end is None else day_end(app, end)
    if end is not None and last < wanted:
        raise UsageError(f"--to {end} lies before {f'--from {start}' if start else 'now'}")
    address = None if contact is None else address_of(contact, app)
    fits = _filter(app, address, units, tasks, plans)
    played = app if address is None else told_alone(app, address)
    if start is not None and start < now.astimezone(app.config.zone).date():
        found = simulate(played, wanted, last, Nowhere())
    else:
        found = simulate(played, now, last, Nowhere(), copy_of=app.existing_place())
    mails = [
        kept for lines in by_mail(found, after=wanted) if (kept := [line for line in lines if fits(line)])
    ]
    if as_json:
        say_json([digest_view(lines) for lines in mails])
        return
    for lines in mails:
        shown = "、".join(units_of(lines))
        click.secho(f"{lines[0].sent_at:%Y-%m-%d %a %H:%M}  {shown} <{lines[0].address}>", bold=True)
        for told in _told(lines, several=len(app.book) > 1):
            click.echo(told)
    if not mails:
        click.echo(f"No such digest lies between {_local(wanted, app)} and {_local(last, app)}.")
        for why in [] if address is None else why_silent(app, address, min(wanted, last)):
            click.echo(f"  {why}")
    for told in lives_on_record(app):
        click.echo(told)
    click.echo(f"{len(mails)} digests, {sum(map(len, mails))} reminders")
    if address is None and (lost := _unreached(found, wanted, units, tasks, plans, app)):
        click.echo(f"nobody to tell at: {'、'.join(lost)}   (see `notifier check`)")


def _filter(
    app: App,
    address: str | None,
    units: Sequence[str],
    tasks: Sequence[str],
    plans: Sequence[str],
) -> Callable[[Sent], bool]:
    """Return what tells whether ops asked for a reminder: every kind of filter must let it through."""
    wanted_units, wanted_tasks = units_meant(units, app), tasks_meant(tasks, app)
    wanted_plans = plans_meant(plans, app)

    def fits(line: Sent) -> bool:
        return (
            (address is None or line.address.lower() == address.lower())
            and (not units or not wanted_units.isdisjoint(line.units))
            and (not tasks or (line.plan, line.task) in wanted_tasks)
            and (not plans or line.plan in wanted_plans)
        )

    return fits


def _unreached(
    found: Rehearsal,
    wanted: datetime,
    units: Sequence[str],
    tasks: Sequence[str],
    plans: Sequence[str],
    app: App,
) -> list[str]:
    """Return the units that a digest would be for, had they a contact."""
    wanted_units, wanted_tasks = units_meant(units, app), tasks_meant(tasks, app)
    return sorted(
        {
            line.unit
            for line in found.lost
            if line.at >= wanted
            and (not units or line.unit in wanted_units)
            and (not tasks or (line.checkpoint.task.plan, line.checkpoint.task.ref) in wanted_tasks)
            and (not plans or line.checkpoint.task.plan in plans)
        }
    )


def _told(lines: Sequence[Sent], *, several: bool) -> Iterator[str]:
    """Yield the lines of a digest: a few tasks each with its text, many that say the same of one day by number."""
    alike: dict[tuple[str, date], list[Sent]] = {}
    for line in lines:
        alike.setdefault((line.kind, line.nominal), []).append(line)
    for (kind, nominal), found in alike.items():
        refs = [f"{line.plan}/{line.task}" if several else line.task for line in found]
        if len(found) > _FEW:
            yield f"    {kind:<8} for {nominal}  {len(found)} tasks: {', '.join(refs)}"
            continue
        for ref, line in zip(refs, found, strict=True):
            yield f"    {kind:<8} for {nominal}  {ref:<6} {line.text[:40]}"


def _local(moment: datetime, app: App) -> str:
    return f"{moment.astimezone(app.config.zone):%Y-%m-%d %H:%M}"


@click.command()
@click.argument("contact", required=False)
@click.option("--at", "at", help="The first slot at or after this day or time (default: now).")
@click.option("--ops", is_flag=True, help="What the mail to [ops] would say now.")
@click.option(
    "--summary", is_flag=True, help="The summary of the month before (with --at: before that day's)."
)
@click.option("--html", is_flag=True, help="Print the HTML part, as a page, in place of the text.")
@click.option("--open", "in_browser", is_flag=True, help="Open the HTML part in a browser.")
@as_json
@click.pass_context
def preview(
    ctx: click.Context,
    contact: str | None,
    at: str | None,
    ops: bool,
    summary: bool,
    html: bool,
    in_browser: bool,
    as_json: bool,
) -> None:
    """The next digest of CONTACT (an address, a name, or a unit) as it will look.

    At a time in the past it is the digest as if every plan had been imported when it was issued.
    """
    if (contact is not None) + ops + summary != 1 or (ops and at is not None):
        raise UsageError("name a CONTACT or give --summary, and perhaps --at; or give --ops alone")
    if html and (as_json or ops):
        raise UsageError("--html is of a digest or summary alone, and --json holds it already")
    app = the_app(ctx)
    if summary:
        moment = app.clock() if at is None else when(at, app)
        show_summary(app, moment, html=html, in_browser=in_browser, as_json=as_json)
        return
    if contact is None:
        show_ops_mail(app, in_browser=in_browser, as_json=as_json)
        return
    note_if_it_waits(app)
    address = address_of(contact, app)
    alone = told_alone(app, address)
    now = app.clock()
    wanted = now if at is None else when(at, app)
    nowhere = Nowhere(lambda mail: mail.address == address and _moment(mail) >= wanted)
    first, copy = now, app.existing_place()
    if wanted < now:
        issues = [day_start(app, plan.issued) for plan in app.config.plans.values()]
        first, copy = min([wanted, *issues]), None
    simulate(alone, first, wanted + _YEAR, nowhere, copy_of=copy, enough=lambda: bool(nowhere.kept))
    if not nowhere.kept:
        if as_json:
            say_json(None)
            return
        nothing = f"No digest for {address} lies within {_YEAR.days} days of {_local(wanted, app)}."
        reasons = [f"  {why}" for why in why_silent(app, address, wanted)]
        click.echo("\n".join([nothing, *reasons]), err=html)
        return
    message = _parsed(nowhere.kept[0])
    text, page = (
        part.get_content() if (part := message.get_body((kind,))) else "" for kind in ("plain", "html")
    )
    if as_json:
        headers = {name.lower(): str(message[name]) for name in _HEADERS}
        say_json({"contact": address, **headers, "text": text, "html": page})
    elif html:
        click.echo(as_page(page).encode(), nl=False)
    else:
        for name in _HEADERS:
            click.echo(f"{click.style(name, bold=True)}: {message[name]}")
        click.echo("\n" + text)
    if in_browser:
        open_in_browser(page)


def _parsed(mail: Outgoing) -> EmailMessage:
    return email.message_from_bytes(mail.data, policy=policy.default)


def _moment(mail: Outgoing) -> datetime:
    moment: datetime = _parsed(mail)["Date"].datetime
    return moment

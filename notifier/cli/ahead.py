"""`agenda`, `preview` and `rehearse`: what will happen, on the real passes and a simulated clock."""

import difflib
import email
import sys
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TextColumn

from notifier.app import App, setting_of
from notifier.cli.frame import DAY, as_json, say_json, the_app, when
from notifier.cli.look import digest_view, open_in_browser
from notifier.cli.ops import show_ops_mail
from notifier.errors import UsageError
from notifier.mail.transport import Outgoing
from notifier.people.directory import Directory
from notifier.rehearsal import Nowhere, by_mail, day_start, fresh_folder, units_of, write_reminders
from notifier.rehearsal import rehearse as simulate
from notifier.report.pages import write_report

_MONTH = timedelta(days=31)
_YEAR = timedelta(days=400)
_HEADERS = ("From", "To", "Subject", "Date")


@click.command()
@click.option("--from", "start", type=DAY, help="The first day (default: today).")
@click.option("--to", "end", type=DAY, help="The last day (default: a month later).")
@as_json
@click.pass_context
def agenda(ctx: click.Context, start: date | None, end: date | None, as_json: bool) -> None:
    """Who will be told what, when, without sending.

    From today on it goes on from a copy of the ledger; from a day in the past it counts as a first import on that day.
    """
    app = the_app(ctx)
    now = app.clock()
    wanted = now if start is None else day_start(app, start)
    last = wanted + _MONTH if end is None else _day_end(app, end)
    if end is not None and last < wanted:
        raise UsageError(f"--to {end} lies before {f'--from {start}' if start else 'now'}")
    if start is not None and start < now.astimezone(app.config.zone).date():
        found = simulate(app, wanted, last, Nowhere())
    else:
        found = simulate(app, now, last, Nowhere(), copy_of=app.existing_place())
    mails = by_mail(found, after=wanted)
    if as_json:
        say_json([digest_view(lines) for lines in mails])
        return
    for lines in mails:
        units = "、".join(units_of(lines))
        click.secho(f"{lines[0].sent_at:%Y-%m-%d %a %H:%M}  {units} <{lines[0].address}>", bold=True)
        for line in lines:
            click.echo(f"    {line.task:<6} {line.kind:<8} for {line.nominal}  {line.text[:40]}")
    click.echo(f"{len(mails)} digests, {sum(map(len, mails))} reminders")


@click.command()
@click.argument("contact", required=False)
@click.option("--at", "at", help="The first slot at or after this day or time (default: now).")
@click.option("--ops", is_flag=True, help="What the mail to [ops] would say now.")
@click.option("--open", "in_browser", is_flag=True, help="Open the HTML part in a browser.")
@as_json
@click.pass_context
def preview(
    ctx: click.Context, contact: str | None, at: str | None, ops: bool, in_browser: bool, as_json: bool
) -> None:
    """The next digest of CONTACT (an address, a name, or a unit) as it will look.

    At a time in the past it is the digest as if every plan had been imported when it was issued.
    """
    if (contact is None) != ops or (ops and at is not None):
        raise UsageError("name a CONTACT, and perhaps --at; or give --ops alone")
    app = the_app(ctx)
    if contact is None:
        show_ops_mail(app, in_browser=in_browser, as_json=as_json)
        return
    address = _address_of(contact, app)
    alone = _told_alone(app, address)
    now = app.clock()
    wanted = now if at is None else when(at, app)
    nowhere = Nowhere(lambda mail: mail.address == address and _moment(mail) >= wanted)
    first, copy = now, app.existing_place()
    if wanted < now:
        issues = [day_start(app, plan.issued) for plan in app.config.plans.values()]
        first, copy = min([wanted, *issues]), None
    simulate(alone, first, wanted + _YEAR, nowhere, copy_of=copy, enough=lambda: bool(nowhere.kept))
    if not nowhere.kept:
        say_json(None) if as_json else click.echo(
            f"No digest for {address} lies within {_YEAR.days} days of {wanted:%Y-%m-%d %H:%M}."
        )
        return
    message = _parsed(nowhere.kept[0])
    text, html = (
        part.get_content() if (part := message.get_body((kind,))) else "" for kind in ("plain", "html")
    )
    if as_json:
        headers = {name.lower(): str(message[name]) for name in _HEADERS}
        say_json({"contact": address, **headers, "text": text, "html": html})
    else:
        for name in _HEADERS:
            click.echo(f"{click.style(name, bold=True)}: {message[name]}")
        click.echo("\n" + text)
    if in_browser:
        open_in_browser(html)


def _address_of(named: str, app: App) -> str:
    """Return the address of the contact that ops mean."""
    known = app.people.contacts
    exact = [contact for contact in known if contact.address.lower() == named.lower()]
    unit = app.setting.directory_at(app.clock()).contacts(named)
    found = exact or [contact for contact in known if contact.name == named] or list(unit)
    addresses = list({contact.address.lower(): contact.address for contact in reversed(found)}.values())
    if len(addresses) == 1:
        return addresses[0]
    if addresses:
        raise UsageError(f"{named} is more than one contact: {', '.join(addresses)}")
    words = {word: None for contact in known for word in (contact.address, contact.name, contact.unit)}
    close = difflib.get_close_matches(named, words, n=3)
    near = f"; near it: {', '.join(close)}" if close else ""
    raise UsageError(f"{named} is no contact of any unit{near}")


def _told_alone(app: App, address: str) -> App:
    """Return an app in which nobody else has an address, so that a look far ahead stays quick."""
    only = [contact for contact in app.people.contacts if contact.address.lower() == address.lower()]
    directory = Directory.build(only, app.config.groups, app.config.aliases)
    setting = setting_of(app.config, directory, only)
    return replace(app, setting=replace(setting, recorded=app.setting.recorded))


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
    """The same passes on a simulated clock, both days included: every mail into a Maildir, plus an HTML report."""
    app = the_app(ctx)
    if end < start:
        raise UsageError(f"--to {end} lies before --from {start}")
    first, last = day_start(app, start), _day_end(app, end)
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
    if out is not None:
        click.echo(f"  every mail and a calendar of them: {out / 'index.html'}")
        click.echo(f"  one line a reminder:               {out / 'reminders.csv'}")
        click.echo(f"  the mails themselves (a Maildir):  {out / 'mail'}")


def _day_end(app: App, day: date) -> datetime:
    return day_start(app, day + timedelta(days=1)) - timedelta(microseconds=1)


def _parsed(mail: Outgoing) -> EmailMessage:
    return email.message_from_bytes(mail.data, policy=policy.default)


def _moment(mail: Outgoing) -> datetime:
    moment: datetime = _parsed(mail)["Date"].datetime
    return moment

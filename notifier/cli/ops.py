"""What the ops mail would say now, and the month's summary, for `preview --ops` and `--summary`."""

from datetime import datetime

import click

from notifier.app import App
from notifier.cli.frame import say_json, the_ledger
from notifier.cli.look import open_in_browser
from notifier.config.database import is_file
from notifier.ledger import engine as ledger
from notifier.ledger import outbox
from notifier.ledger.generation import doubt
from notifier.passes.ops import contact_of
from notifier.passes.ops_matters import of_doubt
from notifier.report.page import as_page


def show_ops_mail(app: App, *, in_browser: bool, as_json: bool) -> None:
    """Print what the first address of `[ops] mail` would be told now, or, while there is none, anybody new."""
    now, mail = app.clock(), app.ops_mail
    address = mail.addresses[0] if mail.addresses else None
    with the_ledger(app.config) as found:
        engine = found or ledger.in_memory(now)
        standing = mail.standing(engine, now)
        with engine.begin() as db:
            # Only the daemon has a guard.
            if found is not None and is_file(app.config.service.database) and doubt(db, app.config.database):
                standing.insert(0, of_doubt(outbox.count_due(db, now)))
            bulletin = mail.choose(db, contact_of(address or ""), standing, now).bulletin
        if found is None:
            engine.dispose()
    if bulletin is None:
        say_json(None) if as_json else click.echo("Nothing to tell: no ops mail would go.")
        return
    shown = app.composer().preview(bulletin)
    if as_json:
        say_json({"to": address, "subject": shown.subject, "text": shown.text, "html": shown.html})
    else:
        click.echo(f"{click.style('To', bold=True)}: {address or 'nobody: [ops] mail is empty'}")
        click.echo(f"{click.style('Subject', bold=True)}: {shown.subject}")
        click.echo("\n" + shown.text)
    if in_browser:
        open_in_browser(shown.html)


def show_summary(app: App, moment: datetime, *, html: bool, in_browser: bool, as_json: bool) -> None:
    """Print the summary of the month before a moment, as it is known then: what was recorded later doesn't count."""
    summary = app.ops_mail.summary
    with the_ledger(app.config) as found:
        engine = found or ledger.in_memory(app.clock())
        shown = app.composer().preview(summary.content(engine, moment))
        if found is None:
            engine.dispose()
    if as_json:
        told = {"to": list(summary.addresses), "month": str(summary.month(moment))}
        say_json(told | {"subject": shown.subject, "text": shown.text, "html": shown.html})
    elif html:
        click.echo(as_page(shown.html).encode(), nl=False)
    else:
        nobody = "nobody: [ops] summary is false"
        click.echo(f"{click.style('To', bold=True)}: {', '.join(summary.addresses) or nobody}")
        click.echo(f"{click.style('Subject', bold=True)}: {shown.subject}")
        click.echo("\n" + shown.text)
    if in_browser:
        open_in_browser(shown.html)

"""`check` and `tasks`: what stands in the files, and what needs a person."""

import sys
from datetime import datetime, timedelta
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from notifier.app import App
from notifier.cli.diff import difference, print_difference
from notifier.cli.frame import as_json, say_json, the_app
from notifier.cli.look import changes_of, digest_view, task_views
from notifier.cli.waits import note_if_it_waits
from notifier.errors import NotifierError
from notifier.mail.interpreter import weaknesses
from notifier.passes.preflight import Item
from notifier.rehearsal import Nowhere, Sent, by_mail, rehearse, units_of

_DIGESTS = 5
_HORIZON = timedelta(days=400)


@click.command()
@click.option("--connect", is_flag=True, help="Greet the mail server: TLS and login, too.")
@click.option("--diff", is_flag=True, help="What a reload would change in the next 90 days.")
@click.option("--quiet", is_flag=True, help="Look for faults alone, and print nothing else.")
@click.option("--strict", is_flag=True, help="Exit 1 when something needs a person.")
@as_json
@click.pass_context
def check(ctx: click.Context, connect: bool, diff: bool, quiet: bool, strict: bool, as_json: bool) -> None:
    """Faults first (exit 78), then what needs a person, then the next five digests."""
    app = the_app(ctx)
    if quiet:  # before a reload: systemd's journal keeps what is printed, and nobody's address belongs there
        return
    note_if_it_waits(app)
    now = app.clock()
    items = app.preflight(now)
    ahead = _next_digests(app, now)
    changes = changes_of(app)
    greeting, fault = _greet(app) if connect else ([], None)
    found = difference(app) if diff else None
    if as_json:
        say_json(
            {
                **({"diff": found} if diff else {}),
                "config": str(app.config.path),
                "plans": {entry.key: len(entry.tasks) for entry in app.book},
                "changes": changes,
                "preflight": [_item_json(item) for item in items],
                "next_digests": [digest_view(lines) for lines in ahead],
                "server": greeting,
                "server_fault": fault,
                "hints": _hints(),
            }
        )
    else:
        _print(app, changes, items, ahead, greeting)
        if diff:
            print_difference(found)
    if fault is not None:
        raise NotifierError(fault)
    if strict and items:
        ctx.exit(1)


def _next_digests(app: App, now: datetime) -> list[list[Sent]]:
    """Return the reminders of the next digests, mail by mail, as a rehearsal from `now` on finds them."""
    nowhere = Nowhere()
    found = rehearse(
        app,
        now,
        now + _HORIZON,
        nowhere,
        copy_of=app.existing_place(),
        enough=lambda: nowhere.count >= _DIGESTS,
    )
    return by_mail(found, after=now)[:_DIGESTS]


def _greet(app: App) -> tuple[list[str], str | None]:
    """Return what the mail server said, or the fault."""
    try:
        return app.smtp_transport().check(), None
    except NotifierError as error:
        return [], f"mail server {app.config.mail.host}:{app.config.mail.port}: {error}"


def _hints() -> list[str]:
    """Return what is worth a word and harms nothing."""
    return [told for told in (weaknesses(),) if told]


def _item_json(item: Item) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "plan": item.plan,
        "tasks": list(item.tasks),
        "message": item.message,
        "hint": item.hint,
        "first": item.first and item.first.isoformat(),
    }


def _print(
    app: App,
    changes: dict[str, Any],
    items: list[Item],
    ahead: list[list[Sent]],
    greeting: list[str],
) -> None:
    click.echo(f"{app.config.path}: no faults")
    for entry in app.book:
        click.echo(
            f"{entry.document.path}: {len(entry.tasks)} tasks in {len(entry.document.sections)} sections"
        )
    for line in greeting:
        click.echo(f"mail server: {line}")
    for hint in _hints():
        click.secho(f"hint: {hint}", dim=True)
    for plan, found in changes.items():
        _print_changes(plan, found)
    if items:
        click.secho(
            f"\n{len(items)} {'thing needs' if len(items) == 1 else 'things need'} a person:", bold=True
        )
    for item in items:
        where = f"{item.plan} {'tasks' if len(item.tasks) > 1 else 'task'} {', '.join(item.tasks)}: "
        first = f"   (first notice {item.first})" if item.first else ""
        click.echo(f"- [{item.kind}] {where if item.tasks else ''}{item.message}{first}")
        for line in item.hint.splitlines():
            # A table may stand in config.toml only once: say where the line goes rather than open it again.
            click.secho(
                f"      config.toml, under {line}" if line.startswith("[") else f"      {line}", dim=True
            )
    if not app.config.ops.mail:
        click.echo("hint: nobody is told by mail of what needs a person; see [ops] in config.toml")
    click.secho(f"\nThe next {len(ahead)} digests:" if ahead else "\nNo digest lies ahead.", bold=True)
    for lines in ahead:
        units = "、".join(units_of(lines))
        refs = ", ".join(f"{line.task} {line.kind}" for line in lines[:6]) + (" …" if len(lines) > 6 else "")
        click.echo(f"  {lines[0].sent_at:%Y-%m-%d %H:%M}  {units} <{lines[0].address}>: {refs}")


def _print_changes(plan: str, found: dict[str, list[dict[str, Any]]]) -> None:
    """Print how a document differs from what the ledger holds of it."""
    click.secho(f"\n{plan}: the document has changed; a reload or the next start adopts:", bold=True)
    for sign, name in (("+", "new"), ("~", "changed"), ("-", "vanished")):
        for one in found[name]:
            was = f" (was {one['was']})" if one.get("was", one["ref"]) != one["ref"] else ""
            what = f": {', '.join(one['differs'])}" if "differs" in one else ""
            click.echo(f"  {sign} {one['ref']}{was}{what}   {one['text'][:40]}")
            if one.get("override_left_behind"):
                table = f'[plans.{plan}.tasks."{one["was"]}"]'
                click.echo(f"      {table} in config.toml means another task now: write {one['ref']}")


_LIGHTS = ("red", "yellow", "green")  # each is its own colour


@click.command()
@as_json
@click.pass_context
def tasks(ctx: click.Context, as_json: bool) -> None:
    """Every task: ref, phrase, rule, next checkpoint or the reason why none, light."""
    app = the_app(ctx)
    note_if_it_waits(app)
    views = task_views(app, app.clock())
    if as_json:
        say_json(views)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("ref", "light", "phrase", "rule", "next", "task"):
        table.add_column(name, overflow="fold", no_wrap=name in ("ref", "light", "next"))
    several = len(app.book) > 1
    for view in views:
        following = view["next"]
        moment = f"{following['at'][:10]} {following['kind']}" if following else view["why"] or view["state"]
        light = view["light"] or "-"
        table.add_row(
            f"{view['plan']}/{view['ref']}" if several else view["ref"],
            f"[{light}]●[/] {light}" if light in _LIGHTS else light,
            escape(view["timing"]),
            escape(
                view["rule"] + "".join(f" (was {moved['original']})" for moved in view.get("extended", ()))
            ),
            escape(moment),
            escape(view["text"][:24] + ("…" if len(view["text"]) > 24 else "")),
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    click.echo(f"{len(views)} tasks")

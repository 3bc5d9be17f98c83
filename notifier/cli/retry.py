"""`retry`: failed and refused mail again."""

from typing import Any

import click

from notifier.app import App
from notifier.cli.frame import as_json, made, say_json, the_app, the_ledger, who
from notifier.errors import UsageError
from notifier.passes import again
from notifier.passes.again import Retried, Retryable


@click.command()
@click.argument("messages", nargs=-1, metavar="[MESSAGE…]")
@click.option("--all", "everything", is_flag=True, help="All but what has to be named.")
@as_json
@click.pass_context
def retry(ctx: click.Context, messages: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Try failed and refused mail again; without arguments, list what could be.

    MESSAGE is a number of that list, a Message-ID, the Original-Envelope-Id of a bounce, or an address, which stands
    for all of that contact's and is no longer suspended. What may have arrived, and what is older than the catch-up
    cap, is only tried again when it is named itself.
    """
    if messages and everything:
        raise UsageError("name messages, or give --all, not both")
    app = the_app(ctx)
    with the_ledger(app.config) as found:
        engine, now = made(found), app.clock()
        if not messages and not everything:
            _list(app, again.retryable(engine, app.setting, now), as_json)
            return
        done = again.retry(engine, messages, app.setting, now, everything=everything, by=who())
    if as_json:
        say_json(_outcome(app, done))
    else:
        _tell(app, done)


def _list(app: App, found: list[Retryable], as_json: bool) -> None:
    if as_json:
        say_json([_view(app, one) for one in found])
        return
    for one in found:
        message = one.message
        click.echo(
            f"{message.id:>6}  {message.slot.astimezone(app.config.zone):%Y-%m-%d %H:%M}  {message.address} "
            f"({message.name}), {_lines(message.lines)}, {message.state}: {message.reply}"
        )
        if one.caution:
            click.echo(f"        only if named: {one.caution}")
    if not found:
        click.echo("no mail failed or was refused")


def _tell(app: App, done: Retried) -> None:
    for message in done.queued:
        gone = bool(message.lines) and message.contact not in app.setting.contacts
        heirs = "; no contact any more: for whom the tasks name now" if gone else ""
        click.echo(f"{message.id}: {_lines(message.lines)} to {message.address}, queued again{heirs}")
    for address in done.released:
        click.echo(f"{address}: its refusals are forgotten")
    for one in done.left:
        click.echo(f"{one.message.id}: left as it is, name it to try it again: {one.caution}")
    if not (done.queued or done.released or done.left):
        click.echo("no mail failed or was refused")


def _lines(number: int) -> str:
    return "1 line" if number == 1 else f"{number} lines" if number else "a month's summary"


def _outcome(app: App, done: Retried) -> dict[str, Any]:
    return {
        "queued": [message.id for message in done.queued],
        "left": [_view(app, one) for one in done.left],
        "released": list(done.released),
    }


def _view(app: App, one: Retryable) -> dict[str, Any]:
    message = one.message

    return {
        "message": message.id,
        "message_id": message.message_id,
        "address": message.address,
        "name": message.name,
        "slot": message.slot.astimezone(app.config.zone).isoformat(timespec="seconds"),
        "ended": message.finished.astimezone(app.config.zone).isoformat(timespec="seconds"),
        "state": message.state,
        "uncertain": message.uncertain,
        "lines": message.lines,
        "reply": message.reply,
        "only_if_named": one.caution,
    }

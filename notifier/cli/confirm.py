"""`confirm`: what is held until a person says so."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import click
from sqlalchemy import Engine

from notifier.cli.frame import as_json, made, say_json, the_ledger, the_service, who
from notifier.clock import utc_now
from notifier.config import Config
from notifier.config.database import is_file
from notifier.ledger import generation, in_force
from notifier.ledger.log import record_event


@click.command()
@click.option("--show", is_flag=True, help="Say what that is, and change nothing.")
@as_json
@click.pass_context
def confirm(ctx: click.Context, show: bool, as_json: bool) -> None:
    """Let go what is held until a person says so.

    That is a configuration that changes much of what is ahead, or the mail of a ledger that may be a copy or an old
    backup.
    """
    config, _ = the_service(ctx)
    now = utc_now()
    with the_ledger(config) as found:
        engine = made(found)
        held = what_is_held(config, engine, now)
        if held is not None and not show:
            _let_go(config, engine, held, now)
    is_done = held is not None and not show
    if as_json:
        say_json({"held": held, "confirmed": is_done})
        return
    for line in held_lines(held):
        click.echo(line)
    if held is None:
        click.echo("nothing is held")
    elif is_done:
        click.echo("confirmed: a daemon that runs goes on within a heartbeat")


def _let_go(config: Config, engine: Engine, held: Mapping[str, Any], now: datetime) -> None:
    if held["ledger"] is not None:
        generation.confirm(engine, config.database, now, by=who())
    if held["configuration"]:
        with engine.begin() as db:
            for waiting in in_force.confirm(db, now):
                detail = f"{waiting.host}: {waiting.fingerprint}"
                record_event(db, at=now, by=who(), action="config_confirmed", detail=detail)


def what_is_held(config: Config, engine: Engine, now: datetime) -> dict[str, Any] | None:
    """Return what waits for `notifier confirm`, as plain values; None where nothing does."""
    with engine.begin() as db:
        waits = [
            {
                "host": one.host,
                "since": one.since.astimezone(config.zone).isoformat(timespec="seconds"),
                "fingerprint": one.fingerprint,
                "reminders": one.before,
                "added": one.added,
                "dropped": one.dropped,
                "moved": one.moved,
            }
            for one in in_force.waiting(db)
            if one.confirmed is None
        ]
    held = {"ledger": _ledger_in_doubt(config, engine, now), "configuration": waits}
    return held if any(held.values()) else None


def _ledger_in_doubt(config: Config, engine: Engine, now: datetime) -> dict[str, Any] | None:
    if not is_file(config.service.database):
        return None
    with engine.begin() as db:
        if (why := generation.doubt(db, config.database)) is None:
            return None
        stake = generation.at_stake(db, now)
    last = stake.last and stake.last.astimezone(config.zone).isoformat(timespec="seconds")
    return {"why": why, "last_mail": last, "waiting": stake.waiting}


def held_lines(held: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield what to tell of what is held."""
    if held is None:
        return
    for one in held["configuration"]:
        yield f"{one['host']}: a configuration waits since {one['since']}, the old one is in force"
        yield (
            f"  {one['added']} reminders added, {one['dropped']} dropped, {one['moved']} moved, "
            f"of {one['reminders']} in 90 days; `notifier check --diff` lists them"
        )
    if (doubt := held["ledger"]) is not None:
        yield doubt["why"]
        last = f"the last mail on record here went at {doubt['last_mail']}"
        mails = "1 mail waits" if doubt["waiting"] == 1 else f"{doubt['waiting']} mails wait"
        yield f"  {last if doubt['last_mail'] else 'no mail is on record here'}; {mails}, more as it falls due"
        yield "  what else went, from here or elsewhere, isn't known to this ledger: once confirmed, it goes again"

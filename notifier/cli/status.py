"""`status`: how the daemon is, what waits and what failed."""

from datetime import datetime
from typing import Any

import click

from notifier.cli.advice import about_counts, about_fault, about_reload
from notifier.cli.confirm import held_lines, what_is_held
from notifier.cli.frame import as_json, say_json, the_ledger, the_service
from notifier.cli.resting import lines_of_lives, lives_of
from notifier.clock import utc_now
from notifier.config import Config
from notifier.config.database import is_file
from notifier.ledger import tallies
from notifier.ledger.engine import beside
from notifier.ledger.log import DaemonRecord, all_daemons
from notifier.ledger.storage import shortage_of
from notifier.ledger.wake import next_moment
from notifier.passes.suspension import Suspension, suspensions

_SHOWN = 3  # daemons; those before are in the JSON


@click.command()
@as_json
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Is it alive, what waits, what failed, when it wakes next."""
    # What is at fault now must not hide how the running daemon fares: only config.toml is read, as far as it can be.
    config, faults = the_service(ctx)
    found = {**_status(config, utc_now()), "config_faults": list(faults)}
    if as_json:
        say_json(found)
        return
    click.echo(
        f"{'well' if found['ok'] else click.style('NOT well', bold=True)}; next wake {found['next_wake'] or '-'}"
    )
    advice = dict(about_counts(found))
    for name in ("queued", "claimed", "failed", "uncertain"):
        click.echo(f"  {name:<10} {found[name]:<6} {advice.get(name, '')}".rstrip())
    for rest in found["suspended"]:
        click.echo(f"  suspended  {rest['address']}, next try after {rest['until']}: {rest['reply']}")
    for line in lines_of_lives(found):
        click.echo(line)
    for name in ("last_plan", "last_send", "config_loaded", "reload_fault"):
        if found[name]:
            first, *more = found[name].splitlines()
            click.echo(f"  {name:<14} {first}")
            for line in more:
                click.echo(f"  {'':<14} {line}")
    if found["reload_fault"]:
        waits = found["held"] is not None and bool(found["held"]["configuration"])
        click.echo(f"    → {about_reload(found['reload_fault'], waits=waits)}")
    if faults:
        click.echo("  config.toml can't be used as it is now: a reload is refused, and a start ends with 78")
        for fault in faults:
            click.echo(f"    {fault}")
    if found["disk"]:
        click.echo(f"  {found['disk']}")
    for line in held_lines(found["held"]):
        click.echo(f"  {line}")
    is_cluster = config.service.engine == "cluster"
    shown = [daemon for number, daemon in enumerate(found["daemons"]) if daemon["alive"] or number < _SHOWN]
    for number, daemon in enumerate(shown):
        later = {one["host"] for one in shown[:number]}
        state = _state(daemon, is_followed=daemon["host"] in later if is_cluster else bool(later))
        click.echo(f"  {daemon['host']} pid {daemon['pid']}: {state}, last heartbeat {daemon['heartbeat']}")
        if daemon["fault"]:
            click.echo(f"    fault: {daemon['fault']}")
            click.echo(f"    → {about_fault(daemon['fault'])}")
        if state == "silent":
            click.echo("    → systemctl status notifier, and journalctl -u notifier -p warning")
        if daemon["alive"] and daemon["preflight"]:
            things = (
                "1 thing that needs"
                if daemon["preflight"] == 1
                else f"{daemon['preflight']} things that need"
            )
            click.echo(f"    goes on without {things} a person: see `notifier check`")
    if (earlier := len(found["daemons"]) - len(shown)) > 0:
        click.echo(f"  and {earlier} earlier in 30 days: `notifier status --json`")
    if len({daemon["config_hash"] for daemon in found["daemons"] if daemon["alive"]}) > 1:
        for daemon in found["daemons"]:
            if daemon["alive"]:
                click.echo(f"  {daemon['host']}: configuration {daemon['config_hash'][:12]}")
        click.echo(
            "    → they differ: copy the right one to every host, then systemctl reload notifier there"
        )
    if not found["daemons"]:
        click.echo("  no daemon has ever run on this ledger")


def _state(daemon: dict[str, Any], *, is_followed: bool) -> str:
    if daemon["stopped"]:
        return "stopped"
    if daemon["alive"]:
        return "alive"
    return "died" if is_followed else "silent"


def _status(config: Config, now: datetime) -> dict[str, Any]:
    daemons: list[DaemonRecord] = []
    states: dict[str, int] = {}
    uncertain, oldest, next_wake = 0, None, None
    suspended: list[Suspension] = []
    held: dict[str, Any] | None = None
    lives: dict[str, list[dict[str, Any]]] = {"suspended_tasks": [], "extended_tasks": []}
    with the_ledger(config) as engine:
        if engine is not None:
            with beside(engine).begin() as db:
                daemons = all_daemons(db)
                states = tallies.counts_by_state(db)
                uncertain = tallies.count_uncertain(db)
                oldest = tallies.oldest_open(db)
                next_wake = next_moment(db)
                suspended = list(suspensions(db).values())
                lives = lives_of(db, config.zone)
            held = what_is_held(config, engine, now)
    disk = (
        shortage_of(config.database)
        if is_file(config.service.database) and config.database.exists()
        else None
    )
    # Outside a cluster there is one daemon: who started before the latest and didn't stop in order has died, however
    # lately.
    may_live = daemons if config.service.engine == "cluster" else daemons[:1]
    alive = [
        daemon
        for daemon in may_live
        if daemon.stopped is None and now - daemon.heartbeat <= config.service.patience
    ]
    lately = alive or daemons[:1]
    latest = lately[0] if lately else None
    if alive and next_wake is not None and next_wake <= now:
        # Due, and kept back: the daemons know until when.
        told = [one.next_wake for one in alive if one.last_send is not None and one.next_wake is not None]
        next_wake = min(told, default=next_wake)

    def local(moment: datetime | None) -> str | None:
        return None if moment is None else moment.astimezone(config.zone).isoformat(timespec="seconds")

    return {
        "ok": bool(alive)
        and disk is None
        and held is None
        and not any(daemon.fault or daemon.reload_fault for daemon in alive),
        "next_wake": local(next_wake),
        "queued": states.get("queued", 0),
        "claimed": states.get("claimed", 0),
        "failed": states.get("failed", 0) + states.get("refused", 0),
        "uncertain": uncertain,
        "suspended": [
            {
                "address": rest.contact,
                "mails": rest.mails,
                "since": local(rest.since),
                "until": local(rest.until),
                "reply": rest.reply,
            }
            for rest in suspended
        ],
        **lives,
        "oldest_queued_seconds": None if oldest is None else round((now - oldest).total_seconds()),
        # Of several hosts any may have run the last pass.
        "last_plan": local(max((one.last_plan for one in lately if one.last_plan), default=None)),
        "last_send": local(max((one.last_send for one in lately if one.last_send), default=None)),
        "config_loaded": local(latest.config_loaded) if latest else None,
        "reload_fault": latest.reload_fault if latest else None,
        "disk": disk,
        "held": held,
        "daemons": [
            {
                "host": daemon.host,
                "pid": daemon.pid,
                "alive": daemon in alive,
                "started": local(daemon.started),
                "heartbeat": local(daemon.heartbeat),
                "stopped": local(daemon.stopped),
                "config_hash": daemon.config_hash,
                "preflight": daemon.preflight,
                "fault": daemon.fault,
                "reload_fault": daemon.reload_fault,
            }
            for daemon in daemons
        ],
    }

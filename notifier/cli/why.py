"""`why`: what became of the reminders of a task for a contact, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import click
from sqlalchemy import Connection, Engine

from notifier.app import App
from notifier.cli.frame import DAY, as_json, made, near, say_json, the_app, the_ledger
from notifier.errors import UsageError
from notifier.ledger import tasks
from notifier.ledger.history import has_history
from notifier.ledger.tasks import TaskRecord
from notifier.passes.closing import find_task
from notifier.passes.plan import dated, recipients_of
from notifier.passes.unnamed import unnamed
from notifier.passes.why import Answer, Inquiry

_SHOWN = 20
_FAULTS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Who is meant: the keys of their reminders, the address's first, and the units they answer for."""

    name: str
    keys: tuple[str, ...]
    units: tuple[str, ...]


@click.command()
@click.argument("task")
@click.argument("contact")
@click.argument("day", metavar="[DATE]", type=DAY, required=False)
@as_json
@click.pass_context
def why(ctx: click.Context, task: str, contact: str, day: date | None, as_json: bool) -> None:
    """Why CONTACT (an address, a name, or a unit) did, did not, or does not yet get the reminders of TASK.

    One answer for each checkpoint, the newest first. DATE picks those whose nominal day it is, or the day to which
    that rolled, or on which the mail went or goes.
    """
    app = the_app(ctx)
    now = app.clock()
    with the_ledger(app.config) as found:
        engine = made(found)
        record = _task(engine, task, app)
        with engine.begin() as db:
            asked = _contact(db, contact, record, app, now)
            setting = dated(db, app.setting)
            inquiry = Inquiry(db=db, task=record, keys=asked.keys, setting=setting, brake=app.brake, now=now)
            answers = inquiry.answers(day)
            facts = inquiry.facts()
            reasons: list[str] = []
            if inquiry.who is None:
                plan = tasks.tasks_of(db, record.plan)
                reasons = unnamed(record, asked.keys, asked.units, plan, setting, now)
    if as_json:
        say_json(_json(app, record, asked, inquiry.who is not None, facts, reasons, answers))
    else:
        _print(app, record, asked, facts, reasons, answers, day)


def _task(engine: Engine, name: str, app: App) -> TaskRecord:
    try:
        return find_task(engine, name, vanished=True)
    except UsageError as error:
        # A row that can't be used is no task: it may be the one that is asked for.
        faults = [f"{fault.where}: {fault.message}" for entry in app.book for fault in entry.document.faults]
        if not faults or "several plans" in str(error):
            raise
        more = [f"and {len(faults) - _FAULTS_SHOWN} more"] if len(faults) > _FAULTS_SHOWN else []
        rows = "\n".join([*faults[:_FAULTS_SHOWN], *more])
        raise UsageError(f"{error}; rows that a person has to mend:\n{rows}") from None


def _contact(db: Connection, named: str, task: TaskRecord, app: App, now: datetime) -> _Asked:
    """Return who is meant; UsageError, with what is near, when it is nobody or more than one."""
    listing = app.setting.directory_at(now)
    known = app.people.contacts
    wanted = named.strip()
    exact = [contact for contact in known if contact.address.lower() == wanted.lower()]
    found = exact or [c for c in known if c.name == wanted] or list(listing.contacts(wanted))
    addresses = list(dict.fromkeys(contact.address.lower() for contact in found))
    if len(addresses) > 1:
        raise UsageError(f"{named} is more than one contact: {', '.join(addresses)}")
    if addresses:
        theirs = [contact for contact in known if contact.address.lower() == addresses[0]]
        units = tuple(dict.fromkeys(listing.canonical(contact.unit) for contact in theirs))
        name = f"{found[0].name} <{addresses[0]}>"
        # Before it had a contact, its unit may have been told of in vain.
        return _Asked(name=name, keys=(addresses[0], *(f"unit:{unit}" for unit in units)), units=units)
    unit = listing.canonical(wanted)
    told = {who.key for who in recipients_of(task, app.setting, now)}
    key = f"unit:{unit}"
    if key in told or listing.is_known(wanted) or has_history(db, task.id, key):
        return _Asked(name=f"{unit} (no contact)", keys=(key,), units=(unit,))
    if has_history(db, task.id, wanted.lower()):  # of a contact who has left the directory
        return _Asked(name=wanted.lower(), keys=(wanted.lower(),), units=())
    words = {word: None for contact in known for word in (contact.address, contact.name, contact.unit)}
    raise UsageError(f"{named} is no contact of any unit{near(wanted, words)}")


def _print(
    app: App,
    task: TaskRecord,
    asked: _Asked,
    facts: Sequence[str],
    reasons: Sequence[str],
    answers: Sequence[Answer],
    day: date | None,
) -> None:
    click.secho(
        f"{task.plan}/{task.ref} “{task.timing}” ({task.rule}), {task.state}: {task.text[:40]}", bold=True
    )
    click.secho(f"for {asked.name}{': ' + '、'.join(asked.units) if asked.units else ''}", bold=True)
    for fact in facts:
        click.echo(f"  {fact}")
    if reasons:
        click.echo("  not told of it:")
        for reason in reasons:
            click.echo(f"    {reason}")
    shown = answers if day is not None else answers[:_SHOWN]
    if reasons and not any(answer.mail for answer in answers):
        shown = []  # the same reason at each checkpoint
    for answer in shown:
        at = answer.at.astimezone(app.config.zone)
        click.echo(f"{at:%Y-%m-%d}  {answer.checkpoint:<24} {answer.outcome.value}: {answer.why}")
        if answer.day_off:
            click.echo(f"{'':12}{answer.day_off}")
    if (earlier := len(answers) - len(shown)) > 0 and shown:
        click.echo(f"and {earlier} earlier: name a DATE, or --json")
    if not answers:
        when = f" on {day}" if day else ""
        click.echo(f"no checkpoint{when}: its rule has none there, and none is on record")


def _json(
    app: App,
    task: TaskRecord,
    asked: _Asked,
    is_named: bool,
    facts: Sequence[str],
    reasons: Sequence[str],
    answers: Sequence[Answer],
) -> dict[str, Any]:
    def local(moment: datetime | None) -> str | None:
        return None if moment is None else moment.astimezone(app.config.zone).isoformat(timespec="seconds")

    return {
        "plan": task.plan,
        "ref": task.ref,
        "text": task.text,
        "timing": task.timing,
        "rule": task.rule,
        "state": task.state,
        "timing_state": task.timing_state,
        "contact": asked.keys[0],
        "units": list(asked.units),
        "named": is_named,
        "facts": list(facts),
        "not_named": list(reasons),
        "checkpoints": [
            {
                "checkpoint": answer.checkpoint,
                "kind": answer.kind,
                "nominal_day": answer.nominal.isoformat(),
                "day": answer.day.isoformat(),
                "at": local(answer.at),
                "outcome": answer.outcome.value,
                "why": answer.why,
                "day_off": answer.day_off,
                "units": list(answer.units),
                "mail": answer.mail
                and {
                    "id": answer.mail.id,
                    "message_id": answer.mail.message_id,
                    "state": answer.mail.state,
                    "slot": local(answer.mail.slot),
                    "finished": local(answer.mail.finished),
                    "reply": answer.mail.reply,
                    "uncertain": answer.mail.uncertain,
                    "built_in": answer.mail.built_in,
                },
            }
            for answer in answers
        ],
    }

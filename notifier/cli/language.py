"""`explain` and `resolve`: how phrases are read. Both work without a configuration, on defaults."""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from notifier.cli.frame import DAY, as_json, find_config, say_json, the_config, the_ledger
from notifier.clock import utc_now
from notifier.errors import FaultsError, UsageError
from notifier.timing.calendar import WorkCalendar
from notifier.timing.context import Context
from notifier.timing.explain import explain as explained
from notifier.timing.outline import events_named, milestones
from notifier.timing.phrase import Reading, read
from notifier.timing.policy import Policy

if TYPE_CHECKING:
    from notifier.config import Config


def _recorded(config: "Config") -> dict[str, date]:
    with the_ledger(config) as engine:
        if engine is None:
            return {}
        from notifier.ledger.event_days import event_days

        with engine.begin() as db:
            return event_days(db)


class _Reader:
    """Reads time phrases as the configuration says, or on defaults where there is none."""

    def __init__(self, ctx: click.Context) -> None:
        if find_config(ctx.find_root().obj) is None:
            self.policy = Policy(zone=ZoneInfo("Asia/Shanghai"))
            self.calendar = WorkCalendar.build()
            self.terms: Mapping[str, date] = {}
            self.events: Mapping[str, date] = {}
            self.answers: Mapping[str, str] = {}
            self.before_period: Any = "exclusive"
            self.issued: date | None = None
            return
        from notifier.passes.setting import setting_of  # of no use without a configuration
        from notifier.people.directory import Directory

        config = the_config(ctx)
        setting = setting_of(config, Directory.build([], {}, {}))
        self.policy, self.calendar = setting.policy, setting.calendar
        self.terms, self.answers = setting.terms, config.timing.phrases
        self.events = {**setting.events, **_recorded(config)}
        self.before_period = config.timing.reading.before_period
        plans = list(config.plans.values())
        self.issued = plans[0].issued if len(plans) == 1 else None

    def explain(self, phrase: str, issued: date, event: date | None) -> dict[str, Any]:
        """Return the explanation of one phrase."""
        return explained(*self.reading(phrase, issued, event))

    def reading(
        self, phrase: str, issued: date, event: date | None, *, before_period: Any = None
    ) -> tuple[Reading, Context]:
        """Return how a phrase is read, and the context that dates it."""
        reading = read(
            phrase,
            issued,
            calendar=self.calendar,
            terms=self.terms,
            before_period=before_period or self.before_period,
            answers=self.answers,
        )
        events = dict(self.events)
        if event is not None:
            events |= dict.fromkeys(events_named(reading.rule), event)
        context = Context(
            calendar=self.calendar,
            policy=self.policy,
            issued=issued,
            imported=datetime.combine(issued, time(), self.policy.zone).astimezone(UTC),
            terms=self.terms,
            events=events,
        )
        return reading, context


@click.command()
@click.argument("phrases", nargs=-1, required=True, metavar="PHRASE… | -")
@click.option("--issued", type=DAY, help="The document's date (default: that of the only plan, else today).")
@click.option("--event", type=DAY, help="The date that the phrase's own event counts from.")
@as_json
@click.pass_context
def explain(
    ctx: click.Context, phrases: tuple[str, ...], issued: date | None, event: date | None, as_json: bool
) -> None:
    """How a time phrase is read: rule, conventions, days, checkpoints.

    With `-`, JSON Lines in and out: {"phrase": …, "issued": "YYYY-MM-DD", "event": "YYYY-MM-DD"?}.
    """
    reader = _Reader(ctx)
    if phrases == ("-",):
        _each_line(lambda ask: reader.explain(*_asked(ask)))
        return
    issued = issued or reader.issued or utc_now().astimezone(reader.policy.zone).date()
    try:
        found = [reader.explain(phrase, issued, event) for phrase in phrases]
    except OverflowError:
        raise UsageError("--issued or --event lies outside of the calendar") from None
    if as_json:
        say_json(found if len(found) > 1 else found[0])
        return
    swapped = "inclusive" if reader.before_period == "exclusive" else "exclusive"
    for phrase in phrases:
        reading, context = reader.reading(phrase, issued, event)
        _print_explanation(reading, context)
        other, _ = reader.reading(phrase, issued, event, before_period=swapped)
        if other.rule != reading.rule:
            _print_other(other, context, swapped)


def _asked(ask: Any) -> tuple[str, date, date | None]:
    if not isinstance(ask, dict) or not isinstance(ask.get("phrase"), str):
        raise ValueError('expected {"phrase": text, "issued": "YYYY-MM-DD"}')
    try:
        issued = date.fromisoformat(ask["issued"])
        event = date.fromisoformat(ask["event"]) if ask.get("event") else None
    except KeyError:
        raise ValueError("issued is missing") from None
    except (TypeError, ValueError):
        raise ValueError("issued and event are days such as 2018-08-31") from None
    return ask["phrase"], issued, event


def _each_line(answer: Callable[[Any], Any]) -> None:
    """Answer JSON Lines, one line for one; blank lines at the end are none."""
    blank = 0
    for line in sys.stdin.buffer:
        if not line.strip():
            blank += 1
            continue
        for one in [b""] * blank + [line]:
            say_json(_answered(answer, one), indent=None)
        blank = 0


def _answered(answer: Callable[[Any], Any], line: bytes) -> Any:
    try:
        return answer(json.loads(line.decode("utf-8-sig")))
    except json.JSONDecodeError as error:
        return {"error": f"no JSON: {error}"}
    except UnicodeDecodeError as error:
        return {"error": f"no UTF-8: {error}"}
    except RecursionError:
        return {"error": "nested too deeply"}
    except OverflowError:
        return {"error": "a day lies outside of the calendar"}
    except ValueError as error:
        return {"error": str(error)}


def _print_explanation(reading: Reading, context: Context) -> None:
    answer = explained(reading, context)
    click.echo(f"{click.style(answer['phrase'], bold=True)}   (issued {context.issued})")
    click.echo(f"  rule        {answer['rule']}   [{answer['state']}]{'  soft' if answer['soft'] else ''}")
    if answer["why"]:
        click.echo(f"  why         {answer['why']}")
    if reading.suggestion:
        click.echo(f"  answer      config.toml, under [timing.phrases]: {reading.suggestion}")
    for note in answer["notes"]:
        click.echo(f"  convention  {note}")
    _print_days(answer, reading, context)


def _print_other(reading: Reading, context: Context, before_period: str) -> None:
    click.echo(f'  or, with [timing.reading] before_period = "{before_period}":')
    click.echo(f"  rule        {reading.rule}")
    _print_days(explained(reading, context), reading, context)


def _print_days(answer: Mapping[str, Any], reading: Reading, context: Context) -> None:
    """Print nominal days, what they roll to, what recurs, and the checkpoints."""
    for stone in milestones(reading.rule, context):
        rolled = (
            "" if stone.rolled == stone.day else f", a day off: counts on {stone.rolled} ({stone.rolled:%a})"
        )
        label = f" {stone.label}" if stone.label else ""
        click.echo(f"  {stone.kind:<11} {stone.day} ({stone.day:%a}){rolled}{label}")
    if repeats := answer["recurrence"]:
        click.echo(f"  recurs      {repeats['rule']} ({repeats['role']}): {', '.join(repeats['next'])} …")
    if answer["ongoing"]:
        click.echo(f"  ongoing     {'until ' + answer['until'] if answer['until'] else 'without end'}")
    for point in answer["checkpoints"]:
        at = datetime.fromisoformat(point["at"])
        mark = "  (provisional)" if point["provisional"] else ""
        click.echo(f"  {at:%Y-%m-%d %a %H:%M}  {point['kind']:<8} for {point['day']}{mark}")


@click.command()
@click.argument("phrases", nargs=-1, required=True, metavar="PHRASE… | -")
@click.option("--issuer", default=None, help="The issuer's level, whose prefix is left out: 省, 市, 县 …")
@as_json
@click.pass_context
def resolve(ctx: click.Context, phrases: tuple[str, ...], issuer: str | None, as_json: bool) -> None:
    """Whom a unit phrase names, with roles, groups, and what can't be read.

    With `-`, JSON Lines in and out: {"text": …, "issuer": …}.
    """
    names, is_known, level = _directory(ctx)

    def answer(text: str, issuer: str) -> dict[str, Any]:
        from notifier.people import read_units

        reading = read_units(text, issuer, names)
        return {
            "text": text,
            "units": [
                {
                    "name": unit.name,
                    "role": unit.role.value,
                    "group": unit.group,
                    "open": unit.open,
                    "known": is_known(unit.name),
                }
                for unit in reading.units
            ],
            "open_end": reading.open_end,
            "unresolved": list(reading.unresolved),
        }

    if phrases == ("-",):
        _each_line(lambda ask: answer(*_asked_units(ask, level)))
        return
    found = [answer(phrase, issuer if issuer is not None else level) for phrase in phrases]
    if as_json:
        say_json(found if len(found) > 1 else found[0])
        return
    for one in found:
        click.secho(one["text"], bold=True)
        for unit in one["units"]:
            marks = [word for word in ("group", "open") if unit[word]]
            marks += [] if unit["known"] else ["not in the directory"]
            click.echo(
                f"  {unit['role']:<10} {unit['name']}{'   (' + ', '.join(marks) + ')' if marks else ''}"
            )
        if one["open_end"]:
            click.echo("  等          the list is open: a person names the rest")
        for text in one["unresolved"]:
            click.echo(f"  unread     {text}")


def _directory(ctx: click.Context) -> tuple[frozenset[str], Callable[[str], bool], str]:
    """Return the directory's names, whether it lists a name today where the office is, and the plans' level."""
    if find_config(ctx.find_root().obj) is None:
        return frozenset(), lambda _name: False, ""
    from notifier.sources import read_people

    config = the_config(ctx)
    people = read_people(config)
    if people.faults:
        raise FaultsError(*people.faults)
    levels = {plan.issuer_level for plan in config.plans.values()}
    listing = people.directory.on(utc_now().astimezone(config.zone).date())
    return people.directory.names, listing.is_known, levels.pop() if len(levels) == 1 else ""


def _asked_units(ask: Any, level: str) -> tuple[str, str]:
    if not isinstance(ask, dict) or not isinstance(ask.get("text"), str):
        raise ValueError('expected {"text": text, "issuer": text}')
    issuer = ask.get("issuer", level)
    if not isinstance(issuer, str):
        raise ValueError("issuer is a text such as 省")
    return ask["text"], issuer

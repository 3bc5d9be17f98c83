"""What the commands share: finding the configuration, the clock, printing."""

import difflib
import getpass
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from notifier.cli.owner import act_as_owner
from notifier.clock import Clock, utc_now
from notifier.errors import ConfigError, NotifierError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from notifier.app import App
    from notifier.config import Config

_PLACES = (Path("config.toml"), Path("/etc/notifier/config.toml"))

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


def find_config(named: Path | None) -> Path | None:
    """Return the configuration to use: the one named, else the first of the usual places that is there."""
    return named or next((place for place in _PLACES if place.is_file()), None)


def the_config(ctx: click.Context) -> "Config":
    """Load the configuration of this call; ConfigError when there is none or it can't be used."""
    from notifier.config import load  # phrases are explained without any of this

    return load(_the_place(ctx))


def the_service(ctx: click.Context) -> "tuple[Config, tuple[str, ...]]":
    """Load the configuration of this call, and its faults: where there are any, only its `[service]` counts.

    ConfigError when there is none, or when not even the ledger's place can be made out.
    """
    from notifier.config import load, load_service

    place = _the_place(ctx)
    try:
        return load(place), ()
    except ConfigError as error:
        if (config := load_service(place)) is None:
            raise
        return config, error.faults


def _the_place(ctx: click.Context) -> Path:
    place = find_config(ctx.find_root().obj)
    if place is None:
        looked = " nor ".join(map(str, _PLACES))
        raise ConfigError(
            f"no configuration: there is neither {looked}; name one with --config or $NOTIFIER_CONFIG"
        )
    return place


def the_app(ctx: click.Context, clock: Clock = utc_now) -> "App":
    """Build what this call's configuration names, with what its ledger has on record; root acts as its owner."""
    from notifier.app import build

    config = the_config(ctx)
    act_as_owner(config)
    app = build(config, clock)
    with the_ledger(app.config) as engine:
        return app if engine is None else app.informed(engine)


@contextmanager
def the_ledger(config: "Config") -> "Iterator[Engine | None]":
    """Open the ledger of a configuration for one command; None while there is none.

    A ledger that can't be read or written, or is damaged, is an error told plainly.
    """
    from sqlalchemy.exc import DatabaseError, OperationalError

    from notifier.config.credential import ledger_place
    from notifier.ledger.engine import open_existing
    from notifier.ledger.keeping import unusable

    act_as_owner(config)
    place = ledger_place(config)
    engine = open_existing(place)
    try:
        yield engine
    except OperationalError as error:
        raise NotifierError(f"{place}: {error.orig}") from None
    except DatabaseError as error:
        if type(error) is not DatabaseError or not isinstance(
            place, Path
        ):  # a fault of ours, not of the file
            raise
        raise unusable(place, error) from None
    finally:
        if engine is not None:
            engine.dispose()


def made(engine: "Engine | None") -> "Engine":
    """Return the ledger; NotifierError while there is none."""
    if engine is None:
        raise NotifierError("there is no ledger yet: `notifier run` makes it")
    return engine


def near(name: str, words: Iterable[str]) -> str:
    """Return what a message that there is no `name` ends with: the words that come near it, if any does."""
    close = difflib.get_close_matches(name, list(words), n=3)
    return f"; near it: {', '.join(close)}" if close else ""


def who() -> str:
    """Return who typed the command, for the record of what ops did."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def say_json(value: Any, *, indent: int | None = 2) -> None:
    """Print one JSON document in UTF-8, whatever the locale; laid out with `indent` on a terminal."""
    indent = indent if sys.stdout.isatty() else None
    try:
        data = json.dumps(value, ensure_ascii=False, indent=indent).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can write only as an escape
        data = json.dumps(value, indent=indent).encode()
    click.echo(data)


class Day(click.ParamType[date]):
    """A day such as 2018-08-31."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date, or fail as bad usage."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no day such as 2018-08-31", param, ctx)


DAY = Day()


def when(text: str, app: "App") -> datetime:
    """Read an instant that ops type: a day (its notice hour), or a day and time where the office is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time such as 2018-08-31 or 2018-08-31T09:00") from None
    if len(text) <= len("2018-08-31"):
        moment = datetime.combine(moment.date(), app.setting.policy.notice_at)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=app.config.zone)


def day_end(app: "App", day: date) -> datetime:
    """Return the last instant of a day where the office is."""
    return datetime.combine(day + timedelta(days=1), time(), app.config.zone) - timedelta(microseconds=1)

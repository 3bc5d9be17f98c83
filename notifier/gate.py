"""What a new configuration changes of what is ahead, and whether a person has to say so first.

What was adopted last stands in the ledger: config.toml as it was, and the contacts; the tasks are there anyway. So a
reload, a start and `notifier check --diff` compare with the same: what the daemon would do without the change. More
than `[service] surprise_limit` of it waits for `notifier confirm`, and the limit is the one in force, not the new one.
"""

import hashlib
import logging
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import Connection, Engine, event

from notifier.app import App
from notifier.config import Config, parse
from notifier.errors import ConfigError, NotifierError, in_one_line
from notifier.ledger import in_force
from notifier.ledger.engine import only_reading
from notifier.ledger.extract import extract, twin
from notifier.ledger.in_force import HELD, InForce, Waiting
from notifier.ledger.tasks import plan_by_key, tasks_of
from notifier.logs import hushed
from notifier.passes.book import PlanEntry
from notifier.passes.compare import compare as held_against
from notifier.passes.foresight import DAYS, Difference, Tally, as_it_stands, once_adopted
from notifier.passes.foresight import compare as differ
from notifier.passes.plan import dated
from notifier.passes.setting import Setting, setting_of
from notifier.people.directory import Contact, Directory
from notifier.sources import People, missing_credentials

log = logging.getLogger(__name__)

LEAST = 10  # reminders: fewer are no surprise, however few there are in all
_SUBSTANCE = (
    "plans",
    "policy",
    "calendar",
    "terms",
    "timing",
    "events",
    "groups",
    "aliases",
)  # of config.toml
UNREADABLE = (ConfigError, ValueError, TypeError)  # what `recall` raises of what another release wrote
_PATIENCE_SECONDS = 120.0  # for a comparison in the daemon


class Held(NotifierError):
    """A configuration waits for a person's word; `brakes` tells whether it holds all mail back, which needs none."""

    def __init__(self, why: str, *, brakes: bool) -> None:
        super().__init__(why)
        self.brakes = brakes


class _TooLong(Exception):
    """A comparison took longer than it may."""


def fingerprint(app: App) -> str:
    """Return what is equal for the same config.toml, contacts and documents, read alike, and for no others."""
    parts = [app.config.hash]
    parts += [f"{entry.key}:{entry.document.sha256}:{entry.fingerprint}" for entry in app.book]
    parts += [repr(contact) for contact in app.people.contacts]
    return hashlib.sha256("\n".join(parts).encode(errors="surrogatepass")).hexdigest()


def recall(stood: InForce, app: App) -> App:
    """Return the app of before, as the ledger has it, at the place of a new one; its documents are not read again.

    Raises one of `UNREADABLE` when this release can't use that configuration any more.
    """
    then, now = parse(stood.config, app.config.path), app.config
    service = now.service.model_copy(
        update={name: getattr(then.service, name) for name in ("timezone", "surprise_limit")}
    )
    # Who wants no mail to go gets that at once.
    delivery = then.delivery.model_copy(update={"hold": then.delivery.hold or now.delivery.hold})
    config: Config = then.model_copy(update={"service": service, "delivery": delivery})
    if any(missing_credentials(config)):  # the office moved to another mail server, and tidied up
        config = config.model_copy(update={"mail": now.mail})
    contacts = tuple(Contact(**{**one, "groups": tuple(one["groups"])}) for one in stood.people)
    directory = Directory.build(contacts, config.groups, config.aliases)
    return replace(
        app,
        config=config,
        setting=replace(setting_of(config, directory, contacts), recorded=app.setting.recorded),
        book=(),
        people=People(directory=directory, contacts=contacts, row_faults=(), faults=()),
        is_recalled=True,
    )


def compare(
    engine: Engine,
    old: App,
    new: App,
    found: Callable[[Difference], None] = lambda _one: None,
    *,
    check: Callable[[], None] = lambda: None,
) -> Tally:
    """Count how the next 90 days differ between an app recalled from a ledger and a new one, which isn't adopted there.

    Each difference is handed to `found`. `check` is called before each page of the work, and ends it by raising.
    """
    now = new.clock()
    with hushed():
        first = extract(engine, now, now - max(old.setting.catch_up, new.setting.catch_up))
        second = twin(first, now)
        try:
            for made in (first, second):
                event.listen(made, "begin", lambda _db: check())
            stands = as_it_stands(first, old.setting, now)
            return differ(stands, once_adopted(second, new.setting, new.book, now), found)
        finally:
            first.dispose()
            second.dispose()


class Gate:
    """Lets configurations in on one host; one that changes too much waits."""

    def __init__(self, engine: Engine) -> None:
        """Keep the gate of an open ledger."""
        self._engine = engine
        self._host = socket.gethostname()
        self._held: str | None = None  # the fingerprint of what waits
        self._heard: str | None = None  # when a person's word came that was acted on

    def at_start(self, app: App) -> tuple[App, str | None]:
        """Return the app to start with: this one, or the one of before with why this one waits."""
        try:
            self.admit(app)
        except Held as error:
            with self._engine.begin() as db:
                stood = in_force.what_is_in_force(db)
            if stood is None:
                raise
            return recall(stood, app), str(error)
        return app, None

    def admit(self, app: App, stop: Callable[[], bool] = lambda: False) -> None:
        """Raise Held when a configuration changes more of what is ahead than it may without a person's word."""
        mine = fingerprint(app)
        with self._engine.begin() as db:
            stood = in_force.what_is_in_force(db)
            words = [one for one in in_force.waiting(db) if one.confirmed is not None]
        if stood is None or stood.fingerprint == mine or mine in {one.fingerprint for one in words}:
            return
        try:
            old = recall(stood, app)
        except UNREADABLE as error:
            log.warning(
                "What was in force can't be read by this release, so nothing is compared: %s",
                in_one_line(error), extra={"action": "not_compared"},
            )  # fmt: skip
            return
        if self._is_alike(old, app):
            return
        brakes = app.config.delivery.hold
        try:
            found = compare(self._engine, old, app, check=_limit(stop))
        except _TooLong:
            self._hold(mine, Tally(), app.clock())
            raise Held(
                f"{HELD}: it couldn't be compared with the old one in {_PATIENCE_SECONDS:.0f} s",
                brakes=brakes,
            ) from None
        if is_surprise(found, old.config.service.surprise_limit):
            self._hold(mine, found, app.clock())
            raise Held(f"{HELD}: {told(found)}", brakes=brakes)

    def _is_alike(self, old: App, new: App) -> bool:
        """Tell whether nothing differs that reminders are made of: such a reload needs no comparison."""
        was, is_now = old.config, new.config
        if any(getattr(was, name) != getattr(is_now, name) for name in _SUBSTANCE):
            return False
        if was.service.timezone != is_now.service.timezone or old.people.contacts != new.people.contacts:
            return False
        with only_reading(self._engine).begin() as db:
            return all(_is_read_alike(db, entry, new.setting) for entry in new.book)

    def adopted(self, app: App) -> None:
        """Put on record that an app was adopted."""
        people = [asdict(contact) for contact in app.people.contacts]
        with self._engine.begin() as db:
            in_force.adopted(db, fingerprint(app), app.config.source, people, app.clock(), host=self._host)
        self._held = None

    def forget(self) -> None:
        """Wait for no word any more, as everything is read anew; what was confirmed stays so."""
        self._held = None

    def failed(self) -> None:
        """Let nothing wait here, as the files hold something else by now that can't be used at all."""
        with self._engine.begin() as db:
            in_force.let_nothing_wait(db, self._host)

    @property
    def is_holding(self) -> bool:
        """Whether a configuration waits here."""
        return self._held is not None

    def has_word(self) -> bool:
        """Tell, once, that a person let in what waits here; or that another host adopted the same."""
        if self._held is None:
            return False
        with self._engine.begin() as db:
            mine = [one for one in in_force.waiting(db) if one.host == self._host]
            word = next((str(one.confirmed) for one in mine if one.confirmed is not None), None)
            if in_force.fingerprint_in_force(db) == self._held:
                word = word or self._held
        is_news = word is not None and word != self._heard
        self._heard = word
        return is_news

    def _hold(self, mine: str, found: Tally, now: datetime) -> None:
        with self._engine.begin() as db:
            in_force.hold(db, Waiting(host=self._host, fingerprint=mine, since=now, **asdict(found)))
        self._held, self._heard = mine, None


def _is_read_alike(db: Connection, entry: PlanEntry, setting: Setting) -> bool:
    """Tell whether a document is the one that was adopted, and its tasks owe the same to the same in this release."""
    plan = plan_by_key(db, entry.key)
    if plan is None or not plan.active or plan.hash != entry.document.sha256:
        return False
    if plan.read == entry.fingerprint:
        return True
    found = held_against(tasks_of(db, entry.key), entry, dated(db, setting))
    return not (found.new or found.vanished or any(change.moves for change in found.changed))


def is_surprise(found: Tally, limit: float) -> bool:
    """Tell whether so much changes that a person has to say so; where nothing lies ahead, nothing does."""
    changed = found.added + found.dropped + found.moved
    return found.before > 0 and changed >= LEAST and changed > limit * found.before


def told(found: Tally) -> str:
    """Return what a configuration changes, in a line."""
    return (
        f"of {found.before} reminders in {DAYS} days, {found.dropped} are dropped and {found.moved} moved to "
        f"another day, and {found.added} are added; see `notifier check --diff`"
    )


def _limit(stop: Callable[[], bool]) -> Callable[[], None]:
    deadline = time.monotonic() + _PATIENCE_SECONDS

    def check() -> None:
        if stop():
            raise NotifierError("told to stop before everything was compared")
        if time.monotonic() > deadline:
            raise _TooLong

    return check

"""The one place that builds things: a checked config in, an App out. A reload builds afresh, then swaps."""

import os
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from notifier import sources
from notifier.clock import Clock, utc_now
from notifier.collector import collector_at_rest
from notifier.config import Config
from notifier.config.credential import ledger_place, read_credential
from notifier.database import Server
from notifier.errors import ConfigError, DocumentError, FaultsError, NotifierError
from notifier.intake import Readings, read_document
from notifier.ledger import engine as ledger
from notifier.ledger import tallies
from notifier.ledger.storage import Storage
from notifier.ledger.unseen import UnseenStorage
from notifier.mail.compose import Composer
from notifier.mail.maildir import MaildirTransport
from notifier.mail.pace import Pace
from notifier.mail.transport import Transport
from notifier.passes import fallback, outdated
from notifier.passes.adopt import Adoption, adopt
from notifier.passes.book import PlanEntry, open_plan
from notifier.passes.brake import Brake
from notifier.passes.claiming import BATCH, BATCH_REHEARSED
from notifier.passes.linking import link_events
from notifier.passes.ops import OpsMail
from notifier.passes.plan import People as Named
from notifier.passes.plan import PlanOutcome, dated, plan
from notifier.passes.preflight import Item, preflight
from notifier.passes.readdress import AddressedFor
from notifier.passes.retry import Override, longest_wait
from notifier.passes.sampling import Sampling
from notifier.passes.send import Sender, SendOutcome
from notifier.passes.setting import Setting, setting_of
from notifier.passes.summary import MonthlySummary
from notifier.passes.suspending import resume_over
from notifier.passes.suspension import suspensions
from notifier.passes.turned_back import set_right
from notifier.sources import People

if TYPE_CHECKING:
    from notifier.mail.smtp import SmtpTransport


_START = secrets.token_hex(4)  # of this process


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """The passes over one ledger and one transport."""

    engine: Engine
    app: "App"
    sender: Sender
    addressed: AddressedFor = field(default_factory=AddressedFor)
    bundled: Callable[[Connection, datetime], object] = lambda _db, _now: None
    """Called in the transaction that makes messages, once they are made."""
    people: Named | None = None
    """Where one pass follows the other at once: whom tasks name, remembered from each to the next."""

    @collector_at_rest()
    def adopt(self, now: datetime, *, catch_up: bool = False) -> Adoption:
        """Bring the ledger to what the documents say; a recalled app leaves it as it is."""
        if self.app.is_recalled:
            return Adoption()
        adoption = adopt(self.engine, self.app.book, self.app.setting, now, catch_up=catch_up)
        self.addressed.day = self.app.setting.policy.local_day(now)
        return adoption

    def plan(self, now: datetime) -> PlanOutcome:
        """Run the plan pass."""
        self.addressed.follow(self.engine, self.app.setting, now)
        ends = resume_over(self.engine, self.app.setting, now)
        domain = self.app.config.mail.domain
        outcome = plan(self.engine, self.app.setting, domain, now, self.bundled, self.people)
        outcome = outcome.with_more(0, ends)
        if self.sender.ops is not None:
            outcome = outcome.with_more(*self.sender.ops.queue(self.engine, now))
        link_events(self.engine)
        return outcome

    def set_right(self, now: datetime, *, stands: bool) -> None:
        """Set right what a clock that was ahead planned and put off; see `turned_back`."""
        wait = longest_wait(self.app.overrides)
        set_right(self.engine, self.app.setting, now, longest_wait=wait, stands=stands)

    def send(
        self, stop: Callable[[], bool] = lambda: False, among: Sequence[int] | None = None
    ) -> SendOutcome:
        """Run the send pass for at most a heartbeat; with `among`, for these messages alone."""
        self.addressed.follow(self.engine, self.app.setting, self.sender.clock())
        return self.sender.send(
            stop, budget=timedelta(seconds=self.app.config.service.heartbeat), among=among
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A configuration with everything it names, read and checked; the ledger is opened on demand."""

    config: Config
    clock: Clock
    setting: Setting
    book: tuple[PlanEntry, ...]
    people: People
    refused: Mapping[str, str] = field(default_factory=dict)
    """Contacts whose latest mail the server refused for good, or who are suspended for it, with its words."""
    pace: Pace = field(default_factory=Pace)
    """How fast mail may go, for transport and send pass alike."""
    on_record: tuple[Item, ...] = ()
    """What a ledger has that needs a person: templates that failed since the last load, extensions that clash."""
    readings: Readings = field(default_factory=Readings)
    """What was kept of earlier readings of the documents."""
    template_names: tuple[str, ...] = ()
    is_recalled: bool = False
    """Whether this is the configuration of before, with the documents as the ledger has them: there is no book."""

    @property
    def owner(self) -> str:
        """This process as it signs claims: unlike any other, whoever has its number later."""
        return f"{socket.gethostname()}:{os.getpid()}:{_START}"

    @property
    def overrides(self) -> tuple[Override, ...]:
        """The replies of a mail server that `[delivery] defer` puts off."""
        return tuple(
            Override(reply=entry.reply, wait=timedelta(minutes=entry.wait))
            for entry in self.config.delivery.defer
        )

    def preflight(self, now: datetime) -> list[Item]:
        """Return what needs a person."""
        found = preflight(self.book, self.people.row_faults, self.refused, self.setting, now)
        return [*found, *fallback.of_no_plan(self.template_names, self.config.plans), *self.on_record]

    def informed(self, engine: Engine) -> "App":
        """Return this app with what a ledger has on record: the days of events, the addresses refused."""
        with engine.begin() as db:
            resting = {rest.contact: rest.told(self.config.zone) for rest in suspensions(db).values()}
            setting = dated(db, self.setting)
            return replace(
                self,
                setting=setting,
                refused=tallies.refused_contacts(db) | resting,
                on_record=(*fallback.items(db), *outdated.items(db, self.book, setting)),
            )

    def keep_readings(self) -> None:
        """Keep what was read of the documents for the next start; OSError when it can't be written."""
        if not self.is_recalled:
            self.readings.keep(self.config.readings_file, [entry.document for entry in self.book])

    def composer(self, installation: str = "preview") -> Composer:
        """Return the composer of this installation's mails."""
        return sources.composer(self.config, installation)

    def create_ledger(self, *, anew: bool = False) -> Engine:
        """Open the ledger for a daemon, made if there never was one, or `anew`."""
        return ledger.create(ledger_place(self.config), self.clock(), anew=anew)

    def existing_ledger(self) -> Engine | None:
        """Open the ledger; None while there is none."""
        return ledger.open_existing(ledger_place(self.config))

    def existing_place(self) -> Path | Server | None:
        """Return where the ledger is; None while there is none."""
        if (engine := self.existing_ledger()) is None:
            return None
        engine.dispose()
        return ledger_place(self.config)

    @property
    def brake(self) -> Brake:
        """What `[delivery]` holds back."""
        return Brake(hold=self.config.delivery.hold, daily_cap=self.config.delivery.daily_cap)

    @property
    def ops_mail(self) -> OpsMail:
        """The mail to the office's own ops, to nobody where `[ops]` names none."""
        return OpsMail(
            addresses=self.config.ops.mail,
            at=self.config.ops.at,
            domain=self.config.mail.domain,
            book=self.book,
            row_faults=self.people.row_faults,
            setting=self.setting,
            brake=self.brake,
            summary=MonthlySummary(
                addresses=self.config.ops.summarised, domain=self.config.mail.domain, setting=self.setting
            ),
        )

    def transport(self) -> Transport:
        """Return the way out that `[delivery]` names; ConfigError when it is a Maildir that can't be written."""
        delivery = self.config.delivery
        if delivery.mode != "maildir":
            return self.smtp_transport()
        maildir = MaildirTransport(self.config.resolve(delivery.maildir))
        try:
            maildir.check()
        except NotifierError as error:
            raise ConfigError(f"delivery.maildir: {error}") from None
        return maildir

    def smtp_transport(self) -> "SmtpTransport":
        """Return the mail server of `[mail]`, whatever the delivery mode; ConfigError if its password can't be read."""
        # The mail client and asyncio are 14 MB, of no use while mail goes into a Maildir.
        from notifier.mail.session import Server
        from notifier.mail.smtp import SmtpTransport

        mail = self.config.mail
        server = Server(
            host=mail.host,
            port=mail.port,
            tls=mail.tls,
            ca_file=None if mail.ca_file is None else str(self.config.resolve(mail.ca_file)),
            user=mail.user,
            password=None if mail.password_file is None else read_credential(self.config, mail.password_file),
            connections=mail.connections,
        )
        return SmtpTransport(server, self.pace)

    def passes(
        self,
        engine: Engine,
        transport: Transport,
        *,
        clock: Clock | None = None,
        rehearsed: bool = False,
        sampling: Sampling | None = None,
        storage: Storage | UnseenStorage | None = None,
    ) -> Passes:
        """Return the passes over a ledger; a rehearsal has its own clock and no ops, is not redirected nor held.

        With `sampling`, no more mails are made than that has made; the others are empty. Where the ledger's disk is
        looked after, `storage` sees to it that answers are recorded.
        """
        with engine.begin() as db:
            installation = ledger.installation_id(db)
        delivery = self.config.delivery
        sender = Sender(
            engine=engine,
            setting=self.setting,
            composer=self.composer(installation),
            transport=transport,
            clock=clock or self.clock,
            owner=self.owner,
            sender=self.config.mail.sender,
            redirect_to=delivery.redirect_to if delivery.mode == "redirect" and not rehearsed else None,
            pace=Pace() if rehearsed or delivery.mode == "maildir" else self.pace,
            brake=Brake() if rehearsed else self.brake,
            ops=None if rehearsed else self.ops_mail,
            overrides=self.overrides,
            sampling=sampling,
            batch=BATCH_REHEARSED if rehearsed else BATCH,
        )
        if storage is not None:
            sender.insist = storage.insist
        return Passes(engine=engine, app=self, sender=sender, people={} if rehearsed else None)


@collector_at_rest()
def build(config: Config, clock: Clock = utc_now) -> App:
    """Read everything that a config names; raise FaultsError with every fault of every file.

    Documents, directory and templates are read here; a bad row, phrase, unit or address is no fault but an
    item of `App.preflight`.
    """
    people = sources.read_people(config)
    faults = [*people.faults, *sources.missing_credentials(config)]
    setting = setting_of(config, people.directory, people.contacts)
    book = []
    readings = Readings.load(config.readings_file)
    for key, facts in config.plans.items():
        try:
            document = read_document(config.resolve(facts.path), readings)
        except DocumentError as error:
            faults += [f"plans.{key}.path: {fault}" for fault in error.faults]
            continue
        book.append(open_plan(key, facts, document, config, setting))
    faults += sources.template_faults(config)
    if faults:
        raise FaultsError(*faults)
    pace = Pace(config.mail.per_second, config.mail.per_domain)
    return App(
        config=config,
        clock=clock,
        setting=setting,
        book=tuple(book),
        people=people,
        pace=pace,
        readings=readings,
        template_names=tuple(sources.template_names(config)),
    )

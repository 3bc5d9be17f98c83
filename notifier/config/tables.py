"""The tables of config.toml with their defaults. Unknown keys are refused, values are frozen."""

import re
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from notifier.config.database import database_url, engine_fits, is_file
from notifier.config.listening import Listening
from notifier.config.surprise import Share
from notifier.config.values import (
    Address,
    CadenceText,
    Count,
    Day,
    Filled,
    LeadValue,
    Notation,
    Positive,
    Rate,
    Rates,
    Switch,
    WallClock,
    Zone,
)
from notifier.timing.policy import Lead


class Table(BaseModel):
    """A table of config.toml."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, arbitrary_types_allowed=True
    )


class Service(Table):
    """`[service]`: where the daemon keeps its things and how it counts time."""

    timezone: Zone = "Asia/Shanghai"
    database: Annotated[str, AfterValidator(database_url)] = "sqlite:///var/notifier.db"
    database_password_file: Path | None = None
    engine: Annotated[Literal["embedded", "cluster"], Field(validate_default=True)] = "embedded"
    templates: Path | None = None
    heartbeat: Annotated[Positive, Field(le=3600)] = 60
    surprise_limit: Share = 0.5
    log: Literal["logfmt", "json"] = "logfmt"
    metrics: Listening | None = None
    health_file: Path | None = None  # None: beside the ledger

    @property
    def patience(self) -> timedelta:
        """How long a daemon, its main thread or a pass may give no sign that it is well before it counts as ill."""
        return timedelta(seconds=3 * self.heartbeat)

    @field_validator("engine")
    @classmethod
    def _engine_fits(cls, engine: str, info: ValidationInfo) -> str:
        # A database at fault was told already.
        return engine_fits(engine, info.data["database"]) if "database" in info.data else engine

    @model_validator(mode="after")
    def _password_has_its_server(self) -> "Service":
        if self.database_password_file is not None and is_file(self.database):
            raise ValueError("database_password_file is for a database on a server")
        return self


class TaskOverride(Table):
    """`[plans.<key>.tasks."7"]`: a person's word on one task."""

    timing: Notation | None = None
    units: Filled | None = None
    named: dict[str, tuple[str, ...]] = {}


class Plan(Table):
    """`[plans.<key>]`: one document."""

    path: Path
    issued: Day
    issuer: str = ""
    issuer_level: str = ""
    title: str = ""
    number: str = ""
    until: Day | None = None
    tasks: dict[str, TaskOverride] = {}

    @model_validator(mode="after")
    def _ends_after_issue(self) -> "Plan":
        if self.until is not None and self.until < self.issued:
            raise ValueError(f"until ({self.until}) lies before issued ({self.issued})")
        return self


class Policy(Table):
    """`[policy]`: when notices go."""

    leads: tuple[LeadValue, ...] = (Lead.parse("30d"), Lead.parse("7d"), Lead.parse("1d"))
    report_leads: tuple[LeadValue, ...] = (Lead.parse("5wd"),)
    report_overdue: Switch = False
    ongoing: CadenceText = "quarterly"
    notice_at: WallClock = time(9)
    close: WallClock = time(17, 30)
    roll: Literal["prev", "next", "none"] = "prev"
    overdue_working_days: Annotated[Count, Field(le=30)] = 5
    overdue_every_days: Positive = 7
    overdue_until_days: Annotated[Count, Field(le=3650)] = 90
    catch_up_days: Annotated[Count, Field(le=3650)] = 30
    catch_up_from: WallClock = time(8)
    catch_up_to: WallClock = time(18)
    open_groups: Literal["all", "none"] = "all"

    @model_validator(mode="after")
    def _in_order(self) -> "Policy":
        if self.notice_at >= self.close:
            raise ValueError(f"notice_at ({self.notice_at}) must come before close ({self.close})")
        if self.catch_up_from >= self.catch_up_to:
            raise ValueError(
                f"catch_up_from ({self.catch_up_from}) must come before catch_up_to ({self.catch_up_to})"
            )
        return self


class Calendar(Table):
    """`[calendar]`: the last word on working days."""

    off: tuple[Day, ...] = ()
    work: tuple[Day, ...] = ()

    @model_validator(mode="after")
    def _disjoint(self) -> "Calendar":
        if both := sorted(set(self.off) & set(self.work)):
            raise ValueError("in off and in work: " + ", ".join(map(str, both)))
        return self


class Reading(Table):
    """`[timing.reading]`: how contested phrases are read."""

    before_period: Literal["exclusive", "inclusive"] = "exclusive"


class Timing(Table):
    """`[timing]`: a person's answers on phrases, and the contested readings."""

    phrases: dict[str, Notation] = {}
    reading: Reading = Reading()


class Contacts(Table):
    """`[contacts]`: the directory files."""

    files: tuple[Path, ...] = ()


class Office(Table):
    """`[office]`: who sends, and whom to call."""

    name: Filled
    section: str = ""
    phone: str = ""
    reply_to: Address | None = None


class Mail(Table):
    """`[mail]`: the sender and the mail server."""

    sender: Address = Field(alias="from")
    sender_name: str = Field(default="", alias="from_name")
    host: Filled = "localhost"
    port: Annotated[Positive, Field(le=65535)] = 587
    tls: Literal["tls", "starttls", "none"] = "starttls"
    ca_file: Path | None = None
    user: Filled | None = None
    password_file: Path | None = None
    connections: Annotated[Positive, Field(le=32)] = 2
    per_second: Rate = 0  # 0: as fast as it goes
    per_domain: Rates = {}

    @property
    def domain(self) -> str:
        """The sender's domain, which signs the Message-IDs."""
        return self.sender.rpartition("@")[2]

    @model_validator(mode="after")
    def _login_is_whole_and_covered(self) -> "Mail":
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user and password_file belong together")
        if self.user is not None and self.tls == "none":
            raise ValueError('a login needs tls = "tls" or "starttls"')
        return self


class Deferral(Table):
    """An entry of `[delivery] defer`: a reply of the mail server that means "not now", whatever its code."""

    reply: re.Pattern[str]
    wait: Annotated[Count, Field(le=1440)] = 0  # minutes at least until the next try

    @field_validator("reply", mode="before")
    @classmethod
    def _tells_replies_apart(cls, text: object) -> re.Pattern[str]:
        if not isinstance(text, str):
            raise ValueError("a reply is described by a regular expression, as text")
        try:
            pattern = re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"this is no regular expression: {error}") from None
        if pattern.search(""):
            raise ValueError("this fits every reply, so that no refusal would ever be told")
        return pattern


# Limits of the great providers: NetEase's and Tencent's lists of codes for those who send to them, Aliyun's quotas.
# Where a code says that the day is over, an hour and more passes between tries.
_DEFERRALS = (
    {"reply": r"(?i)\bfrequency limited\b", "wait": 15},
    {"reply": r"(?i)\b550 mailbox unavailable or access denied\b", "wait": 30},
    {"reply": r"\b(45[01]|55[04]) (MI:(DMC|CCL|CEL|SFQ)|RP:(DRC|CCL|CEL|QRC))\b", "wait": 5},
    {"reply": r"\b(45[01]|550) DT:SPM\b", "wait": 5},
    {"reply": r"\b(550 RP:TRC|55[04] MI:STC)\b", "wait": 240},
    {"reply": r"(?i)\b552 .*\bsending quota\b", "wait": 240},
    {"reply": r"\b421 HL:(ICC|IFC|REP|MEP)\b", "wait": 15},
)


class Delivery(Table):
    """`[delivery]`: where mails go, how many, and which refusals are no more than a rate limit."""

    mode: Literal["maildir", "redirect", "live"] = "maildir"
    maildir: Path = Path("var/mail")
    redirect_to: Address | None = None
    hold: Switch = False
    daily_cap: Annotated[Count, Field(le=1_000_000)] = 5000  # 0: none
    defer: tuple[Deferral, ...] = tuple(Deferral.model_validate(entry) for entry in _DEFERRALS)

    @model_validator(mode="after")
    def _redirect_has_a_target(self) -> "Delivery":
        if self.mode == "redirect" and self.redirect_to is None:
            raise ValueError('mode = "redirect" needs redirect_to')
        return self


class Ops(Table):
    """`[ops]`: who in the office is told what needs a person, and when; who gets the month's summary."""

    mail: tuple[Address, ...] = ()
    at: WallClock = time(8, 30)
    summary: Switch = False
    summary_to: tuple[Address, ...] = ()

    @field_validator("mail", "summary_to")
    @classmethod
    def _each_once(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        first: dict[str, str] = {}
        for address in addresses:
            first.setdefault(address.lower(), address)
        return tuple(first.values())

    @model_validator(mode="after")
    def _summary_has_a_reader(self) -> "Ops":
        if self.summary and not self.summarised:
            raise ValueError("summary = true needs an address in mail or summary_to")
        return self

    @property
    def summarised(self) -> tuple[str, ...]:
        """Who gets the month's summary: those of `mail` and of `summary_to`, each once; nobody while it is off."""
        return self._each_once((*self.mail, *self.summary_to)) if self.summary else ()

"""The whole of config.toml, and the places that its paths mean."""

import re
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, field_validator

from notifier.config.database import file_of, is_file
from notifier.config.tables import (
    Calendar,
    Contacts,
    Delivery,
    Mail,
    Office,
    Ops,
    Plan,
    Policy,
    Service,
    Table,
    Timing,
)
from notifier.config.values import AliasValue, Day, Key, Members
from notifier.errors import ConfigError


class Config(Table):
    """The whole of config.toml, checked. Paths count from the file's own folder: see `resolve`."""

    service: Service = Service()
    plans: dict[Key, Plan] = Field(default_factory=dict)
    policy: Policy = Policy()
    calendar: Calendar = Calendar()
    terms: dict[str, Day] = Field(default_factory=dict)
    timing: Timing = Timing()
    events: dict[str, Day] = Field(default_factory=dict)
    groups: dict[str, Members] = Field(default_factory=dict)
    aliases: dict[str, AliasValue] = Field(default_factory=dict)
    contacts: Contacts = Contacts()
    office: Office
    mail: Mail
    delivery: Delivery = Delivery()
    ops: Ops = Ops()
    _path: Path = PrivateAttr(default=Path("config.toml"))
    _hash: str = PrivateAttr(default="")
    _source: bytes = PrivateAttr(default=b"")

    @field_validator("terms")
    @classmethod
    def _terms_are_named(cls, terms: dict[str, date]) -> dict[str, date]:
        if bad := [name for name in terms if not re.fullmatch(r"\d{4}-(spring|autumn)", name, re.ASCII)]:
            raise ValueError(f'{", ".join(bad)}: a term is written "2018-spring" or "2018-autumn"')
        return terms

    @property
    def path(self) -> Path:
        """The file this was read from, absolute."""
        return self._path

    @property
    def hash(self) -> str:
        """SHA-256 of the file's bytes, hexadecimal."""
        return self._hash

    @property
    def source(self) -> bytes:
        """The file's bytes."""
        return self._source

    @property
    def zone(self) -> ZoneInfo:
        """The zone that every wall-clock time of the installation means."""
        return ZoneInfo(self.service.timezone)

    @property
    def database(self) -> Path:
        """The SQLite file of an embedded ledger; ConfigError when the ledger is on a server: see `ledger_place`."""
        if not is_file(self.service.database):
            raise ConfigError(f"{self.path}: service.database: this is for a ledger in a file alone")
        return self.resolve(file_of(self.service.database))

    @property
    def health_file(self) -> Path:
        """The file in which the daemon says how it is."""
        if self.service.health_file is not None:
            return self.resolve(self.service.health_file)
        if not is_file(self.service.database):
            return self.resolve(Path("var/notifier.health.json"))
        return self.database.with_suffix(".health.json")

    @property
    def readings_file(self) -> Path:
        """The file in which the daemon keeps what it read of the documents."""
        place = self.database if is_file(self.service.database) else self.resolve(Path("var/notifier.db"))
        return place.with_name(f"{place.name}.readings")

    def resolve(self, path: Path) -> Path:
        """Return `path` absolute, counted from the folder of config.toml."""
        return self._path.parent / path

"""Where a ledger is when it is no file of this machine's."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Server:
    """A database on a PostgreSQL server. Printed, it is its URL, which never holds a password."""

    url: str  # postgresql+psycopg://USER@HOST/NAME
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.url

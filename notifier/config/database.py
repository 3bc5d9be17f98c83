"""The value of `[service] database`: a SQLite file, or a database on a PostgreSQL server."""

import re
from pathlib import Path

SQLITE = "sqlite:///"
POSTGRESQL = "postgresql+psycopg://"

# Of libpq's connection parameters those that say where the server is and how it is known; not how it is spoken to.
_PARAMETERS = {"host", "sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs"}


def database_url(url: str) -> str:
    """Return the URL of a ledger as it is; ValueError says what is wrong with it, without a password in it."""
    if url.startswith(POSTGRESQL):
        return _on_a_server(url)
    if not re.fullmatch(re.escape(SQLITE) + r"[^?#]+", url):
        raise ValueError(f'a database is written "{SQLITE}PATH" or "{POSTGRESQL}USER@HOST/NAME"')
    return url


def engine_fits(engine: str, url: str) -> str:
    """Return the engine as it is; ValueError when it can't work on this database."""
    if engine == "embedded" and not url.startswith(SQLITE):
        raise ValueError(
            '"embedded" works on a SQLite file; a database on PostgreSQL needs engine = "cluster"'
        )
    if engine == "cluster" and not url.startswith(POSTGRESQL):
        raise ValueError(f'"cluster" needs a database on PostgreSQL: "{POSTGRESQL}USER@HOST/NAME"')
    return engine


def is_file(url: str) -> bool:
    """Tell whether a database is a file."""
    return url.startswith(SQLITE)


def file_of(url: str) -> Path:
    """Return the file of an embedded ledger, as written."""
    return Path(url.removeprefix(SQLITE))


def _on_a_server(url: str) -> str:
    # The parser that the connection is made with: what it takes for a password is one. A file needs none of it.
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    if re.search(r"[\s#]", url):
        raise ValueError("a URL has no spaces and no #; write them as %20 and %23")
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(f'this is no URL such as "{POSTGRESQL}USER@HOST/NAME"') from None
    if parts.password is not None or "password" in parts.query:
        raise ValueError(
            "a password has no place here: name its file in service.database_password_file, or in $PGPASSFILE"
        )
    if not parts.database:
        raise ValueError(f'the name of the database is missing: "{POSTGRESQL}USER@HOST/NAME"')
    if unknown := sorted(set(parts.query) - _PARAMETERS):
        raise ValueError(f"{', '.join(unknown)}: a URL may say {', '.join(sorted(_PARAMETERS))}")
    return url

"""Secrets: from systemd's credentials, else from files; never from config.toml itself."""

import os
from contextlib import suppress
from pathlib import Path

from notifier.config.database import is_file
from notifier.config.tables import Config
from notifier.database import Server
from notifier.errors import ConfigError

_kept: dict[Path, str] = {}


def keep_credential(config: Config) -> None:
    """Read the mail server's password, if there is one, for a process that is about to give up root."""
    if (path := config.mail.password_file) is not None:
        with suppress(ConfigError):  # told when it is needed
            _kept[path] = read_credential(config, path)


def ledger_place(config: Config) -> Path | Server:
    """Return where the ledger is: its file, or its server with the password for it.

    Raises ConfigError when the password can't be read. With no `database_password_file`, libpq looks for one: in
    $PGPASSFILE, ~/.pgpass.
    """
    if is_file(config.service.database):
        return config.database
    secret = config.service.database_password_file
    password = None if secret is None else read_credential(config, secret, "service.database_password_file")
    return Server(config.service.database, password)


def read_credential(config: Config, path: Path, key: str = "mail.password_file") -> str:
    """Return a secret from its file: systemd's credential of that name, else the path counted from config.toml.

    Raises ConfigError when it can't be read, or is empty: so it is handed over where systemd found no file to load.
    """
    if path in _kept:
        return _kept[path]
    own = config.resolve(path)
    handed = os.environ.get("CREDENTIALS_DIRECTORY")
    place = Path(handed) / path.name if handed else own
    try:
        try:
            secret = place.read_text("utf-8").rstrip("\r\n")
        except FileNotFoundError:
            place = own
            secret = place.read_text("utf-8").rstrip("\r\n")
    except OSError as error:
        raise ConfigError(f"{config.path}: {key}: {place}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{config.path}: {key}: {place}: this is no UTF-8 text") from None
    if not secret:
        raise ConfigError(f"{config.path}: {key}: {place}: there is no password in it")
    return secret

"""Secrets: from systemd's credentials, else from files; never from config.toml itself."""

import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from notifier.config.database import is_file
from notifier.config.whole import Config
from notifier.database import Server
from notifier.errors import ConfigError

_SECRET_KEY = re.compile(r"pass(word|wd|phrase)?$|pwd$|secret|token|auth_?code|密码|授权码", re.IGNORECASE)
# The owner and a group may read a secret, as 0400, 0440, 0600 and 0640 let them; nobody else may touch it.
_TOO_OPEN = stat.S_IWGRP | stat.S_IRWXO

_kept: dict[Path, str] = {}


def inline_secret(key: str, config: Path) -> str | None:
    """Return what to say of a key of config.toml that holds a secret, without the secret; None of any other key."""
    if not _SECRET_KEY.search(key):
        return None
    told = "no secret stands in this file; write it alone into a file and name that in [mail] password_file"
    try:
        is_open = config.stat().st_mode & stat.S_IROTH
    except OSError:
        return told
    return f"{told}; others can read config.toml, so change the secret, too" if is_open else told


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

    Raises ConfigError when it can't be read, when anybody else may read it or its group change it (systemd sees to the
    modes of its own), or when it is empty: so it is handed over where systemd found no file to load.
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
        mode = stat.S_IMODE(place.stat().st_mode)
    except OSError as error:
        raise ConfigError(f"{config.path}: {key}: {place}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{config.path}: {key}: {place}: this is no UTF-8 text") from None
    if mode & _TOO_OPEN and (not handed or place == own):
        raise ConfigError(
            f"{config.path}: {key}: {place}: mode {mode:04o} lets others at it: chmod 600 {place}"
        )
    if not secret:
        raise ConfigError(f"{config.path}: {key}: {place}: there is no password in it")
    return secret

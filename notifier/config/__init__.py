"""config.toml -> Config: every key checked, every fault at once, each with its key.

What the keys name (documents, contacts, templates) is read by `notifier.sources` and `notifier.app`, not here.
"""

import hashlib
import re
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from notifier.config.credential import inline_secret
from notifier.config.tables import Plan
from notifier.config.values import Address
from notifier.config.whole import Config
from notifier.errors import ConfigError

__all__ = ["Address", "Config", "Plan", "load", "load_service", "parse"]


def load(path: Path) -> Config:
    """Read and check config.toml; ConfigError lists every fault with its key (or line, if it is no TOML)."""
    try:
        return parse(path.read_bytes(), path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None


def parse(data: bytes, path: Path) -> Config:
    """Check what was, or is, the content of config.toml at `path`; ConfigError as `load`."""
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: this is no UTF-8 text; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from None
    try:
        config = Config.model_validate(table)
    except ValidationError as error:
        raise ConfigError(*(f"{path}: {_fault(fault, path)}" for fault in error.errors())) from None
    config._path = path.absolute()
    config._hash = hashlib.sha256(data).hexdigest()
    config._source = data
    return config


def load_service(path: Path) -> Config | None:
    """Return what a config.toml at fault still says of its daemon: `[service]`, and all else as if left out.

    A key of `[service]` that is at fault counts as left out, too. None where even that can't be read, or where the
    database itself is at fault.
    """
    with suppress(OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        said = tomllib.loads(path.read_bytes().decode("utf-8-sig")).get("service", {})
        if not isinstance(said, dict):
            return None
        rest = {"office": {"name": "-"}, "mail": {"from": "nobody@localhost.invalid"}}
        try:
            config = Config.model_validate({"service": said, **rest})
        except ValidationError as error:
            wrong = {fault["loc"][1] for fault in error.errors() if fault["loc"][0] == "service"}
            if "database" in wrong:
                return None
            sound = {key: value for key, value in said.items() if key not in wrong}
            config = Config.model_validate({"service": sound, **rest})
        config._path = path.absolute()
        return config
    return None


def _fault(error: Any, path: Path) -> str:
    where = ""
    for part in error["loc"]:
        if isinstance(part, int):
            where += f"[{part}]"
        elif part != "[key]":
            where += f"{'.' if where else ''}{_quoted(part)}"
    if error["type"] == "extra_forbidden":
        return f"{where}: {inline_secret(str(error['loc'][-1]), path) or 'unknown key'}"
    if error["type"] == "missing":
        return f"{where}: this {'key' if '.' in where else 'table'} is required"
    if error["type"] == "string_pattern_mismatch":
        return f"{where}: a plan's key is made of letters, digits, - and _"
    return f"{where}: {str(error['msg']).removeprefix('Value error, ')}"


def _quoted(key: str) -> str:
    """Return a key as TOML writes it; numbers such as a task's are quoted so that they look like keys."""
    return key if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", key) else f'"{key}"'

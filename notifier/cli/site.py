"""What stands in an installation's folder: the shipped files, with the folder's own paths in unit and config.toml.

Under /etc an installation is a service: its ledger and its Maildir lie in /var/lib, where the unit's StateDirectory=
puts them. Anywhere else both lie in the folder's own `var`, so that a folder to try things in leaves nothing outside.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from notifier.errors import UsageError
from notifier.share import share

UNIT = "systemd/notifier.service"
CREDENTIALS = "credentials"
_ETC, _LIB = Path("/etc"), Path("/var/lib")
_HIDDEN = tuple(map(Path, ("/home", "/root", "/run/user", "/tmp", "/var/tmp")))  # noqa: S108  # from the service


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFile:
    """One file of an installation: its path in the folder, its bytes, its mode."""

    path: str
    data: bytes
    mode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How the service starts this very program, and the folders whose files that runs."""

    command: tuple[str, ...]
    folders: tuple[Path, ...]


def this_program() -> Program:
    """Return the `notifier` beside this interpreter, else the interpreter with the package."""
    script = Path(sys.executable).with_name("notifier")
    command = (str(script),) if script.is_file() else (sys.executable, "-m", "notifier")
    prefixes = dict.fromkeys(Path(place) for place in (sys.prefix, sys.base_prefix))
    return Program(command=command, folders=tuple(place for place in prefixes if place != Path("/usr")))


def site_files(folder: Path, program: Program) -> Iterator[SiteFile]:
    """Yield every file of an installation in `folder` (absolute).

    Raises UsageError for a folder that a unit file or the database's URL can't name.
    """
    if re.search(r"[^\w ./,@+=~:-]", str(folder)):
        raise UsageError(f"{folder}: a unit file can't name this folder well; take letters, digits, - and _")
    config = share("config.toml").read_text("utf-8")
    yield SiteFile(path="config.toml", data=_config(config, folder).encode(), mode=0o640)
    for name in _examples(config):
        yield SiteFile(path=name, data=share(name).read_bytes(), mode=0o640)
    templates = share("templates")
    for place in sorted(templates.rglob("*.j2")):
        name = place.relative_to(templates).as_posix()
        yield SiteFile(path=f"templates/{name}", data=place.read_bytes(), mode=0o640)
    for place in sorted(share("deploy").iterdir()):
        text = place.read_text("utf-8")
        fit = text if place.suffix == ".sysusers" else _unit(text, folder, program)
        yield SiteFile(path=f"systemd/{place.name}", data=fit.encode(), mode=0o644)


def state_of(folder: Path) -> Path:
    """Return where an installation keeps what it writes."""
    return _LIB / folder.relative_to(_ETC) if _is_service(folder) else folder / "var"


def hidden_from_service(folder: Path, program: Program) -> list[Path]:
    """Return the places that the unit's sandbox hides from the service, though it needs them."""
    needed = dict.fromkeys([folder, Path(program.command[0]), *program.folders])
    return [place for place in needed if any(place.is_relative_to(hidden) for hidden in _HIDDEN)]


def _is_service(folder: Path) -> bool:
    return folder.is_relative_to(_ETC) and folder != _ETC


def _examples(config: str) -> list[str]:
    tables = tomllib.loads(config)
    return [*(plan["path"] for plan in tables["plans"].values()), *tables["contacts"]["files"]]


def _config(text: str, folder: Path) -> str:
    if not _is_service(folder):
        return text
    state = state_of(folder)
    text = _replaced(text, '"sqlite:///var/notifier.db"', f'"sqlite:///{state}/notifier.db"')
    text = _replaced(text, 'maildir = "var/mail"', f'maildir = "{state}/mail"')
    return _replaced(text, "mails into ./var/mail,", f"mails into {state}/mail,")


def _unit(text: str, folder: Path, program: Program) -> str:
    """Put the paths of a folder and a program into a unit file or drop-in."""
    config = _quoted(str(folder / "config.toml"))
    command = " ".join(_quoted(word) for word in program.command)
    text = text.replace(
        "/opt/notifier/bin/notifier --config /etc/notifier/config.toml", f"{command} --config {config}"
    )
    credentials = str(folder / CREDENTIALS)
    text = text.replace("/etc/notifier/credentials", credentials)
    if " " in credentials:  # systemd 257 ends any service with such a line: "Failed to deserialize"
        text = re.sub(
            r"(?m)^(LoadCredential=|SetCredential=)", r"# no path with a space can stand here: \1", text
        )
    runs = " ".join(_quoted(str(place)) for place in program.folders)
    text = re.sub(r"(?m)^(ExecPaths=.*) /opt/notifier$", lambda found: f"{found[1]} {runs}".rstrip(), text)
    state = state_of(folder)
    if _is_service(folder):
        name = _quoted(str(state.relative_to(_LIB)))
        return re.sub(r"(?m)^StateDirectory=.*$", lambda _: f"StateDirectory={name}", text)
    writes = _quoted(f"-{state}")  # not there yet when ExecStartPre= is about to make it
    made = f"ExecStartPre=+/usr/bin/install -d -m 0700 -o notifier -g notifier {_quoted(str(state))}"
    text = re.sub(r"(?m)^StateDirectory=.*$", lambda _: f"{made}\nReadWritePaths={writes}", text)
    return re.sub(r"(?m)^StateDirectoryMode=.*\n", "", text)


def _quoted(word: str) -> str:
    """Return a word as systemd.syntax(7) quotes it; `site_files` lets no other sign through that means something."""
    return f'"{word}"' if " " in word else word


def _replaced(text: str, old: str, new: str) -> str:
    if old not in text:
        raise UsageError(f"this installation's config.toml is not the one it shipped with: {old} is missing")
    return text.replace(old, new)

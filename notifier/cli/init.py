"""`init`: an installation's folder, ready to edit."""

import grp
import os
from pathlib import Path
from shlex import quote

import click

from notifier.cli.frame import as_json, say_json
from notifier.cli.site import CREDENTIALS, SiteFile, hidden_from_service, site_files, state_of, this_program
from notifier.errors import NotifierError

_USER = "notifier"


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@as_json
def init(folder: Path, as_json: bool) -> None:
    """Write config.toml, templates, an example plan and contacts, and the systemd unit into DIR.

    What is there already is kept, and named. In a folder under /etc the ledger lies in /var/lib, for a service; in
    any other, in DIR/var.
    """
    folder = Path(os.path.abspath(folder))
    program = this_program()
    files = list(site_files(folder, program))
    written, kept = _write(folder, files)
    if as_json:
        say_json({"folder": str(folder), "state": str(state_of(folder)), "written": written, "kept": kept})
        return
    for name in written:
        click.echo(f"wrote {folder / name}")
    for name in kept:
        click.echo(f"kept  {folder / name}: it was there already")
    click.echo(_next_steps(folder))
    for place in hidden_from_service(folder, program):
        click.echo(f"note: a service can't see {place}; for one, install and init elsewhere", err=True)


def _write(folder: Path, files: list[SiteFile]) -> tuple[list[str], list[str]]:
    """Write the files that aren't there; return their names, and the names of those that are."""
    group = _service_group()
    _make(folder, 0o750, group)
    written: list[str] = []
    kept: list[str] = []
    for file in files:
        place = folder / file.path
        _make(place.parent, 0o750, group)
        (written if _create(place, file, group) else kept).append(file.path)
    _make(folder / CREDENTIALS, 0o700, None)
    return written, kept


def _service_group() -> int | None:
    """Return the service's group where there is one and we may give files to it."""
    if os.geteuid() != 0:
        return None
    try:
        return grp.getgrnam(_USER).gr_gid
    except KeyError:
        return None


def _make(folder: Path, mode: int, group: int | None) -> None:
    if folder.is_dir():
        return
    _make(folder.parent, 0o755, None)
    folder.mkdir()
    if group is not None:
        os.chown(folder, -1, group)
    folder.chmod(mode)


def _create(place: Path, file: SiteFile, group: int | None) -> bool:
    try:
        # O_EXCL: whatever appears there meanwhile, a link to somewhere else included, is kept.
        made = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return False
    try:
        with os.fdopen(made, "wb") as sink:
            sink.write(file.data)
            sink.flush()
            if group is not None:
                os.fchown(made, -1, group)
            os.fchmod(made, file.mode)
    except OSError as error:
        place.unlink()  # half a file would be kept by the next init
        raise NotifierError(f"{place}: {error.strerror}") from None
    return True


def _next_steps(folder: Path) -> str:
    config, units = quote(str(folder / "config.toml")), quote(str(folder / "systemd"))
    return f"""
Edit {config}, then see what it comes to:
  notifier --config {config} check
  notifier --config {config} run
As a service, by root:
  install -D -m 644 {units}/notifier.sysusers /etc/sysusers.d/notifier.conf && systemd-sysusers
  chgrp -R {_USER} {quote(str(folder))}
  install -m 644 {units}/notifier.service /etc/systemd/system/ && systemctl daemon-reload
  systemctl enable --now notifier"""

"""What a configuration names, read: contacts, mail templates, credentials; each fault is told with its key."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from notifier.config import Config
from notifier.config.credential import read_credential
from notifier.errors import ConfigError, DocumentError, FaultsError
from notifier.intake import RowFault
from notifier.intake.contacts import Seen, read_contacts
from notifier.mail.compose import Composer, Identity, Office
from notifier.mail.render import languages
from notifier.people.directory import Contact, Directory
from notifier.share import share


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The directory as `[contacts]`, `[groups]` and `[aliases]` give it, with what can't be used."""

    directory: Directory
    contacts: tuple[Contact, ...]
    row_faults: tuple[RowFault, ...]
    faults: tuple[str, ...]


def read_people(config: Config) -> People:
    """Read the directory; a file that can't be used, or groups that contain themselves, are its `faults`."""
    contacts: list[Contact] = []
    row_faults: list[RowFault] = []
    faults: list[str] = []
    seen, spoken = Seen(), languages(template_names(config))
    for path in config.contacts.files:
        try:
            found, bad = read_contacts(config.resolve(path), seen, spoken)
            contacts += found
            row_faults += bad
        except DocumentError as error:
            faults += [f"contacts.files: {fault}" for fault in error.faults]
    try:
        directory = Directory.build(contacts, config.groups, config.aliases)
    except ValueError as error:
        faults.append(f"{config.path}: {error}")
        directory = Directory.build([replace(contact, groups=()) for contact in contacts], {}, {})
    return People(
        directory=directory,
        contacts=tuple(contacts),
        row_faults=tuple(row_faults),
        faults=tuple(faults),
    )


def composer(config: Config, installation: str) -> Composer:
    """Return the composer of an installation's mails, with the templates that a config names."""
    office = config.office
    identity = Identity(
        sender_name=config.mail.sender_name or office.name,
        sender=config.mail.sender,
        domain=config.mail.domain,
        office=Office(
            name=office.name, section=office.section, phone=office.phone, reply_to=office.reply_to or ""
        ),
        installation=installation,
    )
    return Composer(_template_folders(config), identity)


def _template_folders(config: Config) -> list[Path]:
    own = [] if config.service.templates is None else [config.resolve(config.service.templates)]
    # Ops' own folder first: what it lacks is taken from the shipped set.
    return [*own, share("templates")]


def template_names(config: Config) -> Iterator[str]:
    """Yield the templates that are there, by their names within a folder; ops' own before the shipped."""
    for folder in _template_folders(config):
        yield from (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.j2")))


def template_faults(config: Config) -> Sequence[str]:
    """Return what keeps templates from being used; each is rendered once for it."""
    if config.service.templates is not None and not config.resolve(config.service.templates).is_dir():
        return (f"{config.path}: service.templates: no such folder: {config.service.templates}",)
    try:
        composer(config, "check").check()
    except FaultsError as error:
        return error.faults
    return ()


def missing_credentials(config: Config) -> Iterator[str]:
    """Yield what of the files that the way to the mail server needs isn't there, or can't be used."""
    mail = config.mail
    if mail.ca_file is not None and not config.resolve(mail.ca_file).is_file():
        yield f"{config.path}: mail.ca_file: no such file: {mail.ca_file}"
    if mail.password_file is not None and config.delivery.mode != "maildir":
        try:
            read_credential(config, mail.password_file)
        except ConfigError as error:
            # Root alone may read it, and systemd hands it to the daemon, not to ExecReload=: no fault of the file's.
            if not isinstance(error.__cause__, PermissionError):
                yield from error.faults

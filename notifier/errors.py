"""Every error raised on purpose, in one tree; the class knows the exit code.

NotifierError                  1   something failed
├── FaultsError               78   a file that can't be used, every fault listed
│   ├── ConfigError                config.toml
│   ├── TemplateError              a mail template
│   └── DocumentError              a whole document or directory
├── LedgerFailed              74   the ledger's disk fails, is full, or somebody else has locked it
├── LedgerHeld                75   another daemon holds the database
├── UsageError                 2   a command was asked for what doesn't exist
├── NotationError              1   a line of timing notation can't be read
└── MailGateError              1   a composed mail isn't fit to leave
    └── MailTooBig                 it is longer than a mail may be
"""

from typing import ClassVar


class NotifierError(Exception):
    """Base of every error raised on purpose; `main` prints it and exits with `exit_code`."""

    exit_code: ClassVar[int] = 1


class FaultsError(NotifierError):
    """A file can't be used; `faults` holds every fault found, each with its file, line or key."""

    exit_code = 78  # EX_CONFIG of sysexits(3); the unit's RestartPreventExitStatus names it

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class ConfigError(FaultsError):
    """config.toml can't be used."""


class TemplateError(FaultsError):
    """A mail template doesn't compile or doesn't render."""


class DocumentError(FaultsError):
    """A whole document or contact directory can't be used."""


class LedgerFailed(NotifierError):
    """The ledger can't be used at the moment; a new start may find it well, so none is ruled out."""

    exit_code = 74  # EX_IOERR of sysexits(3)


class LedgerHeld(NotifierError):
    """Another daemon holds the database."""

    exit_code = 75  # EX_TEMPFAIL of sysexits(3)


class UsageError(NotifierError):
    """A command names something that doesn't exist."""

    exit_code = 2


class NotationError(NotifierError):
    """A line of timing notation can't be read; the message says where and why."""


class MailGateError(NotifierError):
    """The composed bytes failed the output gate and must not leave."""


class MailTooBig(MailGateError):
    """A mail is, or would be, longer than it may be; a shortened one may still leave."""


def in_one_line(told: object) -> str:
    """Return what an error, or whatever else, says, on one line: the log, status and a mail take no more."""
    return " ".join(str(told).split())


def first_line(error: Exception) -> str:
    """Return what an error says without what stands below: SQLAlchemy adds the statement and all that went with it."""
    return str(error).partition("\n")[0]

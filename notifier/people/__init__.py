"""Unit phrases, the directory of who the units are, and who is told. Pure: no files, no clock."""

from notifier.people.directory import Alias, Contact, Directory, Expansion, Listing
from notifier.people.phrase import read_units
from notifier.people.reading import Role, UnitRef, UnitsReading
from notifier.people.roster import Recipient, Roster, UnitIssue, recipients

__all__ = [
    "Alias",
    "Contact",
    "Directory",
    "Expansion",
    "Listing",
    "Recipient",
    "Role",
    "Roster",
    "UnitIssue",
    "UnitRef",
    "UnitsReading",
    "read_units",
    "recipients",
]

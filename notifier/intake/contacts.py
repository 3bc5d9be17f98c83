"""The contact directory: a CSV file with the columns unit, name, email, role."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from notifier.errors import DocumentError
from notifier.intake.document import load
from notifier.intake.rows import RowFault
from notifier.intake.text import decode
from notifier.people.directory import Contact, normal

_HEADINGS = {
    "unit": "unit", "单位": "unit", "单位名称": "unit", "责任单位": "unit",
    "name": "name", "姓名": "name", "联系人": "name", "联络员": "name",
    "email": "email", "e-mail": "email", "mail": "email", "邮箱": "email", "电子邮箱": "email", "邮箱地址": "email",
    "role": "role", "角色": "role", "类别": "role",
}  # fmt: skip
ContactRole = Literal["primary", "copy", "leader"]
_ROLES: dict[str, ContactRole] = {
    "": "primary", "primary": "primary", "联络员": "primary", "主要": "primary", "主送": "primary",
    "copy": "copy", "抄送": "copy",
    "leader": "leader", "领导": "leader", "分管领导": "leader",
}  # fmt: skip
# Narrower than RFC 5321: quoted local parts and rare marks are far likelier typing errors than addresses.
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_+%=-]|\.(?=[A-Za-z0-9_+%=-]))*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LOCAL_MAX, _ADDRESS_MAX = 64, 254  # octets, RFC 5321 section 4.5.3.1 and its erratum 1690


def read_contacts(path: Path) -> tuple[tuple[Contact, ...], tuple[RowFault, ...]]:
    """Return the contacts of the file and the faults of its rows; a faulty row is left out.

    Raises DocumentError when the file as a whole can't be used.
    """
    records = _records(decode(load(path), path.name), path.name)
    line, titles = next(records, (1, []))
    columns = [_HEADINGS.get(title.lower(), "") for title in titles]
    if missing := [name for name in ("unit", "name", "email") if columns.count(name) != 1]:
        raise DocumentError(
            f"{path.name}:{line}: the header must name unit,name,email,role once each; "
            f"look at: {', '.join(missing)}"
        )
    contacts: list[Contact] = []
    faults: list[RowFault] = []
    seen: dict[tuple[str, str], int] = {}
    for line, cells in records:
        try:
            contact = _contact(columns, cells)
            key = (normal(contact.unit), contact.address.lower())
            if (earlier := seen.setdefault(key, line)) != line:
                raise ValueError(f"{contact.unit} with {contact.address} stands at line {earlier} already")
        except ValueError as error:
            faults.append(RowFault(where=f"{path.name}:{line}", message=str(error)))
        else:
            contacts.append(contact)
    if not contacts and not faults:
        raise DocumentError(f"{path.name}: holds no contact under its header")
    return tuple(contacts), tuple(faults)


def address(text: str) -> str:
    """Return the mail address with its domain in ASCII and lower case; raise ValueError with the reason.

    The local part must be plain ASCII; the domain may be an internationalised one (IDNA 2003).
    """
    local, at, domain = text.strip().rpartition("@")
    if not at:
        raise ValueError(f"“{text}” is no mail address: it has no @")
    if not _LOCAL.fullmatch(local) or len(local) > _LOCAL_MAX:
        raise ValueError(f"“{text}” is no mail address: the part before the @ can't be used")
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError(f"“{text}” is no mail address: its domain can't be used") from None
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise ValueError(f"“{text}” is no mail address: its domain can't be used")
    if len(found := f"{local}@{ascii_domain}") > _ADDRESS_MAX:
        raise ValueError(f"“{text[:40]}…” is longer than a mail address may be")
    return found


def _records(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that isn't blank with the line on which it begins, its cells cleaned."""
    reader = csv.reader(io.StringIO(text), strict=True)
    line = 1
    try:
        for cells in reader:
            begun, line = line, reader.line_num + 1
            cleaned = [_clean(cell) for cell in cells]
            if any(cleaned):
                yield begun, cleaned
    except csv.Error as error:
        raise DocumentError(f"{name}:{line}: is no readable CSV from here on: {error}") from error


def _clean(cell: str) -> str:
    # Names end up in mail headers: line breaks and other invisible characters have no business there.
    seen = (letter for letter in cell if unicodedata.category(letter) != "Cf")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in seen).split())


def _contact(columns: list[str], cells: list[str]) -> Contact:
    if len(cells) > len(columns) and not any(cells[len(columns) :]):
        cells = cells[: len(columns)]
    short = len(cells) < len(columns) and "role" in columns[len(cells) :] and len(columns) - len(cells) == 1
    if len(cells) != len(columns) and not short:
        raise ValueError(f"{len(cells)} cells where the header has {len(columns)}")
    row = dict(zip(columns, cells, strict=False))
    if not row["unit"]:
        raise ValueError("the unit is missing")
    if (role := _ROLES.get(row.get("role", "").lower())) is None:
        raise ValueError(f"role “{row['role']}” is none of primary, copy, leader")
    return Contact(unit=row["unit"], name=row["name"], address=address(row["email"]), role=role)

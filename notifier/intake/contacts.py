"""The contact directory as offices keep it: CSV text or a workbook, with a row a person.

A header is looked for under title rows; only the unit and the address are required columns. A unit that is
given once, in the first of its rows, counts for the rows under it.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from notifier.errors import DocumentError
from notifier.intake.contact_cells import clean, mailboxes, names_for
from notifier.intake.contact_columns import Columns, Person, columns_of, language_of, role_of
from notifier.intake.document import load
from notifier.intake.rows import RowFault
from notifier.intake.text import decode
from notifier.intake.workbook import SIGNATURES, sheets
from notifier.people.directory import Contact, normal

__all__ = ["Seen", "read_contacts"]

Row = tuple[int, list[str]]  # its line or number in the file, and its cleaned cells


@dataclass(slots=True)
class Seen:
    """What the files of one directory hold between them."""

    rows: dict[tuple[str, str], str] = field(default_factory=dict)  # where a unit's address was read first
    languages: dict[str, tuple[str, str]] = field(
        default_factory=dict
    )  # of an address, and where that stands


_HEADER_WITHIN = 20  # rows
_LONGEST_NAME = 200  # characters, of a unit or a person
_DELIMITERS = (",", "\t", ";")
_SECTION = re.compile(r"[(（]?[一二三四五六七八九十]+[)）、.．]\s*\S")
_NOTE = re.compile(r"(?:注|备注|说明|填表|填报|制表|联系电话|截至|更新)[^@]*")
_GROUPS_BETWEEN = re.compile(r"[;；,，、/|\s]+")
_NO_HEADER = (
    "the header must name unit and email (and may name name, role, group, language), e.g. 单位,姓名,邮箱,角色"
)


@dataclass(slots=True)
class _Table:
    """One table of a file: its rows under the header, and what they gave."""

    file: str
    sheet: str | None
    columns: Columns
    header: Sequence[str]
    seen: Seen
    languages: Collection[str]
    contacts: list[Contact] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    unit: str = ""  # the unit above, for rows that leave it out

    def where(self, number: int) -> str:
        return place(self.file, self.sheet, number)

    def read(self, rows: Iterable[Row]) -> None:
        for number, cells in rows:
            alone = "".join(cells)
            if not alone or cells == self.header:  # printed again on each page
                continue
            if alone in cells and (_SECTION.match(alone) or _NOTE.fullmatch(alone)):
                self.unit = ""
                continue
            self._row(number, cells)

    def _row(self, number: int, cells: Sequence[str]) -> None:
        columns = self.columns
        if len(cells) < columns.width:
            cells = [*cells, *[""] * (columns.width - len(cells))]
        elif self.sheet is None and any(cells[columns.width :]):
            # In a text file one separator too many shifts every cell after it.
            self._fault(number, f"{len(cells)} cells where the header has {columns.width}")
            self.unit = ""  # whose it is can't be told, nor whose the rows are that leave the unit out
            return
        self.unit = cells[columns.unit] or self.unit
        if not self.unit:
            self._fault(number, "the unit is missing")
            return
        if len(self.unit) > _LONGEST_NAME:
            self._fault(number, f"“{self.unit[:20]}…” is no unit: it has {len(self.unit)} characters")
            return
        groups: tuple[str, ...] = ()
        if columns.group is not None and cells[columns.group]:
            groups = tuple(group for group in _GROUPS_BETWEEN.split(cells[columns.group]) if group)
        language = self._language(number, cells)
        found = False
        for person in columns.people:
            found = self._person(number, cells, person, groups, language) or found
        if not found:
            self._fault(number, f"{self.unit} has no mail address in this row")

    def _language(self, number: int, cells: Sequence[str]) -> str:
        at = self.columns.language
        try:
            return "" if at is None else language_of(cells[at], self.languages)
        except ValueError as error:
            self._fault(number, str(error))
            return ""

    def _language_for(self, number: int, address: str, language: str) -> str:
        """Return the language of an address, which gets one mail, for however many units it stands."""
        if not language:
            return ""
        here = self.where(number)
        known, there = self.seen.languages.setdefault(address.lower(), (language, here))
        if known != language:
            self._fault(number, f"{address} is written to in {known}, as {there} says, not in {language}")
        return known

    def _person(
        self, number: int, cells: Sequence[str], person: Person, groups: tuple[str, ...], language: str
    ) -> bool:
        """Add a person's contacts; tell whether there was an address to look at, good or bad."""
        boxes: list[tuple[str, str]] = []
        reasons: list[str] = []
        for at in person.emails:
            if cells[at]:
                good, bad = mailboxes(cells[at])
                boxes += good
                reasons += bad
        for reason in reasons:
            self._fault(number, reason)
        if not boxes:
            return bool(reasons)
        try:
            role = person.role or role_of("" if self.columns.role is None else cells[self.columns.role])
        except ValueError as error:
            self._fault(number, str(error))
            return True
        listed = names_for("" if person.name is None else cells[person.name], len(boxes))
        listed = [written or name for (written, _), name in zip(boxes, listed, strict=True)]
        if long := next((name for name in listed if len(name) > _LONGEST_NAME), None):
            self._fault(number, f"“{long[:20]}…” is no name: it has {len(long)} characters")
            return True
        for (_, address), name in zip(boxes, listed, strict=True):
            here = self.where(number)
            key = (normal(self.unit), address.lower())
            if (earlier := self.seen.rows.setdefault(key, here)) is not here:
                self._fault(number, f"{self.unit} with {address} stands at {earlier} already")
                continue
            self.contacts.append(
                Contact(
                    unit=self.unit,
                    name=name,
                    address=address,
                    role=role,
                    groups=groups,
                    language=self._language_for(number, address, language),
                )
            )
        return True

    def _fault(self, number: int, message: str) -> None:
        self.faults.append(RowFault(where=self.where(number), message=message))


def read_contacts(
    path: Path, seen: Seen | None = None, languages: Collection[str] = ()
) -> tuple[tuple[Contact, ...], tuple[RowFault, ...]]:
    """Return the contacts of the file and the faults of its rows; what is faulty is left out.

    CSV may be UTF-8, GB18030 or UTF-16 with a mark, separated by commas, semicolons or tabs; a workbook is XLSX,
    XLS or ODS, every visible sheet with a header. `seen` is shared by the files of one directory, so that a
    contact in two of them is named. `languages` are those that mail can be written in besides the default one; a row
    that asks for another is a fault, and its contact counts. Raises DocumentError when the file as a whole can't be
    used.
    """
    data = load(path)
    known = Seen() if seen is None else seen
    read = _workbook if data.startswith(SIGNATURES) else _text
    tables, faults = read(data, path.name, known, languages)
    contacts = tuple(contact for table in tables for contact in table.contacts)
    faults = [fault for table in tables for fault in table.faults] + faults
    if not contacts and not faults:
        raise DocumentError(f"{path.name}: holds no contact under its header")
    return contacts, tuple(faults)


def place(file: str, sheet: str | None, number: int) -> str:
    """Return where a row is, as faults name it: `a.csv:3`, `a.xlsx, sheet 省直, row 3`."""
    return f"{file}:{number}" if sheet is None else f"{file}, sheet {sheet}, row {number}"


def _text(
    data: bytes, file: str, seen: Seen, languages: Collection[str]
) -> tuple[list[_Table], list[RowFault]]:
    # Excel's “Unicode text” is UTF-16, its “CSV” whatever the machine's code page is: GB18030 in China.
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = data.decode("utf-16").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as error:
            raise DocumentError(
                f"{file}: is no UTF-16 text, as its first bytes say: {error.reason}"
            ) from None
    else:
        text = decode(data, file)
    for delimiter in _DELIMITERS:
        rows = _records(text, delimiter)
        try:
            table = _under_header(rows, file, None, seen, languages)
        except csv.Error:
            continue
        if table is not None:
            try:
                table.read(rows)
            except csv.Error as error:
                raise DocumentError(f"{file}:{error}") from error
            return [table], []
    first = next((number for number, line in enumerate(text.split("\n"), 1) if line.strip()), 1)
    raise DocumentError(f"{file}:{first}: {_NO_HEADER}; none of the first {_HEADER_WITHIN} rows is one")


def _records(text: str, delimiter: str) -> Iterator[Row]:
    """Yield each record with the line on which it begins, its cells cleaned."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            begun, line = line, reader.line_num + 1
            yield begun, [clean(cell) for cell in cells]
    except csv.Error as error:
        raise csv.Error(f"{line}: is no readable CSV from here on: {error}") from error


def _workbook(
    data: bytes, file: str, seen: Seen, languages: Collection[str]
) -> tuple[list[_Table], list[RowFault]]:
    tables: list[_Table] = []
    faults: list[RowFault] = []
    for sheet in sheets(data, file):
        rows = ((number, [clean(cell) for cell in cells]) for number, cells in sheet.rows)
        try:
            table = _under_header(rows, file, sheet.name, seen, languages)
        except DocumentError as error:
            faults += [RowFault(where=f"{file}, sheet {sheet.name}", message=str(error))]
            continue
        if table is None:
            if any("@" in cell for _, cells in sheet.rows for cell in cells):
                message = f"holds addresses and is left out: {_NO_HEADER}"
                faults.append(RowFault(where=f"{file}, sheet {sheet.name}", message=message))
        elif not sheet.visible:
            message = "is hidden, and left out: show it, or remove it"
            faults.append(RowFault(where=f"{file}, sheet {sheet.name}", message=message))
        else:
            table.read(rows)
            tables.append(table)
    if not tables:
        # As with a text file: nobody's directory is emptied by a slip in its header.
        none = f"{file}: {_NO_HEADER}; no sheet has one in its first {_HEADER_WITHIN} rows"
        raise DocumentError(*([f"{fault.where}: {fault.message}" for fault in faults] or [none]))
    return tables, faults


def _under_header(
    rows: Iterator[Row], file: str, sheet: str | None, seen: Seen, languages: Collection[str]
) -> _Table | None:
    """Take rows up to the header and return the table under it; None when the first rows hold no header."""
    above: list[str] = []
    for number, cells in islice((row for row in rows if any(row[1])), _HEADER_WITHIN):
        try:
            columns = columns_of(cells, above)
        except ValueError as error:
            raise DocumentError(f"{place(file, sheet, number)}: {error}") from None
        if columns is not None:
            return _Table(
                file=file, sheet=sheet, columns=columns, header=cells, seen=seen, languages=languages
            )
        above = cells
    return None

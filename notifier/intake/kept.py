"""Readings kept from one start to the next: the tasks of a document, while its bytes and its readers stay the same.

They spare time and are nothing to rely on: a file that is missing, damaged, of another release, or that others may
have written, is as good as none, and the documents are read. It holds data alone (JSON), each reading under the
SHA-256 of the document that it was read from, and with a checksum of its own.
"""

import errno
import hashlib
import json
import os
import stat
import sys
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from operator import attrgetter
from pathlib import Path

import notifier
from notifier.intake.rows import Document, RowFault, TaskRow
from notifier.intake.table import Table

_SIZE_CAP = 256 * 1024 * 1024  # bytes of the file; 100,000 tasks take 3 MB
_HEAD_CAP = 1024 * 1024
_ROOM = 10  # times its size has to be free: what is only to spare time must not fill the ledger's disk
_COLUMNS = ("ref", "number", "section", "text", "units", "timing", "where")
_REPEATED = {"section", "units", "timing"}  # the same again and again: kept in memory once
# Whose change may change what is read of the same bytes: own packages, and the libraries under them.
_READERS = ("intake", "people")
_LIBRARIES = ("lxml", "pdfminer.six", "pdfplumber", "python-calamine", "python-docx")

_Key = tuple[str, str]  # a document's file name, which stands in the places of its rows, and its SHA-256


@dataclass(slots=True)
class Readings:
    """What a file of readings holds, and which of it was asked for."""

    packed: dict[_Key, tuple[str, bytes]] = field(default_factory=dict)
    """By document the checksum and the data; none any more once it was asked for."""
    found: set[_Key] = field(default_factory=set)

    @classmethod
    def load(cls, place: Path) -> "Readings":
        """Return the readings in a file of this user's own; none where there is no such file, or it can't be used."""
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe is not waited for
        try:
            with os.fdopen(os.open(place, flags), "rb") as file:
                about = os.fstat(file.fileno())
                is_own = about.st_uid == os.geteuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
                if not (stat.S_ISREG(about.st_mode) and is_own and about.st_size <= _SIZE_CAP):
                    return cls()
                head = json.loads(file.readline(_HEAD_CAP))
                if head["reader"] != _reader():
                    return cls()
                return cls(
                    {
                        (name, sha256): (checksum, file.read(length))
                        for name, sha256, length, checksum in head["documents"]
                    }
                )
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return cls()

    def of(self, name: str, sha256: str) -> Table | None:
        """Return what was read of a document of this name and with these bytes; None if that isn't kept."""
        checksum, data = self.packed.get((name, sha256), ("", b""))
        if not data or hashlib.sha256(data).hexdigest() != checksum:
            return None
        try:
            table = _unpack(data)
        except (ValueError, TypeError, KeyError, RecursionError, zlib.error):
            return None
        self.found.add((name, sha256))
        self.packed[name, sha256] = ("", b"")
        return table

    def keep(self, place: Path, documents: Iterable[Document]) -> None:
        """Write what was read of these documents, unless the file has just that; OSError when it can't be."""
        wanted = {(document.path.name, document.sha256): document for document in documents}
        if self.found == wanted.keys() == self.packed.keys():
            return
        packed = {key: _pack(document) for key, document in wanted.items()}
        listed = [[*key, len(data), hashlib.sha256(data).hexdigest()] for key, data in packed.items()]
        head = json.dumps({"reader": _reader(), "documents": listed}).encode()
        fresh = place.with_name(f"{place.name}.new")
        about, size = os.statvfs(place.parent), sum(map(len, packed.values()))
        if about.f_bavail * about.f_frsize < _ROOM * size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(fresh))
        fresh.unlink(missing_ok=True)  # a crash may have left it, or somebody a link to elsewhere
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(fresh, flags, 0o600), "wb") as file:
                file.writelines([head, b"\n", *packed.values()])
            fresh.replace(place)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        self.packed = dict.fromkeys(wanted, ("", b""))  # not again until something else is read
        self.found = set(wanted)


def _pack(document: Document) -> bytes:
    columns = [list(map(attrgetter(name), document.rows)) for name in _COLUMNS]
    faults = [[fault.where, fault.message] for fault in document.faults]
    said = json.dumps([columns, document.sections, faults, document.columns], ensure_ascii=False)
    return zlib.compress(said.encode("utf-8", "surrogatepass"), 1)


def _unpack(data: bytes) -> Table:
    columns, sections, faults, titles = json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))
    same: dict[str, str] = {}
    for index, name in enumerate(_COLUMNS):
        if name in _REPEATED:
            columns[index] = list(map(same.setdefault, columns[index], columns[index]))
    return Table(
        rows=tuple(
            TaskRow(
                ref=ref, number=number, section=section, text=text, units=units, timing=timing, where=where
            )
            for ref, number, section, text, units, timing, where in zip(*columns, strict=True)
        ),
        sections=tuple(sections),
        faults=tuple(RowFault(where=where, message=message) for where, message in faults),
        columns=tuple(titles),
    )


@cache
def _reader() -> str:
    """Return a hash of all that reads: another release, library or Python reads everything anew."""
    found = hashlib.sha256(sys.version.encode())
    root = Path(notifier.__file__).parent
    for source in sorted(file for name in _READERS for file in (root / name).rglob("*.py")):
        found.update(f"{source.relative_to(root)}\n".encode() + source.read_bytes())
    for name in _LIBRARIES:
        try:
            found.update(f"{name} {version(name)}\n".encode())
        except PackageNotFoundError:
            found.update(f"{name} -\n".encode())
    return found.hexdigest()

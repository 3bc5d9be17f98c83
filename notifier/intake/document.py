"""One document, read whole: bytes, reader, table."""

import hashlib
from pathlib import Path

from notifier.errors import DocumentError
from notifier.intake import text
from notifier.intake.confined import read_confined
from notifier.intake.kept import Readings
from notifier.intake.kinds import NAMES, kind_of
from notifier.intake.rows import Content, Document
from notifier.intake.table import tasks

SIZE_CAP = 20 * 1024 * 1024  # bytes; the largest real task table met is well under one megabyte

# What a name promises. A file that is something else is refused: who renamed it meant something, or was deceived.
_KINDS = {
    ".txt": "text",
    ".csv": "text",
    ".tsv": "text",
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xls",
    ".ods": "ods",
    ".pdf": "pdf",
}
_SAVE_AS = {  # formats that nothing well kept reads, and what their programs save instead
    ".doc": ".docx",
    ".dot": ".docx",
    ".wps": ".docx",
    ".wpt": ".docx",
    ".rtf": ".docx",
    ".odt": ".docx",
    ".et": ".xlsx",
    ".ett": ".xlsx",
    ".xlsb": ".xlsx",
    ".mht": ".html",
    ".ofd": ".pdf",
    ".ceb": ".pdf",
}
# By LibreOffice, without anybody's hand.
_CONVERTIBLE = {".doc", ".dot", ".wps", ".rtf", ".odt", ".et", ".xlsb"}


def read_document(path: Path, readings: Readings | None = None) -> Document:
    """Return the tasks of the document at `path`; rows that can't be used are its `faults`.

    What `readings` hold of the very same bytes is taken from there.

    Raises DocumentError when the file as a whole can't be used: missing, too big, of no known format, not what its
    name says, encrypted, damaged, a scan, without a header or without one usable row.
    """
    suffix = path.suffix.lower()
    if suffix not in _KINDS and suffix not in _SAVE_AS:
        known = " ".join(sorted(_KINDS))
        raise DocumentError(f"{path}: no reader for “{path.suffix}” files; readable are: {known}")
    data = load(path)
    kind = kind_of(data)
    if reason := _refusal(path, suffix, kind):
        raise DocumentError(f"{path}: {reason}")
    sha256 = hashlib.sha256(data).hexdigest()
    table = None if readings is None else readings.of(path.name, sha256)
    if table is None:
        table = tasks(_read(suffix, data, path.name), path.name)
    return Document(
        path=path,
        sha256=sha256,
        rows=table.rows,
        sections=table.sections,
        faults=table.faults,
        columns=table.columns,
    )


def _refusal(path: Path, suffix: str, kind: str) -> str:
    """Return why a file of this kind under this name isn't read; "" when it is."""
    if kind == "encrypted":
        return "is encrypted; save a copy without a password"
    if kind == "empty":
        return "is empty"
    if kind == "broken-zip" and suffix in (".docx", ".xlsx", ".xlsm", ".ods"):
        return "is damaged or incomplete: the zip file that it is can't be opened"
    expected = _KINDS.get(suffix)
    fitting = {"text", "html", "xml"} if expected == "html" else {expected}
    if kind in fitting:
        return ""
    if kind == "ole" and suffix in _SAVE_AS:
        kind = "doc"
    rename = next((name for name, meant in _KINDS.items() if meant == kind and kind != "text"), None)
    if rename is not None and suffix != ".et":
        renamed = path.with_suffix(rename).name
        return f"is {NAMES[kind]} and not what its name says; name it {renamed}, or save it as {_save_as(suffix)}"
    if suffix in _SAVE_AS:
        return f"{suffix} files can't be read{_conversion(path, suffix)}"
    if kind in ("doc", "rtf", "odt", "xlsb"):
        return f"is {NAMES[kind]}, which can't be read{_conversion(path, f'.{kind}')}"
    return f"is {NAMES[kind]} and not a {suffix} file as its name says"


def _save_as(suffix: str) -> str:
    return _SAVE_AS.get(suffix, suffix)


def _conversion(path: Path, suffix: str) -> str:
    target = _save_as(suffix)
    command = f", or: libreoffice --headless --convert-to {target[1:]} {path.name}"
    return f"; save it as {target}{command if suffix in _CONVERTIBLE else ''}"


def _read(suffix: str, data: bytes, name: str) -> Content:
    kind = suffix.removeprefix(".") if _KINDS[suffix] == "text" else _KINDS[suffix]
    if (reader := text.READERS.get(kind)) is not None:
        return reader(data, name)  # our own, which is bounded
    return read_confined(kind, data, name)


def load(path: Path) -> bytes:
    """Return the file's bytes; raise DocumentError when it isn't a readable file of at most SIZE_CAP bytes."""
    try:
        if not path.is_file():
            reason = "is not a regular file" if path.exists() else "does not exist"
            raise DocumentError(f"{path}: {reason}")
        if path.stat().st_size > SIZE_CAP:
            raise DocumentError(f"{path}: is bigger than {SIZE_CAP // 1024 // 1024} MB")
        with path.open("rb") as file:
            data = file.read(SIZE_CAP + 1)
    except OSError as error:
        raise DocumentError(f"{path}: can't be read: {error.strerror}") from error
    if len(data) > SIZE_CAP:  # it grew meanwhile
        raise DocumentError(f"{path}: is bigger than {SIZE_CAP // 1024 // 1024} MB")
    return data

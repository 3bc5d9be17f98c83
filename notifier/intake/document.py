"""One document, read whole: bytes, reader, table."""

import hashlib
from pathlib import Path

from notifier.errors import DocumentError
from notifier.intake.rows import Document, Reader
from notifier.intake.table import tasks
from notifier.intake.text import TextReader

SIZE_CAP = 20 * 1024 * 1024  # bytes; the largest real task table met is well under one megabyte

_READERS: tuple[Reader, ...] = (TextReader(),)


def read_document(path: Path) -> Document:
    """Return the tasks of the document at `path`; rows that can't be used are its `faults`.

    Raises DocumentError when the file as a whole can't be used: missing, too big, of no known format,
    without a header or without one usable row.
    """
    reader = next((reader for reader in _READERS if path.suffix.lower() in reader.suffixes), None)
    if reader is None:
        known = " ".join(sorted(suffix for reader in _READERS for suffix in reader.suffixes))
        raise DocumentError(f"{path}: no reader for “{path.suffix}” files; readable are: {known}")
    data = load(path)
    table = tasks(reader.read(data, path.name), path.name)
    return Document(
        path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        rows=table.rows,
        sections=table.sections,
        faults=table.faults,
        columns=table.columns,
    )


def load(path: Path) -> bytes:
    """Return the file's bytes; raise DocumentError when it isn't a readable file of at most SIZE_CAP bytes."""
    try:
        if not path.is_file():
            reason = "is not a regular file" if path.exists() else "does not exist"
            raise DocumentError(f"{path}: {reason}")
        with path.open("rb") as file:
            data = file.read(SIZE_CAP + 1)
    except OSError as error:
        raise DocumentError(f"{path}: can't be read: {error.strerror}") from error
    if len(data) > SIZE_CAP:
        raise DocumentError(f"{path}: is bigger than {SIZE_CAP // 1024 // 1024} MB")
    return data

"""Formats that foreign libraries read are read in a child process with limits on time and memory.

None of the libraries can be bounded from inside: a sheet with one cell in its last corner makes calamine ask for
gigabytes and abort the process, a crafted PDF keeps pdfminer busy for hours. In the child, that is one refused
file. What they load also leaves memory again: the daemon reads a document a few times a year and must stay small.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import notifier
from notifier.errors import DocumentError
from notifier.intake.rows import Cell, CellRow, Content, RowFault

SECONDS = 20  # of wall time
MEMORY = 320 * 1024 * 1024  # bytes of address space, of which Python and the libraries take 60 MB
FAR_TOO_BIG = "it is damaged, or far bigger than a task table"


def read_confined(kind: str, data: bytes, name: str) -> Content:
    """Return what the reader of `kind` finds in `data`.

    Raises DocumentError with the reader's reason, or when the limits are reached.
    """
    root = str(Path(notifier.__file__).resolve().parents[1])
    environment = {**os.environ, "PYTHONPATH": root, "PYTHONIOENCODING": "utf-8", "MALLOC_ARENA_MAX": "2"}
    command = [sys.executable, "-P", "-m", "notifier.intake.child", kind, name]
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter and module
            command, input=data, capture_output=True, timeout=SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise DocumentError(f"{name}: reading takes more than {SECONDS} s; {FAR_TOO_BIG}") from None
    except OSError as error:
        raise DocumentError(
            f"{name}: the process that reads it can't be started: {error.strerror}"
        ) from error
    if done.returncode != 0:
        raise DocumentError(_why(done, name))
    return unpack(done.stdout)


def _why(done: subprocess.CompletedProcess[bytes], name: str) -> str:
    if done.returncode == 1 and (reason := done.stdout.decode("utf-8", "replace").strip()):
        return reason
    if done.returncode < 0 or b"memory" in done.stderr.lower():
        limits = f"{MEMORY >> 20} MB of memory or {SECONDS} s"
        return f"{name}: reading needs more than {limits}; {FAR_TOO_BIG}"
    return f"{name}: is damaged: the process that reads it failed (exit code {done.returncode})"


def pack(content: Content) -> bytes:
    """Return the content as `unpack` takes it."""
    rows = [
        [row.where, row.loose, row.grid, row.page, row.title, row.nested, row.merges, row.printed]
        + [[cell.lines, cell.width, cell.above, cell.where] for cell in row.cells]
        for row in content.rows
    ]
    faults = [[fault.where, fault.message] for fault in content.faults]
    return json.dumps([rows, faults], ensure_ascii=False).encode("utf-8", "replace")


def unpack(data: bytes) -> Content:
    """Return the content that `pack` wrote."""
    rows, faults = json.loads(data)
    return Content(
        rows=tuple(
            CellRow(
                where=where,
                loose=loose,
                grid=grid,
                page=page,
                title=title,
                nested=nested,
                merges=merges,
                printed=printed,
                cells=tuple(
                    Cell(lines=tuple(lines), width=width, above=above, where=place)
                    for lines, width, above, place in cells
                ),
            )
            for where, loose, grid, page, title, nested, merges, printed, *cells in rows
        ),
        faults=tuple(RowFault(where=where, message=message) for where, message in faults),
    )

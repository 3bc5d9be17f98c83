"""Sheets of XLSX, XLS and ODS workbooks as rows of text, read in a process with bounds on memory and time."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from notifier.errors import DocumentError
from notifier.intake import workbook_child

SIGNATURES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # a zip file, an old Office file


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: rows that hold something, each with its number; merged cells hold their text in each row."""

    name: str
    visible: bool
    rows: Sequence[tuple[int, list[str]]]


def sheets(data: bytes, name: str) -> list[Sheet]:
    """Return the sheets in order; DocumentError names `name` when the bytes are no workbook that can be read."""
    command = [sys.executable, "-P", str(Path(workbook_child.__file__))]
    try:
        # The command is this program's own; the bytes are its input, never its words.
        child = subprocess.run(  # noqa: S603
            command, input=data, capture_output=True, check=False, timeout=2 * workbook_child.SECONDS
        )
    except subprocess.TimeoutExpired:
        raise DocumentError(f"{name}: reading it takes more than {workbook_child.SECONDS} s") from None
    if child.returncode != 0:
        raise DocumentError(
            f"{name}: can't be read: its cells lie too far apart (is one filled by mistake far right or far "
            "down?), or it is damaged; save what is used as a new file"
        )
    found = [json.loads(line) for line in child.stdout.splitlines()]
    if errors := [answer["error"] for answer in found if "error" in answer]:
        raise DocumentError(f"{name}: can't be read as a workbook: {errors[0]}")
    return [Sheet(answer["name"], answer["visible"], answer["rows"]) for answer in found]

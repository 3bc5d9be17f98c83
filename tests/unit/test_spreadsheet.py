"""CSV cells: what a spreadsheet would run is shown as text, and reads back as it was."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.spreadsheet import safe_cell, write_csv

ACTING = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    '=HYPERLINK("https://example.org")',
]


def as_meant(cell: str) -> str:
    """Take the apostrophe away, as the module tells whoever reads such a file by program."""
    return cell[1:] if re.match("'+[=+\\-@＝＋－＠\t\r\n]", cell) else cell


@pytest.mark.parametrize("text", ACTING)
def test_a_cell_that_would_act_is_shown_as_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "省教育厅",
        "2018-08-31",
        "a=b",
        "zhang@example.org",
        "2:7.1",
        "7",
        "'quoted'",
        "O'Brien",
        " =1",
        "'",
    ],
)
def test_an_ordinary_cell_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text
    assert as_meant(text) == text


@given(st.text(max_size=20) | st.text("'=+-@\t\r\n＝a", max_size=6))
@example("'=1")
@example("''=1")
@example("'")
def test_every_cell_reads_back_as_meant(text: str) -> None:
    assert as_meant(safe_cell(text)) == text


def test_a_file_reads_back_with_commas_quotes_and_line_breaks(tmp_path: Path) -> None:
    rows = [[*ACTING[:6], 'a,"b"\r\nc'], [*ACTING[6:], ""]]
    write_csv(tmp_path / "x.csv", ["one"], rows)
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        header, *found = csv.reader(file)
    assert header == ["one"]
    assert [[as_meant(cell) for cell in row] for row in found] == rows
    assert not [cell for row in found for cell in row if cell and cell[0] in "=+-@\t\r\n＝＋－＠"]

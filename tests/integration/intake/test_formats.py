"""The shipped plan, saved by real tools in every format, reads to the same rows."""

import subprocess
import sys
from pathlib import Path

import pytest

from notifier.intake import Document, TaskRow, read_document

pytestmark = pytest.mark.slow  # whole documents, whole years

ROOT = Path(__file__).parents[3]
SEED = ROOT / "seeds" / "vocational-education-2017.txt"
MADE = ROOT / "tests" / "fixtures" / "documents"
NAMES = sorted(path.name for path in MADE.glob("seed*") if path.suffix != ".doc")


def cells(row: TaskRow) -> tuple[str, ...]:
    return (row.ref, row.number, row.section, row.text, row.units, row.timing)


def table(document: Document) -> list[tuple[str, ...]]:
    return [cells(row) for row in document.rows]


def test_every_readable_format_is_among_the_documents() -> None:
    assert {Path(name).suffix for name in NAMES} == {
        ".csv",
        ".docx",
        ".htm",
        ".html",
        ".ods",
        ".pdf",
        ".txt",
        ".xls",
        ".xlsx",
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_36_tasks_read_the_same_cell_for_cell(name: str) -> None:
    expected, found = read_document(SEED), read_document(MADE / name)
    assert len(expected.rows) == 36
    assert table(found) == table(expected)
    assert found.sections == expected.sections
    assert found.columns == expected.columns
    assert found.faults == ()


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("seed.docx", "seed.docx, table 1, row 3"),
        ("seed.xlsx", "seed.xlsx, sheet 任务表, row 5"),
        ("seed.ods", "seed.ods, sheet 任务表, row 5"),
        ("seed.pdf", "seed.pdf, page 1, row 3"),
        ("seed.html", "seed.html, table 1, row 3"),
        ("seed-flat.html", "seed-flat.html:7"),
        ("seed-boxes.txt", "seed-boxes.txt:7"),
        ("seed.csv", "seed.csv:4"),
    ],
)
def test_a_row_is_where_people_would_look_for_it(name: str, where: str) -> None:
    assert read_document(MADE / name).rows[0].where == where


def test_reading_loads_no_library_into_the_daemon() -> None:
    script = (
        "import sys; from pathlib import Path; from notifier.intake import read_document\n"
        "for path in sys.argv[1:]: read_document(Path(path))\n"
        "print(*sorted({'lxml', 'docx', 'pdfplumber', 'python_calamine'} & set(sys.modules)))"
    )
    paths = [str(MADE / name) for name in ("seed.docx", "seed.pdf", "seed.xlsx", "seed.html")]
    done = subprocess.run([sys.executable, "-c", script, *paths], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

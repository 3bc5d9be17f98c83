"""Files become rows: the office's documents and its directory of contacts."""

from notifier.intake.contacts import read_contacts
from notifier.intake.document import read_document
from notifier.intake.kept import Readings
from notifier.intake.rows import Cell, CellRow, Content, Document, RowFault, TaskRow

__all__ = [
    "Cell",
    "CellRow",
    "Content",
    "Document",
    "Readings",
    "RowFault",
    "TaskRow",
    "read_contacts",
    "read_document",
]

"""A document as a whole: bytes, reader, table."""

import hashlib
from pathlib import Path

import pytest

from notifier.errors import DocumentError
from notifier.intake import read_document
from notifier.intake.document import SIZE_CAP

PLAN = "\t序号\n\t工作任务\n\t责任单位\n\n\t1\n\t建立\n\t省教育厅\n"


def test_a_document_carries_its_path_and_hash(tmp_path: Path) -> None:
    path = tmp_path / "plan.TXT"
    path.write_text(PLAN, "utf-8")
    document = read_document(path)
    assert (document.path, document.sha256) == (path, hashlib.sha256(PLAN.encode()).hexdigest())
    assert [(row.ref, row.timing) for row in document.rows] == [("1", "")]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="does not exist"):
        read_document(tmp_path / "plan.txt")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.txt").mkdir()
    with pytest.raises(DocumentError, match="is not a regular file"):
        read_document(tmp_path / "plan.txt")


def test_a_format_without_a_reader_is_refused_with_the_readable_ones(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"no reader for “\.pages” files; readable are: .*\.txt"):
        read_document(tmp_path / "plan.pages")


def test_a_file_over_the_cap_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.txt"
    with path.open("wb") as file:
        file.truncate(SIZE_CAP + 1)
    with pytest.raises(DocumentError, match="is bigger than 20 MB"):
        read_document(path)

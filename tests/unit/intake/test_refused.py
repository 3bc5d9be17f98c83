"""A file is judged by its bytes; what its name doesn't say, and what nothing reads, is refused with a way out."""

import io
import zipfile
from pathlib import Path

import pytest

from notifier.errors import DocumentError
from notifier.intake import read_document
from tests.documents import write

MADE = Path(__file__).parents[2] / "fixtures" / "documents"
TABLE = [["序号", "工作任务", "责任单位"], ["1", "建立", "市教育局"]]


def ole(*streams: str) -> bytes:
    """Return the beginning of an old Office file with these names in its directory (MS-CFB 2.6)."""
    names = b"".join(name.encode("utf-16-le").ljust(64, b"\0") for name in streams)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + names + b"\0" * 512


def made(name: str) -> bytes:
    return (MADE / name).read_bytes()


def zipped(**parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


HTML = "<html><body><table><tr><td>序号</td></tr></table></body></html>".encode()


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        pytest.param(
            "a.doc",
            made("seed.doc"),
            r"\.doc files can't be read; save it as \.docx, or: libreoffice --headless --convert-to docx a\.doc",
            id="an old Word file",
        ),
        pytest.param(
            "a.wps",
            ole("WordDocument"),
            r"\.wps files can't be read; save it as \.docx, or: libreoffice",
            id="WPS Writer",
        ),
        pytest.param(
            "a.et",
            ole("Workbook"),
            r"\.et files can't be read; save it as \.xlsx, or: libreoffice",
            id="WPS Spreadsheets",
        ),
        pytest.param("a.rtf", b"{\\rtf1 x}", r"\.rtf files can't be read; save it as \.docx", id="RTF"),
        pytest.param("a.ofd", b"PK\x03\x04", r"\.ofd files can't be read; save it as \.pdf$", id="OFD"),
        pytest.param(
            "a.docx",
            made("seed.doc"),
            r"is an old Word document \(\.doc\), which can't be read; save it as \.docx",
            id="an old Word file named docx",
        ),
        pytest.param(
            "a.doc",
            made("seed.docx"),
            r"is a Word document \(\.docx\) and not what its name says; name it a\.docx",
            id="docx named doc",
        ),
        pytest.param(
            "a.doc", HTML, r"is an HTML page and not what its name says; name it a\.html", id="HTML named doc"
        ),
        pytest.param(
            "a.xls",
            HTML,
            r"is an HTML page and not what its name says; name it a\.html, or save it as \.xls",
            id="HTML named xls",
        ),
        pytest.param(
            "a.xls",
            made("seed.xlsx"),
            r"is an Excel workbook \(\.xlsx\) and not what its name says; name it a\.xlsx",
            id="xlsx named xls",
        ),
        pytest.param(
            "a.xlsx",
            made("seed.xls"),
            r"is an old Excel workbook \(\.xls\) and not what",
            id="xls named xlsx",
        ),
        pytest.param(
            "a.docx", made("seed.pdf"), "is a PDF file and not what its name says", id="PDF named docx"
        ),
        pytest.param("a.docx", made("seed.xlsx"), "is an Excel workbook", id="xlsx named docx"),
        pytest.param("a.pdf", made("seed.docx"), "is a Word document", id="docx named PDF"),
        pytest.param("a.pdf", b"plain", "is plain text and not a .pdf file", id="text named PDF"),
        pytest.param(
            "a.xlsx", "序号,任务\n".encode(), "is plain text and not a .xlsx file", id="CSV named xlsx"
        ),
        pytest.param("a.txt", made("seed.pdf"), "is a PDF file", id="PDF named txt"),
        pytest.param("a.csv", made("seed.xlsx"), "is an Excel workbook", id="xlsx named csv"),
        pytest.param("a.html", made("seed.docx"), "is a Word document", id="docx named html"),
        pytest.param(
            "a.docx",
            zipped(a="x"),
            "is a zip file without a document that can be read and not a .docx",
            id="some zip",
        ),
        pytest.param("a.docx", b"\x89PNG....", "is a picture and not a .docx file", id="a picture"),
        pytest.param(
            "a.xls",
            b"<?xml version='1.0'?><Workbook/>",
            "is an XML file and not a .xls file",
            id="XML spreadsheet",
        ),
        pytest.param(
            "a.docx",
            ole("EncryptedPackage"),
            "is encrypted; save a copy without a password",
            id="encrypted docx",
        ),
        pytest.param("a.xlsx", ole("EncryptedPackage"), "is encrypted", id="encrypted xlsx"),
        pytest.param("a.pdf", made("encrypted.pdf"), "is encrypted", id="encrypted PDF"),
        pytest.param("a.docx", made("seed.docx")[:20_000], "is damaged or incomplete", id="half a docx"),
        pytest.param("a.xlsx", made("seed.xlsx")[:5_000], "is damaged or incomplete", id="half an xlsx"),
        pytest.param("a.ods", made("seed.ods")[:9_000], "is damaged or incomplete", id="half an ods"),
        pytest.param(
            "a.xls",
            made("seed.xls")[:6_000],
            "is damaged|no header row|is an old Office file",
            id="half an xls",
        ),
        pytest.param(
            "a.pdf",
            made("seed.pdf")[:30_000],
            "is damaged|without any text|no header|no pages",
            id="half a PDF",
        ),
        pytest.param(
            "a.docx", zipped(**{"word/document.xml": "<x/>"}), "is damaged or incomplete", id="a hollow docx"
        ),
        pytest.param(
            "a.xlsx",
            zipped(**{"xl/workbook.xml": "<x/>"}),
            "is damaged or incomplete|no header row",
            id="a hollow xlsx",
        ),
        pytest.param("a.docx", b"", "is empty", id="an empty docx"),
        pytest.param("a.txt", b" \n", "is empty", id="an empty text"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DocumentError, match=reason) as caught:
        read_document(tmp_path / name)
    assert name in str(caught.value)
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".docx", ".xlsx", ".html", ".csv"])
def test_a_document_without_a_task_table_says_what_is_needed(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a{suffix}", [["姓名", "电话"], ["张三", "123"]])
    with pytest.raises(DocumentError, match="no header row was recognised; a column for the task"):
        read_document(path)


@pytest.mark.parametrize("suffix", [".docx", ".xlsx", ".html", ".csv"])
def test_an_upper_case_suffix_is_the_same(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a{suffix}", TABLE)
    path = path.rename(path.with_suffix(suffix.upper()))
    assert [row.ref for row in read_document(path).rows] == ["1"]


def test_a_task_table_that_is_named_like_another_office_format_is_not_read_silently(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", TABLE).rename(tmp_path / "a.ods")
    with pytest.raises(DocumentError, match=r"name it a\.xlsx"):
        read_document(path)

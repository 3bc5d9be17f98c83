"""What a file is by its bytes. Its name only says what it should be."""

import io
import re
import zipfile

_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|title|table|div|style|p|span|center|font|h[1-6]|section|article)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_OLE_STREAMS = (  # the streams of an old Office file, by the names in its directory (MS-CFB 2.6)
    ("EncryptedPackage", "encrypted"),
    ("WordDocument", "doc"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("PowerPoint Document", "ppt"),
)
_ZIP_TYPES = (  # what tells an Office zip from another: a part that each of the kind has
    ("word/document.xml", "docx"),
    ("xl/workbook.xml", "xlsx"),
    ("xl/workbook.bin", "xlsb"),
)
_ODF = {
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.text": "odt",
}

NAMES = {
    "pdf": "a PDF file",
    "docx": "a Word document (.docx)",
    "xlsx": "an Excel workbook (.xlsx)",
    "xlsb": "a binary Excel workbook (.xlsb)",
    "xls": "an old Excel workbook (.xls)",
    "ods": "an OpenDocument spreadsheet (.ods)",
    "odt": "an OpenDocument text (.odt)",
    "doc": "an old Word document (.doc)",
    "ppt": "an old PowerPoint file",
    "ole": "an old Office file of a kind that can't be read",
    "encrypted": "an encrypted Office file",
    "html": "an HTML page",
    "xml": "an XML file",
    "rtf": "a rich text file (.rtf)",
    "mht": "a web archive (.mht)",
    "zip": "a zip file without a document that can be read",
    "broken-zip": "a damaged or incomplete zip file",
    "image": "a picture",
    "archive": "an archive (7z, rar or gzip)",
    "empty": "an empty file",
    "text": "plain text",
}


def kind_of(data: bytes) -> str:
    """Return the kind of a file, a key of NAMES; what begins like nothing known is `text`."""
    if not data.strip():
        return "empty"
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(data)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return next((kind for name, kind in _OLE_STREAMS if _has_stream(data, name)), "ole")
    if data.startswith(b"{\\rtf"):
        return "rtf"
    if data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM")):
        return "image"
    if data.startswith((b"7z\xbc\xaf", b"Rar!", b"\x1f\x8b")):
        return "archive"
    head = data[:4096]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    if head[:2048].lower().lstrip().startswith((b"mime-version:", b"from: <saved by")):
        return "mht"
    if _MARKUP.match(head):
        return "html"
    return "xml" if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml") else "text"


def _has_stream(data: bytes, name: str) -> bool:
    # A directory entry begins with the name in UTF-16, ended by a null and padded to 64 bytes.
    return name.encode("utf-16-le") + b"\x00\x00\x00\x00" in data


def _zip_kind(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                mime = archive.read("mimetype").strip()
                if mime in _ODF:
                    return _ODF[mime]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError, EOFError):
        return "broken-zip"
    return next((kind for part, kind in _ZIP_TYPES if part in names), "zip")

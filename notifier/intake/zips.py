"""Office files are zips: what one would unpack to is looked at before anything is unpacked."""

import io
import zipfile

from notifier.errors import DocumentError

PART_CAP = 48 * 1024 * 1024  # bytes unpacked; the XML of a table of 10,000 rows has about 10 MB
WHOLE_CAP = 200 * 1024 * 1024  # bytes unpacked, pictures and all
PARTS_CAP = 5000


def open_zip(data: bytes, name: str) -> zipfile.ZipFile:
    """Return the opened zip; raise DocumentError when it is encrypted or would unpack to more than the caps."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise DocumentError(f"{name}: is encrypted; save a copy without a password")
    big = next(
        (part for part in parts if part.filename.endswith((".xml", ".rels")) and part.file_size > PART_CAP),
        None,
    )
    if big is not None or sum(part.file_size for part in parts) > WHOLE_CAP or len(parts) > PARTS_CAP:
        raise DocumentError(
            f"{name}: would unpack to more than a task table holds (a part of {PART_CAP >> 20} MB, "
            f"{WHOLE_CAP >> 20} MB in all, {PARTS_CAP} parts at most); it is not opened"
        )
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as content:
                if b"<!DOCTYPE" in content.read(1024):
                    raise DocumentError(
                        f"{name}: defines entities in {part.filename}, which no Office program does; it is not opened"
                    )
    return archive

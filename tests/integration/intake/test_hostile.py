"""Files that would harm or deceive are refused with a reason, in bounded time and memory."""

import io
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

MADE = Path(__file__).parents[3] / "tests" / "fixtures" / "documents"
SECONDS = 15  # on a busy machine; a second or two here


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_part(path: Path, part: str, change: Callable[[bytes], bytes]) -> bytes:
    parts = parts_of(path)
    parts[part] = change(parts[part])
    return zipped(parts)


def pdf(stream: bytes, *, pages: str = "[3 0 R]") -> bytes:
    """Return a PDF whose one page draws this stream, compressed."""
    packed = zlib.compress(stream, 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids{pages}/Count 1>>".encode(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(packed), packed),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        out
        + b"xref\n0 6\n0000000000 65535 f \n%strailer<</Root 1 0 R/Size 6>>\nstartxref\n%d\n%%%%EOF"
        % (
            table,
            len(out),
        )
    )


_ENTITIES = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 100) for letter in range(ord("b"), ord("m"))
)


def entity_bomb(data: bytes) -> bytes:
    """Put entities that expand to nothing that fits anywhere into a part's text."""
    body = re.sub(rb"^<\?xml.*?\?>", b"", data)
    for element in (b"<w:t>", b"<text:p>", b"<t>"):
        body = body.replace(element, element + b"&l;", 1)
    return b'<?xml version="1.0"?>' + _ENTITIES + b"]>" + body


def far_corner(data: bytes) -> bytes:
    return data.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')


HOSTILE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a docx of a part that unpacks to 400 MB": (
        "plan.docx",
        lambda: with_part(MADE / "seed.docx", "word/document.xml", lambda data: data + b" " * (400 << 20)),
        "would unpack to more than a task table holds",
    ),
    "an xlsx of many big parts": (
        "plan.xlsx",
        lambda: zipped(
            {**parts_of(MADE / "seed.xlsx"), **{f"xl/media/{n}.bin": b"\0" * (40 << 20) for n in range(8)}}
        ),
        "would unpack to more than a task table holds",
    ),
    "an ods of a part that unpacks to 400 MB": (
        "plan.ods",
        lambda: with_part(MADE / "seed.ods", "content.xml", lambda data: data + b" " * (400 << 20)),
        "would unpack to more than a task table holds",
    ),
    "an xlsx with a cell in its last corner": (
        "plan.xlsx",
        lambda: with_part(MADE / "seed.xlsx", "xl/worksheets/sheet1.xml", far_corner),
        "more than 320 MB of memory",
    ),
    "an xlsx that says less than it unpacks to": (
        "plan.xlsx",
        lambda: lying(
            with_part(MADE / "seed.xlsx", "xl/worksheets/sheet1.xml", lambda data: data + b" " * (600 << 20))
        ),
        "is damaged or incomplete",
    ),
    "a docx with entities that expand": (
        "plan.docx",
        lambda: with_part(MADE / "seed.docx", "word/document.xml", entity_bomb),
        "defines entities",
    ),
    "an ods with entities that expand": (
        "plan.ods",
        lambda: with_part(MADE / "seed.ods", "content.xml", entity_bomb),
        "defines entities",
    ),
    "an xlsx with entities that expand": (
        "plan.xlsx",
        lambda: with_part(MADE / "seed.xlsx", "xl/worksheets/sheet1.xml", entity_bomb),
        "defines entities",
    ),
    "a PDF whose page unpacks to 600 MB": (
        "plan.pdf",
        lambda: pdf(b" " * (600 << 20)),
        "more than 320 MB",
    ),
    "a PDF of ten million letters": (
        "plan.pdf",
        lambda: pdf(b"BT /F 9 Tf 9 9 Td " + b"(aaaaaaaaaaaaaaaaaaaa) Tj " * 500_000 + b"ET"),
        "is drawn with more than 2 MB",
    ),
    "a PDF of a million lines": (
        "plan.pdf",
        lambda: pdf(
            b"BT /F 9 Tf 9 9 Td (a) Tj ET "
            + b"".join(b"%d %d m %d %d l S " % (n % 600, 0, n % 600, n % 800) for n in range(1_000_000))
        ),
        "is drawn with more than 2 MB",
    ),
    "a PDF whose pages contain themselves": (
        "plan.pdf",
        lambda: pdf(b"", pages="[2 0 R]"),
        "without any text|no pages|damaged",
    ),
    "a page of tables in tables": (
        "plan.html",
        lambda: b"<table><tr><td>" * 100_000,
        "no header row|damaged|memory",
    ),
    "a page of elements in elements": (
        "plan.html",
        lambda: b"<div>" * 1_000_000,
        "no header row|damaged|memory",
    ),
    "a page whose cells reach over everything": (
        "plan.html",
        ("<html><table><tr>" + "<td rowspan=65534 colspan=1000>x" * 1000 + "<tr>" * 60_000).encode,
        "more than",
    ),
    "a CSV of one open quote": (
        "plan.csv",
        ('序号,任务,责任单位\n1,"' + "a" * 10_000_000).encode,
        "no readable CSV",
    ),
    "a text of boxes": ("plan.txt", lambda: ("│" * 1000 + "\n").encode() * 5000, "more than"),
    "a text of as many boxes as are read": (
        "plan.txt",
        (("│" * 1000 + "\n") * 990).encode,
        "no header row",
    ),
    "a text of as many tabs as are read": ("plan.txt", lambda: b"x" + b"\t" * 990_000, "no header row"),
    "a CSV of as many commas as are read": (
        "plan.csv",
        ("序号,任务,责任单位\n" + ",1" * 990_000).encode,
        "no row under the header can be used",
    ),
    "a text of one letter over and over": ("plan.txt", ("一" * 6_000_000).encode, "no header row"),
    "a text of sentences that are nearly inherited": (
        "plan.txt",
        ("\t任务\t责任单位\n\n\t甲\t" + "以下任务均需市" * 700_000).encode,
        "too many sentences begin",
    ),
    "a text of spaces and dashes": ("plan.txt", ("- " * 8_000_000).encode, "no header row"),
    "a text of tabs": ("plan.txt", lambda: b"x" + b"\t" * 15_000_000, "more than"),
}


def lying(data: bytes) -> bytes:
    """Let the zip's directory claim that its biggest part unpacks to a kilobyte."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        big = max(archive.infolist(), key=lambda part: part.file_size).file_size
    return data.replace(big.to_bytes(4, "little"), (1024).to_bytes(4, "little"))


# Each second or longer, and like another of them in kind.
LONG = (
    "a text of as many boxes as are read",
    "a text of as many tabs as are read",
    "a CSV of as many commas as are read",
    "a PDF whose page unpacks to 600 MB",
    "a PDF of a million lines",
    "an xlsx that says less than it unpacks to",
    "an xlsx of many big parts",
    "an ods of a part that unpacks to 400 MB",
    "a page whose cells reach over everything",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.long) if case in LONG else case for case in HOSTILE]
)
def test_a_hostile_file_is_refused_in_bounded_time_and_memory(tmp_path: Path, case: str) -> None:
    name, make, reason = HOSTILE[case]
    (tmp_path / name).write_bytes(make())
    script = (
        "import resource, sys, time; from pathlib import Path\n"
        "from notifier.errors import DocumentError; from notifier.intake import read_document\n"
        "def peak(): return int(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])\n"
        "before = peak(); begun = time.monotonic()\n"
        "try: said = ' '.join(fault.message for fault in read_document(Path(sys.argv[1])).faults)\n"
        "except DocumentError as error: said = str(error)\n"
        "child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
        "grown = max(peak() - before, child)\n"
        "print(time.monotonic() - begun, grown // 1024, said.replace('\\n', ' '))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / name)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seconds, megabytes, said = done.stdout.strip().split(" ", 2)
    print(f"{case}: {float(seconds):.1f} s, {megabytes} MB: {said[:160]}")  # with pytest -s: the figures
    assert float(seconds) < SECONDS
    assert int(megabytes) < 300
    assert re.search(reason, said)

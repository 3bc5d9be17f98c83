"""Readings kept between starts: as good as reading anew, or as good as none."""

import errno
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from notifier.errors import DocumentError
from notifier.intake import Document, Readings, document, kept, read_document
from notifier.share import share
from tests.documents import write

SEED = share("seeds") / "vocational-education-2017.txt"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "notifier.db.readings"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write(tmp_path / "small.csv", table(36))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the documents that were really read."""
    names: list[str] = []
    read = document._read

    def told(suffix: str, data: bytes, name: str) -> object:
        names.append(name)
        return read(suffix, data, name)

    monkeypatch.setattr(document, "_read", told)
    return names


def table(count: int) -> list[list[str]]:
    rows = [[str(number), f"任务{number}", "教育厅", "持续实施"] for number in range(1, count + 1)]
    return [["序号", "工作任务", "责任单位", "完成时限"], *rows]


def keep(place: Path, *paths: Path) -> tuple[Document, ...]:
    """Read documents as a start does, and keep what was read."""
    readings = Readings.load(place)
    found = tuple(read_document(path, readings) for path in paths)
    readings.keep(place, found)
    return found


def test_what_was_kept_is_what_is_read(place: Path, reads: list[str]) -> None:
    first = keep(place, SEED)
    assert keep(place, SEED) == first == (read_document(SEED),)
    assert reads == [SEED.name, SEED.name]  # the first time, and without readings


def test_faults_sections_and_odd_letters_are_kept(place: Path, tmp_path: Path, reads: list[str]) -> None:
    path = tmp_path / "plan.csv"
    write(
        path,
        [
            *table(1),
            ["2", '办\x85学 “\\"\U0001f600', "教育厅", "持续实施"],
            ["一、总体"],
            ["3", "", "厅", "2019年"],
        ],
    )
    (first,) = keep(place, path)
    assert first.faults
    assert first.columns
    assert keep(place, path) == (first,)
    assert reads == ["plan.csv"]


def test_half_a_surrogate_pair_is_kept(place: Path, small: Path) -> None:
    (found,) = keep(place, small)
    odd = Document(
        path=found.path,
        sha256="0" * 64,
        rows=found.rows,
        sections=("\ud83d\ude00\ud800",),
        faults=found.faults,
    )
    Readings.load(place).keep(place, [odd])
    table = Readings.load(place).of("small.csv", "0" * 64)
    assert table is not None
    assert table.sections == odd.sections


def changed_by_a_byte(path: Path) -> Path:
    data = path.read_bytes()
    path.write_bytes(data.replace("持续".encode(), "继续".encode(), 1))
    return path


def under_another_name(path: Path) -> Path:
    return path.rename(path.with_name("other.csv"))


@pytest.mark.parametrize("change", [changed_by_a_byte, under_another_name])
def test_a_document_that_changed_is_read(
    place: Path, tmp_path: Path, reads: list[str], change: Callable[[Path], Path]
) -> None:
    path = tmp_path / "plan.csv"
    write(path, table(5))
    os.utime(path, (1, 1))
    keep(place, path)
    path = change(path)
    os.utime(path, (1, 1))  # its time tells nothing
    assert keep(place, path) == (read_document(path),)
    assert reads == ["plan.csv", path.name, path.name]


def test_a_document_at_fault_is_refused_all_the_same(place: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    write(path, table(5))
    keep(place, path)
    path.rename(tmp_path / "plan.docx")
    with pytest.raises(DocumentError, match="is plain text and not a"):
        read_document(tmp_path / "plan.docx", Readings.load(place))


def test_another_release_reads_anew(
    place: Path, small: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = keep(place, small)
    monkeypatch.setattr(kept, "_reader", lambda: "another")
    assert keep(place, small) == first
    assert keep(place, small) == first
    assert reads == ["small.csv"] * 2


def test_what_reads_is_known_by_its_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import notifier

    own = tmp_path / "notifier"
    (own / "intake").mkdir(parents=True)
    (own / "intake" / "a.py").write_text("one")
    monkeypatch.setattr(notifier, "__file__", str(own / "__init__.py"))
    first = kept._reader.__wrapped__()
    assert kept._reader.__wrapped__() == first
    (own / "intake" / "a.py").write_text("two")
    assert kept._reader.__wrapped__() != first


def cut(place: Path) -> None:
    place.write_bytes(place.read_bytes()[:-20])


def bent(place: Path) -> None:
    data = bytearray(place.read_bytes())
    data[-30] ^= 1
    place.write_bytes(data)


def emptied(place: Path) -> None:
    place.write_bytes(b"")


def no_json(place: Path) -> None:
    place.write_bytes(b"\x00\xff\n" + place.read_bytes())


def other_json(place: Path) -> None:
    place.write_bytes(b"[1]\n")


def of_another_shape(place: Path) -> None:
    head = json.loads(place.read_bytes().partition(b"\n")[0])
    head["documents"] = [["one"]]
    place.write_bytes(json.dumps(head).encode() + b"\n")


def deeply_nested(place: Path) -> None:
    place.write_bytes(b"[" * 100_000 + b"\n")


def open_to_all(place: Path) -> None:
    place.chmod(0o622)


def a_link(place: Path) -> None:
    place.rename(place.with_name("elsewhere"))
    place.symlink_to("elsewhere")


@pytest.mark.parametrize(
    "damage",
    [cut, bent, emptied, no_json, other_json, of_another_shape, deeply_nested, open_to_all, a_link],
    ids=lambda damage: damage.__name__,
)
def test_a_file_that_is_damaged_or_not_its_own_is_as_good_as_none(
    place: Path, small: Path, reads: list[str], damage: Callable[[Path], None]
) -> None:
    first = keep(place, small)
    damage(place)
    assert keep(place, small) == first
    assert reads == ["small.csv"] * 2
    assert keep(place, small) == first  # mended meanwhile
    assert reads == ["small.csv"] * 2
    assert stat.S_IMODE(place.lstat().st_mode) == 0o600


def test_what_is_no_file_is_as_good_as_none(place: Path) -> None:
    place.mkdir()
    assert Readings.load(place).packed == {}
    place.rmdir()
    os.mkfifo(place)
    assert Readings.load(place).packed == {}


def test_another_users_file_is_not_read(
    place: Path, small: Path, monkeypatch: pytest.MonkeyPatch, reads: list[str]
) -> None:
    first = keep(place, small)
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    assert read_document(small, Readings.load(place)) == first[0]
    assert reads == ["small.csv"] * 2


def test_of_two_documents_the_unchanged_one_is_not_read(
    place: Path, small: Path, tmp_path: Path, reads: list[str]
) -> None:
    path = tmp_path / "plan.csv"
    write(path, table(3))
    keep(place, small, path)
    write(path, table(4))
    seed, plan = keep(place, small, path)
    assert (len(seed.rows), len(plan.rows)) == (36, 4)
    assert reads == ["small.csv", "plan.csv", "plan.csv"]
    keep(place, small, path)
    assert len(reads) == 3


def test_a_document_that_is_listed_no_more_is_kept_no_more(place: Path, small: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    write(path, table(3))
    keep(place, small, path)
    keep(place, small)
    assert [name for name, _ in Readings.load(place).packed] == ["small.csv"]


def test_the_file_is_written_only_when_something_was_read(place: Path, small: Path) -> None:
    keep(place, small)
    before = place.stat()
    keep(place, small)
    assert (place.stat().st_ino, place.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_full_disk_is_told_and_leaves_the_old_file(
    place: Path, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(place, small)
    before = place.read_bytes()
    path = tmp_path / "plan.csv"
    write(path, table(3))
    found = os.statvfs(tmp_path)
    monkeypatch.setattr(
        os, "statvfs", lambda _place: os.statvfs_result([found.f_bsize, found.f_frsize, *[0] * 8])
    )
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        keep(place, small, path)
    assert place.read_bytes() == before
    assert not place.with_name(f"{place.name}.new").exists()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, small: Path) -> None:
    with pytest.raises(FileNotFoundError):
        keep(tmp_path / "nowhere" / "readings", small)

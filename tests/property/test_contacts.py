"""Whatever stands in a directory: it never crashes, and every row ends as contacts or as a named fault."""

import csv
import io
import random
import re
import tempfile
from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from notifier.intake import contact_cells, read_contacts
from notifier.mail.headers import mailbox_header
from notifier.people import Contact, Directory

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
PARTS = (
    "省教育厅", "陈静远", "a@example.org", "b@例子.中国", "陈@x.cn", "；", "、", ";", ",", " ", "<", ">", "\n", '"',
     "mailto:", "＠", "@", "（", "）", "?", ".", "\u202e", "\u200b", "primary", "领导",
)  # fmt: skip
CELL = TEXT | st.lists(st.sampled_from(PARTS), max_size=8).map("".join)


def written(rows: list[tuple[str, ...]]) -> str:
    """Return a CSV file with a row on each line."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["单位", "姓名", "邮箱", "角色"])
    # A row's own line breaks would blur which line a fault means; cells with them are tried on their own.
    writer.writerows([re.sub(r"[\r\n]", "\u2028", cell) for cell in row] for row in rows)
    return file.getvalue()


def read(text: str) -> tuple[tuple[Contact, ...], list[tuple[str, str]]]:
    """Return contacts, and faults as (where, message)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text(text, "utf-8", newline="")
        contacts, faults = read_contacts(path)
    return contacts, [(fault.where, fault.message) for fault in faults]


def seen(cell: str) -> str:
    """Return what is seen of a cell."""
    return contact_cells.clean(cell)


@given(CELL, CELL, CELL, CELL)
def test_a_row_ends_as_a_contact_or_as_a_fault(unit: str, name: str, email: str, role: str) -> None:
    contacts, faults = read(written([("甲局", "陈", "first@example.org", ""), (unit, name, email, role)]))
    (first, *added) = contacts
    assert first.address == "first@example.org"
    shown = [cell for cell in map(seen, (unit, name, email, role)) if cell]
    is_heading = len(shown) == 1 and "@" not in shown[0]
    assert added or faults or not shown or is_heading
    for contact in added:
        assert contact.name == seen(contact.name)
        header = mailbox_header("To", contact.name, contact.address)
        assert all(line.startswith(" ") for line in header.split("\r\n")[1:])


def test_of_10000_random_rows_each_is_a_contact_or_a_fault_and_none_both_lost() -> None:
    rng = random.Random(20171001)
    letters = [*range(1, 0xD800), *range(0xE000, 0x110000)]
    parts = [*PARTS, *map(chr, rng.choices(letters, k=300))]
    rows = [
        (f"单位{number}", *("".join(rng.choices(parts, k=rng.randrange(9))) for _ in range(2)), "")
        for number in range(10_000)
    ]
    contacts, faults = read(written(rows))
    told = {contact.unit for contact in contacts}
    named = {f"单位{int(where.rpartition(':')[2]) - 2}" for where, _ in faults}
    assert told | named == {unit for unit, *_ in rows}
    assert len(told) > 100
    assert len(named) > 100
    assert all(message.isprintable() for _, message in faults)
    listing = Directory.build(contacts, {"所有": sorted(told)}, {}).on(date(2018, 1, 1))
    assert set(listing.members(["所有"])) == told

"""Rows of cells become tasks: sections, shared and restarting numbers, refs, and what can't be used."""

import re
from dataclasses import dataclass, field

from notifier.errors import DocumentError
from notifier.intake.columns import Column, Header
from notifier.intake.inherited import Ear
from notifier.intake.layout import Part, Placed, Step, placed, steps
from notifier.intake.numbers import SECTION, is_chinese, is_page_number, number_of
from notifier.intake.pages import carry_on
from notifier.intake.refs import Found, task_rows
from notifier.intake.rows import CellRow, Content, RowFault, TaskRow
from notifier.intake.wrapped import rejoin

_NOTE = re.compile(r"(?:备?注|说明|附注|填表说明|填报说明)\s*[0-9一二三]?\s*[：:、.]")
_SIGNATURE = re.compile(
    r"(?:审核|审批|填表|制表|填报|签发|经办|复核|联系|主要负责|单位负责|分管领导)[^：:。]{0,8}[：:]|(?:日期|电话|盖章)[：:]?"
)
_TOTAL = re.compile(r"(?:合|总|小|共)\s*计")
_TITLE_LENGTH = 60  # characters; what is longer, or ends like a sentence, is no title of a section


@dataclass(slots=True)
class Table:
    """What the rows of one file came to."""

    rows: tuple[TaskRow, ...] = ()
    sections: tuple[str, ...] = ()
    faults: tuple[RowFault, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(slots=True)
class _Scan:
    faults: list[tuple[int, RowFault]]  # with their place in the file
    place: int = 0
    columns: tuple[str, ...] = ()
    sections: list[str] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    numbers: dict[int, set[str]] = field(default_factory=dict)  # by section, those of faulty rows too
    ear: Ear = field(default_factory=Ear)
    paragraph: list[str] = field(default_factory=list)  # loose lines, joined until the next row of cells
    caption: str = ""  # the last line over a header
    head: Step | None = None  # the header that is read under
    opens: str | None = None  # a table that began: the section it is, if its numbers begin again
    sheets: bool = False  # tasks stand on several sheets; each is a section
    category: str = ""
    page: int = 0
    figures: bool = False  # some number is in Arabic figures: then 一 alone heads a section

    def fault(self, where: str, message: str) -> None:
        self.faults.append((self.place, RowFault(where=where, message=message)))

    def begin(self, section: str) -> None:
        self.sections.append(section)
        self.opens = None

    def end_paragraph(self) -> None:
        self.listen("".join(self.paragraph))
        self.paragraph.clear()

    def listen(self, text: str) -> bool:
        return self.ear.hear(text, len(self.found))


def tasks(content: Content, name: str) -> Table:
    """Return the tasks, sections and faults of a file's rows; `name` stands in the faults.

    Raises DocumentError when no header is recognised or no row can be used.
    """
    scan = _Scan(faults=[(0, fault) for fault in content.faults])
    whole = list(steps(content.rows))
    heads = [step for step in whole if step.part is Part.HEADER]
    scan.sheets = len({step.row.title for step in heads}) > 1
    scan.figures = any(_in_figures(step) for step in whole if step.part is Part.ROW)
    for scan.place, step in enumerate(whole, start=1):
        if step.part is not Part.LOOSE and scan.paragraph:
            scan.end_paragraph()
        if step.fault:
            scan.fault(step.row.where, step.fault)
        match step.part:
            case Part.LOOSE:
                _take_loose(scan, step.row)
            case Part.CAPTION | Part.ASIDE:
                text = rejoin([line for cell in step.row.cells for line in cell.lines])
                scan.listen(text)
                scan.caption = text
            case Part.HEADER:
                _begin(scan, step)
            case Part.ROW:
                _take(scan, step.row)
                scan.caption = ""
    scan.end_paragraph()
    if not heads:
        raise DocumentError(
            f"{name}: no header row was recognised; a column for the task (工作任务 …) and one for "
            "its units (责任单位 …) are needed",
            *(f"{fault.where}: {fault.message}" for _, fault in scan.faults),
        )
    if scan.ear.patience <= 0:
        scan.fault(name, "too many sentences begin like 以下任务均需…; not all of them were looked at")
    rows, repeated = task_rows(scan.found, scan.sections, scan.numbers, scan.ear.sentences)
    faults = sorted([*scan.faults, *repeated], key=lambda placed: placed[0])
    table = Table(rows, tuple(scan.sections), tuple(fault for _, fault in faults), scan.columns)
    if not table.rows:
        reasons = [f"{fault.where}: {fault.message}" for fault in table.faults]
        raise DocumentError(f"{name}: no row under the header can be used", *reasons)
    return table


def _in_figures(step: Step) -> bool:
    if step.header is None or (at := placed(step.row, step.header)) is None:
        return False
    number = step.header.text(at.cells, Column.NUMBER, "")
    return bool(number_of(number)) and not is_chinese(number)


def _take_loose(scan: _Scan, row: CellRow) -> None:
    if is_page_number(row.loose):
        return
    scan.caption = row.loose
    if row.grid == 0:
        scan.paragraph.append(row.loose)
    elif not scan.listen(row.loose) and scan.head is not None:
        # In this layout every line after the header belongs to a cell.
        scan.fault(row.where, f"text outside any cell: “{row.loose[:40]}”")


def _begin(scan: _Scan, step: Step) -> None:
    last, row = scan.head, step.row
    scan.head = step
    scan.columns = scan.columns or (step.header.titles if step.header else ())
    caption, scan.caption = scan.caption, ""
    again = (
        last is not None
        and last.header is not None
        and last.header.columns == (step.header and step.header.columns)
    )
    if (
        again
        and last is not None
        and (row.grid == last.row.grid or row.page != last.row.page)
        and not caption
    ):
        return  # repeated at the top of a page
    if len(caption) <= _TITLE_LENGTH and SECTION.fullmatch(caption):
        scan.begin(caption)
    elif last is None or row.grid != last.row.grid:
        scan.opens = row.title or (caption if len(caption) <= _TITLE_LENGTH else "")
    scan.page = row.page if last is None else scan.page


def _take(scan: _Scan, row: CellRow) -> None:
    step = scan.head
    if step is None or step.header is None:
        return
    header = step.header
    at = placed(row, header)
    if at is not None and len(at.cells) == len(row.cells) and not any(at.above):
        filled = [text for text in at.cells if text]
    else:
        filled = [text for cell in row.cells if not cell.above and (text := rejoin(cell.lines))]
    if not filled or all(_SIGNATURE.match(text) for text in filled) or _TOTAL.fullmatch(filled[0]):
        return
    if len(filled) == 1 and _alone(scan, row, filled[0], header):
        return
    number, written = _number(header, at, row)
    if at is not None and _TOTAL.fullmatch(written or header.text(at.cells, Column.TEXT, "")):
        return
    if at is not None and scan.figures and _heads_section(header, at, written):
        title = header.text(at.cells, Column.TEXT, "")
        scan.begin(written + ("" if re.search(r"[、.．)）]$", written) else "、") + title)
        return
    for text in filled:
        scan.listen(text)
    if at is not None and _of_last_row(scan, header, at, row, number):
        return
    scan.page = row.page
    _open_section(scan, header, at, number, row)
    if number:
        scan.numbers.setdefault(len(scan.sections), set()).add(number)
    if at is None:
        begins = f", beginning “{filled[0][:20]}”"
        scan.fault(row.where, f"{len(row.cells)} cells where the header has {len(header.columns)}{begins}")
        return
    _keep(scan, header, at, row, number, written)


def _keep(scan: _Scan, header: Header, at: Placed, row: CellRow, number: str, written: str) -> None:
    cells = list(at.cells)
    last = scan.found[-1] if scan.found and scan.found[-1].section == len(scan.sections) else None
    shared = False
    if header.has(Column.NUMBER) and not number:
        if written:
            scan.fault(row.where, f"“{written}” is no number")
            return
        if not row.merges:
            scan.fault(row.where, "the number is missing")
            return
        # A blank cell under a number is that number's, merged or left out: a second task, or the first's
        # further units.
        number = last.number if last is not None else str(len(scan.found) + 1)
        text = header.columns.index(Column.TEXT)
        if last is not None and last.header is header and not header.text(cells, Column.TEXT, ""):
            if not header.units(cells) and not header.timing(cells):
                return
            cells[text] = last.cells[text]
            if not header.timing(cells):
                cells = [
                    above if kind in (Column.TIMING, Column.START) else cell
                    for kind, cell, above in zip(header.columns, cells, last.cells, strict=True)
                ]
            shared = True
    if not header.text(cells, Column.TEXT, ""):
        place = at.places[header.columns.index(Column.TEXT)]
        scan.fault(
            place, f"number {number}: the task's text is empty" if number else "the task's text is empty"
        )
        return
    text_merged = [
        merged for kind, merged in zip(header.columns, at.above, strict=True) if kind is Column.TEXT
    ]
    scan.found.append(
        Found(
            number=number or str(len(scan.found) + 1),
            section=len(scan.sections),
            header=header,
            cells=cells,
            row=row,
            shared=shared or all(text_merged),
            place=scan.place,
        )
    )


def _alone(scan: _Scan, row: CellRow, text: str, header: Header) -> bool:
    """Deal with a row of one text: a section, a note, a sentence that gives units; False when it is a task's."""
    merged = any(cell.above for cell in row.cells)
    across = len(row.cells) < max(2, len(header.columns) // 2 + 1) and not merged
    # Where a number or a category is expected, a text alone is a title that nobody merged.
    first = rejoin(row.cells[0].lines) == text and header.columns[0] in (Column.NUMBER, Column.SECTION)
    if SECTION.fullmatch(text) and not merged:
        scan.begin(text)
    elif _NOTE.match(text):
        scan.listen(text)
    elif (across or first) and scan.listen(text):
        return True
    elif row.merges and (across or first) and not number_of(text):
        if len(text) <= _TITLE_LENGTH and not re.search(r"[。；;]$", text):
            scan.begin(text)
        else:
            scan.fault(row.where, f"a text across the table is neither a task nor a section: “{text[:40]}”")
    else:
        return row.merges and across  # a page number inside the table
    return True


def _heads_section(header: Header, at: Placed, written: str) -> bool:
    """Tell whether a row such as 一 | 加快推进 | | is a section: a Chinese number, a title and nothing else."""
    return bool(
        written
        and is_chinese(written)
        and header.text(at.cells, Column.TEXT, "")
        and not header.units(at.cells)
        and not header.timing(at.cells)
    )


def _number(header: Header, at: Placed | None, row: CellRow) -> tuple[str, str]:
    """Return a row's number and how it is written."""
    if not header.has(Column.NUMBER):
        return "", ""
    column = header.columns.index(Column.NUMBER)
    if at is not None:
        return number_of(at.cells[column]), at.cells[column]
    written = rejoin(row.cells[column].lines) if column < len(row.cells) else ""
    return number_of(written), written


def _of_last_row(scan: _Scan, header: Header, at: Placed, row: CellRow, number: str) -> bool:
    """Add a row at the top of a page to the one at the foot of the page before, where it goes on with it."""
    if number or not scan.found or not row.page > scan.page > 0:
        return False
    last = scan.found[-1]
    if last.header.columns != header.columns or (joined := carry_on(header, last.cells, at.cells)) is None:
        return False
    last.cells = joined
    scan.page = row.page
    return True


def _open_section(scan: _Scan, header: Header, at: Placed | None, number: str, row: CellRow) -> None:
    """Begin the section that a table or a category column opens with this task."""
    if scan.opens is not None:
        restarted = number == "1" and "1" in scan.numbers.get(len(scan.sections), ())
        if restarted or (scan.sheets and row.title):
            scan.begin(scan.opens)
        scan.opens = None
    if (
        at is not None
        and (category := header.text(at.cells, Column.SECTION, "："))
        and category != scan.category
    ):
        scan.category = category
        scan.begin(category)

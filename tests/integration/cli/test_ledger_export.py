"""`notifier ledger export`: the book of who was told what, as the office opens it."""

import csv
import errno
import gc
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import insert, select, update

from notifier.app import App
from notifier.cli import export
from notifier.ledger.account import told
from notifier.ledger.engine import only_reading
from notifier.ledger.schema import messages, reminders
from notifier.mail.transport import Outgoing, Result
from tests.clock import SettableClock
from tests.fakes import ACCEPTED, RecordingTransport
from tests.integration.cli.conftest import Type
from tests.office import CONTACTS, TEACHERS, beijing, office, passes_of

HOSTILE = "=1+1"  # a name that a spreadsheet would run


@pytest.fixture
def told_office(desk: Path) -> App:
    """An office whose first lead went out on 2018-05-31: one mail taken, one refused, one unit without a contact."""

    def answer(mail: Outgoing) -> Result:
        if mail.address == "li@example.org":
            return Result(state="refused", scope="recipient", reply="550 5.1.1 no such user")
        return ACCEPTED

    clock = SettableClock(beijing("2018-05-01T00:00"))
    contacts = [CONTACTS[0].replace("王一", HOSTILE), *CONTACTS[1:3]]
    rows = [TEACHERS, ("任务<二>", "洛阳市政府", "2018年6月底前完成")]
    app, passes = passes_of(office(desk, rows=rows, contacts=contacts), clock, RecordingTransport(answer))
    passes.adopt(clock())
    clock.set(beijing("2018-05-31T09:00"))
    passes.plan(clock())
    passes.send()
    passes.engine.dispose()
    return app


def table(data: bytes) -> list[dict[str, str]]:
    """Return the rows of a CSV export by their heads."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def exported(ops: Type, *words: str) -> list[dict[str, str]]:
    """Return the rows that an export prints."""
    shown = ops("ledger", "export", *words)
    assert (shown.code, shown.err) == (0, "")
    return table(shown.out.encode())


@pytest.mark.usefixtures("told_office")
def test_each_reminder_is_a_row_with_its_task_its_contact_and_the_servers_answer(
    ops: Type,
) -> None:
    first, second, third = exported(ops)
    assert first == {
        "计划": "plan",
        "文件": "关于办好学校的意见",
        "文号": "豫政办〔2017〕1号",
        "序号": "1",
        "部分": "一、总体",
        "工作任务": "培训教师。",
        "单位": "省财政厅",
        "职责": "责任",
        "联系人": "李二",
        "邮箱": "li@example.org",
        "主送/抄送": "主送",
        "提醒类别": "提前提醒",
        "事项": first["事项"],
        "节点日期": "2018-06-30",
        "应发时间": "2018-05-31 09:00:00",
        "提醒状态": "未能发出",
        "原因": first["原因"],
        "发出时间": "",
        "邮件编号": first["邮件编号"],
        "发送次数": first["发送次数"],
        "可能重复": "",
        "服务器答复": first["服务器答复"],
        "任务状态": "在办",
        "办结与报送记录": "",
        "邮件形式": "",
        "暂停记录": "",
        "延期记录": "",
    }
    assert "no such user" in first["服务器答复"]
    assert first["邮件编号"].startswith("<20180531.")
    assert (second["邮箱"], second["提醒状态"], second["服务器答复"]) == (
        "wang@example.org",
        "已发出",
        "250 ok",
    )
    assert (second["发出时间"], second["发送次数"]) == ("2018-05-31 09:00:00", "1")
    assert second["联系人"] == f"'{HOSTILE}"  # never run by a spreadsheet
    assert (third["单位"], third["工作任务"]) == ("洛阳市政府", "任务<二>")
    assert (third["邮箱"], third["主送/抄送"], third["提醒状态"]) == ("", "", "无联系人")
    assert (third["原因"], third["邮件编号"], third["发送次数"]) == ("no contact", "", "")


@pytest.mark.usefixtures("told_office")
def test_what_rested_and_what_was_moved_stand_beside_the_reminders_that_it_is_of(
    ops: Type,
) -> None:
    assert ops("suspend", "1", "--unit", "省教育厅", "--until", "2048-01-02", "--note", "机构调整").code == 0
    assert ops("suspend", "2").code == 0
    assert ops("resume", "2").code == 0
    assert ops("extend", "1", "2048-06-30", "--note", "经批准").code == 0
    *old, city = exported(ops, "--to", "2018-12-31")
    by_unit = {row["单位"]: row for row in old if row["节点日期"] == "2018-06-30"}
    assert "省教育厅 暂停至2048-01-02（" in by_unit["省教育厅"]["暂停记录"]
    assert by_unit["省教育厅"]["暂停记录"].endswith("）：机构调整")
    assert by_unit["省财政厅"]["暂停记录"] == ""
    assert "全部单位 暂停（" in city["暂停记录"]
    assert " 恢复（" in city["暂停记录"]
    for row in by_unit.values():
        assert "2018-06-30 改为 2048-06-30（" in row["延期记录"]
        assert row["延期记录"].endswith("）：经批准")
    assert city["延期记录"] == ""


def test_a_line_that_was_taken_out_of_a_mail_was_not_sent_by_it(told_office: App, ops: Type) -> None:
    engine = told_office.existing_ledger()
    assert engine is not None
    with engine.begin() as db:
        mine = update(reminders).where(reminders.c.contact == "wang@example.org")
        db.execute(mine.values(state="withdrawn", reason="moved from 2018-06-30 to 2018-07-31 by ops"))
    engine.dispose()
    [row] = [row for row in exported(ops) if row["邮箱"] == "wang@example.org"]
    assert row["提醒状态"] == "已撤回"
    of_mail = ("发出时间", "邮件编号", "发送次数", "可能重复", "服务器答复", "邮件形式")
    assert [row[name] for name in of_mail] == [""] * len(of_mail)


def test_a_mail_that_was_not_as_the_templates_make_it_is_told_so(told_office: App, ops: Type) -> None:
    engine = told_office.existing_ledger()
    assert engine is not None
    with engine.begin() as db:
        for contact, values in (
            ("wang@example.org", {"built_in": "section.txt.j2:3: 'x' is undefined"}),
            ("li@example.org", {"at_most": 9000, "built_in": None}),
        ):
            db.execute(update(messages).where(messages.c.contact == contact).values(**values))
    engine.dispose()
    assert [row["邮件形式"] for row in exported(ops)] == [
        "简要清单", "内置文本：section.txt.j2:3: 'x' is undefined", "",
    ]  # fmt: skip


@pytest.mark.usefixtures("told_office")
def test_what_was_closed_stands_beside_the_reminders_of_whom_it_was_closed_for(
    ops: Type,
) -> None:
    assert ops("done", "1", "--unit", "省教育厅").code == 0
    finance, education, city = exported(ops)
    assert "省教育厅 已办结（" in education["办结与报送记录"]
    assert (finance["办结与报送记录"], city["办结与报送记录"]) == ("", "")
    assert ops("done", "2").code == 0
    *_, city = exported(ops)
    assert (city["任务状态"], "全部单位 已办结（" in city["办结与报送记录"]) == ("已办结", True)


@pytest.mark.usefixtures("told_office")
@pytest.mark.parametrize(
    ("words", "units"),
    [
        (("--plan", "plan"), ["省财政厅", "省教育厅", "洛阳市政府"]),
        (("--unit", "省财政厅"), ["省财政厅"]),
        (("--unit", "洛阳市人民政府"), ["洛阳市政府"]),
        (("--from", "2018-05-31", "--to", "2018-05-31"), ["省财政厅", "省教育厅", "洛阳市政府"]),
        (("--from", "2018-06-01"), []),
        (("--to", "2018-05-30"), []),
    ],
    ids=["a plan", "a unit", "a unit in its long form", "the very day", "after it", "before it"],
)
def test_a_part_is_exported(words: tuple[str, ...], units: list[str], ops: Type) -> None:
    assert [row["单位"] for row in exported(ops, *words)] == units


MISTAKES = {
    "no such plan": (("--plan", "paln"), 2, "the ledger has no plan paln; it has plan"),
    "no such unit": (("--unit", "洛阳市"), 2, "no reminder in the ledger is for 洛阳市; near it: 洛阳市政府"),
    "days the wrong way round": (("--from", "2018-02-01", "--to", "2018-01-31"), 2, "lies before --from"),
    "a workbook on stdout": (("--format", "xlsx"), 2, "a workbook needs a FILE"),
    "a file in no folder": (("--out", "nowhere/x.csv"), 1, "No such file or directory"),
}


@pytest.mark.usefixtures("told_office")
@pytest.mark.parametrize(("words", "code", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_and_nothing_is_written(
    words: tuple[str, ...], code: int, said: str, ops: Type
) -> None:
    shown = ops("ledger", "export", *words)
    assert (shown.code, shown.out) == (code, "")
    assert said in shown.err


@pytest.mark.usefixtures("desk")
def test_without_a_ledger_there_is_nothing_to_export(ops: Type) -> None:
    shown = ops("ledger", "export")
    assert (shown.code, "there is no ledger yet" in shown.err) == (1, True)


@pytest.mark.parametrize("name", ["book.csv", "book.xlsx"])
def test_a_file_is_its_owners_alone_whole_and_never_overwritten(
    name: str, told_office: App, ops: Type
) -> None:
    made = told_office.config.path.parent / name
    shown = ops("ledger", "export", "--out", name)
    assert (shown.code, shown.out) == (0, f"{made}: {made.stat().st_size} octets\n")
    assert made.stat().st_mode & 0o777 == 0o600
    assert not list(made.parent.glob("*.part"))
    before = made.read_bytes()
    again = ops("ledger", "export", "--out", name)
    assert (again.code, "never overwrites" in again.err) == (1, True)
    assert made.read_bytes() == before


def test_a_workbook_has_the_rows_of_the_csv_as_they_are_meant(told_office: App, ops: Type) -> None:
    rows = exported(ops)
    assert ops("ledger", "export", "--out", "book.xlsx").code == 0
    sheet = openpyxl.load_workbook(told_office.config.path.parent / "book.xlsx")["提醒台账"]
    heads, *found = sheet.iter_rows(values_only=True)
    assert list(heads) == list(rows[0])
    as_shown = [[cell or "" for cell in row] for row in found]
    assert as_shown == [[cell.removeprefix("'") for cell in row.values()] for row in rows]
    assert HOSTILE in as_shown[1]


def test_a_ledger_is_exported_while_its_configuration_cannot_be_used(told_office: App, ops: Type) -> None:
    with told_office.config.path.open("a", encoding="utf-8") as config:
        config.write("\n[nonsense]\n")
    assert len(exported(ops)) == 3


def test_a_long_look_holds_up_no_writer_and_sees_one_state(told_office: App) -> None:
    engine = told_office.existing_ledger()
    assert engine is not None
    with only_reading(engine).begin() as looking:
        rows = told(looking)
        next(rows)
        with engine.begin() as db:  # would wait for half a minute and fail
            values = dict(db.execute(select(reminders)).mappings().first() or {})
            db.execute(insert(reminders).values({**values, "id": None, "contact": "unit:later"}))
        assert "unit:later" not in {entry.contact for entry in rows}
    with only_reading(engine).begin() as looking:
        assert "unit:later" in {entry.contact for entry in told(looking)}
    engine.dispose()


@pytest.mark.usefixtures("told_office")
@pytest.mark.parametrize(
    "words", [(), ("--out", "book.csv"), ("--out", "book.xlsx")], ids=["pipe", "csv", "xlsx"]
)
def test_a_reader_or_disk_that_gives_out_ends_it_plainly_and_leaves_nothing(
    words: tuple[str, ...],
    ops: Type,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    desk: Path,
) -> None:
    def full(*arguments: object) -> None:
        rows = arguments[-1]
        assert isinstance(rows, Iterator)
        next(rows)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(export, "put_csv", full)
    monkeypatch.setattr(export, "write_xlsx", full)
    shown = ops("ledger", "export", *words)
    assert (shown.code, "No space left on device" in shown.err) == (1, True)
    assert "Traceback" not in shown.err
    gc.collect()  # what was left open would be closed here, after its ledger
    assert [record for record in caplog.records if not record.name.startswith("notifier")] == []
    assert not [*desk.glob("book*")]


def test_a_contacts_name_is_known_from_its_latest_mail(told_office: App, ops: Type) -> None:
    engine = told_office.existing_ledger()
    assert engine is not None
    with engine.begin() as db:
        mail = dict(
            db.execute(select(messages).where(messages.c.contact == "li@example.org")).mappings().one()
        )
        later = {
            "id": None,
            "name": "李三",
            "slot": mail["slot"] + timedelta(days=1),
            "message_id": "<later@x>",
        }
        db.execute(insert(messages).values({**mail, **later}))
        lost = dict(
            db.execute(select(reminders).where(reminders.c.contact == "li@example.org")).mappings().one()
        )
        db.execute(
            insert(reminders).values(
                {**lost, "id": None, "checkpoint": "x", "message_id": None, "state": "superseded"}
            )
        )
    engine.dispose()
    assert [row["联系人"] for row in exported(ops, "--unit", "省财政厅")] == ["李二", "李三"]

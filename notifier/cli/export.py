"""`ledger export`: who was told what, when, and what the server said, as a table for the office (台账)."""

import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Final
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Connection

from notifier.cli.frame import DAY, made, near, the_ledger, the_service
from notifier.digest.wording import ROLE_WORDS
from notifier.errors import NotifierError, UsageError
from notifier.ledger.account import Told, plans_told, told, units_told
from notifier.ledger.engine import only_reading
from notifier.ledger.extended import Extension
from notifier.ledger.suspended import Suspended
from notifier.people.phrase import Role
from notifier.people.synonyms import identity
from notifier.spreadsheet import put_csv
from notifier.xlsx import Head, write_xlsx

_HEADS: Final = (
    Head("计划", 14), Head("文件", 36), Head("文号", 18), Head("序号", 8), Head("部分", 20), Head("工作任务", 60),
    Head("单位", 28), Head("职责", 8), Head("联系人", 12), Head("邮箱", 28), Head("主送/抄送", 10),
    Head("提醒类别", 10), Head("事项", 20), Head("节点日期", 12), Head("应发时间", 20), Head("提醒状态", 12),
    Head("原因", 28), Head("发出时间", 20), Head("邮件编号", 44), Head("发送次数", 10), Head("可能重复", 10),
    Head("服务器答复", 40), Head("任务状态", 10), Head("办结与报送记录", 44),
    Head("邮件形式", 20), Head("暂停记录", 44), Head("延期记录", 44),
)  # fmt: skip
_KINDS: Final = {"start": "启动", "lead": "提前提醒", "due": "到期", "overdue": "逾期", "report": "报送"}
_STATES: Final = {
    "planned": "待发",
    "sent": "已发出",
    "superseded": "已并入其他",
    "expired": "过期未发",
    "withdrawn": "已撤回",
    "unreachable": "无联系人",
    "failed": "未能发出",
}
_TASK_STATES: Final = {"open": "在办", "done": "已办结", "suspended": "暂停", "vanished": "已不在文件中"}
_TITLE = "提醒台账"


@click.command()
@click.option("--plan", help="One plan, as config.toml names it (default: all that there ever were).")
@click.option("--unit", help="One unit, by any spelling of its name.")
@click.option("--from", "start", type=DAY, help="The first day of the slots.")
@click.option("--to", "end", type=DAY, help="Their last day.")
@click.option(
    "--format", "kind", type=click.Choice(["csv", "xlsx"]), help="Default: as FILE is named, else csv."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A new FILE (default: stdout).")
@click.pass_context
def export(
    ctx: click.Context,
    plan: str | None,
    unit: str | None,
    start: date | None,
    end: date | None,
    kind: str | None,
    out: Path | None,
) -> None:
    """Who was told what, when, and what the server said: one row a reminder, while the daemon runs.

    The heads are Chinese, times are the office's. CSV is UTF-8 with a byte order mark, so that Excel reads it.
    A file that is there is never overwritten.
    """
    kind = kind or ("xlsx" if out is not None and out.suffix.lower() == ".xlsx" else "csv")
    if kind == "xlsx" and out is None:
        raise UsageError("a workbook needs a FILE: --out ledger.xlsx")
    if start is not None and end is not None and end < start:
        raise UsageError(f"--to {end} lies before --from {start}")
    out = None if out is None else out.absolute()
    config, _ = the_service(ctx)
    zone = config.zone
    with the_ledger(config) as engine, only_reading(made(engine)).begin() as db:
        _refuse_unknown(db, plan, unit)
        entries = told(
            db,
            plan=plan,
            unit=unit,
            start=None if start is None else _midnight(start, zone),
            end=None if end is None else _midnight(end + timedelta(days=1), zone),
        )
        with closing(entries):  # before the ledger, also where the file or the reader gives out
            rows = (_row(entry, zone) for entry in entries)
            if out is None:
                _put_csv(sys.stdout.buffer, rows)
                return
            with _new_file(out) as file:
                if kind == "xlsx":
                    write_xlsx(file, _TITLE, _HEADS, rows)
                else:
                    _put_csv(file, rows)
    click.echo(f"{out}: {out.stat().st_size} octets")


def _refuse_unknown(db: Connection, plan: str | None, unit: str | None) -> None:
    """Raise UsageError for a plan or unit of which the ledger knows nothing: an empty table would hide the slip."""
    if plan is not None and plan not in (known := plans_told(db)):
        raise UsageError(f"the ledger has no plan {plan}; it has {', '.join(known) or 'none'}")
    if unit is None:
        return
    names = units_told(db)
    if identity(unit) not in {identity(name) for name in names}:
        raise UsageError(f"no reminder in the ledger is for {unit}{near(unit, names)}")


def _row(entry: Told, zone: ZoneInfo) -> list[str]:
    address = "" if entry.contact.startswith("unit:") else entry.contact
    return [
        entry.plan,
        entry.title,
        entry.number,
        entry.ref,
        entry.section,
        entry.text,
        "、".join(entry.units),
        ROLE_WORDS[Role(entry.role)],
        entry.name or "",
        entry.address or address,
        ("抄送" if entry.copied else "主送") if address else "",
        _KINDS.get(entry.kind, entry.kind),
        entry.label,
        str(entry.nominal),
        _moment(entry.slot, zone),
        _STATES.get(entry.state, entry.state),
        entry.reason or "",
        _moment(entry.sent, zone),
        *_mail(entry),
        _TASK_STATES.get(entry.task_state, entry.task_state),
        _closings(entry, zone),
        _form(entry),
        "；".join(_rest(one, zone) for one in entry.rests),
        "；".join(_move(one, zone) for one in entry.moves),
    ]


def _mail(entry: Told) -> tuple[str, ...]:
    if not entry.is_in_mail:
        return ("", "", "", "")
    uncertain = "是" if entry.uncertain else ""
    return entry.message_id or "", str(entry.attempts), uncertain, entry.reply or ""


def _form(entry: Told) -> str:
    if not entry.is_in_mail:
        return ""
    if entry.at_most is not None:
        return "简要清单"
    return "" if entry.built_in is None else f"内置文本：{entry.built_in}"


def _rest(one: Suspended, zone: ZoneInfo) -> str:
    until = f"暂停至{one.until.astimezone(zone).date()}" if one.until else "暂停"
    ended = f"，{_moment(one.ended, zone)} 恢复（{one.ended_by}）" if one.ended else ""
    note = f"：{one.note}" if one.note else ""
    return f"{_moment(one.at, zone)} {one.unit or '全部单位'} {until}（{one.by}）{ended}{note}"


def _move(one: Extension, zone: ZoneInfo) -> str:
    note = f"：{one.note}" if one.note else ""
    return f"{_moment(one.at, zone)} {one.was} 改为 {one.day}（{one.by}）{note}"


def _closings(entry: Told, zone: ZoneInfo) -> str:
    return "；".join(
        f"{_moment(closing.at, zone)} {closing.unit or '全部单位'} "
        f"{'已报送' if closing.scope.startswith('report@') else '已办结'}（{closing.by}）"
        for closing in entry.closings
    )


def _moment(moment: datetime | None, zone: ZoneInfo) -> str:
    return "" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)


def _put_csv(file: IO[bytes], rows: Iterator[Sequence[str]]) -> None:
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=False)
    try:
        put_csv(text, [head.name for head in _HEADS], rows)
        text.flush()
    finally:
        with suppress(ValueError, OSError):
            text.detach()


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that its owner alone may read, and that is there under its name only once it is whole."""
    draft = path.with_name(f"{path.name}.part")
    try:
        if os.path.lexists(path):
            raise NotifierError(f"{path}: there is such a file; an export never overwrites one")
        draft.unlink(missing_ok=True)
        opened = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(opened, "w+b") as file:
            yield file
            file.flush()
            os.fsync(opened)
        draft.replace(path)
    except OSError as error:
        raise NotifierError(f"{path}: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)

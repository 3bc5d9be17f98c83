"""A small office in a temporary folder: a document, a directory, a configuration; one valid default each."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from notifier.app import App, Passes, build
from notifier.clock import Clock
from notifier.config import Config, load
from notifier.database import Server
from notifier.ledger import engine as ledger
from notifier.mail.transport import Transport

Row = tuple[str, str, str]  # task, units, timing

TEACHERS = ("培训教师。", "省教育厅、财政厅", "2018年6月底前完成")
ALWAYS = ("推进普及。", "省教育厅和各省辖市政府", "持续实施")

CONTACTS = (
    "省教育厅,王一,wang@example.org,primary",
    "省财政厅,李二,li@example.org,primary",
    "郑州市政府,张三,zhang@example.org,primary",
    "洛阳市政府,赵四,zhao@example.org,primary",
)

CONFIG = """
[plans.plan]
path = "plan.txt"
issued = 2017-10-01
issuer_level = "省"
title = "关于办好学校的意见"
number = "豫政办〔2017〕1号"

[groups]
"各省辖市政府" = ["郑州市政府", "洛阳市政府"]

[contacts]
files = ["contacts.csv"]

[office]
name = "省政府督查室"
phone = "0371-1"

[mail]
from = "ducha@example.org"
"""


def document(rows: Iterable[Row]) -> str:
    """Return a table as the office's plain text has it: a cell begins with a tab, a blank line ends a row."""
    lines = [
        "附件",
        "",
        "任务分工表",
        "\t序号",
        "\t工作任务",
        "\t负责单位",
        "\t时间进度",
        "",
        "\t一、总体",
        "",
    ]
    for number, cells in enumerate(rows, 1):
        lines += [f"\t{number}", *(f"\t{cell}" for cell in cells), ""]
    return "\n".join(lines) + "\n"


def office(
    folder: Path,
    *,
    rows: Iterable[Row] = (TEACHERS, ALWAYS),
    contacts: Sequence[str] = CONTACTS,
    config: str = CONFIG,
    extra: str = "",
) -> Config:
    """Write an office's files into `folder` and load its configuration; called again, it changes them."""
    (folder / "plan.txt").write_text(document(rows), "utf-8")
    (folder / "contacts.csv").write_text("\n".join(["unit,name,email,role", *contacts, ""]), "utf-8")
    (folder / "config.toml").write_text(config + extra, "utf-8")
    return load(folder / "config.toml")


def passes_of(
    config: Config, clock: Clock, transport: Transport, server: Server | None = None
) -> tuple[App, Passes]:
    """Build an office and open its passes on the ledger in its folder, or on a server, made if need be."""
    app = build(config, clock)
    return app, app.passes(ledger.create(server or config.database, clock()), transport)


def beijing(text: str) -> datetime:
    """Return an instant written as Beijing's wall clock shows it: `2017-12-29T09:00`."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)

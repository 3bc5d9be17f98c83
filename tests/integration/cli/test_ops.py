"""`preview --ops`, and what `check` says of a mail that goes to nobody."""

from pathlib import Path

import pytest

from notifier.clock import utc_now
from notifier.ledger import engine as ledger
from notifier.ledger.ops import told_to
from notifier.passes.closing import close
from tests.clock import SettableClock
from tests.fakes import RecordingTransport
from tests.integration.cli.conftest import Type
from tests.office import TEACHERS, beijing, office, passes_of

SOME = ("扶持薄弱学校。", "省教育厅和有关省辖市政府", "持续实施")
TOLD = '[ops]\nmail = ["duchashi@example.org"]\n'


def test_the_ops_mail_is_shown_without_a_ledger_and_leaves_none(empty: Path, ops: Type) -> None:
    office(empty, rows=(SOME,), extra=TOLD)
    shown = ops("preview", "--ops")
    assert shown.code == 0
    assert shown.out.startswith("To: duchashi@example.org\nSubject: 【待处理1项")
    assert "第1项　有关省辖市政府：暂按全部2个单位通知" in shown.out
    assert not (empty / "var").exists()


def test_the_ops_mail_is_shown_by_what_the_ledger_knows_and_changes_nothing(empty: Path, ops: Type) -> None:
    config = office(empty, rows=(SOME,))
    ledger.create(config.database, utc_now()).dispose()
    found = [ops("preview", "--ops", "--json").json for _ in range(2)]
    assert found[0] == found[1]
    assert found[0].keys() == {"to", "subject", "text", "html"}
    assert found[0]["to"] is None
    engine = ledger.open_existing(config.database)
    assert engine is not None
    with engine.begin() as db:
        assert told_to(db, "ops:") == {}
    engine.dispose()


def test_an_ops_mail_without_news_is_said_not_to_go(empty: Path, ops: Type) -> None:
    office(empty, rows=(TEACHERS,), extra=TOLD)
    assert ops("preview", "--ops").out == "Nothing to tell: no ops mail would go.\n"
    assert ops("preview", "--ops", "--json").json is None


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    "words",
    [(), ("张三", "--ops"), ("--ops", "--at", "2018-01-01"), ("张三", "--summary"), ("--ops", "--summary")],
    ids=["neither", "both", "at a time", "a contact's summary", "ops and summary"],
)
def test_a_preview_is_of_a_contact_or_of_the_ops_mail(ops: Type, words: tuple[str, ...]) -> None:
    outcome = ops("preview", *words)
    assert outcome.code == 2
    assert "--ops alone" in outcome.err


def _month(folder: Path) -> None:
    """Leave a ledger in which one unit was late in June 2018, and the other is silent."""
    clock = SettableClock(beijing("2018-05-01T09:00"))
    config = office(folder, rows=(TEACHERS,), extra=f'{TOLD}summary = true\nsummary_to = ["l@example.org"]\n')
    app, passes = passes_of(config, clock, RecordingTransport())
    passes.adopt(clock())
    moment = beijing("2018-07-03T09:00")
    close(passes.engine, "1", app.setting, moment, by="root", unit="省财政厅", report=None)
    passes.engine.dispose()


def test_the_summary_of_a_month_is_shown_as_it_was_known_then(empty: Path, ops: Type) -> None:
    _month(empty)
    shown = ops("preview", "--summary", "--at", "2018-07-02")
    assert shown.code == 0
    assert shown.out.startswith(
        "To: duchashi@example.org, l@example.org\nSubject: 【到期2·按期0·迟报0·未报2】2018年6月督办任务月度汇总\n"
    )
    found = ops("preview", "--summary", "--at", "2018-07-31T23:00", "--json").json
    assert found.keys() == {"to", "month", "subject", "text", "html"}
    assert (found["month"], found["to"]) == ("2018-06", ["duchashi@example.org", "l@example.org"])
    assert found["subject"].startswith("【到期2·按期0·迟报1·未报1】2018年6月")
    page = ops("preview", "--summary", "--at", "2018-07-31", "--html").out
    assert "Content-Security-Policy" in page
    assert "省财政厅（迟4天）" in page


def test_the_summary_is_shown_without_a_ledger_and_leaves_none(empty: Path, ops: Type) -> None:
    office(empty, rows=(TEACHERS,))
    shown = ops("preview", "--summary")
    assert shown.out.startswith("To: nobody: [ops] summary is false\nSubject: 【无到期任务】")
    assert not (empty / "var").exists()


@pytest.mark.parametrize(("extra", "hints"), [("", 1), (TOLD, 0)], ids=["nobody", "somebody"])
def test_check_hints_once_that_nobody_is_told(empty: Path, ops: Type, extra: str, hints: int) -> None:
    office(empty, rows=(TEACHERS,), extra=extra)
    outcome = ops("check", "--strict")
    assert outcome.code == 0
    assert outcome.out.count("nobody is told by mail") == hints

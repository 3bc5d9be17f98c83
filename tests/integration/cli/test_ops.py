"""`preview --ops`, and what `check` says of a mail that goes to nobody."""

from pathlib import Path

import pytest

from notifier.clock import utc_now
from notifier.ledger import engine as ledger
from notifier.ledger.ops import told_to
from tests.integration.cli.conftest import Type
from tests.office import TEACHERS, office

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
    "words", [(), ("张三", "--ops"), ("--ops", "--at", "2018-01-01")], ids=["neither", "both", "at a time"]
)
def test_a_preview_is_of_a_contact_or_of_the_ops_mail(ops: Type, words: tuple[str, ...]) -> None:
    outcome = ops("preview", *words)
    assert outcome.code == 2
    assert "--ops alone" in outcome.err


@pytest.mark.parametrize(("extra", "hints"), [("", 1), (TOLD, 0)], ids=["nobody", "somebody"])
def test_check_hints_once_that_nobody_is_told(empty: Path, ops: Type, extra: str, hints: int) -> None:
    office(empty, rows=(TEACHERS,), extra=extra)
    outcome = ops("check", "--strict")
    assert outcome.code == 0
    assert outcome.out.count("nobody is told by mail") == hints

"""What a send pass asks of the ledger: so much a mail, however many reminders are in it."""

from collections import Counter
from pathlib import Path

from sqlalchemy import event

from tests.desk import Desk
from tests.office import TEACHERS, beijing

SLOT = "2018-05-30T09:00"  # for wang and li


def asked(folder: Path, tasks: int) -> tuple[Counter[str], int, int]:
    """Return how often a send pass began each kind of statement, its commits, and how many mails it sent."""
    folder.mkdir()
    desk = Desk(folder)
    rows = tuple((str(number), *TEACHERS[1:]) for number in range(1, tasks + 1))
    desk.open(rows=rows)
    desk.clock.set(beijing(SLOT))
    desk.passes.plan(desk.clock())
    engine = desk.passes.engine
    verbs: Counter[str] = Counter()
    commits: list[None] = []

    @event.listens_for(engine, "before_cursor_execute")
    def _statement(_db, _cursor, statement, *_rest) -> None:  # type: ignore[no-untyped-def]
        verbs[" ".join(statement.split()[:3])] += 1

    @event.listens_for(engine, "commit")
    def _commit(_db) -> None:  # type: ignore[no-untyped-def]
        commits.append(None)

    desk.passes.send()
    sent = len(desk.transport.sent)
    for opened in desk.engines:
        opened.dispose()
    return verbs, len(commits), sent


def test_neither_statements_nor_commits_grow_with_the_reminders_of_a_mail(tmp_path: Path) -> None:
    few, some = asked(tmp_path / "few", 1), asked(tmp_path / "many", 12)
    assert few[2] == some[2] == 2
    assert few == some


def test_a_mail_costs_its_begin_its_answer_and_a_share_of_its_batch(tmp_path: Path) -> None:
    verbs, commits, sent = asked(tmp_path / "office", 3)
    # Begun, with its bytes; answered, its reminders closed, its contact's refusals forgotten.
    assert verbs["UPDATE messages SET"] <= 2 * sent + 2
    assert verbs["UPDATE reminders SET"] == sent
    # Two a mail, which connections share; the rest is the batch's: claims, judging, release, sum.
    assert commits <= 2 * sent + 7

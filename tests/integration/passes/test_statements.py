"""What a send pass asks of the ledger: so much a mail, however many reminders are in it."""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from notifier.database import Server
from notifier.ledger import among_hosts
from notifier.ledger.holding import Holding
from notifier.ledger.unseen import UnseenStorage
from notifier.mail.transport import Outgoing, Result
from tests.desk import Desk
from tests.fakes import ACCEPTED, RecordingTransport
from tests.office import TEACHERS, beijing
from tests.postgres import Postgres

SLOT = "2018-05-30T09:00"  # for wang and li


def asked(folder: Path, tasks: int) -> tuple[Counter[str], int, int]:
    """Return how often a send pass began each kind of statement, its commits, and how many mails it sent."""
    folder.mkdir()
    desk = Desk(folder)
    rows = tuple((str(number), *TEACHERS[1:]) for number in range(1, tasks + 1))
    desk.open(rows=rows)
    desk.clock.set(beijing(SLOT))
    desk.passes.plan(desk.clock())
    verbs = counted(desk.passes.engine)
    desk.passes.send()
    sent = len(desk.transport.sent)
    for opened in desk.engines:
        opened.dispose()
    return verbs, verbs.pop("COMMIT"), sent


def counted(engine: Engine) -> Counter[str]:
    """Return how often each kind of statement is begun from now on, and each commit."""
    verbs: Counter[str] = Counter()

    @event.listens_for(engine, "before_cursor_execute")
    def _statement(_db, _cursor, statement, *_rest) -> None:  # type: ignore[no-untyped-def]
        verbs["COMMIT" if statement.startswith("COMMIT; BEGIN; ") else " ".join(statement.split()[:3])] += 1

    @event.listens_for(engine, "commit")
    def _commit(_db) -> None:  # type: ignore[no-untyped-def]
        verbs["COMMIT"] += 1

    return verbs


class InStep(RecordingTransport):
    """Two connections to a server that is near: both begin a mail, and have its answer before they begin the next."""

    def deliver(
        self,
        mails: Iterable[Outgoing],
        *,
        begin: Callable[[Outgoing], None],
        record: Callable[[Outgoing, Result], None],
        stop: Callable[[], bool],  # noqa: ARG002
        together: Callable[[], AbstractContextManager[None]] | None = None,
    ) -> Result | None:
        """Accept them all."""
        assert together is not None
        source = iter(mails)
        answered: list[Outgoing] = []
        while answered or not self.sent:
            pair = list(islice(source, 2))
            with together():
                for mail in answered:
                    record(mail, ACCEPTED)
                for mail in pair:
                    begin(mail)
            self.sent += pair
            answered = pair
        return None


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


def asked_by_a_host(folder: Path, server: Postgres, mails: int) -> Counter[str]:
    """Return the same of one host among several, with so many mails in a job."""
    folder.mkdir()
    desk = Desk(folder, server=Server(server.ledger()))
    contacts = [f"省教育厅,王{number},wang{number}@example.org,primary" for number in range(mails)]
    desk.open(rows=(("培训教师。", "省教育厅", "2018年6月底前完成"),), contacts=contacts)
    desk.clock.set(beijing(SLOT))
    desk.passes.plan(desk.clock())
    engine, sender = desk.passes.engine, desk.passes.sender
    sender.transport = transport = InStep()
    sender.holding, sender.lease, sender.insist = Holding(engine), among_hosts.LEASE, UnseenStorage().insist
    verbs = counted(engine)
    sender.send(among=range(1, mails + 1))
    assert len(transport.sent) == mails
    engine.dispose()
    return verbs


@pytest.mark.slow
def test_a_mail_costs_a_host_among_several_its_begin_and_a_share_of_an_answer_and_a_commit(
    tmp_path: Path, postgres_server: Postgres
) -> None:
    few, many = (asked_by_a_host(tmp_path / str(mails), postgres_server, mails) for mails in (20, 60))
    # With its bytes; what else there is, is the job's.
    assert many - few == {"UPDATE messages SET": 40, "WITH answered AS": 20, "COMMIT": 20}
    assert few["COMMIT"] <= 10 + 4, "claim, judging, what is begun first, sum"
    assert few.total() < 20 * 2 + 40

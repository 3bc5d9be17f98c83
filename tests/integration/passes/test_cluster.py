"""What hosts on one ledger share: rows held, leases, the cap, the pace, and jobs that stand and fall with the plan."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import text

from notifier.clock import utc_now
from notifier.database import Server
from notifier.errors import ConfigError
from notifier.ledger import among_hosts, jobs, outbox
from notifier.ledger import engine as ledger
from notifier.ledger.holding import Holding
from notifier.ledger.schema import messages
from notifier.ledger.unseen import UnseenStorage
from notifier.mail.transport import Result
from notifier.passes.plan import plan
from notifier.passes.relay import Relay
from notifier.passes.send import Sender
from tests.desk import Desk
from tests.fakes import RecordingTransport
from tests.office import ALWAYS, TEACHERS, beijing
from tests.postgres import Postgres

pytestmark = [pytest.mark.slow, pytest.mark.ledgers("postgresql")]

SLOT = "2018-06-29T09:00"  # a deadline and a quarterly report: four mails


@pytest.fixture
def due(desk: Desk) -> Desk:
    """An office whose four mails are due, and have no job."""
    desk.open(rows=(TEACHERS, ALWAYS))
    jobs.prepare(desk.passes.engine)
    desk.clock.set(beijing(SLOT))
    desk.passes.plan(desk.clock())
    return desk


def host(desk: Desk, name: str, **changes: Any) -> Sender:
    """Return the sender of a host of its own."""
    mine = desk.passes.sender
    return Sender(
        engine=mine.engine,
        setting=mine.setting,
        composer=mine.composer,
        transport=RecordingTransport(),
        clock=mine.clock,
        owner=name,
        sender=mine.sender,
        holding=Holding(mine.engine),
        lease=among_hosts.LEASE,
        **changes,
    )


def claim(sender: Sender, number: int = 100) -> list[int]:
    with sender.engine.begin() as db:
        found = outbox.claim(db, sender.owner, sender.clock(), number, lease=sender.lease)
    return [message.id for message in found]


def assigned(desk: Desk) -> list[list[int]]:
    with desk.passes.engine.begin() as db:
        query = "SELECT args -> 'messages' FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"
        return list(db.execute(text(query)).scalars())


def test_nobody_takes_a_mail_in_hand_however_long_ago_its_lease_ran_out(due: Desk) -> None:
    first, second = host(due, "a:1:x"), host(due, "b:1:y")
    assert first.holding is not None
    mail, *rest = claim(first)
    with first.holding.together() as db:
        assert first.holding.begin(db, mail, first.owner, due.clock(), first.lease, body=b"x")
    due.clock.advance(timedelta(minutes=20))
    assert claim(second) == rest
    first.holding.let_go()
    [again] = claim(second)
    assert again == mail
    assert due.mails(messages.c.uncertain) == [(message == mail,) for message in (mail, *rest)]


def test_a_lease_that_is_renewed_holds_and_one_that_is_not_lapses(due: Desk) -> None:
    first, second = host(due, "a:1:x"), host(due, "b:1:y")
    mine = claim(first)
    due.clock.advance(timedelta(seconds=6))
    with ledger.beside(first.engine).begin() as db:
        among_hosts.renew(db, first.owner, due.clock() + among_hosts.LEASE)
    due.clock.advance(timedelta(seconds=6))
    assert claim(second) == []
    due.clock.advance(timedelta(seconds=3))
    assert claim(second) == mine
    assert first.holding is not None
    with first.holding.together() as db:
        assert not first.holding.begin(db, mine[0], first.owner, due.clock(), first.lease, body=b"x")
    first.holding.let_go()
    assert due.mails(messages.c.uncertain) == [(False,)] * 4


def test_what_waits_behind_mail_in_hand_is_given_back_but_for_the_next(due: Desk) -> None:
    first, second = host(due, "a:1:x"), host(due, "b:1:y")
    begun, following, *rest = claim(first)
    with ledger.beside(first.engine).begin() as db:
        assert outbox.begin(db, begun, first.owner, due.clock(), first.lease)
        assert among_hosts.claims(db, first.owner) >= {(begun, False, True), (following, False, False)}
    with ledger.beside(first.engine).begin() as db:
        assert among_hosts.give_back(db, first.owner, 1) == rest
        assert among_hosts.give_back(db, first.owner, 1) == []
    assert claim(second) == rest
    assert due.mails(messages.c.uncertain) == [(False,)] * 4
    with ledger.beside(first.engine).begin() as db:
        assert not outbox.begin(db, rest[0], first.owner, due.clock(), first.lease)


def test_the_servers_clock_goes_on_within_a_transaction(due: Desk) -> None:
    with ledger.beside(due.passes.engine).begin() as db:
        earlier, later = among_hosts.server_clock(db), among_hosts.server_clock(db)
    assert timedelta(0) < later - earlier < timedelta(seconds=5)
    assert abs(utc_now() - later) < timedelta(seconds=5)


def test_a_tick_that_a_clock_ahead_has_had_is_to_come_again(due: Desk) -> None:
    had = "INSERT INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp) VALUES ('plan', '', {})"
    now = "extract(epoch FROM now())::bigint"
    with due.passes.engine.begin() as db:
        for seconds in (-60, 0, 60, 3600):
            db.execute(text(had.format(f"{now} + {seconds}")))
    jobs.forget_ticks_ahead(due.passes.engine)
    with due.passes.engine.begin() as db:
        left = f"SELECT count(*), count(*) FILTER (WHERE defer_timestamp <= {now}) FROM procrastinate_periodic_defers"
        assert db.execute(text(left)).one() == (2, 2)


def test_an_answer_is_recorded_though_the_server_ended_the_session_that_held_the_row(due: Desk) -> None:
    sender = host(due, "a:1:x")

    class Cut(RecordingTransport):
        def deliver(self, mails, *, begin, record, stop, together=None):  # type: ignore[no-untyped-def]  # noqa: ARG002
            def cut_record(mail, result):  # type: ignore[no-untyped-def]
                query = (
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND state = 'idle in transaction'"
                )
                with sender.engine.begin() as db:
                    assert len(db.execute(text(query)).all()) == 1
                record(mail, result)

            return super().deliver(mails, begin=begin, record=cut_record, stop=stop)

    sender.transport = Cut()
    sender.insist = UnseenStorage().insist
    sender.send(stop=lambda: bool(sender.transport.sent))  # type: ignore[attr-defined]
    states = [state for (state,) in due.mails(messages.c.state)]
    assert sorted(states) == ["accepted", "queued", "queued", "queued"]


def test_two_hosts_together_keep_the_daily_cap(due: Desk) -> None:
    brake = replace(due.passes.sender.brake, daily_cap=3)
    first, second = host(due, "a:1:x", brake=brake), host(due, "b:1:y", brake=brake)
    assert len(claim(first, 2)) == 2
    second.send()
    assert len(second.transport.sent) == 1  # type: ignore[attr-defined]
    assert second.is_held


def test_two_hosts_together_keep_the_pace(due: Desk) -> None:
    relay = Relay.of(2, {"example.org": 0.5}, lambda contact: contact)
    first, second = host(due, "a:1:x", relay=relay), host(due, "b:1:y", relay=relay)
    assert relay is not None
    claimed, _ = first._claiming().claim_in_turn(relay, None)
    assert len(claimed) == 1, "one every two seconds to that domain"
    claimed, rest = second._claiming().claim_in_turn(relay, None)
    assert claimed == []
    assert 0 < rest <= 0.5, "the rate over all is free first"
    with first.engine.begin() as db:
        waits = among_hosts.waits(db, ["", "example.org"])
    assert 1.5 < waits["example.org"] <= 2


def test_the_jobs_of_a_plan_that_is_undone_are_undone_with_it(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, ALWAYS))
    jobs.prepare(desk.passes.engine)
    now = beijing(SLOT)

    def assign_and_die(db: Any, moment: Any) -> None:
        assert jobs.assign(db, moment, None) == 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        plan(desk.passes.engine, desk.app.setting, "example.org", now, assign_and_die)
    assert assigned(desk) == []
    assert desk.mails(messages.c.id) == []
    plan(desk.passes.engine, desk.app.setting, "example.org", now, lambda db, at: jobs.assign(db, at, None))
    assert assigned(desk) == [[mail for (mail,) in desk.mails(messages.c.id)]]


def test_what_is_due_has_one_job_and_gets_another_once_that_is_lost(due: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr(jobs, "A_JOB", 3)
    engine, now = due.passes.engine, due.clock()
    ids = [mail for (mail,) in due.mails(messages.c.id)]
    for made in (2, 0):
        with engine.begin() as db:
            assert jobs.assign(db, now, None) == made
    assert assigned(due) == [ids[:3], ids[3:]]
    with engine.begin() as db:
        db.execute(text("UPDATE procrastinate_jobs SET status = 'failed' WHERE args -> 'messages' @> '1'"))
        assert jobs.assign(db, now, None) == 1
    assert sorted(assigned(due)) == [ids[:3], ids[3:]]
    with engine.begin() as db:
        db.execute(text("DELETE FROM procrastinate_jobs"))
        assert jobs.assign(db, now, 0) == 0, "what the cap holds back waits without a job"


def test_a_mail_put_off_gets_its_job_once_it_is_due(due: Desk) -> None:
    sender = host(due, "a:1:x")
    later = Result(state="deferred", scope="message", reply="451 later")
    sender.transport = RecordingTransport(lambda _mail: later)
    sender.send()
    assert due.mails(messages.c.state, messages.c.attempts) == [("queued", 1)] * 4
    engine, now = due.passes.engine, due.clock()
    ids = [mail for (mail,) in due.mails(messages.c.id)]
    with engine.begin() as db:
        assert jobs.assign(db, now, None) == 0
        moment = among_hosts.next_attempt(db, now)
        assert moment is not None
        assert set(among_hosts.unfinished(db, ids)) == set(ids)
        assert timedelta(0) < moment - now < timedelta(minutes=2)
        assert jobs.assign(db, moment + timedelta(minutes=1), None) == 1
    assert sorted(assigned(due)[0]) == ids


def test_a_plan_job_for_a_moment_is_deferred_once(due: Desk) -> None:
    for _ in range(2):
        jobs.defer_plan(due.passes.engine, timedelta(seconds=30), beijing("2018-06-29T12:00"))
    with due.passes.engine.begin() as db:
        found = db.execute(text("SELECT task_name, scheduled_at > now() FROM procrastinate_jobs")).all()
    assert [tuple(row) for row in found] == [(jobs.PLAN, True)]


def test_hosts_that_start_at_once_make_procrastinates_tables_once(postgres_server: Postgres) -> None:
    place = Server(postgres_server.ledger())
    faults: list[BaseException] = []

    def start() -> None:
        engine = ledger.create(place, beijing(SLOT))
        try:
            jobs.prepare(engine)
        except BaseException as error:
            faults.append(error)
        engine.dispose()

    starts = [threading.Thread(target=start) for _ in range(4)]
    for one in starts:
        one.start()
    for one in starts:
        one.join(30)
    assert faults == []


def test_procrastinates_tables_are_brought_up_to_date_and_later_ones_refused(
    postgres_server: Postgres,
) -> None:
    url = postgres_server.ledger()
    steps = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    older = [step for step in steps if step.stem < "03.04"]
    assert 0 < len(older) < len(steps)
    with postgres_server.connect(url.partition("@/")[2].partition("?")[0]) as past:
        for step in older:
            past.execute(step.read_bytes())
        past.execute(f"COMMENT ON TABLE procrastinate_jobs IS '{older[-1].stem}'".encode())
    engine = ledger.create(Server(url), beijing(SLOT))
    jobs.prepare(engine)
    with engine.begin() as db:
        assert db.execute(jobs._VERSION).scalar_one() == steps[-1].stem
        assert db.execute(text("SELECT to_regproc('procrastinate_retry_job_v2') IS NOT NULL")).scalar_one()
        db.execute(text("COMMENT ON TABLE procrastinate_jobs IS '99.00.00_01'"))
    with pytest.raises(ConfigError, match="later version"):
        jobs.prepare(engine)
    with engine.begin() as db:
        db.execute(text("COMMENT ON TABLE procrastinate_jobs IS NULL"))
    with pytest.raises(ConfigError, match="not the notifier's"):
        jobs.prepare(engine)
    engine.dispose()

"""What a change of configuration does to what is ahead: the look ahead agrees with the passes, and sees each change."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, update

from notifier.app import App, build
from notifier.config import load
from notifier.database import Server
from notifier.gate import Gate, Held, compare, recall
from notifier.ledger import engine as ledger
from notifier.ledger import extract as extracting
from notifier.ledger import in_force
from notifier.ledger.schema import tasks
from notifier.passes import book
from notifier.passes.foresight import DAYS, Difference, Tally
from notifier.passes.suspending import suspend
from notifier.rehearsal import Nowhere, day_start, rehearse
from notifier.share import share
from notifier.timing.phrase import Reading
from tests.office import ALWAYS, CONFIG, CONTACTS, TEACHERS, Row, beijing, office
from tests.postgres import Postgres

NOW = beijing("2018-04-02T10:00")
SPRING: Row = ("开展检查。", "省教育厅和各省辖市政府", "2018年5月底前完成")
WEEKLY: Row = ("报送进展。", "省财政厅", "每周五报送")


@dataclass
class Office:
    """An office whose daemon runs since a while: what is in force, and what a change comes to."""

    folder: Path
    engine: Engine | None = None
    found: list[Difference] = field(default_factory=list)

    def build(self, **changes: Any) -> App:
        return build(office(self.folder, **changes), lambda: NOW)

    def open(self, **values: Any) -> "Office":
        """Adopt an office as a daemon does that has run for ten days."""
        app = self.build(**values)
        self.engine = app.create_ledger()
        passes = app.passes(self.engine, Nowhere(), clock=lambda: NOW)
        passes.adopt(NOW - timedelta(days=10))
        passes.plan(NOW)
        passes.send()
        Gate(self.engine).adopted(app)
        return self

    @property
    def ledger(self) -> Engine:
        assert self.engine is not None
        return self.engine

    def compare(self, **changes: Any) -> Tally:
        """Count what a change comes to, and keep each difference."""
        app = self.build(**changes)
        with self.ledger.begin() as db:
            stood = in_force.what_is_in_force(db)
        assert stood is not None
        self.found = []
        return compare(self.ledger, recall(stood, app), app, self.found.append)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path).open(rows=(TEACHERS, ALWAYS, SPRING, WEEKLY))
    yield made
    made.ledger.dispose()


STRANGER = ("别处办公室,某,stranger@example.org,primary",)
ROWS = (TEACHERS, ALWAYS, SPRING, WEEKLY)


@pytest.mark.parametrize(
    "values",
    [
        {"rows": ROWS},
        {
            "rows": ROWS,
            "config": CONFIG.replace(
                "[contacts]", '[aliases]\n"省财政厅" = { to = "省教育厅", from = 2018-05-11 }\n\n[contacts]'
            ),
        },
        {"rows": ROWS, "extra": "\n[policy]\nreport_overdue = true\nleads = [10, 3]\nroll = 'next'\n"},
    ],
    ids=["plain", "a unit that ends", "another policy"],
)
def test_what_lies_ahead_is_what_the_passes_send(tmp_path: Path, values: dict[str, Any]) -> None:
    made = Office(tmp_path).open(**values)
    # Against nobody: every reminder is dropped, which lists them all.
    tally = made.compare(**{**values, "contacts": STRANGER})
    ahead = Counter((one.contact, one.ref, one.kind, one.was) for one in made.found)
    assert tally.before == tally.dropped == ahead.total() > 20
    app = made.build(**values)
    end = day_start(app, (NOW + timedelta(days=DAYS)).date())
    sent = rehearse(app, NOW, end, Nowhere(), copy_of=app.existing_place()).sent
    assert ahead == Counter(
        (line.address, line.task, line.kind, line.sent_at.date()) for line in sent if line.sent_at > NOW
    )
    made.ledger.dispose()


def test_what_rests_until_a_day_lies_ahead_from_that_day_on(tmp_path: Path) -> None:
    made = Office(tmp_path).open(rows=ROWS)
    rests = (("2", None, 25), ("3", "洛阳市政府", 28), ("4", None, None), ("1", None, 100))
    for ref, unit, days in rests:
        until = None if days is None else (NOW + timedelta(days=days)).date()
        setting = made.build(rows=ROWS).setting
        suspend(made.ledger, ref, setting, NOW, by="ops", unit=unit, until=until)
    tally = made.compare(rows=ROWS, contacts=STRANGER)
    ahead = Counter((one.contact, one.ref, one.kind, one.was) for one in made.found)
    assert tally.before == tally.dropped == ahead.total() > 10
    assert {ref for _, ref, _, _ in ahead} == {"2", "3"}
    app = made.build(rows=ROWS)
    end = day_start(app, (NOW + timedelta(days=DAYS)).date())
    sent = rehearse(app, NOW, end, Nowhere(), copy_of=app.existing_place()).sent
    assert ahead == Counter(
        (line.address, line.task, line.kind, line.sent_at.date()) for line in sent if line.sent_at > NOW
    )
    made.ledger.dispose()


def test_the_shipped_table_lies_ahead_as_the_passes_send_it(tmp_path: Path) -> None:
    for name in ("config.toml", "seeds", "templates"):
        (tmp_path / name).symlink_to(share(name))
    now = beijing("2017-11-20T12:00")
    app = build(load(tmp_path / "config.toml"), lambda: now)
    engine = app.create_ledger()
    app.passes(engine, Nowhere(), clock=lambda: now).adopt(now)
    gate = Gate(engine)
    gate.adopted(app)
    with engine.begin() as db:
        stood = in_force.what_is_in_force(db)
    assert stood is not None
    nothing = compare(engine, recall(stood, app), app)
    end = day_start(app, (now + timedelta(days=DAYS)).date())
    sent = rehearse(app, now, end, Nowhere(), copy_of=app.existing_place()).sent
    assert nothing == Tally(before=len(sent))
    assert len(sent) > 1000
    engine.dispose()


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({}, set()),
        ({"extra": "\n# a remark\n"}, set()),
        ({"extra": "\n[policy]\nnotice_at = 09:30:00\n"}, set()),
        ({"rows": (TEACHERS, ALWAYS, SPRING)}, {"dropped"}),
        ({"rows": (*ROWS, ("再办一事。", "省财政厅", "2018年5月底前完成"))}, {"added"}),
        ({"contacts": CONTACTS[1:]}, {"dropped"}),
        ({"contacts": (*CONTACTS, "省教育厅,钱五,qian@example.org,primary")}, {"added"}),
        ({"rows": (TEACHERS, ALWAYS, (*SPRING[:2], "2018年5月20日前完成"), WEEKLY)}, {"moved", "added"}),
        ({"extra": "\n[calendar]\noff = [2018-05-30]\n"}, {"moved", "dropped"}),
        ({"contacts": (CONTACTS[0].replace("wang@", "neu@"), *CONTACTS[1:])}, {"added", "dropped"}),
    ],
    ids=["nothing", "a remark", "the hour", "a task less", "a task more", "a contact less", "a contact more",
         "a date", "a day off", "an address"],
)  # fmt: skip
def test_each_change_is_seen_as_what_it_is(opened: Office, changes: dict[str, Any], kinds: set[str]) -> None:
    tally = opened.compare(**{"rows": ROWS, **changes})
    counts = {"added": tally.added, "dropped": tally.dropped, "moved": tally.moved}
    assert {name for name, number in counts.items() if number} == kinds
    assert sum(counts.values()) == len(opened.found)
    assert tally.before > 20


def test_a_comparison_changes_nothing_in_the_ledger(
    opened: Office,
) -> None:
    def rows() -> list[Any]:
        with opened.ledger.begin() as db:
            return [
                db.exec_driver_sql(f"SELECT * FROM {name}").fetchall()
                for name in ("tasks", "reminders", "messages", "events", "plans")
            ]

    before = rows()
    assert opened.compare(rows=(TEACHERS,)).dropped
    assert rows() == before


def test_a_task_that_cannot_be_planned_keeps_no_daemon_from_its_start(opened: Office) -> None:
    whole = opened.compare(rows=ROWS).before
    with opened.ledger.begin() as db:
        db.execute(update(tasks).where(tasks.c.ref == "3").values(units={"text": "lost"}))
    found = opened.compare(rows=(*ROWS[:3], WEEKLY, TEACHERS))
    assert 0 < found.before < whole
    assert found.added
    app, why = Gate(opened.ledger).at_start(opened.build(rows=(TEACHERS,)))
    assert why is not None
    assert app.is_recalled


def test_a_comparison_holds_up_nobody_and_sees_one_state(
    opened: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = opened.compare(rows=ROWS)
    copied: list[str] = []
    copy = extracting._copy

    def copy_beside_a_writer(
        source: Connection, target: Connection, table: Table, *args: Any, **more: Any
    ) -> None:
        copy(source, target, table, *args, **more)
        copied.append(table.name)
        if len(copied) == 1:
            with closing(sqlite3.connect(opened.folder / "var/notifier.db", timeout=0)) as writer, writer:
                writer.execute("DELETE FROM reminders")

    monkeypatch.setattr(extracting, "_copy", copy_beside_a_writer)
    assert opened.compare(rows=ROWS) == before
    assert "reminders" in copied


def test_what_changes_too_much_is_held_until_that_very_configuration_is_confirmed(opened: Office) -> None:
    gate = Gate(opened.ledger)
    fewer = opened.build(rows=(TEACHERS,))
    with pytest.raises(
        Held, match=r"held until `notifier confirm`: of \d+ reminders in 90 days, \d+ are dropped"
    ):
        gate.admit(fewer)
    assert not gate.has_word()
    with opened.ledger.begin() as db:
        assert [one.dropped > 10 for one in in_force.confirm(db, NOW)] == [True]
    assert gate.has_word()
    assert not gate.has_word()  # once
    with pytest.raises(Held):  # another one than was confirmed
        gate.admit(opened.build(rows=(ALWAYS,)))
    with opened.ledger.begin() as db:
        in_force.confirm(db, NOW)
    with pytest.raises(Held):
        gate.admit(opened.build(rows=(TEACHERS,)))
    with opened.ledger.begin() as db:
        in_force.confirm(db, NOW)
    gate.admit(opened.build(rows=(TEACHERS,)))


def test_a_reload_that_fails_leaves_nothing_to_confirm_but_what_was_confirmed(opened: Office) -> None:
    gate = Gate(opened.ledger)
    for rows in ((TEACHERS,), (ALWAYS,)):
        with pytest.raises(Held):
            gate.admit(opened.build(rows=rows))
        gate.forget()
        if rows == (ALWAYS,):
            with opened.ledger.begin() as db:
                assert in_force.confirm(db, NOW)
        gate.failed()
        with opened.ledger.begin() as db:
            assert [one.confirmed for one in in_force.waiting(db)] == ([NOW] if rows == (ALWAYS,) else [])
        assert not gate.has_word()
    gate.admit(opened.build(rows=(ALWAYS,)))


def test_a_word_that_comes_while_the_same_is_compared_anew_counts(
    opened: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, fewer = Gate(opened.ledger), opened.build(rows=(TEACHERS,))
    with pytest.raises(Held):
        gate.admit(fewer)
    hold = gate._hold
    words: list[in_force.Waiting] = []

    def heard(*values: Any) -> None:
        with opened.ledger.begin() as db:
            words.extend(in_force.confirm(db, NOW))
        hold(*values)

    monkeypatch.setattr(gate, "_hold", heard)
    gate.forget()
    with pytest.raises(Held):
        gate.admit(fewer)
    assert words
    assert gate.has_word()
    gate.admit(fewer)


@pytest.mark.parametrize(
    ("limit", "changes", "is_held"),
    [
        ("0.5", {"rows": (TEACHERS, ALWAYS, SPRING)}, True),  # WEEKLY is most of it
        ("0.9", {"rows": (TEACHERS, ALWAYS, SPRING)}, False),
        ('"1000%"', {"contacts": STRANGER}, False),
        ('"off"', {"contacts": STRANGER}, False),
        ("0", {"contacts": CONTACTS[1:]}, True),
        ("0", {"contacts": (*CONTACTS, "省教育厅,钱五,qian@example.org,leader")}, False),  # fewer than ten
    ],
)
def test_the_limit_in_force_counts_and_a_handful_is_no_surprise(
    tmp_path: Path, limit: str, changes: dict[str, Any], is_held: bool
) -> None:
    extra = f"\n[service]\nsurprise_limit = {limit}\n"
    made = Office(tmp_path).open(rows=ROWS, extra=extra)
    # The new one asks for anything.
    app = made.build(**{"rows": ROWS, "extra": '\n[service]\nsurprise_limit = "9999%"\n', **changes})
    gate = Gate(made.ledger)
    if is_held:
        with pytest.raises(Held):
            gate.admit(app)
    else:
        gate.admit(app)
    made.ledger.dispose()


def test_a_first_import_is_no_surprise_and_a_plan_beside_a_small_one_is(tmp_path: Path) -> None:
    made = Office(tmp_path)
    app = made.build(rows=(TEACHERS,))
    made.engine = app.create_ledger()
    gate = Gate(made.ledger)
    gate.admit(app)
    passes = app.passes(made.ledger, Nowhere(), clock=lambda: NOW)
    passes.adopt(NOW)
    gate.adopted(app)
    (tmp_path / "second.txt").write_text((tmp_path / "plan.txt").read_text("utf-8"), "utf-8")
    office(tmp_path, rows=ROWS)
    (tmp_path / "plan.txt").replace(tmp_path / "second.txt")
    second = '\n[plans.second]\npath = "second.txt"\nissued = 2018-01-01\nissuer_level = "省"\n'
    with pytest.raises(Held, match="0 are dropped"):
        gate.admit(made.build(rows=(TEACHERS,), extra=second))
    made.ledger.dispose()


def test_where_nothing_lies_ahead_nothing_is_a_surprise(tmp_path: Path) -> None:
    made = Office(tmp_path).open(rows=ROWS, contacts=STRANGER)
    app = made.build(rows=ROWS)
    assert made.compare(rows=ROWS).before == 0
    Gate(made.ledger).admit(app)
    made.ledger.dispose()


def test_what_reminders_are_not_made_of_is_not_compared(
    opened: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[object] = []

    def noted(*_values: object, **_more: object) -> Tally:
        compared.append(_values)
        return Tally()

    monkeypatch.setattr("notifier.gate.compare", noted)
    gate = Gate(opened.ledger)
    other_phone = CONFIG.replace("0371-1", "0371-2")
    gate.admit(opened.build(rows=ROWS, config=other_phone, extra="\n[delivery]\ndaily_cap = 7\n"))
    assert not compared
    for changes in (
        {"rows": (TEACHERS,)},
        {"rows": ROWS, "contacts": CONTACTS[1:]},
        {"rows": ROWS, "extra": "\n[policy]\nroll = 'next'\n"},
        {"rows": ROWS, "config": CONFIG.replace("洛阳市政府", "开封市政府")},
        {"rows": ROWS, "extra": '\n[service]\ntimezone = "Asia/Tokyo"\n'},
    ):
        gate.admit(opened.build(**changes))
        assert compared.pop()


def test_a_release_that_reads_the_same_documents_otherwise_waits_as_a_change_of_them_does(
    opened: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = book.read_timing

    def otherwise(phrase: str, *args: Any) -> Reading:
        return reading("2018年5月底前完成" if phrase == WEEKLY[2] else phrase, *args)

    monkeypatch.setattr(book, "__version__", "99.0")
    monkeypatch.setattr(book, "read_timing", otherwise)
    gate = Gate(opened.ledger)
    app, why = gate.at_start(opened.build(rows=ROWS))
    assert why is not None
    assert "are dropped" in why
    assert app.is_recalled
    with opened.ledger.begin() as db:
        in_force.confirm(db, NOW)
    assert gate.has_word()
    new = opened.build(rows=ROWS)
    gate.admit(new)
    new.passes(opened.ledger, Nowhere()).adopt(NOW)
    gate.adopted(new)
    monkeypatch.undo()
    with pytest.raises(Held):  # and back to the release of before
        gate.admit(opened.build(rows=ROWS))


def test_a_release_that_reads_the_same_documents_alike_is_not_compared(
    opened: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "__version__", "99.0")
    monkeypatch.setattr("notifier.gate.compare", lambda *_values, **_more: pytest.fail("compared"))
    Gate(opened.ledger).admit(opened.build(rows=ROWS))


def test_at_a_start_the_configuration_of_before_goes_on_with_the_tasks_of_before(opened: Office) -> None:
    app, why = Gate(opened.ledger).at_start(opened.build(rows=(TEACHERS,), contacts=CONTACTS[:1]))
    assert why is not None
    assert why.startswith("held until `notifier confirm`")
    assert app.is_recalled
    assert set(app.setting.contacts) == {row.split(",")[2] for row in CONTACTS}
    assert app.passes(opened.ledger, Nowhere()).adopt(NOW).vanished == 0
    same, why = Gate(opened.ledger).at_start(opened.build(rows=ROWS))
    assert why is None
    assert not same.is_recalled


def test_a_start_that_is_held_goes_on_with_the_templates_that_were_proved_today(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "subject.txt.j2").write_text(f"{name} {{{{ digest.total }}}}", "utf-8")
    service = '\n[service]\ntemplates = "{}"\n'
    made = Office(tmp_path).open(rows=ROWS, extra=service.format("old"))
    (tmp_path / "old" / "subject.txt.j2").write_text("{{ nothing }}", "utf-8")
    app, why = Gate(made.ledger).at_start(made.build(rows=(TEACHERS,), extra=service.format("new")))
    assert why is not None
    assert app.config.service.templates == Path("new")
    app.composer().check()
    made.ledger.dispose()


def test_a_start_that_is_held_goes_on_without_the_old_servers_password(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("secret", "utf-8")
    (tmp_path / "old").chmod(0o600)
    login = 'host = "old.example.org"\nuser = "ducha"\npassword_file = "old"\n'
    live = '\n[delivery]\nmode = "live"\n'
    made = Office(tmp_path).open(rows=(TEACHERS, ALWAYS, SPRING, WEEKLY), config=CONFIG + login, extra=live)
    (tmp_path / "old").unlink()
    app, why = Gate(made.ledger).at_start(made.build(rows=(TEACHERS,), extra='host = "new.example.org"\n'))
    assert why is not None
    assert app.config.delivery.mode == "live"
    assert app.config.mail.host == "new.example.org"
    app.transport()
    made.ledger.dispose()


def test_a_hold_of_all_mail_needs_nobodys_word(opened: Office) -> None:
    app, _ = Gate(opened.ledger).at_start(opened.build(rows=(TEACHERS,), extra="\n[delivery]\nhold = true\n"))
    assert app.is_recalled
    assert app.brake.hold


def test_a_comparison_without_end_holds_the_configuration(
    opened: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.gate._PATIENCE_SECONDS", -1.0)
    with pytest.raises(Held, match="couldn't be compared"):
        Gate(opened.ledger).admit(opened.build(rows=(TEACHERS,)))


def test_what_this_release_cannot_read_any_more_is_let_in(
    opened: Office, caplog: pytest.LogCaptureFixture
) -> None:
    with opened.ledger.begin() as db:
        in_force.adopted(db, "another", b"[service]\nold = 1\n", [], NOW, host="elsewhere")
    Gate(opened.ledger).admit(opened.build(rows=(TEACHERS,)))
    assert "nothing is compared" in caplog.text


def test_on_a_server_one_word_lets_in_what_waits_on_every_host(
    tmp_path: Path, postgres_server: Postgres
) -> None:
    made = Office(tmp_path)
    app = made.build(rows=ROWS)
    made.engine = ledger.create(Server(postgres_server.database()), NOW)
    app.passes(made.ledger, Nowhere(), clock=lambda: NOW).adopt(NOW - timedelta(days=10))
    first, second = Gate(made.ledger), Gate(made.ledger)
    first._host, second._host = "first", "second"
    first.adopted(app)
    assert made.compare(rows=ROWS) == Tally(before=made.compare(rows=ROWS).before)
    fewer = made.build(rows=(TEACHERS,))
    for gate in (first, second):
        with pytest.raises(Held):
            gate.admit(fewer)
        assert not gate.has_word()
    with made.ledger.begin() as db:
        assert [one.host for one in in_force.confirm(db, NOW)] == ["first", "second"]
    assert first.has_word()
    first.admit(fewer)
    first.adopted(fewer)
    assert second.has_word()
    second.admit(fewer)
    second.adopted(fewer)
    with made.ledger.begin() as db:
        assert in_force.waiting(db) == []
    made.ledger.dispose()

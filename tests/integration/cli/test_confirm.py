"""`check --diff` and `confirm`: what a reload would change, and what is held until somebody says so."""

from pathlib import Path

import pytest

from notifier.app import App, build
from notifier.config import load
from notifier.gate import Gate, Held
from notifier.ledger import generation, keeping
from notifier.ledger import in_force as records
from notifier.ledger.generation import Guard
from notifier.ledger.log import register_daemon, update_daemon
from notifier.ledger.schema import events
from tests.integration.cli.conftest import Type
from tests.office import TEACHERS, Row, office

WEEKLY: Row = ("报送进展。", "省财政厅", "每周五报送")
ROWS = (TEACHERS, WEEKLY)


@pytest.fixture
def in_force(empty: Path) -> App:
    """An office that a daemon has adopted."""
    app = build(office(empty, rows=ROWS))
    engine = app.create_ledger()
    app.passes(engine, app.transport()).adopt(app.clock())
    Gate(engine).adopted(app)
    engine.dispose()
    return app


@pytest.fixture
def held(in_force: App, empty: Path) -> App:
    """A change that waits."""
    app = build(office(empty, rows=(TEACHERS,)))
    engine = in_force.create_ledger()
    with pytest.raises(Held):
        Gate(engine).admit(app)
    engine.dispose()
    return app


@pytest.mark.usefixtures("desk")
def test_without_a_ledger_or_a_daemon_nothing_is_in_force(ops: Type) -> None:
    assert ops("check", "--diff", "--json").json["diff"] is None
    assert "Nothing is in force that a reload could be compared with" in ops("check", "--diff").out
    assert "diff" not in ops("check", "--json").json
    done = ops("confirm")
    assert done.code == 1
    assert "there is no ledger yet" in done.err


@pytest.mark.parametrize("stood", [b"[service]\nold = 1\n", b"[service\n"], ids=["unknown key", "no TOML"])
def test_what_this_release_cannot_read_any_more_is_no_fault_of_the_files(
    in_force: App, ops: Type, stood: bytes
) -> None:
    engine = in_force.create_ledger()
    with engine.begin() as db:
        records.adopted(db, "another", stood, [{"of": "another release"}], in_force.clock(), host="elsewhere")
    engine.dispose()
    done = ops("check", "--diff")
    assert (done.code, done.err) == (0, "")
    assert "Nothing is in force that a reload could be compared with" in done.out


@pytest.mark.usefixtures("in_force")
def test_without_a_change_there_is_no_difference(ops: Type) -> None:
    found = ops("check", "--diff", "--json").json["diff"]
    assert (found["added"], found["dropped"], found["moved"], found["held"]) == (0, 0, 0, False)
    assert found["reminders"] > 20
    assert found["contacts"] == []
    assert "0 added, 0 dropped, 0 moved" in ops("check", "--diff").out


@pytest.mark.usefixtures("in_force")
def test_a_change_is_told_contact_by_contact_with_its_days(empty: Path, ops: Type) -> None:
    office(empty, rows=(TEACHERS, ("报送进展。", "省教育厅", "每周五报送")))
    found = ops("check", "--diff", "--json").json["diff"]
    assert found["added"] == found["dropped"] == found["reminders"]
    assert found["held"]
    li, wang = found["contacts"]
    assert (li["contact"], li["added"], li["moved"]) == ("li@example.org", [], [])
    assert set(li["dropped"][0]) == {"plan", "task", "kind", "was"}
    assert (wang["contact"], wang["dropped"]) == ("wang@example.org", [])
    assert wang["added"][0]["task"] == "2"
    shown = ops("check", "--diff").out
    assert f"li@example.org: +0 −{found['dropped']} moved 0" in shown
    assert "− plan/2 " in shown
    assert "a reload is held until `notifier confirm`" in shown


@pytest.mark.usefixtures("held")
def test_what_waits_is_shown_and_confirmed_once(ops: Type, in_force: App) -> None:
    shown = ops("confirm", "--show").out
    assert "a configuration waits since" in shown
    assert "confirmed" not in shown
    [waits] = ops("status", "--json").json["held"]["configuration"]
    assert (waits["added"], waits["moved"]) == (0, 0)
    assert waits["dropped"] == waits["reminders"] > 20
    assert "confirmed: a daemon that runs goes on within a heartbeat" in ops("confirm").out
    assert ops("confirm").out == "nothing is held\n"
    assert ops("confirm", "--json").json == {"held": None, "confirmed": False}
    engine = in_force.create_ledger()
    with engine.begin() as db:
        deeds = [row.action for row in db.execute(events.select()) if row.by != "notifier"]
    assert deeds == ["config_confirmed"]
    # That very one, and no other.
    Gate(engine).admit(build(load(in_force.config.path)))
    engine.dispose()


@pytest.mark.usefixtures("held")
def test_once_confirmed_status_asks_for_no_word_any_more(ops: Type, in_force: App) -> None:
    engine = in_force.create_ledger()
    with engine.begin() as db:
        register_daemon(db, "host", 7, in_force.clock(), config_hash="hash", preflight=0)
        update_daemon(db, "host", 7, reload_fault=f"{records.HELD}: of 30 reminders …")
    engine.dispose()
    assert "`notifier confirm` lets it in, or mend it and reload" in ops("status").out
    ops("confirm")
    shown = ops("status").out
    assert "→ confirmed: a daemon that runs lets it in within a heartbeat, else the next start does" in shown
    assert "lets it in, or mend it" not in shown


@pytest.mark.parametrize(
    "words",
    [("tasks",), ("agenda",), ("preview", "wang@example.org"), ("check",)],
    ids=lambda words: words[0],
)
@pytest.mark.usefixtures("held")
def test_what_is_shown_of_a_configuration_that_waits_is_not_taken_for_what_the_daemon_does(
    ops: Type, empty: Path, words: tuple[str, ...]
) -> None:
    note = "note: this configuration waits for `notifier confirm`, and the daemon goes by the one of before"
    assert note in ops(*words).err
    ops("confirm")
    assert note not in ops(*words).err
    office(empty, rows=ROWS)
    assert note not in ops(*words).err


def test_a_ledger_in_doubt_is_shown_and_confirmed(in_force: App, ops: Type, empty: Path) -> None:
    engine = in_force.create_ledger()
    Guard(engine, in_force.config.database)
    engine.dispose()
    keeping.back_up(in_force.config.database, empty / "backup.db", in_force.clock())
    generation._place(in_force.config.database).unlink()
    assert "is a copy, or was moved" in ops("status").out
    assert "台账可能是副本或旧备份" in ops("preview", "--ops").out
    found = ops("confirm", "--json").json
    assert found["held"]["ledger"]["waiting"] == 0
    assert found["confirmed"]
    assert ops("status", "--json").json["held"] is None

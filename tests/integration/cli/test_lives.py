"""`suspend`, `resume` and `extend` at the prompt, and where the other commands show them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from notifier.app import App
from notifier.clock import utc_now
from tests.clock import SettableClock
from tests.fakes import RecordingTransport
from tests.integration.cli.conftest import Type
from tests.office import ALWAYS, office, passes_of

YEAR = utc_now().year + 1  # commands look ahead from the present day
ROWS = (("培训教师。", "省教育厅、财政厅", f"{YEAR}年6月底前完成"), ALWAYS)


@pytest.fixture
def office_ahead(empty: Path) -> App:
    """An office whose ledger was made today, with a deadline in June of the next year."""
    clock = SettableClock(datetime.now(UTC))
    app, passes = passes_of(office(empty, rows=ROWS), clock, RecordingTransport())
    passes.adopt(clock())
    passes.plan(clock())
    passes.engine.dispose()
    return app


@pytest.mark.usefixtures("office_ahead")
def test_a_task_is_suspended_shown_so_and_goes_on(ops: Type) -> None:
    shown = ops("suspend", "1", "--until", f"{YEAR}-03-01", "--note", "机构调整")
    assert shown.out == f"plan/1: suspended until {YEAR}-03-01\n"
    first, second = ops("tasks", "--json").json
    assert (first["state"], first["light"], first["next"]) == ("suspended", None, None)
    assert f"until {YEAR}-03-01: 机构调整" in first["why"]
    assert second["state"] == "open"
    assert "suspended by" in ops("tasks").out
    [told] = ops("status", "--json").json["suspended_tasks"]
    assert (told["ref"], told["unit"], told["note"]) == ("1", None, "机构调整")
    for words in (("status",), ("agenda",), ("rehearse", "--from", f"{YEAR}-01-01", "--to", f"{YEAR}-01-05")):
        assert f"suspended  task plan/1 until {YEAR}-03-01, by " in ops(*words).out
    shown = ops("resume", "1")
    assert shown.out.startswith("plan/1: goes on from now\n  next notice: ")
    assert ops("status", "--json").json["suspended_tasks"] == []
    assert ops("tasks", "--json").json[0]["state"] == "open"


@pytest.mark.usefixtures("office_ahead")
def test_an_extension_of_a_task_that_rests_says_until_when(ops: Type) -> None:
    ops("suspend", "1", "--until", f"{YEAR}-03-01")
    assert f"it is suspended: nobody is told until {YEAR}-03-01\n" in ops("extend", "1", f"{YEAR}-09-30").out
    ops("resume", "1")
    ops("suspend", "1")
    assert "nobody is told until `notifier resume`\n" in ops("extend", "1", f"{YEAR}-10-31").out


@pytest.mark.usefixtures("office_ahead")
def test_one_unit_is_suspended(ops: Type) -> None:
    assert ops("suspend", "1", "--unit", "省财政厅").out == (
        "plan/1: suspended for 省财政厅 until `notifier resume`\n"
    )
    assert ops("tasks", "--json").json[0]["state"] == "open"
    ahead = ("agenda", "--from", f"{YEAR}-06-01", "--to", f"{YEAR}-07-01", "--json")
    assert {mail["contact"] for mail in ops(*ahead).json if mail["reminders"][0]["task"] == "1"} == {
        "wang@example.org"
    }
    assert ops("resume", "1", "--unit", "省财政厅").out.startswith("plan/1: goes on for 省财政厅 from now\n")


@pytest.mark.usefixtures("office_ahead")
def test_a_task_is_extended_and_shown_with_both_days(ops: Type) -> None:
    shown = ops("extend", "1", f"{YEAR}-09-30", "--note", "汛期")
    assert shown.out.startswith(
        f"plan/1: due {YEAR}-09-30, originally {YEAR}-06-30\n  next notice: {YEAR}-08-"
    )
    again = ops("extend", "1", f"{YEAR}-10-31")
    assert f"originally {YEAR}-06-30, extended to {YEAR}-09-30 before" in again.out
    view = ops("tasks", "--json").json[0]
    assert view["extended"] == [{"original": f"{YEAR}-06-30", "due": f"{YEAR}-10-31"}]
    assert view["rule"] == f"due {YEAR}-10-31"
    assert view["next"]["at"] > f"{YEAR}-09-01"
    assert f"(was {YEAR}-06-30)" in ops("tasks").out
    [told] = ops("status", "--json").json["extended_tasks"]
    assert (told["ref"], told["original"], told["due"]) == ("1", f"{YEAR}-06-30", f"{YEAR}-10-31")
    line = f"extended   task plan/1 due {YEAR}-10-31, originally {YEAR}-06-30, by "
    assert line in ops("status").out
    assert line in ops("agenda").out


@pytest.mark.usefixtures("office_ahead")
def test_a_rehearsal_of_a_first_import_knows_what_rests_and_what_is_extended(ops: Type) -> None:
    year = ("rehearse", "--from", f"{YEAR}-01-01", "--to", f"{YEAR}-12-31", "--out")
    assert ops(*year, "before").code == 0
    ops("suspend", "2", "--until", f"{YEAR}-12-01")
    ops("extend", "1", f"{YEAR}-09-30")
    shown = ops(*year, "after")
    assert f"extended   task plan/1 due {YEAR}-09-30" in shown.out

    def days(folder: str, task: str, kind: str) -> set[str]:
        lines = [
            line.split(",") for line in Path(folder, "reminders.csv").read_text("utf-8").splitlines()[1:]
        ]
        return {line[0][:10] for line in lines if line[3:5] == [task, kind]}

    assert len(days("before", "2", "report")) == 4
    assert len(days("after", "2", "report")) == 1
    assert max(days("before", "1", "due")) <= f"{YEAR}-06-30"
    assert f"{YEAR}-09-20" < min(days("after", "1", "due"))


MISTAKES = {
    "no such task": (("suspend", "11"), "no task 11; near it: 1"),
    "a unit of another task": (("suspend", "1", "--unit", "洛阳市政府"), "is not told of task 1"),
    "a day behind": (("suspend", "1", "--until", "2001-01-01"), "2001-01-01 is no day ahead"),
    "not suspended": (("resume", "1"), "1 isn't suspended"),
    "no day": (("extend", "1", "soon"), "'soon' is no day such as 2018-08-31"),
    "a past day": (("extend", "1", "2017-12-31"), "2017-12-31 is past"),
    "a day too far": (("extend", "1", "2999-12-31"), "2999-12-31 is too far ahead: days end with 2050-12-31"),
    "no rest so long": (("suspend", "1", "--until", "2999-12-31"), "2999-12-31 is too far ahead"),
    "nothing due": (("extend", "2", f"{YEAR}-12-31"), "task 2 has no single due day to move"),
    "another day": (("extend", "1", f"{YEAR}-12-31", "--due", f"{YEAR}-06-01"), f"but on {YEAR}-06-30"),
}


@pytest.mark.usefixtures("office_ahead")
@pytest.mark.parametrize(("words", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_bad_usage(ops: Type, words: tuple[str, ...], told: str) -> None:
    refused = ops(*words)
    assert (refused.code, refused.out) == (2, "")
    assert told in refused.err


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("words", [("suspend", "1"), ("resume", "1"), ("extend", "1", f"{YEAR}-09-30")])
def test_without_a_ledger_there_is_nothing_to_change(ops: Type, words: tuple[str, ...]) -> None:
    refused = ops(*words)
    assert refused.code == 1
    assert "there is no ledger yet" in refused.err

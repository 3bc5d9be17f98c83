"""What `check` asks for time's sake: yearly notices, opening days, at the moment when they are needed."""

from datetime import date
from pathlib import Path

import pytest

from notifier.app import build
from notifier.passes.item import Item
from tests.office import ALWAYS, TEACHERS, beijing, office

TERM = ("开学。", "省教育厅", "2018年春季学期开始实施")
TERMLY = ("检查。", "省教育厅", "每学期开学后6天内报送")


def asked(folder: Path, now: str, *rows: tuple[str, str, str], extra: str = "") -> list[Item]:
    """Return what is asked of a person for time's sake."""
    app = build(office(folder, rows=rows, extra=extra))
    return [item for item in app.preflight(beijing(now)) if item.kind in ("calendar", "term", "clash")]


def known_until(folder: Path) -> date:
    return build(office(folder)).setting.calendar.known_until


def test_next_years_notice_is_asked_for_from_december_on(tmp_path: Path) -> None:
    year = known_until(tmp_path).year
    assert asked(tmp_path, f"{year}-11-30T12:00", ALWAYS) == []
    (item,) = asked(tmp_path, f"{year}-12-01T12:00", ALWAYS, ALWAYS)
    assert f"working days of {year + 1} is not known" in item.message
    assert "2 tasks reach there" in item.message
    assert item.first is not None
    assert item.first > date(year, 12, 24)


def test_a_year_that_no_task_reaches_is_not_asked_for(tmp_path: Path) -> None:
    year = known_until(tmp_path).year
    assert asked(tmp_path, f"{year}-12-01T12:00", TEACHERS) == []


def test_every_missing_year_is_named(tmp_path: Path) -> None:
    year = known_until(tmp_path).year
    found = asked(tmp_path, f"{year + 2}-01-10T12:00", ALWAYS)
    assert [item.message[:66].split(" is not")[0].rpartition(" ")[2] for item in found] == [
        str(year + 2)
    ]  # the year between is over


def test_days_entered_by_hand_answer_for_the_year(tmp_path: Path) -> None:
    year = known_until(tmp_path).year + 1
    extra = f"[calendar]\nwork = [{year}-02-14]\n"
    assert asked(tmp_path, f"{year - 1}-12-01T12:00", ALWAYS, extra=extra) == []


@pytest.mark.parametrize(
    ("now", "row", "extra", "named"),
    [
        ("2017-10-01T00:00", TERM, "", []),  # four months before the first notice
        ("2017-12-20T00:00", TERM, "", ['"2018-spring" = 2018-03-05']),
        ("2017-12-20T00:00", TERM, '[terms]\n"2018-spring" = 2018-02-26\n', []),
        ("2018-04-01T00:00", TERM, "", []),  # it has opened
        ("2018-01-20T00:00", TERMLY, "", ['"2018-spring" = 2018-03-05']),
        ("2018-07-20T00:00", TERMLY, "", ['"2018-autumn" = 2018-09-01']),
    ],
    ids=["far", "near", "entered", "over", "termly-spring", "termly-autumn"],
)
def test_an_opening_day_by_convention_is_put_to_a_person_before_a_notice_hangs_on_it(
    tmp_path: Path, now: str, row: tuple[str, str, str], extra: str, named: list[str]
) -> None:
    found = asked(tmp_path, now, row, extra=extra)
    assert [item.hint.splitlines()[1].split("   ")[0] for item in found] == named
    assert all(item.kind == "term" and item.tasks == ("1",) and item.first for item in found)

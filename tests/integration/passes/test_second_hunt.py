"""What must not be lost or silenced when documents, directories and events change under a running office."""

from datetime import date

import pytest
from sqlalchemy import event, select

from notifier.errors import UsageError
from notifier.ledger.schema import tasks
from notifier.passes import closing
from notifier.passes.happening import happened
from tests.desk import Desk
from tests.office import CONTACTS

SAME = "报送培训总结。"
OF_EDUCATION = (SAME, "省教育厅", "2018年6月底前完成")
OF_FINANCE = (SAME, "省财政厅", "2018年6月底前完成")
OTHER = ("建立职业院校教师定期到企业实践的制度。", "省教育厅", "2018年3月底前完成")


def done(desk: Desk, ref: str, unit: str | None = None) -> None:
    closing.close(desk.passes.engine, ref, desk.app.setting, desk.clock(), by="ops", unit=unit, report=None)


def states(desk: Desk) -> dict[str, tuple[str, str]]:
    """Return unit phrase and state of every task, by its ref."""
    with desk.passes.engine.begin() as db:
        found = db.execute(select(tasks.c.ref, tasks.c.units, tasks.c.state))
        return {row.ref: (row.units["text"], row.state) for row in found}


def test_a_row_with_the_text_of_a_closed_one_that_was_taken_out_stays_open(desk: Desk) -> None:
    desk.open(rows=(OTHER, OF_EDUCATION, OF_FINANCE))
    done(desk, "2")
    desk.open(rows=(OTHER, OF_FINANCE))
    assert states(desk)["2"] == ("省财政厅", "open")
    desk.at("2018-06-29T09:00")
    assert desk.sent_to()["li@example.org"] == 1


def test_rows_of_one_text_that_change_places_keep_what_was_closed(desk: Desk) -> None:
    desk.open(rows=(OF_EDUCATION, OF_FINANCE, OTHER))
    done(desk, "1")
    desk.open(rows=(OTHER, OF_FINANCE, OF_EDUCATION))
    assert states(desk) == {
        "1": ("省教育厅", "open"),
        "2": ("省财政厅", "open"),
        "3": ("省教育厅", "done"),
    }


def test_a_unit_spelled_otherwise_in_the_contacts_stays_closed(desk: Desk) -> None:
    row = ("推进。", "省发展改革委、省教育厅", "2018年6月底前完成")
    line = "{},孙,sun@example.org,primary"
    desk.open(rows=(row,), contacts=(*CONTACTS, line.format("省发展改革委")))
    done(desk, "1", "省发展改革委")
    desk.open(rows=(row,), contacts=(*CONTACTS, line.format("省发改委"))).at("2018-06-29T09:00")
    assert desk.sent_to() == {"wang@example.org": 1}


def test_a_unit_spelled_otherwise_can_be_opened_again_under_its_new_name(desk: Desk) -> None:
    row = ("推进。", "省发展改革委、省教育厅", "2018年6月底前完成")
    line = "{},孙,sun@example.org,primary"
    desk.open(rows=(row,), contacts=(*CONTACTS, line.format("省发展改革委")))
    done(desk, "1", "省发展改革委")
    desk.open(rows=(row,), contacts=(*CONTACTS, line.format("省发改委")))
    with pytest.raises(UsageError, match="closed already"):
        done(desk, "1", "省发改委")
    closing.reopen(desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops", unit="省发改委")
    desk.at("2018-06-29T09:00")
    assert desk.sent_to() == {"wang@example.org": 1, "sun@example.org": 1}


def test_an_event_that_ops_date_while_a_plan_pass_runs_is_not_lost(desk: Desk) -> None:
    row = ("总结。", "省教育厅", "项目验收后30日内完成")
    desk.open(rows=(row,))
    desk.clock.set(desk.clock().replace(year=2018))
    engine, told = desk.passes.engine, []

    def ops(*_: object) -> None:
        if not told:
            told.append(True)
            happened(engine, "项目验收", date(2018, 8, 27), desk.app.setting, desk.clock(), by="ops")

    event.listen(engine.pool, "checkin", ops)
    desk.passes.plan(desk.clock())
    event.remove(engine.pool, "checkin", ops)
    with engine.begin() as db:
        (moment,) = db.execute(select(tasks.c.next_at)).one()
    assert moment is not None


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1817, 8, 31), date(2081, 8, 31), date(9999, 12, 31)])
def test_a_day_of_an_event_that_lies_outside_of_the_calendar_is_refused(desk: Desk, day: date) -> None:
    desk.open(rows=(("总结。", "省教育厅", "项目验收后30日内完成"),))
    with pytest.raises(UsageError, match="from 1990-01-01 to 2050-12-31"):
        happened(desk.passes.engine, "项目验收", day, desk.app.setting, desk.clock(), by="ops")

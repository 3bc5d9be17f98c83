"""An extended task: the new due day has its leads, the original is kept and told, and only the document ends it."""

from datetime import date
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from notifier.errors import UsageError
from notifier.ledger.schema import events, extensions, messages, reminders, tasks
from notifier.passes import closing, extending, suspending
from tests.desk import Desk
from tests.office import ALWAYS, CONTACTS, TEACHERS, beijing

WANG, LI = "wang@example.org", "li@example.org"
SEPTEMBER = date(2018, 9, 30)


def extend(desk: Desk, day: date = SEPTEMBER, **how: object) -> extending.Extended:
    now = desk.clock()
    return extending.extend(desk.passes.engine, "1", day, desk.app.setting, now, by="ops", **how)  # type: ignore[arg-type]


def told(desk: Desk, contact: str = WANG) -> list[tuple[str, str]]:
    return desk.rows(reminders.c.checkpoint, reminders.c.state, contact=contact)


def task(desk: Desk) -> tuple[str, str | None, object]:
    with desk.passes.engine.begin() as db:
        row = db.execute(select(tasks.c.rule, tasks.c.document_rule, tasks.c.moved)).one()
        return row.rule, row.document_rule, row.moved


def parts(desk: Desk) -> tuple[str, str]:
    """Return the text and the HTML of the last mail."""
    mail = message_from_bytes(desk.transport.sent[-1].data, policy=policy.default)
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


@pytest.mark.ledgers("sqlite", "postgresql")
def test_the_new_day_has_its_leads_though_those_of_the_old_one_were_sent(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.at("2018-05-30T09:00").at("2018-06-22T09:00")
    done = extend(desk, note="汛期")
    assert (done.original, done.was, done.withdrawn) == (date(2018, 6, 30), date(2018, 6, 30), 0)
    desk.at("2018-06-28T09:00").at("2018-06-29T09:00").at("2018-07-02T09:00")  # nothing of the old day
    assert len(told(desk)) == 2
    desk.at("2018-08-31T09:00").at("2018-09-21T09:00").at("2018-09-29T09:00").at("2018-09-30T09:00")
    desk.at("2018-10-08T09:00")
    assert told(desk) == [
        ("due-30d@2018-06-30", "sent"),
        ("due-7d@2018-06-30", "sent"),
        ("due-30d@2018-09-30", "sent"),
        ("due-7d@2018-09-30", "sent"),
        ("due-1d@2018-09-30", "sent"),
        ("due@2018-09-30", "sent"),
        ("overdue-1@2018-09-30", "sent"),
    ]
    with desk.passes.engine.begin() as db:
        assert db.execute(select(extensions.c.by, extensions.c.note)).one() == ("ops", "汛期")
        [detail] = db.execute(select(events.c.detail).where(events.c.action == "extended")).scalars()
    assert detail == "plan/1: due 2018-06-30 moved to 2018-09-30, originally 2018-06-30: 汛期"


def test_both_days_stand_in_the_mail(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    extend(desk)
    desk.at("2018-08-31T09:00")
    for part in parts(desk):
        assert "原定期限2018年6月30日（星期六），现已延期至2018年9月30日（星期日）。" in part
        assert "期限调整" in part
        assert "截止日期" in part
        assert "2018年9月30日" in part


@pytest.mark.ledgers("sqlite", "postgresql")
def test_an_extension_of_an_extension_keeps_the_very_first_day(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    extend(desk, date(2018, 8, 31))
    assert extend(desk).original == date(2018, 6, 30)
    assert task(desk) == ("due 2018-09-30", "due 2018-06", {"2018-09-30": "2018-06-30"})
    with desk.passes.engine.begin() as db:
        assert list(db.execute(select(extensions.c.day).where(extensions.c.ended.is_(None))).scalars()) == [
            SEPTEMBER
        ]
    extend(desk, date(2018, 6, 30))  # and back: nothing is special any more
    assert task(desk) == ("due 2018-06", None, None)


@pytest.mark.ledgers("sqlite", "postgresql")
def test_what_waits_of_the_old_day_is_withdrawn_and_other_notices_go(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, ALWAYS))
    desk.at("2018-05-30T09:00")
    desk.clock.set(beijing("2018-06-22T09:00"))
    desk.passes.plan(desk.clock())
    assert extend(desk).withdrawn == 2
    desk.passes.send()
    columns = (tasks.c.ref, reminders.c.checkpoint, reminders.c.state, reminders.c.reason)
    assert sorted(desk.rows(*columns, contact=WANG, nominal=date(2018, 6, 30))[1:]) == [
        ("1", "due-7d@2018-06-30", "withdrawn", "moved from 2018-06-30 to 2018-09-30 by ops"),
        ("2", "report-5wd@2018-06-30", "sent", None),
    ]
    assert desk.sent_to()[LI] == 1  # in May
    assert "dropped" in [state for (state,) in desk.mails(messages.c.state)]


def test_a_lead_that_keeps_its_moment_is_not_doubled_once_sent(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.at("2018-05-30T09:00")
    extend(desk, date(2018, 6, 29))  # the working day that the 30th had rolled to
    desk.at("2018-05-30T10:00").at("2018-05-31T09:00")
    desk.open(rows=(TEACHERS,), extra="[policy]\nreport_overdue = true\n")  # compares what the last weeks owe
    desk.at("2018-05-31T10:00").at("2018-06-01T09:00")
    assert desk.sent_to()[WANG] == 1
    assert ("due-30d@2018-06-29", "expired") in told(desk)
    desk.at("2018-06-22T09:00")
    assert desk.sent_to()[WANG] == 2


def test_a_lead_that_keeps_its_moment_and_waited_goes_with_the_new_day(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.clock.set(beijing("2018-05-30T09:00"))
    desk.passes.plan(desk.clock())
    extend(desk, date(2018, 6, 29))
    desk.passes.send()
    assert not desk.sent_to()
    desk.at("2018-05-31T09:00")
    assert told(desk) == [("due-30d@2018-06-30", "withdrawn"), ("due-30d@2018-06-29", "sent")]
    text, _ = parts(desk)
    assert "原定期限2018年6月30日（星期六），现已调整为2018年6月29日（星期五）。" in text


def test_a_day_so_near_that_no_lead_is_left_is_told_in_the_next_slot_and_not_as_late(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,), extra="[policy]\nleads = [30]\n")
    desk.at("2018-05-30T09:00")
    desk.clock.set(beijing("2018-06-25T10:00"))
    extend(desk, date(2018, 7, 6))
    desk.at("2018-06-25T10:01").at("2018-06-26T09:00")
    assert desk.sent_to()[WANG] == 2
    text, _ = parts(desk)
    assert "现已延期至2018年7月6日（星期五）。" in text
    assert "补发" not in text
    desk.at("2018-07-06T09:00")
    assert told(desk)[1:] == [("due-30d@2018-07-06", "sent"), ("due@2018-07-06", "sent")]


def test_an_overdue_task_that_is_extended_is_overdue_no_more(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.at("2018-07-02T09:00")
    before = desk.sent_to()[WANG]
    extend(desk)
    desk.at("2018-07-03T09:00").at("2018-07-04T09:00").at("2018-08-30T09:00")
    assert desk.sent_to()[WANG] == before


def test_it_survives_another_edition_with_the_same_phrase(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    extend(desk)
    spaced = ("培训教师！", "省教育厅、财政厅", "2018 年 6 月底前完成")
    desk.open(rows=(spaced,))
    assert task(desk) == ("due 2018-09-30", "due 2018-06", {"2018-09-30": "2018-06-30"})
    desk.open(rows=(ALWAYS,))
    desk.open(rows=(TEACHERS,))
    desk.at("2018-08-31T09:00")
    assert told(desk) == [("due-30d@2018-09-30", "sent")]


@pytest.mark.ledgers("sqlite", "postgresql")
def test_a_new_phrase_of_the_document_drops_it_and_says_so(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.open(rows=(TEACHERS,))
    extend(desk)
    desk.open(rows=(("培训教师。", "省教育厅、财政厅", "2018年7月底前完成"),))
    assert task(desk) == ("due 2018-07", None, None)
    assert "its extension of 2018-06-30 to 2018-09-30 is dropped" in caplog.text
    with desk.passes.engine.begin() as db:
        [dropped] = db.execute(
            select(events.c.detail).where(events.c.action == "extension_dropped")
        ).scalars()
        [changed] = db.execute(select(events.c.detail).where(events.c.action == "task_changed")).scalars()
        assert db.execute(select(extensions.c.ended)).scalar_one() is not None
    assert "“2018年7月底前完成” in the document counts" in dropped
    assert changed == "plan/1: extension dropped, rule, timing"
    desk.at("2018-06-29T09:00")
    assert told(desk) == [("due-30d@2018-07-31", "sent")]


def test_ops_reading_of_the_phrase_does_not_move_what_a_command_moved(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    extend(desk)
    desk.open(rows=(TEACHERS,), extra='[plans.plan.tasks."1"]\ntiming = "due 2018-08-31"\n')
    assert task(desk) == ("due 2018-09-30", "due 2018-08-31", {"2018-09-30": "2018-06-30"})


def test_one_of_several_days_is_moved_by_its_name(desk: Desk) -> None:
    desk.open(rows=(("建设。", "省教育厅", "2018年6月底前动工，2018年12月底前建成"),))
    with pytest.raises(UsageError, match="several due days, name one with --due: 2018-06-30, 2018-12-31"):
        extend(desk)
    with pytest.raises(UsageError, match="isn't due on 2018-07-01, but on 2018-06-30, 2018-12-31"):
        extend(desk, due=date(2018, 7, 1))
    extend(desk, due=date(2018, 6, 30))
    assert task(desk)[2] == {"2018-09-30": "2018-06-30"}
    desk.at("2018-08-31T09:00").at("2018-11-30T09:00")
    assert [checkpoint for checkpoint, _ in told(desk)][:1] == ["due-30d@2018-09-30"]
    assert "原定期限" not in parts(desk)[0].partition("建成")[0].rpartition("12月31日")[0]


@pytest.mark.ledgers("sqlite", "postgresql")
def test_a_unit_that_had_closed_its_part_is_not_told_of_the_new_day(desk: Desk) -> None:
    row = ("建成并运行。", "省教育厅、财政厅", "2018年6月底前完成")
    desk.open(rows=(row,), extra='[plans.plan.tasks."1"]\ntiming = "due 2018-06 then ongoing"\n')
    how = {"by": "ops", "unit": "省财政厅", "report": None}
    closing.close(desk.passes.engine, "1", desk.app.setting, desk.clock(), **how)  # type: ignore[arg-type]
    extend(desk)
    desk.at("2018-08-31T09:00")
    assert (desk.sent_to()[WANG], desk.sent_to()[LI]) == (1, 0)


def test_a_suspended_task_can_be_extended_and_goes_on_with_the_new_day(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    engine, setting = desk.passes.engine, desk.app.setting
    suspending.suspend(engine, "1", setting, desk.clock(), by="ops")
    extend(desk)
    desk.at("2018-06-29T09:00")
    suspending.resume(engine, "1", setting, desk.clock(), by="ops")
    desk.at("2018-08-31T09:00")
    assert told(desk) == [("due-30d@2018-09-30", "sent")]


@pytest.mark.parametrize(
    ("row", "day", "told"),
    [
        (TEACHERS, date(2017, 9, 30), "2017-09-30 is past"),
        (TEACHERS, date(2070, 1, 1), "2070-01-01 is too far ahead"),
        (TEACHERS, date(2018, 6, 30), "1 is due on 2018-06-30 already"),
        (ALWAYS, SEPTEMBER, "no single due day to move; its rule is: ongoing"),
        (("等。", "省教育厅", "批复后30日内完成"), SEPTEMBER, "`notifier event` dates 批复"),
        (("等。", "省教育厅", "2018年11月至12月"), SEPTEMBER, "it starts only on 2018-11-01"),
    ],
    ids=["past", "beyond", "same", "ongoing", "waiting", "before its start"],
)  # fmt: skip
def test_a_day_that_cannot_be_is_refused_and_nothing_changes(
    desk: Desk, row: tuple[str, str, str], day: date, told: str
) -> None:
    desk.open(rows=(row,), contacts=CONTACTS)
    before = task(desk)
    with pytest.raises(UsageError, match=told):
        extend(desk, day)
    assert task(desk) == before


def test_a_later_word_in_config_toml_that_an_extension_outdoes_is_named(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, TEACHERS))
    extend(desk)

    def clashes() -> list[tuple[tuple[str, ...], str]]:
        items = desk.app.informed(desk.passes.engine).preflight(desk.clock())
        found = [(item.tasks, item.message) for item in items if item.kind == "clash"]
        standing = desk.app.ops_mail.standing(desk.passes.engine, desk.clock())
        assert sum("延期至" in str(matter) for matter in standing) == len(found)
        return found

    assert clashes() == []
    desk.open(rows=(TEACHERS, TEACHERS), extra='[plans.plan.tasks."1"]\ntiming = "due 2018-08"\n')
    told = "extended from 2018-06-30 to 2018-09-30, which wins, though it is read as due 2018-08 now"
    assert clashes() == [(("1",), told)]
    extend(desk, date(2018, 8, 31))
    assert clashes() == []


def test_an_extension_of_a_part_that_is_done_clashes_with_nothing(desk: Desk) -> None:
    override = '[plans.plan.tasks."1"]\ntiming = "due 2018-06 then due within 30d of event:done"\n'
    desk.open(rows=(TEACHERS,), extra=override)
    extend(desk, due=date(2018, 6, 30))
    closing.close(desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops", unit=None, report=None)
    items = desk.app.informed(desk.passes.engine).preflight(desk.clock())
    assert [item for item in items if item.kind == "clash"] == []

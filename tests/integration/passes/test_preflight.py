"""What needs a person: each with its tasks, the first date that it would hurt, and the line that settles it."""

from datetime import date

from notifier.app import App
from notifier.passes.item import Item
from tests.desk import Desk
from tests.fakes import ACCEPTED
from tests.integration.passes.test_send import NO_SUCH_BOX, SLOT, only
from tests.office import ALWAYS, TEACHERS, beijing


def asked(app: App, now: str) -> dict[str, Item]:
    """Return the items by kind."""
    return {item.kind: item for item in app.preflight(beijing(now))}


def test_an_address_that_was_refused_is_named_until_a_mail_to_it_is_taken(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, ALWAYS))
    desk.transport.answer = only("wang@example.org", NO_SUCH_BOX)
    desk.at(SLOT)
    item = asked(desk.app.informed(desk.passes.engine), "2018-05-31T12:00")["refused"]
    assert item.tasks == ("1", "2")
    assert "wang@example.org (王一): 550 no such mailbox" in item.message
    assert item.first == date(2018, 6, 22)
    desk.transport.answer = lambda _mail: ACCEPTED
    desk.at("2018-06-22T09:00")
    assert "refused" not in asked(desk.app.informed(desk.passes.engine), "2018-06-23T12:00")


def test_a_refused_address_that_nobody_uses_any_more_is_no_matter(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.transport.answer = only("wang@example.org", NO_SUCH_BOX)
    desk.at(SLOT)
    desk.open(
        rows=(TEACHERS,),
        contacts=("省教育厅,王一,wang2@example.org,primary", "省财政厅,李二,li@example.org,"),
    )
    assert "refused" not in asked(desk.app.informed(desk.passes.engine), "2018-05-31T12:00")


def test_a_phrase_in_review_hurts_from_the_first_notice_of_what_it_may_mean(desk: Desk) -> None:
    desk.open(rows=(("整改。", "省教育厅", "择机推进"),))
    item = asked(desk.app, "2017-10-02T12:00")["review"]
    assert item.hint.splitlines()[1].startswith('"择机推进" = "due 2017-12-31"')
    assert item.first == date(2017, 11, 29)


def test_a_task_that_waits_hurts_at_the_earliest_if_its_event_happened_today(desk: Desk) -> None:
    desk.open(rows=(("总结。", "省教育厅", "验收后10日内完成"),))
    item = asked(desk.app, "2017-11-06T12:00")["waiting"]
    assert item.first == date(2017, 11, 9)  # seven days before the 16th
    assert '"验收" = 2017-11-06' in item.hint
    assert "notifier event 验收 2017-11-06" in item.hint


def test_a_unit_without_a_contact_hurts_on_its_tasks_first_notice(desk: Desk) -> None:
    desk.open(rows=(("整改。", "省公安厅", "2018年6月底前完成"), ("巩固。", "省公安厅", "持续实施")))
    item = asked(desk.app, "2017-10-02T12:00")["unknown_unit"]
    assert item.tasks == ("1", "2")
    assert item.first == date(2017, 12, 22)


def test_a_matter_names_its_tasks_in_their_order_whatever_their_phrases(desk: Desk) -> None:
    due, always = "2018年6月底前完成", "持续实施"
    desk.open(rows=tuple((f"任务{i}。", "省公安厅", due if i % 2 else always) for i in range(5)))
    assert asked(desk.app, "2017-10-02T12:00")["unknown_unit"].tasks == ("1", "2", "3", "4", "5")

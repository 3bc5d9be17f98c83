"""`why`: every reason for which a contact did, did not, or does not yet get a reminder, through the real passes."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from notifier.cli import why
from notifier.cli.frame import the_app
from notifier.config import load
from notifier.mail.transport import Result
from notifier.passes import closing, extending, suspending
from tests.desk import Desk
from tests.fakes import ACCEPTED
from tests.integration.cli.conftest import Type
from tests.office import ALWAYS, CONFIG, CONTACTS, TEACHERS, beijing, passes_of

WANG, LI = "wang@example.org", "li@example.org"
GONE = Result(state="refused", scope="recipient", reply="550 no such mailbox")
LATER = Result(state="deferred", scope="recipient", reply="450 greylisted")

Asked = Callable[..., dict[str, Any]]


@pytest.fixture
def work(empty: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """An office at work in the current folder; the command has its clock."""
    made = Desk(empty)
    monkeypatch.setattr(why, "the_app", partial(the_app, clock=made.clock))
    yield made
    for engine in made.engines:
        engine.dispose()


@pytest.fixture
def ask(ops: Type) -> Asked:
    """Ask why, and get the document."""

    def asked(*words: str) -> dict[str, Any]:
        found = ops("why", *words, "--json").json
        assert isinstance(found, dict)
        return found

    return asked


def told(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(answer["checkpoint"], answer["outcome"]) for answer in found["checkpoints"]]


def about(found: dict[str, Any], checkpoint: str) -> dict[str, Any]:
    [answer] = [each for each in found["checkpoints"] if each["checkpoint"] == checkpoint]
    return dict(answer)


def test_what_was_sent_names_its_mail_and_the_servers_reply_and_what_comes_next(
    work: Desk, ask: Asked, ops: Type
) -> None:
    work.open(rows=(TEACHERS,)).at("2018-05-30T09:00")
    found = ask("1", WANG)
    assert told(found) == [("due-7d@2018-06-30", "not_yet"), ("due-30d@2018-06-30", "sent")]
    sent, coming = about(found, "due-30d@2018-06-30"), found["checkpoints"][0]
    assert sent["mail"]["reply"] == ACCEPTED.reply
    [mail] = [mail for mail in work.transport.sent if mail.address == WANG]
    assert sent["mail"]["message_id"] == mail.message_id
    assert (
        f"in mail {sent['mail']['id']} {sent['mail']['message_id']} to {WANG}, 2018-05-30 09:00"
        in sent["why"]
    )
    assert ACCEPTED.reply in sent["why"]
    assert coming["why"] == f"comes 2018-06-22 09:00 to {WANG}"
    assert (found["named"], found["units"], found["not_named"]) == (True, ["省教育厅"], [])
    shown = ops("why", "plan/1", "王一").out
    assert f"2018-05-30  due-30d@2018-06-30       sent: in mail {sent['mail']['id']} <" in shown
    assert "for 王一 <wang@example.org>: 省教育厅" in shown


def test_what_was_folded_names_the_notice_that_told_it(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,)).at("2018-06-22T09:00")  # down since May
    answer = about(ask("1", WANG), "due-30d@2018-06-30")
    assert answer["outcome"] == "folded"
    assert answer["why"] == "folded into due-7d@2018-06-30, which was sent 2018-06-22 09:00"


def test_what_was_withdrawn_since_the_task_was_closed_names_who_and_when(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,)).at("2018-05-30T09:00")
    work.clock.set(beijing("2018-06-22T09:00"))
    work.passes.plan(work.clock())
    how = {"by": "zhou", "unit": None, "report": None}
    closing.close(work.passes.engine, "1", work.app.setting, work.clock(), **how)  # type: ignore[arg-type]
    found = ask("1", WANG)
    assert told(found)[:2] == [("due-1d@2018-06-30", "closed"), ("due-7d@2018-06-30", "closed")]
    assert about(found, "due-7d@2018-06-30")["why"] == "closed: task by zhou on 2018-06-22"
    assert found["checkpoints"][0]["why"] == "task closed by zhou on 2018-06-22 09:00"
    assert found["facts"] == ["task closed by zhou on 2018-06-22 09:00"]


def test_what_fell_due_while_a_task_was_closed_says_so_after_it_is_open_again(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,)).at("2018-05-30T09:00")
    engine, setting = work.passes.engine, work.app.setting
    how = {"by": "zhou", "unit": None, "report": None}
    closing.close(engine, "1", setting, work.clock(), **how)  # type: ignore[arg-type]
    work.clock.set(beijing("2018-06-25T10:00"))
    closing.reopen(engine, "1", setting, work.clock(), by="zhou", unit=None)
    answer = about(ask("1", WANG), "due-7d@2018-06-30")
    assert (answer["outcome"], answer["why"]) == ("closed", "the task was closed then")


def test_a_report_received_from_one_unit_is_closed_for_it_alone(work: Desk, ask: Asked) -> None:
    work.open(rows=(ALWAYS,))
    how = {"by": "zhou", "unit": "洛阳市政府", "report": "2017-Q4"}
    closing.close(work.passes.engine, "1", work.app.setting, work.clock(), **how)
    work.at("2017-12-22T09:00").at("2017-12-29T09:00")
    answer = about(ask("1", "zhao@example.org"), "report@2017-12-31")
    assert answer["outcome"] == "closed"
    assert answer["why"] == "report@2017-12-31 closed for 洛阳市政府 by zhou on 2017-10-01 00:00"
    assert about(ask("1", "zhang@example.org"), "report@2017-12-31")["outcome"] == "sent"


def test_a_document_that_dropped_the_task_withdrew_what_waited(work: Desk, ask: Asked) -> None:
    work.open(rows=(ALWAYS, TEACHERS)).at("2018-05-30T09:00")
    work.clock.set(beijing("2018-06-22T09:00"))
    work.passes.plan(work.clock())
    work.open(rows=(ALWAYS,))
    found = ask("2", LI)
    assert found["state"] == "vanished"
    assert found["facts"][0] == "it is no longer in the document"
    assert about(found, "due-7d@2018-06-30")["outcome"] == "withdrawn"


def test_a_day_off_is_explained_with_the_day_to_which_it_rolled(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,)).at("2018-06-29T09:00")
    [due] = [answer for answer in ask("1", WANG, "2018-06-29")["checkpoints"] if answer["kind"] == "due"]
    assert (due["nominal_day"], due["day"]) == ("2018-06-30", "2018-06-29")
    assert due["day_off"] == "2018-06-30 is a Saturday: the date rolls to 2018-06-29"


def test_a_lead_on_a_public_holiday_says_which_day_it_goes_instead(work: Desk, ask: Asked) -> None:
    work.open(rows=(("甲。", "省教育厅", "2018年5月8日前完成"),))
    [lead] = ask("1", WANG, "2018-05-01")["checkpoints"]  # Labour Day, a Tuesday
    assert lead["checkpoint"] == "due-7d@2018-05-08"
    assert lead["at"].startswith("2018-04-28")
    assert lead["day_off"] == "2018-05-01 is a public holiday: told on 2018-04-28 instead"


def test_a_day_off_of_config_is_named_as_that(work: Desk, ask: Asked) -> None:
    work.open(rows=(("甲。", "省教育厅", "2018年5月8日前完成"),), extra="[calendar]\noff = [2018-05-08]\n")
    due = about(ask("1", WANG, "2018-05-08"), "due@2018-05-08")
    assert due["day_off"] == "2018-05-08 is a day off by [calendar] off: the date rolls to 2018-05-07"


def test_a_unit_without_a_contact_was_not_to_be_reached(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,), contacts=CONTACTS[:1]).at("2018-05-30T09:00")
    found = ask("1", "省财政厅")
    assert found["contact"] == "unit:省财政厅"
    assert told(found) == [("due-7d@2018-06-30", "unreachable"), ("due-30d@2018-06-30", "unreachable")]
    assert "省财政厅 had no contact to tell" in about(found, "due-30d@2018-06-30")["why"]
    assert "add a line to the contacts file" in found["checkpoints"][0]["why"]


def test_a_contact_who_came_later_sees_that_the_unit_had_none(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,), contacts=CONTACTS[:1]).at("2018-05-30T09:00")
    work.clock.set(beijing("2018-07-20T10:00"))
    work.open(rows=(TEACHERS,))
    assert about(ask("1", LI), "due-30d@2018-06-30")["outcome"] == "unreachable"


def test_a_suspended_task_names_who_until_when_and_what_comes_after(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,)).at("2018-05-30T09:00")
    how = {"by": "zhou", "until": date(2018, 6, 28), "note": "机构调整"}
    suspending.suspend(work.passes.engine, "1", work.app.setting, work.clock(), **how)  # type: ignore[arg-type]
    work.at("2018-06-25T09:00")
    found = ask("1", WANG)
    assert told(found) == [
        ("due-1d@2018-06-30", "not_yet"),
        ("due-7d@2018-06-30", "suspended"),
        ("due-30d@2018-06-30", "sent"),
    ]
    by = "suspended by zhou on 2018-05-30 09:00 until 2018-06-28 00:00: 机构调整"
    assert about(found, "due-7d@2018-06-30")["why"] == by
    assert found["facts"] == [by]
    work.at("2018-06-28T09:00")
    answer = about(ask("1", WANG), "due-7d@2018-06-30")
    assert answer["outcome"] == "suspended"
    assert answer["why"].startswith("the task was suspended then: suspended by zhou")


def test_what_a_suspension_of_a_unit_withdrew_says_so(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,))
    work.clock.set(beijing("2018-05-30T09:00"))
    work.passes.plan(work.clock())
    how = {"by": "zhou", "unit": "省财政厅"}
    suspending.suspend(work.passes.engine, "1", work.app.setting, work.clock(), **how)  # type: ignore[arg-type]
    work.passes.send()
    found = ask("1", LI)
    assert told(found) == [("due-7d@2018-06-30", "suspended"), ("due-30d@2018-06-30", "suspended")]
    assert about(found, "due-30d@2018-06-30")["why"] == "suspended by zhou on 2018-05-30"
    assert about(ask("1", WANG), "due-30d@2018-06-30")["outcome"] == "sent"


def test_an_extended_task_tells_of_the_old_day_and_the_new_one(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,)).at("2018-05-30T09:00")
    work.clock.set(beijing("2018-06-22T09:00"))
    work.passes.plan(work.clock())
    engine, setting = work.passes.engine, work.app.setting
    extending.extend(engine, "1", date(2018, 9, 30), setting, work.clock(), by="zhou", note="汛期")
    found = ask("1", WANG)
    assert told(found) == [
        ("due-30d@2018-09-30", "not_yet"),
        ("due-7d@2018-06-30", "extended"),
        ("due-30d@2018-06-30", "sent"),
    ]
    assert about(found, "due-7d@2018-06-30")["why"] == "moved from 2018-06-30 to 2018-09-30 by zhou"
    assert found["facts"] == [
        "due 2018-06-30 moved to 2018-09-30 by zhou on 2018-06-22 09:00, originally 2018-06-30: 汛期"
    ]


def test_an_address_that_rests_is_not_tried(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,))
    work.transport.answer = lambda mail: GONE if mail.address == WANG else ACCEPTED
    for day in ("2018-07-02", "2018-07-03", "2018-07-04"):
        work.at(f"{day}T09:00")
    found = ask("1", WANG)
    first, last = (about(found, f"overdue-{number}@2018-06-30") for number in (1, 3))
    assert first["outcome"] == "refused"
    assert GONE.reply in first["why"]
    assert "notifier retry" in first["why"]
    assert last["outcome"] == "resting"
    assert "2 mails refused in a row since 2018-07-02" in last["why"]


def test_a_phrase_in_review_needs_a_person(work: Desk, ask: Asked, ops: Type) -> None:
    work.open(rows=(("看不懂的。", "省教育厅", "择机推进"),))
    found = ask("1", WANG)
    assert (found["timing_state"], found["checkpoints"]) == ("review", [])
    assert found["facts"][0].startswith(
        "in review: “择机推进” needs a person, nothing is planned until then: "
    )
    shown = ops("why", "1", WANG).out
    assert "in review" in shown
    assert "no checkpoint" in shown


def test_a_task_that_waits_for_an_event_names_it(work: Desk, ask: Asked) -> None:
    work.open(rows=(("等人的。", "省教育厅", "批复后30日内完成"),))
    assert ask("1", WANG)["facts"] == ["waiting: no date yet for event:批复; `notifier event` dates it"]


def test_mail_held_by_the_office_says_so(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,), extra="[delivery]\nhold = true\n").at("2018-05-30T09:00")
    answer = about(ask("1", WANG), "due-30d@2018-06-30")
    assert answer["outcome"] == "held"
    assert "delivery.hold: nothing is sent, 2 mails wait" in answer["why"]


def test_mail_above_the_daily_cap_says_so(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,), extra="[delivery]\ndaily_cap = 1\n").at("2018-05-30T09:00")
    outcomes = {about(ask("1", who), "due-30d@2018-06-30")["outcome"] for who in (WANG, LI)}
    assert outcomes == {"sent", "held"}
    late = next(
        why
        for who in (WANG, LI)
        if (why := about(ask("1", who), "due-30d@2018-06-30")["why"]) and "daily_cap" in why
    )
    assert "delivery.daily_cap: 1 went on 2018-05-30" in late
    assert late.endswith(", until 2018-05-31 00:00")


def test_a_mail_that_waits_for_its_next_try_has_the_servers_words(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,))
    work.transport.answer = lambda _mail: LATER
    work.at("2018-05-30T09:00")
    answer = about(ask("1", WANG), "due-30d@2018-06-30")
    assert answer["outcome"] == "waiting"
    assert "tried 1 times, last answer: 450 greylisted; next try 2018-05-30 09:0" in answer["why"]


def test_what_is_planned_late_waits_for_the_next_slot(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,))
    work.clock.set(beijing("2018-05-30T20:00"))
    assert about(ask("1", WANG), "due-30d@2018-06-30")["outcome"] == "unplanned"
    work.passes.plan(work.clock())
    answer = about(ask("1", WANG), "due-30d@2018-06-30")
    assert (answer["outcome"], answer["why"]) == (
        "waiting",
        "waits for the slot of 2018-05-31 09:00; the next plan pass puts it into a mail",
    )


def test_what_is_older_than_the_cap_expired(work: Desk, ask: Asked) -> None:
    work.open(rows=(ALWAYS,)).at("2018-02-05T09:00")
    answer = about(ask("1", WANG), "report@2017-12-31")
    assert (answer["outcome"], answer["why"]) == ("expired", "older than the catch-up cap of 30 days")


def test_what_lay_before_the_import_was_never_owed(work: Desk, ask: Asked) -> None:
    work.clock.set(beijing("2018-06-25T00:00"))
    work.open(rows=(TEACHERS,))
    answer = about(ask("1", WANG), "due-30d@2018-06-30")
    assert (answer["outcome"], answer["why"]) == (
        "before_import",
        "lay before the import of 2018-06-25 00:00",
    )


def test_a_leader_hears_of_what_is_overdue_alone(work: Desk, ask: Asked) -> None:
    leader = "省教育厅,周厅,zhou@example.org,leader"
    work.open(rows=(TEACHERS,), contacts=(*CONTACTS, leader)).at("2018-05-30T09:00")
    found = ask("1", "zhou@example.org")
    assert about(found, "due-30d@2018-06-30")["outcome"] == "leader"
    assert about(found, "due-30d@2018-06-30")["why"] == "a leader is told of what is overdue alone"
    assert told(found)[0] == ("overdue-1@2018-06-30", "not_yet")


ELSE = ("别的。", "省财政厅", "持续实施")
NAMED = '[plans.plan.tasks."1".named]\n"有关省辖市政府" = ["郑州市政府"]\n'
UNNAMED: dict[str, tuple[tuple[str, str, str], str, str, str, str]] = {
    "another unit": (
        ("甲。", "省教育厅", "2018年6月底前完成"), LI, "", "",
        "the task names 省教育厅",
    ),
    "whose the contact is": (ALWAYS, LI, "", "", "the contact is of 省财政厅"),
    "a group": (
        ("甲。", "各省辖市政府", "持续实施"), LI, "", "",
        "the task names 各省辖市政府 (郑州市政府、洛阳市政府)",
    ),
    "a person named others of the group": (
        ("甲。", "有关省辖市政府", "持续实施"), "zhao@example.org", NAMED, "",
        '洛阳市政府 is of 各省辖市政府, but [plans.plan.tasks."1".named] says that 有关省辖市政府 means 郑州市政府',
    ),
    "an open group, and nobody named": (
        ("甲。", "有关省辖市政府", "持续实施"), "zhao@example.org", '[policy]\nopen_groups = "none"\n', "",
        "有关省辖市政府 names a part of 各省辖市政府, of which 洛阳市政府 is, and [policy] open_groups is none",
    ),
    "an alias": (
        ("甲。", "省扶贫办", "持续实施"), LI, '[aliases]\n"省扶贫办" = "省教育厅"\n', "",
        "省扶贫办 of the document is 省教育厅 by [aliases]",
    ),
    "a name that is near": (
        ("甲。", "省公安局", "持续实施"), "gong@example.org", "", "省公安厅,孙七,gong@example.org,primary",
        "near 省公安厅 is 省公安局, which the task names: if they are one, [aliases] says so",
    ),
    "an open list": (
        ("甲。", "省教育厅等", "持续实施"), LI, "", "",
        'its list of units ends with 等: [plans.plan.tasks."1".named] says who else is meant',
    ),
    "another task of the section": (
        ("甲。", "省教育厅", "持续实施"), LI, "", "",
        "of the section 一、总体, these name the contact: 2",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("row", "contact", "extra", "more", "reason"), UNNAMED.values(), ids=UNNAMED.keys())
def test_who_is_not_named_hears_the_nearest_reason(
    work: Desk,
    ask: Asked,
    row: tuple[str, str, str],
    contact: str,
    extra: str,
    more: str,
    reason: str,
) -> None:
    config = CONFIG.replace("[contacts]", f"{extra}\n[contacts]")
    work.open(rows=(row, ELSE), contacts=(*CONTACTS, *filter(None, [more])), config=config)
    work.at("2017-12-29T09:00")
    found = ask("1", contact)
    assert found["named"] is False
    assert [each for each in found["not_named"] if each.startswith(reason)], found["not_named"]
    assert {answer["outcome"] for answer in found["checkpoints"]} == {"not_named"}


def test_a_task_of_the_same_number_in_another_section_is_named(work: Desk, ask: Asked, ops: Type) -> None:
    work.open(rows=(TEACHERS,))
    text = "\t一、总体\n\n\t1\n\t甲。\n\t省教育厅\n\t持续实施\n\n\t二、其他\n\n\t1\n\t乙。\n\t省财政厅\n\t持续实施\n"
    plan = work.folder / "plan.txt"
    head = plan.read_text("utf-8").partition("\t一、总体")[0]
    plan.write_text(head + text, "utf-8")
    _, passes = passes_of(load(work.folder / "config.toml"), work.clock, work.transport)
    work.engines.append(passes.engine)
    passes.adopt(work.clock())
    twin = "of the same number, in another section, these name the contact: 2:1 (in 二、其他)"
    assert twin in ask("1:1", LI)["not_named"]
    assert "  not told of it:\n    the task names 省教育厅\n" in ops("why", "1:1", LI).out


@pytest.mark.parametrize(
    ("day", "checkpoints"),
    [
        ("2018-06-30", {"due@2018-06-30", "due-1d@2018-06-30", "due-7d@2018-06-30", "due-30d@2018-06-30"}),
        ("2018-06-22", {"due-7d@2018-06-30"}),
        ("2018-07-02", {"overdue-1@2018-06-30"}),
        ("2018-01-03", set()),
    ],
    ids=["nominal", "sent", "still to come", "nothing"],
)
def test_a_date_picks_its_checkpoints(work: Desk, ask: Asked, day: str, checkpoints: set[str]) -> None:
    work.open(rows=(TEACHERS,)).at("2018-05-30T09:00").at("2018-06-22T09:00")
    found = {answer["checkpoint"] for answer in ask("1", WANG, day)["checkpoints"]}
    assert {key for key in found if not (day == "2018-06-30" and key.startswith("overdue"))} == checkpoints


def test_a_former_contact_is_known_by_what_was_sent(work: Desk, ask: Asked) -> None:
    work.open(rows=(TEACHERS,)).at("2018-05-30T09:00")
    work.open(rows=(TEACHERS,), contacts=(CONTACTS[0], "省财政厅,新人,new@example.org,primary"))
    found = ask("1", LI)
    assert about(found, "due-30d@2018-06-30")["outcome"] == "sent"
    assert (found["named"], found["units"]) == (False, [])


MISTAKES = {
    "no such task": (("why", "11", WANG), "no task 11; near it: 1"),
    "no such plan": (("why", "plna/1", WANG), "no plan plna; there is plan"),
    "no such contact": (("why", "1", "wagn@example.org"), f"no contact of any unit; near it: {WANG}"),
    "half a unit": (("why", "1", "洛阳市"), "near it: 洛阳市政府"),
    "no date": (("why", "1", WANG, "May"), "'May' is no day such as 2018-08-31"),
}


@pytest.mark.parametrize(("words", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_bad_usage_with_what_is_near(
    work: Desk, ops: Type, words: tuple[str, ...], told: str
) -> None:
    work.open(rows=(TEACHERS, ALWAYS))
    refused = ops(*words)
    assert (refused.code, refused.out) == (2, "")
    assert told in refused.err


def test_a_task_in_a_row_that_cannot_be_used_is_found_among_the_faults(work: Desk, ops: Type) -> None:
    work.open(rows=(TEACHERS, ("", "省教育厅", "持续实施")))
    refused = ops("why", "2", WANG)
    assert refused.code == 2
    assert "rows that a person has to mend:\nnotifier: plan.txt" in refused.err


@pytest.mark.usefixtures("desk")
def test_without_a_ledger_there_is_nothing_to_explain(ops: Type) -> None:
    refused = ops("why", "1", WANG)
    assert refused.code == 1
    assert "there is no ledger yet" in refused.err


def test_a_mail_that_the_templates_could_not_make_says_so_and_why(work: Desk, ask: Asked) -> None:
    own = work.folder / "own"
    own.mkdir()
    slip = "{% if '教师' in digest.sections[0].groups[0].lines[0].text %}{{ digest.titel }}{% endif %}督办"
    (own / "subject.txt.j2").write_text(slip, "utf-8")
    work.open(rows=(TEACHERS,), extra='[service]\ntemplates = "own"\n').at("2018-05-30T09:00")
    sent = about(ask("1", WANG), "due-30d@2018-06-30")
    assert sent["outcome"] == "sent"
    assert "with the built-in text, as the templates failed: " in sent["why"]
    assert "subject.txt.j2:1: 'digest.titel' is undefined" in sent["mail"]["built_in"]

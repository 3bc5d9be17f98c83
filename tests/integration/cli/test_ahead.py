"""`agenda`, `preview` and `rehearse` at the prompt. What a rehearsal holds is in test_rehearsal.py."""

from datetime import date
from pathlib import Path

import pytest

from notifier.app import App
from notifier.clock import utc_now
from tests.clock import SettableClock
from tests.fakes import RecordingTransport
from tests.integration.cli.conftest import Type
from tests.office import ALWAYS, CONFIG, CONTACTS, TEACHERS, Row, beijing, office, passes_of

NEXT_YEAR = utc_now().year + 1  # commands look ahead from the present day
QUARTER = ("--from", "2017-12-20", "--to", "2017-12-31")


@pytest.mark.usefixtures("desk")
def test_an_agenda_of_the_past_counts_as_a_first_import_on_its_day(ops: Type) -> None:
    mails = ops("agenda", *QUARTER, "--json").json
    assert [(mail["slot"], mail["contact"]) for mail in mails] == [
        (f"2017-12-{day}T09:00:00+08:00", f"{name}@example.org")
        for day in (22, 29)
        for name in ("wang", "zhang", "zhao")
    ]
    assert mails[1] == {
        "slot": "2017-12-22T09:00:00+08:00",
        "contact": "zhang@example.org",
        "units": ["郑州市政府"],
        "reminders": [{"plan": "plan", "task": "2", "kind": "lead", "nominal_day": "2017-12-31"}],
    }


@pytest.mark.usefixtures("desk")
def test_an_agenda_for_people_ends_with_its_sums(ops: Type) -> None:
    shown = ops("agenda", *QUARTER).out
    assert "2017-12-29 Fri 09:00  郑州市政府 <zhang@example.org>" in shown
    assert shown.endswith("6 digests, 6 reminders\n")


@pytest.mark.usefixtures("desk")
def test_an_agenda_from_a_day_ahead_covers_a_month_from_there(ops: Type) -> None:
    mails = ops("agenda", "--from", f"{NEXT_YEAR}-12-10", "--json").json
    days = {date.fromisoformat(mail["slot"][:10]) for mail in mails}
    assert len(days) == 2  # the quarter's report and its lead
    assert date(NEXT_YEAR, 12, 10) < min(days) < max(days) <= date(NEXT_YEAR, 12, 31)


def test_an_agenda_leaves_no_trace(desk: Path, ops: Type) -> None:
    before = sorted(desk.iterdir())
    assert ops("agenda").code == 0
    assert sorted(desk.iterdir()) == before


@pytest.mark.usefixtures("ledger")
def test_an_agenda_ahead_goes_on_from_the_ledger(ops: Type) -> None:
    ahead = ("agenda", "--from", f"{NEXT_YEAR}-12-10", "--to", f"{NEXT_YEAR}-12-31", "--json")
    assert len(ops(*ahead).json) == 6
    assert ops("done", "2").code == 0
    assert ops(*ahead).json == []


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("named", ["zhang@example.org", "ZHANG@Example.org", "张三", "郑州市政府"])
def test_a_preview_shows_the_digest_of_a_contact_by_address_name_or_unit(ops: Type, named: str) -> None:
    shown = ops("preview", named, "--at", "2017-12-25")
    assert shown.code == 0
    assert "To: 张三 <zhang@example.org>" in shown.out
    assert "Date: Fri, 29 Dec 2017 09:00:00 +0800" in shown.out
    assert "推进普及。" in shown.out


@pytest.mark.usefixtures("desk")
def test_a_preview_takes_the_first_slot_at_or_after_its_time(ops: Type) -> None:
    at = [
        ops("preview", "张三", "--at", f"2017-12-22T{time}", "--json").json["date"]
        for time in ("09:00", "09:01")
    ]
    assert at == ["Fri, 22 Dec 2017 09:00:00 +0800", "Fri, 29 Dec 2017 09:00:00 +0800"]


@pytest.mark.usefixtures("desk")
def test_a_preview_is_one_json_document(ops: Type) -> None:
    found = ops("preview", "li@example.org", "--at", "2018-06-29", "--json").json
    assert found.keys() == {"contact", "from", "to", "subject", "date", "text", "html"}
    assert found["contact"] == "li@example.org"
    assert found["html"].lower().startswith("<!doctype html>")
    assert "培训教师。" in found["text"]


def test_a_preview_says_when_there_is_nothing_to_come(empty: Path, ops: Type) -> None:
    office(empty, rows=(TEACHERS,))
    assert "No digest for li@example.org lies within 400 days" in ops("preview", "李二").out
    assert ops("preview", "李二", "--json").json is None


def test_a_unit_of_two_contacts_is_not_guessed(empty: Path, ops: Type) -> None:
    office(empty, contacts=(*CONTACTS, "省教育厅,孙处长,sun@example.org,leader"))
    refused = ops("preview", "省教育厅")
    assert refused.code == 2
    assert "wang@example.org" in refused.err
    assert "sun@example.org" in refused.err


def test_a_preview_of_what_comes_goes_on_from_the_ledger(ledger: App, ops: Type) -> None:
    before = ledger.config.database.read_bytes()
    shown = ops("preview", "张三", "--at", f"{NEXT_YEAR}-12-26", "--json").json
    assert f"Dec {NEXT_YEAR} 09:00:00 +0800" in shown["date"]
    assert ledger.config.database.read_bytes() == before


def test_what_is_closed_is_not_previewed(desk: Path, ops: Type) -> None:
    clock = SettableClock(beijing("2017-10-01T00:00"))
    _, passes = passes_of(office(desk, rows=(ALWAYS,)), clock, RecordingTransport())
    passes.adopt(clock())
    passes.engine.dispose()
    assert ops("done", "1", "--unit", "郑州市政府").code == 0
    assert ops("preview", "张三", "--json").json is None
    assert ops("preview", "赵四", "--json").json is not None


@pytest.mark.usefixtures("desk")
def test_a_rehearsal_answers_as_the_contract_says(ops: Type) -> None:
    found = ops("rehearse", "--from", "2017-10-01", "--to", "2018-12-31", "--json").json
    assert found.keys() == {"tasks", "contacts", "digests", "reminders", "unreachable", "review", "seconds"}
    assert found.pop("seconds") >= 0
    # Task 2: five quarters with a lead each for three contacts; task 1: three leads, the due day, and overdue
    # notices 1 to 5, then weekly until 90 days are over, for two.
    overdue = 5 + 11
    assert found == {
        "tasks": 2,
        "contacts": 4,
        "digests": 3 * 10
        + 2 * (3 + 1 + overdue)
        - 2,  # 省教育厅 has both tasks in one mail on 06-22 and 06-29
        "reminders": 3 * 10 + 2 * (3 + 1 + overdue),
        "unreachable": [],
        "review": [],
    }


def test_a_rehearsal_names_who_cannot_be_told_and_what_is_not_understood(empty: Path, ops: Type) -> None:
    office(empty, rows=(ALWAYS, ("看不懂的。", "省教育厅", "择机推进")), contacts=CONTACTS[:3])
    words = ("rehearse", "--from", "2017-10-01", "--to", "2018-01-31")
    found = ops(*words, "--json").json
    assert (found["unreachable"], found["review"]) == (["洛阳市政府"], ["plan/2"])
    shown = ops(*words).out
    assert "nobody to tell at: 洛阳市政府" in shown
    assert "to be read by a person: plan/2" in shown


def test_a_rehearsal_without_a_folder_leaves_no_trace(desk: Path, ops: Type) -> None:
    before = sorted(desk.iterdir())
    assert ops("rehearse", "--from", "2017-12-01", "--to", "2017-12-31").code == 0
    assert sorted(desk.iterdir()) == before


def test_a_rehearsal_says_where_its_files_are(desk: Path, ops: Type) -> None:
    shown = ops("rehearse", "--from", "2017-12-01", "--to", "2017-12-31", "--out", "out")
    for name in ("index.html", "reminders.csv", "mail"):
        assert str(Path("out") / name) in shown.out
        assert (desk / "out" / name).exists()


@pytest.mark.parametrize("place", ["var", "mine"], ids=["the office's own mail", "a folder of somebody's"])
def test_a_rehearsal_deletes_nobody_elses_mail(desk: Path, ops: Type, place: str) -> None:
    letter = desk / place / "mail" / "new" / "a letter"
    letter.parent.mkdir(parents=True)
    letter.write_text("dear office")
    refused = ops("rehearse", "--from", "2017-12-01", "--to", "2017-12-31", "--out", place)
    assert refused.code == 2
    assert "holds what no rehearsal wrote" in refused.err
    assert letter.read_text() == "dear office"
    assert not (desk / place / "index.html").exists()


def test_a_rehearsal_overwrites_no_other_page(desk: Path, ops: Type) -> None:
    (desk / "site").mkdir()
    (desk / "site" / "index.html").write_text("my page")
    assert ops("rehearse", "--from", "2017-12-01", "--to", "2017-12-31", "--out", "site").code == 2
    assert (desk / "site" / "index.html").read_text() == "my page"


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("words", "contacts"),
    [
        (("--contact", "张三"), ("zhang",)),
        (("--unit", "各省辖市政府"), ("zhang", "zhao")),
        (("--unit", "洛阳市政府", "--unit", "省教育厅"), ("zhao", "wang")),
        (("--task", "1"), ("wang", "li")),
        (("--task", "plan/2", "--unit", "省教育厅"), ("wang",)),
    ],
    ids=" ".join,
)
def test_an_agenda_shows_what_was_asked_for(
    ops: Type, words: tuple[str, ...], contacts: tuple[str, ...]
) -> None:
    june = ("agenda", "--from", "2018-06-01", "--to", "2018-06-30", "--json")
    everything = ops(*june).json
    shown = ops(*june, *words).json
    assert {mail["contact"] for mail in shown} == {f"{name}@example.org" for name in contacts}
    # Each is the digest as it goes, but for the reminders that weren't asked for.
    whole = {(mail["slot"], mail["contact"]): mail["reminders"] for mail in everything}
    for mail in shown:
        kept = whole[mail["slot"], mail["contact"]]
        assert all(reminder in kept for reminder in mail["reminders"])
        if "--task" not in words:
            assert mail["reminders"] == kept


def test_an_agenda_of_a_task_leaves_the_others_of_a_digest_out(desk: Path, ops: Type) -> None:
    shown = ops("agenda", "--from", "2018-06-22", "--to", "2018-06-22", "--task", "1", "--json").json
    assert [line["task"] for mail in shown for line in mail["reminders"]] == ["1", "1"]
    assert desk.is_dir()


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--contact", "张三四"), "张三四 is no contact of any unit; near it: 张三"),
        (("--unit", "省教育局"), "省教育局 is no unit or group of the directory; near it: 省教育厅"),
        (("--task", "77"), "there is no task 77"),
        (("--plan", "plans"), "there is no plan plans; there is plan"),
    ],
    ids=" ".join,
)
def test_an_agenda_of_what_there_is_not_is_refused(ops: Type, words: tuple[str, ...], told: str) -> None:
    refused = ops("agenda", *words)
    assert refused.code == 2
    assert told in refused.err


def test_a_task_of_two_plans_is_not_guessed(empty: Path, ops: Type) -> None:
    second = '[plans.other]\npath = "plan.txt"\nissued = 2017-10-01\nissuer_level = "省"\n'
    office(empty, config=CONFIG + second)
    refused = ops("agenda", "--task", "1")
    assert "task 1 is more than one: other/1, plan/1" in refused.err
    shown = ops("agenda", "--from", "2018-06-22", "--to", "2018-06-22", "--task", "other/1", "--json").json
    assert {line["plan"] for mail in shown for line in mail["reminders"]} == {"other"}


def test_an_agenda_for_people_numbers_many_tasks_that_say_the_same(empty: Path, ops: Type) -> None:
    office(empty, rows=[(f"任务{number}。", "省教育厅", "持续实施") for number in range(5)])
    shown = ops("agenda", *QUARTER).out
    assert "report   for 2017-12-31  5 tasks: 1, 2, 3, 4, 5\n" in shown
    assert "任务" not in shown


def test_an_agenda_for_people_names_who_cannot_be_told(empty: Path, ops: Type) -> None:
    office(empty, rows=(ALWAYS, ("培训教师。", "省公安厅", "持续实施")), contacts=CONTACTS[:3])
    assert "nobody to tell at: 洛阳市政府、省公安厅" in ops("agenda", *QUARTER).out
    assert "nobody to tell at: 省公安厅 " in ops("agenda", *QUARTER, "--task", "2").out
    assert "nobody" not in ops("agenda", *QUARTER, "--contact", "张三").out


@pytest.mark.parametrize(
    ("rows", "contact", "why"),
    [
        ((ALWAYS,), "省财政厅,李二,li@example.org,primary", "  no task names 省财政厅\n"),
        ((TEACHERS,), "省财政厅,李二,li@example.org,primary", "  task 1: no checkpoint lies ahead\n"),
        (
            (("办结后总结。", "省财政厅", "会议召开后10日内完成"),),
            "省财政厅,李二,li@example.org,primary",
            "  task 1: ",
        ),
        (
            (("随时推进。", "省财政厅", "持续实施"),),
            "省财政厅,李二,li@example.org,leader",
            "  task 1: a leader hears of what is overdue alone\n",
        ),
    ],
    ids=["named by none", "all past", "waiting", "leader"],
)
def test_a_contact_that_gets_nothing_is_told_why(
    empty: Path, ops: Type, rows: tuple[Row, ...], contact: str, why: str
) -> None:
    office(empty, rows=rows, contacts=(CONTACTS[0], contact))
    shown = ops("preview", "李二").out
    assert shown.startswith("No digest for li@example.org")
    assert why in shown


def test_an_empty_agenda_of_a_contact_says_why(empty: Path, ops: Type) -> None:
    office(empty, rows=(TEACHERS,))
    shown = ops("agenda", "--contact", "李二").out
    assert shown.startswith("No such digest lies between ")
    assert shown.endswith("  task 1: no checkpoint lies ahead\n0 digests, 0 reminders\n")


@pytest.mark.usefixtures("ledger")
def test_a_contact_whose_unit_has_closed_its_task_is_told_so(ops: Type) -> None:
    assert ops("done", "2", "--unit", "郑州市政府").code == 0
    assert "task 2: closed for 郑州市政府\n" in ops("preview", "张三").out
    assert ops("done", "2").code == 0
    assert "task 2: done\n" in ops("preview", "赵四").out


@pytest.mark.usefixtures("ledger")
def test_what_a_unit_has_closed_is_so_under_the_number_that_the_document_has_now(
    desk: Path, ops: Type
) -> None:
    assert ops("done", "2", "--unit", "郑州市政府").code == 0
    office(desk, rows=(TEACHERS, ("表彰先进。", "省教育厅", "2018年6月底前完成"), ALWAYS))
    assert "task 3: closed for 郑州市政府\n" in ops("preview", "张三").out


@pytest.mark.usefixtures("desk")
def test_a_preview_prints_its_page(ops: Type) -> None:
    page = ops("preview", "张三", "--at", "2017-12-25", "--html").out
    assert page.lower().startswith("<!doctype html>")
    assert "Content-Security-Policy" in page
    assert "推进普及。" in page
    assert ops("preview", "张三", "--html", "--json").code == 2


@pytest.mark.usefixtures("desk")
def test_a_preview_opens_its_page_and_says_where_it_is(ops: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    answer = 0

    def launch(url: str) -> int:
        opened.append(url)
        return answer

    monkeypatch.setattr("click.launch", launch)
    words = ("preview", "张三", "--at", "2017-12-25", "--open")
    shown = ops(*words)
    assert f"the page is {opened[0]}" in shown.err
    assert "推进普及。" in Path(opened[0]).read_text("utf-8")
    answer = 1
    refused = ops(*words)
    assert refused.code == 1
    assert f"no browser could be started; the page is {opened[1]}" in refused.err
    for page in opened:
        Path(page).unlink()

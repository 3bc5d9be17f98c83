"""`check`, `tasks` and `status`: faults all at once, what needs a person, and how the daemon fares."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from notifier.app import App
from notifier.clock import utc_now
from notifier.ledger import queueing, storage
from notifier.ledger.log import register_daemon, update_daemon
from notifier.ledger.refusals import note_refusal
from notifier.share import share
from tests.integration.cli.conftest import Type
from tests.office import ALWAYS, CONFIG, CONTACTS, TEACHERS, beijing, office

TASK = {
    "plan",
    "ref",
    "section",
    "text",
    "timing",
    "rule",
    "state",
    "timing_state",
    "why",
    "light",
    "next",
    "units",
}
STATUS = {
    "ok",
    "next_wake",
    "queued",
    "claimed",
    "failed",
    "uncertain",
    "suspended",
    "suspended_tasks",
    "extended_tasks",
    "oldest_queued_seconds",
    "last_plan",
    "last_send",
    "config_loaded",
    "reload_fault",
    "disk",
    "held",
    "daemons",
    "config_faults",
}


@pytest.mark.usefixtures("desk")
def test_check_of_a_whole_office_finds_nothing_and_shows_what_comes(ops: Type) -> None:
    found = ops("check", "--json").json
    assert found["plans"] == {"plan": 2}
    assert found["preflight"] == []
    assert len(found["next_digests"]) == 5  # three contacts of the ongoing task, in this slot and the next
    assert {digest["contact"] for digest in found["next_digests"]} == {
        "wang@example.org",
        "zhang@example.org",
        "zhao@example.org",
    }
    assert ops("check", "--strict").code == 0


def test_check_lists_what_needs_a_person_with_the_line_to_write(empty: Path, ops: Type) -> None:
    rows = (
        TEACHERS,
        ("看不懂的。", "省教育厅", "择机推进"),
        ("等人的。", "省教育厅", "批复后30日内完成"),
        ("谁都不知道的。", "省公安厅、相关省辖市政府等", "持续实施"),
    )
    office(empty, rows=rows, contacts=(*CONTACTS, "省卫健委,钱五,no address,primary"))
    shown = ops("check")
    assert shown.code == 0
    for part in (
        "[contact] contacts.csv:6",
        "[review] plan task 2",
        '"择机推进" = "due 2017-12-31"',
        "[waiting] plan task 3",
        '"批复" = 20',
        "or: notifier event 批复 20",
        "[unknown_unit] plan task 4",
        "[open_group] plan task 4",
        "[open_end] plan task 4",
        'config.toml, under [plans.plan.tasks."4".named]',
    ):
        assert part in shown.out, part
    assert ops("check", "--strict").code == 1
    kinds = {item["kind"] for item in ops("check", "--json").json["preflight"]}
    assert kinds == {"contact", "review", "waiting", "unknown_unit", "open_group", "open_end"}


def test_a_hint_can_be_pasted_as_it_stands(empty: Path, ops: Type) -> None:
    rows = (("甲。", "省教育厅", '择机"推进"'), ("乙。", "省教育厅", ""))
    office(empty, rows=rows)
    hints = [item["hint"] for item in ops("check", "--json").json["preflight"]]
    assert len(hints) == 2
    office(empty, rows=rows, extra="\n".join(["", *hints, ""]))
    assert ops("check", "--json").json["preflight"] == []


def test_an_override_of_a_task_that_is_not_there_needs_a_person(empty: Path, ops: Type) -> None:
    office(empty, extra='[plans.plan.tasks."99"]\ntiming = "ongoing"\n')
    assert '[plans.plan.tasks."99"]: the document has no such task' in ops("check").out


def test_check_tells_all_faults_of_config_file_by_file_at_once(empty: Path, ops: Type) -> None:
    config = CONFIG.replace("[contacts]", "[contact]").replace('name = "省政府督查室"\n', "")
    (empty / "config.toml").write_text(config, "utf-8")
    refused = ops("check")
    assert (refused.code, refused.out) == (78, "")
    assert refused.err.splitlines() == [
        "notifier: config.toml: office.name: this key is required",
        "notifier: config.toml: contact: unknown key",
    ]


def test_check_tells_a_broken_template_a_missing_document_and_a_bad_directory_together(
    empty: Path, ops: Type
) -> None:
    templates = empty / "templates"
    templates.mkdir()
    for source in share("templates").glob("*.j2"):
        (templates / source.name).write_bytes(source.read_bytes())
    (templates / "subject.txt.j2").write_text("{{ digest.nothing }}\n{% if %}\n", "utf-8")
    office(empty, config=CONFIG + '[service]\ntemplates = "templates"\n')
    (empty / "plan.txt").unlink()
    (empty / "contacts.csv").write_text("单位,谁\n", "utf-8")
    refused = ops("check")
    assert (refused.code, refused.out) == (78, "")
    faults = [line.removeprefix("notifier: ") for line in refused.err.splitlines()]
    assert [fault.partition(": ")[0] for fault in faults] == [
        "contacts.files",
        "plans.plan.path",
        f"{templates / 'subject.txt.j2'}:2",
    ]


def test_check_connect_tells_all_else_before_it_fails(empty: Path, ops: Type) -> None:
    office(empty, extra='host = "127.0.0.1"\nport = 1\n')
    refused = ops("check", "--connect")
    assert refused.code == 1
    assert "no faults" in refused.out
    assert "mail server 127.0.0.1:1" in refused.err


def test_check_leaves_no_ledger_behind(desk: Path, ops: Type) -> None:
    assert ops("check").code == 0
    assert not (desk / "var").exists()


@pytest.mark.usefixtures("ledger")
def test_check_goes_on_from_the_ledger(ops: Type) -> None:
    assert len(ops("check", "--json").json["next_digests"]) >= 3


@pytest.mark.usefixtures("desk")
def test_tasks_answers_as_the_contract_says(ops: Type) -> None:
    due, always = ops("tasks", "--json").json
    assert set(due) == set(always) == TASK
    assert due == {
        "plan": "plan",
        "ref": "1",
        "section": "一、总体",
        "text": "培训教师。",
        "timing": "2018年6月底前完成",
        "rule": "due 2018-06",
        "state": "open",
        "timing_state": "ok",
        "why": "no checkpoint lies ahead",
        "light": "red",
        "next": None,
        "units": ["省教育厅", "省财政厅"],
    }
    assert (always["why"], always["rule"]) == (None, "ongoing")
    assert always["light"] in ("green", "yellow")
    assert always["next"].keys() == {"kind", "at"}
    assert always["next"]["kind"] in ("lead", "report")
    assert always["next"]["at"].endswith("T09:00:00+08:00")
    assert always["units"] == ["省教育厅", "各省辖市政府"]


def test_a_task_that_waits_or_is_not_understood_has_a_reason_and_no_light(empty: Path, ops: Type) -> None:
    office(empty, rows=(("甲。", "省教育厅", "择机推进"), ("乙。", "省教育厅", "批复后30日内完成")))
    review, waiting = ops("tasks", "--json").json
    for task, state in ((review, "review"), (waiting, "waiting")):
        assert (task["timing_state"], task["light"], task["next"]) == (state, None, None)
        assert task["why"]
    assert review["rule"] == 'review "择机推进"'


def test_a_persons_word_wins_over_the_document(empty: Path, ops: Type) -> None:
    office(empty, extra='[plans.plan.tasks."1"]\ntiming = "report monthly 5"\nunits = "省财政厅"\n')
    task = ops("tasks", "--json").json[0]
    assert (task["rule"], task["units"], task["timing_state"]) == ("report monthly 5", ["省财政厅"], "ok")


@pytest.mark.usefixtures("ledger")
def test_a_closed_task_shows_as_done_and_green(ops: Type) -> None:
    assert ops("done", "1").code == 0
    task = ops("tasks", "--json").json[0]
    assert (task["state"], task["light"], task["next"]) == ("done", "green", None)


def test_tasks_of_several_plans_are_named_with_their_plan(empty: Path, ops: Type) -> None:
    second = '[plans.other]\npath = "plan.txt"\nissued = 2018-01-01\nissuer_level = "省"\n'
    office(empty, config=CONFIG + second)
    assert [task["plan"] for task in ops("tasks", "--json").json] == ["plan", "plan", "other", "other"]
    assert "other/2" in ops("tasks").out


@pytest.mark.usefixtures("desk")
def test_tasks_prints_a_table_with_phrase_rule_and_light(ops: Type) -> None:
    shown = ops("tasks")
    assert shown.code == 0
    for part in ("2018年6月底前完成", "due 2018-06", "● red", "2 tasks"):
        assert part in shown.out


def test_brackets_in_a_document_are_printed_as_they_are(empty: Path, ops: Type) -> None:
    office(empty, rows=(("修订[/red]办法。", "省教育厅", "择机[bold]推进"),))
    shown = ops("tasks")
    assert shown.code == 0
    assert "[/red]" in shown.out
    assert "择机[bold]推进" in shown.out


def test_status_without_a_ledger_is_not_well_and_makes_none(desk: Path, ops: Type) -> None:
    found = ops("status", "--json").json
    assert set(found) == STATUS
    assert found == dict.fromkeys(STATUS) | {
        "ok": False,
        "queued": 0,
        "claimed": 0,
        "failed": 0,
        "uncertain": 0,
        "suspended": [],
        "suspended_tasks": [],
        "extended_tasks": [],
        "daemons": [],
        "config_faults": [],
    }
    assert not (desk / "var").exists()
    assert "no daemon has ever run" in ops("status").out


def test_status_tells_of_a_living_daemon_and_its_reload_fault(ledger: App, ops: Type) -> None:
    now = utc_now()
    engine = ledger.existing_ledger()
    assert engine is not None
    with engine.begin() as db:
        register_daemon(db, "host", 7, now, config_hash="hash", preflight=0)
    found = ops("status", "--json").json
    assert (found["ok"], found["reload_fault"]) == (True, None)
    assert found["next_wake"] == "2017-12-22T09:00:00+08:00"
    assert found["config_loaded"] is not None
    assert [(daemon["host"], daemon["pid"], daemon["alive"]) for daemon in found["daemons"]] == [
        ("host", 7, True)
    ]
    with engine.begin() as db:
        update_daemon(db, "host", 7, reload_fault="plan.txt: does not exist")
    engine.dispose()
    # The very file at fault must not keep ops from reading about it.
    (ledger.config.path.parent / "plan.txt").unlink()
    found = ops("status", "--json").json
    assert (found["ok"], found["reload_fault"]) == (False, "plan.txt: does not exist")
    assert "plan.txt: does not exist" in ops("status").out


@pytest.mark.parametrize(
    ("old", "new", "faults"),
    [
        ("[mail]", "[mail]\nprot = 25", ["mail.prot: unknown key"]),
        (
            "[office]",
            '[service]\nheartbeat = "often"\n[office]',
            ["service.heartbeat: Input should be a valid integer"],
        ),
    ],
    ids=["another table", "its own table"],
)
def test_status_tells_how_the_daemon_fares_though_config_toml_is_at_fault(
    ledger: App, ops: Type, old: str, new: str, faults: list[str]
) -> None:
    engine = ledger.existing_ledger()
    assert engine is not None
    with engine.begin() as db:
        register_daemon(db, "host", 7, utc_now(), config_hash="hash", preflight=0)
        update_daemon(db, "host", 7, reload_fault="one\nother")
    engine.dispose()
    place = ledger.config.path
    place.write_text(place.read_text("utf-8").replace(old, new, 1), "utf-8")
    found = ops("status", "--json").json
    assert [daemon["alive"] for daemon in found["daemons"]] == [True]
    assert found["config_faults"] == [f"config.toml: {fault}" for fault in faults]
    shown = ops("status")
    assert shown.code == 0
    assert faults[0] in shown.out
    assert "  reload_fault   one\n                 other\n" in shown.out


@pytest.mark.parametrize(
    "text",
    ["[service\n", "service = 3\n", '[service]\ndatabase = "postgres://"\n', b"\xff"],
    ids=["no TOML", "no table", "no database", "no text"],
)
def test_status_goes_to_no_ledger_that_config_toml_does_not_name(
    ledger: App, ops: Type, text: str | bytes
) -> None:
    ledger.config.path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert ops("status").code == 78


def test_status_calls_no_daemon_alive_that_another_has_followed(ledger: App, ops: Type) -> None:
    now = utc_now()
    engine = ledger.existing_ledger()
    assert engine is not None
    with engine.begin() as db:
        for pid in range(1, 6):
            register_daemon(db, "host", pid, now + timedelta(seconds=pid), config_hash="hash", preflight=0)
    engine.dispose()
    found = ops("status", "--json").json
    assert [(daemon["pid"], daemon["alive"]) for daemon in found["daemons"]] == [
        (5, True), (4, False), (3, False), (2, False), (1, False),
    ]  # fmt: skip
    shown = ops("status").out
    assert "host pid 5: alive" in shown
    assert "host pid 4: died" in shown
    assert "host pid 2" not in shown
    assert "and 2 earlier" in shown
    assert "journalctl" not in shown  # another runs: nothing to do


def test_status_says_until_when_due_mail_is_kept_back_as_the_daemon_does(ledger: App, ops: Type) -> None:
    now, until = utc_now(), beijing("2099-12-01T09:05")
    engine = ledger.existing_ledger()
    assert engine is not None
    with engine.begin() as db:
        queueing.add_message(
            db, contact="a@example.org", address="a@example.org", name="", slot=now - timedelta(minutes=1),
            message_id="<a@example.org>", now=now - timedelta(minutes=1),
        )  # fmt: skip
        register_daemon(db, "host", 7, now, config_hash="hash", preflight=0)
        update_daemon(db, "host", 7, last_send=now, next_wake=until)
    engine.dispose()
    assert ops("status", "--json").json["next_wake"] == "2099-12-01T09:05:00+08:00"


def test_status_names_suspended_addresses(ledger: App, ops: Type) -> None:
    engine = ledger.existing_ledger()
    assert engine is not None
    with engine.begin() as db:
        for day in (4, 5):
            note_refusal(db, "wang@example.org", "550 no such mailbox", beijing(f"2018-06-0{day}T09:00"))
        note_refusal(db, "li@example.org", "550 no", beijing("2018-06-05T09:00"))
    engine.dispose()
    assert ops("status", "--json").json["suspended"] == [
        {
            "address": "wang@example.org",
            "mails": 2,
            "since": "2018-06-04T09:00:00+08:00",
            "until": "2018-06-08T09:00:00+08:00",
            "reply": "550 no such mailbox",
        }
    ]
    assert "suspended  wang@example.org, next try after 2018-06-08T09:00:00+08:00: 550" in ops("status").out


def test_a_daemon_that_missed_its_heartbeats_is_not_alive(ledger: App, ops: Type) -> None:
    engine = ledger.existing_ledger()
    assert engine is not None
    with engine.begin() as db:
        register_daemon(db, "host", 7, utc_now() - timedelta(minutes=10), config_hash="hash", preflight=0)
    engine.dispose()
    found = ops("status", "--json").json
    assert (found["ok"], found["daemons"][0]["alive"]) == (False, False)
    assert "silent" in ops("status").out


@pytest.mark.parametrize("command", [("status",), ("tasks",), ("check",), ("done", "1")], ids=" ".join)
def test_a_database_that_is_no_ledger_is_a_fault_of_its_key(
    desk: Path, ops: Type, command: tuple[str]
) -> None:
    (desk / "var").mkdir()
    (desk / "var" / "notifier.db").write_text("no database at all, but long enough to be mistaken for one")
    refused = ops(*command)
    assert refused.code == 78
    assert "service.database" in refused.err
    assert "Traceback" not in refused.err


def test_a_ledger_that_breaks_while_it_is_read_is_told_plainly(ledger: App, ops: Type) -> None:
    engine = ledger.existing_ledger()
    assert engine is not None
    with engine.begin() as db:
        db.execute(text("DROP TABLE daemons"))
    engine.dispose()
    refused = ops("status")
    assert refused.code == 1
    assert "no such table: daemons" in refused.err
    assert "Traceback" not in refused.err


def test_check_shows_what_changed_in_a_document_before_a_reload_adopts_it(ledger: App, ops: Type) -> None:
    folder = ledger.config.path.parent
    assert ops("check", "--json").json["changes"] == {}
    new = ("新增任务，建立教师企业实践制度。", "省教育厅", "2018年3月底前完成")
    reworded = (*ALWAYS[:2], "长期坚持")
    extra = '[plans.plan.tasks."1"]\ntiming = "due 2018-06"\n'
    office(folder, rows=(new, TEACHERS, reworded), extra=extra)
    found = ops("check", "--json").json["changes"]["plan"]
    assert [one["ref"] for one in found["new"]] == ["1"]
    assert [(one["was"], one["ref"], one["override_left_behind"]) for one in found["changed"]] == [
        ("1", "2", True),
        ("2", "3", False),
    ]
    shown = ops("check").out
    assert "~ 2 (was 1)" in shown
    assert '[plans.plan.tasks."1"] in config.toml means another task now: write 2' in shown
    office(folder, rows=(TEACHERS,))
    assert [one["ref"] for one in ops("check", "--json").json["changes"]["plan"]["vanished"]] == ["2"]
    assert "  - 2" in ops("check").out


def test_a_closed_task_is_shown_closed_under_its_new_number(ledger: App, ops: Type) -> None:
    assert ops("done", "1").code == 0
    office(ledger.config.path.parent, rows=(ALWAYS, TEACHERS))
    states = {task["text"]: task["state"] for task in ops("tasks", "--json").json}
    assert states == {TEACHERS[0]: "done", ALWAYS[0]: "open"}


def test_a_group_column_that_leads_back_to_its_unit_is_told_plainly(empty: Path, ops: Type) -> None:
    office(empty)
    (empty / "contacts.csv").write_text(
        "unit,name,email,group\n省教育厅,王,wang@example.org,省教育厅\n", "utf-8"
    )
    shown = ops("check")
    assert shown.code == 78
    assert "groups contain themselves: 省教育厅" in shown.err


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (
            "mail goes with the built-in text instead of the templates: own/digest.txt.j2:1: ZeroDivisionError",
            "mend the template, `notifier check`, then systemctl reload notifier",
        ),
        ("delivery.hold: nothing is sent, 3 mails wait", "hold = false"),
        ("delivery.daily_cap: 5000 went on 2018-06-29, 3 mails wait for the next day", "raise daily_cap"),
        ("the mail server can't be used, tried again at 06-29 09:05: AUTH: 535 no", "the login is refused"),
        ("the mail server can't be used, tried again at 06-29 09:05: connect: refused", "check --connect"),
        ("plan: OperationalError: disk I/O error", "journalctl"),
    ],
    ids=["template", "hold", "daily cap", "login", "server", "another"],
)
def test_status_says_what_to_do_about_a_fault(ledger: App, ops: Type, fault: str, advice: str) -> None:
    engine = ledger.existing_ledger()
    assert engine is not None
    with engine.begin() as db:
        register_daemon(db, "host", 7, utc_now(), config_hash="hash", preflight=0)
        update_daemon(db, "host", 7, fault=fault)
    engine.dispose()
    shown = ops("status")
    assert shown.code == 0
    assert f"fault: {fault}\n" in shown.out
    assert [line for line in shown.out.splitlines() if "→" in line and advice in line]


def test_status_says_what_to_do_about_mail_that_failed_or_may_have_come_twice(ledger: App, ops: Type) -> None:
    before = ops("status").out
    assert "may have come twice" not in before
    assert "refused for good" not in before
    engine = ledger.existing_ledger()
    assert engine is not None
    with engine.begin() as db:
        for number, state in enumerate(("queued", "claimed", "refused")):
            queueing.add_message(
                db, contact=f"{number}@example.org", address=f"{number}@example.org", name="", slot=utc_now(),
                message_id=f"<{number}@example.org>", now=utc_now(),
            )  # fmt: skip
            db.execute(text("UPDATE messages SET state = :s, uncertain = 1 WHERE message_id = :m"),
                       {"s": state, "m": f"<{number}@example.org>"})  # fmt: skip
    engine.dispose()
    shown = ops("status").out
    for told in ("no daemon runs", "the next start sends them", "names addresses to mend", "nothing to do"):
        assert told in shown


def test_status_tells_of_a_full_disk_though_the_daemon_can_write_nothing(
    ledger: App, ops: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ops("status", "--json").json["disk"] is None
    monkeypatch.setattr(storage, "BALLAST", 1 << 60)
    found = ops("status", "--json").json
    assert not found["ok"]
    told = f"the disk of {ledger.config.database.parent} is full"
    assert told in found["disk"]
    assert told in ops("status").out


def test_a_quiet_check_says_nothing_but_faults(ledger: App, ops: Type) -> None:
    quiet = ops("check", "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    (ledger.config.path.parent / "plan.txt").unlink()
    refused = ops("check", "--quiet")
    assert (refused.code, refused.out) == (78, "")
    assert "plans.plan.path" in refused.err

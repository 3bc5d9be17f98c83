"""Contacts whose mail is in another language: each its own mail, of one digest; and what `check` says of it."""

import email
from email import policy
from pathlib import Path

from notifier.app import build
from notifier.config import load
from notifier.ledger.schema import messages
from tests.desk import Desk
from tests.office import CONFIG, TEACHERS, beijing, office

SLOT = "2018-05-30T09:00"
PEOPLE = """单位,姓名,邮箱,语言
省教育厅,王一,wang@example.org,
省教育厅,Smith,smith@example.org,en
省财政厅,李二,li@example.org,xx
省财政厅,Smith,smith@example.org,
"""
OWN = '[service]\ntemplates = "own"\n'


def opened(desk: Desk, *, extra: str = "") -> Desk:
    (desk.folder / "people.csv").write_text(PEOPLE, "utf-8")
    return desk.open(rows=(TEACHERS,), config=CONFIG.replace('"contacts.csv"', '"people.csv"'), extra=extra)


def subjects(desk: Desk) -> dict[str, str]:
    mails = {
        sent.address: email.message_from_bytes(sent.data, policy=policy.default)
        for sent in desk.transport.sent
    }
    return {address: str(mail["Subject"]) for address, mail in mails.items()}


def test_each_contact_is_written_to_in_its_language(desk: Desk) -> None:
    opened(desk).at(SLOT)
    assert subjects(desk) == {
        "wang@example.org": "【临期1项】省教育厅督办事项提醒（2018年5月30日）",
        "smith@example.org": "[1 coming due] Reminder of supervised tasks: 省教育厅, 省财政厅 (30 May 2018)",
        "li@example.org": "【临期1项】省财政厅督办事项提醒（2018年5月30日）",
    }


def test_an_unknown_language_is_in_the_preflight_with_its_row(desk: Desk) -> None:
    [item] = [item for item in opened(desk).app.preflight(desk.clock()) if item.kind == "contact"]
    assert item.message.startswith(
        "people.csv:4: language “xx” has no folder among the templates (there are: en)"
    )


def test_a_language_that_ops_add_is_used_after_a_reload(desk: Desk) -> None:
    folder = desk.folder / "own" / "xx"
    folder.mkdir(parents=True)
    (folder / "subject.txt.j2").write_text("xx {{ digest.total }}", "utf-8")
    opened(desk, extra=OWN).at(SLOT)
    assert not [item for item in desk.app.preflight(desk.clock()) if item.kind == "contact"]
    assert subjects(desk)["li@example.org"] == "xx 1"


def test_a_language_that_is_gone_costs_no_mail(desk: Desk) -> None:
    opened(desk)
    desk.clock.set(beijing(SLOT))
    desk.passes.plan(desk.clock())
    with desk.passes.engine.begin() as db:
        assert {row.state for row in db.execute(messages.select())} == {"queued"}
    people = (desk.folder / "people.csv").read_text("utf-8").replace(",en", "")
    (desk.folder / "people.csv").write_text(people, "utf-8")
    app = build(load(desk.folder / "config.toml"), desk.clock)
    passes = app.passes(desk.passes.engine, desk.transport)
    passes.adopt(desk.clock())
    passes.send()
    assert subjects(desk)["smith@example.org"].startswith("【临期1项】")


def test_a_template_for_a_plan_that_there_is_not_is_named(tmp_path: Path) -> None:
    for name in ("plans/plan", "plans/plam", "en/plans/plam", "en/plans/plan"):
        (tmp_path / "own" / name).mkdir(parents=True)
        (tmp_path / "own" / name / "section.txt.j2").write_text("{{ section.title }}\n", "utf-8")
    app = build(office(tmp_path, extra=OWN))
    found = [item.message for item in app.preflight(beijing(SLOT)) if item.kind == "template"]
    assert found == [
        f"templates/{folder} is used by no plan: there is no [plans.plam] (there are: plan)"
        for folder in ("en/plans/plam", "plans/plam")
    ]


def test_a_plan_has_a_section_of_its_own(desk: Desk) -> None:
    folder = desk.folder / "own" / "plans" / "plan"
    folder.mkdir(parents=True)
    (folder / "section.txt.j2").write_text("=== {{ section.title }} ===\n", "utf-8")
    opened(desk, extra=OWN).at(SLOT)
    texts = {}
    for sent in desk.transport.sent:
        part = email.message_from_bytes(sent.data, policy=policy.default).get_body(("plain",))
        assert part is not None
        texts[sent.address] = part.get_content()
    assert "=== 《关于办好学校的意见》 ===" in texts["wang@example.org"]
    assert "【黄灯】" not in texts["wang@example.org"]
    assert "[yellow] Task 1" in texts["smith@example.org"]  # the language's own section comes first

"""Mail in another language: its own templates, file by file, else those of the default one; proved like these."""

import email
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from email import policy
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notifier.digest import Digest, Notice, build
from notifier.errors import TemplateError
from notifier.mail import confined, proof
from notifier.mail.compose import Composer, Envelope, Identity, Office
from notifier.mail.confined import Confined
from notifier.mail.render import Templates, in_language, languages, read
from notifier.people.phrase import Role
from notifier.timing.checkpoint import Kind
from tests.unit.mail.conftest import SLOT

CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
OFFICE = Office(name="Office", section="First", phone="1", reply_to="reply@example.org")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """An operator's own template directory, searched before the shipped one."""
    return tmp_path


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".j2")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def templates(*folders: Path) -> Templates:
    return Templates(read(folders), sender_name="", office=OFFICE)


def every_kind(notice: Notice) -> Iterator[Notice]:
    """Every kind of line with every remark, and no Chinese in what documents and people say."""
    plain = replace(
        notice, plan_title="Title", plan_number="", section="", text="A task.", timing="by then", label="step",
        units=("Unit",), co_units=("Unit", "Other"), notes=("说明",), english_notes=("a note",), copied=True,
        soft=True, provisional=True, original_due=date(2017, 11, 30), at=SLOT - timedelta(days=3),
        folded=("due-30d@2017-12-31", "report-5wd@2017-12-31", "start@2017-12-31", "overdue-3@2017-12-31",
                *(f"overdue-{number}@2017-12-31" for number in range(5, 20))),
    )  # fmt: skip
    kinds = [
        (Kind.OVERDUE, Kind.DUE), (Kind.DUE, Kind.DUE), (Kind.LEAD, Kind.DUE), (Kind.LEAD, Kind.START),
        (Kind.START, Kind.START), (Kind.LEAD, Kind.REPORT), (Kind.REPORT, Kind.REPORT), (Kind.OVERDUE, Kind.REPORT),
    ]  # fmt: skip
    for (kind, family), role in zip(kinds, 2 * list(Role), strict=True):
        for days in (-3, -1, 0, 1, 7):
            day = SLOT.date() + timedelta(days=days)
            yield replace(
                plain, kind=kind, family=family, role=role, day=day, nominal=day + timedelta(days=1)
            )


def test_every_shipped_language_is_sound(shipped: Path) -> None:
    sources = read([shipped])
    assert languages(sources) == ("en",)
    assert proof.faults(templates(shipped)) == []


def test_english_mail_says_all_in_english_but_what_documents_say(shipped: Path, notice: Notice) -> None:
    digest = build(list(every_kind(notice)), slot=SLOT, zone=ZoneInfo("Asia/Shanghai"))
    digest = replace(digest, sections=tuple(replace(each, title="Title") for each in digest.sections))
    rendered = templates(shipped).render(digest, language="en", redirected_from="true@example.org")
    for part in (rendered.subject, rendered.text, rendered.html):
        assert CHINESE.findall(part) == []
    assert "“by then”" in rendered.text
    for said in (
        "3 days overdue", "1 day overdue", "due today", "1 day left", "7 days left", "starts today",
        "started 1 day ago", "to be reported today", "3 days past", "lead unit", "assisting unit",
        "should have been sent on Tuesday, 26 December 2017",
        "30 days before the due date; 5 working days before the report date; on the start date; overdue notice 3; "
        "overdue notices 5 to 19)",
        "was Thursday, 30 November 2017 at first", "is a day off", "a note", "Together with: Other", "copy",
    ):  # fmt: skip
        assert said in rendered.text, said
        assert said in rendered.html, said


def test_a_reminder_that_is_hours_late_names_the_hour(shipped: Path, notice: Notice) -> None:
    late = replace(notice, at=SLOT - timedelta(hours=2))
    digest = build([late], slot=SLOT, zone=ZoneInfo("Asia/Shanghai"))
    text = templates(shipped).render(digest, language="en").text
    assert (
        "Late: This reminder should have been sent today at 07:00. It could not be sent then and comes late."
        in text
    )


def test_a_language_takes_what_it_lacks_from_the_default_one(
    own: Path, shipped: Path, digest: Digest
) -> None:
    write(own, **{"ug__subject.txt": "ug {{ digest.total }}"})
    found = templates(own, shipped)
    rendered = found.render(digest, language="ug")
    assert rendered.subject == "ug 1"
    assert rendered.text == found.render(digest).text
    assert found.render(digest, language="bo") == found.render(digest)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(("section.txt",), "section", id="the default"),
        pytest.param(("section.txt", "plans__voc__section.txt"), "plans__voc__section", id="a plan's"),
        pytest.param(("plans__voc__section.txt", "ug__section.txt"), "ug__section", id="the language's before it"),
        pytest.param(
            ("plans__voc__section.txt", "ug__section.txt", "ug__plans__voc__section.txt"),
            "ug__plans__voc__section",
            id="a plan's in the language",
        ),
        pytest.param(("plans__voc__section.txt", "ug__subject.txt"), "plans__voc__section", id="a plan's, else"),
    ],
)  # fmt: skip
def test_the_nearest_section_counts(
    own: Path, shipped: Path, digest: Digest, files: tuple[str, ...], expected: str
) -> None:
    write(own, **{name: f"<{name.removesuffix('.txt')}>\n" for name in files})
    assert f"<{expected}>" in templates(own, shipped).render(digest, language="ug").text


def test_other_folders_are_no_languages() -> None:
    names = (
        "subject.txt.j2",
        "plans/voc/section.txt.j2",
        "En/x.j2",
        "zh-tw/x.j2",
        "ug/plans/voc/section.txt.j2",
    )
    assert languages(names) == ("ug", "zh-tw")
    assert in_language({}, "") == {}


def test_a_fault_of_a_language_is_told_with_its_file_and_line(own: Path, shipped: Path) -> None:
    write(
        own,
        **{
            "ug__subject.txt": "ug\n{{ digest.titel }}",
            "ug__plans__voc__section.html": "<tr><td>{{ section.titel }}</td></tr>",
            "en__section.txt": "{% for group in section.groups %}{{ nobody }}{% endfor %}",
        },
    )
    assert {fault.replace(f"{own}/", "") for fault in proof.faults(templates(own, shipped))} == {
        "ug/subject.txt.j2:2: 'digest.titel' is undefined",
        "ug/plans/voc/section.html.j2:1: 'section.titel' is undefined",
        "en/section.txt.j2:1: 'nobody' is undefined",
    }


def test_a_language_that_shows_a_text_unescaped_is_refused(own: Path, shipped: Path) -> None:
    write(
        own,
        **{
            "ug__words.txt": "{% macro task(line) %}{{ line.text }}{% endmacro %}",
            "ug__section.html": '{% import "words.txt.j2" as words %}{% for group in section.groups %}'
            "{% for line in group.lines %}<tr><td>{{ words.task(line) }}</td></tr>{% endfor %}{% endfor %}",
        },
    )
    faults = proof.faults(templates(own, shipped))
    assert any("without being escaped" in fault for fault in faults)


def test_one_digest_in_two_languages_makes_two_bodies(
    shipped: Path, identity: Identity, digest: Digest, envelope: Envelope
) -> None:
    composer = Composer([shipped], identity)
    subjects = []
    for language in ("", "en", "", "en"):
        data = composer.compose(digest, replace(envelope, language=language))
        mail = email.message_from_bytes(data, policy=policy.default)
        subjects.append(str(mail["Subject"]))
    assert subjects[0] == subjects[2] == "【到期1项】省教育厅督办事项提醒（2017年12月29日）"
    assert subjects[1] == subjects[3] == "[1 due] Reminder of supervised tasks: 省教育厅 (29 December 2017)"


@pytest.mark.parametrize("copied", [False, True])
def test_the_built_in_text_and_the_short_list_are_english_for_who_is_written_to_in_english(
    shipped: Path, identity: Identity, notice: Notice, envelope: Envelope, copied: bool
) -> None:
    notices = [replace(each, copied=copied) for each in every_kind(notice)]
    digest = build(notices, slot=SLOT, zone=ZoneInfo("Asia/Shanghai"))
    digest = replace(digest, sections=tuple(replace(each, title="Title") for each in digest.sections))
    composer = Composer([shipped], replace(identity, office=OFFICE))
    templated = templates(shipped).render(digest, language="en")
    english = replace(envelope, language="en", redirected_from="true@example.org")
    plain, short = composer.compose(digest, english, plain=True), composer.compose_short(digest, english)
    subject, text = read_back(plain)
    assert subject == templated.subject
    # Each line of a task is said in the very words of the templates.
    assert {line for line in templated.text.splitlines() if line.startswith(("  ", "[", "■"))} <= {
        *text.splitlines()
    }
    for said in (subject, text, *read_back(short)):
        assert CHINESE.findall(said) == []
    assert "This is a short list instead" in read_back(short)[1]
    assert "Task 7 (26 December 2017, 3 days overdue): A task." in read_back(short)[1]
    other = composer.compose(digest, replace(english, language="ug"), plain=True)
    assert "督办事项" in read_back(other)[0]


def read_back(data: bytes) -> tuple[str, str]:
    """Return a mail's Subject and its plain text."""
    mail = email.message_from_bytes(data, policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    return str(mail["Subject"]), body.get_content()


@pytest.mark.slow
def test_a_language_that_runs_away_at_work_costs_no_other_its_looks(
    own: Path, shipped: Path, identity: Identity, digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confined, "RENDER_SECONDS", 0.3)
    write(
        own,
        **{
            "ug__subject.txt": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
        },
    )
    kept = Confined(read([own, shipped]), sender_name="", office=identity.office)
    for _ in range(2):
        with pytest.raises(TemplateError):
            kept.render(digest, language="ug")
        assert kept.render(digest, language="en").subject.startswith("[1 due]")
        assert kept.render(digest).subject.startswith("【到期1项】")
    kept.close()


@pytest.mark.slow
def test_a_language_of_ops_is_proved_and_rendered_under_the_same_limits(
    own: Path, shipped: Path, identity: Identity, digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confined, "PROOF_SECONDS", 0.5)
    write(own, **{"ug__subject.txt": "ug {{ digest.total }}"})
    kept = Confined(read([own, shipped]), sender_name="", office=identity.office)
    assert kept.render(digest, language="ug").subject == "ug 1"
    assert kept.render(digest).subject.startswith("【到期1项】")
    kept.close()
    write(own, **{"ug__subject.txt": "{{ 'x' | center(10000000000) }}"})
    hostile = Confined(read([own, shipped]), sender_name="", office=identity.office)
    [fault] = hostile.faults()
    assert fault.startswith(f"{own / 'ug' / 'subject.txt.j2'}:1: MemoryError")

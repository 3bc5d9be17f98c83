"""Rehearsals: the example plan over fifteen months, and a small office in the corners."""

import csv
import email
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from email import policy
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path

import pytest

from notifier.app import App, build
from notifier.config import load
from notifier.digest import Digest
from notifier.ledger import engine as ledger
from notifier.mail.compose import Composer, Envelope
from notifier.rehearsal import Nowhere, Rehearsal, by_mail, day_start, fresh_folder, rehearse, write_reminders
from notifier.report.pages import write_report
from notifier.share import share
from tests.office import ALWAYS, CONFIG, TEACHERS, beijing, office
from tests.reported import Reported

pytestmark = pytest.mark.slow  # whole documents, whole years

FIRST, LAST = date(2017, 10, 1), date(2018, 12, 31)


@dataclass(frozen=True)
class Rehearsed:
    """A rehearsal with its folder."""

    app: App
    found: Rehearsal
    out: Path

    def rows(self) -> list[dict[str, str]]:
        """Return the lines of reminders.csv."""
        with (self.out / "reminders.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @cached_property
    def mails(self) -> list[EmailMessage]:
        """Every mail of the Maildir, read."""
        paths = sorted((self.out / "mail" / "new").iterdir())
        return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]


def rehearsed(app: App, out: Path, *, all_done: bool = False, last: date = LAST) -> Rehearsed:
    """Rehearse into `out`, as the command does."""
    transport = fresh_folder(out, app)
    end = day_start(app, last).replace(hour=15, minute=59)
    found = rehearse(app, day_start(app, FIRST), end, transport, all_done=all_done)
    write_reminders(found, out / "reminders.csv")
    write_report(app, found, out, FIRST, last)
    return Rehearsed(app, found, out)


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    """The example plan from its issue to the end of 2018."""
    return rehearsed(build(load(share("config.toml"))), tmp_path_factory.mktemp("seed"))


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Rehearsed]:
    """Rehearse a small office: `small(rows=..., all_done=True)`."""

    def run(*, all_done: bool = False, out: str = "out", last: date = LAST, **files: object) -> Rehearsed:
        app = build(office(tmp_path, **files))  # type: ignore[arg-type]
        return rehearsed(app, tmp_path / out, all_done=all_done, last=last)

    return run


def test_the_readme_tells_the_counts_that_the_example_gives(seed: Rehearsed) -> None:
    # The README stands in the repository alone: a wheel carries none.
    text = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
    found = seed.found
    assert (
        f"finds {found.contacts} contacts and {len(found.sent):,} reminders in {found.digests:,} digests"
        in " ".join(text.split())
    )


def test_the_example_plan_has_36_tasks_and_reaches_41_contacts(seed: Rehearsed) -> None:
    assert (seed.found.tasks, seed.found.contacts) == (36, 41)
    assert len({row["contact"] for row in seed.rows()}) == 41
    assert seed.found.review == ()


def test_at_the_end_of_a_quarter_each_contact_gets_one_mail_with_all_their_ongoing_tasks(
    seed: Rehearsed,
) -> None:
    told: dict[str, set[str]] = defaultdict(set)
    for row in seed.rows():
        if row["sent_at"] == "2017-12-29T09:00:00+08:00":
            assert (row["kind"], row["nominal_day"]) == ("report", "2017-12-31")
            told[row["contact"]].add(row["task"])
    owed: dict[str, set[str]] = defaultdict(set)
    listing = seed.app.setting.directory_at(beijing("2017-12-29T09:00"))
    for task in seed.app.book[0].tasks:
        for who in task.roster(listing, "all").recipients:
            if who.address is not None and str(task.rule) in ("ongoing", "from 2017"):
                owed[who.address].add(task.row.ref)
    assert told == owed
    assert len(told) == 41
    on_that_day = [mail for mail in seed.mails if mail["Date"].datetime == beijing("2017-12-29T09:00")]
    assert Counter(mail["To"].addresses[0].addr_spec for mail in on_that_day) == dict.fromkeys(told, 1)


def test_each_task_of_a_mail_stands_in_its_text(seed: Rehearsed) -> None:
    texts = {task.row.ref: task.row.text for task in seed.app.book[0].tasks}
    told: dict[tuple[datetime, str], set[str]] = defaultdict(set)
    for line in seed.found.sent:
        told[line.sent_at, line.address].add(line.task)
    for mail in seed.mails[::50]:
        body = mail.get_body(("plain",))
        assert body is not None
        refs = told[mail["Date"].datetime, mail["To"].addresses[0].addr_spec]
        assert all(texts[ref] in body.get_content() for ref in refs)
        assert all(text not in body.get_content() for ref, text in texts.items() if ref not in refs)


def test_every_reminder_is_unique(seed: Rehearsed) -> None:
    seen = Counter(
        (row["contact"], row["task"], row["kind"], row["nominal_day"], row["sent_at"][:10])
        for row in seed.rows()
    )
    assert set(seen.values()) == {1}
    assert len(seen) == len(seed.found.sent)


def test_every_mail_goes_at_nine_on_a_working_day(seed: Rehearsed) -> None:
    calendar = seed.app.setting.calendar
    for sent_at in {datetime.fromisoformat(row["sent_at"]) for row in seed.rows()}:
        assert f"{sent_at:%H:%M:%S %z}" == "09:00:00 +0800"
        assert calendar.is_working_day(sent_at.date())
        assert FIRST <= sent_at.date() <= LAST


def test_nobody_gets_two_mails_on_one_day(seed: Rehearsed) -> None:
    days = Counter((mail["To"].addresses[0].addr_spec, mail["Date"].datetime.date()) for mail in seed.mails)
    assert set(days.values()) == {1}


def test_the_maildir_holds_exactly_the_digests(seed: Rehearsed) -> None:
    names = [path.name for path in (seed.out / "mail" / "new").iterdir()]
    assert len(names) == seed.found.digests
    assert {mail["Message-ID"] for mail in seed.mails} == {line.message_id for line in seed.found.sent}
    assert list((seed.out / "mail" / "tmp").iterdir()) == []


def test_the_csv_has_exactly_its_columns_and_one_row_a_reminder(seed: Rehearsed) -> None:
    header = (seed.out / "reminders.csv").read_text("utf-8").splitlines()[0]
    assert header == "sent_at,contact,unit,task,kind,nominal_day"
    rows = seed.rows()
    assert len(rows) == len(seed.found.sent)
    assert {row["kind"] for row in rows} == {"start", "lead", "due", "overdue", "report"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", row["nominal_day"]) for row in rows)
    assert rows == sorted(rows, key=lambda row: row["sent_at"])


def test_a_deadline_is_told_in_its_order(seed: Rehearsed) -> None:
    days = [
        (row["kind"], row["sent_at"][:10])
        for row in seed.rows()
        if (row["contact"], row["task"]) == ("renshe.li@example.org", "7")
    ]
    assert days[:9] == [
        ("lead", "2017-10-31"),
        ("lead", "2017-11-23"),
        ("lead", "2017-11-29"),
        ("due", "2017-11-30"),
        *(("overdue", f"2017-12-0{day}") for day in (1, 4, 5, 6, 7)),
    ]
    assert days[9] == ("overdue", "2017-12-14")
    assert days[-1] <= ("overdue", "2018-02-28")


def test_the_report_of_the_example_is_one_file_with_each_mail_as_it_left(seed: Rehearsed) -> None:
    assert not (seed.out / "pages").exists()
    page = Reported(seed.out / "index.html")
    assert page.broken_links() == []
    assert len(page.ids) == len(set(page.ids))
    assert {link for link in page.links if not link.startswith("#")} == {"reminders.csv"}
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//|url\(""", page.html)
    assert len(page.mails) == seed.found.digests
    lines = by_mail(seed.found)
    for number in (1, 24, 700, len(lines)):
        [mail] = [mail for mail in seed.mails if mail["Message-ID"] == lines[number - 1][0].message_id]
        body = mail.get_body(("html",))
        assert body is not None
        whole = body.get_content().replace("\r\n", "\n")
        head, _, tail = page.mails[number].partition('<meta http-equiv="Content-Security-Policy"')
        assert whole == (head + tail.partition(">")[2]).replace("\r\n", "\n")


def test_the_report_says_of_each_task_its_rule_in_words(seed: Rehearsed) -> None:
    html = (seed.out / "index.html").read_text("utf-8")
    for words in (
        "持续实施，每季度报送进展",
        "2017年12月之前（不含当月）完成（出台具体措施）",
        "自2017年起持续实施，每季度报送进展",
    ):
        assert words in html


def test_with_all_done_nothing_is_overdue_and_mails_stop_after_the_due_date(
    small: Callable[..., Rehearsed],
) -> None:
    plain, done = small(), small(all_done=True, out="done")
    assert any(line.kind == "overdue" for line in plain.found.sent)
    assert not any(line.kind == "overdue" for line in done.found.sent)
    of_the_deadline = [line for line in done.found.sent if line.task == "1"]
    assert {line.kind for line in of_the_deadline} == {"lead", "due"}
    assert max(line.sent_at.date() for line in of_the_deadline) == date(2018, 6, 29)
    kept = [line for line in plain.found.sent if line.kind != "overdue"]
    assert [(line.sent_at, line.address, line.task, line.kind) for line in done.found.sent] == [
        (line.sent_at, line.address, line.task, line.kind) for line in kept
    ]


def test_with_all_done_each_occurrence_of_a_recurring_deadline_is_closed(
    small: Callable[..., Rehearsed],
) -> None:
    extra = '[plans.plan.tasks."1"]\ntiming = "due monthly 10"\n'
    run = small(rows=(TEACHERS,), extra=extra, all_done=True, last=date(2018, 1, 31))
    assert {line.kind for line in run.found.sent} == {"lead", "due"}
    assert [
        line.nominal for line in run.found.sent if line.kind == "due" and line.address.startswith("li")
    ] == [
        date(2017, 10, 10),
        date(2017, 11, 10),
        date(2017, 12, 10),
        date(2018, 1, 10),
    ]


def test_rehearsing_twice_into_one_folder_gives_the_same_bytes(small: Callable[..., Rehearsed]) -> None:
    def state(run: Rehearsed) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in run.out.rglob("*") if path.is_file()}

    first = small(last=date(2018, 3, 31))
    before, rows = state(first), first.rows()
    again = small(last=date(2018, 3, 31))
    assert (state(again), again.rows()) == (before, rows)


def test_a_shorter_rehearsal_leaves_nothing_of_a_longer_one(small: Callable[..., Rehearsed]) -> None:
    small()
    short = small(last=date(2017, 12, 31))
    assert len(list((short.out / "mail" / "new").iterdir())) == short.found.digests == 6
    assert len(Reported(short.out / "index.html").mails) == 6


def test_a_file_that_ops_put_into_the_folder_stays(small: Callable[..., Rehearsed]) -> None:
    run = small(last=date(2017, 12, 31))
    (run.out / "notes.txt").write_text("mine")
    assert (small(last=date(2017, 12, 31)).out / "notes.txt").read_text() == "mine"


def test_the_real_ledger_and_mail_are_not_touched(tmp_path: Path, small: Callable[..., Rehearsed]) -> None:
    config = office(tmp_path)
    ledger.create(config.database, beijing("2017-10-01T00:00")).dispose()
    before = config.database.read_bytes()
    run = small(last=date(2017, 12, 31))
    assert run.found.digests == 6
    assert config.database.read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "var").iterdir()) == [
        "notifier.db",
        "notifier.db.made",
    ]


def test_a_rehearsal_writes_to_the_contacts_even_where_all_mail_is_redirected(
    small: Callable[..., Rehearsed],
) -> None:
    extra = '[delivery]\nmode = "redirect"\nredirect_to = "ops@example.org"\n'
    run = small(extra=extra, last=date(2017, 12, 31))
    assert {mail["To"].addresses[0].addr_spec for mail in run.mails} == {
        "wang@example.org",
        "zhang@example.org",
        "zhao@example.org",
    }


def test_a_rehearsal_without_mails_still_has_its_files(small: Callable[..., Rehearsed]) -> None:
    run = small(last=date(2017, 10, 31))
    assert run.rows() == []
    assert "2017年10月" in (run.out / "index.html").read_text("utf-8")


def test_hostile_text_is_harmless_in_the_report_and_the_csv(small: Callable[..., Rehearsed]) -> None:
    attack = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    run = small(
        rows=((attack, "省教育厅、公安厅", "持续实施"), ALWAYS),
        contacts=(
            f'省教育厅,"{attack.replace(chr(34), chr(34) * 2)}",wang@example.org,primary',
            "=cmd|calc,@SUM(1),eve@example.org",
        ),
        config=CONFIG.replace("关于办好学校的意见", "<script>alert(2)</script>"),
        extra='[aliases]\n"省公安厅" = "=cmd|calc"\n',
        last=date(2017, 12, 31),
    )
    page = Reported(run.out / "index.html")
    assert page.tags.count("script") == 1
    for text in (page.html, *page.mails.values()):
        assert "<img" not in text
        assert "<script>alert" not in text
    assert "'=cmd|calc" in {row["unit"] for row in run.rows()}
    for row in run.rows():
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())


def test_tasks_of_several_plans_are_named_with_their_plan(small: Callable[..., Rehearsed]) -> None:
    second = '[plans.other]\npath = "plan.txt"\nissued = 2017-10-01\nissuer_level = "省"\n'
    run = small(config=CONFIG + second, last=date(2017, 12, 31))
    assert {row["task"] for row in run.rows()} == {"plan/2", "other/2"}
    assert run.found.digests == 6


def test_a_rehearsal_whose_mails_nobody_reads_finds_the_same_and_composes_few(
    tmp_path: Path, small: Callable[..., Rehearsed], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = small(rows=[TEACHERS, ALWAYS])
    composed: list[str] = []

    def counted(self: Composer, digest: Digest, envelope: Envelope, *, plain: bool = False) -> bytes:
        composed.append(envelope.to_address)
        return compose(self, digest, envelope, plain=plain)

    compose = Composer.compose
    monkeypatch.setattr(Composer, "compose", counted)
    app = build(office(tmp_path, rows=[TEACHERS, ALWAYS]))
    end = day_start(app, LAST).replace(hour=15, minute=59)
    assert rehearse(app, day_start(app, FIRST), end, Nowhere()) == read.found
    assert set(composed) == {line.address for line in read.found.sent}
    assert len(composed) < read.found.digests / 2

"""The rehearsal's report as a person opens it: its lists, its links, and how it looks in a browser."""

import re
from collections.abc import Iterable
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from notifier.app import build
from notifier.rehearsal import Rehearsal, day_start, fresh_folder, rehearse, write_reminders
from notifier.report.index import Index
from notifier.report.pages import write_report
from notifier.report.places import PAGE, Places
from tests.browser import browser
from tests.office import ALWAYS, CONTACTS, TEACHERS, Row, office
from tests.reported import Reported

FIRST, LAST = date(2018, 5, 1), date(2018, 7, 31)
ROWS = (
    TEACHERS,
    ALWAYS,
    ("看不懂的。", "省教育厅", "择机推进"),
    ("没人管的。", "省公安厅", "持续实施"),
)
PEOPLE = (*CONTACTS, "省审计厅,钱五,qian@example.org,primary")


def write(
    folder: Path, *, one_file: int = 1000, all_done: bool = False, rows: Iterable[Row] = ROWS
) -> tuple[Path, Rehearsal]:
    """Rehearse a small office in a folder and write its report; return where it is and what was found."""
    app = build(office(folder, rows=rows, contacts=PEOPLE))
    out = folder / "out"
    transport = fresh_folder(out, app)
    end = day_start(app, LAST).replace(hour=15)
    found = rehearse(app, day_start(app, FIRST), end, transport, all_done=all_done)
    write_reminders(found, out / "reminders.csv")
    write_report(app, found, out, FIRST, LAST, all_done=all_done, one_file=one_file)
    return out, found


Report = tuple[Path, Rehearsal]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of the small office in one file, with what was found."""
    return write(tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The same report with its days, units and tasks on pages of their own."""
    return write(tmp_path_factory.mktemp("beside"), one_file=0)


def text_of(html: str) -> str:
    """Return what a reader sees of markup, in one line."""
    return " ".join(unescape(re.sub("<[^>]+>", " ", html)).split())


def part(page: Reported, kind: str, beginning: str) -> str:
    """Return the text of the unit (`u`) or task (`t`) whose summary begins so."""
    parts = re.findall(
        rf'<details class="item" id="{kind}\d+"[^>]*>\n(.*?)\n</details>', page.html, re.DOTALL
    )
    [found] = [text for text in map(text_of, parts) if text.startswith(beginning)]
    return found


def test_a_unit_has_its_contacts_tasks_and_what_it_is_told_when(report: Report) -> None:
    out, _ = report
    unit = part(Reported(out / "index.html"), "u", "省财政厅")
    assert "1项任务" in unit
    assert "李二 <li@example.org> 联络员" in unit
    assert "第1项 责任 培训教师。" in unit
    assert "2018年5月30日 星期三 李二 临期 1 第1项" in unit
    assert "2018年7月2日 星期一 李二 逾期 1 第1项" in unit


def test_a_task_has_its_rule_in_words_and_its_checkpoints_with_their_mails(report: Report) -> None:
    out, _ = report
    task = part(Reported(out / "index.html"), "t", "第1项")
    assert "时限原文 2018年6月底前完成" in task
    assert "提醒规则 2018年6月底前完成 due 2018-06" in task
    assert "省教育厅 （牵头） 、省财政厅 （责任）" in task
    assert "2018年5月30日 星期三 提前30天到期提醒 所涉日期： 2018年6月30日 省财政厅 、 省教育厅" in task


def test_who_is_told_nothing_and_what_has_no_reminder_say_why(report: Report) -> None:
    out, _ = report
    page = Reported(out / "index.html")
    assert part(page, "u", "省审计厅").startswith("省审计厅 0项任务 · 0封邮件 没有任务列明该单位")
    assert "时限未能识别，须由人工确认后才能提醒。" in part(page, "t", "第3项")


def test_what_needs_a_person_stands_in_lists_of_its_own(report: Report) -> None:
    out, found = report
    html = (out / "index.html").read_text("utf-8")
    person = text_of(html[html.index('<section id="person">') : html.index('<section id="calendar">')])
    assert found.unreachable == ("省公安厅",)
    assert "无人可通知的单位（1个）" in person
    assert "省公安厅 落空的提醒： 2条 最早： 2018年6月22日 第4项" in person
    assert "时限须人工识别的任务（1项） 第3项 看不懂的。 时限原文：“择机推进”" in person
    assert "时限无法识别 1件" in person


def test_a_report_without_anything_for_a_person_says_so(tmp_path: Path) -> None:
    out, _ = write(tmp_path, rows=(TEACHERS, ALWAYS))
    html = (out / "index.html").read_text("utf-8")
    assert "没有：每条提醒都有人收到。" in html
    assert "没有：每项任务的时限都已识别。" in html


def test_the_report_says_whether_tasks_count_as_closed_when_due(report: Report, tmp_path: Path) -> None:
    assert "没有任何任务办结" in (report[0] / "index.html").read_text("utf-8")
    done, _ = write(tmp_path, all_done=True)
    assert "每项任务都在到期日办结" in (done / "index.html").read_text("utf-8")


def test_the_sums_are_those_of_the_rehearsal(report: Report) -> None:
    out, found = report
    html = text_of((out / "index.html").read_text("utf-8"))
    assert f"{found.digests} 封邮件 {len(found.sent)} 条提醒" in html
    overdue = sum(line.kind == "overdue" for line in found.sent)
    july = {line.message for line in found.sent if line.sent_at.month == 7}
    assert f"2018年7月 {len(july)} {overdue}" in html


@pytest.mark.parametrize("which", ["report", "beside"])
def test_every_link_leads_somewhere_and_every_mail_is_there(
    which: str, request: pytest.FixtureRequest
) -> None:
    out, found = request.getfixturevalue(which)
    pages = [Reported(path) for path in sorted(out.rglob("*.html"))]
    days = {line.sent_at.date() for line in found.sent}
    assert len(pages) == (1 if which == "report" else 1 + len(days) + 2)
    mails: dict[int, str] = {}
    for page in pages:
        assert page.broken_links() == []
        assert len(page.ids) == len(set(page.ids))
        mails |= page.mails
    assert sorted(mails) == list(range(1, found.digests + 1))
    first = found.sent[0]
    assert first.text in mails[1]
    assert first.units[0] in mails[1]


def test_what_stood_beside_an_earlier_report_goes_and_nothing_else(report: Report) -> None:
    pages = report[0] / "pages"
    pages.mkdir()
    (pages / "day-2018-06-29.html").write_text("old")
    (pages / "notes.txt").write_text("mine")
    write(report[0].parent)
    assert [path.name for path in pages.iterdir()] == ["notes.txt"]
    (pages / "notes.txt").unlink()
    write(report[0].parent)
    assert not pages.exists()


def test_tasks_and_units_are_spread_over_pages_by_their_reminders(report: Report) -> None:
    index = Index.of(report[1])
    many = {number: range(PAGE // 2) for number in range(1, 4)}
    places = Places.of(
        Index(found=index.found, starts=index.starts, number=index.number, by_task=many, by_unit={}, lost={}),
        [1, 2, 3],
        [],
        one_file=0,
    )
    assert list(places.task_pages) == [0, 1, 2, 3]
    assert places.task(3) == "pages/tasks-003.html#t3"
    assert places.inside().task(3) == "tasks-003.html#t3"


@pytest.mark.slow
def test_in_a_browser_a_mail_opens_and_the_search_finds(report: Report) -> None:
    out, found = report
    url = (out / "index.html").as_uri()
    with browser() as page:
        for width, height in ((1280, 1000), (390, 844)):
            page.size(width, height)
            page.open(url)
            assert page.run("document.documentElement.scrollWidth <= innerWidth")
            page.run("document.querySelector('.month td > a').click()")
            page.wait("document.querySelector('details.day[open]')")
            page.run("document.querySelector('details.day[open] .mail > summary').click()")
            page.wait("document.getElementById('viewer').open")
            assert found.sent[0].text in page.run("document.getElementById('viewer-page').srcdoc")
            page.run("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
            assert page.run("document.documentElement.scrollWidth <= innerWidth")
        page.open(url)
        page.run("find.value = '审计'; find.dispatchEvent(new Event('input'))")
        page.wait("document.getElementById('found').textContent")
        assert page.run("document.getElementById('found').textContent") == "找到1项、0封邮件"
        assert page.run("document.querySelectorAll('.item:not([hidden])').length") == 1
        page.run("find.value = '财政'; find.dispatchEvent(new Event('input'))")  # of a task's units
        page.wait("document.getElementById('found').textContent.includes('2项')")
        assert page.faults == []
        assert {name.partition("#")[0] for name in page.requests} <= {url, "about:blank"}

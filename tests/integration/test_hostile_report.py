"""A rehearsal of a hostile document, opened in a browser: no script runs but the report's own."""

import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from notifier.app import build
from notifier.rehearsal import day_start, fresh_folder, rehearse, write_reminders
from notifier.report.page import as_page
from notifier.report.pages import write_report
from tests.browser import browser
from tests.office import CONFIG, office
from tests.reported import Reported

FIRST, LAST = date(2018, 6, 1), date(2018, 7, 10)
ACT = "document.documentElement.setAttribute('data-ran','1')"
ATTACKS = (
    f"<script>{ACT}</script>",
    f'"><img src=x onerror="{ACT}">',
    f"'><svg onload={ACT}>",
    f"</td></table><iframe srcdoc='<script>parent.{ACT}</script>'>",
    f"</title></style><script>{ACT}</script>",
    f"<a href='javascript:{ACT}' autofocus onfocus={ACT}>x</a>",
    f"{{{{ 7*7 }}}}</script><script>{ACT}</script>",
    f'<meta http-equiv=refresh content="0;url=javascript:{ACT}">',
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The rehearsal of an office whose document, names and titles are all hostile."""
    rows = [
        (f"{number}{attack}", "省教育厅、财政厅", "2018年6月底前完成")
        for number, attack in enumerate(ATTACKS)
    ]
    name = ATTACKS[0].replace("'", "`")
    config = (
        CONFIG.replace('title = "关于办好学校的意见"', f"title = '''{ATTACKS[1].replace(chr(39), '`')}'''")
        .replace('number = "豫政办〔2017〕1号"', f"number = '{name}'")
        .replace('name = "省政府督查室"', f"name = '{name}'")
    )
    contacts = (f"省教育厅,{name},wang@example.org,primary", "省财政厅,李二,li@example.org,primary")
    app = build(office(tmp_path, rows=rows, config=config, contacts=contacts))
    folder = tmp_path / "out"
    transport = fresh_folder(folder, app)
    found = rehearse(app, day_start(app, FIRST), day_start(app, LAST), transport)
    assert found.digests > 2
    write_reminders(found, folder / "reminders.csv")
    write_report(app, found, folder, FIRST, LAST)
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "mail").symlink_to(folder / "mail")
    write_report(app, found, beside, FIRST, LAST, one_file=0)
    return folder


def test_every_page_has_a_policy_and_no_markup_of_the_document(out: Path) -> None:
    pages = [out / "index.html", out.parent / "beside" / "index.html"]
    pages += sorted((out.parent / "beside" / "pages").iterdir())
    assert len(pages) > 5
    for path in pages:
        page = Reported(path)
        [policy] = re.findall(
            r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', unescape(page.html)
        )
        assert re.fullmatch(r"default-src 'none'; .*; script-src 'sha256-[A-Za-z0-9+/=]{44}'", policy)
        assert page.tags.count("script") == 1
        assert page.tags.count("iframe") == 1  # the viewer's own
        harmless(page)
    assert any("&lt;script&gt;" in path.read_text("utf-8") for path in pages)


def test_every_mail_in_the_report_has_a_policy_and_no_markup_of_the_document(
    out: Path, tmp_path: Path
) -> None:
    mails = Reported(out / "index.html").mails
    assert len(mails) > 2
    for html in mails.values():
        path = tmp_path / "mail.html"
        path.write_text(html, "utf-8")
        page = Reported(path)
        assert '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'' in html
        assert not {"script", "iframe"} & set(page.tags)
        harmless(page)


def harmless(page: Reported) -> None:
    """Assert that nothing in a page acts or fetches."""
    assert not {"img", "svg", "object", "embed"} & set(page.tags)
    assert not [
        name for name, _ in page.attributes if name.startswith("on") or name in ("autofocus", "srcdoc")
    ]
    assert not [value for _, value in page.attributes if value and value.strip().startswith("javascript:")]


def test_a_page_without_a_head_gets_its_policy_first() -> None:
    assert as_page("<p>x</p>").startswith('<meta http-equiv="Content-Security-Policy"')
    assert as_page('<!doctype html><html><HEAD lang="x"><title>').index("<meta") == 36


@pytest.mark.slow
def test_in_a_browser_no_script_of_the_document_runs_and_the_reports_own_does(
    out: Path, tmp_path: Path
) -> None:
    ran = "document.documentElement.dataset.ran"
    # That the browser would run them, and that the policy alone stops them, or this test proves nothing.
    bare = tmp_path / "bare.html"
    hostile = (
        f"<!doctype html><html><head><title>x</title></head><body>{ATTACKS[0]}{ATTACKS[1]}</body></html>"
    )
    with browser() as page:
        bare.write_text(hostile, "utf-8")
        page.open(bare.as_uri())
        assert page.run(ran) == "1"
        bare.write_text(as_page(hostile), "utf-8")
        page.open(bare.as_uri())
        assert page.run(ran) is None

        page.faults.clear()
        last = max(Reported(out / "index.html").mails)
        page.open(f"{(out / 'index.html').as_uri()}#m{last}")
        page.wait("document.getElementById('viewer').open")
        assert page.run(ran) is None
        assert "<script>" not in page.run("document.getElementById('viewer-page').srcdoc")
        assert page.run(f"document.getElementById('m{last}').closest('.day').open")
        assert page.faults == []  # the policy had nothing to refuse

"""A rehearsal of a hostile document, opened in a browser: no script runs but the report's own."""

import re
import shutil
import subprocess
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from notifier.app import build
from notifier.rehearsal import day_start, fresh_folder, rehearse, write_reminders
from notifier.report.pages import as_page, write_report
from tests.office import CONFIG, office

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
    write_report(found, folder, FIRST, LAST)
    return folder


class Elements(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_every_page_has_a_policy_and_no_markup_of_the_document(out: Path) -> None:
    pages = [out / "index.html", *(out / "pages").iterdir()]
    for page in pages:
        html = page.read_text("utf-8")
        [policy] = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)
        assert policy.startswith(
            "default-src &#39;none&#39;" if page.name == "index.html" else "default-src 'none'"
        )
        assert html.index("Content-Security-Policy") < html.index("<style" if "<style" in html else "<body")
        found = Elements()
        found.feed(html)
        assert found.tags.count("script") == (page.name == "index.html")
        assert not {"img", "svg", "iframe"} & set(found.tags)
        assert not [name for name, _ in found.attributes if name.startswith("on") or name == "autofocus"]
        assert not [
            value for _, value in found.attributes if value and value.strip().startswith("javascript:")
        ]
    assert any("&lt;script&gt;" in page.read_text("utf-8") for page in pages)


def test_a_page_without_a_head_gets_its_policy_first() -> None:
    assert as_page("<p>x</p>").startswith('<meta http-equiv="Content-Security-Policy"')
    assert as_page('<!doctype html><html><HEAD lang="x"><title>').index("<meta") == 36


def dom(page: Path, fragment: str = "") -> str:
    """Return a page as the browser has made it, scripts and all; skip where there is none."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("NOT TESTED: no Chromium to open the pages in")
    command = [
        browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        f"--user-data-dir={page.parent / 'profile'}", "--virtual-time-budget=1000", "--dump-dom",
        f"{page.as_uri()}{fragment}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    return done.stdout.decode()


@pytest.mark.slow
def test_in_a_browser_no_script_of_the_document_runs_and_the_reports_own_does(
    out: Path, tmp_path: Path
) -> None:
    # That the browser would run them, and that the policy alone stops them, or this test proves nothing.
    bare = tmp_path / "bare.html"
    hostile = (
        f"<!doctype html><html><head><title>x</title></head><body>{ATTACKS[0]}{ATTACKS[1]}</body></html>"
    )
    bare.write_text(hostile, "utf-8")
    assert 'data-ran="1"' in dom(bare)
    bare.write_text(as_page(hostile), "utf-8")
    assert 'data-ran="1"' not in dom(bare)

    last_slot = re.findall(r'<details id="(d[^"]+)"', (out / "index.html").read_text("utf-8"))[-1]
    index = dom(out / "index.html", f"#{last_slot}")
    assert 'data-ran="1"' not in index
    assert re.search(rf'<details id="{last_slot}" open', index)
    [page, *_] = sorted((out / "pages").iterdir())
    shown = dom(page)
    assert 'data-ran="1"' not in shown
    assert "&lt;script&gt;" in shown

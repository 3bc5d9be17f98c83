"""The rehearsal's report: a calendar of slots as one page, and every mail as a page of its own."""

import re
from base64 import b64encode
from calendar import Calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from notifier.mail.compose import html_part
from notifier.mail.maildir import file_name
from notifier.rehearsal import Rehearsal, Sent, by_mail, units_of

# A page of ours fetches nothing, sends nothing, and runs no script but the one it is told of. Styles are inline.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_KINDS = ("overdue", "due", "lead", "start", "report")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail as the report lists it."""

    page: str
    time: str
    name: str
    address: str
    units: str
    kinds: tuple[tuple[str, int], ...]
    tasks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the calendar; `number` is 0 outside the month."""

    number: int
    iso: str
    mails: int
    reminders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of the calendar, in weeks from Monday."""

    title: str
    weeks: tuple[tuple[Day, ...], ...]


def write_report(found: Rehearsal, out: Path, start: date, end: date) -> None:
    """Write `index.html` and `pages/` under `out`; pages of an earlier rehearsal are removed."""
    loader = PackageLoader("notifier.report", ".")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    pages = out / "pages"
    pages.mkdir(exist_ok=True)
    for old in pages.glob("*.html"):
        old.unlink()
    by_day: dict[date, list[Mail]] = {}
    counts: dict[date, int] = {}
    for lines in by_mail(found):
        day = lines[0].sent_at.date()
        by_day.setdefault(day, []).append(_mail(lines))
        counts[day] = counts.get(day, 0) + len(lines)
        _write_page(out, lines[0])
    template = environment.get_template("index.html.j2")
    index = template.render(
        policy=f"{_POLICY}; script-src '{_script_hash(loader, environment)}'",
        start=start,
        end=end,
        found=found,
        months=tuple(_months(start, end, by_day, counts)),
        slots=tuple((day.isoformat(), f"{day:%A}", tuple(mails)) for day, mails in sorted(by_day.items())),
        most=max(map(len, by_day.values()), default=1),
        kinds=[(kind, sum(line.kind == kind for line in found.sent)) for kind in _KINDS],
    )
    (out / "index.html").write_text(index, encoding="utf-8")


def _mail(lines: list[Sent]) -> Mail:
    first = lines[0]
    counted = {kind: sum(line.kind == kind for line in lines) for kind in _KINDS}
    return Mail(
        page=f"pages/{_page(first)}",
        time=f"{first.sent_at:%H:%M}",
        name=first.name,
        address=first.address,
        units="、".join(units_of(lines)),
        kinds=tuple((kind, count) for kind, count in counted.items() if count),
        tasks=", ".join(dict.fromkeys(line.task for line in lines)),
    )


def _page(line: Sent) -> str:
    return f"{file_name(line.message_id).partition('@')[0]}.html"


def _write_page(out: Path, line: Sent) -> None:
    """Write the HTML part of a mail, as it left, where a browser can show it."""
    data = (out / "mail" / "new" / file_name(line.message_id)).read_bytes()
    (out / "pages" / _page(line)).write_text(as_page(html_part(data).decode()), encoding="utf-8")


def as_page(html: str) -> str:
    """Return a mail's HTML as a page for a browser: it runs no script and fetches nothing, whatever stands in it."""
    head = _HEAD.search(html)
    begins = head.end() if head else 0
    tag = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    return f"{html[:begins]}{tag}{html[begins:]}"


def _script_hash(loader: PackageLoader, environment: Environment) -> str:
    """Return the hash by which a policy lets the report's own script run (CSP Level 3, section 2.3.1)."""
    source, _, _ = loader.get_source(environment, "index.html.j2")
    script = source.partition("<script>")[2].partition("</script>")[0]
    return f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}"


def _months(
    start: date, end: date, by_day: dict[date, list[Mail]], counts: dict[date, int]
) -> Iterable[Month]:
    year, month = start.year, start.month
    while (year, month) <= (end.year, end.month):
        weeks = tuple(
            tuple(
                Day(
                    number=day.day if day.month == month else 0,
                    iso=day.isoformat(),
                    mails=len(by_day.get(day, ())) if day.month == month else 0,
                    reminders=counts.get(day, 0) if day.month == month else 0,
                )
                for day in week
            )
            for week in Calendar().monthdatescalendar(year, month)
        )
        yield Month(title=f"{date(year, month, 1):%B %Y}", weeks=weeks)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)

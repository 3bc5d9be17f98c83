"""Proof of a template set before it is used: everything compiled, every kind of digest rendered."""

import html
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Undefined

from notifier.digest import Digest, Notice, build
from notifier.mail.render import (
    DIGEST,
    OPS,
    SUMMARY,
    Content,
    Report,
    Sandbox,
    Templates,
    in_language,
    languages,
    templates_of,
)
from notifier.mail.specimens import HOSTILE, bulletins, summaries
from notifier.people.phrase import Role
from notifier.timing.checkpoint import Kind

_REDIRECTED: Final = "true-recipient@example.org"
_AUTOESCAPE = re.compile(r"\{%[-+]?\s*autoescape\b")
# What an attribute may load or open, in whichever quotes; blank and control characters hide no scheme from a browser.
_LINK = re.compile(
    r"""\s(?:href|src|action|formaction|background|poster|cite|data|srcset)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*))""",
    re.IGNORECASE,
)
_WEB_OR_MAIL = re.compile(r"https?://|mailto:|#", re.IGNORECASE)
_TODAY: Final = date(2018, 3, 1)
_ZONE: Final = ZoneInfo("Asia/Shanghai")


def faults(templates: Templates, *, is_shipped: bool = False) -> list[str]:
    """Return every fault of a template set in each of its languages, each once: `templates/digest.html.j2:12: …`.

    Of the set that `is_shipped` the styles and the other languages were proven when it was.

    A set that ran into the limits of `confined_child` is not looked at any further.
    """
    found: dict[str, None] = {}  # ordered, each once

    def report(fault: str) -> None:
        found.setdefault(fault)

    undefined = _recording(templates, report)
    sandbox = Sandbox(templates.sources, undefined)
    missing = [name for name in (*DIGEST, *OPS, *SUMMARY) if name not in templates.sources]
    for name in missing:
        report(f"{name}: there is no such template")
    for name, source in templates.sources.items():
        if block := _AUTOESCAPE.search(source.text):
            report(f"{source.path}:{source.text.count(chr(10), 0, block.start()) + 1}: autoescape stays on")
        if not (is_shipped and name.startswith(tuple(f"{each}/" for each in languages(templates.sources)))):
            with templates.located(sandbox, name, report):
                sandbox.get_template(name)
    if missing:
        return list(found)
    for contents in (bulletins(), summaries()):
        _render_all(templates, sandbox, contents, report, found, is_inlined=not is_shipped)
    for language in ("", *(() if is_shipped else languages(templates.sources))):
        spoken = Sandbox(in_language(templates.sources, language), undefined) if language else sandbox
        _render_all(templates, spoken, samples(spoken.sources), report, found, is_inlined=not is_shipped)
    return list(found)


def _render_all(
    templates: Templates,
    sandbox: Sandbox,
    contents: Iterable[Content],
    report: Report,
    found: Iterable[str],
    *,
    is_inlined: bool,
) -> None:
    for content in contents:
        if any(is_overrun(fault) for fault in found):
            break
        subject, text, page = (sandbox.sources[name].path for name in templates_of(content)[1])
        # A redirection shows the same lines; one look at it for each set of section templates is enough.
        redirections = ("", _REDIRECTED) if content.total > 1 else ("",)
        for redirected_from in redirections:
            rendered = templates.render_in(sandbox, content, redirected_from, report, is_inlined=is_inlined)
            if rendered is None:
                continue
            for link in _LINK.finditer(rendered.html):
                if not _WEB_OR_MAIL.match(html.unescape(link[1] or link[2] or link[3]).strip()):
                    report(f"{page}: a link leads elsewhere than http:, https:, mailto: or #")
            if HOSTILE in rendered.html:
                report(f"{page}: text gets into the HTML without being escaped")
            if not rendered.subject:
                report(f"{subject}: the subject is empty")
            for path, part in ((text, rendered.text), (page, rendered.html)):
                if redirected_from not in part:
                    report(f"{path}: redirected_from isn't shown")


def is_overrun(fault: str) -> bool:
    """Return whether a fault says that a limit of time or memory was reached."""
    return ": MemoryError: " in fault or ": Overrun: " in fault


def samples(names: Iterable[str]) -> Iterator[Digest]:
    """Yield digests that between them hold every kind of line, each optional field set and empty.

    There are such of every plan that has a template of its own among `names`.
    """
    own = {name.split("/")[1] for name in names if name.startswith("plans/") and name.count("/") > 1}
    slot = datetime(2018, 3, 1, 1, tzinfo=UTC)
    for plan in ["sample", *sorted(own)]:
        notices = [
            _notice(plan, kind, family, slot, text, days)
            for kind, family in _KINDS
            for text in ("", "建立省级职业教育教学成果奖励制度。", HOSTILE)
            for days in (-3, 0, 7)
        ]
        yield build(notices, slot=slot, zone=_ZONE)
        for notice in notices:
            yield build([notice], slot=slot, zone=_ZONE)


_FOLDED: Final = (
    "due-30d@2018-03-01",
    "report-5wd@2018-03-01",
    "start-1w@2018-03-01",
    "due@2018-03-01",
    *(f"overdue-{number}@2018-02-28" for number in (1, 3, 4, 5)),
)
_KINDS: Final = (
    (Kind.OVERDUE, Kind.DUE),
    (Kind.DUE, Kind.DUE),
    (Kind.LEAD, Kind.DUE),
    (Kind.LEAD, Kind.START),
    (Kind.START, Kind.START),
    (Kind.LEAD, Kind.REPORT),
    (Kind.REPORT, Kind.REPORT),
    (Kind.OVERDUE, Kind.REPORT),
)


def _notice(plan: str, kind: Kind, family: Kind, slot: datetime, text: str, days: int) -> Notice:
    day = _TODAY + timedelta(days=days)
    full = bool(text)  # without a text every optional field is empty, too
    return Notice(
        plan=plan,
        plan_title=text,
        plan_number=text,
        ref="2:7.1" if full else "7",
        section=text,
        text=text,
        timing=text,
        rule="ongoing",
        kind=kind,
        family=family,
        label=text,
        nominal=day + timedelta(days=full),
        day=day,
        at=slot - (timedelta(hours=2) if days == 0 else timedelta(days=1)) if full else slot,
        role=Role.LEAD if full else Role.ASSIST,
        units=(text, "省教育厅") if full else (),
        co_units=(text, "省教育厅", "省财政厅") if full else (),
        notes=(text, text) if full else (),
        english_notes=(text,) if full else (),
        soft=full,
        provisional=full,
        original_due=_TODAY - timedelta(days=30) if full else None,
        folded=_FOLDED if full else (),
        copied=full,
    )


def _recording(templates: Templates, report: Report) -> type[Undefined]:
    """Return an undefined value that reports each use with its line and lets the rendering go on."""

    class Recording(Undefined):
        __slots__ = ()

        def _report(self) -> None:
            frame = sys._getframe(2)
            while (template := frame.f_globals.get("__jinja_template__")) is None:
                if frame.f_back is None:
                    return
                frame = frame.f_back
            path, line = template.filename, template.get_corresponding_lineno(frame.f_lineno)
            report(f"{path}:{line}: {templates.as_written(path, line, self._undefined_message)}")

        def __str__(self) -> str:
            self._report()
            return ""

        def __iter__(self) -> Iterator[Any]:
            self._report()
            return iter(())

        def __len__(self) -> int:
            self._report()
            return 0

        def __bool__(self) -> bool:
            self._report()
            return False

        def __eq__(self, other: object) -> bool:
            self._report()
            return False

        def __hash__(self) -> int:
            self._report()
            return 0

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):  # Python's own questions, such as whether it has __html__
                raise AttributeError(name)
            self._report()
            return ""

    return Recording

"""Templates to text: a sandbox in which a slip of ops is a fault with file and line, never code.

All templates are read once, when the set is loaded: an edit half saved, or saved while the daemon
runs, changes nothing until a reload has checked the whole set.

A folder named as a language (`en`) holds the templates of mail in that language; what it lacks is taken from those
beside it.
"""

import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any, Final

from jinja2 import FunctionLoader, StrictUndefined, Template, TemplateNotFound, TemplateSyntaxError, Undefined
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifier.digest import Count, Digest, Earlier, Group, Line, Remark, Section
from notifier.digest.bulletin import Bulletin, Entry, Fact, Part, Snippet
from notifier.digest.summary_content import Block, Point, Row, Summary
from notifier.errors import MailTooBig, TemplateError
from notifier.mail.headers import clean, clean_body
from notifier.mail.inlining import Inliner

DIGEST: Final = ("subject.txt.j2", "digest.txt.j2", "digest.html.j2")  # of contacts' mail
OPS: Final = ("ops-subject.txt.j2", "ops.txt.j2", "ops.html.j2")  # of the mail to the office's own ops
SUMMARY: Final = ("summary-subject.txt.j2", "summary.txt.j2", "summary.html.j2")  # of the month's summary
MAX_CHARACTERS: Final = 200_000  # of one part: as base64 both parts stay under the gate's limit
LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")  # a folder's name: en, ug, zh-tw (BCP 47)

Report = Callable[[str], None]
Content = Digest | Bulletin | Summary

# Values without methods to guard, and what may be asked of each.
_FROZEN: Final = {
    kind: frozenset(field.name for field in fields(kind))
    for kind in (
        *(Count, Digest, Earlier, Group, Line, Remark, Section),
        *(Bulletin, Entry, Fact, Part, Snippet),
        *(Block, Point, Row, Summary),
    )
}
_PIECES: Final = 50  # of a part, between looks at its size
_NOTHING: Final = frozenset[str]()


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who a contact may call; stands under every mail."""

    name: str
    section: str
    phone: str
    reply_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One mail's content before any encoding."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One template as it was read; `path` is what faults are told with."""

    path: str
    text: str

    def line(self, number: int) -> str:
        """Return line `number`, counted from 1; empty when there is none."""
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 without Python's inner attributes, changes to values, ways around escaping, or giant repeats."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, sources: Mapping[str, Source], undefined: type[Undefined]) -> None:
        self.sources = sources

        def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
            found = sources.get(name)
            return None if found is None else (found.text, found.path, lambda: True)

        super().__init__(
            loader=FunctionLoader(load),
            undefined=undefined,
            # Only names that say txt are text: `.html.j2`, or a name nobody thought of, is escaped.
            autoescape=lambda name: name is None or not name.removesuffix(".j2").endswith(".txt"),
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_finalize,
        )
        self.globals.pop("lipsum")  # random text
        self.filters.pop("safe")  # the way around escaping

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute as Jinja2 does; a digest's own, asked hundreds of times a mail, by a short way."""
        if attribute in _FROZEN.get(type(obj), _NOTHING):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def select_template(self, names: Any, parent: str | None = None, globals: Any = None) -> Template:
        """Return the first of these that there is; what there isn't costs Jinja2 an exception, for each mail anew."""
        there = [name for name in names if isinstance(name, str) and name in self.sources]
        return super().select_template(there or names, parent, globals)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Decide as Jinja2 does, which for a digest's frozen values comes down to the name alone."""
        if type(obj) in _FROZEN:
            return not attr.startswith("_")
        return super().is_safe_attribute(obj, attr, value)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse the operators that make gigabytes out of a few characters; numbers still multiply."""
        if operator == "**" or not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise SecurityError(f"{operator} is only for numbers here")
        return super().call_binop(context, operator, left, right)


class Templates:
    """The templates of an installation, rendered in this process."""

    def __init__(self, sources: Mapping[str, Source], *, sender_name: str, office: Office) -> None:
        self.sources = sources
        self._constants = {"office": office, "sender_name": sender_name}
        self._sandboxes: dict[str, Sandbox] = {}  # by language, made when its first mail is
        self._inliner = Inliner()

    def render(self, content: Content, *, redirected_from: str = "", language: str = "") -> Rendered:
        """Render the three parts; TemplateError names the lines that failed, MailTooBig those that never ended.

        A language without templates of its own gets those of the default one.
        """
        if (sandbox := self._sandboxes.get(language)) is None:
            sandbox = Sandbox(in_language(self.sources, language), StrictUndefined)
            self._sandboxes[language] = sandbox
        faults: list[str] = []
        too_big: list[str] = []
        rendered = self.render_in(sandbox, content, redirected_from, faults.append, too_big=too_big.append)
        if faults:
            raise TemplateError(*faults)
        if rendered is None:
            raise MailTooBig("; ".join(too_big))
        return rendered

    def render_in(
        self,
        sandbox: Sandbox,
        content: Content,
        redirected_from: str,
        report: Report,
        *,
        too_big: Report | None = None,
        is_inlined: bool = True,
    ) -> Rendered | None:
        """Render with another sandbox; None when a part failed, which `report` or `too_big` was told.

        Unless `is_inlined`, the styles stay where the template has them.
        """
        what, names = templates_of(content)
        values: dict[str, Any] = {what: content, "redirected_from": redirected_from, **self._constants}
        parts: list[str] = []
        for name in names:
            with self.located(sandbox, name, report, too_big):
                parts.append(_filled(sandbox.get_template(name), values))
        if len(parts) < len(names):
            return None
        subject, text, html = parts
        html = self._inliner.inline(html) if is_inlined else html
        return Rendered(subject=clean(subject), text=text.strip() + "\n", html=html)

    def as_written(self, path: str, line: int, message: str) -> str:
        """Say `'line.titel' is undefined`, as it stands in the template, for Jinja2's word on its object."""
        found = re.search(r"(?:attribute|element) '?([^']+)'?$", message) or re.match(r"'([^']+)'", message)
        if found is None:
            return clean(message)
        source = next((source for source in self.sources.values() if source.path == path), None)
        dotted = source and re.search(rf"\w+(?:\.\w+)*\.{re.escape(found[1])}\b", source.line(line))
        return f"'{dotted[0] if dotted else found[1]}' is undefined"

    @contextmanager
    def located(
        self, sandbox: Sandbox, name: str, report: Report, too_big: Report | None = None
    ) -> Iterator[None]:
        """Tell `report` what goes wrong inside with file and line, and go on; `name` is the template in hand."""
        try:
            yield
        except MailTooBig as error:
            (too_big or report)(f"{self._where(error, sandbox, name)}: {error}")
        except TemplateSyntaxError as error:
            report(f"{error.filename or name}:{error.lineno}: {error.message}")
        except TemplateNotFound as error:
            report(f"{self._where(error, sandbox, name)}: there is no template {error.message}")
        except UndefinedError as error:
            path, line = self._frame(error, sandbox, name)
            report(f"{path}:{line}: {self.as_written(path, line, str(error))}")
        except Exception as error:  # an expression may raise anything, and it is the template's fault
            report(f"{self._where(error, sandbox, name)}: {type(error).__name__}: {clean(str(error))}")

    def _where(self, error: BaseException, sandbox: Sandbox, name: str) -> str:
        path, line = self._frame(error, sandbox, name)
        return f"{path}:{line}" if line else path

    def _frame(self, error: BaseException, sandbox: Sandbox, name: str) -> tuple[str, int]:
        """Return the innermost template line in the traceback, which Jinja2 maps to its source."""
        paths = {source.path for source in self.sources.values()}
        # Not extract_tb: it reads the source of each frame, and of a recursion there are a thousand.
        for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
            if frame.f_code.co_filename in paths:
                return frame.f_code.co_filename, line
        return sandbox.sources[name].path if name in sandbox.sources else name, 0


def templates_of(content: Content) -> tuple[str, tuple[str, str, str]]:
    """Return the name under which templates have a content, and those that make subject, text and HTML of it."""
    match content:
        case Bulletin():
            return "bulletin", OPS
        case Summary():
            return "summary", SUMMARY
        case _:
            return "digest", DIGEST


def _finalize(value: object) -> object:
    # Markup is what the template itself wrote, in a macro or a set block; plain text is somebody's.
    return clean_body(value) if type(value) is str and not value.isprintable() else value


def _filled(template: Template, values: dict[str, Any]) -> str:
    # As its own `generate`, which takes each of some hundred pieces in hand once more.
    try:
        return _joined(template.root_render_func(template.new_context(values)))
    except MailTooBig:
        raise
    except Exception:
        template.environment.handle_exception()


def _joined(pieces: Iterator[str]) -> str:
    # Counted while it grows: a template in a runaway loop stops here, not when memory is full.
    parts, size = [], 0
    while some := list(islice(pieces, _PIECES)):
        parts.append("".join(some))
        size += len(parts[-1])
        if size > MAX_CHARACTERS:
            raise MailTooBig(f"more than {MAX_CHARACTERS} characters")
    return "".join(parts)


def languages(names: Iterable[str]) -> tuple[str, ...]:
    """Return the languages that have templates of their own, given the templates' names."""
    heads = {head for head, found, _ in (name.partition("/") for name in names) if found}
    return tuple(sorted(head for head in heads if LANGUAGE.fullmatch(head)))


def in_language(sources: Mapping[str, Source], language: str) -> Mapping[str, Source]:
    """Return the templates by the names under which mail in a language asks for them.

    Its own come first, also before a plan's that is in the default language.
    """
    if not language:
        return sources
    own = {
        name.removeprefix(f"{language}/"): source
        for name, source in sources.items()
        if name.startswith(f"{language}/")
    }
    rest = {
        name: source
        for name, source in sources.items()
        if not (name.startswith("plans/") and name.rpartition("/")[2] in own)
    }
    return {**rest, **own}


def read(directories: Sequence[Path]) -> dict[str, Source]:
    """Read all templates, once; of two files with one name, the earlier directory's counts.

    TemplateError names every file that can't be read.
    """
    sources: dict[str, Source] = {}
    faults = []
    for directory in directories:
        for path in sorted(directory.rglob("*.j2")):
            name = path.relative_to(directory).as_posix()
            if name in sources:
                continue
            try:
                sources[name] = Source(path=str(path), text=path.read_text("utf-8"))
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{path}: {error}")
    if faults:
        raise TemplateError(*faults)
    return sources

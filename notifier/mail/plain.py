"""The built-in mail: a digest in plain words, without any template, for when the templates can't make one."""

from collections.abc import Iterator
from html import escape
from typing import Final, Protocol

from notifier.digest import Digest, Group, Line
from notifier.errors import MailTooBig
from notifier.mail import in_chinese, in_english
from notifier.mail.headers import clean, clean_body
from notifier.mail.render import Office, Rendered

_MOST_BYTES: Final = 600_000  # of both parts; base64 makes them a third longer, safely below the gate's limit
_NAMES: Final = 1000  # characters of the units' names together
RULE: Final = "----------------------------------------"


class Words(Protocol):
    """What the module of a language has."""

    @property
    def CODE(self) -> str: ...
    def subject(self, digest: Digest, /) -> str: ...
    def short_subject(self, digest: Digest, /) -> str: ...
    def redirected(self, address: str, /) -> str: ...
    def greeting(self, units: str, /) -> str: ...
    def units(self, names: tuple[str, ...], /) -> str: ...
    def named(self, digest: Digest, /) -> str: ...
    def opening(self, digest: Digest, /) -> str: ...
    def short_opening(self, digest: Digest, /) -> tuple[str, ...]: ...
    def group(self, told: Group, /) -> str: ...
    def remarks(self, told: Group | Line, /) -> Iterator[str]: ...
    def task(self, line: Line, everyone: tuple[str, ...], /) -> Iterator[str]: ...
    def short_task(self, line: Line, words: str, /) -> str: ...
    def missing(self, number: int, /) -> str: ...
    def foot(self, office: Office, /) -> Iterator[str]: ...
    def title(self, text: str, number: str, /) -> str: ...


def words_of(language: str) -> Words:
    """Return the words of a contact's language, where they are shipped; else the Chinese ones."""
    return in_english if language == "en" else in_chinese


def built_in(digest: Digest, *, office: Office, redirected_from: str = "", language: str = "") -> Rendered:
    """Return subject, text and HTML with all that the digest holds; MailTooBig where that is too much for a mail."""
    words = words_of(language)
    lines = (*_head(digest, redirected_from, words), *_listed(digest, words), RULE, *words.foot(office))
    text = "\n".join(map(clean_body, lines))
    shown = escape(text)
    size = len(text.encode("utf-8", "replace")) + len(shown.encode("utf-8", "replace"))
    if size > _MOST_BYTES:
        raise MailTooBig(f"{size} bytes of plain words, more than {_MOST_BYTES}")
    return Rendered(
        subject=clean(words.subject(digest))[:200],
        text=text + "\n",
        html=f'<!DOCTYPE html>\n<html lang="{words.CODE}"><head><meta charset="utf-8"></head><body>'
        f"<pre style=\"white-space: pre-wrap; font: 15px/1.7 'Microsoft YaHei', sans-serif\">{shown}</pre>"
        "</body></html>\n",
    )


def _head(digest: Digest, redirected_from: str, words: Words) -> Iterator[str]:
    if redirected_from:
        yield words.redirected(redirected_from)
        yield ""
    units = words.units(digest.units)
    yield words.greeting(units if len(units) <= _NAMES else f"{units[:_NAMES]}…")
    yield ""
    yield words.opening(digest)
    yield ""


def _listed(digest: Digest, words: Words) -> Iterator[str]:
    for section in digest.sections:
        yield words.title(section.title, section.number)
        yield ""
        for group in section.groups:
            yield words.group(group)
            yield from words.remarks(group)  # of all its lines
            yield ""
            for line in group.lines:
                yield from words.task(line, digest.units)
                yield ""

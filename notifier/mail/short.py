"""The short text that goes where a whole mail is too big: every task with its day, and whom to ask for the rest.

It is written here and not by a template, because a template that runs away is one of the reasons for it.
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from notifier.digest import Digest, Line
from notifier.errors import MailTooBig
from notifier.mail.headers import clean
from notifier.mail.plain import RULE, Words, words_of
from notifier.mail.render import Office

_FIRST_WORDS: Final = (
    120,
    40,
    24,
    12,
    6,
    0,
)  # characters of a task's text; the most with which all tasks fit


def short_subject(digest: Digest, language: str = "") -> str:
    """Return the subject of a shortened mail, on one line."""
    return clean(words_of(language).short_subject(digest))


def short_text(
    digest: Digest, office: Office, *, most: int, redirected_from: str = "", language: str = ""
) -> str:
    """Return the text, at most `most` octets in UTF-8, lines ended by CRLF.

    It says that it was shortened, and how many tasks found no room. Raises MailTooBig when not even one does.
    """
    words = words_of(language)
    head, end = _head(digest, redirected_from, words), ["", RULE, *words.foot(office)]

    def missing(number: int) -> str:
        return f"\n{words.missing(number)}"

    for characters in _FIRST_WORDS:
        listed = list(_listed(digest, characters, words))
        text = "\n".join([*head, *(text for _, text in listed), *end]) + "\n"
        if _size(text) <= most:
            return text.replace("\n", "\r\n")
    # As many as there is room for; the titles between them are worth nothing alone.
    room = most - _size("\n".join([*head, missing(digest.total), *end])) - 2
    sizes = accumulate(_size(text) + 2 for _, text in listed)
    fits = sum(size <= room for size in sizes)
    told = sum(is_task for is_task, _ in listed[:fits])
    if not told:
        raise MailTooBig(f"{most} octets have no room for even one task")
    kept = [text for _, text in listed[:fits]]
    text = "\n".join([*head, *kept, missing(digest.total - told), *end]) + "\n"
    return text.replace("\n", "\r\n")


def _head(digest: Digest, redirected_from: str, words: Words) -> list[str]:
    redirected = [words.redirected(redirected_from), ""] if redirected_from else []
    return [*redirected, words.greeting(clean(words.named(digest))), "", *words.short_opening(digest)]


def _listed(digest: Digest, characters: int, words: Words) -> Iterator[tuple[bool, str]]:
    """Yield each line of the list, and whether it is a task's and no title's."""
    for section in digest.sections:
        yield False, f"\n{words.title(section.title, section.number)}"
        for group in section.groups:
            yield False, words.group(group)
            for line in group.lines:
                yield True, words.short_task(line, _first(line, characters))


def _first(line: Line, characters: int) -> str:
    text = clean(line.text)
    return text if len(text) <= characters else f"{text[:characters]}…" if characters else ""


def _size(text: str) -> int:
    return len(text.encode()) + text.count("\n")

"""Header lines, written here to the byte: RFC 2047 words, validated addresses, folding at spaces.

The standard library isn't used for this: up to Python 3.11.9 a display name holding an encoded
newline became a header of its own (CVE-2024-6923), and its folding garbles long mixed names.
"""

import re
from base64 import b64encode
from functools import lru_cache
from typing import Final

from notifier.errors import MailGateError
from notifier.people.address import address as lawful_address

LINE: Final = 76  # RFC 2047 §2: a line that holds an encoded word
WORD: Final = 75  # RFC 2047 §2: an encoded word with its delimiters

# Code points that are no characters (Unicode 16, §23.7): strict readers of UTF-8 show something else instead.
_NO_CHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
# C0, C1, the line and paragraph separators, surrogates: a reader sees a space.
_BREAKING = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_NO_CHARACTERS}]")
# Marks that reorder or hide text: a reader sees nothing.
_HIDING = re.compile(
    "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
)
_PLAIN = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)*")
_PHRASE = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
)  # atoms of RFC 5322
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+>")


def clean(text: str) -> str:
    """Return `text` on one line, without control, bidi or invisible characters, white space collapsed."""
    return " ".join(clean_body(text).split())


def clean_body(text: str) -> str:
    """Return `text` without control, bidi or invisible characters, its newlines and tabs kept."""
    if text.isprintable():  # which none of the characters below is
        return text
    return _HIDING.sub("", _BREAKING.sub(lambda found: found[0] if found[0] in "\n\t" else " ", text))


@lru_cache(maxsize=1024)  # of one mail it is asked several times, and of most addresses again
def address(text: str) -> str:
    """Return the validated address, its domain as lower-case A-labels by the law of `notifier.people.address`.

    Raises MailGateError for anything but one plain `local@domain`: what the law would tidy up, such as white
    space or full-width letters, is refused here. What it lets through must besides be plain by the rules of
    this module, so that a slip there doesn't reach a mail server.
    """
    try:
        found = lawful_address(text)
    except ValueError as error:
        raise MailGateError(clean(str(error))) from None
    local, _, domain = found.rpartition("@")
    is_as_written = text.strip() == text and text.rpartition("@")[0] == local
    if not is_as_written or len(local) > 64 or not _LOCAL.fullmatch(local):
        raise MailGateError(f"{clean(text)!r} is no mail address")
    if len(found) > 254 or not all(_LABEL.fullmatch(label) for label in domain.split(".")):
        raise MailGateError(f"{clean(text)!r} has no valid domain")
    return found


def text_header(name: str, text: str) -> str:
    """Return the lines of an unstructured header such as Subject, without the final CRLF."""
    cleaned = clean(text)
    if _fits(cleaned, len(name) + 2) and _PLAIN.fullmatch(cleaned):
        return f"{name}: {cleaned}"
    return f"{name}: " + "\r\n ".join(_words(cleaned, len(name) + 2))


def mailbox_header(name: str, display: str, mailbox: str) -> str:
    """Return the lines of an address header; `mailbox` is validated, `display` may be anything or empty."""
    return _named_header(name, display, f"<{address(mailbox)}>")


def list_id_header(display: str, identifier: str) -> str:
    """Return the lines of List-Id (RFC 2919): a describing phrase and the list's own dotted name."""
    if not all(_LABEL.fullmatch(label) for label in identifier.lower().split(".")):
        raise MailGateError(f"{identifier!r} is no list identifier")
    return _named_header("List-Id", display, f"<{identifier}>")


def id_header(name: str, *ids: str) -> str:
    """Return the lines of a header of message ids, folded between ids and never inside one.

    Raises MailGateError when one isn't `<left@right>`.
    """
    lines = [f"{name}:"]
    for found in ids:
        if not _ID.fullmatch(found):
            raise MailGateError(f"{clean(found)!r} is no message id")
        if len(lines[-1]) + 1 + len(found) > LINE and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {found}"
    return "\r\n".join(lines)


def message_id_of(text: str) -> str:
    """Return a message id in its angle brackets, whether `text` came with them or not."""
    return text if text.startswith("<") else f"<{text}>"


def _named_header(name: str, display: str, bracketed: str) -> str:
    cleaned = clean(display)
    if not cleaned:
        return f"{name}: {bracketed}"
    if _fits(cleaned, len(name) + 2) and _PHRASE.fullmatch(cleaned):
        lines = [f"{name}: {cleaned}"]
    else:
        first, *rest = _words(cleaned, len(name) + 2)
        lines = [f"{name}: {first}", *(f" {word}" for word in rest)]
    if len(lines[-1]) + 1 + len(bracketed) <= LINE:
        lines[-1] += f" {bracketed}"
    else:
        lines.append(f" {bracketed}")
    return "\r\n".join(lines)


def _fits(cleaned: str, column: int) -> bool:
    # Text that looks like an encoded word is encoded itself, so that it reads back as written.
    return column + len(cleaned) <= LINE and "=?" not in cleaned


def _words(text: str, column: int) -> list[str]:
    """Split `text` into encoded words; the first begins at `column`, the others after one space."""
    words = []
    chunk = b""
    room = _room(column)
    for character in text:
        octets = character.encode()
        if chunk and len(chunk) + len(octets) > room:
            words.append(chunk)
            chunk, room = b"", _room(1)
        chunk += octets
    words.append(chunk)
    return [f"=?utf-8?B?{b64encode(word).decode('ascii')}?=" for word in words]


def _room(column: int) -> int:
    """Return how many octets an encoded word may carry that begins at `column`."""
    base64_length = min(WORD, LINE - column) - len("=?utf-8?B??=")
    return base64_length // 4 * 3

"""The output gate: the finished bytes are read again, as a mail server would, before they may leave.

Whatever a template, a name or a bug of ours did: a mail with a header too many, another sender or
a broken line stops here with MailGateError. It costs some tens of microseconds.
"""

import re
from collections.abc import Sequence
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32

from notifier.errors import MailGateError

MAX_LINE = 998  # RFC 5322 §2.1.1, without CRLF
MAX_BYTES = 1_000_000  # the usual is under 100 KB; relays refuse from some MB on

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]|[\r\n](?![ \t])")
_BRACKETED = re.compile(r"(?:[^<>@,]*\s)?<([^<>@,\s]+@[^<>@,\s]+)>")


def check_mail(data: bytes, *, names: Sequence[str], sender: str, recipient: str) -> bytes:
    """Return `data` unchanged when it is fit to leave.

    `names` are the headers in their order, each as often as it stands there; `sender` and
    `recipient` the only addresses of From and To.
    """
    check_lines(data)
    head, blank, _ = data.partition(b"\r\n\r\n")
    if not blank:
        raise MailGateError("no empty line after the headers")
    parsed = message_from_bytes(head + blank, policy=compat32)
    if (found := parsed.keys()) != list(names):
        raise MailGateError(f"headers are {found}, expected {list(names)}")
    for name, value in parsed.items():
        if _CONTROL.search(_decoded(name, value)):
            raise MailGateError(f"{name} holds a control character")
    for name, expected in (("From", sender), ("To", recipient)):
        match = _BRACKETED.fullmatch(parsed[name])
        if match is None or match[1] != expected:
            raise MailGateError(f"{name} is not the one validated address")
    return data


def check_lines(data: bytes) -> None:
    """Refuse what isn't ASCII in CRLF lines of at most 998 octets, or is too big as a whole."""
    if len(data) > MAX_BYTES:
        raise MailGateError(f"{len(data)} bytes, more than {MAX_BYTES}")
    if not data.isascii() or b"\0" in data:
        raise MailGateError("not plain ASCII")
    # Equal counts mean that every CR and every LF belongs to a pair.
    if not data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r"):
        raise MailGateError("a bare CR or LF")
    if max(map(len, data.split(b"\r\n"))) > MAX_LINE:
        raise MailGateError(f"a line over {MAX_LINE} octets")


def check_body(data: bytes, *, parts: Sequence[tuple[str, str]]) -> None:
    """Refuse a multipart body (with its Content-Type header before it) that doesn't hold exactly `parts`.

    Each part is its content type and its text, lines ended by CRLF.
    """
    check_lines(data)
    parsed = message_from_bytes(data, policy=compat32)
    children = parsed.get_payload()
    if not isinstance(children, list) or len(children) != len(parts):
        raise MailGateError(f"the body hasn't {len(parts)} parts")
    for child, (content_type, text) in zip(children, parts, strict=True):
        if not isinstance(child, Message) or child.get_content_type() != content_type or child.defects:
            raise MailGateError(f"a part isn't sound {content_type}")
        if child.get_payload(decode=True) != text.encode():
            raise MailGateError(f"the {content_type} part doesn't read back")


def _decoded(name: str, value: str) -> str:
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError) as error:
        raise MailGateError(f"{name} doesn't decode: {error}") from None

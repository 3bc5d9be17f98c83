"""A digest becomes the bytes of one mail: rendered and encoded once per content, headed once per mail."""

import re
from base64 import decodebytes
from binascii import b2a_base64
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from html import escape
from pathlib import Path
from struct import unpack
from typing import Final

from notifier.digest import Digest
from notifier.digest.bulletin import Bulletin
from notifier.digest.summary_content import Summary
from notifier.errors import MailGateError, MailTooBig, TemplateError
from notifier.mail import proof
from notifier.mail.confined import Confined
from notifier.mail.gate import MAX_BYTES, check_body, check_mail, check_text_body
from notifier.mail.headers import (
    address,
    id_header,
    list_id_header,
    mailbox_header,
    message_id_of,
    text_header,
)
from notifier.mail.plain import built_in
from notifier.mail.render import Content, Office, Rendered, Source, Templates, read
from notifier.mail.short import short_subject, short_text
from notifier.share import share

__all__ = ["Composer", "Envelope", "Identity", "Office", "Rendered", "is_redirected"]

CACHED_BODIES: Final = 64  # a slot's digests come sorted by unit at best; 64 of some 30 KB are 2 MB
Headers = tuple[tuple[str, str], ...]  # name and finished lines

_TEXT: Final[Headers] = (
    ("MIME-Version", "MIME-Version: 1.0"),
    ("Content-Type", "Content-Type: text/plain; charset=utf-8"),
    ("Content-Transfer-Encoding", "Content-Transfer-Encoding: base64"),
)
_LINE: Final = 76  # characters of base64
_INSTALLATION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this installation is in its mail."""

    sender_name: str
    sender: str
    domain: str
    office: Office
    installation: str  # letters, digits, hyphens; stable for years, mail programs thread by it


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is one mail's own, whatever it says.

    `redirected_from` is the true recipient of a mail that goes to `to_address` instead: it is shown in the body and
    as X-Original-To. The built-in text and the short one are Chinese or English. Raises ValueError for a
    naive date.
    """

    to_name: str
    to_address: str
    message_id: str  # with or without its angle brackets
    date: datetime  # the slot's moment, aware
    redirected_from: str | None = None
    language: str = ""  # a folder of templates; empty: the default language

    def __post_init__(self) -> None:
        if self.date.utcoffset() is None:
            raise ValueError(f"date has no time zone: {self.date.isoformat()}")


class Composer:
    """Compose mail from one set of templates for one identity.

    `templates` is a search path: ops' own directory before the shipped one. Raises TemplateError when
    a template can't be read and MailGateError when the identity can't stand in a header.
    """

    def __init__(self, templates: Sequence[Path], identity: Identity) -> None:
        self._identity = identity
        self._sender = address(identity.sender)
        if not _INSTALLATION.fullmatch(identity.installation):
            raise MailGateError(f"{identity.installation!r}: an installation is letters, digits, hyphens")
        self._templates = _renderer(read(templates), identity)
        self._bodies: OrderedDict[tuple[Digest, str, str, bool], tuple[str, bytes]] = OrderedDict()
        self._latest: tuple[tuple[Digest | None, str, str, bool], tuple[str, bytes]] = (
            (None, "", "", False),
            ("", b""),
        )
        self._fixed = self._fixed_headers()

    def check(self) -> None:
        """Compile every template and render every kind of digest; TemplateError holds all faults found."""
        mine = self._templates
        if found := _faults(mine) if isinstance(mine, Templates) else mine.faults():
            raise TemplateError(*found)

    def preview(self, content: Content) -> Rendered:
        """Return subject, text and HTML as a contact, or ops, would see them."""
        return self._templates.render(content)

    def rest(self) -> None:
        """Give back what rendering keeps at hand, if it wasn't needed for a while."""
        if isinstance(self._templates, Confined):
            self._templates.rest()

    def compose(self, digest: Digest, envelope: Envelope, *, plain: bool = False) -> bytes:
        """Return the mail, past the output gate; `plain` leaves out the templates for the built-in text.

        Raises TemplateError where they don't make a mail of this digest, MailTooBig where it is too
        long, or MailGateError.
        """
        subject, body = self._body(digest, envelope.redirected_from or "", envelope.language, plain)
        head = self._head(subject, envelope)
        return self._whole(head, body, envelope)

    def compose_bulletin(self, bulletin: Bulletin | Summary, envelope: Envelope) -> bytes:
        """Return the ops mail of a bulletin, or of a month's summary, as `compose` does that of a digest.

        Where ops' own templates fail, with the shipped ones: this mail is what tells of it.
        """
        try:
            rendered = self._templates.render(bulletin, redirected_from=envelope.redirected_from or "")
        except (TemplateError, MailTooBig):
            shipped = _compiled(_shipped_sources(), self._identity)
            rendered = shipped.render(bulletin, redirected_from=envelope.redirected_from or "")
        subject = text_header("Subject", rendered.subject)
        head = self._head(subject, envelope)
        return self._whole(head, _multipart(rendered), envelope)

    def _whole(self, head: Sequence[tuple[str, str]], body: bytes, envelope: Envelope) -> bytes:
        names = [name for name, _ in head] + ["MIME-Version", "Content-Type"]
        data = _joined(head) + b"\r\nMIME-Version: 1.0\r\n" + body
        return check_mail(
            data,
            names=names,
            sender=self._sender,
            recipient=address(envelope.to_address),
            checked=len(body),
        )

    def compose_short(self, digest: Digest, envelope: Envelope, *, at_most: int = MAX_BYTES) -> bytes:
        """Return a mail of at most `at_most` octets that lists the tasks in one plain text and says why.

        The rest is as in `compose`. Raises MailTooBig when there is no room for even one task.
        """
        subject = text_header("Subject", short_subject(digest, envelope.language))
        head = [*self._head(subject, envelope), *_TEXT]
        # In base64, 57 octets of text are a line of 76 and its CRLF.
        room = (min(at_most, MAX_BYTES) - len(_joined(head)) - len(b"\r\n\r\n")) // 78 * 57
        text = short_text(
            digest,
            self._identity.office,
            most=room,
            redirected_from=envelope.redirected_from or "",
            language=envelope.language,
        )
        payload = _base64(text.encode())
        check_text_body(payload, text=text.encode())
        data = _joined(head) + b"\r\n\r\n" + payload
        names = [name for name, _ in head]
        return check_mail(data, names=names, sender=self._sender, recipient=address(envelope.to_address))

    def _head(self, subject: str, envelope: Envelope) -> list[tuple[str, str]]:
        """Return the headers of one mail but those of its content."""
        opening, closing = self._fixed
        lines = [
            *opening,
            ("To", mailbox_header("To", envelope.to_name, address(envelope.to_address))),
            ("Subject", subject),
            ("Date", _date_header(envelope.date, envelope.date.utcoffset())),
            ("Message-ID", id_header("Message-ID", message_id_of(envelope.message_id))),
            *closing,
        ]
        if envelope.redirected_from is not None:
            lines.append(("X-Original-To", text_header("X-Original-To", envelope.redirected_from)))
        return lines

    def _body(self, digest: Digest, redirected_from: str, language: str, plain: bool) -> tuple[str, bytes]:
        """Return the Subject's lines and the body with its Content-Type, rendered at most once in a while."""
        key = (digest, redirected_from, language, plain)
        if self._latest[0][0] is digest and self._latest[0][1:] == key[1:]:
            # The contacts of a unit follow each other, and a digest takes long to hash.
            return self._latest[1]
        if (found := self._bodies.get(key)) is not None:
            self._bodies.move_to_end(key)
            self._latest = key, found
            return found
        if plain:
            office = self._identity.office
            rendered = built_in(digest, office=office, redirected_from=redirected_from, language=language)
        else:
            rendered = self._templates.render(digest, redirected_from=redirected_from, language=language)
        try:
            made = text_header("Subject", rendered.subject), _multipart(rendered)
        except MailTooBig:
            raise
        except MailGateError as error:  # what was rendered is at fault, not the addresses
            raise TemplateError(f"the rendered mail: {error}") from None
        self._bodies[key] = made
        self._latest = key, made
        if len(self._bodies) > CACHED_BODIES:
            self._bodies.popitem(last=False)
        return made

    def _fixed_headers(self) -> tuple[Headers, Headers]:
        """Return the headers that are the same in every mail, before and after the mail's own."""
        who = self._identity
        # One root that was never sent: mail programs put all reminders of an installation into one thread.
        root = f"<thread.{who.installation}@{who.domain}>"
        opening = [("From", mailbox_header("From", who.sender_name, self._sender))]
        if who.office.reply_to:
            opening.append(("Reply-To", mailbox_header("Reply-To", who.office.name, who.office.reply_to)))
        return tuple(opening), (
            ("List-Id", list_id_header(who.sender_name, f"{who.installation}.{who.domain}")),
            ("In-Reply-To", id_header("In-Reply-To", root)),
            ("References", id_header("References", root)),
            ("Auto-Submitted", "Auto-Submitted: auto-generated"),  # RFC 3834
            # Never `All`: that would suppress the bounces, too.
            ("X-Auto-Response-Suppress", "X-Auto-Response-Suppress: OOF, AutoReply"),
        )


def _renderer(sources: Mapping[str, Source], identity: Identity) -> Templates | Confined:
    """Return what renders a set: in this process if it is the shipped one, else in one with limits."""
    texts = {name: source.text for name, source in sources.items()}
    if texts == {name: source.text for name, source in _shipped_sources().items()}:
        return _compiled(sources, identity)
    return Confined(sources, sender_name=identity.sender_name, office=identity.office)


def _shipped_sources() -> dict[str, Source]:
    return read([share("templates")])


def _compiled(sources: Mapping[str, Source], identity: Identity) -> Templates:
    """Return a set for rendering in this process, compiled once: a reload most often finds it as it was."""
    return _compiled_once(tuple(sources.items()), identity.sender_name, identity.office)


@lru_cache(maxsize=4)
def _compiled_once(sources: tuple[tuple[str, Source], ...], sender_name: str, office: Office) -> Templates:
    return Templates(dict(sources), sender_name=sender_name, office=office)


@lru_cache(maxsize=4)
def _faults(templates: Templates) -> tuple[str, ...]:
    """Return the faults of the shipped set, looked for once."""
    return tuple(proof.faults(templates, is_shipped=True))


@lru_cache(maxsize=64)  # the mails of a slot have one; moments are equal whatever their zones
def _date_header(date: datetime, _offset: timedelta | None) -> str:
    return f"Date: {format_datetime(date)}"


def _joined(head: Iterable[tuple[str, str]]) -> bytes:
    return "\r\n".join(line for _, line in head).encode("ascii")


def is_redirected(data: bytes) -> bool:
    """Tell whether a mail that `Composer` made goes to another than its recipient."""
    return b"\r\nX-Original-To: " in data.partition(b"\r\n\r\n")[0]


def html_part(data: bytes) -> bytes:
    """Return the HTML of a mail that `Composer` made, as UTF-8; of a shortened one its text, as HTML.

    The gate has seen to its form, so the part is cut out; the standard parser takes as long as composing did.
    """
    _, found, part = data.partition(b"Content-Type: text/html;")
    if not found:
        text = decodebytes(data.partition(b"\r\n\r\n")[2]).decode()
        return f'<!doctype html><meta charset="utf-8"><pre>{escape(text)}</pre>'.encode()
    _, _, payload = part.partition(b"\r\n\r\n")
    return decodebytes(payload.partition(b"\r\n--")[0])


def _base64(octets: bytes) -> bytes:
    """Return octets in lines of base64; encoded as one: line by line, as the standard library does it, takes longer."""
    encoded = b2a_base64(octets, newline=False)
    whole, rest = divmod(len(encoded), _LINE)
    lines = unpack(f"{_LINE}s" * whole + (f"{rest}s" if rest else ""), encoded)
    return b"\r\n".join((*lines, b""))


def _multipart(rendered: Rendered) -> bytes:
    parts = [
        (f"text/{kind}", text.replace("\r\n", "\n").replace("\n", "\r\n").encode())
        for kind, text in (("plain", rendered.text), ("html", rendered.html))
    ]
    # Base64 never holds "=_", so the boundary can't occur inside; made from the content, it never varies.
    boundary = "=_" + sha256(b"\0".join(text for _, text in parts)).hexdigest()[:32]
    pieces = [f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'.encode("ascii")]
    for content_type, text in parts:
        head = (
            f"--{boundary}\r\nContent-Type: {content_type}; charset=utf-8\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
        )
        pieces += [head.encode("ascii"), _base64(text)]
    pieces.append(f"--{boundary}--\r\n".encode("ascii"))
    body = b"".join(pieces)
    check_body(body, parts=parts)
    return body

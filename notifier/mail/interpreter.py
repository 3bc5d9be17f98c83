"""What is wrong with the email library of the Python that runs this.

Mail doesn't depend on it: headers are written by `headers` and read back by `gate`. But it is a sign of a Python that
nobody updates. Each fault is tried rather than told from the version, since distributions mend it without a new
number: Debian's 3.11.2 has the first two mended.
"""

import platform
from collections.abc import Callable
from email.errors import MessageError
from email.message import EmailMessage
from typing import Any, Final


def weaknesses() -> str | None:
    """Return, in one line for ops, which known faults this Python still has; None when it has none."""
    found = [f"{name} (mended in {since})" for name, since, is_there in _FAULTS if is_there()]
    if not found:
        return None
    return (
        f"Python {platform.python_version()} has known faults in its email library: {', '.join(found)}. "
        "Mail is written without it and stays sound, but update Python when you can"
    )


def _injects_an_encoded_line() -> bool:
    mail = EmailMessage()
    mail["Subject"] = "=?utf-8?q?=0A?=Bcc: x@example.org"
    return b"\nBcc:" in _written(mail)


def _encodes_a_comma() -> bool:
    mail = EmailMessage()
    mail["To"] = f'{"x" * 66}@example.org, "Hübsch Kaktus" <k@example.org>'
    return bool(found := _written(mail)) and b"@example.org," not in found


def _writes_an_unsound_line() -> bool:
    mail = EmailMessage()
    mail.set_raw("Subject", _Literal("Subject: x\nBcc: x@example.org\n"))
    return b"\nBcc:" in _written(mail)


class _Literal(str):
    """A header that folds itself, wrongly."""

    __slots__ = ()

    def fold(self, **_options: Any) -> str:
        return self


def _written(mail: EmailMessage) -> bytes:
    try:
        return mail.as_bytes()
    except MessageError:  # a sound library refuses
        return b""


# gh-121650, gh-100884, gh-144125, with the first releases that had them mended.
_FAULTS: Final[tuple[tuple[str, str, Callable[[], bool]], ...]] = (
    ("CVE-2024-6923", "3.11.10, 3.12.5", _injects_an_encoded_line),
    ("CVE-2025-1795", "3.11.9, 3.12.3", _encodes_a_comma),
    ("CVE-2026-1299", "3.11.15, 3.12.13, 3.13.12, 3.14.3", _writes_an_unsound_line),
)

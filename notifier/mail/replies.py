"""What a mail server's reply, or a failed connection, says and means."""

import re
import ssl

from aiosmtplib import SMTPConnectError, SMTPResponseException

from notifier.mail.headers import clean
from notifier.mail.transport import State

MAX_REPLY = 300  # characters of a server's reply that are kept
# 552 is "too big", "mailbox full" and "quota" alike: only words, or the codes of RFC 3463, tell which.
_TOO_BIG = re.compile(r"(?i)\bsize\b|\btoo (?:big|large|long)\b")
_TOO_BIG_CODE = re.compile(r"\b5\.(?:3\.4|2\.3)\b")


def said(error: Exception) -> str:
    """Return what a server or the network said, on one clean and bounded line."""
    if isinstance(error, SMTPResponseException):
        text = f"{error.code} {error.message}" if error.code > 0 else error.message
    else:
        text = str(error) or ("timed out" if isinstance(error, TimeoutError) else type(error).__name__)
    return clean(text)[:MAX_REPLY]


def lasts(error: Exception) -> bool:
    """Whether waiting won't heal it: a definite no, a bad certificate, a missing extension."""
    if isinstance(error, SMTPResponseException):
        return definite(error.code) == "refused"
    cause = error.__cause__ if isinstance(error, SMTPConnectError) else error
    if isinstance(cause, ssl.SSLError):
        return not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    return not isinstance(error, OSError)


def definite(code: int) -> State | None:
    """Return what a reply code says for good; None when it doesn't say."""
    return "deferred" if 400 <= code < 500 else "refused" if 500 <= code < 600 else None


def is_too_big(error: SMTPResponseException) -> bool:
    """Whether a mail, or the size declared for it, was refused for its size."""
    by_code = definite(error.code) == "refused" and _TOO_BIG_CODE.search(error.message)
    return bool(by_code or (error.code == 552 and _TOO_BIG.search(error.message)))

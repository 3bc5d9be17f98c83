"""The login to a mail server: one mechanism, once, and no password in what is told of it."""

from base64 import b64encode
from collections.abc import Callable

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from notifier.mail.headers import clean


async def login(smtp: SMTP, user: str, secret: str | Callable[[], str] | None) -> str:
    """Log in and return the answer, on one clean line; SMTPException when that can't be done."""
    # aiosmtplib's login tries each mechanism in turn, and providers lock accounts for that.
    password = secret() if callable(secret) else secret or ""
    offered = set(smtp.supported_auth_methods)
    try:
        if "plain" in offered:
            response = await smtp.auth_plain(user, password)
        elif "login" in offered:
            response = await smtp.auth_login(user, password)
        elif "cram-md5" in offered:
            response = await smtp.auth_crammd5(user, password)
        else:
            raise SMTPException("the server offers no login we know")
    except SMTPResponseException as error:
        error.message = _without_secret(error.message, user, password)
        error.args = (error.code, error.message)
        raise
    return clean(f"{response.code} {_without_secret(response.message, user, password)}")


def _without_secret(reply: str, user: str, password: str) -> str:
    """Return a server's reply to a login; one that quotes the line it didn't understand shows no password."""
    spoken = [password, *(b64encode(line.encode()).decode() for line in (password, f"\0{user}\0{password}"))]
    for secret in sorted(filter(None, spoken), key=len, reverse=True):
        reply = reply.replace(secret, "***")
    return reply

"""The gate stops every mail that isn't exactly what was meant."""

import pytest

from notifier.errors import MailGateError
from notifier.mail.gate import MAX_BYTES, check_body, check_mail

NAMES = ["From", "To", "Subject"]
MAIL = b"From: Office <o@example.org>\r\nTo: <z@example.org>\r\nSubject: x\r\n\r\nbody\r\n"
BODY = (
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"5L2g\r\n--b--\r\n"
)


def check(data: bytes) -> bytes:
    return check_mail(data, names=NAMES, sender="o@example.org", recipient="z@example.org")


def test_a_sound_mail_passes_unchanged() -> None:
    assert check(MAIL) is MAIL


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param(
            b"Subject: x", b"Subject: x\r\nBcc: e@example.org", "headers are", id="a header too many"
        ),
        pytest.param(b"Subject: x", b"Subject: x\r\nSubject: y", "headers are", id="a header twice"),
        pytest.param(b"Subject: x\r\n", b"", "headers are", id="a header too few"),
        pytest.param(b"Subject", b"subject", "headers are", id="a header spelt otherwise"),
        pytest.param(b"o@example.org", b"e@example.org", "From is not", id="another sender"),
        pytest.param(b"<z@", b"<e@example.org>, <z@", "To is not", id="a second recipient"),
        pytest.param(
            b"To: <z@example.org>", b"To: e@example.org <z@example.org>", "To is not", id="two in one"
        ),
        pytest.param(b"body", b"b\xc3\xb6dy", "ASCII", id="not ASCII"),
        pytest.param(b"body", b"bo\0dy", "ASCII", id="NUL"),
        pytest.param(b"body", b"bo\ndy", "bare", id="a bare LF"),
        pytest.param(b"body", b"bo\rdy", "bare", id="a bare CR"),
        pytest.param(b"body", b"\n\r", "bare", id="an LF and a CR the wrong way round"),
        pytest.param(b"body", b"b" * 999, "a line over", id="a long line"),
        pytest.param(b"body", b"b\r\n" * (MAX_BYTES // 3), "bytes, more than", id="too big"),
        pytest.param(b"\r\n\r\nbody", b"", "no empty line", id="no body"),
        pytest.param(b"x\r\n", b"=?utf-8?B?Cg==?=\r\n", "control", id="an encoded new line"),
        pytest.param(b"x\r\n", b"=?nonsense?B?Cg==?=\r\n", "decode", id="an unknown charset"),
    ],
)
def test_an_unsound_mail_is_stopped(old: bytes, new: bytes, reason: str) -> None:
    assert old in MAIL
    with pytest.raises(MailGateError, match=reason):
        check(MAIL.replace(old, new, 1))


def test_a_line_of_998_octets_is_still_allowed() -> None:
    data = MAIL.replace(b"body", b"b" * 998)
    assert check(data) is data


def test_a_body_must_read_back() -> None:
    check_body(BODY, parts=[("text/plain", "你".encode())])


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([("text/plain", "我".encode())], id="another text"),
        pytest.param([("text/html", "你".encode())], id="another type"),
        pytest.param([("text/plain", "你".encode()), ("text/html", "你".encode())], id="a part too few"),
    ],
)
def test_a_body_of_other_parts_is_stopped(parts: list[tuple[str, bytes]]) -> None:
    with pytest.raises(MailGateError):
        check_body(BODY, parts=parts)


def test_a_break_in_the_headers_is_found_though_the_body_was_checked_before() -> None:
    checked = len(b"body\r\n")
    broken = MAIL.replace(b"Subject: x", b"Subject: x\ny")
    with pytest.raises(MailGateError, match="bare"):
        check_mail(broken, names=NAMES, sender="o@example.org", recipient="z@example.org", checked=checked)

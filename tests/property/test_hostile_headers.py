"""Hostile names and subjects through the real composer: every parser finds our headers, and the cleaned text."""

import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import compat32
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notifier.digest import Notice, build
from notifier.mail.compose import Composer, Envelope, Identity, Office
from notifier.mail.headers import clean
from notifier.mail.render import Templates
from notifier.people.phrase import Role
from notifier.timing.checkpoint import Kind

SLOT = datetime(2017, 12, 29, 1, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
READER = Path(__file__).with_name("read_mails.pl")
HEADERS = [
    "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "List-Id", "In-Reply-To", "References",
    "Auto-Submitted", "X-Auto-Response-Suppress", "X-Original-To", "MIME-Version", "Content-Type",
]  # fmt: skip
PIECES = (
    "\r\n", "\n", "\r", "\r\n ", "\r\nBcc: x@y.z\r\n", "\n\n<script>", "\0", "\x0b", "\x1b[31m", "\x7f",
    "\x80", "\x85", "\x9f", "\u2028", "\u2029", "\u202e", "\u2066", "\u2069", "\u200b", "\u200f", "\ufeff", "\u00ad",
    "\ud800", "\udfff", "\udc0a", "=?UTF-8?Q?=0A?=Bcc: x@y", "=?utf-8?B?Cg==?=", "=?gb18030?B?wfo=?=", "=?", "?=",
    "=?utf-8?Q?", "=0D=0A", '"', "'", "\\", '\\"', ",", ";", ":", "<", ">", "<e@x.org>", "@", "(", ")", "[", "]",
    " ", "  ", "\t", "\u3000", "\u00a0", "a", "Z", "0", ".", "Dr. X", "张", "省教育厅", "长" * 60, "x" * 100,
    "𠮷", "👨‍👩‍👧", "🇨🇳", "e\u0301", "\u0301", "a\u0327\u0323\u0301", "ﷺ", "ß", "\ufffd", "\U0010fffd",
)  # fmt: skip


@pytest.fixture(autouse=True)
def templates_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Render in this process: headers are at stake, and ten thousand round trips to a child take their time."""
    monkeypatch.setattr("notifier.mail.compose.Confined", Templates)


@dataclass(frozen=True)
class Sample:
    """One mail as composed, and the text that each of its headers must show."""

    data: bytes
    shown: dict[str, str]


def text(chance: random.Random) -> str:
    """Return a hostile text of up to some 900 characters."""
    kind = chance.random()
    if kind < 0.1:
        return "".join(chr(chance.randrange(0x110000)) for _ in range(chance.randrange(40)))
    if kind < 0.13:
        return chance.choice(("长", "x", "𠮷", "e\u0301", "\r\n", " ", "=?", "👨‍👩‍👧")) * 900
    return "".join(chance.choices(PIECES, k=chance.randrange(12)))[:900]


def samples(folder: Path, count: int, seed: int) -> Iterator[Sample]:
    """Compose mails of hostile names and subjects; templates are as small as can be, so that it is headers alone."""
    for name, source in (("subject.txt", "{{ digest.unit }}"), ("digest.txt", "x"), ("digest.html", "x")):
        (folder / f"{name}.j2").write_text(source, "utf-8")
    chance = random.Random(seed)
    for number in range(count):
        if number % 20 == 0:
            sender, office = text(chance), text(chance)
            composer = Composer(
                [folder],
                Identity(
                    sender_name=sender,
                    sender="o@example.org",
                    domain="example.org",
                    installation="ducha",
                    office=Office(name=office, section="", phone="", reply_to="r@example.org"),
                ),
            )
        unit, who, meant = text(chance), text(chance), text(chance)
        digest = build([notice(unit)], slot=SLOT, zone=ZONE)
        data = composer.compose(
            digest,
            Envelope(
                to_name=who,
                to_address="z@example.org",
                message_id=f"<n{number}@example.org>",
                date=SLOT.astimezone(ZONE),
                redirected_from=meant,
            ),
        )
        yield Sample(
            data=data,
            shown={
                "From": f"{clean(sender)} <o@example.org>".lstrip(),
                "Reply-To": f"{clean(office)} <r@example.org>".lstrip(),
                "To": f"{clean(who)} <z@example.org>".lstrip(),
                "Subject": clean(digest.unit),
                "List-Id": f"{clean(sender)} <ducha.example.org>".lstrip(),
                "X-Original-To": clean(meant),
            },
        )


def notice(unit: str) -> Notice:
    return Notice(
        plan="p", plan_title="", plan_number="", ref="1", section="", text="", timing="", rule="ongoing",
        kind=Kind.DUE, family=Kind.DUE, label="", nominal=date(2017, 12, 29), day=date(2017, 12, 29), at=SLOT,
        role=Role.LEAD, units=(unit,),
    )  # fmt: skip


def check_by_python(sample: Sample) -> None:
    parsed = message_from_bytes(sample.data, policy=compat32)
    assert parsed.keys() == HEADERS
    for name, expected in sample.shown.items():
        assert str(make_header(decode_header(parsed[name]))) == expected, (name, parsed[name])


def test_python_reads_our_headers_alone_and_the_cleaned_text(tmp_path: Path) -> None:
    for sample in samples(tmp_path, 1000, seed=1):
        check_by_python(sample)


def perl() -> str:
    """Return Perl's path; skip where it, or one of the two parsers, isn't at hand."""
    found = shutil.which("perl")
    if (
        found is None
        or subprocess.run([found, "-MEmail::MIME", "-MMIME::Head", "-e1"], check=False).returncode
    ):
        pytest.skip("NOT TESTED: no second parser; needs Perl with MIME::Head and Email::MIME")
    return found


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.long])])
def test_other_parsers_read_the_same(tmp_path: Path, count: int) -> None:
    reader = perl()
    shown: list[dict[str, str]] = []
    with (tmp_path / "read").open("wb") as read:  # it reads while the next are composed
        process = subprocess.Popen([reader, str(READER)], stdin=subprocess.PIPE, stdout=read)
        assert process.stdin is not None
        for sample in samples(tmp_path, count, seed=count):
            process.stdin.write(b"%d\n%b" % (len(sample.data), sample.data))
            shown.append(sample.shown)
            check_by_python(sample)
        process.stdin.close()
        assert process.wait() == 0
    answers = [line.split("\t") for line in (tmp_path / "read").read_text("utf-8").split("\n")[:-1]]
    assert len(answers) == count
    for expected, (names, body, *cells) in zip(shown, answers, strict=True):
        assert names.split(",") == cells[::2] == HEADERS
        assert body == "--=_"
        decoded = dict(zip(cells[::2], cells[1::2], strict=True))
        assert {name: decoded[name] for name in expected} == expected

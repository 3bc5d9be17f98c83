"""Whatever a name or a title holds, the header set stays what it is and the text reads back."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import compat32

from hypothesis import example, given
from hypothesis import strategies as st

from notifier.errors import MailGateError
from notifier.mail.gate import check_mail
from notifier.mail.headers import address, clean, mailbox_header, text_header
from notifier.people.address import address as lawful_address

FRAGMENTS = [
    *("\r\n", "\n", "\r", "\0", "\x85", "\u2028", "\u202e", "\u200b", "\ud800", " ", "\t"),
    *("=?utf-8?Q?=0A?=", "=?utf-8?B?Cg==?=", "=?", "?=", "Bcc: x@y.z"),
    *(",", "<", ">", "@", '"', "\\", "(", ";", "张", "𠮷", "e\u0301"),
]
HOSTILE = st.one_of(
    st.text(max_size=900),
    st.text(alphabet=st.characters(codec=None), max_size=80),
    st.lists(
        st.sampled_from(FRAGMENTS),
        max_size=60,
    ).map("".join),
)


@given(name=HOSTILE, subject=HOSTILE)
@example(name="=?UTF-8?Q?=0A?=Bcc: x@example.org", subject="x\r\nBcc: y@example.org")
@example(name="长" * 900, subject="长" * 900)
@example(name=" a" * 40 + " ", subject="a  b")
def test_the_header_set_never_grows_and_text_reads_back(name: str, subject: str) -> None:
    lines = [
        mailbox_header("From", name, "o@example.org"),
        mailbox_header("To", name, "z@example.org"),
        text_header("Subject", subject),
    ]
    data = "\r\n".join([*lines, "", ""]).encode("ascii")
    check_mail(data, names=["From", "To", "Subject"], sender="o@example.org", recipient="z@example.org")
    assert all(len(line) <= 76 for line in data.split(b"\r\n"))

    parsed = message_from_bytes(data, policy=compat32)
    assert str(make_header(decode_header(parsed["Subject"]))) == clean(subject)
    display = parsed["To"].rpartition("<")[0].strip()
    assert str(make_header(decode_header(display))) == clean(name)


@given(text=HOSTILE)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


DOMAIN = st.one_of(HOSTILE, st.from_regex(r"[a-zß-ö例。.-]{1,20}\.(org|中国|ς)", fullmatch=True))


@given(local=st.one_of(HOSTILE, st.from_regex(r"[a-z.'+]{1,9}", fullmatch=True)), domain=DOMAIN)
@example(local="zhang", domain="example.org")
@example(local="zhang", domain="straße.de")
def test_mail_and_directory_hold_addresses_to_one_law(local: str, domain: str) -> None:
    try:
        sent_to = address(f"{local}@{domain}")
    except MailGateError:
        return
    assert sent_to == lawful_address(f"{local}@{domain}")
    assert address(sent_to) == sent_to


@given(local=HOSTILE, domain=HOSTILE)
@example(local="zhang", domain="example.org")
def test_an_address_is_either_refused_or_safe_on_the_wire(local: str, domain: str) -> None:
    try:
        found = address(f"{local}@{domain}")
    except MailGateError:
        return
    assert found.isascii()
    assert found.isprintable()
    assert not set(found) & set(' ,<>()[]:;"\\')
    assert found.count("@") == 1
    assert address(found) == found

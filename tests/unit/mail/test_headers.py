"""Header lines: what is written reads back, and what can't be written is refused."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import compat32

import pytest

from notifier.errors import MailGateError
from notifier.mail.headers import (
    address,
    clean,
    clean_body,
    id_header,
    list_id_header,
    mailbox_header,
    message_id_of,
    text_header,
)


def read_back(line: str) -> str:
    parsed = message_from_bytes(line.encode("ascii") + b"\r\n\r\n", policy=compat32)
    [value] = parsed.values()
    return str(make_header(decode_header(value)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Plain words", id="ascii"),
        pytest.param("【逾期1项·到期2项】省教育厅督办事项提醒（2017年12月29日）", id="chinese"),
        pytest.param("=?UTF-8?Q?=0A?=Bcc: x@example.org", id="looks like an encoded word"),
        pytest.param("长" * 900, id="900 characters"),
        pytest.param("a" * 900, id="900 letters without a space"),
        pytest.param("𠮷野家" * 40, id="four-octet characters"),
        pytest.param("", id="empty"),
    ],
)
def test_a_subject_reads_back_as_written(text: str) -> None:
    line = text_header("Subject", text)
    assert read_back(line) == text
    assert all(len(part) <= 76 for part in line.split("\r\n"))


def test_an_encoded_word_never_splits_a_character() -> None:
    line = text_header("Subject", "𠮷" * 100)
    for word in line.removeprefix("Subject: ").split("\r\n "):
        [(raw, charset)] = decode_header(word)
        assert isinstance(raw, bytes)
        assert set(raw.decode(charset or "ascii")) == {"𠮷"}
        assert len(word) <= 75


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("张三\r\nBcc: x@example.org", "张三 Bcc: x@example.org", id="a new line"),
        pytest.param("a\x00b\x85c\u2028d", "a b c d", id="controls and separators"),
        pytest.param("\u202e张\u2066三\u200f", "张三", id="bidi controls"),
        pytest.param("\u200b张\ufeff三", "张三", id="invisible"),
        pytest.param("张\ud800三", "张 三", id="a lone surrogate"),
        pytest.param("张\ufffe三\ufdd0a\U0010ffffb", "张 三 a b", id="no characters"),
        pytest.param("  张   三  ", "张 三", id="white space"),
    ],
)
def test_names_lose_whatever_could_act(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_a_body_keeps_its_lines_and_loses_its_controls() -> None:
    assert clean_body("一\n\t二\x00三\u202e") == "一\n\t二 三"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("zhang@example.org", "zhang@example.org", id="plain"),
        pytest.param("Zhang.San+x@EXAMPLE.org", "Zhang.San+x@example.org", id="the domain in lower case"),
        pytest.param("zhang@教育.example.org", "zhang@xn--wcvs22d.example.org", id="an IDN as A-label"),
        pytest.param("zhang@straße.example", "zhang@xn--strae-oqa.example", id="ß is a letter of its own"),
        pytest.param("zhang@faß。中国", "zhang@xn--fa-hia.xn--fiqs8s", id="an ideographic full stop"),
    ],
)
def test_an_address_becomes_its_wire_form(text: str, expected: str) -> None:
    assert address(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "zhang",
        "@example.org",
        "zhang@",
        "a@example.org,b@example.org",
        "a b@example.org",
        "zhang@example.org\r\nBcc: x@example.org",
        "zhang\x00@example.org",
        "张三@example.org",
        '"zhang san"@example.org',
        "zhang@[192.0.2.1]",
        "zhang@-example.org",
        "zhang@example..org",
        "zhang..san@example.org",
        "ops@localhost",
        " zhang@example.org",
        "zhang@example.org\n",
        "ｚhang@example.org",
        "zhang＠example.org",
        "zhang@192.0.2.1",
        "zhang@例\u202e.org",
        "zhang@xn--zz--.org",
        "zhang@♥.org",
        "<zhang@example.org>",
        "a@b@example.org",
        "x" * 65 + "@example.org",
        "zhang@" + "a" * 64 + ".org",
    ],
)
def test_an_address_that_is_not_plainly_one_is_refused(text: str) -> None:
    with pytest.raises(MailGateError):
        address(text)


@pytest.mark.parametrize(
    "slip",
    ["a@b@example.org", "a b@example.org", "z@example.org\r\nRCPT TO:<x@y.z>", "z@例.org", "z@-a.org", "z"],
)
def test_what_the_law_lets_slip_is_still_refused(slip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifier.mail.headers.lawful_address", lambda text: text)
    with pytest.raises(MailGateError):
        address(slip)


@pytest.mark.parametrize(
    ("display", "expected"),
    [
        pytest.param("", "To: <z@example.org>", id="no name"),
        pytest.param("Zhang San", "To: Zhang San <z@example.org>", id="atoms"),
        pytest.param(
            "Zhang, San", "To: =?utf-8?B?WmhhbmcsIFNhbg==?= <z@example.org>", id="a comma is encoded"
        ),
        pytest.param(
            "a@b.c", "To: =?utf-8?B?YUBiLmM=?= <z@example.org>", id="a name like an address is encoded"
        ),
    ],
)
def test_a_mailbox_shows_its_name_before_the_address(display: str, expected: str) -> None:
    assert mailbox_header("To", display, "z@example.org") == expected


def test_a_long_name_folds_before_the_address() -> None:
    lines = mailbox_header("To", "河南省人力资源和社会保障厅职业能力建设处联络员", "z@example.org").split(
        "\r\n"
    )
    assert len(lines) > 1
    assert all(len(line) <= 76 for line in lines)
    assert lines[-1].endswith("<z@example.org>")


def test_ids_fold_between_and_never_inside() -> None:
    ids = [f"<{'n' * 60}.{number}@example.org>" for number in range(3)]
    header = id_header("References", *ids)
    assert header.split() == ["References:", *ids]
    assert header.count("\r\n") == 2


@pytest.mark.parametrize(
    "text", ["", "n1@example.org", "<n1 x@example.org>", "<n1@example.org>\r\nBcc: x", "<号@x>"]
)
def test_an_id_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(MailGateError):
        id_header("Message-ID", text)


def test_a_message_id_may_come_with_or_without_brackets() -> None:
    assert message_id_of("n1@example.org") == message_id_of("<n1@example.org>") == "<n1@example.org>"


def test_a_list_identifier_is_a_dotted_name() -> None:
    assert list_id_header("", "ducha.example.org") == "List-Id: <ducha.example.org>"
    with pytest.raises(MailGateError):
        list_id_header("", "ducha example")

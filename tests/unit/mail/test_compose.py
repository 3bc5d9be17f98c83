"""The bytes of a mail: its headers, its two parts, and what they share between contacts."""

import re
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifier.digest import Digest, Notice, build
from notifier.errors import MailGateError, TemplateError
from notifier.mail.compose import CACHED_BODIES, Composer, Envelope, Identity

HEADERS = [
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Id",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]


@pytest.fixture
def composer(shipped: Path, identity: Identity) -> Composer:
    return Composer([shipped], identity)


def parsed(data: bytes) -> Message:
    return message_from_bytes(data, policy=compat32)


def header(data: bytes, name: str) -> str:
    return str(make_header(decode_header(parsed(data)[name])))


def parts(data: bytes) -> tuple[str, str]:
    children = parsed(data).get_payload()
    assert isinstance(children, list)
    text, html = (child.get_payload(decode=True) for child in children if isinstance(child, Message))
    assert isinstance(text, bytes)
    assert isinstance(html, bytes)
    return text.decode(), html.decode()


def test_a_mail_has_exactly_the_headers_agreed(
    composer: Composer, digest: Digest, envelope: Envelope
) -> None:
    data = composer.compose(digest, envelope)
    assert parsed(data).keys() == HEADERS
    assert header(data, "From") == "省政府督查室 <ducha@example.org>"
    assert header(data, "To") == "张三 <zhang@example.org>"
    assert header(data, "Reply-To") == "河南省人民政府督查室 <reply@example.org>"
    assert header(data, "Subject") == "【到期1项】省教育厅督办事项提醒（2017年12月29日）"
    assert header(data, "Date") == "Fri, 29 Dec 2017 09:00:00 +0800"
    assert header(data, "Message-ID") == "<n1.1@example.org>"
    assert header(data, "List-Id") == "省政府督查室 <ducha.example.org>"
    assert header(data, "In-Reply-To") == header(data, "References") == "<thread.ducha@example.org>"
    assert header(data, "Auto-Submitted") == "auto-generated"
    assert header(data, "X-Auto-Response-Suppress") == "OOF, AutoReply"


def test_one_moment_in_two_zones_is_told_in_each(
    composer: Composer, digest: Digest, envelope: Envelope
) -> None:
    composer.compose(digest, envelope)
    elsewhere = replace(envelope, date=envelope.date.astimezone(ZoneInfo("Asia/Urumqi")))
    assert header(composer.compose(digest, elsewhere), "Date") == "Fri, 29 Dec 2017 07:00:00 +0600"


def test_text_comes_before_html_and_both_are_base64(
    composer: Composer, digest: Digest, envelope: Envelope
) -> None:
    mail = parsed(composer.compose(digest, envelope))
    assert mail.get_content_type() == "multipart/alternative"
    children = [child for child in mail.walk() if not child.is_multipart()]
    assert [child.get_content_type() for child in children] == ["text/plain", "text/html"]
    assert {child["Content-Transfer-Encoding"] for child in children} == {"base64"}
    assert {child.get_content_charset() for child in children} == {"utf-8"}


@pytest.mark.parametrize("part", [0, 1], ids=["text", "html"])
def test_each_part_says_everything_by_itself(
    composer: Composer, digest: Digest, envelope: Envelope, part: int
) -> None:
    said = re.sub(r"<[^>]+>", "", parts(composer.compose(digest, envelope))[part])
    for expected in (
        "省教育厅：",
        "《职业教育攻坚二期工程实施方案》",
        "豫政办〔2017〕115号",
        "第7项",
        "牵头",
        "黄灯",
        "2017年12月29日（星期五）",
        "今天到期",
        "出台具体措施",
        "建立省级职业教育教学成果奖励制度。",
        "省财政厅",
        "“2017年12月底前”",
        "2017年12月31日（星期日）为休息日，提前至2017年12月29日",
        "河南省人民政府督查室",
        "督查一处",
        "0371-6550 0000",
        "reply@example.org",
        "若联系人有误请告知",
        "自动发送",
    ):
        assert expected in said


def test_the_html_fetches_nothing_and_carries_its_styles_inline(
    composer: Composer, digest: Digest, envelope: Envelope
) -> None:
    html = parts(composer.compose(digest, envelope))[1]
    assert not re.search(
        r"<(?:img|script|link|style|iframe|form|a)\b|url\(|https?:|@import", html, re.IGNORECASE
    )
    assert "max-width:600px" in html
    assert 'font-family:"Microsoft YaHei","PingFang SC",sans-serif' in html.replace("&quot;", '"').replace(
        "'", '"'
    )


def test_the_person_is_named_in_the_header_only(
    composer: Composer, digest: Digest, envelope: Envelope
) -> None:
    text, html = parts(composer.compose(digest, envelope))
    assert "张三" not in text + html


def test_another_contact_of_the_unit_gets_the_same_body_under_other_headers(
    composer: Composer, digest: Digest, envelope: Envelope
) -> None:
    first = composer.compose(digest, envelope)
    other = composer.compose(
        digest,
        replace(envelope, to_name="李四", to_address="li@example.org", message_id="<n2.1@example.org>"),
    )
    assert first.partition(b"MIME-Version")[2] == other.partition(b"MIME-Version")[2]
    assert header(other, "To") == "李四 <li@example.org>"
    assert composer.compose(digest, envelope) == first


def test_a_body_that_was_dropped_from_the_cache_is_made_again_to_the_byte(
    composer: Composer, notice: Notice, envelope: Envelope
) -> None:
    def mail(number: int) -> bytes:
        found = build([replace(notice, ref=str(number))], slot=envelope.date, zone=ZoneInfo("Asia/Shanghai"))
        return composer.compose(found, envelope)

    first = mail(0)
    bodies = {mail(number).partition(b"MIME-Version")[2] for number in range(CACHED_BODIES + 2)}
    assert len(bodies) == CACHED_BODIES + 2
    assert mail(0) == first


def test_redirected_mail_shows_whom_it_was_for(
    composer: Composer, digest: Digest, envelope: Envelope
) -> None:
    data = composer.compose(digest, replace(envelope, redirected_from="true@example.org"))
    assert header(data, "X-Original-To") == "true@example.org"
    assert header(data, "To") == "张三 <zhang@example.org>"
    text, html = parts(data)
    assert "true@example.org" in text
    assert "true@example.org" in html
    assert parsed(composer.compose(digest, envelope)).keys() == HEADERS


def test_hostile_text_is_shown_and_does_nothing(
    composer: Composer, notice: Notice, envelope: Envelope
) -> None:
    hostile = replace(
        notice,
        text="<script>alert(1)</script>{{ 7*7 }}\x00\u202e",
        plan_title="</td><b>题",
        units=("省教育厅\r\nBcc: e@example.org",),
    )
    found = build([hostile], slot=envelope.date, zone=ZoneInfo("Asia/Shanghai"))
    data = composer.compose(
        found, replace(envelope, to_name="=?utf-8?Q?=0A?=Bcc: e@example.org\r\nBcc: e@example.org")
    )
    assert parsed(data).keys() == HEADERS
    text, html = parts(data)
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in html
    assert "<script>alert(1)</script>{{ 7*7 }}" in text
    assert not {"\x00", "\u202e"} & set(text + html)


@pytest.mark.parametrize(
    "to_address", ["a@example.org,b@example.org", "zhang", "zhang@example.org\r\nBcc: x@y.z"]
)
def test_mail_to_no_single_address_is_not_composed(
    composer: Composer, digest: Digest, envelope: Envelope, to_address: str
) -> None:
    with pytest.raises(MailGateError):
        composer.compose(digest, replace(envelope, to_address=to_address))


def test_a_naive_date_is_refused(composer: Composer, digest: Digest, envelope: Envelope) -> None:
    with pytest.raises(ValueError, match="time zone"):
        composer.compose(digest, replace(envelope, date=datetime(2017, 12, 29, 9)))  # noqa: DTZ001


def test_an_office_without_a_reply_address_has_no_reply_to(
    shipped: Path, identity: Identity, digest: Digest, envelope: Envelope
) -> None:
    silent = replace(identity, office=replace(identity.office, reply_to="", phone="", section=""))
    data = Composer([shipped], silent).compose(digest, envelope)
    assert parsed(data).keys() == [name for name in HEADERS if name != "Reply-To"]
    assert "联系" not in parts(data)[0].replace("联系人有误", "")


@pytest.mark.parametrize(
    "over", [{"sender": "no address"}, {"installation": "with space"}, {"domain": "exa mple"}], ids=str
)
def test_an_identity_that_cannot_stand_in_a_header_is_refused(
    shipped: Path, identity: Identity, over: dict[str, Any]
) -> None:
    with pytest.raises(MailGateError):
        Composer([shipped], replace(identity, **over))


def test_a_preview_shows_what_a_mail_holds(composer: Composer, digest: Digest, envelope: Envelope) -> None:
    shown = composer.preview(digest)
    data = composer.compose(digest, envelope)
    assert shown.subject == header(data, "Subject")
    assert tuple(part.replace("\r\n", "\n") for part in parts(data)) == (shown.text, shown.html)


def test_a_plan_may_have_a_section_template_of_its_own(
    shipped: Path, identity: Identity, digest: Digest, tmp_path: Path
) -> None:
    (tmp_path / "plans" / "voc").mkdir(parents=True)
    (tmp_path / "plans" / "voc" / "section.html.j2").write_text(
        "<tr><td>职教专用：{{ section.title }}</td></tr>", "utf-8"
    )
    composer = Composer([tmp_path, shipped], identity)
    composer.check()
    shown = composer.preview(digest)
    assert "职教专用：《职业教育攻坚二期工程实施方案》" in shown.html
    assert "第7项" in shown.text


def test_the_earlier_directory_wins(
    shipped: Path, identity: Identity, digest: Digest, tmp_path: Path
) -> None:
    (tmp_path / "subject.txt.j2").write_text("我的主题\n{{ digest.unit }}", "utf-8")
    assert Composer([tmp_path, shipped], identity).preview(digest).subject == "我的主题 省教育厅"


def test_an_edit_after_loading_changes_nothing(
    shipped: Path, identity: Identity, digest: Digest, tmp_path: Path
) -> None:
    (tmp_path / "subject.txt.j2").write_text("before", "utf-8")
    composer = Composer([tmp_path, shipped], identity)
    (tmp_path / "subject.txt.j2").write_text("after", "utf-8")
    assert composer.preview(digest).subject == "before"


def test_a_template_that_fails_says_where(
    shipped: Path, identity: Identity, digest: Digest, tmp_path: Path
) -> None:
    (tmp_path / "subject.txt.j2").write_text("x\n{{ digest.titel }}", "utf-8")
    with pytest.raises(TemplateError, match=r"subject\.txt\.j2:2: 'digest\.titel' is undefined"):
        Composer([tmp_path, shipped], identity).preview(digest)

"""The built-in text: whatever a digest holds, it makes a mail, and says what it left out."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notifier.digest import Digest, Notice, build
from notifier.errors import MailTooBig
from notifier.mail.compose import Composer, Envelope, Identity, html_part
from notifier.mail.gate import MAX_BYTES
from notifier.mail.plain import built_in


def many(notice: Notice, count: int, text: str) -> Digest:
    notices = [replace(notice, ref=str(number), text=f"{number}号{text}") for number in range(1, count + 1)]
    return build(notices, slot=notice.at, zone=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def composer(shipped: Path, identity: Identity) -> Composer:
    return Composer([shipped], identity)


def test_it_says_what_the_templates_say(digest: Digest, identity: Identity, composer: Composer) -> None:
    found = built_in(digest, office=identity.office)
    assert found.subject == composer.preview(digest).subject
    for expected in (
        "省教育厅：", "《职业教育攻坚二期工程实施方案》", "豫政办〔2017〕115号", "第7项", "牵头", "黄灯", "今天到期",
        "2017年12月29日（星期五）", "建立省级职业教育教学成果奖励制度。", "“2017年12月底前”", "出台具体措施",
        "河南省人民政府督查室", "督查一处", "0371-6550 0000", "reply@example.org", "若联系人有误请告知",
    ):  # fmt: skip
        assert expected in found.text
        assert expected in found.html


def test_it_lacks_nothing_that_holds_for_several_lines_or_for_one_of_several_units(
    notice: Notice, identity: Identity
) -> None:
    late = replace(notice, at=notice.at - timedelta(days=3))
    notices = [
        replace(late, ref="7", units=("省教育厅",)),
        replace(late, ref="8", units=("省科协",), co_units=("省科协", "省财政厅")),
    ]
    digest = build(notices, slot=notice.at, zone=ZoneInfo("Asia/Shanghai"))
    text = built_in(digest, office=identity.office).text
    assert text.count("补发：本提醒应于2017年12月26日（星期二）发出，因当时未能发出，现予补发。") == 1
    assert "提醒单位：省教育厅\n" in text
    assert "提醒单位：省科协\n" in text
    assert "共同责任单位：省财政厅\n" in text


def test_a_redirected_one_shows_whom_it_was_for(digest: Digest, identity: Identity) -> None:
    found = built_in(digest, office=identity.office, redirected_from="true@example.org")
    assert "原收件人：true@example.org" in found.text
    assert "原收件人：true@example.org" in found.html


def test_hostile_text_is_only_text(notice: Notice, identity: Identity) -> None:
    hostile = replace(notice, text="<script>x</script>\0\u202e{{ 7*7 }}", units=("省\r\nBcc: e@x.org",))
    found = built_in(build([hostile], slot=notice.at, zone=ZoneInfo("UTC")), office=identity.office)
    assert "<script>" not in found.html
    assert "&lt;script&gt;x&lt;/script&gt;" in found.html
    assert not {"\0", "\u202e", "\r"} & set(found.text + found.html + found.subject)


def test_a_digest_too_big_for_the_templates_goes_whole_in_plain_words(
    composer: Composer, notice: Notice, envelope: Envelope
) -> None:
    digest = many(notice, 200, "建立省级职业教育教学成果奖励制度。" * 8)
    with pytest.raises(MailTooBig):
        composer.compose(digest, envelope)
    html = html_part(composer.compose(digest, envelope, plain=True)).decode()
    assert html.count("建立省级职业教育教学成果奖励制度。" * 8) == 200


@pytest.mark.parametrize(
    ("count", "text", "whole"),
    [
        pytest.param(400, "建立省级职业教育教学成果奖励制度。" * 40, True, id="400 long tasks, cut short"),
        pytest.param(
            15_000, "建立省级职业教育教学成果奖励制度。" * 2, False, id="15,000 tasks, not all shown"
        ),
        pytest.param(40, "&<\U0001f600" * 20_000, True, id="tasks that are novels"),
    ],
)
def test_a_digest_too_big_for_plain_words_still_goes_as_a_list(
    composer: Composer, notice: Notice, envelope: Envelope, count: int, text: str, whole: bool
) -> None:
    digest = many(notice, count, text)
    for plain in (False, True):
        with pytest.raises(MailTooBig):
            composer.compose(digest, envelope, plain=plain)
    data = composer.compose_short(digest, envelope)
    assert len(data) < MAX_BYTES
    html = html_part(data).decode()
    shown = sum(f"第{number}项" in html for number in range(1, count + 1))
    assert (shown == count) is whole
    assert (f"另有{count - shown}项" in html) is not whole
    assert shown > min(count, 1000) * 0.5
    assert "若联系人有误请告知" in html

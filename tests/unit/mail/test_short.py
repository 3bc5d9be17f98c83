"""The short text that goes where a whole mail is too big."""

import re
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifier.digest import Digest, Notice, build
from notifier.errors import MailTooBig
from notifier.mail.compose import Composer, Envelope, Identity, html_part
from notifier.mail.gate import MAX_BYTES
from notifier.mail.short import short_subject, short_text

SLOT = datetime(2017, 12, 29, 1, tzinfo=UTC)
LONG = "建立省级职业教育教学成果奖励制度，" * 40


@pytest.fixture
def composer(shipped: Path, identity: Identity) -> Composer:
    return Composer([shipped], identity)


def digest_of(notice: Notice, number: int, **values: Any) -> Digest:
    """Return a digest of so many tasks, each due a day after the other."""
    notices = [
        replace(notice, ref=str(ref), day=date(2017, 12, 20) + timedelta(days=ref % 40), text=LONG, **values)
        for ref in range(1, number + 1)
    ]
    return build(notices, slot=SLOT, zone=ZoneInfo("Asia/Shanghai"))


def refs(text: str) -> set[int]:
    return {int(ref) for ref in re.findall(r"^第(\d+)项", text, re.MULTILINE)}


def body(data: bytes) -> str:
    _, _, payload = data.partition(b"\r\n\r\n")
    return b64decode(payload).decode()


def test_it_names_each_task_with_its_first_words_and_day_and_says_what_it_is(
    composer: Composer, notice: Notice, envelope: Envelope
) -> None:
    digest = digest_of(notice, 3)
    data = composer.compose_short(digest, envelope)
    text = body(data)
    assert refs(text) == {1, 2, 3}
    assert "第1项　建立省级职业教育教学成果奖励制度，建立省级" in text
    assert "…　2017年12月21日（已逾期8天）" in text
    assert "超出邮件系统允许的大小，现改发简要清单" in text
    assert "《职业教育攻坚二期工程实施方案》　豫政办〔2017〕115号" in text
    assert "联系电话：0371-6550 0000" in text
    assert "联系邮箱：reply@example.org" in text
    assert "未能列出" not in text
    assert b"Content-Type: text/plain; charset=utf-8\r\n" in data
    assert b"Message-ID: <n1.1@example.org>\r\n" in data
    assert b"Auto-Submitted: auto-generated\r\n" in data


@pytest.mark.parametrize("number", [1, 60, 400])
@pytest.mark.parametrize("at_most", [4_000, 12_000, 64_000])
def test_it_never_exceeds_its_room_and_counts_what_it_leaves_out(
    composer: Composer, notice: Notice, envelope: Envelope, number: int, at_most: int
) -> None:
    data = composer.compose_short(digest_of(notice, number), envelope, at_most=at_most)
    assert len(data) <= at_most
    text = body(data)
    left = re.search(r"另有(\d+)项因篇幅所限未能列出", text)
    assert len(refs(text)) + (int(left[1]) if left else 0) == number
    assert refs(text) == set() or len(refs(text)) >= 1
    assert "联系电话" in text


def test_late_reminders_are_told_to_be_late(notice: Notice, identity: Identity) -> None:
    sentence = "其中有的提醒因当时未能发出，现予补发。"
    assert sentence not in short_text(digest_of(notice, 3), identity.office, most=9_000)
    late = digest_of(notice, 3, at=SLOT - timedelta(days=3))
    assert sentence in short_text(late, identity.office, most=9_000)


def test_words_are_given_up_before_tasks(composer: Composer, notice: Notice, envelope: Envelope) -> None:
    digest = digest_of(notice, 100)
    lengths = []
    for at_most in (40_000, 20_000, 12_000, 9_500):
        text = body(composer.compose_short(digest, envelope, at_most=at_most))
        assert len(refs(text)) == 100
        lengths.append(max(len(found) for found in re.findall(r"项　(建.*?)…", text) or [""]))
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] == 40


def test_the_most_urgent_tasks_are_the_ones_that_fit(notice: Notice, identity: Identity) -> None:
    text = short_text(digest_of(notice, 300), identity.office, most=3_000)
    assert "■ 已逾期" in text
    assert "■ 即将到期" not in text


@pytest.mark.parametrize("at_most", [0, 500, 1_800])
def test_without_room_for_one_task_there_is_no_mail(
    composer: Composer, notice: Notice, envelope: Envelope, at_most: int
) -> None:
    with pytest.raises(MailTooBig, match="no room"):
        composer.compose_short(digest_of(notice, 3), envelope, at_most=at_most)


def test_a_redirected_one_says_for_whom_it_was(
    composer: Composer, notice: Notice, envelope: Envelope
) -> None:
    data = composer.compose_short(digest_of(notice, 1), replace(envelope, redirected_from="li@example.org"))
    assert body(data).startswith("【改投邮件】原收件人：li@example.org。")
    assert b"X-Original-To: li@example.org" in data


def test_a_report_shows_its_text_where_a_whole_mail_has_html(
    composer: Composer, notice: Notice, envelope: Envelope
) -> None:
    digest = build([replace(notice, text="<b>x</b>")], slot=SLOT, zone=ZoneInfo("Asia/Shanghai"))
    page = html_part(composer.compose_short(digest, envelope)).decode()
    assert "第7项　&lt;b&gt;x&lt;/b&gt;　2017年12月29日" in page
    assert "现改发简要清单" in page


def test_text_of_a_document_stays_on_its_line(notice: Notice, identity: Identity) -> None:
    digest = build(
        [replace(notice, text="一\r\nBcc: x@y.cn\u202e二")], slot=SLOT, zone=ZoneInfo("Asia/Shanghai")
    )
    assert "第7项　一 Bcc: x@y.cn二　2017年12月29日" in short_text(digest, identity.office, most=5_000)


def test_the_subject_begins_as_always(notice: Notice) -> None:
    assert (
        short_subject(digest_of(notice, 1)) == "【逾期1项】省教育厅督办事项提醒（2017年12月29日，简要清单）"
    )


@pytest.mark.parametrize(
    "sources",
    [
        pytest.param(
            {"digest.txt.j2": "{% for a in range(99999) %}{{ digest.unit }}{% endfor %}"}, id="a loop"
        ),
        pytest.param(
            {"digest.txt.j2": "督" * 199_000, "digest.html.j2": f"<p>{'督' * 199_000}</p>"}, id="as a whole"
        ),
    ],
)
def test_a_whole_mail_that_grows_too_big_says_so_apart_from_a_fault_of_the_template(
    shipped: Path,
    tmp_path: Path,
    identity: Identity,
    digest: Digest,
    envelope: Envelope,
    sources: dict[str, str],
) -> None:
    for name, source in sources.items():
        (tmp_path / name).write_text(source, "utf-8")
    composer = Composer([tmp_path, shipped], identity)
    with pytest.raises(MailTooBig, match="more than"):
        composer.compose(digest, envelope)
    assert len(composer.compose_short(digest, envelope)) < MAX_BYTES

"""An installation's identity, its shipped templates, and digests to send."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notifier.digest import Digest, Notice, build
from notifier.mail.compose import Envelope, Identity, Office
from notifier.people.phrase import Role
from notifier.timing.checkpoint import Kind

SLOT = datetime(2017, 12, 29, 1, tzinfo=UTC)


@pytest.fixture
def shipped() -> Path:
    """The templates as they are shipped."""
    return Path(__file__).parents[3] / "templates"


@pytest.fixture
def identity() -> Identity:
    """An office with everything filled in."""
    return Identity(
        sender_name="省政府督查室",
        sender="ducha@example.org",
        domain="example.org",
        installation="ducha",
        office=Office(
            name="河南省人民政府督查室",
            section="督查一处",
            phone="0371-6550 0000",
            reply_to="reply@example.org",
        ),
    )


@pytest.fixture
def notice() -> Notice:
    """One task due today."""
    return Notice(
        plan="voc",
        plan_title="职业教育攻坚二期工程实施方案",
        plan_number="豫政办〔2017〕115号",
        ref="7",
        section="三、深度构建产教融合",
        text="建立省级职业教育教学成果奖励制度。",
        timing="2017年12月底前",
        rule="due 2017-12",
        kind=Kind.DUE,
        family=Kind.DUE,
        label="出台具体措施",
        nominal=date(2017, 12, 31),
        day=date(2017, 12, 29),
        at=SLOT,
        role=Role.LEAD,
        units=("省教育厅",),
        co_units=("省教育厅", "省财政厅"),
    )


@pytest.fixture
def digest(notice: Notice) -> Digest:
    """The digest of that one task."""
    return build([notice], slot=SLOT, zone=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def envelope() -> Envelope:
    """What `compose` is told besides the digest."""
    return Envelope(
        to_name="张三",
        to_address="zhang@example.org",
        message_id="<n1.1@example.org>",
        date=SLOT.astimezone(ZoneInfo("Asia/Shanghai")),
    )

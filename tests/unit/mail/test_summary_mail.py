"""The month's summary as a mail: whatever stands in it, it passes the gate."""

import email
from datetime import date
from email import policy
from pathlib import Path
from zoneinfo import ZoneInfo

from notifier.digest.accounting import CalendarMonth, Outcome, Owed
from notifier.digest.bulletin import Fact
from notifier.digest.summary import sum_up
from notifier.digest.summary_content import Besides, Note
from notifier.digest.tally import Tally, TaskName
from notifier.mail.compose import Composer, Envelope, Identity
from notifier.mail.gate import MAX_BYTES
from notifier.timing.checkpoint import Kind


def test_a_summary_full_of_hostile_texts_is_a_sound_mail(
    shipped: Path, identity: Identity, envelope: Envelope
) -> None:
    evil = "\"'<>&\u202e\r\nBcc: evil@example.org {{ 7*7 }}" * 50
    tally, day = Tally(), date(2018, 6, 29)
    for number in range(60):
        task = TaskName(f"plan{number}", evil, f"{number}:7.1", evil)
        outcomes = [
            (f"{evil}{unit}", outcome)
            for unit in range(9)
            for outcome in (Outcome("late", number), Outcome("silent", number))
        ]
        for family in (Kind.DUE, Kind.REPORT):
            owed = Owed(family=family, nominal=day, day=day, label=evil, recurs=False)
            tally.fell_due(task, owed, outcomes, day)
            tally.still_open(task, owed, [(f"{evil}{unit}", number) for unit in range(9)], day)
            tally.comes(task, owed, [(f"{evil}{unit}", 0) for unit in range(9)], day)
    notes = [Note(title=evil, standing="9封", facts=(Fact(word="说明", text=evil),) * 3)] * 90
    besides = Besides(
        extended=notes, extended_total=90, resting=notes, resting_total=90, unreached=notes, unreached_total=90,
        nobody=[evil] * 90, nobody_total=90,
    )  # fmt: skip
    month = CalendarMonth.parse("2018-06")
    summary = sum_up(tally, besides, month=month, now=envelope.date, zone=ZoneInfo("Asia/Shanghai"))
    data = Composer([shipped], identity).compose_bulletin(summary, envelope)
    mail = email.message_from_bytes(data, policy=policy.default)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "【到期2160·按期0·迟报1080·未报1080】2018年6月督办任务月度汇总"
    assert len(data) < MAX_BYTES / 2

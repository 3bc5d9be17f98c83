"""When a daemon counts as well, what is counted of its passes, and the line that systemd shows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from notifier.config.tables import Service
from notifier.ledger.wake import Outlook
from notifier.mail.transport import Outgoing, Result
from notifier.vitals import Counted, Pulse, paused, status_line
from notifier.vitals.pulse import BUCKETS
from tests.fakes import RecordingTransport
from tests.office import beijing

ZONE = ZoneInfo("Asia/Shanghai")
PATIENCE = Service(heartbeat=60).patience


class Steady:
    """A monotonic clock that the test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def run_pass(pulse: Pulse, steady: Steady, name: str, seconds: float, *, fails: bool = False) -> None:
    """Let a pass take so long."""
    try:
        with pulse.timed(name):
            steady.now += seconds
            if fails:
                raise RuntimeError
    except RuntimeError:
        pass


def test_a_daemon_is_well_once_both_passes_succeeded_and_while_they_go_on() -> None:
    steady = Steady()
    pulse = Pulse(steady)
    assert pulse.ills(PATIENCE) == ["no plan pass has succeeded yet", "no send pass has succeeded yet"]
    run_pass(pulse, steady, "plan", 1)
    run_pass(pulse, steady, "send", 1, fails=True)
    assert pulse.ills(PATIENCE) == ["no send pass has succeeded yet"]
    run_pass(pulse, steady, "send", 1)
    assert pulse.ills(PATIENCE) == []
    steady.now += 180
    pulse.beat()
    run_pass(pulse, steady, "send", 0)
    assert pulse.ills(PATIENCE) == ["the last plan pass that succeeded ended 182 s ago"]
    steady.now += 181
    assert pulse.ills(PATIENCE)[0] == "the main thread was last alive 181 s ago"


def test_passes_are_counted_by_how_long_they_took_failed_ones_too() -> None:
    steady = Steady()
    pulse = Pulse(steady)
    for seconds in (0.25, 0.25, 4, 1000):
        run_pass(pulse, steady, "send", seconds)
    run_pass(pulse, steady, "send", 4, fails=True)
    send = pulse.durations()["send"]
    counted = {bound: count for bound, count in zip((*BUCKETS, None), send.counts, strict=True) if count}
    assert counted == {0.5: 2, 5: 2, None: 1}
    assert (send.seconds, send.failures) == (1008.5, 1)
    assert pulse.durations()["plan"].counts == [0] * (len(BUCKETS) + 1)


def test_what_became_of_each_mail_is_counted_and_handed_on() -> None:
    pulse = Pulse()
    fault = Result(state="deferred", scope="server", reply="connect: refused")

    class Half(RecordingTransport):
        def deliver(self, mails: Iterable[Outgoing], **calls: object) -> Result | None:
            super().deliver(islice(mails, 1), **calls)  # type: ignore[arg-type]
            return fault

    mails = [
        Outgoing(id=n, address="a@x.cn", sender="b@x.cn", data=b"", message_id=f"<{n}@x>") for n in (1, 2)
    ]
    got: list[int] = []
    found = Counted(Half(), pulse).deliver(
        mails, begin=lambda _: None, record=lambda mail, _: got.append(mail.id), stop=lambda: False
    )
    assert (found, got) == (fault, [1])
    assert pulse.attempts == {"accepted": 1, "server_fault": 1}


@pytest.mark.parametrize(
    ("fault", "until", "told"),
    [
        (None, None, None),
        ("delivery.hold: nothing is sent", None, "delivery.hold: nothing is sent"),
        (
            "connect: refused",
            beijing("2026-12-01T09:05"),
            "the mail server can't be used, tried again at 12-01 09:05: connect: refused",
        ),
    ],
)
def test_a_paused_server_is_told_with_the_time_of_the_next_try(
    fault: str | None, until: datetime | None, told: str | None
) -> None:
    assert paused(fault, until, ZONE) == told


@pytest.mark.parametrize(
    ("faults", "outlook", "line"),
    [
        (
            (None,),
            Outlook(36, 3, beijing("2026-12-01T09:00")),
            "36 tasks, 3 mails wait, next wake 2026-12-01 09:00 +0800",
        ),
        (
            (),
            Outlook(1, 1, beijing("2026-12-01T09:00")),
            "1 task, 1 mail waits, next wake 2026-12-01 09:00 +0800",
        ),
        (("a", None, "b"), Outlook(), "a; b; 0 tasks, no mail waits, nothing is planned ahead"),
        (("x" * 400,), Outlook(), f"{'x' * 300}…; 0 tasks, no mail waits, nothing is planned ahead"),
    ],
)
def test_the_status_line_has_what_is_wrong_first(
    faults: Sequence[str | None], outlook: Outlook, line: str
) -> None:
    assert status_line(faults, outlook, ZONE) == line

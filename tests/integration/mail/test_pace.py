"""A domain's pace, from a real ledger to a real server: what must wait holds up nothing and loses nothing."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from notifier.ledger.schema import messages
from notifier.mail.pace import Pace
from notifier.mail.session import Server
from notifier.mail.smtp import SmtpTransport
from notifier.mail.transport import Outgoing, Result
from tests.desk import Desk
from tests.office import beijing

SLOT = "2018-05-30T09:00"
ROW = ("培训教师。", "各省辖市政府", "2018年6月底前完成")


def contacts(slow: int, others: int) -> tuple[str, ...]:
    boxes = [f"slow{number}@qq.com" for number in range(slow)]
    boxes += [f"z{number}@example.org" for number in range(others)]
    return tuple(f"郑州市政府,张{number},{box},primary" for number, box in enumerate(boxes))


@dataclass
class Bench:
    folder: Path
    port: int
    desks: list[Desk] = field(default_factory=list)

    def desk(self, slow: int, others: int, per_domain: dict[str, float], extra: str = "") -> Desk:
        pace = Pace(per_domain=per_domain)
        desk = Desk(self.folder).open(rows=(ROW,), contacts=contacts(slow, others), extra=extra)
        self.desks.append(desk)
        server = Server(host="localhost", port=self.port, tls="none", hello="test", connections=2)
        desk.passes.sender.transport = SmtpTransport(server, pace)
        desk.passes.sender.pace = pace
        desk.clock.set(beijing(SLOT))
        desk.passes.plan(desk.clock())
        return desk


@pytest.fixture
def bench(tmp_path: Path, host: Any, mailbox: Any) -> Iterator[Bench]:
    bench = Bench(tmp_path, host.mailbox(mailbox))
    yield bench
    for desk in bench.desks:
        desk.engines[0].dispose()


def left(desk: Desk) -> list[tuple[Any, ...]]:
    found = desk.mails(messages.c.contact, messages.c.state, messages.c.attempts)
    return [(state, attempts) for _, state, attempts in found if state != "accepted"]


def test_a_delivery_lets_others_pass_and_keeps_the_order_within_a_domain(host: Any, mailbox: Any) -> None:
    transport = SmtpTransport(
        Server(
            host="localhost",
            port=host.mailbox(mailbox),
            tls="none",
            hello="test",
            connections=3,
        ),
        Pace(per_domain={"qq.com": 4}),
    )
    boxes = ["a@qq.com", "b@qq.com", "c@qq.com", "d@example.org", "e@example.org", "f@QQ.com"]
    mails = [
        Outgoing(
            id=n,
            address=box,
            sender="o@example.org",
            data=b"Subject: x\r\n\r\nx\r\n",
            message_id=f"<{n}@x.cn>",
        )
        for n, box in enumerate(boxes)
    ]
    began: dict[str, float] = {}
    results: list[Result] = []

    def begin(mail: Outgoing) -> None:
        began[mail.address] = time.monotonic()

    started = time.monotonic()
    assert (
        transport.deliver(
            mails,
            begin=begin,
            record=lambda _mail, result: results.append(result),
            stop=lambda: False,
        )
        is None
    )
    assert {result.state for result in results} == {"accepted"}
    assert len(results) == 6
    slow = [began[box] for box in ("a@qq.com", "b@qq.com", "c@qq.com", "f@QQ.com")]
    assert slow == sorted(slow)
    # Each mail begins after its turn, however long that takes it.
    assert slow[-1] - started > 0.749
    assert max(began["d@example.org"], began["e@example.org"]) < slow[1]


def test_mail_behind_a_whole_batch_for_a_slow_domain_goes_in_the_same_pass(
    bench: Bench, mailbox: Any
) -> None:
    desk = bench.desk(slow=150, others=30, per_domain={"qq.com": 0.02})
    started = time.monotonic()
    outcome = desk.passes.send()
    assert time.monotonic() - started < 10
    assert sum(to.endswith("@example.org") for to, _ in mailbox.got) == 30
    assert sum(to.endswith("@qq.com") for to, _ in mailbox.got) == 1
    assert left(desk) == [("queued", 0)] * 149
    # It wakes when the domain has rested, and doesn't spin until then.
    assert outcome.next_at is not None
    assert 40 < (outcome.next_at - desk.clock()).total_seconds() <= 50


def test_what_waits_for_its_domain_goes_in_the_pass_when_nothing_else_is_due(
    bench: Bench, mailbox: Any
) -> None:
    desk = bench.desk(slow=6, others=2, per_domain={"qq.com": 8})
    started = time.monotonic()
    desk.passes.send()
    assert time.monotonic() - started > 5 / 8 - 0.04
    assert len(mailbox.got) == 8
    assert left(desk) == []


def test_a_stop_while_a_domain_rests_gives_back_what_was_claimed(bench: Bench, mailbox: Any) -> None:
    desk = bench.desk(slow=5, others=1, per_domain={"qq.com": 0.5})
    started = time.monotonic()
    desk.passes.send(lambda: time.monotonic() - started > 0.6)
    assert time.monotonic() - started < 2
    assert len(mailbox.got) == 2
    assert left(desk) == [("queued", 0)] * 4


@pytest.mark.parametrize(("domain", "went"), [("example.net", 1), ("qq.com", 6)])
def test_redirected_mail_has_the_pace_of_where_it_really_goes(
    bench: Bench, mailbox: Any, domain: str, went: int
) -> None:
    extra = '[delivery]\nmode = "redirect"\nredirect_to = "ops@example.net"\n'
    desk = bench.desk(slow=6, others=0, per_domain={domain: 0.02}, extra=extra)
    desk.passes.send()
    assert [to for to, _ in mailbox.got] == ["ops@example.net"] * went


def test_the_pace_of_the_configuration_reaches_transport_and_pass_alike(tmp_path: Path) -> None:
    desk = Desk(tmp_path).open(
        rows=(ROW,), extra='[mail.per_domain]\n"qq.com" = 0.5\n[delivery]\nmode = "live"\n'
    )
    transport = desk.app.smtp_transport()
    assert desk.passes.sender.pace is desk.app.pace is transport._pace
    desk.app.pace.take("a@qq.com")
    assert desk.app.pace.shortest_rest() > 1
    desk.engines[0].dispose()

"""Which refusals are no more than a rate limit: the shipped table against replies as providers document them."""

from datetime import timedelta
from pathlib import Path

import pytest

from notifier.app import build
from notifier.mail.transport import Result, State
from notifier.passes.retry import Override, overruled, pause
from tests.office import office

# Tencent's and NetEase's help for those who send to them, Aliyun DirectMail's list of errors.
LIMITS = {
    "550 Ip frequency limited. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000725": 15,
    "550 Connection frequency limited": 15,
    "550 Domain frequency limited": 15,
    "550 Sender frequency limited. [a1b2 IP: 192.0.2.1]": 15,
    "550 Mailbox unavailable or access denied": 30,
    "450 RP:DRC smtp8,DMCowEBJN0,1528": 5,
    "550 RP:DRC smtp8,DMCowEBJN0,1528": 5,
    "450 MI:DMC smtp8,DMCowEBJN0,1528": 5,
    "550 MI:DMC smtp8": 5,
    "451 MI:SFQ smtp8": 5,
    "451 RP:QRC smtp8": 5,
    "451 DT:SPM ,please try again": 5,
    "550 DT:SPM smtp8": 5,
    "550 RP:TRC smtp8": 240,
    "554 MI:STC smtp8": 240,
    "552 Daily sending quota exceeded": 240,
    "MAIL: 421 HL:ICC mx12": 15,
}
FOR_GOOD = (
    "550 5.1.1 No such user",
    "550 Mailbox not found. http://service.mail.qq.com/cgi-bin/help?no=1000728",
    "550 Mailbox unavailable",
    "550 Mail content denied",
    "550 User not found: a@example.org",
    "550 MI:SPF mx1",
    "554 DT:SPM mx1",
    "554 DT:SUM mx1",
    "552 2048 octets, the server takes 1024",
    "553 Local user only",
)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Override, ...]:
    config = office(tmp_path_factory.mktemp("office"))
    return build(config).overrides


@pytest.mark.parametrize(("reply", "minutes"), LIMITS.items(), ids=LIMITS)
def test_a_providers_rate_limit_is_put_off(shipped: tuple[Override, ...], reply: str, minutes: int) -> None:
    state: State = "refused" if " 5" in f" {reply}" else "deferred"
    found, wait = overruled(Result(state=state, scope="message", reply=reply), shipped)
    assert found == Result(state="deferred", scope="message", reply=reply)
    assert wait == timedelta(minutes=minutes)


@pytest.mark.parametrize("reply", FOR_GOOD)
def test_a_refusal_for_good_stays_one(shipped: tuple[Override, ...], reply: str) -> None:
    refusal = Result(state="refused", scope="recipient", reply=reply)
    assert overruled(refusal, shipped) == (refusal, timedelta(0))


@pytest.mark.parametrize("state", ["accepted", "uncertain"])
def test_neither_a_yes_nor_a_missing_answer_is_overruled(shipped: tuple[Override, ...], state: State) -> None:
    result = Result(state=state, scope="message", reply="frequency limited")
    assert overruled(result, shipped) == (result, timedelta(0))


def test_the_first_entry_that_fits_counts(tmp_path: Path) -> None:
    extra = '[delivery]\ndefer = [{ reply = "55", wait = 1 }, { reply = "550", wait = 2 }, { reply = "4" }]\n'
    own = build(office(tmp_path, extra=extra)).overrides
    refusal = Result(state="refused", scope="recipient", reply="550 no")
    assert overruled(refusal, own)[1] == timedelta(minutes=1)
    assert overruled(Result(state="deferred", scope="recipient", reply="450 no"), own)[1] == timedelta(0)


@pytest.mark.parametrize(
    ("state", "reply", "first", "fourth"),
    [
        pytest.param("refused", "AUTH: 535 5.7.8 Wrong password", 15, 30, id="a wrong password"),
        pytest.param("refused", "AUTH: the server offers no login we know", 15, 30, id="no login offered"),
        pytest.param("refused", "MAIL: 530 5.7.0 Must issue STARTTLS first", 15, 30, id="a login missing"),
        pytest.param("deferred", "AUTH: 454 4.7.0 Try later", 1, 30, id="a login put off"),
        pytest.param("deferred", "connect: refused", 1, 30, id="no server"),
        pytest.param("refused", "RCPT: 553 not a login", 1, 30, id="another refusal"),
    ],
)
def test_a_refused_login_waits_a_quarter_of_an_hour_at_least(
    state: State, reply: str, first: int, fourth: int
) -> None:
    fault = Result(state=state, scope="server", reply=reply)
    assert pause(fault, 1, ()) == timedelta(minutes=first)
    assert pause(fault, 4, ()) == timedelta(minutes=fourth)

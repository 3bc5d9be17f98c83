"""Postfix's smtp-sink misbehaves at each step of SMTP: whose fault it is, and whether the mail was begun."""

import pytest

from tests.faults.sink import sink
from tests.faults.way import LARGE, SMALL, deliver

BEFORE = ("CONNECT", "EHLO", "MAIL", "RCPT")
CASES = [
    *[pytest.param("-r", verb, "deferred", [], id=f"{verb} 4xx") for verb in ("CONNECT", "EHLO", "MAIL")],
    *[pytest.param("-f", verb, "refused", [], id=f"{verb} 5xx") for verb in ("CONNECT", "EHLO", "MAIL")],
    *[pytest.param("-Q", verb, "deferred", [], id=f"{verb} 421") for verb in BEFORE],
    *[pytest.param("-q", verb, "deferred", [], id=f"{verb} drop") for verb in BEFORE],
    pytest.param("-r", "RCPT", None, ["deferred 1", "deferred 2"], id="RCPT 4xx"),
    pytest.param("-f", "RCPT", None, ["refused 1", "refused 2"], id="RCPT 5xx"),
    *[
        pytest.param(
            option, verb, None, ["begin 1", f"{state} 1", "begin 2", f"{state} 2"], id=f"{verb} {kind}"
        )
        for verb in ("DATA", ".")
        for option, kind, state in (
            ("-r", "4xx", "deferred"),
            ("-f", "5xx", "refused"),
            ("-q", "drop", "uncertain"),
        )
    ],
    *[
        pytest.param("-Q", verb, "deferred", ["begin 1", "deferred 1"], id=f"{verb} 421")
        for verb in ("DATA", ".")
    ],
]


@pytest.mark.parametrize(("option", "verb", "fault", "lines"), CASES)
def test_where_it_failed_says_whose_fault_it_is(
    option: str, verb: str, fault: str | None, lines: list[str]
) -> None:
    with sink(option, verb) as port:
        told = deliver(port, bodies=[SMALL, SMALL])
    assert told.lines == lines
    if fault is not None:
        assert told.fault is not None
        assert (told.fault.scope, told.fault.state) == ("server", fault)


def test_a_server_that_ends_in_the_middle_of_a_mail_leaves_it_uncertain() -> None:
    with sink("-A", "0") as port:
        told = deliver(port, bodies=[LARGE])
    assert told.lines in (["begin 1", "uncertain 1"], ["begin 1", "refused 1"], ["begin 1", "deferred 1"])


def test_a_server_that_takes_its_time_after_the_dot_is_waited_for() -> None:
    with sink("-W", ".:1") as port:
        assert deliver(port).lines == ["begin 1", "accepted 1"]
        assert deliver(port, data_timeout=0.3).lines == ["begin 1", "uncertain 1"]

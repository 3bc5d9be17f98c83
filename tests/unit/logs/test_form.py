"""How a record reads: fields, priorities, escapes; a line can't be forged, an address can't be read."""

import json
import logging
import re
import sys
from datetime import datetime
from typing import Any

import pytest

from notifier.logs.form import Form


def record(
    message: str = "Ready", *args: object, level: int = logging.INFO, **extra: Any
) -> logging.LogRecord:
    """Return a record as a logger of ours makes it."""
    made = logging.LogRecord("notifier.daemon", level, __file__, 1, message, args, None)
    vars(made).update({"action": "ready", **extra})
    return made


def failed(error: Exception) -> logging.LogRecord:
    """Return a record of a caught exception."""
    try:
        raise error
    except Exception:
        made = record("It failed", level=logging.ERROR, action="pass_failed")
        made.exc_info = sys.exc_info()
        return made


def test_a_record_that_was_made_with_no_trace_wanted_is_told() -> None:
    made = record("It failed", level=logging.ERROR, exc_info=False)
    assert Form("logfmt", in_journal=True).format(made) == '<3>level=error action=ready message="It failed"'


def test_in_the_journal_a_line_has_its_priority_and_no_time() -> None:
    form = Form("logfmt", in_journal=True)
    assert form.format(record(attempt=2)) == "<6>level=info action=ready message=Ready attempt=2"


def test_elsewhere_a_line_begins_with_the_time_and_its_zone() -> None:
    line = Form("logfmt", in_journal=False).format(record())
    found = re.fullmatch(r"time=(\S+) level=info action=ready message=Ready", line)
    assert found is not None
    assert datetime.fromisoformat(found[1]).utcoffset() is not None


@pytest.mark.parametrize(
    ("level", "priority"),
    [
        (logging.DEBUG, 7),
        (logging.INFO, 6),
        (25, 4),
        (logging.WARNING, 4),
        (logging.ERROR, 3),
        (logging.CRITICAL, 2),
        (60, 2),
    ],
)
def test_each_level_has_the_journals_priority(level: int, priority: int) -> None:
    assert Form("logfmt", in_journal=True).format(record(level=level)).startswith(f"<{priority}>")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param("250 Ok", '"250 Ok"', id="space"),
        pytest.param("", '""', id="empty"),
        pytest.param("a=b", '"a=b"', id="equals sign"),
        pytest.param('say "no"', '"say \\"no\\""', id="quotes"),
        pytest.param("C:\\n", '"C:\\\\n"', id="backslash"),
        pytest.param(
            "550 no\r\n<1>level=info action=ready",
            '"550 no\\r\\n<1>level=info action=ready"',
            id="line break",
        ),
        pytest.param("\x1b[2J\x9b", '"\\u001b[2J\\u009b"', id="terminal"),
        pytest.param("a\u2028b\u202ec", '"a\\u2028b\\u202ec"', id="Unicode line break and direction"),
        pytest.param("\udcb1.toml", '"\\udcb1.toml"', id="half a surrogate pair"),
        pytest.param("不存在", "不存在", id="Chinese"),
        pytest.param(True, "True", id="bool"),
        pytest.param(0.5, "0.5", id="number"),
    ],
)
def test_no_value_can_begin_a_line_or_a_field(value: object, written: str) -> None:
    form = Form("logfmt", in_journal=True)
    assert form.format(record(reply=value)) == f"<6>level=info action=ready message=Ready reply={written}"
    told = Form("json", in_journal=False).format(record(reply=value))
    assert told.isprintable()
    assert json.loads(told)["reply"] == (
        value if isinstance(value, float) and value is not True else str(value)
    )


def test_json_is_one_document_a_line_with_the_traceback_in_it() -> None:
    line = Form("json", in_journal=True).format(failed(ValueError("550 zhao@x.cn\nlevel=info")))
    assert line.startswith("<3>{")
    assert "\n" not in line
    told = json.loads(line.removeprefix("<3>"))
    assert (told["level"], told["action"], told["message"]) == ("error", "pass_failed", "It failed")
    assert told["exception"].endswith("ValueError: 550 z***@x.cn\nlevel=info\n")


def test_in_logfmt_every_line_of_a_traceback_is_indented_and_has_the_priority() -> None:
    first, *others = (
        Form("logfmt", in_journal=True).format(failed(ValueError("550\nlevel=info\rx\x85y"))).split("\n")
    )
    assert first == '<3>level=error action=pass_failed message="It failed"'
    assert all(line.startswith("<3>  ") for line in others)
    assert others[-2:] == ["<3>  ValueError: 550", "<3>  level=info\\u000dx\\u0085y"]


@pytest.mark.parametrize("layout", ["logfmt", "json"])
def test_an_address_is_masked_in_message_arguments_fields_and_exceptions(layout: str) -> None:
    made = failed(ValueError("zhao@x.gov.cn"))
    made.msg, made.args = "550 <zhao@x.gov.cn> %s", ("zhao@x.gov.cn",)
    vars(made)["reply"] = {"to": "zhao@x.gov.cn"}
    line = Form(layout, in_journal=False).format(made)
    assert "zhao" not in line
    assert line.count("z***@x.gov.cn") == 4


def test_a_record_of_a_library_says_so_and_whose_it_is() -> None:
    made = logging.LogRecord("asyncio", logging.WARNING, __file__, 1, "slow", (), None)
    assert (
        Form("logfmt", in_journal=True).format(made)
        == "<4>level=warning action=library logger=asyncio message=slow"
    )


def test_arguments_that_do_not_fit_lose_no_message() -> None:
    line = Form("logfmt", in_journal=True).format(record("%d of %d", "one"))
    assert 'message="%d of %d (its arguments don\'t fit)"' in line


def test_no_line_grows_without_bound() -> None:
    made = failed(ValueError("a@" * 50_000))
    made.msg = "b" * 100_000
    for layout in ("logfmt", "json"):
        line = Form(layout, in_journal=True).format(made)
        assert len(line) < 25_000
        assert "[… 96000 more]" in line

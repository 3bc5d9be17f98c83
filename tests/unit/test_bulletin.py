"""What an ops mail says: the most urgent first, bounded, and in the office's own words."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifier.digest.bulletin import Bulletin, Matter, Snippet, compile_bulletin
from notifier.digest.bulletin_words import tasks_text

NOW = datetime(2018, 3, 1, 1, tzinfo=UTC)
TODAY = date(2018, 3, 1)


def matter(kind: str, **facts: Any) -> Matter:
    """Return a matter of a kind."""
    return Matter(**{"key": kind, "kind": kind, "lasts": True, "title": kind, **facts})


def bulletin(*matters: Matter, still_open: tuple[Matter, ...] = ()) -> Bulletin:
    return compile_bulletin(matters, still_open, now=NOW, zone=ZoneInfo("Asia/Shanghai"))


def test_failures_come_first_then_what_hurts_soonest_then_what_is_good_to_know() -> None:
    found = bulletin(
        matter("uncertain"),
        matter("review"),
        matter("open_end", first=TODAY + timedelta(days=7)),
        matter("term", first=TODAY + timedelta(days=2)),
        matter("no_contact", first=TODAY + timedelta(days=8)),
        matter("hold"),
        matter("failed"),
    )
    assert [part.key for part in found.parts] == [
        "failed", "hold", "term", "open_end", "no_contact", "review", "uncertain",
    ]  # fmt: skip
    assert found.headline == "未送达1封·运行异常1项·待处理4项·供了解1项，急2项"
    assert (found.total, found.urgent) == (7, 2)
    assert [part.light for part in found.parts] == ["red", "red", "red", "red", "yellow", "yellow", "green"]


def test_a_date_of_all_entries_is_said_once() -> None:
    day = TODAY + timedelta(days=30)
    (part,) = bulletin(matter("review", first=day), matter("review", first=day)).parts
    assert (part.day_text, part.standing) == ("2018年3月31日", "还有30天")
    assert {entry.day_text for entry in part.entries} == {""}
    (part,) = bulletin(matter("review", first=day), matter("review")).parts
    assert part.day_text == ""
    assert [entry.day_text for entry in part.entries] == ["2018年3月31日", ""]


def test_lines_for_one_table_stand_together_each_once() -> None:
    def line(where: str, text: str) -> Matter:
        return matter("open_group", snippet=Snippet(where=where, lines=(text,)))

    (part,) = bulletin(line("[a]", "x"), line("[b]", "y"), line("[a]", "z"), line("[a]", "x")).parts
    assert part.snippets == (
        Snippet(where="[a]", lines=("x", "z")),
        Snippet(where="[b]", lines=("y",)),
    )


def test_of_each_kind_fifty_are_listed_and_the_rest_is_counted() -> None:
    found = bulletin(*[matter("failed")] * 10_000, still_open=(matter("review"),) * 70)
    (part,) = found.parts
    assert (part.total, len(part.entries), part.rest) == (10_000, 50, 9_950)
    assert (len(found.still_open), found.still_open_total) == (50, 70)


def test_long_and_hostile_texts_leave_room_for_the_mail_to_pass() -> None:
    evil = '<"&' * 10_000
    kinds = ("failed", "review", "row", "contact", "uncertain", "missed")
    found = bulletin(*(matter(kind, title=evil) for kind in kinds for _ in range(60)))
    shown = sum(len(entry.title) for part in found.parts for entry in part.entries)
    assert shown < 20_000
    assert all(len(part.entries) + part.rest == part.total == 60 for part in found.parts)


@pytest.mark.parametrize(
    ("refs", "text"),
    [
        (["7"], "第7项"),
        (["7", "8"], "第7、8项"),
        (["22", "3", "23", "24", "17"], "第3、17、22—24项"),
        (["2:7", "7.2"], "第2部分第7项、第7项之2"),
        ([str(number) for number in range(1, 60, 2)], "第1、3、5、7、9、11、13、15、17、19、21、23项等30项"),
    ],
    ids=["one", "two", "runs", "sections", "many"],
)
def test_tasks_are_named_as_the_office_names_them(refs: list[str], text: str) -> None:
    assert tasks_text(refs) == text

"""What the mails to the office's own people may have to show, for the proof of their templates."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from notifier.digest.bulletin import Bulletin, Fact, Matter, Snippet, compile_bulletin
from notifier.digest.bulletin_words import KIND_WORDS
from notifier.digest.summary_content import Block, Point, Row, Summary
from notifier.digest.wording import LIGHT_WORDS

HOSTILE: Final = "<b>敌</b>"
_TODAY: Final = date(2018, 3, 1)
_ZONE: Final = ZoneInfo("Asia/Shanghai")


def bulletins() -> Iterator[Bulletin]:
    """Yield bulletins that between them hold every kind of matter, each optional field set and empty."""
    now = datetime(2018, 3, 1, 1, tzinfo=UTC)
    full = [
        Matter(
            key=kind,
            kind=kind,
            lasts=True,
            title=HOSTILE,
            tasks=HOSTILE,
            facts=(Fact(word="系统记录", text=HOSTILE),),
            snippet=Snippet(where=where, lines=(HOSTILE,)),
            first=first,
        )
        for kind in KIND_WORDS
        for where, first in (("[groups]", _TODAY), ("", _TODAY + timedelta(days=90)))
    ]
    bare = [Matter(key=kind, kind=kind, lasts=False, title=HOSTILE) for kind in KIND_WORDS]
    for news, still_open in ((full + bare, full), (bare * 60, []), ([], full * 60)):
        yield compile_bulletin(news, still_open, now=now, zone=_ZONE)


def summaries() -> Iterator[Summary]:
    """Yield summaries that between them hold every block, each optional field set and empty."""
    row = Row(name=HOSTILE, due=4, on_time=1, late=1, silent=1, resting=1)
    quiet = Row(name="", due=0, on_time=0, late=0, silent=0, resting=0)
    bare = Summary(
        month=_TODAY.replace(month=2),
        month_text="2018年2月",
        next_text="2018年3月",
        date=_TODAY,
        date_text="2018年3月1日",
        weekday="星期四",
        as_of="2018年3月1日09:00",
        total=0,
        tasks=0,
        headline="无到期任务",
        numbers=quiet,
        plans=(),
        plans_rest=0,
        units=(),
        units_rest=None,
        units_total=0,
        punctual=0,
        blocks=(),
    )
    yield bare
    for rest in (0, 3):
        blocks = [
            Block(
                key=key,
                title=HOSTILE,
                light=light,
                count=HOSTILE,
                note=HOSTILE if rest else "",
                points=tuple(
                    Point(title=HOSTILE, standing=HOSTILE if facts else "", facts=facts)
                    for facts in ((), (Fact(word="期限", text=HOSTILE),))
                ),
                rest=rest,
            )
            for key in ("silent", "before", "late", "extended", "resting", "mail", "ahead")
            for light in LIGHT_WORDS
        ]
        yield replace(
            bare,
            total=4,
            tasks=1,
            headline="到期4·按期1·迟报1·未报1",
            numbers=row,
            plans=(row, row),
            plans_rest=rest,
            units=(row, row),
            units_rest=row if rest else None,
            units_total=2 + rest,
            punctual=rest,
            blocks=tuple(blocks),
        )

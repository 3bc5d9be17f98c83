"""The content of the month's summary: how the month past went, the worst first. Pure.

Everything a template shows is settled here. However large the office, it stays bounded: of each list the first stand
there and the rest is counted.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from notifier.digest import wording
from notifier.digest.accounting import CalendarMonth
from notifier.digest.bulletin import Room
from notifier.digest.summary_blocks import TITLE, blocks, month_text, shortened
from notifier.digest.summary_content import MOST_ROWS, Besides, Row, Summary
from notifier.digest.tally import Counts, Tally


def sum_up(tally: Tally, besides: Besides, *, month: CalendarMonth, now: datetime, zone: ZoneInfo) -> Summary:
    """Return the summary of a month as it is known at `now`, which must be aware; days are those of `zone`."""
    local = now.astimezone(zone)
    room = Room()
    worst = sorted(
        ((name, counts) for name, counts in tally.units.items() if counts.silent or counts.late),
        key=lambda unit: (-unit[1].silent, -unit[1].late, -unit[1].most_days, -unit[1].due),
    )  # stable: else the documents' order
    plans = sorted(tally.plans.items(), key=lambda plan: (-plan[1][1].silent, -plan[1][1].late, plan[0]))
    shown_plans = tuple(_rows(((title or key, counts) for key, (title, counts) in plans), room))
    shown_units = tuple(_rows(worst, room))
    others = Counts()
    for _, counts in worst[len(shown_units) :]:
        others.join(counts)
    return Summary(
        month=month.first,
        month_text=month_text(month),
        next_text=month_text(month.after),
        date=local.date(),
        date_text=wording.day_text(local.date()),
        weekday=wording.weekday(local.date()),
        as_of=f"{wording.day_text(local.date())}{local:%H:%M}",
        total=tally.counts.due,
        tasks=tally.tasks,
        headline=_headline(tally),
        numbers=_row("", tally.counts),
        plans=shown_plans,
        plans_rest=len(plans) - len(shown_plans),
        units=shown_units,
        units_rest=_row(f"其余{len(worst) - len(shown_units)}个单位", others) if others.due else None,
        units_total=len(tally.units),
        punctual=sum(counts.on_time == counts.due for counts in tally.units.values()),
        blocks=tuple(blocks(tally, besides, month, room)),
    )


def _rows(found: Iterable[tuple[str, Counts]], room: Room) -> Iterator[Row]:
    for number, (name, counts) in enumerate(found):
        row = _row(shortened(name, TITLE), counts)
        if number == MOST_ROWS or not room.takes(row.name):
            return
        yield row


def _row(name: str, counts: Counts) -> Row:
    return Row(
        name=name,
        due=counts.due,
        on_time=counts.on_time,
        late=counts.late,
        silent=counts.silent,
        resting=counts.resting,
    )


def _headline(tally: Tally) -> str:
    counts = tally.counts
    if not counts.due:
        return "无到期任务"
    told = [f"到期{counts.due}", f"按期{counts.on_time}", f"迟报{counts.late}", f"未报{counts.silent}"]
    return "·".join(told)

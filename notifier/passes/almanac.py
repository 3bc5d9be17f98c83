"""What the almanac lacks for the years that the plans reach: yearly notices, opening days, clashing events."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from notifier.passes.book import PlanEntry, TaskEntry
from notifier.passes.item import Item
from notifier.passes.setting import Setting
from notifier.timing.context import Context
from notifier.timing.outline import terms_named
from notifier.timing.stream import between, stream

_ASKED_FROM = (12, 1)  # by then the State Council's notice for the next year has been published
_TERMS_ASKED = timedelta(days=60)  # before the first notice that hangs on an opening day


def almanac(book: Sequence[PlanEntry], setting: Setting, now: datetime) -> Iterator[Item]:
    """Yield what a person has to add to the calendar, the terms and the events."""
    yield from _notices(book, setting, now)
    for entry in book:
        context = entry.context(setting, now)
        terms: dict[int, tuple[Item, ...]] = {}  # by reading: of one phrase it is one object
        for task in entry.tasks:
            if (items := terms.get(id(task.reading))) is None:
                terms[id(task.reading)] = items = tuple(_terms(entry, task, context, now))
            for item in items:
                yield replace(item, tasks=(task.row.ref,))
    for name, day in sorted(setting.recorded.items()):
        if (other := setting.events.get(name, day)) != day:
            assigned = f"{json.dumps(name, ensure_ascii=False)} = {day}"
            yield Item(
                kind="clash",
                message=f"event {name}: config.toml says {other}, `notifier event` said {day}, which wins",
                hint=f"[events]\n{assigned}   # or: notifier event {name} --forget",
                zh=f"事件“{name}”：config.toml 写的是{other}，notifier event 命令登记的是{day}，现以后者为准",
            )


def _notices(book: Sequence[PlanEntry], setting: Setting, now: datetime) -> Iterator[Item]:
    """Yield a missing year of working days once its notice should be there and a task reaches the year."""
    today, known = setting.policy.local_day(now), setting.calendar.known_until
    last = today.year + (today >= date(today.year, *_ASKED_FROM))
    for year in range(known.year + 1, last + 1):
        # The notice of a year rules from the last week of the year before to the last but one of its own.
        since = max(now, setting.policy.notice_instant(known.replace(year=year - 1)))
        until = setting.policy.notice_instant(known.replace(year=year))
        reaching = 0
        first: date | None = None
        seen: dict[tuple[str, int], date | None] = {}
        for entry in book:
            context = entry.context(setting, now)
            for task in entry.tasks:
                key = (entry.key, id(task.reading))
                if key not in seen:
                    there = next(between(task.rule, context, since, until), None)
                    seen[key] = None if there is None else setting.policy.local_day(there.at)
                if (day := seen[key]) is not None:
                    reaching += 1
                    first = day if first is None else min(first, day)
        if reaching:
            yield Item(
                kind="calendar",
                message=f"the State Council's notice on the working days of {year} is not known: what falls"
                f" after {known} is provisional, and {reaching} tasks reach there",
                hint=f"update the holidays package, or list {year}'s days under [calendar] off / work",
                zh=f"{year}年节假日安排尚未载入，{known}以后的日期都是暂定的，涉及{reaching}项任务",
                about=str(year),
                first=first,
            )


def _terms(entry: PlanEntry, task: TaskEntry, context: Context, now: datetime) -> Iterator[Item]:
    """Yield the opening days that are a convention and still ahead, shortly before a notice hangs on them."""
    today = context.policy.local_day(now)
    named = [
        (year, season, opens)
        for year, season in terms_named(task.rule, range(today.year, today.year + 2))
        if context.term_is_computed(year, season) and (opens := context.term_opens(year, season)) >= today
    ]
    if not named or (coming := next(stream(task.rule, context, now), None)) is None:
        return
    first = context.policy.local_day(coming.at)
    if first - today > _TERMS_ASKED:
        return
    year, season, opens = min(named, key=lambda term: term[2])
    yield Item(
        kind="term",
        plan=entry.key,
        tasks=(task.row.ref,),
        message=f"the {season} term of {year} is taken to open on {opens}, by convention; nobody has confirmed it",
        hint=f'[terms]\n"{year}-{season}" = {opens}   # or its true opening day',
        zh=f"{year}年{'春' if season == 'spring' else '秋'}季学期暂按惯例推定{opens}开学，请核实",
        first=first,
    )

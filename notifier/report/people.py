"""What needs a person, as the office reads it: whom nobody reaches, what isn't understood, who is told nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from notifier.app import App
from notifier.digest import wording
from notifier.digest.bulletin_words import KIND_WORDS, tasks_text
from notifier.passes.item import Item
from notifier.people.directory import Contact
from notifier.rehearsal.found import Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A unit at which there is nobody to tell, and how much of the rehearsal that is."""

    unit: str
    reminders: int
    first: str
    tasks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One matter that needs a person, with the lines that settle it."""

    tasks: str
    text: str
    first: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matters:
    """The matters of one kind."""

    kind: str
    title: str
    advice: str
    entries: tuple[Entry, ...]


def lost_units(lost: Iterable[Unreachable], numbers: Mapping[int, int]) -> list[Lost]:
    """Return whom the rehearsal could not reach, those with most reminders first."""
    by_unit: dict[str, list[Unreachable]] = {}
    for one in lost:
        by_unit.setdefault(one.unit, []).append(one)
    ordered = sorted(by_unit.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return [
        Lost(
            unit=unit,
            reminders=len(missed),
            first=wording.day_text(min(one.at for one in missed).date()),
            tasks=tuple(sorted({numbers[one.checkpoint.task.id] for one in missed})),
        )
        for unit, missed in ordered
    ]


def matters(items: Sequence[Item], titles: Mapping[str, str]) -> list[Matters]:
    """Return the preflight items by kind, the gravest first; `titles` says which document, where there are several."""
    kinds = {kind: place for place, kind in enumerate(KIND_WORDS)}
    by_kind: dict[str, list[Entry]] = {}
    for item in sorted(items, key=lambda item: kinds.get(item.kind, len(kinds))):
        where = titles.get(item.plan, "") if len(titles) > 1 else ""
        by_kind.setdefault(item.kind, []).append(
            Entry(
                tasks=where + (tasks_text(item.tasks) if item.tasks else ""),
                text=item.zh,
                first=_day(item.first),
                hint=item.hint,
            )
        )
    return [
        Matters(
            kind=kind,
            title=KIND_WORDS[kind].title if kind in KIND_WORDS else kind,
            advice=KIND_WORDS[kind].advice if kind in KIND_WORDS else "",
            entries=tuple(entries),
        )
        for kind, entries in by_kind.items()
    ]


def _day(day: date | None) -> str:
    return "" if day is None else wording.day_text(day)


def contacts_by_unit(app: App, now: datetime) -> dict[str, tuple[Contact, ...]]:
    """Return the units of the contacts files by the name under which they go, each with who answers for it."""
    listing = app.setting.directory_at(now)
    names = dict.fromkeys(listing.canonical(contact.unit) for contact in app.people.contacts)
    return {name: listing.contacts(name) for name in names}


def told_nothing(app: App, units: Iterable[str], now: datetime) -> dict[str, str]:
    """Return why each of these units, which have contacts, gets no mail in a rehearsal from `now` on."""
    silent = dict.fromkeys(units, 0)
    if not silent:
        return {}
    listing = app.setting.directory_at(now)
    for entry in app.book:
        for task in entry.tasks:
            roster = task.roster(listing, app.setting.open_groups)
            named = {unit for who in roster.recipients for unit in who.units}
            for unit in named & silent.keys():
                silent[unit] += 1
    return {
        unit: f"有{tasks}项任务，预演期内没有到提醒时间" if tasks else "没有任务列明该单位"
        for unit, tasks in silent.items()
    }

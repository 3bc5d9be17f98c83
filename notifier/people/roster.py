"""Who is told about a task, and what a person has to settle first."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from notifier.people.directory import Change, Contact, Listing, OpenGroups, normal
from notifier.people.reading import Role, UnitRef, UnitsReading

IssueKind = Literal[
    "open_group", "unlisted_group", "open_end", "unknown_unit", "no_contact", "closed_unit", "unresolved"
]
OPEN_END = "等"  # the key under which a person names who else an open list means
# Who is told more comes first: leaders hear of what is overdue alone.
_CONTACT_ORDER: tuple[str, ...] = ("primary", "copy", "leader")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One contact of a task, or, without an address, a unit that can't be reached."""

    key: str  # the lower-cased address, or `unit:<name>`
    address: str | None
    name: str
    units: tuple[str, ...]  # the concrete units for which the contact answers in this task
    role: Role  # the strongest of theirs
    contact_role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitIssue:
    """Something about a task's units that only a person can settle."""

    kind: IssueKind
    unit: str  # as written in the phrase, or the concrete unit
    message: str
    hint: str  # what to put where; holds `{plan}` and `{ref}` where the line belongs to one task
    zh: str  # the message for the office's people
    since: date | None = None  # from which day it hurts, when it doesn't yet

    def hint_for(self, plan: str, ref: str) -> str:
        """Return the hint with the plan's key and the task's ref in it."""
        key = plan if re.fullmatch(r"[A-Za-z0-9_-]+", plan) else _quoted(plan)
        return self.hint.replace("{plan}", key).replace("{ref}", ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The recipients of a task in the order of the phrase, and the open questions."""

    recipients: tuple[Recipient, ...]
    issues: tuple[UnitIssue, ...]


@dataclass(slots=True)
class _Told:
    """A recipient while the task is read."""

    contact: Contact | None
    role: Role
    contact_role: str
    units: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Draft:
    directory: Listing
    told: dict[str, _Told] = field(default_factory=dict)
    issues: dict[tuple[str, str, date | None], UnitIssue] = field(default_factory=dict)
    seen: set[tuple[str, Role]] = field(default_factory=set)

    def issue(
        self, kind: IssueKind, unit: str, message: str, hint: str, zh: str, since: date | None = None
    ) -> None:
        found = UnitIssue(kind=kind, unit=unit, message=message, hint=hint, zh=zh, since=since)
        self.issues.setdefault((kind, unit, since), found)

    def tell(self, unit: str, role: Role) -> None:
        """Add the contacts of a concrete unit, or the unit itself as unreachable; look at what becomes of it."""
        if (unit, role) in self.seen:
            return
        self.seen.add((unit, role))
        contacts = self.directory.contacts(unit)
        for contact in contacts:
            self._add(contact.address.lower(), contact, unit, role)
        if not any(contact.role == "primary" for contact in contacts):
            self.unreachable(unit, role)
            self._ask(unit, self.directory, None)
        for change in self.directory.changes(unit):
            self._look_ahead(change)

    def unreachable(self, unit: str, role: Role) -> None:
        self._add(f"unit:{unit}", None, unit, role)

    def recipients(self) -> tuple[Recipient, ...]:
        return tuple(
            Recipient(
                key=key,
                address=told.contact.address if told.contact is not None else None,
                name=told.contact.name if told.contact is not None else "",
                units=tuple(told.units),
                role=told.role,
                contact_role=told.contact_role,
            )
            for key, told in self.told.items()
        )

    def _add(self, key: str, contact: Contact | None, unit: str, role: Role) -> None:
        contact_role: str = "primary" if contact is None else contact.role
        if (told := self.told.get(key)) is None:
            self.told[key] = _Told(contact, role, contact_role, {unit: None})
            return
        told.units[unit] = None
        told.role = min(role, told.role, key=lambda each: each.weight)
        told.contact_role = min(contact_role, told.contact_role, key=_CONTACT_ORDER.index)

    def _look_ahead(self, change: Change) -> None:
        later = self.directory.on(change.day)
        if change.to is None:
            self._ask(change.unit, later, change.day)
            return
        for unit in later.members([change.to]):
            if not any(contact.role == "primary" for contact in later.contacts(unit)):
                self._ask(unit, later, change.day)

    def _ask(self, unit: str, listing: Listing, since: date | None) -> None:
        """Ask about a unit without a primary contact, now or from a day on."""
        ahead = "" if since is None else f" from {since} on"
        then = "" if since is None else f"（自{since}起）"
        if (closed := listing.closed(unit)) is not None:
            last = "" if closed == date.min else f" since {closed}"
            message = f"{unit} is closed{last} and has no successor; nobody is told for it"
            if since is not None:
                message = f"{unit} closes after {closed - timedelta(days=1)} and has no successor{ahead}"
            day = "" if closed == date.min else f", from = {closed}"
            hint = f'[aliases]\n{_quoted(unit)} = {{ to = "…"{day} }}   # instead of its line there'
            zh = f"{unit}{'' if closed == date.min else f'自{closed}起'}已撤销，未写承接单位"
            self.issue("closed_unit", unit, message, hint, zh, since)
            return
        kind: IssueKind = "no_contact" if listing.is_known(unit) else "unknown_unit"
        groups = listing.groups_of(unit)
        of = f", a member of {'、'.join(groups[:3])}{' …' if len(groups) > 3 else ''}," if groups else ""
        zh = f"{unit}{f'（属于{groups[0]}）' if groups else ''}{then}"
        if listing.contacts(unit):
            zh += "只有抄送人员，没有联络员"
            message = (
                f"{unit}{of} has no primary contact{ahead}, only copies; add a line to the contacts file"
            )
        elif kind == "no_contact":
            message = f"{unit}{of} has no contact{ahead}; add a line to the contacts file"
        else:
            message = (
                f"{unit} is not in the directory; add a contact, or an alias if it is known by another name"
            )
        self.issue(kind, unit, message, f"{unit},姓名,name@example.org,primary", zh, since)


def recipients(
    reading: UnitsReading,
    directory: Listing,
    *,
    open_groups: OpenGroups = "all",
    named: Mapping[str, Sequence[str]] | None = None,
) -> Roster:
    """Return who is told about a task on the directory's day, and what is open, by what the directory knows ahead.

    `named` maps a name as written (or `等` for an open end) to the units that a person says are meant, perhaps
    none; what is named there is no issue any more. Every unit without a contact is an unreachable recipient
    and an issue.
    """
    answers = {normal(name): tuple(units) for name, units in (named or {}).items()}
    draft = _Draft(directory)
    for ref in reading.units:
        expansion = directory.units(ref, open_groups=open_groups, named=answers)
        if expansion.missing is not None:
            draft.unreachable(expansion.missing, ref.role)
        for unit in expansion.units:
            draft.tell(unit, ref.role)
        if normal(ref.name) not in answers:
            _question(draft, ref, expansion.units)
    if reading.open_end:
        _open_end(draft, reading, answers)
    for text in reading.unresolved:
        if normal(text) in answers:
            for unit in directory.units(UnitRef(name=text, role=Role.JOINT), named=answers).units:
                draft.tell(unit, Role.JOINT)
        else:
            message = f"“{text}” can't be read as a unit; name who is meant"
            draft.issue("unresolved", text, message, _named(text, ()), f"“{text}”")
    if not (reading.units or reading.unresolved):
        message = "no unit is named; give the row its units, or name who is meant"
        hint = _named(reading.text or OPEN_END, ())
        draft.issue("unresolved", reading.text, message, hint, "未写责任单位")
    return Roster(recipients=draft.recipients(), issues=tuple(draft.issues.values()))


def _question(draft: _Draft, ref: UnitRef, units: Sequence[str]) -> None:
    """Ask about a group that isn't settled by the directory."""
    if draft.directory.lists(ref):
        return
    if ref.open:
        meanwhile = "the whole group is told meanwhile" if units else "nobody is told meanwhile"
        message = f"{ref.name} doesn't say which units; {meanwhile}"
        zh = f"{ref.name}：{f'暂按全部{len(units)}个单位通知' if units else '暂时无人收到提醒'}"
        draft.issue("open_group", ref.name, message, _named(ref.name, units[:1]), zh)
    elif ref.group:
        message = f"the group {ref.name} is not listed; nobody is told meanwhile"
        draft.issue("unlisted_group", ref.name, message, f"[groups]\n{_assign(ref.name, ())}", ref.name)


def _open_end(draft: _Draft, reading: UnitsReading, answers: Mapping[str, Sequence[str]]) -> None:
    if OPEN_END in answers:
        more = UnitRef(name=OPEN_END, role=Role.JOINT)
        for unit in draft.directory.units(more, named=answers).units:
            draft.tell(unit, Role.JOINT)
        return
    last = f" after {reading.units[-1].name}" if reading.units else ""
    message = f"the list ends with 等{last}; name who else is meant, or nobody: []"
    zh = f"“{reading.units[-1].name}等”" if reading.units else "“等”"
    draft.issue("open_end", OPEN_END, message, _named(OPEN_END, ()), zh)


def _named(name: str, units: Iterable[str]) -> str:
    return f'[plans.{{plan}}.tasks."{{ref}}".named]\n{_assign(name, units)}'


def _assign(name: str, units: Iterable[str]) -> str:
    listed = ", ".join(_quoted(unit) for unit in units) or '"…"'
    return f"{_quoted(name)} = [{listed}]"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # JSON's escapes are those of a TOML basic string

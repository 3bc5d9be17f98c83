"""The account of what was told: every reminder with its task, the mail that carried it, and what was closed."""

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, Text, cast, func, select

from notifier.ledger.completions import Completion, completions_of
from notifier.ledger.extended import Extension, ever_extended
from notifier.ledger.schema import messages, plans, reminders, tasks
from notifier.ledger.suspended import Suspended, ever_suspended
from notifier.people.synonyms import identity
from notifier.timing.checkpoint import Kind

_TASKS = 20  # whose reminders are sorted at a time
_ROWS = 500  # in memory at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A reminder: who was to be told what and when, and what became of it."""

    plan: str
    title: str
    number: str
    task_id: int
    ref: str
    section: str
    text: str
    task_state: str
    units: Sequence[str]
    role: str
    contact: str  # lower-cased address, or unit:<name>
    address: str | None  # None where no mail was made of it
    name: str | None  # as the mail has it, else as the contact's latest mail
    copied: bool
    kind: str
    family: str
    nominal: date
    label: str
    slot: datetime
    state: str
    reason: str | None
    message_id: str | None
    message_state: str | None
    finished: datetime | None
    attempts: int | None
    uncertain: bool | None
    reply: str | None
    built_in: str | None  # why the templates could not make the mail, where it went with the built-in text
    at_most: int | None  # octets, where the mail went as a short list
    closings: tuple[Completion, ...]  # of the task or this occurrence, by all or one of these units
    rests: tuple[Suspended, ...]  # of the task, for all or one of these units
    moves: tuple[Extension, ...]  # of the due day that this is of

    @property
    def is_in_mail(self) -> bool:
        """Whether the mail has it: one that was withdrawn or folded before the mail went was left out."""
        return self.message_id is not None and self.state in ("planned", "sent", "failed")

    @property
    def sent(self) -> datetime | None:
        """When the mail server took the mail that has it; None where it didn't."""
        return self.finished if self.is_in_mail and self.message_state == "accepted" else None


def told(
    db: Connection,
    *,
    plan: str | None = None,
    unit: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Generator[Told, None, None]:
    """Yield reminders task by task as the documents have them, and by slot.

    Only those of one plan, of one unit (by any of its spellings), or with a slot in [start, end). However many there
    are, only a few hundred are in memory.
    """
    wanted = None if unit is None else identity(unit)
    names = _names(db)
    which = select(tasks.c.id).join(plans).order_by(plans.c.key, tasks.c.position, tasks.c.id)
    if plan is not None:
        which = which.where(plans.c.key == plan)
    ids = iter(list(db.execute(which).scalars()))
    while some := list(islice(ids, _TASKS)):
        closed, rested, moved = completions_of(db, some), ever_suspended(db, some), ever_extended(db, some)
        query = _of_tasks(some)
        if start is not None:
            query = query.where(reminders.c.slot >= start)
        if end is not None:
            query = query.where(reminders.c.slot < end)
        with db.execute(query, execution_options={"yield_per": _ROWS}) as rows:
            for row in rows.mappings():
                mine = {identity(name) for name in row["units"]}
                if wanted is not None and wanted not in mine:
                    continue
                scopes = {"task", f"{row['family']}@{row['nominal']}"}
                closings = tuple(
                    closing
                    for closing in closed.get(row["task_id"], ())
                    if closing.scope in scopes and (closing.unit is None or identity(closing.unit) in mine)
                )
                rests = tuple(
                    one
                    for one in rested.get(row["task_id"], ())
                    if one.unit is None or identity(one.unit) in mine
                )
                moves = _moves(moved.get(row["task_id"], ()), row["family"], row["nominal"])
                facts = {**row, "name": row["name"] or names.get(row["contact"])}
                yield Told(**facts, closings=closings, rests=rests, moves=moves)


def _moves(every: Sequence[Extension], family: str, nominal: date) -> tuple[Extension, ...]:
    """Return the extensions of the due day that an occurrence is, or was, of."""
    originals = {one.original for one in every if family == Kind.DUE and nominal in (one.was, one.day)}
    return tuple(one for one in every if one.original in originals)


def units_told(db: Connection) -> set[str]:
    """Return every unit that a reminder is or was for."""
    lists = db.execute(select(cast(reminders.c.units, Text)).distinct()).scalars()
    return {name for units in lists for name in json.loads(units)}


def plans_told(db: Connection) -> list[str]:
    """Return the keys of all plans that were ever imported."""
    return list(db.execute(select(plans.c.key).order_by(plans.c.key)).scalars())


def _of_tasks(ids: Sequence[int]) -> Select[Any]:
    its = reminders.c
    query: Select[Any] = select(
        plans.c.key.label("plan"), plans.c.title, plans.c.number,
        tasks.c.ref, tasks.c.section, tasks.c.text, tasks.c.state.label("task_state"),
        its.task_id, its.units, its.role, its.contact, its.copied, its.kind, its.family, its.nominal, its.label,
        its.slot, its.state, its.reason,
        messages.c.address, messages.c.name, messages.c.message_id, messages.c.state.label("message_state"),
        messages.c.finished, messages.c.attempts, messages.c.uncertain, messages.c.reply,
        messages.c.built_in, messages.c.at_most,
    )  # fmt: skip
    joined = reminders.join(tasks).join(plans).outerjoin(messages, its.message_id == messages.c.id)
    return (
        query.select_from(joined)
        .where(its.task_id.in_(ids))
        .order_by(plans.c.key, tasks.c.position, tasks.c.id, its.slot, its.contact, its.id)
    )


def _names(db: Connection) -> dict[str, str]:
    """Return each contact's name as its latest mail has it."""
    latest = select(func.max(messages.c.id)).group_by(messages.c.contact)
    query = select(messages.c.contact, messages.c.name).where(messages.c.id.in_(latest))
    return {row.contact: row.name for row in db.execute(query)}

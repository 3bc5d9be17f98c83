"""Why a contact did, did not, or does not yet get the reminders of a task: from the ledger, and from the rules.

What was is read from the ledger; what will be, and what a contact would have had, is asked of the very functions
by which the passes plan and silence.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import islice

from sqlalchemy import Connection

from notifier.ledger.completions import WHOLE_TASK, Completion
from notifier.ledger.extended import extensions_of
from notifier.ledger.history import ClosedOnce, MailRecord, Told, closed_once, history
from notifier.ledger.log import all_daemons
from notifier.ledger.suspended import Suspended, silences_of, suspensions_of
from notifier.ledger.tasks import TaskRecord
from notifier.passes.brake import Brake
from notifier.passes.closing import covers
from notifier.passes.daysoff import moved_for, named_day
from notifier.passes.outcomes import Outbox, Outcome, local, newest, of_reminder
from notifier.passes.owed import hears, silenced, still_told
from notifier.passes.plan import context_of, recipients_of, rule_of
from notifier.passes.setting import Setting
from notifier.passes.suspension import suspensions
from notifier.people.roster import Recipient
from notifier.timing.checkpoint import Checkpoint
from notifier.timing.stream import between, stream

# More than the longest run of days off, by which a notice may go another day than it asks for.
_MARGIN = timedelta(days=20)
_MOST_AHEAD = 200  # checkpoints looked through for the next one that goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became, or becomes, of one checkpoint for one contact."""

    checkpoint: str
    kind: str
    nominal: date
    day: date
    at: datetime
    outcome: Outcome
    why: str
    day_off: str | None  # why it goes on another day than it names, or counts from another
    units: tuple[str, ...] = ()
    mail: MailRecord | None = None

    def is_of(self, day: date, setting: Setting) -> bool:
        """Tell whether a day is its nominal day, the one it rolled to or asks for, or that on which it went or goes."""
        moments = [self.at, *(moment for moment in (self.mail and self.mail.finished,) if moment)]
        asked = named_day(self.checkpoint, self.kind, self.nominal, self.day)
        return day in (self.nominal, self.day, asked, *map(setting.policy.local_day, moments))


@dataclass(slots=True, kw_only=True)
class Inquiry:
    """One task, and the keys under which the ledger knows one contact: the address, and units without any."""

    db: Connection
    task: TaskRecord
    keys: Collection[str]
    setting: Setting
    brake: Brake
    now: datetime
    _who: Recipient | None = field(init=False)
    _closed: list[ClosedOnce] = field(init=False)
    _rested: list[Suspended] = field(init=False)
    _silences: list[Completion] = field(init=False)

    def __post_init__(self) -> None:
        """Look up whom the task names, and who is silent about it."""
        people = {who.key: who for who in recipients_of(self.task, self.setting, self.now)}
        self._who = next((people[key] for key in self.keys if key in people), None)
        self._closed = closed_once(self.db, self.task.id, self.now)
        self._rested = suspensions_of(self.db, self.task.id)
        self._silences = silences_of(self.db, [self.task.id]).get(self.task.id, [])

    def facts(self) -> list[str]:
        """Return what is to be known of the task as a whole, before any checkpoint: why it may be silent."""
        task, setting = self.task, self.setting
        said = []
        if task.state == "vanished":
            said.append("it is no longer in the document")
        if task.timing_state == "review":
            said.append(
                f"in review: “{task.timing}” needs a person, nothing is planned until then: {task.why};"
                " `notifier check` has the line to write"
            )
        elif task.timing_state == "waiting":
            said.append(f"waiting: {task.why}; `notifier event` dates it")
        whole = [one for one in self._closed if one.reopened is None]
        said += [
            f"{one.scope} closed{f' for {one.unit}' if one.unit else ''} by {one.by} on {local(one.at, setting)}"
            for one in whole
        ]
        said += [self._told_rest(one) for one in self._rested]
        for ext in extensions_of(self.db, task.id):
            ended = f" (no longer in force since {local(ext.ended, setting)})" if ext.ended else ""
            note = f": {ext.note}" if ext.note else ""
            said.append(
                f"due {ext.was} moved to {ext.day} by {ext.by} on {local(ext.at, setting)},"
                f" originally {ext.original}{note}{ended}"
            )
        return said

    @property
    def who(self) -> Recipient | None:
        """The contact as the task names it today; None when it doesn't."""
        return self._who

    def answers(self, day: date | None = None) -> list[Answer]:
        """Return one answer for each checkpoint, the newest first: up to the next one, or those of `day` alone."""
        told = newest(history(self.db, self.task.id, self.keys))
        outbox = self._outbox()
        found = [self._of_row(each, told, outbox) for each in told.values()]
        found += [self._of_rule(cp) for cp in self._checkpoints(day) if cp.key not in told]
        if day is not None:
            found = [answer for answer in found if answer.is_of(day, self.setting)]
        return sorted(found, key=lambda answer: (answer.at, answer.checkpoint), reverse=True)

    def _checkpoints(self, day: date | None) -> Iterator[Checkpoint]:
        """Yield the rule's checkpoints from the document's date on, until the next one or past `day`."""
        task, policy = self.task, self.setting.policy
        if task.state == "vanished":
            return
        rule, context = rule_of(task.rule), context_of(task, self.setting)
        begins = datetime.combine(task.issued, time(), policy.zone)
        coming = [*between(rule, context, task.imported, self.now)]
        if day is None:
            coming += self._next(stream(rule, context, self.now))
        else:
            # Overdue notices of a day run for long after it.
            last = day + timedelta(days=policy.overdue_until_days) + _MARGIN
            until = max(self.now, datetime.combine(last, time(), policy.zone))
            coming += between(rule, context, self.now, until)
        if begins < task.imported:
            # As if imported when issued: leads that were past at the import have left the stream.
            there = {cp.key for cp in coming}
            early = between(rule, replace(context, imported=begins), begins, task.imported)
            yield from (cp for cp in early if cp.key not in there)
        yield from coming

    def _next(self, ahead: Iterator[Checkpoint]) -> Iterator[Checkpoint]:
        """Yield what comes next, and before it what passes this contact by until then."""
        ends = any(one.ended is None and one.until is not None for one in self._rested)
        for cp in islice(ahead, _MOST_AHEAD):
            yield cp
            outcome, _ = self._missing(cp)
            if outcome is not Outcome.LEADER and not (outcome is Outcome.SUSPENDED and ends):
                return

    def _of_row(self, told: Told, others: dict[str, Told], outbox: Outbox) -> Answer:
        row = told.reminder
        outcome, why = of_reminder(told, others, outbox, self.setting, self.now)
        if outcome is Outcome.SUSPENDED and (rested := self._resting_at(row.at, row.units)) is not None:
            why = f"{why}: {self._told_rest(rested)}" if row.state == "expired" else self._told_rest(rested)
        if outcome is Outcome.SENT and self._who is not None and set(row.units) < set(self._who.units):
            why += f"; for {'、'.join(row.units)} alone"
        return Answer(
            checkpoint=row.checkpoint,
            kind=row.kind,
            nominal=row.nominal,
            day=row.day,
            at=row.at,
            outcome=outcome,
            why=why,
            day_off=self._day_off(row.checkpoint, row.kind, row.nominal, row.day, row.at),
            units=tuple(row.units),
            mail=told.mail,
        )

    def _of_rule(self, cp: Checkpoint) -> Answer:
        """Say of a checkpoint without a reminder why there is none."""
        outcome, why = self._missing(cp)
        return Answer(
            checkpoint=cp.key,
            kind=cp.kind.value,
            nominal=cp.nominal,
            day=cp.day,
            at=cp.at,
            outcome=outcome,
            why=why,
            day_off=self._day_off(cp.key, cp.kind.value, cp.nominal, cp.day, cp.at),
            units=() if self._who is None else self._who.units,
        )

    def _missing(self, cp: Checkpoint) -> tuple[Outcome, str]:
        task, who, setting = self.task, self._who, self.setting
        if cp.at <= task.imported:
            return Outcome.BEFORE_IMPORT, f"lay before the import of {local(task.imported, setting)}"
        if who is None:
            return Outcome.NOT_NAMED, "the task doesn't name this contact"
        if not hears(who, cp.kind):
            return Outcome.LEADER, "a leader is told of what is overdue alone"
        occurrence = f"{cp.family}@{cp.nominal}"
        if (rest := self._resting_at(cp.at, who.units)) is not None:
            return Outcome.SUSPENDED, self._told_rest(rest)
        silence = silenced([one for one in self._silences if not one.is_suspension], setting)
        if not still_told(who.units, silence, occurrence, setting):
            return Outcome.CLOSED, self._told_closed(occurrence, who.units, None) or "closed"
        if cp.at > self.now:
            return self._to_come(cp, who)
        if closed := self._told_closed(occurrence, who.units, cp.at):
            return Outcome.CLOSED, closed
        if cp.at > task.planned_until:
            return Outcome.UNPLANNED, "it is due, and no plan pass has seen to it yet: is the daemon running?"
        return (
            Outcome.NOT_NAMED,
            "it was not named for this contact then: units or contacts have changed since",
        )

    def _to_come(self, cp: Checkpoint, who: Recipient) -> tuple[Outcome, str]:
        if who.address is None:
            units = "、".join(who.units)
            return Outcome.UNREACHABLE, f"{units} has no contact: add a line to the contacts file before then"
        provisional = "; provisional, the calendar isn't known for certain" if cp.provisional else ""
        return Outcome.NOT_YET, f"comes {local(cp.at, self.setting)} to {who.address}{provisional}"

    def _day_off(self, key: str, kind: str, nominal: date, day: date, at: datetime) -> str | None:
        return moved_for(key, kind, nominal, day, self.setting.policy.local_day(at), self.setting)

    def _outbox(self) -> Outbox:
        rests = suspensions(self.db, set(self.keys))
        daemons = all_daemons(self.db)
        zone = self.setting.policy.zone
        return Outbox(
            held=self.brake.held(self.db, self.now, zone),
            rests=next(iter(rests.values()), None),
            fault=daemons[0].fault if daemons else None,
        )

    def _resting_at(self, at: datetime, units: Sequence[str]) -> Suspended | None:
        """Return the suspension under which a moment falls for all these units; None without."""
        for one in self._rested:
            ends = one.ended if one.ended is not None else one.until
            if one.at < at and (ends is None or at < ends) and self._all(one.unit, units):
                return one
        return None

    def _all(self, silent: str | None, units: Sequence[str]) -> bool:
        return all(covers(silent, unit, self.setting) for unit in units)

    def _told_rest(self, one: Suspended) -> str:
        until = f" until {local(one.until, self.setting)}" if one.until else ""
        ended = f", resumed {local(one.ended, self.setting)} by {one.ended_by}" if one.ended else ""
        whom = f" for {one.unit}" if one.unit else ""
        note = f": {one.note}" if one.note else ""
        return f"suspended{whom} by {one.by} on {local(one.at, self.setting)}{until}{note}{ended}"

    def _told_closed(self, occurrence: str, units: Sequence[str], at: datetime | None) -> str:
        """Say who closed what makes an occurrence needless, as things stand or stood at a moment."""
        said = []
        for one in self._closed:
            stood = one.reopened is None or (at is not None and one.at <= at < one.reopened)
            of_it = one.scope in (WHOLE_TASK, occurrence)
            if stood and of_it and any(covers(one.unit, unit, self.setting) for unit in units):
                whom = f" for {one.unit}" if one.unit else ""
                back = f", taken back {local(one.reopened, self.setting)}" if one.reopened else ""
                said.append(f"{one.scope} closed{whom} by {one.by} on {local(one.at, self.setting)}{back}")
        return "; ".join(said)

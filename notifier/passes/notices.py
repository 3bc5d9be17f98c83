"""From the reminders of one message to the content of its mail: judged again, then put into a digest."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifier.digest import Digest, Notice, build
from notifier.ledger.completions import Completion
from notifier.ledger.reminders import FOLDED, ReminderRecord, Said
from notifier.ledger.tasks import TaskRecord
from notifier.passes.book import unit_names
from notifier.passes.owed import silenced, still_told
from notifier.passes.plan import context_of, rule_of
from notifier.passes.setting import Setting
from notifier.people import Role
from notifier.timing.checkpoint import Kind
from notifier.timing.stream import between

_KINDS = {kind.value: kind for kind in Kind}
_ROLES = {role.value: role for role in Role}

SUSPENDED = "suspended"  # a reason that says so begins with it
PASSED = "the task was suspended then"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of one reminder just before it is sent: `reason` is None when it goes."""

    reminder: ReminderRecord
    units: tuple[str, ...]
    state: str = "planned"
    reason: str | None = None


def judge(
    reminder: ReminderRecord,
    task: TaskRecord,
    completions: Sequence[Completion],
    related: Sequence[Said],
    setting: Setting,
    *,
    in_stream: bool,
) -> Verdict:
    """Decide whether a planned reminder is still owed, and for which of its units.

    `related` is what else this contact was told of the task; `in_stream` says whether the task's rule still has
    the checkpoint.
    """

    def over(state: str, reason: str) -> Verdict:
        return Verdict(reminder=reminder, units=(), state=state, reason=reason)

    if task.state == "vanished":
        return over("withdrawn", "the task is no longer in the document")
    units = tuple(reminder.units)
    if completions:
        units = still_told(units, silenced(completions, setting), reminder.occurrence, setting)
    if not units:
        return over("withdrawn", closed_by(completions))
    if reminder.contact not in setting.contacts:
        return over("withdrawn", "no longer a contact")
    newer = [
        other
        for other in related
        if (other.family, other.nominal) == (reminder.family, reminder.nominal)
        and other.at > reminder.at
        and other.state in ("planned", "sent")
    ]
    if newer:
        return over("superseded", f"{FOLDED}{max(newer, key=lambda other: other.at).checkpoint}")
    if not in_stream:
        return over("withdrawn", "the task's dates changed")
    return Verdict(reminder=reminder, units=units)


def closed_by(completions: Sequence[Completion]) -> str:
    """Say who closed what made a reminder needless, or suspended it."""
    who = sorted(
        {f"{done.scope} by {done.by} on {done.at:%Y-%m-%d}" for done in completions if not done.is_suspension}
    )
    suspended = sorted({suspended_by(each) for each in completions if each.is_suspension})
    closed = [f"closed: {'; '.join(who)}"] if who else []
    return "; ".join([*closed, *suspended]) or "closed"


def suspended_by(suspension: Completion) -> str:
    """Say who suspended what made a reminder needless."""
    return f"{SUSPENDED} by {suspension.by} on {suspension.at:%Y-%m-%d}"


def checkpoint_in_rule(reminder: ReminderRecord, task: TaskRecord) -> Hashable:
    """Return all that `is_in_stream` depends upon, within one setting."""
    dates = task.issued, task.until, task.imported, task.completed, task.planned_until
    return task.rule, dates, reminder.checkpoint, reminder.at


def is_in_stream(reminder: ReminderRecord, task: TaskRecord, setting: Setting) -> bool:
    """Tell whether a task's rule still has the checkpoint of a reminder, on whatever day."""
    rule, context = rule_of(task.rule), context_of(task, setting)
    there = between(rule, context, reminder.at - timedelta(microseconds=1), reminder.at)
    if any(checkpoint.key == reminder.checkpoint for checkpoint in there):
        return True
    until = max(task.planned_until, reminder.at)
    return any(
        checkpoint.key == reminder.checkpoint for checkpoint in between(rule, context, task.imported, until)
    )


class Telling:
    """What the messages of a batch say: a notice or a digest that several contacts get is made once."""

    def __init__(
        self,
        tasks: Mapping[int, TaskRecord],
        related: Mapping[tuple[int, str], Sequence[Said]],
        zone: ZoneInfo,
    ) -> None:
        self.tasks, self.zone = tasks, zone
        self._related = related
        # By task: its units, its notes, these in English.
        self._said_of: dict[int, tuple[tuple[str, ...], ...]] = {}
        self._notices: dict[tuple[object, ...], Notice] = {}
        self._digests: dict[tuple[object, ...], Digest] = {}

    def digest_of(self, verdicts: Sequence[Verdict], moment: datetime) -> Digest:
        """Return the content of one mail from the reminders that are still owed; days count from `moment`."""
        notices = tuple(map(self._notice, verdicts))
        key = (moment, *map(id, notices))  # which are kept as long as the keys
        if (found := self._digests.get(key)) is None:
            found = self._digests[key] = build(notices, slot=moment, zone=self.zone)
        return found

    def folded_into(self, reminder: ReminderRecord) -> tuple[str, ...]:
        """Return the checkpoints that a reminder is told in place of."""
        if not (related := self._related.get((reminder.task_id, reminder.contact))):
            return ()
        into = f"{FOLDED}{reminder.checkpoint}"
        return tuple(
            other.checkpoint for other in related if other.state == "superseded" and other.reason == into
        )

    def _notice(self, verdict: Verdict) -> Notice:
        reminder = verdict.reminder
        folded = self.folded_into(reminder)
        key = (
            reminder.task_id, reminder.kind, reminder.family, reminder.label, reminder.nominal, reminder.day,
            reminder.at, reminder.role, reminder.provisional, reminder.copied, verdict.units, folded,
        )  # fmt: skip
        if (found := self._notices.get(key)) is None:
            found = self._notices[key] = self._made(reminder, verdict.units, folded)
        return found

    def _made(self, reminder: ReminderRecord, units: tuple[str, ...], folded: tuple[str, ...]) -> Notice:
        task = self.tasks[reminder.task_id]
        if (said := self._said_of.get(task.id)) is None:
            said = self._said_of[task.id] = (
                unit_names(task.units),
                tuple(zh for _en, zh in task.notes),
                tuple(en for en, _zh in task.notes),
            )
        co_units, notes, english_notes = said
        return Notice(
            plan=task.plan,
            plan_title=task.plan_title,
            plan_number=task.plan_number,
            ref=task.ref,
            section=task.section,
            text=task.text,
            timing=task.timing,
            rule=task.rule,
            kind=_KINDS[reminder.kind],
            family=_KINDS[reminder.family],
            label=reminder.label,
            nominal=reminder.nominal,
            day=reminder.day,
            at=reminder.at,
            role=_ROLES[reminder.role],
            units=units,
            co_units=co_units,
            notes=notes,
            english_notes=english_notes,
            soft=task.soft,
            provisional=reminder.provisional,
            original_due=task.original_due(reminder.nominal) if reminder.family == Kind.DUE else None,
            folded=folded,
            copied=reminder.copied,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Owed:
    """What one message has to tell; days are counted from `moment`."""

    verdicts: Sequence[Verdict]
    moment: datetime
    telling: Telling

    def digest(self) -> Digest:
        """Return the content of the mail."""
        return self.telling.digest_of(self.verdicts, self.moment)

    def lines(self) -> Iterator[tuple[Verdict, TaskRecord]]:
        """Yield what is told of which task."""
        for verdict in self.verdicts:
            yield verdict, self.telling.tasks[verdict.reminder.task_id]

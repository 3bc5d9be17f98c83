"""Slots: the moments at which digests go. Pure."""

from datetime import datetime, timedelta

from notifier.passes.setting import Setting

# A pass that comes this much after the slot still counts as in time: a restart, a slow first page.
LATE_AFTER = timedelta(hours=1)


def next_slot(setting: Setting, after: datetime) -> datetime:
    """Return the first slot strictly after an instant: `notice_at` on a working day, as UTC."""
    day = setting.calendar.next(setting.policy.local_day(after))
    while (slot := setting.policy.notice_instant(day)) <= after:
        day = setting.calendar.next(day + timedelta(days=1))
    return slot


def is_open(setting: Setting, now: datetime) -> bool:
    """Tell whether late mail may go: in the catch-up hours of a working day."""
    local = now.astimezone(setting.policy.zone)
    opens, closes = setting.catch_up_hours
    return setting.calendar.is_working_day(local.date()) and opens <= local.time() < closes


def is_slot(setting: Setting, now: datetime) -> bool:
    """Tell whether a slot has just come: its mail is in time for a while."""
    day = setting.policy.local_day(now)
    since = now - setting.policy.notice_instant(day)
    return setting.calendar.is_working_day(day) and timedelta(0) <= since <= LATE_AFTER


def slot_for(setting: Setting, at: datetime, now: datetime) -> datetime:
    """Return the slot in which a notice goes that fell due at `at` and is planned at `now`.

    In time, its own slot. Late, at once if `now` is in the catch-up hours of a working day, else the next slot.
    """
    if now - at <= LATE_AFTER:
        return at
    return now.replace(microsecond=0) if is_open(setting, now) else next_slot(setting, now)

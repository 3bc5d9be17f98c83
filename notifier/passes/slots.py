"""Slots: the moments at which digests go. Pure."""

from datetime import UTC, datetime, timedelta

from notifier.passes.setting import Setting

# A pass that comes this much after the slot still counts as in time: a restart, a slow first page.
LATE_AFTER = timedelta(hours=1)


def next_slot(setting: Setting, after: datetime) -> datetime:
    """Return the first slot strictly after an instant: `notice_at` on a working day, as UTC."""
    local = after.astimezone(setting.policy.zone)
    day = setting.calendar.next(local.date())
    while (slot := datetime.combine(day, setting.policy.notice_at, setting.policy.zone)) <= after:
        day = setting.calendar.next(day + timedelta(days=1))
    return slot.astimezone(UTC)


def slot_for(setting: Setting, at: datetime, now: datetime) -> datetime:
    """Return the slot in which a notice goes that fell due at `at` and is planned at `now`.

    In time, its own slot. Late, at once if `now` is in the catch-up hours of a working day, else the next slot.
    """
    if now - at <= LATE_AFTER:
        return at
    local = now.astimezone(setting.policy.zone)
    opens, closes = setting.catch_up_hours
    if setting.calendar.is_working_day(local.date()) and opens <= local.time() < closes:
        return now.replace(microsecond=0)
    return next_slot(setting, now)

"""The one place that reads the time, under a frozen host clock."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from freezegun.api import FrozenDateTimeFactory

from notifier.clock import utc_now


@pytest.mark.freeze_time("2017-12-29T01:00:00")
def test_the_present_is_aware_and_in_utc() -> None:
    now = utc_now()
    assert now == datetime(2017, 12, 29, 1, 0, tzinfo=UTC)
    assert now.utcoffset() == timedelta(0)


def test_the_clock_follows_the_host_forward_and_back(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to("2018-06-29T03:30:00")
    late = utc_now()
    freezer.move_to("2018-06-29T01:30:00")
    assert utc_now() - late == timedelta(hours=-2)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_the_zone_of_the_host_does_not_matter(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        before, now, after = time.time(), utc_now(), time.time()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert before <= now.timestamp() + 1e-6
    assert now.timestamp() <= after + 1e-6
    assert now.utcoffset() == timedelta(0)

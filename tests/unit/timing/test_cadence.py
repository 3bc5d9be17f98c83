"""The nominal days of every form of cadence."""

from datetime import date, timedelta
from itertools import islice, pairwise

import pytest

from notifier.timing.cadence import NominalDays
from notifier.timing.rule import Cadence, Frequency
from tests.timing_builders import a_context, day

W, M, Q, H, Y = (
    Frequency.WEEKLY,
    Frequency.MONTHLY,
    Frequency.QUARTERLY,
    Frequency.HALF_YEARLY,
    Frequency.YEARLY,
)
D, T = Frequency.DAILY, Frequency.TERMLY


def nominal_days(cadence: Cadence, start: str, origin: str | None = None) -> NominalDays:
    return NominalDays(cadence=cadence, origin=day(origin or start), start=day(start), context=a_context())


def days_after(cadence: Cadence, start: str, origin: str | None = None) -> list[str]:
    found = nominal_days(cadence, start, origin).after(day(start), date(2050, 12, 31))
    return [nominal.isoformat() for nominal in islice(found, 4)]


@pytest.mark.parametrize(
    ("cadence", "start", "expected"),
    [
        (Cadence(W), "2020-01-15", "2020-01-17 2020-01-24 2020-01-31 2020-02-07"),
        (Cadence(W, ("mon", "thu")), "2018-12-27", "2018-12-31 2019-01-03 2019-01-07 2019-01-10"),
        (Cadence(M), "2018-01-01", "2018-01-31 2018-02-28 2018-03-31 2018-04-30"),
        (Cadence(M, ("28",)), "2018-01-28", "2018-02-28 2018-03-28 2018-04-28 2018-05-28"),
        (Cadence(M, ("30",)), "2018-01-15", "2018-01-30 2018-02-28 2018-03-30 2018-04-30"),
        (Cadence(M, ("31",)), "2020-01-31", "2020-02-29 2020-03-31 2020-04-30 2020-05-31"),
        (Cadence(M, ("28", "last")), "2018-02-01", "2018-02-28 2018-03-28 2018-03-31 2018-04-28"),
        (Cadence(M, ("20", "10")), "2018-01-31", "2018-02-10 2018-02-20 2018-03-10 2018-03-20"),
        (Cadence(M, ("lastwd",)), "2018-09-15", "2018-09-30 2018-10-31 2018-11-30 2018-12-29"),
        (Cadence(M, ("5wd",)), "2018-01-15", "2018-02-07 2018-03-07 2018-04-09 2018-05-08"),
        (Cadence(M, ("lastfri",)), "2019-07-08", "2019-07-26 2019-08-30 2019-09-27 2019-10-25"),
        (Cadence(M, ("1mon", "15")), "2018-01-02", "2018-01-15 2018-02-05 2018-02-15 2018-03-05"),
        (Cadence(M, ("lastwd",), 2), "2018-01-15", "2018-03-30 2018-05-31 2018-07-31 2018-09-30"),
        (Cadence(Q, ("03-lastwd",)), "2017-08-01", "2017-09-30 2017-12-29 2018-03-30 2018-06-29"),
        (Cadence(Q, ("01-10wd",)), "2018-11-05", "2019-01-15 2019-04-15 2019-07-12 2019-10-18"),
        (Cadence(Y, ("12-30wd",)), "2018-11-05", "2019-01-14 2020-01-13 2021-01-12 2022-01-12"),
        (Cadence(Y, ("chunjie-1d", "zhongqiu")), "2017-03-06", "2017-10-04 2018-02-15 2018-09-24 2019-02-04"),
        (Cadence(Q), "2017-10-01", "2017-12-31 2018-03-31 2018-06-30 2018-09-30"),
        (Cadence(Q, ("03-20",)), "2016-01-15", "2016-03-20 2016-06-20 2016-09-20 2016-12-20"),
        (Cadence(Q, ("01-20",)), "2023-01-15", "2023-01-20 2023-04-20 2023-07-20 2023-10-20"),
        (Cadence(Q, ("02-30",)), "2018-01-01", "2018-02-28 2018-05-30 2018-08-30 2018-11-30"),
        (Cadence(H), "2019-01-15", "2019-06-30 2019-12-31 2020-06-30 2020-12-31"),
        (Cadence(H, ("05-20",)), "2018-01-01", "2018-05-20 2018-11-20 2019-05-20 2019-11-20"),
        (Cadence(Y), "2018-01-01", "2018-12-31 2019-12-31 2020-12-31 2021-12-31"),
        (Cadence(Y, ("02-last",)), "2019-01-15", "2019-02-28 2020-02-29 2021-02-28 2022-02-28"),
        (Cadence(Y, ("02-29",)), "2019-01-15", "2019-02-28 2020-02-29 2021-02-28 2022-02-28"),
        (Cadence(Y, ("09-last", "03-last")), "2018-01-01", "2018-03-31 2018-09-30 2019-03-31 2019-09-30"),
        (Cadence(T), "2017-10-01", "2018-03-05 2018-09-01 2019-02-21 2019-09-01"),
        (Cadence(T, ("+6d",)), "2017-10-01", "2018-03-11 2018-09-07 2019-02-27 2019-09-07"),
        (Cadence(T, ("+150d",)), "2018-01-01", "2018-01-29 2018-08-02 2019-01-29 2019-07-21"),
        (Cadence(D, (), 10), "2017-12-15", "2017-12-25 2018-01-04 2018-01-14 2018-01-24"),
        (Cadence(D), "2017-12-30", "2017-12-31 2018-01-01 2018-01-02 2018-01-03"),
        (Cadence(W, (), 2), "2017-12-20", "2018-01-03 2018-01-17 2018-01-31 2018-02-14"),
        (Cadence(W, ("mon", "thu"), 2), "2017-12-20", "2018-01-01 2018-01-04 2018-01-15 2018-01-18"),
        (Cadence(M, (), 2), "2017-12-31", "2018-02-28 2018-04-30 2018-06-30 2018-08-31"),
        (Cadence(M, (), 18), "2017-12-31", "2019-06-30 2020-12-31 2022-06-30 2023-12-31"),
        (Cadence(M, ("5", "last"), 2), "2017-12-10", "2018-02-05 2018-02-28 2018-04-05 2018-04-30"),
        (Cadence(Y, (), 2), "2020-02-29", "2022-02-28 2024-02-29 2026-02-28 2028-02-29"),
        (Cadence(Y, ("06-30",), 3), "2018-09-01", "2021-06-30 2024-06-30 2027-06-30 2030-06-30"),
        (Cadence(Y, ("12-31", "01-01"), 2), "2018-09-01", "2020-01-01 2020-12-31 2022-01-01 2022-12-31"),
    ],
    ids=lambda value: str(value) if isinstance(value, Cadence) else "",
)
def test_a_cadence_comes_round(cadence: Cadence, start: str, expected: str) -> None:
    assert days_after(cadence, start) == expected.split()


def test_an_interval_is_counted_from_its_origin_however_long_ago() -> None:
    assert days_after(Cadence(D, (), 10), "2018-01-10", origin="2017-12-15")[0] == "2018-01-14"
    assert days_after(Cadence(M, (), 5), "2019-12-01", origin="2017-01-31")[0] == "2019-12-31"


def test_a_term_in_the_table_moves_what_hangs_on_it() -> None:
    context = a_context(terms={"2018-spring": day("2018-02-26")})
    termly = NominalDays(
        cadence=Cadence(T, ("+6d",)), origin=context.issued, start=context.issued, context=context
    )
    assert next(termly.after(context.issued, day("2050-12-31"))) == day("2018-03-04")


def test_days_stop_with_the_last_that_is_asked_for() -> None:
    monthly = nominal_days(Cadence(M), "2018-01-01")
    assert list(monthly.after(day("2018-01-01"), day("2018-02-28"))) == [day("2018-01-31"), day("2018-02-28")]
    assert list(monthly.after(day("2019-01-01"), day("2018-02-28"))) == []


@pytest.mark.parametrize(
    "cadence",
    [Cadence(W, ("fri", "mon")), Cadence(Q), Cadence(T), Cadence(D, (), 17), Cadence(M, ("30",), 7)],
    ids=str,
)
def test_the_latest_day_is_the_one_before_the_next(cadence: Cadence) -> None:
    found = nominal_days(cadence, "2016-05-06")
    days = list(found.after(day("2016-05-06"), day("2020-12-31")))
    assert found.latest(days[0] - timedelta(days=1)) is None
    for earlier, later in pairwise(days):
        assert found.latest(earlier) == earlier
        assert found.latest(later - timedelta(days=1)) == earlier
        assert next(found.after(earlier, day("2020-12-31"))) == later

"""Festival days, checked against the public holidays of the same library."""

import pytest
from holidays import country_holidays

from notifier.errors import NotationError
from notifier.timing.festival import FESTIVALS, festival_day
from notifier.timing.period import Festival
from tests.timing_builders import a_context, day

NAMES = {
    "chunjie": "Chinese New Year (Spring Festival)",
    "qingming": "Tomb-Sweeping Day",
    "duanwu": "Dragon Boat Festival",
    "zhongqiu": "Mid-Autumn Festival",
}


@pytest.mark.parametrize(
    ("year", "name", "expected"),
    [
        (2018, "yuandan", "2018-01-01"),
        (2018, "chunjie", "2018-02-16"),
        (2018, "yuanxiao", "2018-03-02"),
        (2018, "qingming", "2018-04-05"),
        (2018, "laodong", "2018-05-01"),
        (2018, "duanwu", "2018-06-18"),
        (2018, "zhongqiu", "2018-09-24"),
        (2018, "guoqing", "2018-10-01"),
        pytest.param(2020, "zhongqiu", "2020-10-01", id="shared with National Day"),
        pytest.param(2005, "duanwu", "2005-06-11", id="before it was a day off"),
        pytest.param(2033, "chunjie", "2033-01-31", id="year of the leap month 11"),
    ],
)
def test_a_festival_falls_on_its_day(year: int, name: str, expected: str) -> None:
    assert festival_day(year, name) == day(expected)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_festivals_are_those_of_the_public_holidays(name: str) -> None:
    table = country_holidays("CN", years=range(2008, 2041), language="en_US")
    for year in range(2008, 2041):
        assert NAMES[name] in table[festival_day(year, name)]


@pytest.mark.parametrize("name", FESTIVALS)
def test_every_festival_of_the_notation_has_a_day(name: str) -> None:
    found = festival_day(2021, name)
    assert Festival(2021, name).bounds(a_context()) == (found, found)


@pytest.mark.parametrize(("year", "name"), [(2018, "laba"), (2150, "chunjie")], ids=["name", "year"])
def test_an_unknown_festival_is_refused_with_its_text(year: int, name: str) -> None:
    with pytest.raises(NotationError, match=f"fest:{year}-{name}"):
        festival_day(year, name)

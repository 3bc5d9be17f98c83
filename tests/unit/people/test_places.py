"""Every city, county and district of GB/T 2260 is read whole, whatever words its name holds.

和静县 holds a conjunction, 商丘市 and 新会区 a verb, 永城市 the noun 城市, 梁园区 that of a zone. Left out of
`places.txt`: 矿区 (also a noun) and 会同县 (会同 is the verb that 会同县教育局 mostly means).
"""

from pathlib import Path

import pytest

from notifier.people import read_units

PLACES = (Path(__file__).parents[2] / "cases" / "places.txt").read_text("utf-8").split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{0}人民政府", ["{0}人民政府"], id="alone"),
        pytest.param("市教育局、{0}政府、市财政局", ["市教育局", "{0}政府", "市财政局"], id="in a list"),
        pytest.param("{0}、桐柏县政府", ["{0}政府", "桐柏县政府"], id="its organ left out"),
        pytest.param("市教育局和{0}、各县政府", ["市教育局", "{0}政府", "各县政府"], id="after 和"),
        pytest.param("{0}教育局牵头", ["{0}教育局"], id="its bureau"),
        pytest.param("市财政局、{0}", ["市财政局", "{0}"], id="bare"),
    ],
)
def test_the_name_of_a_place_is_read_whole(text: str, expected: list[str]) -> None:
    wrong = []
    for place in PLACES:
        wanted = list(dict.fromkeys(each.format(place) for each in expected))
        reading = read_units(text.format(place), "市")
        named = [unit.name for unit in reading.units]
        if (
            named != wanted
            or reading.unresolved
            or any(unit.group != ("各" in unit.name.replace("各族", "")) for unit in reading.units)
        ):
            wrong.append((place, named, reading.unresolved))
    assert len(PLACES) > 3000
    assert wrong == []

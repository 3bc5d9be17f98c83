"""The case files: unit strings with the reading of a careful clerk. None may be read wrong in silence.

`units.jsonl` holds strings of real documents, `units_own.jsonl` the families of the language, written before
the grammar was tuned on them, `units_blind.jsonl` a second set, written and measured once before it was
mended on it. `unresolved` is what a case leaves to a person.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from notifier.people.phrase import UnitsReading, read_units

FOLDER = Path(__file__).parents[2] / "cases"
RIGHT = {"units": 53, "units_own": 122, "units_blind": 82}
"""How many of the cases are read right; it may only grow."""
WRONG = {"units": 0, "units_own": 0, "units_blind": 0}
"""How many are read wrong without a word to a person; it may only shrink."""


def _cases(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()]


def _expected(case: dict[str, Any]) -> tuple[list[tuple[str, str, bool, bool]], bool, list[str]]:
    named = [unit for unit in case["units"] if "name" in unit]
    return (
        [(unit["name"], unit["role"], unit["group"], unit["open"]) for unit in named],
        any(unit.get("open_end") for unit in case["units"]),
        case.get("unresolved", []),
    )


def _found(reading: UnitsReading) -> tuple[list[tuple[str, str, bool, bool]], bool, list[str]]:
    units = [(unit.name, unit.role.value, unit.group, unit.open) for unit in reading.units]
    return units, reading.open_end, list(reading.unresolved)


def _verdict(case: dict[str, Any]) -> str:
    expected, found = _expected(case), _found(read_units(case["text"], case["issuer"]))
    if found == expected:
        return "right"
    print(f"{case['text']!r} {case['issuer']}\n  expected {expected}\n  found    {found}")
    return "named" if set(found[2]) - set(expected[2]) else "wrong"


@pytest.mark.parametrize("name", RIGHT)
def test_the_cases_are_as_often_right_as_before(name: str) -> None:
    cases = _cases(name)
    verdicts = {(case["text"], case["issuer"]): _verdict(case) for case in cases}
    table = Counter(verdicts.values())
    print(
        f"{name:13} right {table['right']:3}  wrong but named {table['named']:3}  wrong {table['wrong']:3}"
        f"  of {len(cases)}"
    )
    assert len(verdicts) == len(cases)
    assert table["right"] >= RIGHT[name]
    assert table["wrong"] <= WRONG[name]

"""Known faults of Python's email library are found by trying, and told once in a line."""

import sys

import pytest

from notifier.mail import interpreter
from notifier.mail.interpreter import weaknesses

MENDED = {  # by minor release; CVE: the first patch release without it
    11: {"CVE-2024-6923": 10, "CVE-2025-1795": 9, "CVE-2026-1299": 15},
    12: {"CVE-2024-6923": 5, "CVE-2025-1795": 3, "CVE-2026-1299": 13},
    13: {"CVE-2024-6923": 0, "CVE-2025-1795": 0, "CVE-2026-1299": 12},
    14: {"CVE-2024-6923": 0, "CVE-2025-1795": 0, "CVE-2026-1299": 3},
}


def test_what_this_python_has_mended_is_not_told() -> None:
    told = weaknesses() or ""
    for name, since in MENDED.get(sys.version_info.minor, {}).items():
        if sys.version_info.micro >= since:
            assert name not in told


@pytest.mark.skipif(
    sys.version_info[:3] != (3, 11, 7), reason="needs the Python whose faults are known: 3.11.7"
)
def test_the_faults_of_3_11_7_are_found() -> None:
    told = weaknesses() or ""
    assert "Python 3.11.7 has known faults" in told
    assert all(name in told for name in MENDED[11])
    assert "\n" not in told


@pytest.mark.parametrize("number", range(3))
def test_each_fault_is_told_with_the_release_that_mends_it(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = [
        (name, since, lambda here=index: here == number)
        for index, (name, since, _) in enumerate(interpreter._FAULTS)
    ]
    monkeypatch.setattr(interpreter, "_FAULTS", faults)
    told = weaknesses() or ""
    for index, (name, since, _) in enumerate(faults):
        assert (f"{name} (mended in {since})" in told) is (index == number)


def test_a_sound_library_is_not_worth_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "_FAULTS", [("X", "1", lambda: False)])
    assert weaknesses() is None

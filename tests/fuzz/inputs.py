"""What the fuzzes share: one seed for a run, real phrases to recombine, and the time that a reading may take."""

import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

CASES = Path(__file__).parents[1] / "cases"
SEED = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(2**32))
INPUTS = int(os.environ.get("FUZZ_INPUTS") or 200_000)
SLOWEST = 0.050
"""Seconds that one phrase may take."""

Found = TypeVar("Found")

print(f"\nFUZZ_SEED={SEED} FUZZ_INPUTS={INPUTS}")


def real(pattern: str, name: str) -> list[str]:
    """Return the phrases of the case files of a pattern: what stands under `name` in each line."""
    found: list[str] = []
    for file in sorted(CASES.glob(pattern)):
        found += [json.loads(line)[name] for line in file.read_text("utf-8").splitlines()]
    return found


def miswritten(text: str, chance: random.Random, *, whole: int = 1) -> str:
    """Return the text, with one character left out, or one doubled; `whole` times as often as it is."""
    at = chance.randrange(len(text))
    return chance.choice([*[text] * whole, text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:]])


def timed(work: Callable[[], Found], phrase: str) -> Found:
    """Return what a reading comes to; AssertionError when it takes longer than SLOWEST, again and again."""
    took = []
    for _ in range(3):  # the machine may be busy; a slow phrase is slow each time
        began = time.perf_counter()
        found = work()
        took.append(time.perf_counter() - began)
        if took[-1] < SLOWEST:
            return found
    raise AssertionError(f"{min(took) * 1000:.0f} ms for {phrase!r}")

"""What every bench does alike: it measures ways in turn, and prints Markdown tables for docs/performance.md."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

QUICK = os.environ.get("BENCH_QUICK") == "1"
"""Whether a small run is asked for, to see that all works: its figures are worth little."""


class NotMeasured(Exception):
    """A way can't be measured here, and why."""


Found = dict[str, list[float] | NotMeasured]


def alternate(ways: Mapping[str, Callable[[], float]], rounds: int, seconds: float = 120) -> Found:
    """Run each way once a round, every other round backwards; return each way's figures, or why it has none.

    No further round begins that would end more than `seconds` after the first one began.
    """
    found: Found = {name: [] for name in ways}
    began = time.monotonic()
    for number in range(rounds):
        if number and (time.monotonic() - began) * (number + 1) / number > seconds:
            break
        for name in list(ways) if number % 2 == 0 else reversed(ways):
            figures = found[name]
            if isinstance(figures, NotMeasured):
                continue
            try:
                figures.append(ways[name]())
            except NotMeasured as reason:
                found[name] = reason
    return found


def rounds_of(found: Found) -> str:
    """Return how many rounds there were."""
    number = max(
        (len(figures) for figures in found.values() if not isinstance(figures, NotMeasured)), default=0
    )
    return f"{number} round{'' if number == 1 else 's'}"


def ratio(found: Found, one: str, other: str) -> float | None:
    """Return how many times the other the one is: the median of the rounds; None where one wasn't measured."""
    ones, others = found[one], found[other]
    if isinstance(ones, NotMeasured) or isinstance(others, NotMeasured):
        return None
    return median(a / b for a, b in zip(ones, others, strict=True))


def typical(figures: list[float] | NotMeasured, form: str = "{:,.0f}") -> str:
    """Return the median of the rounds and how far they lie apart, or why there is none."""
    if isinstance(figures, NotMeasured):
        return f"not measured: {figures}"
    middle = median(figures)
    apart = "" if len(figures) < 2 else f" ± {(max(figures) - min(figures)) / 2 / middle:.0%}"
    return form.format(middle) + apart


def times(value: float | None) -> str:
    """Return a ratio as a table has it."""
    if value is None:
        return "–"
    return f"{value:,.0f} ×" if value >= 20 else f"{value:.1f} ×" if value >= 1 else f"{value:.2g} ×"


def share(value: float | None) -> str:
    """Return a ratio as percent."""
    return "–" if value is None else f"{value:.1%}"


def at_least(value: float | None, aim: float, shown: Callable[[float | None], str], of: str = "") -> str:
    """Return an aim as its column has it: `≥ 10.0% of the ceiling: met`."""
    return f"≥ {shown(aim)}{f' {of}' if of else ''}: {_verdict(value, value is not None and value >= aim)}"


def at_most(value: float | None, aim: float, shown: Callable[[float], str]) -> str:
    """Return an aim that is a limit."""
    return f"≤ {shown(aim)}: {_verdict(value, value is not None and value <= aim)}"


def _verdict(value: float | None, is_met: bool) -> str:
    if QUICK:
        return "not judged, numbers too small"
    return "not measured" if value is None else "met" if is_met else "**not met**"


def heading(title: str, *notes: str) -> None:
    """Print a heading, and what has to be said before its tables."""
    print(f"\n## {title}\n", flush=True)
    for note in notes:
        print(f"{note}\n", flush=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """Print a table; figures stand to the right of every column but the first."""
    if title:
        print(f"### {title}\n")
    print("| " + " | ".join(columns) + " |")
    print("| --- |" + " ---: |" * (len(columns) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)

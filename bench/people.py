"""Speed of the people room: reading unit phrases.

Best of several rounds over each file of cases, in microseconds a phrase: without a directory, and with one of 2,000
names.
"""

import json
from collections.abc import Collection
from pathlib import Path
from time import perf_counter

from table import heading, table

from notifier.people import read_units

CASES = Path(__file__).parents[1] / "tests" / "cases"
ROUNDS = 7


def cost(asked: list[tuple[str, str]], known: Collection[str] = ()) -> float:
    """Return the microseconds of one phrase: the best round, after one to warm up."""
    best = float("inf")
    for _ in range(ROUNDS + 1):
        began = perf_counter()
        for text, issuer in asked:
            read_units(text, issuer, known)
        best = min(best, perf_counter() - began)
    return best / len(asked) * 1e6


def main() -> None:
    """Print the table."""
    places = (CASES / "places.txt").read_text("utf-8").split()
    known = frozenset(
        f"{place}{office}"
        for place in places[:400]
        for office in ("政府", "教育局", "财政局", "住房和城乡建设局", "发展和改革委员会")
    )
    heading("Reading who is named", f"Microseconds a phrase of units, the best of {ROUNDS} rounds.")
    rows = []
    for file in sorted(CASES.glob("units*.jsonl")):
        cases = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        asked = [(case["text"], case["issuer"]) for case in cases]
        rows.append(
            (f"phrases of {file.stem}", str(len(asked)), f"{cost(asked):.1f}", f"{cost(asked, known):.1f}")
        )
    table(("reading", "texts", "µs", f"µs, with a directory of {len(known):,} names"), rows)


if __name__ == "__main__":
    main()

"""Speed against a mail server that takes its time: our result as a share of what so many connections can do at most."""

import os
import tempfile
import time
from pathlib import Path
from statistics import median

from mixes import SHARED, Owing
from sending import ceiling, ours
from sink import name, sink
from table import QUICK, alternate, at_least, heading, ratio, rounds_of, share, table, times, typical

ROUNDS = 1 if QUICK else 3
LATENCY = 0.025
CONNECTIONS = (1, 2, 4, 16)
REPLIES = 3  # to MAIL and RCPT, which may be sent together, to DATA, and to the mail itself
SYNCS, OCTETS = 50, 80_000  # as a mail has the ledger write
SECONDS = 3  # that a way takes at best
AIM = 0.90
SMTPLIB = "smtplib, 1 connection"


def synced(folder: Path) -> float:
    """Return the seconds in which what is recorded of a mail is written and on the disk, here and now."""
    took = []
    with open(folder / "synced", "wb") as file:
        for _ in range(SYNCS):
            began = time.perf_counter()
            file.write(bytes(OCTETS))
            file.flush()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return median(took)


def measure(folder: Path, *, each: bool) -> None:
    """Print the table of a server that answers the end of a mail late, or each line."""
    slowness = LATENCY * (REPLIES if each else 1)
    most = {connections: connections / slowness for connections in CONNECTIONS}
    sync = synced(folder)
    with sink(LATENCY, each=each) as port:
        offices = {
            connections: Owing(folder / f"{connections}-{each}", SHARED, round(rate * SECONDS / 10 + 1) * 10)
            for connections, rate in most.items()
        }
        ways = {SMTPLIB: ceiling(offices[1].made(), port)}
        for connections, owing in offices.items():
            ways[f"ours, {connections} connection{'s' if connections > 1 else ''}"] = ours(
                owing, port, connections
            )
        found = alternate(ways, ROUNDS)
    rows = []
    for way, connections in zip(found, (1, *CONNECTIONS), strict=True):
        figures = found[way]
        of = sorted(figures)[len(figures) // 2] / most[connections] if isinstance(figures, list) else None
        rows.append(
            (
                way,
                f"{most[connections]:,.0f}",
                "–" if way == SMTPLIB else f"{connections / (slowness + sync):,.0f}",
                typical(figures),
                share(of),
                times(ratio(found, way, SMTPLIB)),
                at_least(of, AIM, share) if way != SMTPLIB and not each else "–",
            )
        )
    late = f"each line after {LATENCY * 1000:.0f} ms, waited for {REPLIES} times a mail at least" if each else (
        f"the end of a mail after {LATENCY * 1000:.0f} ms, all else at once"
    )  # fmt: skip
    table(
        ("way", "at most, mails/s", "with a sync each", "mails/s", "of the most", "of smtplib", "aim"),
        rows,
        f"A server that answers {late}; a sync takes {sync * 1000:.1f} ms ({rounds_of(found)})",
    )


def main() -> None:
    """Print both tables."""
    heading(
        "Sending to a slow server",
        f"{name(LATENCY)} on loopback; digests of ten contacts a unit, so many that each way takes {SECONDS} s at best."
        " The most that can be had is connections ÷ latency, where the server is late once a mail. Ours has a sync of"
        " the disk besides, between an answer and the next mail on that connection: until then the answer may be"
        " lost, and a second mail would be in doubt with it. The server offers PIPELINING, which smtplib doesn't use.",
    )
    with tempfile.TemporaryDirectory() as folder:
        for each in (False, True):
            measure(Path(folder), each=each)


if __name__ == "__main__":
    main()

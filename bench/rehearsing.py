"""How long a rehearsal of a year takes: 10,000 tasks in plans as an office has them, 500 units with a contact each.

`notifier rehearse --json` in a process of its own, as ops run it, and with every mail and the report written.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from office import write_config, write_contacts
from table import QUICK, at_most, heading, table

from notifier.share import share

WHOLE = (300, 30) if QUICK else (10_000, 500)  # tasks and units
PART = tuple(number // 10 for number in WHOLE)
AIM_SECONDS = 60.0
LIMIT_SECONDS = 240
ALWAYS = 83  # percent that go on for ever: 30 of the 36 tasks of the example plan
COLUMNS = ("序号", "工作任务", "负责单位", "时间进度")


def write(folder: Path, tasks: int, units: int) -> None:
    """Write an office: a lead unit and up to two that assist for each task, and a phrase for its time."""
    folder.mkdir()
    chance = random.Random(1)
    names = [f"第{number}县教育局" for number in range(1, units + 1)]
    rows = []
    for number in range(1, tasks + 1):
        named = "、".join(chance.sample(names, chance.choice((1, 2, 3))))
        if chance.randrange(100) < ALWAYS:
            phrase = "持续实施"
        else:
            phrase = chance.choice(
                (
                    f"2018年{chance.randint(2, 12)}月底前完成",
                    f"2018年{chance.randint(3, 12)}月{chance.randint(1, 28)}日前",
                )
            )
        rows.append(f"\t{number}\n\t加强职业学校教师培训，落实第{number}项任务。\n\t{named}\n\t{phrase}\n")
    head = ["附件", "", "任务分工表", *(f"\t{title}" for title in COLUMNS), ""]
    (folder / "plan.txt").write_text("\n".join([*head, *rows, ""]), "utf-8")
    write_contacts(folder, ((unit, f"联络员{place}", f"c{place}") for place, unit in enumerate(names)))
    write_config(folder, issued="2018-01-02", more=f'[service]\ntemplates = "{share("templates")}"')


@dataclass(frozen=True)
class Rehearsed:
    """What a rehearsal took and found."""

    seconds: float
    megabytes: float
    found: dict[str, object] | None  # None where it was ended after LIMIT_SECONDS

    @property
    def numbers(self) -> tuple[str, str]:
        """How many digests and reminders there were."""
        return (
            ("–", "–")
            if self.found is None
            else tuple(f"{self.found[key]:,}" for key in ("digests", "reminders"))
        )


def rehearse(folder: Path, *options: str) -> Rehearsed:
    """Run the command; return what it took."""
    command = [
        sys.executable,
        "-m",
        "notifier",
        "--config",
        str(folder / "config.toml"),
        "rehearse",
        "--json",
    ]
    command += ["--from", "2018-01-02", "--to", "2018-12-31", *options]
    began = time.monotonic()
    with (folder / "found.json").open("w+b") as out, (folder / "stderr").open("w+b") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=folder)
        is_over = False
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            if not is_over and time.monotonic() - began > LIMIT_SECONDS:
                is_over = True
                process.kill()
            time.sleep(0.05)
        took = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode and not is_over:
            err.seek(0)
            raise RuntimeError(f"rehearse exits with {process.returncode}: {err.read().decode()[-300:]}")
        out.seek(0)
        found = None if is_over else json.loads(out.read())
    return Rehearsed(took, usage.ru_maxrss / 1024, found)


def main() -> None:
    """Print the table."""
    heading(
        "Rehearsing a year",
        "`notifier rehearse --from 2018-01-02 --to 2018-12-31`, the whole command, from reading the document on; once"
        f" each. A task has one lead unit and up to two more, a unit one contact. {ALWAYS} % of the tasks are 持续实施,"
        " the others due on some day of the year. Where nobody closes anything, all of these end in overdue notices.",
    )
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for what, (tasks, units), options, aim in (
            ("nobody closes anything", WHOLE, (), AIM_SECONDS),
            ("a tenth of it", PART, (), None),
            ("the tenth, every task closed on its due date", PART, ("--all-done",), None),
            ("the tenth, every mail and the report written", PART, ("--out", "out"), None),
        ):
            folder = Path(place) / what
            write(folder, tasks, units)
            done = rehearse(folder, *options)
            rows.append(
                (
                    what,
                    f"{tasks:,} × {units:,}",
                    *done.numbers,
                    f"{done.seconds:.0f} s" if done.found is not None else f"ended after {LIMIT_SECONDS} s",
                    f"{done.megabytes:,.0f} MB",
                    "–" if aim is None else at_most(done.seconds, aim, lambda limit: f"{limit:.0f} s"),
                )
            )
    table(("rehearsal", "tasks × units", "digests", "reminders", "time", "memory", "aim"), rows)


if __name__ == "__main__":
    main()

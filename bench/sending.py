"""Speed of sending: digests of ten lines, text and HTML, Chinese, from the claim to the recorded reply, on one machine.

Beside the ceiling (the same bytes, made beforehand, over one smtplib connection that is kept), what people write (an
APScheduler job a mail in its SQLAlchemy store, EmailMessage, a new connection each), django-post_office and Celery.
Digests are ours: a job and a mail of one line for each reminder is a way, too, compared by reminders.
"""

import json
import smtplib
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import peers
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from jinja2 import Environment, Template
from mixes import DISTINCT, LINES, SHARED, Mix, Owing
from sink import name, sink
from table import (
    QUICK,
    NotMeasured,
    alternate,
    at_least,
    heading,
    ratio,
    rounds_of,
    share,
    table,
    times,
    typical,
)

from notifier.mail.transport import Outgoing

MAILS, SAMPLE, ROUNDS = (500, 200, 1) if QUICK else (5_000, 1_000, 3)
SECONDS = 150  # for the rounds of a mix
AS_SHIPPED = "ours, 2 connections (as shipped)"
CEILING, NAIVE = "ceiling: the bytes, one smtplib connection", "a job a mail: APScheduler, smtplib"
ONE_EACH = "a job and a mail a reminder: APScheduler, smtplib"
POST_OFFICE = f"django-post_office {peers.version_of('django-post-office')}"
RENDERED = "the same, rendered before the clock starts"
CELERY = f"Celery {peers.version_of('celery')}, Redis, 2 workers"
AIMS = {DISTINCT.title: (0.10, 4.0), SHARED.title: (0.30, 10.0)}
PEERS_AIM = 5.0


def ceiling(mails: Sequence[Outgoing], port: int) -> Callable[[], float]:
    """Return a way that gives the mails a second of the bare bytes over one connection."""

    def run() -> float:
        began = time.perf_counter()
        with smtplib.SMTP("127.0.0.1", port) as client:
            for mail in mails:
                client.sendmail(mail.sender, mail.address, mail.data)
        return len(mails) / (time.perf_counter() - began)

    return run


def ours(owing: Owing, port: int, connections: int) -> Callable[[], float]:
    """Return a way that gives the mails a second of the send pass."""
    app = owing.app(port, connections)

    def run() -> float:
        with owing.passes(app, app.transport()) as passes:
            began = time.perf_counter()
            outcome = passes.send()
            took = time.perf_counter() - began
        if outcome.tried != owing.mails or outcome.fault:
            raise RuntimeError(f"{outcome.tried} of {owing.mails} mails went: {outcome.fault}")
        return owing.mails / took

    return run


class Job:
    """One mail as it is usually written; the jobs of the store name it."""

    contents: dict[str, str]
    parts: tuple[Template, Template]
    port: int

    @classmethod
    def send(cls, address: str, values: dict[str, str]) -> None:
        """Render, and send over a connection of its own."""
        plain, html = (part.render(values) for part in cls.parts)
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = cls.contents["subject"], cls.contents["sender"], address
        mail.set_content(plain)
        mail.add_alternative(html, subtype="html")
        with smtplib.SMTP("127.0.0.1", cls.port) as client:
            client.send_message(mail)


def send_job(address: str, values: dict[str, str]) -> None:
    """Send one mail; what a job in the store can be."""
    Job.send(address, values)


def naive(port: int, file: Path) -> Callable[[], float]:
    """Return a way that gives the mails a second of a scheduler with a job for each, once they are due.

    `file` is of digests, or of mails of one line that stand for a reminder each.
    """
    wanted = json.loads(file.read_text("utf-8"))
    environment = Environment(autoescape=True)
    parts = (environment.from_string(wanted["plain"]), environment.from_string(wanted["html"]))

    def run() -> float:
        Job.contents, Job.parts, Job.port = wanted, parts, port
        left = threading.Semaphore(0)
        failed = []
        with tempfile.TemporaryDirectory() as place:
            scheduler = BackgroundScheduler(
                jobstores={"default": SQLAlchemyJobStore(f"sqlite:///{place}/jobs.db")},
                executors={"default": ThreadPoolExecutor(10)},
                job_defaults={"misfire_grace_time": None},
                timezone=UTC,
            )
            scheduler.add_listener(lambda _event: left.release(), EVENT_JOB_EXECUTED)
            scheduler.add_listener(lambda event: (failed.append(event), left.release()), EVENT_JOB_ERROR)
            scheduler.start(paused=True)
            due = datetime(2018, 6, 29, tzinfo=UTC)
            for mail in wanted["mails"]:
                scheduler.add_job(send_job, "date", run_date=due, args=(mail["address"], mail["values"]))
            began = time.perf_counter()
            scheduler.resume()
            for _ in wanted["mails"]:
                left.acquire()
            took = time.perf_counter() - began
            scheduler.shutdown(wait=True)
        if failed:
            raise RuntimeError(f"{len(failed)} jobs failed")
        return len(wanted["mails"]) / took

    return run


def written(owing: Owing, file: Path, mails: list[Outgoing] | None = None) -> Path:
    """Write an office's mails as other programs have them, so many as they send, into a file."""
    contents = owing.as_others_have_it(mails or owing.made())
    file.write_text(
        json.dumps({**contents, "mails": contents["mails"][:SAMPLE]}, ensure_ascii=False), "utf-8"
    )
    return file


def measure(mix: Mix, folder: Path) -> None:
    """Print the table of one mix."""
    owing = Owing(folder / "office", mix, MAILS)
    mails = owing.made()
    file = written(owing, folder / "mails.json", mails)
    alone = written(Owing(folder / "alone", replace(mix, tasks=1), SAMPLE), folder / "alone.json")
    with sink() as port:
        ways = {
            CEILING: ceiling(mails, port),
            AS_SHIPPED: ours(owing, port, 2),
            "ours, 4 connections": ours(owing, port, 4),
            NAIVE: naive(port, file),
            ONE_EACH: naive(port, alone),
            POST_OFFICE: peers.post_office(port, file, renders=True),
            RENDERED: peers.post_office(port, file, renders=False),
            CELERY: peers.celery(port, file),
        }
        found = alternate(ways, ROUNDS, SECONDS)
    of_ceiling, of_naive = AIMS[mix.title]
    peers_ratio = {other: ratio(found, AS_SHIPPED, other) for other in (NAIVE, POST_OFFICE, RENDERED, CELERY)}
    by_reminders = ratio(found, AS_SHIPPED, ONE_EACH)
    peers_ratio[ONE_EACH] = None if by_reminders is None else by_reminders * LINES
    rows = []
    for way, figures in found.items():
        each = 1 if way == ONE_EACH else LINES
        told = figures if isinstance(figures, NotMeasured) else [figure * each for figure in figures]
        of = None if way == ONE_EACH else ratio(found, way, CEILING)
        aim = "–"
        if way == AS_SHIPPED:
            aim = at_least(of, of_ceiling, share, "of the ceiling")
        elif way == NAIVE:
            aim = at_least(peers_ratio[way], of_naive, times)
        elif way in peers_ratio and way != ONE_EACH:
            aim = at_least(peers_ratio[way], PEERS_AIM, times)
        rows.append(
            (
                way,
                typical(figures),
                typical(told),
                share(of),
                times(peers_ratio[way]) if way in peers_ratio else "–",
                aim,
            )
        )
    size = sum(len(mail.data) for mail in mails) / len(mails)
    table(
        ("way", "mails/s", "reminders/s", "of the ceiling", "ours, as shipped, is", "aim"),
        rows,
        f"{mix.title.capitalize()}, {size / 1000:.0f} KB each ({rounds_of(found)})",
    )


def main() -> None:
    """Print both tables."""
    heading(
        "Sending, one machine",
        f"{MAILS:,} digests of {LINES} lines to {name()} on loopback; {SAMPLE:,} of them by the other programs."
        " Ours is the send pass on SQLite: claim, judge, render, send, record each reply. The others"
        " get the same contents, as templates that are filled in for each mail, by Jinja and by Django. Their jobs,"
        " tasks and mails are queued before the clock starts; each keeps its own record of what went.",
        f"“{ONE_EACH}” has no digests: {SAMPLE:,} mails of one line by the same templates, each one reminder. It is"
        f" compared by reminders, of which a digest tells {LINES}, and has no aim of its own.",
    )
    for mix in (DISTINCT, SHARED):
        with tempfile.TemporaryDirectory() as folder:
            measure(mix, Path(folder))


if __name__ == "__main__":
    main()

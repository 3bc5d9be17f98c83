"""Speed of sending: digests of ten lines, text and HTML, Chinese, from the claim to the recorded reply.

`make bench`, or `BENCH_MAILS=500 python bench/sending.py`. Side by side in one run, against the same server:
the ceiling (the same bytes, made beforehand, over one smtplib connection that is kept); ours, end to end; and
what people write (an APScheduler job a mail in its SQLAlchemy store, EmailMessage, a new connection each).
Two mixes: every digest another, and ten contacts to a unit. Then against a server with 25 ms latency.
"""

import os
import resource
import smtplib
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from jinja2 import Environment
from sink import name, sink

from notifier.app import App, build
from notifier.config import load
from notifier.ledger import engine as ledger
from notifier.mail.transport import Outgoing, Result

MAILS = int(os.environ.get("BENCH_MAILS") or 5_000)
LINES = 10
TASK = "加强职业学校教师培训，完善校企合作机制，" * 3 + "落实第{}项任务。"
LATENCY = 0.025
SLOT = datetime(2018, 6, 29, 1, tzinfo=UTC)  # 09:00 in Beijing

CONFIG = """
[service]
heartbeat = 3600
[plans.bench]
path = "plan.txt"
issued = 2018-06-01
issuer_level = "省"
title = "关于办好学校的意见"
number = "豫政办〔2018〕1号"
[groups]
"各有关单位名单" = [{units}]
[contacts]
files = ["contacts.csv"]
[office]
name = "省政府督查室"
[mail]
from = "ducha@example.org"
host = "127.0.0.1"
port = {port}
tls = "none"
connections = {connections}
[delivery]
mode = "live"
daily_cap = 0
"""


def office(folder: Path, *, contacts_per_unit: int, mails: int, port: int, connections: int) -> App:
    """Write an office whose plan owes every contact ten lines at SLOT, and build it."""
    units = [f"第{number}中学" for number in range(max(1, mails // contacts_per_unit))]
    rows = [f"\t{n}\n\t{TASK.format(n)}\n\t各有关单位名单\n\t持续实施\n" for n in range(1, LINES + 1)]
    head = "\n".join(
        ["附件", "", "任务分工表", *(f"\t{t}" for t in ("序号", "工作任务", "负责单位", "时间进度")), ""]
    )
    (folder / "plan.txt").write_text(head + "\n" + "\n".join(rows) + "\n", "utf-8")
    people = [
        f"{unit},联络员{number},c{place}-{number}@example.org,primary"
        for place, unit in enumerate(units)
        for number in range(contacts_per_unit)
    ]
    (folder / "contacts.csv").write_text("\n".join(["unit,name,email,role", *people, ""]), "utf-8")
    listed = ", ".join(f'"{unit}"' for unit in units)
    (folder / "config.toml").write_text(
        CONFIG.format(units=listed, port=port, connections=connections), "utf-8"
    )
    return build(load(folder / "config.toml"), lambda: SLOT)


class Recorder:
    """Takes every mail and keeps its bytes: what a send costs without a server."""

    def __init__(self) -> None:
        self.taken: list[Outgoing] = []

    def deliver(
        self,
        mails: Sequence[Outgoing],
        *,
        begin: Callable[[Outgoing], None],
        record: Callable[[Outgoing, Result], None],
        stop: Callable[[], bool],
    ) -> None:
        """Accept everything."""
        for mail in mails:
            if stop():
                return
            begin(mail)
            self.taken.append(mail)
            record(mail, Result(state="accepted", scope="message", reply="250 taken"))

    def close(self) -> None:
        """Do nothing."""


def ours(
    mix: int, mails: int, port: int, connections: int, recorder: Recorder | None = None
) -> tuple[float, float]:
    """Return the seconds of planning and of sending, on a new ledger."""
    with tempfile.TemporaryDirectory() as place:
        app = office(Path(place), contacts_per_unit=mix, mails=mails, port=port, connections=connections)
        engine = ledger.create(app.config.database, SLOT - timedelta(days=10))
        passes = app.passes(engine, recorder or app.transport())
        passes.adopt(SLOT - timedelta(days=10))
        began = time.perf_counter()
        passes.plan(SLOT)
        between = time.perf_counter()
        outcome = passes.send()
        ended = time.perf_counter()
        engine.dispose()
        assert outcome.tried == mails, outcome
    return between - began, ended - between


def ceiling(mails: Sequence[Outgoing], port: int) -> float:
    """Return the seconds that the bare bytes take over one connection."""
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as client:
        for mail in mails:
            client.sendmail(mail.sender, mail.address, mail.data)
    return time.perf_counter() - began


TEMPLATE = Environment(autoescape=True).from_string(
    "<p>{{ who }}：</p><table>{% for line in lines %}<tr><td>{{ line }}</td></tr>{% endfor %}</table>"
)


def naive_job(port: int, number: int) -> None:
    """One mail as it is usually written."""
    lines = [TASK.format(n) for n in range(LINES)]
    mail = EmailMessage()
    mail["Subject"] = f"工作提醒：{number}"
    mail["From"] = Address("省政府督查室", "ducha", "example.org")
    mail["To"] = Address("联络员", f"c{number}", "example.org")
    mail.set_content("\n".join(lines))
    mail.add_alternative(TEMPLATE.render(who=f"联络员{number}", lines=lines), subtype="html")
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(mail)


def naive(mails: int, port: int) -> float:
    """Return the seconds from waking a scheduler that has a job for each mail to the last one gone."""
    with tempfile.TemporaryDirectory() as place:
        store = SQLAlchemyJobStore(f"sqlite:///{place}/jobs.db")
        scheduler = BackgroundScheduler(
            jobstores={"default": store},
            executors={"default": ThreadPoolExecutor(10)},
            job_defaults={"misfire_grace_time": None},
            timezone=UTC,
        )
        scheduler.start(paused=True)
        for number in range(mails):
            scheduler.add_job(naive_job, "date", run_date=date(2018, 6, 29), args=(port, number))
        began = time.perf_counter()
        scheduler.resume()
        while scheduler.get_jobs():
            time.sleep(0.02)
        scheduler.shutdown(wait=True)
        return time.perf_counter() - began


def main() -> None:
    """Print the table."""
    sample = max(100, MAILS // 10)
    print(
        f"{MAILS:,} digests of {LINES} lines to {name()} on loopback; mails a second, and the share of the ceiling"
    )
    for title, mix in (("every digest another", 1), ("ten contacts a unit", 10)):
        recorder = Recorder()
        planning, bare = ours(mix, MAILS, 1, 1, recorder)
        with sink() as port:
            limit = MAILS / ceiling(recorder.taken, port)
            naive_rate = sample / naive(sample, port)
            rates = {n: MAILS / ours(mix, MAILS, port, n)[1] for n in (1, 2, 4)}
            again = MAILS / ceiling(recorder.taken, port)
        limit = (limit + again) / 2
        size = sum(len(mail.data) for mail in recorder.taken) / MAILS
        print(f"{title} ({size:,.0f} octets a mail; planned and bundled in {planning:.2f} s)")
        print(f"  ceiling, one smtplib connection kept   {limit:8,.0f}")
        print(
            f"  an APScheduler job a mail, {sample:5,} mails {naive_rate:8,.0f}   {naive_rate / limit:6.1%}"
        )
        print(f"  ours without a server                  {MAILS / bare:8,.0f}   {MAILS / bare / limit:6.1%}")
        for connections, rate in rates.items():
            print(
                f"  ours, {connections} connection{'s' if connections > 1 else ' '}                     {rate:8,.0f}"
                f"   {rate / limit:6.1%}   {rate / naive_rate:5.1f} times the job a mail"
            )
    late = max(200, MAILS // 10)
    print(f"{late:,} digests to a server that answers after {LATENCY * 1000:.0f} ms")
    with sink(LATENCY) as port:
        for connections in (1, 4, 16):
            rate = late / ours(10, late, port, connections)[1]
            most = connections / LATENCY
            print(
                f"  ours, {connections:2} connections {rate:8,.0f}   {rate / most:6.1%} of connections over latency"
            )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()

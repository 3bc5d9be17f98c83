"""Celery sends the mails of a file: `celery_mail.py PORT FILE REDIS_PORT` prints the seconds as JSON.

One task a mail, rendered by Jinja, sent with smtplib, its result kept; two workers. All tasks are in the queue before
the workers may take from it, so that only their work is timed.
"""

import json
import os
import smtplib
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path

import jinja2
import redis
from celery import Celery, signals

port, file, redis_port = sys.argv[1:4] if __name__ == "__main__" else os.environ["BENCH_CELERY"].split("\n")
wanted = json.loads(Path(file).read_text("utf-8"))
app = Celery(
    "celery_mail", broker=f"redis://127.0.0.1:{redis_port}/0", backend=f"redis://127.0.0.1:{redis_port}/1"
)
app.conf.broker_connection_retry_on_startup = True
counter = redis.Redis(port=int(redis_port), db=2)
environment = jinja2.Environment(autoescape=True)
plain, html = environment.from_string(wanted["plain"]), environment.from_string(wanted["html"])


@app.task(name="send")
def send(address: str, values: dict[str, str]) -> str:
    """Send one mail."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = wanted["subject"], wanted["sender"], address
    mail.set_content(plain.render(values))
    mail.add_alternative(html.render(values), subtype="html")
    with smtplib.SMTP("127.0.0.1", int(port)) as client:
        client.send_message(mail)
    return "sent"


@signals.task_postrun.connect
def count(state: str = "", **_: object) -> None:
    """Count what has its result kept."""
    counter.incr(state)


def main() -> None:
    """Queue, let the workers take, and say how long both took."""
    here = Path(__file__).parent
    worker = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "celery_mail",
            "worker",
            "-c",
            "2",
            "-Q",
            "idle",
            "--loglevel",
            "error",
        ],
        cwd=here,
        env={**os.environ, "BENCH_CELERY": "\n".join((port, file, redis_port))},
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while not app.control.ping(timeout=0.5):
            if time.monotonic() > deadline or worker.poll() is not None:
                raise SystemExit("the worker doesn't start")
        began = time.perf_counter()
        for mail in wanted["mails"]:
            send.apply_async((mail["address"], mail["values"]), queue="mails")
        queued = time.perf_counter()
        app.control.add_consumer("mails")
        while (done := int(counter.get("SUCCESS") or 0)) < len(wanted["mails"]):
            if counter.get("FAILURE") or time.perf_counter() > queued + 120:
                raise SystemExit(f"{done} of {len(wanted['mails'])} were sent")
            time.sleep(0.005)
        sent = time.perf_counter()
    finally:
        worker.terminate()
        worker.wait(30)
    print(json.dumps({"queue": queued - began, "send": sent - queued}))


if __name__ == "__main__":
    main()

"""django-post_office sends the mails of a file: `post_office_mail.py PORT FILE FOLDER WHEN` prints the seconds as JSON.

As its documentation has it: a template, `mail.send_many` into the queue, then `send_queued_mail` with its defaults,
which sends in batches of 100 over 5 threads that each keep a connection, and logs each mail. WHEN says when a mail is
rendered: as it is queued, or `late`, as it is sent (`render_on_delivery`).
"""

import json
import sys
import time
from pathlib import Path

import django
from django.conf import settings

port, file, folder, when = sys.argv[1:]
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(folder) / "queue.db")}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=int(port),
    EMAIL_BACKEND="post_office.EmailBackend",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    LOGGING_CONFIG=None,
)
django.setup()

from django.core.management import call_command  # noqa: E402
from post_office import mail  # noqa: E402
from post_office.models import STATUS, Email, EmailTemplate, Log  # noqa: E402


def main() -> None:
    """Queue, send, and say how long both took."""
    wanted = json.loads(Path(file).read_text("utf-8"))
    call_command("migrate", verbosity=0)
    template = EmailTemplate.objects.create(
        name="digest", subject=wanted["subject"], content=wanted["plain"], html_content=wanted["html"]
    )
    began = time.perf_counter()
    mail.send_many(
        [
            {
                "recipients": [one["address"]],
                "sender": wanted["sender"],
                "template": template,
                "context": one["values"],
                "render_on_delivery": when == "late",
            }
            for one in wanted["mails"]
        ]
    )
    queued = time.perf_counter()
    call_command("send_queued_mail", lockfile=str(Path(folder) / "lock"))
    sent = time.perf_counter()
    done = Email.objects.filter(status=STATUS.sent).count()
    if done != len(wanted["mails"]) or Log.objects.count() != done:
        raise SystemExit(f"{done} of {len(wanted['mails'])} were sent")
    print(json.dumps({"queue": queued - began, "send": sent - queued}))


if __name__ == "__main__":
    main()

"""Mail that the templates could not make went with the built-in text: told to the log, the ledger and preflight."""

import logging
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from notifier.errors import TemplateError
from notifier.ledger.log import all_daemons, events_since, record_event
from notifier.passes.item import Item

log = logging.getLogger(__name__)

ACTION = "template_fallback"


def fell_back(db: Connection, message: int, error: TemplateError, now: datetime) -> str:
    """Record that a message goes with the built-in text; return that as a sentence for `notifier status`."""
    fault = "; ".join(error.faults)[:500]
    log.warning(
        "Message %d goes with the built-in text: %s",
        message,
        fault,
        extra={"action": "template_fallback", "mail": message},
    )
    record_event(db, at=now, by="notifier", action=ACTION, detail=f"message {message}: {fault}")
    return f"mail goes with the built-in text instead of the templates: {fault}"


def items(db: Connection) -> Iterator[Item]:
    """Yield a preflight item for each fault for which mail fell back since the configuration was last loaded."""
    daemons = all_daemons(db)
    if not daemons:
        return
    loaded = max(daemon.config_loaded for daemon in daemons)
    told: dict[str, list[str]] = {}
    for detail in events_since(db, ACTION, loaded):
        message, _, fault = detail.partition(": ")
        told.setdefault(fault, []).append(message.removeprefix("message "))
    for fault, messages in told.items():
        count = len(set(messages))
        yield Item(
            kind="template",
            message=f"{count} mail{'s' * (count > 1)} went with the built-in text: {fault}",
            hint="mend the template, then reload",
            zh=f"{count}封邮件改用内置文本发出：{fault}",
            about=fault,
        )

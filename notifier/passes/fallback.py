"""What is wrong with templates beyond what a proof finds.

Mail that they could not make went with the built-in text: told to the log, the ledger (on the message, too) and
preflight. A template for a
plan that there isn't is never used.
"""

import logging
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from sqlalchemy import Connection

from notifier.errors import TemplateError
from notifier.ledger.log import all_daemons, events_since, record_event
from notifier.ledger.outbox import mark_built_in
from notifier.passes.item import Item

log = logging.getLogger(__name__)

ACTION = "template_fallback"
_PLAN = re.compile(r"(?:[^/]+/)?plans/([^/]+)(?=/)")  # of the default language, or of another


def fell_back(db: Connection, message: int, error: TemplateError, now: datetime) -> str:
    """Record that a message goes with the built-in text; return that as a sentence for `notifier status`."""
    fault = "; ".join(error.faults)[:500]
    log.warning(
        "Message %d goes with the built-in text: %s",
        message,
        fault,
        extra={"action": "template_fallback", "mail": message},
    )
    mark_built_in(db, message, fault)
    record_event(db, at=now, by="notifier", action=ACTION, detail=f"message {message}: {fault}")
    return f"mail goes with the built-in text instead of the templates: {fault}"


def of_no_plan(names: Iterable[str], plans: Collection[str]) -> Iterator[Item]:
    """Yield a preflight item for each folder of a plan's own templates that no plan's key names."""
    folders = {found[0]: found[1] for name in names if (found := _PLAN.match(name)) is not None}
    for folder, plan in folders.items():
        if plan not in plans:
            there = ", ".join(plans) or "none"
            yield Item(
                kind="template",
                message=f"templates/{folder} is used by no plan: there is no [plans.{plan}] (there are: {there})",
                hint="name the folder as the plan's key in config.toml, or remove it",
                zh=f"templates/{folder}：没有 [plans.{plan}]",
            )


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

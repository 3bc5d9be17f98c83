"""The plan pass's last step: what was recorded since the last one is linked into the chain of events."""

import logging

from sqlalchemy import Engine

from notifier.ledger.chain import link_new

log = logging.getLogger(__name__)


def link_events(engine: Engine) -> None:
    """Link new events, in a transaction of its own: a chain that can't go on must not hold up any mail."""
    try:
        head = link_new(engine)
    except Exception:
        log.exception("Events can't be chained", extra={"action": "events_unchained"})
        return
    if head is not None:
        # A log that is kept elsewhere is a witness that who rewrites the ledger can't reach.
        log.info(
            "Events are chained to link %d: %s", head.link, head.hash, extra={"action": "events_chained"}
        )

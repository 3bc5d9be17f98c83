"""A ledger's storage where it is a server's: nobody here sees its disk; what is met is that it can't be reached."""

import logging
import time
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError, OperationalError

from notifier.errors import in_one_line

log = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0


class UnseenStorage:
    """Stands where `storage.Storage` stands for a file."""

    is_full = False
    has_failed = False

    def check(self) -> None:
        """Do nothing: a server that is away may come back."""

    def shortage(self) -> str | None:
        """Return None: what the server's disk lacks it says itself."""
        return None

    def insist(self, step: Callable[[], None]) -> None:
        """Do a step that must be recorded, again and again while the server can't be reached or a lock is held."""
        while True:
            try:
                return step()
            except DBAPIError as error:
                if not self.excuses(error):
                    raise
                log.warning(
                    "An answer can't be recorded yet: %s",
                    in_one_line(error.orig),
                    extra={"action": "answer_waits"},
                )
                time.sleep(_RETRY_SECONDS)

    def excuses(self, error: BaseException) -> bool:
        """Tell whether an error is the server's or another session's fault, so that a new start would not help."""
        # No connection, one that broke, a lock not given in time, a deadlock, a server that shuts down or is full.
        # One that the server ended for its silence is no OperationalError to the driver.
        return isinstance(error, OperationalError) or (
            isinstance(error, DBAPIError) and error.connection_invalidated
        )

"""A log record as one line of logfmt or JSON.

A value holds what a mail server or a file said: it can't begin a line of its own, nor a field, nor hide what follows.
"""

import json
import logging
import re
import traceback
from datetime import UTC, datetime

from notifier.logs.mask import mask

_MOST = 4_000  # characters of one value
_MOST_TRACE = 16_000  # of a traceback; its end says most

# sd-daemon(3): journald takes "<4>" off a line and files it under that priority.
_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}

# C0, DEL and C1, the line breaks of Unicode, marks that turn the direction of writing, halves of surrogate pairs.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_PLAIN = re.compile(r"[^\s\"'=\\{}<>]+")
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Form(logging.Formatter):
    """One line a record: level, action, message, and whatever else the record carries.

    In the journal, which adds the time, each line begins with its priority; elsewhere with the time. A traceback is
    one value in JSON; in logfmt it follows in lines that begin with two spaces.
    """

    def __init__(self, layout: str, *, in_journal: bool) -> None:
        super().__init__()
        self._is_json = layout == "json"
        self._in_journal = in_journal

    def format(self, record: logging.LogRecord) -> str:
        """Return the record without a line break at its end; every address in it is masked."""
        fields = self._fields(record)
        trace = _trace(record)
        if self._is_json:
            if trace:
                fields["exception"] = trace
            lines = [_safe(json.dumps(fields, ensure_ascii=False))]
        else:
            lines = [" ".join(f"{name}={_value(value)}" for name, value in fields.items())]
            lines += [f"  {_safe(line)}" for line in trace.split("\n") if line]
        level = next((_PRIORITY[known] for known in sorted(_PRIORITY) if record.levelno <= known), 2)
        prefix = f"<{level}>" if self._in_journal else ""
        return "\n".join(prefix + line for line in lines)

    def _fields(self, record: logging.LogRecord) -> dict[str, str | int | float]:
        fields: dict[str, str | int | float] = {}
        if not self._in_journal:
            fields["time"] = (
                datetime.fromtimestamp(record.created, UTC).astimezone().isoformat(timespec="milliseconds")
            )
        fields["level"] = record.levelname.lower()
        extra = {name: value for name, value in vars(record).items() if name not in _OWN}
        fields["action"] = str(extra.pop("action", "library"))
        if fields["action"] == "library":
            fields["logger"] = record.name
        fields["message"] = _cut(mask(_message(record)), _MOST)
        for name, value in extra.items():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            fields[name] = value if is_number else _cut(mask(str(value)), _MOST)
        return fields


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # a slip in some library's logging must not hide what it wanted to say
        return f"{record.msg} (its arguments don't fit)"


def _trace(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[1] is None:  # False, where the caller said so
        return ""
    text = mask("".join(traceback.format_exception(record.exc_info[1])))
    return text if len(text) <= _MOST_TRACE else f"[… {len(text) - _MOST_TRACE} more]{text[-_MOST_TRACE:]}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}[… {len(text) - most} more]"


def _value(value: str | int | float) -> str:
    text = str(value)
    if _PLAIN.fullmatch(text) and not _UNSAFE.search(text):
        return text
    return _safe(json.dumps(text, ensure_ascii=False))


def _safe(text: str) -> str:
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)

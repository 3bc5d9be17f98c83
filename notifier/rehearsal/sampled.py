"""Composing where nobody reads the mails: so many that a fault of templates, names or sizes shows all the same."""

from collections.abc import Hashable, Iterator
from typing import Any

from notifier.digest import Digest
from notifier.mail.compose import Composer, Envelope


class Sampled(Composer):
    """Composes the first mail to each contact, the first with each form of line, and what is longer than all before.

    Every other mail is empty. What fails makes no sample: all mails like it are composed, so that each of them has the
    fate it would have, and its word in the log.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sound: set[Hashable] = set()
        self._longest = 0

    def compose(self, digest: Digest, envelope: Envelope, *, plain: bool = False) -> bytes:
        """Return the mail as `Composer` does; empty where mails like it were sound."""
        whose = envelope.to_name, envelope.to_address, envelope.language
        forms: set[Hashable] = {whose, *((envelope.language, form) for form in _forms(digest))}
        length = _length(digest)
        if not plain and length <= self._longest and forms <= self._sound:
            return b""
        body = super().compose(digest, envelope, plain=plain)
        if not plain:
            self._sound |= forms
            self._longest = max(self._longest, length)
        return body


def _forms(digest: Digest) -> Iterator[Hashable]:
    """Yield what a template may make a difference by, for each line."""
    yield digest.light, digest.late, digest.copied, len(digest.sections) > 1
    for section in digest.sections:
        for group in section.groups:
            about = section.plan, group.key, group.same_day, len(group.lines) > 1
            yield about, tuple(remark.kind for remark in group.remarks)
            for line in group.lines:
                yield (
                    about,
                    line.role,
                    line.light,
                    (line.late, line.soft, line.provisional, line.copied),
                    (
                        bool(line.label),
                        bool(line.heading),
                        bool(line.other_units),
                        line.units == digest.units,
                    ),
                    tuple(remark.kind for remark in line.remarks),
                )


def _length(digest: Digest) -> int:
    return sum(
        len(line.text) + len(line.timing) + sum(map(len, line.other_units)) + _AROUND
        for section in digest.sections
        for group in section.groups
        for line in group.lines
    )


_AROUND = 200  # characters of a line that are no words of the document's

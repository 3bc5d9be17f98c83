"""Reminders of one contact and one slot become the content of one mail, as frozen plain values.

Everything a template shows is settled here: the order, the counts, the days left, the light and the
Chinese words, and what they say as plain values for other languages. Templates only lay it out. The
greeting names units, never the person, so that all contacts of a unit share one digest and its
rendered body.
"""

from notifier.digest.assemble import build
from notifier.digest.content import Count, Digest, Earlier, Group, Line, Notice, Remark, Section

__all__ = ["Count", "Digest", "Earlier", "Group", "Line", "Notice", "Remark", "Section", "build"]

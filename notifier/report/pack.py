"""Mails inside a page: as they left, compressed, so that a page with hundreds of them stays one small file."""

import json
import zlib
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from notifier.mail.compose import html_part
from notifier.mail.maildir import file_name
from notifier.rehearsal.found import Mail
from notifier.report.page import as_page

TOGETHER: Final = 25
"""Mails of one block: the mails of a day are much alike, and a browser unpacks a block for the one it shows."""

_LEVEL = 6


def packed(mails: Iterable[Mail], maildir: Path) -> str:
    """Return the HTML parts of mails, as a page each, as base64 of a zlib stream of a JSON list."""
    pages = [
        as_page(html_part((maildir / "new" / file_name(mail.message_id)).read_bytes()).decode())
        for mail in mails
    ]
    text = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    return b64encode(zlib.compress(text.encode(), _LEVEL)).decode()

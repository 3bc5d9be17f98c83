"""Pages for a browser: what they may do, and the templates of the report."""

import re
from base64 import b64encode
from hashlib import sha256
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

# A page of ours fetches nothing, sends nothing, and runs no script but the one it is told of. Styles are inline.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)


def as_page(html: str) -> str:
    """Return a mail's HTML as a page for a browser: it runs no script and fetches nothing, whatever stands in it."""
    head = _HEAD.search(html)
    begins = head.end() if head else 0
    tag = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    return f"{html[:begins]}{tag}{html[begins:]}"


def report_templates() -> Environment:
    """Return the report's templates: what stands in a document is escaped, a name missed is a fault.

    `policy` lets the report's own script run, by its hash (CSP Level 3, section 2.3.1), and no other.
    """
    environment = Environment(
        loader=PackageLoader("notifier.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = environment.get_template("report.js").render()
    digest = b64encode(sha256(script.encode()).digest()).decode()
    environment.globals["policy"] = f"{_POLICY}; script-src 'sha256-{digest}'"
    return environment

"""Mail addresses made unreadable, wherever in a text they stand."""

import re

# What may stand before an @ without quotes (RFC 5322 section 3.2.3), also in other scripts (RFC 6531); but for the
# marks of a link, which no address of ours holds.
_MARKS = r"\s()<>\[\]{},;:\"“”‘’（）《》【】，、；：。@＠\\|/?&"
_LOCAL = rf"[^{_MARKS}]"
# As replies write it, and as links do. A checkpoint such as due-30d@2018-08-31 is no address.
_ADDRESS = re.compile(
    rf"""(?<!{_LOCAL})
    (?: (?P<quote>'*) (?P<first>[^{_MARKS}']) (?P<rest>{_LOCAL}*) | "(?:[^"\\\r\n]|\\.){{1,64}}" )
    (?P<at>[@＠]|%40) (?=[\w\[]) (?!\d{{4}}-\d\d-\d\d(?![\w-]|\.\w))""",
    re.VERBOSE,
)


def mask(text: str) -> str:
    """Return `text` with all but the first letter of each address's local part hidden: z***@x.gov.cn.

    A local part of one letter, or in quotes, is hidden as a whole. Takes time linear in the text's length.
    """
    return _ADDRESS.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    first = found["first"] if found["rest"] else ""
    return f"{found['quote'] or ''}{first or ''}***{found['at']}"

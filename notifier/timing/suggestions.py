"""Lines for [timing.phrases]: what a phrase under review may mean, for an official to confirm or change."""

import json
import re
from datetime import date

_CADENCES = (
    (re.compile("[每按逐一]半年|半年报"), "report half-yearly"),
    (re.compile("[每按逐]个?季|季[报通调末]"), "report quarterly"),
    (re.compile("[每按逐]个?月|月[报通调末]|次月"), "report monthly"),
    (re.compile("[每按逐]个?(?:周|星期)|周[报通调]"), "report weekly"),
    (re.compile("学期"), "report termly +6d"),
    (re.compile("[每按逐]年|年[报度]"), "report yearly"),
)
_TYPOS = (("低前", "底前"), ("末底前", "底前"), ("底前前", "底前"))
_LASTING = re.compile("长期|持续|常态|日常|随时|及时|定期|不定期|动态|经常|全程|实时|立[即行]|同步")
_AFTER = re.compile("后|之日|[时日天月]内")


def corrected(text: str) -> str | None:
    """Return a phrase without its likely slip of the pen, 12月低前, or None; only ever to suggest."""
    for wrong, right in _TYPOS:
        if wrong in text:
            return text.replace(wrong, right)
    return None


def likely(text: str, issued: date) -> str:
    """Return a line of notation of the kind that the words of a phrase call for."""
    for words, rule in _CADENCES:
        if words.search(text):
            return rule
    if _LASTING.search(text):
        return "ongoing"
    if _AFTER.search(text):
        return "due within 30d of event:issued"
    return f"due {issued.year}-12-31"


def answer_line(phrase: str, rule: str) -> str:
    """Return the line of config.toml that answers a phrase; JSON's quoting is TOML's, too."""
    return f"{json.dumps(phrase, ensure_ascii=False)} = {json.dumps(rule, ensure_ascii=False)}"

"""The short text that goes where a whole mail is too big: every task with its day, and whom to ask for the rest.

It is written here and not by a template, because a template that runs away is one of the reasons for it.
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from notifier.digest import Digest, Line
from notifier.errors import MailTooBig
from notifier.mail.headers import clean
from notifier.mail.plain import foot
from notifier.mail.render import Office

_FIRST_WORDS: Final = (
    120,
    40,
    24,
    12,
    6,
    0,
)  # characters of a task's text; the most with which all tasks fit


def short_subject(digest: Digest) -> str:
    """Return the subject of a shortened mail, on one line."""
    return clean(f"【{digest.headline}】{digest.unit}督办事项提醒（{digest.date_text}，简要清单）")


def short_text(digest: Digest, office: Office, *, most: int, redirected_from: str = "") -> str:
    """Return the text, at most `most` octets in UTF-8, lines ended by CRLF.

    It says that it was shortened, and how many tasks found no room. Raises MailTooBig when not even one does.
    """
    head, end = _head(digest, redirected_from), ["", *foot(office)]
    for characters in _FIRST_WORDS:
        listed = list(_listed(digest, characters))
        text = "\n".join([*head, *(text for _, text in listed), *end]) + "\n"
        if _size(text) <= most:
            return text.replace("\n", "\r\n")
    # As many as there is room for; the titles between them are worth nothing alone.
    room = most - _size("\n".join([*head, _missing(digest.total), *end])) - 2
    sizes = accumulate(_size(text) + 2 for _, text in listed)
    fits = sum(size <= room for size in sizes)
    told = sum(is_task for is_task, _ in listed[:fits])
    if not told:
        raise MailTooBig(f"{most} octets have no room for even one task")
    kept = [text for _, text in listed[:fits]]
    text = "\n".join([*head, *kept, _missing(digest.total - told), *end]) + "\n"
    return text.replace("\n", "\r\n")


def _head(digest: Digest, redirected_from: str) -> list[str]:
    redirected = [f"【改投邮件】原收件人：{redirected_from}。", ""] if redirected_from else []
    return [
        *redirected,
        f"{clean(digest.unit)}：",
        "",
        "您好！本次提醒内容过多，完整邮件超出邮件系统允许的大小，现改发简要清单，"
        "只列各项的序号、开头文字和日期。如需完整内容，请按文末方式与我们联系。",
        "",
        f"截至{digest.date_text}（{digest.weekday}），"
        f"{'抄送贵单位' if digest.copied else '贵单位有'}{digest.total}项督办事项"
        f"{'的提醒' if digest.copied else '需要关注'}：{digest.summary}。"
        f"{'其中有的提醒因当时未能发出，现予补发。' if digest.late else ''}",
    ]


def _listed(digest: Digest, characters: int) -> Iterator[tuple[bool, str]]:
    """Yield each line of the list, and whether it is a task's and no title's."""
    for section in digest.sections:
        yield False, f"\n{clean(section.title)}　{clean(section.number)}".rstrip()
        for group in section.groups:
            yield False, f"■ {group.title}（{len(group.lines)}项）"
            for line in group.lines:
                yield True, _task(line, characters)


def _task(line: Line, characters: int) -> str:
    text = clean(line.text)
    words = text if len(text) <= characters else f"{text[:characters]}…" if characters else ""
    return f"{line.number}　{words}　{line.day_text}（{line.standing}）".replace("　　", "　")


def _missing(number: int) -> str:
    return f"\n另有{number}项因篇幅所限未能列出，请务必与我们联系，索取完整清单。"


def _size(text: str) -> int:
    return len(text.encode()) + text.count("\n")

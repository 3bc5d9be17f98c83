"""The built-in mail: a digest in plain words, without any template, for when the templates can't make one."""

from collections.abc import Iterator
from html import escape
from typing import Final

from notifier.digest import Digest, Line
from notifier.mail.headers import clean, clean_body
from notifier.mail.render import Office, Rendered

MAX_BYTES: Final = (
    600_000  # of both parts before base64 makes them a third longer, safely below the gate's limit
)
_SHORT: Final = 120  # characters of a task's text where all of them don't fit
_NAMES: Final = 1000  # characters of the units' names together


def built_in(digest: Digest, *, office: Office, redirected_from: str = "") -> Rendered:
    """Return subject, text and HTML; what doesn't fit into one mail is cut, then counted, and the text says so."""
    for shortest in (None, _SHORT):
        text = "\n".join(_fitting(digest, office, redirected_from, shortest))
        if _size(text) <= MAX_BYTES:
            break
    else:
        text = "\n".join(_fitting(digest, office, redirected_from, _SHORT, MAX_BYTES))
    subject = f"【{digest.headline}】{digest.unit}督办事项提醒（{digest.date_text}）"
    return Rendered(
        subject=clean(subject)[:200],
        text=text + "\n",
        html='<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"></head><body>'
        f"<pre style=\"white-space: pre-wrap; font: 15px/1.7 'Microsoft YaHei', sans-serif\">{escape(text)}</pre>"
        "</body></html>\n",
    )


def _fitting(
    digest: Digest, office: Office, redirected_from: str, longest: int | None, room: int | None = None
) -> Iterator[str]:
    head = list(map(clean_body, _head(digest, redirected_from)))
    foot = list(map(clean_body, _foot(office)))
    yield from head
    left = None if room is None else room - sum(_size(line) for line in head + foot) - 1000
    shown = 0
    for section in digest.sections:
        opening = clean_body(f"{section.title}{f'　{section.number}' if section.number else ''}\n")
        for line in (line for group in section.groups for line in group.lines):
            block = opening + clean_body("\n".join(_line(line, longest)))
            if left is not None and (left := left - _size(block)) < 0:
                yield f"另有{digest.total - shown}项因篇幅所限未列出，请与我们联系。\n"
                yield from foot
                return
            yield block
            opening = ""
            shown += 1
    yield from foot


def _head(digest: Digest, redirected_from: str) -> Iterator[str]:
    if redirected_from:
        yield f"【改投邮件】原收件人：{redirected_from}。当前为改投模式，本邮件未发给原收件人。\n"
    yield f"{_cut('、'.join(digest.units), _NAMES)}：\n"
    if digest.copied:
        yield f"您好！以下{digest.total}项督办事项的提醒已发至贵单位联络员，现一并抄送，请知悉（{digest.summary}）。\n"
    else:
        yield (
            f"您好！截至{digest.date_text}（{digest.weekday}），贵单位有{digest.total}项督办事项需要关注："
            f"{digest.summary}。\n"
        )


def _line(line: Line, longest: int | None) -> Iterator[str]:
    yield f"【{line.light_word}】{line.number}（{line.role}{'，抄送' if line.copied else ''}）　{line.standing}"
    yield f"  {line.day_word}：{line.day_text}（{line.weekday}）"
    if line.label:
        yield f"  节点要求：{_cut(line.label, longest)}"
    yield f"  工作任务：{_cut(line.text, longest)}"
    yield f"  时限原文：“{_cut(line.timing, longest)}”"
    for remark in line.remarks if longest is None else ():
        yield f"  {remark.word}：{remark.text}"
    yield ""


def _foot(office: Office) -> Iterator[str]:
    yield "----------------------------------------"
    yield f"{office.name}{f'　{office.section}' if office.section else ''}"
    if office.phone:
        yield f"联系电话：{office.phone}"
    if office.reply_to:
        yield f"联系邮箱：{office.reply_to}（可直接回复本邮件）"
    yield "若联系人有误请告知，我们将及时更正。"
    yield "本邮件由督办提醒系统自动发送。"


def _cut(text: str, longest: int | None) -> str:
    return text if longest is None or len(text) <= longest else f"{text[:longest]}…"


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace")) + len(escape(text).encode("utf-8", "replace")) + 2

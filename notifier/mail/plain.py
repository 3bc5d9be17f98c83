"""The built-in mail: a digest in plain words, without any template, for when the templates can't make one."""

from collections.abc import Iterator
from html import escape
from typing import Final

from notifier.digest import Digest, Line
from notifier.errors import MailTooBig
from notifier.mail.headers import clean, clean_body
from notifier.mail.render import Office, Rendered

_MOST_BYTES: Final = 600_000  # of both parts; base64 makes them a third longer, safely below the gate's limit
_NAMES: Final = 1000  # characters of the units' names together


def built_in(digest: Digest, *, office: Office, redirected_from: str = "") -> Rendered:
    """Return subject, text and HTML with all that the digest holds; MailTooBig where that is too much for a mail."""
    lines = (*_head(digest, redirected_from), *_listed(digest), *foot(office))
    text = "\n".join(map(clean_body, lines))
    shown = escape(text)
    size = len(text.encode("utf-8", "replace")) + len(shown.encode("utf-8", "replace"))
    if size > _MOST_BYTES:
        raise MailTooBig(f"{size} bytes of plain words, more than {_MOST_BYTES}")
    subject = f"【{digest.headline}】{digest.unit}督办事项提醒（{digest.date_text}）"
    return Rendered(
        subject=clean(subject)[:200],
        text=text + "\n",
        html='<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"></head><body>'
        f"<pre style=\"white-space: pre-wrap; font: 15px/1.7 'Microsoft YaHei', sans-serif\">{shown}</pre>"
        "</body></html>\n",
    )


def _listed(digest: Digest) -> Iterator[str]:
    for section in digest.sections:
        yield f"{section.title}{f'　{section.number}' if section.number else ''}\n"
        for group in section.groups:
            yield f"■ {group.title}（{len(group.lines)}项）"
            yield from (f"  {remark.word}：{remark.text}" for remark in group.remarks)  # of all its lines
            yield ""
            for line in group.lines:
                yield from _line(line, digest.units)


def _head(digest: Digest, redirected_from: str) -> Iterator[str]:
    if redirected_from:
        yield f"【改投邮件】原收件人：{redirected_from}。当前为改投模式，本邮件未发给原收件人。\n"
    units = "、".join(digest.units)
    yield f"{units if len(units) <= _NAMES else f'{units[:_NAMES]}…'}：\n"
    if digest.copied:
        yield f"您好！以下{digest.total}项督办事项的提醒已发至贵单位联络员，现一并抄送，请知悉（{digest.summary}）。\n"
    else:
        yield (
            f"您好！截至{digest.date_text}（{digest.weekday}），贵单位有{digest.total}项督办事项需要关注："
            f"{digest.summary}。\n"
        )


def _line(line: Line, units: tuple[str, ...]) -> Iterator[str]:
    yield f"【{line.light_word}】{line.number}（{line.role}{'，抄送' if line.copied else ''}）　{line.standing}"
    yield f"  {line.day_word}：{line.day_text}（{line.weekday}）"
    if line.label:
        yield f"  节点要求：{line.label}"
    yield f"  工作任务：{line.text}"
    if line.units != units:
        yield f"  提醒单位：{'、'.join(line.units)}"
    if line.other_units:
        yield f"  共同责任单位：{'、'.join(line.other_units)}"
    yield f"  时限原文：“{line.timing}”"
    for remark in line.remarks:
        yield f"  {remark.word}：{remark.text}"
    yield ""


def foot(office: Office) -> Iterator[str]:
    """Yield the lines that say who writes, and whom to ask."""
    yield "----------------------------------------"
    yield f"{office.name}{f'　{office.section}' if office.section else ''}"
    if office.phone:
        yield f"联系电话：{office.phone}"
    if office.reply_to:
        yield f"联系邮箱：{office.reply_to}（可直接回复本邮件）"
    yield "若联系人有误请告知，我们将及时更正。"
    yield "本邮件由督办提醒系统自动发送。"

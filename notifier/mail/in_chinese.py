"""What the built-in text and the short list say in Chinese; `in_english` has the same functions."""

from collections.abc import Iterator

from notifier.digest import Digest, Group, Line
from notifier.mail.headers import clean
from notifier.mail.render import Office

CODE = "zh-CN"


def subject(digest: Digest) -> str:
    """Return the Subject."""
    return f"【{digest.headline}】{digest.unit}督办事项提醒（{digest.date_text}）"


def short_subject(digest: Digest) -> str:
    """Return the Subject of the short list."""
    return f"【{digest.headline}】{digest.unit}督办事项提醒（{digest.date_text}，简要清单）"


def redirected(address: str) -> str:
    """Return the line that says for whom a redirected mail was."""
    return f"【改投邮件】原收件人：{address}。当前为改投模式，本邮件未发给原收件人。"


def greeting(units: str) -> str:
    """Return the line that names the units."""
    return f"{units}："


def units(names: tuple[str, ...]) -> str:
    """Return units as a sentence lists them."""
    return "、".join(names)


def named(digest: Digest) -> str:
    """Return the units as a subject names them."""
    return digest.unit


def opening(digest: Digest) -> str:
    """Return what the digest is about."""
    if digest.copied:
        return f"您好！以下{digest.total}项督办事项的提醒已发至贵单位联络员，现一并抄送，请知悉（{digest.summary}）。"
    return (
        f"您好！截至{digest.date_text}（{digest.weekday}），贵单位有{digest.total}项督办事项需要关注："
        f"{digest.summary}。"
    )


def short_opening(digest: Digest) -> tuple[str, ...]:
    """Return why this is but a list, and what it is about."""
    return (
        "您好！本次提醒内容过多，完整邮件超出邮件系统允许的大小，现改发简要清单，"
        "只列各项的序号、开头文字和日期。如需完整内容，请按文末方式与我们联系。",
        "",
        f"截至{digest.date_text}（{digest.weekday}），"
        f"{'抄送贵单位' if digest.copied else '贵单位有'}{digest.total}项督办事项"
        f"{'的提醒' if digest.copied else '需要关注'}：{digest.summary}。"
        f"{'其中有的提醒因当时未能发出，现予补发。' if digest.late else ''}",
    )


def group(told: Group) -> str:
    """Return the heading of a group."""
    return f"■ {told.title}（{len(told.lines)}项）"


def remarks(told: Group | Line) -> Iterator[str]:
    """Yield the remarks of a group or a line."""
    for remark in told.remarks:
        yield f"  {remark.word}：{remark.text}"


def task(line: Line, everyone: tuple[str, ...]) -> Iterator[str]:
    """Yield all of a task; its units where they aren't `everyone` that the mail is for."""
    yield f"【{line.light_word}】{line.number}（{line.role}{'，抄送' if line.copied else ''}）　{line.standing}"
    yield f"  {line.day_word}：{line.day_text}（{line.weekday}）"
    if line.label:
        yield f"  节点要求：{line.label}"
    yield f"  工作任务：{line.text}"
    if line.units != everyone:
        yield f"  提醒单位：{units(line.units)}"
    if line.other_units:
        yield f"  共同责任单位：{units(line.other_units)}"
    yield f"  时限原文：“{line.timing}”"
    yield from remarks(line)


def short_task(line: Line, words: str) -> str:
    """Return a task on a line, with the first words of its text."""
    return f"{line.number}　{words}　{line.day_text}（{line.standing}）".replace("　　", "　")


def missing(number: int) -> str:
    """Return how many tasks found no room."""
    return f"另有{number}项因篇幅所限未能列出，请务必与我们联系，索取完整清单。"


def foot(office: Office) -> Iterator[str]:
    """Yield the lines that say who writes, and whom to ask."""
    yield f"{office.name}{f'　{office.section}' if office.section else ''}"
    if office.phone:
        yield f"联系电话：{office.phone}"
    if office.reply_to:
        yield f"联系邮箱：{office.reply_to}（可直接回复本邮件）"
    yield "若联系人有误请告知，我们将及时更正。"
    yield "本邮件由督办提醒系统自动发送。"


def title(text: str, number: str) -> str:
    """Return the line that names a document."""
    return f"{clean(text)}　{clean(number)}".rstrip()

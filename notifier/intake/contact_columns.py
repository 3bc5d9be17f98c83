"""The header of a contacts file: which column holds the unit, and which the people with their addresses."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

ContactRole = Literal["primary", "copy", "leader"]

_ROLES: dict[str, ContactRole] = {
    **dict.fromkeys(
        ("", "primary", "联络员", "联络人", "联系人", "经办人", "主要", "主送", "主要联系人"), "primary"
    ),
    **dict.fromkeys(("copy", "cc", "抄送", "抄送人", "抄报", "知会"), "copy"),
    **dict.fromkeys(("leader", "领导", "分管领导", "主管领导", "主要领导", "分管负责人", "局领导", "厅领导"), "leader"),
}  # fmt: skip
_WHO = r"分管领导|主管领导|主要领导|局领导|厅领导|领导|分管负责人|抄送人?"
_UNIT = re.compile(r"units?|(?:责任|成员|所在|工作|填报|报送|牵头|承办|联络|接收)?单位(?:名称|全称)?")
_DEPARTMENT = re.compile(r"departments?|(?:责任|成员|所在|牵头|承办)?(?:部门|机构)(?:名称)?")
_NAME = re.compile(
    rf"(?:full)?names?|(?P<who>{_WHO})?(?:姓名|名字)|(?P<alone>{_WHO})|"
    r"(?:第[一二]|备用)?(?:联络员|联络人|联系人|经办人|对接人|收件人|信息员|专干|负责人|责任人)(?:姓名)?"
)
_EMAIL = re.compile(
    rf"e-?mails?(?:address)?|mail|(?P<who>{_WHO})?(?:联络员|联络人|联系人|负责人|第[一二]|电子|工作|办公|单位|个人|常用|备用|联系|"
    r"政务|内网|外网|互联网)*(?:邮箱|邮件|信箱|e-?mail)(?:地址|账号|号)?[0-9一二三]?"
)
_ROLE = re.compile(r"role|角色|类别|(?:人员|收件|接收|通知|联系人)(?:角色|类别|类型)")
_GROUP = re.compile(r"groups?|(?:所属|通知)?(?:分组|群组)|组别")
_LANGUAGE = re.compile(r"lang(?:uage)?|(?:邮件|提醒|收件|通知)?(?:语言|语种|文种)")
# The default language, and what the others are called where there is a name for them at hand.
_DEFAULT_LANGUAGE = frozenset({"", "zh", "zh-cn", "zh-hans", "中文", "汉语", "汉文", "简体中文"})
_LANGUAGES = {
    f"{name}{ending}": code
    for name, code in {
        "英": "en", "维吾尔": "ug", "维": "ug", "藏": "bo", "蒙古": "mn", "蒙": "mn", "哈萨克": "kk", "朝鲜": "ko",
    }.items()
    for ending in ("文", "语")
}  # fmt: skip
_LONGEST = 60  # characters; what is longer is no title
_REMARK = re.compile(r"[\s：:*＊]|[(（][^)）]*[)）]$")


@dataclass(frozen=True, slots=True)
class Person:
    """The columns of one person in a row; `role` where the header gives it."""

    name: int | None
    emails: tuple[int, ...]
    role: ContactRole | None


@dataclass(frozen=True, slots=True)
class Columns:
    """Where everything stands in a row; columns that mails don't need (telephone, position …) aren't named."""

    unit: int
    people: tuple[Person, ...]
    role: int | None
    group: int | None
    language: int | None
    width: int


def role_of(cell: str) -> ContactRole:
    """Return what a cell of the role column means; raise ValueError when it means none."""
    if (role := _ROLES.get(cell.lower())) is None:
        raise ValueError(f"role “{cell[:40]}” is none of primary, copy, leader (联络员, 抄送, 领导)")
    return role


def language_of(cell: str, languages: Collection[str]) -> str:
    """Return which of `languages` a cell of the language column means, empty for the default one.

    Raises ValueError when it is none of them.
    """
    word = cell.lower().replace("_", "-")
    code = _LANGUAGES.get(word, word)
    if code in languages:
        return code
    if code in _DEFAULT_LANGUAGE:
        return ""
    there = ", ".join(sorted(languages)) or "none"
    raise ValueError(
        f"language “{cell[:40]}” has no folder among the templates (there are: {there}): "
        "mail goes in the default language"
    )


def columns_of(cells: Sequence[str], above: Sequence[str] = ()) -> Columns | None:
    """Return the columns when these cells are a header: one unit column and an address column at least.

    `above` is the row before it: a header of two rows has 联络员 over 姓名 and 邮箱, and 单位 over both.
    Raises ValueError when the header is one, but says something twice.
    """
    above = [*above, *[""] * (len(cells) - len(above))]
    titles = [_word(cell or upper) for cell, upper in zip(cells, above, strict=False)]
    over = _spread(above)
    units = _matching(_UNIT, titles) or _matching(_DEPARTMENT, titles)
    emails = {at: found for at, title in enumerate(titles) if (found := _EMAIL.fullmatch(title)) is not None}
    if not (units and emails):
        return None
    roles, groups, languages = (_matching(pattern, titles) for pattern in (_ROLE, _GROUP, _LANGUAGE))
    for what, columns in (("unit", units), ("role", roles), ("group", groups), ("language", languages)):
        if len(columns) > 1:
            raise ValueError(f"the header names the {what} twice: {'、'.join(cells[at] for at in columns)}")
    names = {
        at: _role_in(found["who"] or found["alone"] or over[at])
        for at, title in enumerate(titles)
        if at not in emails and (found := _NAME.fullmatch(title)) is not None
    }
    people: dict[tuple[int | None, ContactRole | None], list[int]] = {}
    for at, found in emails.items():
        role = _role_in(found["who"] or over[at])
        name = _name_for(at, role, names, alone=len(emails) == 1)
        role = role or (names[name] if name is not None else None)
        people.setdefault((name, role), []).append(at)
    return Columns(
        unit=units[0],
        people=tuple(Person(name, tuple(columns), role) for (name, role), columns in people.items()),
        role=roles[0] if roles else None,
        group=groups[0] if groups else None,
        language=languages[0] if languages else None,
        width=len(cells),
    )


def _name_for(
    email: int, role: ContactRole | None, names: dict[int, ContactRole | None], *, alone: bool
) -> int | None:
    """Return the column with the name of those to whom an address column belongs."""
    same = [at for at in names if names[at] is role]
    if alone and same:
        return same[0]
    left = [at for at in (same if role is not None and same else names) if at < email]
    return left[-1] if left else next(iter(names), None)


def _word(title: str) -> str:
    return _REMARK.sub("", title).lower() if len(title) <= _LONGEST else ""


def _matching(pattern: re.Pattern[str], titles: Sequence[str]) -> list[int]:
    return [at for at, title in enumerate(titles) if pattern.fullmatch(title)]


def _role_in(words: str) -> ContactRole | None:
    role = _ROLES.get(_word(words), "primary")
    return None if role == "primary" else role


def _spread(above: Sequence[str]) -> list[str]:
    """Return what stands over each column: a cell merged over several holds its text in the first alone."""
    over: list[str] = []
    for cell in above:
        over.append(cell or (over[-1] if over else ""))
    return over

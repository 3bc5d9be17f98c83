"""What stands in a cell of a contacts file: text without hidden characters, addresses with or without names."""

import re
import unicodedata

from notifier.people.address import address, half_width

_SEPARATOR = r";；,，、|/\\"
_BETWEEN = re.compile(rf'(?:"[^"]*"|[^{_SEPARATOR}])+')
_NAMES_BETWEEN = re.compile(r"[;；,，、|/\\]")
_BARE = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9.-]+")
_LINK = re.compile(r"mailto:|(?<=[A-Za-z0-9])\?[^\s<>]*", re.IGNORECASE)
_BRACKETED = re.compile(r"[(\[（【]([^()\[\]（）【】<>@]*@[^()\[\]（）【】<>]*)[)\]）】]")
_ANGLE = re.compile(r"<\s*([^<>\s]*)\s*>")
_LABEL = re.compile(r"(?:e-?mail|电子邮箱|电子邮件|邮箱|邮件)\s*[:：]", re.IGNORECASE)
_EDGES = " .。·…'‘’“”"


def clean(cell: str) -> str:
    """Return the text on one line: white space collapsed, controls as spaces, invisible and bidi marks gone.

    Names end up in mail headers: line breaks and characters that nobody sees have no business there.
    """
    if not cell.isprintable():
        seen = (letter for letter in cell if unicodedata.category(letter) != "Cf")
        cell = "".join(letter if letter.isprintable() else " " for letter in seen)
    elif " " not in cell:
        return cell
    return " ".join(cell.split())


def mailboxes(cell: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the (name, address) pairs of a cleaned cell, the name often empty, and what is wrong with the rest.

    Several are separated by ; ； , 、 / | or spaces; `姓名 <a@b.cn>`, `姓名（a@b.cn）` and mailto: links are
    understood. An address written twice counts once.
    """
    if _BARE.fullmatch(cell):
        try:
            return [("", address(cell))], []
        except ValueError as error:
            return [], [str(error)]
    found: dict[str, tuple[str, str]] = {}
    reasons: list[str] = []
    for piece in _BETWEEN.findall(_LINK.sub("", half_width(cell)).replace("#", " ")):
        pending: list[str] = []
        text = _LABEL.sub(" ", _BRACKETED.sub(r" <\1>", piece))
        for word in _ANGLE.sub(r" <\1> ", text).replace(":", " ").split():
            if "@" not in word:
                pending.append(word)
                continue
            # In `wang li@b.cn` the space may be a slip: a mail to li@b.cn could reach a stranger.
            is_slip = not word.startswith("<") and any(each.isascii() for each in pending)
            written = " ".join([*pending, word]) if is_slip else word.strip("<>").strip(_EDGES)
            try:
                usable = address(written)
            except ValueError as error:
                reasons.append(str(error))
            else:
                name = " ".join(pending).strip(f'" {_EDGES}')
                named, first = found.get(usable.lower(), ("", usable))
                found[usable.lower()] = (named or name, first)
            pending = []
        if rest := " ".join(pending).strip(_EDGES):
            reasons.append(f"“{rest[:60]}” is no mail address: it has no @")
    return list(found.values()), reasons


def names_for(cell: str, count: int) -> list[str]:
    """Return `count` names of a cleaned cell, one for each address: as many as are listed, else the whole for each."""
    if count > 1:
        for listed in (_NAMES_BETWEEN.split(cell), cell.split()):
            names = [name.strip() for name in listed if name.strip()]
            if len(names) == count:
                return names
    return [cell] * count

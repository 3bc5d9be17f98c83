"""The numbers that Word counts itself (ISO/IEC 29500-1, 17.9): a cell of 序号 is often empty but for them."""

import re
from typing import Any

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn

_DIGITS = "〇一二三四五六七八九"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


class Numbering:
    """Counts numbered paragraphs in the order of the document."""

    def __init__(self, document: Any) -> None:
        self._levels: dict[str, dict[int, tuple[str, str, int]]] = {}  # by list: format, text, first number
        self._abstract: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._styles: dict[str, tuple[str, int]] = {}
        part = next(
            (
                rel.target_part
                for rel in document.part.rels.values()
                if rel.reltype == RELATIONSHIP_TYPE.NUMBERING
            ),
            None,
        )
        if part is not None:
            self._load(part.element)
        for style in document.styles.element.findall(qn("w:style")):
            found = style.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
            if found is not None and (numbered := _reference(found)) is not None:
                self._styles[style.get(qn("w:styleId"), "")] = numbered

    def _load(self, numbering: Any) -> None:
        abstracts = {}
        for abstract in numbering.findall(qn("w:abstractNum")):
            levels = {}
            for level in abstract.findall(qn("w:lvl")):
                levels[_integer(level.get(qn("w:ilvl")), 0)] = (
                    _value(level, "w:numFmt", "decimal"),
                    _value(level, "w:lvlText", ""),
                    _integer(_value(level, "w:start", "1"), 1),
                )
            abstracts[abstract.get(qn("w:abstractNumId"))] = levels
        for number in numbering.findall(qn("w:num")):
            key = number.get(qn("w:numId"), "")
            kind = _value(number, "w:abstractNumId", "")
            levels = dict(abstracts.get(kind, {}))
            restarts = False
            for override in number.findall(qn("w:lvlOverride")):
                level = _integer(override.get(qn("w:ilvl")), 0)
                if level in levels and override.find(qn("w:startOverride")) is not None:
                    form, text, _ = levels[level]
                    levels[level] = (form, text, _integer(_value(override, "w:startOverride", "1"), 1))
                    restarts = True
            self._levels[key] = levels
            # Lists of one definition count on together, unless one says where it starts.
            self._abstract[key] = key if restarts else f"abstract {kind}"

    def of(self, paragraph: Any) -> str:
        """Return the number that Word writes before this paragraph, and count it; "" for none or a bullet."""
        properties = paragraph.find(qn("w:pPr"))
        if properties is None:
            return ""
        found = properties.find(qn("w:numPr"))
        numbered = None if found is None else _reference(found)
        if found is None:
            numbered = self._styles.get(_value(properties, "w:pStyle", ""))
        if numbered is None or numbered[0] not in self._levels:
            return ""
        key, level = numbered
        levels = self._levels[key]
        if level not in levels:
            return ""
        counts = self._counts.setdefault(self._abstract[key], {})
        counts[level] = counts.get(level, levels[level][2] - 1) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        form, text, _ = levels[level]
        if form in ("bullet", "none"):
            return ""

        def written(place: "re.Match[str]") -> str:
            other = int(place[1]) - 1
            if other not in levels:
                return ""
            return _formatted(counts.get(other, levels[other][2]), levels[other][0])

        return re.sub(r"%([1-9])", written, text)


def _reference(properties: Any) -> tuple[str, int] | None:
    key = _value(properties, "w:numId", "0")
    return None if key == "0" else (key, _integer(_value(properties, "w:ilvl", "0"), 0))


def _value(element: Any, tag: str, default: str) -> str:
    found = element.find(qn(tag))
    value = None if found is None else found.get(qn("w:val"))
    return default if value is None else str(value)


def _integer(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default


def _formatted(number: int, form: str) -> str:
    if "hinese" in form or form in ("japaneseCounting", "ideographDigital", "taiwaneseCounting"):
        return _chinese(number)
    if "ircle" in form and 1 <= number <= len(_CIRCLED):
        return _CIRCLED[number - 1]
    return f"{number:02d}" if form == "decimalZero" else str(number)


def _chinese(number: int) -> str:
    if not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    return ("" if not tens else "十" if tens == 1 else _DIGITS[tens] + "十") + (_DIGITS[ones] if ones else "")

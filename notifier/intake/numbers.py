"""How offices number tasks and sections."""

import re
import unicodedata

_NUMERAL = "一二三四五六七八九十百"
SECTION = re.compile(
    rf"(?:第[{_NUMERAL}\d]+(?:部分|章|节|篇|类|方面)|[{_NUMERAL}]+\s*[、．.，]|[(（][{_NUMERAL}]+[)）]、?).*\S"
)
_PAGE_NUMBER = re.compile(r"[-—–－\s·]*(?:第?\s*\d{1,4}\s*页?)(?:\s*[/／，,]?\s*共?\s*\d*\s*页?)?[-—–－\s·]*")
_LONGEST = 40  # characters of a number with all that is written around it
_NUMBER = re.compile(r"\d+(?:[.\-]\d+)*")
_DASHES = str.maketrans("—–－‐‑﹣", "------")


def number_of(cell: str) -> str:
    """Return the number a cell holds in Arabic figures, or ""; `7.`, `（7）`, `⑦`, `1－1`, `(一)` are all met."""
    if len(cell) > _LONGEST:
        return ""
    if cell.isascii() and cell.isdigit():  # most are just that
        return cell.lstrip("0") or "0"
    plain = unicodedata.normalize("NFKC", cell.translate(_DASHES)).translate(_DASHES)
    bare = re.sub(r"[\s()\[\]【】〔〕第项条号、:]", "", plain).strip(".．*★▲●※")
    if _NUMBER.fullmatch(bare):
        return re.sub(r"(?<!\d)0+(?=\d)", "", bare)
    if bare and all(letter in _NUMERAL for letter in bare):
        return str(_chinese(bare))
    return ""


def is_page_number(line: str) -> bool:
    """Tell whether a line is a page's number and nothing else: `- 3 -`, `第3页 共10页`."""
    return len(line) <= _LONGEST and _PAGE_NUMBER.fullmatch(line) is not None


def is_chinese(cell: str) -> bool:
    """Tell whether a number is written in Chinese numerals, as sections are."""
    return bool(number_of(cell)) and not re.search(r"\d", unicodedata.normalize("NFKC", cell))


def _chinese(numeral: str) -> int:
    total = digit = 0
    for letter in numeral:
        value = _NUMERAL.index(letter) + 1
        if letter in "十百":
            total += (digit or 1) * (10 if letter == "十" else 100)
            digit = 0
        else:
            digit = value
    return total + digit

"""A unit phrase as typed, brought to one width of marks: brackets closed, bullets and pointers taken off."""

import re

UNIT_WORD = r"(?:单位|部门|处室|科室|股室|机构|主体)"
WIDTHS = str.maketrans("()[]【】〔〕［］:;,﹐､|│/／", "（）（）（）（）（）：；，，、，，、、")
_INVISIBLE = re.compile(r"[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2060\ufeff\ue000-\uf8ff]")
_POINTER = re.compile(
    r"（[^（）]*\d[年月日][^（）]*）|（(?:详见|见|参见|具体见|附件|下同|以下(?:简称|同)|排名|排序|列|注：)[^（）]*）"
)
_CONVENTION = re.compile(
    r"（[^（）]{0,40}(?:第一|首位|[★☆▲※*＊])[^（）]{0,40}牵头[^（）]*）|"
    r"(?:^|(?<=[，；。、\s]))[^，；。、\s（]{0,12}(?:第一|首位|首个|排在前|列在前|[带标注打有]“?[★☆▲※*＊])"
    r"[^，；。（）]{0,40}(?:为|是)牵头[^，；。（）]*"
)
_NUMBERING = re.compile(r"(?:^|(?<=[、，；。\s]))\d{1,2}[.．、）]\s*")
_CIRCLED = re.compile(r"[①-⒇㈠-㈩❶-❿]")
_STAR = re.compile("[★☆▲※*＊]")


def tidy(text: str) -> str:
    """Return the text with one width of brackets and separators; unclosed brackets are closed, stray ones dropped."""
    text = _INVISIBLE.sub("", text.replace("\u3000", " ").replace("\r\n", "\n").replace("\r", "\n"))
    text = text.translate(WIDTHS).replace("\t", "\n").strip()
    text = re.sub(
        r"（[^（）]*）",
        lambda found: re.sub(r"[，/]", "、", re.sub(r"\s", "", found[0])) if _variant(found[0]) else found[0],
        text,
    )
    text = _balance(text)
    text = _CONVENTION.sub("", _POINTER.sub("", text)).replace("（）", "")
    text = _starred(text)
    while (
        len(text) > 1 and text[0] == "（" and text[-1] == "）" and text.find("）") == len(text) - 1
    ) or re.fullmatch(r"（(?:[^（）]|（[^（）]*）)*）", text):
        text = text[1:-1].strip()
    # （牵头单位：甲；配合单位：乙） after other text: the brackets only set the list off.
    text = re.sub(
        rf"（((?:牵头|责任|配合|参与|承办|主办)(?:责任)?(?:{UNIT_WORD})?：(?:[^（）]|（[^（）]*）)*)）",
        r"；\1；",
        text,
    )
    text = re.sub(r"(?<=[省市县区乡镇]、[市县区乡镇村])[两三四]级", "", text)  # 市、县两级政府
    return _CIRCLED.sub("、", _NUMBERING.sub("", text)).strip("、")


def _starred(text: str) -> str:
    """Write a star as what it says: 市教育局★、市财政局 -> 市教育局（牵头）; on every name it is a mere bullet."""
    names = [part for part in re.split(r"[、，；\s]", text) if _STAR.sub("", part)]
    bullets = len(names) > 1 and all(_STAR.search(part) for part in names)
    return _STAR.sub("、" if bullets else "（牵头）", text)


def _variant(bracket: str) -> bool:
    return re.fullmatch(r"（[\u3400-\u9fff，、/\s]{1,24}）", bracket) is not None and not re.search(
        r"牵头|配合|负责", bracket
    )


def _balance(text: str) -> str:
    out: list[str] = []
    depth, position = 0, 0
    while position < len(text):
        letter = text[position]
        position += 1
        if letter == "）":
            if not depth:
                continue
            depth -= 1
        out.append(letter)
        if letter == "（":
            depth += 1
            ahead = text[position:]
            close, again = ahead.find("）"), ahead.find("（")
            nested = 0 <= again < close and ahead.count("）") > ahead.count("（")
            if close < 0 or (0 <= again < close and not nested):
                # It never closes: it holds level words (县(市、区) or runs to the next separator.
                run = re.match(
                    r"(?:[市县区旗州盟乡镇街道办](?:[、，](?=[市县区旗州盟乡镇街道办]))?)+|[^、，；。\s（]*",
                    ahead,
                )
                inside = run[0] if run is not None else ""
                out.append(inside.replace("，", "、") + "）")
                position += len(inside)
                depth -= 1
    return "".join(out)

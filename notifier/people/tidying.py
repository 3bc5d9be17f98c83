"""A unit phrase as typed, brought to one width of marks: brackets closed, bullets and pointers taken off."""

import re

UNIT_WORD = r"(?:单位|部门|处室|科室|股室|机构|主体)"
WIDTHS = str.maketrans("()[]【】〔〕［］:;,﹐､|│/／+＋&＆", "（）（）（）（）（）：；，，、，，、、、、、、")
_INVISIBLE = re.compile(r"[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2060\ufeff\ue000-\uf8ff]")
_POINTER = re.compile(
    r"（[^（）；]*\d[年月日][^（）；]*）|（(?:详见|见|参见|具体见|附件|下同|以下(?:简称|同)|排名|排序|列|注：)[^（）；]*）"
)
# A pointer that names somebody too is for a person to read: （省财政厅2018年6月底前完成）.
_NAMES_UNITS = re.compile(
    r"[厅局委府处院]|(?<![承主])办(?![理结完法])|部(?!分)|中心|公司|团体|高校|企业|[省市县区]长"
)
_CONVENTION = re.compile(
    r"（(?:[^（）]{0,40}(?:(?:第一|首位|[★☆▲※*＊])[^（）：]{0,40}[为是]|第一[^（）：]{0,8})|[注：带标“]*[★☆▲※*＊]”?：?)牵头(?:责任)?(?:单位|部门|负责)?"
    r"(?:，?[^（）：]{0,4}下同|，?(?:其[他余它]|后面)[^（）：]{0,16})?[。；]?）|"
    r"(?:^|(?<=[，；。、\s]))[^，；。、\s（]{0,12}(?:第一|首位|首个|排在前|列在前|[带标注打有]“?[★☆▲※*＊])"
    r"[^，；。（）]{0,40}(?:为|是)牵头(?:责任)?(?:单位|部门)?(?:，?下?同?|，?(?:其[他余它]|后面)[^、；。（）]{0,12}(?:单位|部门))?"
)
_ADDRESSES = re.compile(r"牵头|配合|各(?!部门|单位|[项自类])|(?<!注)：")
# 牵头（责任）单位：, 责任单位（部门）：
_IN_LABEL = re.compile(
    rf"（(责任|主责|主体|配合|协办)）(?={UNIT_WORD})|(?<=单位|部门)（(?:部门|单位|责任人|人|个人|公章|\d+[个家])）(?=：)"
)
_NUMBERING = re.compile(r"(?:^|(?<=[、，；。\s]))\d{1,2}[.．、）]\s*")
_CIRCLED = re.compile(r"[①-⒇㈠-㈩❶-❿]")
_STAR = re.compile("[★☆▲※*＊]")


def tidy(text: str) -> str:
    """Return the text with one width of brackets and separators; unclosed brackets are closed, stray ones dropped."""
    text = _INVISIBLE.sub("", text.replace("\u3000", " ").replace("\r\n", "\n").replace("\r", "\n"))
    text = re.sub(r"(?<=[局委办厅府会])[.．·－—-](?=[\u3400-\u9fff])", "、", text)
    text = re.sub("等{2,}", "等", text.translate(WIDTHS).replace("\t", "\n").strip())
    text = re.sub(
        r"（[^（）]*）",
        lambda found: re.sub(r"[，/]", "、", re.sub(r"\s", "", found[0])) if _variant(found[0]) else found[0],
        text,
    )
    text = _balance(text)
    text = _POINTER.sub(
        lambda found: found[0] if _names_units(found[0]) or _ADDRESSES.search(found[0]) else "", text
    )
    text = _CONVENTION.sub(
        lambda found: found[0] if _names_units(found[0].replace("部门", "")) else "", text
    ).replace("（）", "")
    text = _IN_LABEL.sub(lambda found: found[1] or "", text)
    text = _starred(text)
    while (
        len(text) > 1 and text[0] == "（" and text[-1] == "）" and text.find("）") == len(text) - 1
    ) or re.fullmatch(r"（(?:[^（）]|（[^（）]*）)*）", text):
        text = text[1:-1].strip()
    text = _LISTED.sub(_opened, text)
    text = re.sub(r"(?<=[省市县区乡镇]、[市县区乡镇村])[两三四]级", "", text)  # 市、县两级政府
    return _CIRCLED.sub("、", _NUMBERING.sub("", text)).strip("、")


# （牵头单位：甲；配合单位：乙） or （乙配合） after other text: the brackets only set a list off.
_LISTED = re.compile(r"（((?:[^（）]|（[^（）]*）)*)）")
_HAS_ROLE = re.compile(r"[：；。]|[^按](?:牵头|负责|配合|承办|主办|参与|落实).{0,4}$")


def _opened(found: re.Match[str]) -> str:
    role = _HAS_ROLE.search(found[1])
    if role is None or (role[0] not in "：；。" and not _names_units(re.sub("按.*", "", found[1]))):
        return found[0]
    return f"；{found[1]}；"


def _names_units(text: str) -> bool:
    return _NAMES_UNITS.search(re.sub("(?:各|本|各自)?部门(?=职责|分工)", "", text)) is not None


def _starred(text: str) -> str:
    """Write a star as what it says: 市教育局★、市财政局 -> 市教育局（牵头）; on every name it is a mere bullet."""
    names = [part for part in re.split(r"[、，；\s]", text) if _STAR.sub("", part)]
    bullets = len(names) > 1 and all(_STAR.search(part) for part in names)
    written = "、" if bullets else "（牵头）"
    return re.sub(
        rf"（(?:[^（）]|（[^（）]*）)*）|{_STAR.pattern}",
        lambda found: found[0] if found[0][0] == "（" else written,
        text,
    )


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
        if letter == "（" and depth >= 2:  # no name nests deeper
            depth += 1
            continue
        if letter == "）":
            if not depth:
                continue
            depth -= 1
            if depth >= 2:
                continue
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
                if _POINTER.fullmatch(f"（{inside}）") and re.search("[省市县区州乡镇]", inside):
                    out.pop()  # it may have swallowed a name: （详见任务三省直管县（市）政府
                    depth -= 1
                    continue
                out.append(inside.replace("，", "、") + "）")
                position += len(inside)
                depth -= 1
    return "".join(out)

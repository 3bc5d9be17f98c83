"""What a date is for, by the words beside it: the end of what recurs, a first time, one that was put off."""

import re

_CLOSES = re.compile("(?:止|为止|结束|终止|截止|停止)(?:执行|报送|实施)?")
_UNTIL = re.compile("(?:(?:直|持续)?(?:到|至)|截[至止]到?)(?:于|在)?$")
_DONE_AND = re.compile(
    "已(?:全部|全面|基本|按期|如期)?(?:完成|建成|落实|整改|办结|出台|建立)[^,;:。，；：]{0,12}并(?:将)?"
)
_FIRST_TIME = re.compile(
    "(?:首次|首期|第[一1]次|首报)(?:报送|上报|报告)?(?:的)?(?:时间|日期)?(?:为|是|于|在|定于)?"
)
_OTHERS = re.compile(
    "(?:其余|其他|其它|剩余|余下|全部|全市|全省|全县|[局委办厅部处院校县区市镇乡所司队团])(?:的|工作|内容|问题|任务|部分|项目|事项)*$"
)
_TO_FINISH = re.compile(
    "(?:完成|办结|整改|截止|落实|销号|报送)(?:的)?(?:时限|期限|时间|日期|时间节点|时间要求)(?:要求|为)?"
)
_POSTPONED = re.compile(
    "(?:因[^,，;；。]{1,16})?(?:经[^,，;；。]{1,12})?(?:延期|推迟|延后|调整|延长|顺延|变更|改)(?:至|到|为)$"
)
_ORIGINALLY = re.compile("原(?:定|计划|要求|规定)(?:于|在|为)?")


def closes(lead: str, tail: str) -> bool:
    """Tell whether a date only ends what comes round: 至2022年12月止, 10月底结束, 到2027年底."""
    return _CLOSES.fullmatch(tail) is not None or (not tail and _UNTIL.search(lead) is not None)


def is_first_time(lead: str) -> bool:
    """Tell whether a lead says that a date is the first of those to come: 首次报送时间为"""
    return _FIRST_TIME.fullmatch(lead) is not None


def was_done(lead: str) -> bool:
    """Tell whether a lead says that a thing is done and another goes on: 已完成并"""
    return _DONE_AND.fullmatch(lead) is not None


def names_others(lead: str) -> bool:
    """Tell whether a lead names who or what a bare 年底 is for: 其余, 市人社局."""
    return _OTHERS.search(lead) is not None


def asks_completion(heading: str) -> bool:
    """Tell whether a caption makes a bare period a deadline: 完成时限"""
    return _TO_FINISH.fullmatch(heading) is not None


def postpones(lead: str) -> bool:
    """Tell whether a lead puts a new date in the place of the one before it: 因征迁延期至"""
    return _POSTPONED.fullmatch(lead) is not None


def is_original(lead: str) -> bool:
    """Tell whether a lead says that a date is the one first set: 原定"""
    return _ORIGINALLY.fullmatch(lead) is not None

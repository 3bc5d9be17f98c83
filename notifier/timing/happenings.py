"""The events that a phrase counts from, and the deeds that it names as milestones."""

import re

_EVENT = re.compile("(?P<event>.+?)(?:之日起|之日后|之日|以后|之后|后|起)的?$")
_ISSUED = re.compile(
    "(?:本(?:方案|通知|文件|意见|办法|规定|措施|清单|要点|细则|计划)?|文件|通知)?(?:正式)?(?:印发|下发|发布|公布|发文)(?:之日)?"
)
_HAPPENS_FIRST = re.compile("^(?:接到|收到|接报|接|收|发现|受理|签收)(?!.*(?:持续|每))[^,;:。]{1,12}$")
_NEAR = re.compile(
    "(?:召开|举行|举办|开幕|届满|期满|到期|结束|开始|启动|实施|投产|验收|开工|竣工|上会|开标|选举日|投票日|考试|开考|会议|换届|到来)$"
)
_ORNAMENT = re.compile("完成|组织|进行|开展|全部|全面|正式|项目|工作|工程|的|并|再|须|应|要|予以")
_PLAIN_END = re.compile("(?:任务|工作|项目|工程|建设)?(?:全部|全面)?(?:完成|办结|建成|到期|完工)")


def is_event(text: str) -> bool:
    """Tell whether a clause names the event from which the next one counts: 自交办之日起"""
    return re.search("之日[起后]$|次日起$|[^此以今随之]后$", text) is not None and event_of(text) is not None


def event_of(lead: str) -> str | None:
    """Return the event in 自本通知印发之日起 and the like: `issued` for the document, else its words.

    接到举报 counts without 后, too.
    """
    lead = re.sub("^(?:自|从|在|于|应|须|并|请|要|确保|力争)+(?=.{2})", "", lead)
    found = _EVENT.fullmatch(lead)
    if not found:
        return lead if _HAPPENS_FIRST.match(lead) else None
    event = re.sub("[《》“”]", "", re.sub("(?:之|的)?次日$|之日$", "", found["event"]))
    return "issued" if _ISSUED.fullmatch(event) else event


def comes_near(event: str) -> bool:
    """Tell whether the words before 前3个工作日 end in something that happens on a day."""
    return _NEAR.search(event) is not None


def same_deed(event: str, milestone: str) -> bool:
    """Tell whether an event is the deed that the milestone before it names: 合同签订, 签订合同."""
    one, other = _ORNAMENT.sub("", event), _ORNAMENT.sub("", milestone)
    return len(one) > 1 and sorted(one) == sorted(other)


def is_completion(event: str) -> bool:
    """Tell whether an event is no more than the end of what stands before it: 完成后"""
    return _PLAIN_END.fullmatch(event) is not None

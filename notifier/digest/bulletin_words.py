"""The Chinese of an ops mail: for every kind of matter a title, and what the office's people do about it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from notifier.digest import wording
from notifier.digest.content import Light

_NAMED_REFS: Final = 12
_PLAIN = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KindWords:
    """How one kind of matter is told; of `rank` 0 it stands before what is only urgent, of 2 after."""

    rank: int
    light: Light
    headline: str
    title: str
    advice: str


def _failure(title: str, advice: str, headline: str = "运行异常") -> KindWords:
    return KindWords(rank=0, light="red", headline=headline, title=title, advice=advice)


def _question(title: str, advice: str) -> KindWords:
    return KindWords(rank=1, light="yellow", headline="待处理", title=title, advice=advice)


def _remark(title: str, advice: str) -> KindWords:
    return KindWords(rank=2, light="green", headline="供了解", title=title, advice=advice)


# Kinds of one urgency stand in this order.
KIND_WORDS: Final = {
    "failed": _failure(
        "提醒未送达",
        "邮件被对方服务器拒收，或多次重试后放弃。请电话告知本人，并核对其邮箱。",
        headline="未送达",
    ),
    "hold": _failure(
        "发送已暂停",
        "所有提醒都在等待，一封也不发出（本邮件除外）。需要恢复时，请改配置并重新加载。",
    ),
    "doubt": _failure(
        "台账可能是副本或旧备份，发送已暂停",
        "台账是从别处复制的，或恢复到了较早的状态，其后已发的提醒可能再发一遍，所以一封也不发出（本邮件除外）。"
        "请先核实：原系统是否仍在发送。确认由本机继续发送的，运行下列命令。",
    ),
    "surprise": _failure(
        "新的配置或文件变动过大，等待确认",
        "系统仍按原来的内容运行。请核对变动；确属本意的，运行下列命令采用，否则请改正后重新加载。",
    ),
    "reload": _failure(
        "新的配置或文件未被采用", "重新加载时发现下列问题，系统仍按原来的内容运行。请改正后重新加载。"
    ),
    "cap": _failure(
        "达到每日发信上限",
        "超出部分顺延到下一工作日发出。确需多发的，请调整 config.toml 中 [delivery] 的 daily_cap。",
    ),
    "fault": _failure(
        "运行故障", "系统会自动重试，恢复后补发，不会漏发。同一故障反复出现时，请联系技术人员。"
    ),
    "ops_refused": _failure("本邮件的收件地址被拒收", "请核对 config.toml 中 [ops] 的 mail。"),
    "summary_lost": _failure(
        "月度汇总未送达",
        "请核对 config.toml 中 [ops] 的 mail 和 summary_to。地址改正并重新加载后即补发；"
        "原地址恢复的，用 notifier retry 重发。",
    ),
    "refused": _question("联络员邮箱被拒收", "以后的提醒也无法送达。请在联络员名单中更正邮箱。"),
    "no_contact": _question("单位没有联络员", "无人收到提醒。请在联络员名单中补上："),
    "unknown_unit": _question(
        "名录中没有的单位", "无人收到提醒。请在联络员名单中补上；若是已有单位的别称，请写入 [aliases]。"
    ),
    "closed_unit": _question(
        "单位已撤销", "无人收到提醒。请写明承接单位，替换该单位在 [aliases] 中的原有一行："
    ),
    "unlisted_group": _question("集体名称未列成员", "暂时无人收到提醒。请列出成员单位："),
    "unresolved": _question("责任单位无法识别", "请写明是哪些单位："),
    "review": _question("时限无法识别", "尚未安排提醒。请写明时限，下列写法仅供参考："),
    "waiting": _question("等待事件日期", "时限从某一事件起算，在填写日期之前不提醒。事件发生后请填写："),
    "open_group": _question(
        "责任单位未具体列明", "文件只写“有关”“相关”。请列出具体单位（框中单位仅为举例），没有的写 []："
    ),
    "open_end": _question("单位名单以“等”结尾", "除已列明的以外，还有哪些单位？请列出；没有的写 []："),
    "contact": _question(
        "联络员名单中无法使用的行",
        "不能使用的内容已略过（语种不能用的，邮件按默认语言发送），其他照常使用。请改正。",
    ),
    "row": _question("任务文件中无法使用的行", "这些行没有列为任务，其他行照常使用。请改正。"),
    "override": _question("配置中的任务编号在文件里不存在", "请改正编号，或删去该项。"),
    "term": _question("学期开学日期待核实", "与此有关的提醒即将发出。请核实后填写："),
    "calendar": _question(
        "缺少节假日安排", "请更新节假日数据，或在 config.toml 的 [calendar] 中列出放假和调休日期。"
    ),
    "clash": _question("事件日期不一致", "请核实后统一："),
    "template": _question("邮件模板有错", "邮件已改用内置的简易文本发出，内容无缺。请改正模板并重新加载。"),
    "uncertain": _remark(
        "可能重复送达",
        "发送时连接中断，不知对方是否收到，已用同一编号重发，对方可能收到两封相同的邮件。无需处理。",
    ),
    "missed": _remark(
        "因停机过久未发的提醒",
        "停机超过补发期限（[policy] catch_up_days），下列提醒不再补发。后续提醒照常；急需的请电话告知。",
    ),
}


def tasks_text(refs: Sequence[str]) -> str:
    """Return tasks as one names them: 第3项, 第22—27项, 第2部分第7项、第3部分第1项; many are counted."""
    if not all(_PLAIN.fullmatch(ref) for ref in refs):
        named = "、".join(wording.number(ref) for ref in refs[:_NAMED_REFS])
        return named if len(refs) <= _NAMED_REFS else f"{named}等{len(refs)}项"
    runs: list[list[int]] = []
    for number in sorted({int(ref) for ref in refs}):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    spans = [
        f"{run[0]}—{run[-1]}" if len(run) > 2 else "、".join(map(str, run)) for run in runs
    ]  # as the office counts: 第3、17、22—27项
    named = "、".join(spans[:_NAMED_REFS])
    return f"第{named}项" if len(spans) <= _NAMED_REFS else f"第{named}项等{len(refs)}项"

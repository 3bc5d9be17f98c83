"""What holds time words and is no time, set aside: the matter of a report, a document's number, an address.

`report the summary of last year` names no deadline by 上年度. Such words are put out of the grammar's sight:
each character moves into a private plane of Unicode, where no pattern of the language finds it, and back
where a label is shown. Their place stays, so that what is quoted is what was written.
"""

import re

_PLANE = 0xF0000
_ASIDE = re.compile("[\U000f0000-\U000fffff]+")

_N = "[0-9一二两三四五六七八九十]"
_CLAUSE = "[^,;:()。、，；：（）]"
_STILL = "[^,;:()。、，；：（）0-9一二三四五六七八九十年月日季周底末初前内后起]"
_WORD = "[^,;:()。、，；：（）0-9]"
_LONG = f"{_N}{{1,3}}(?:个半?月|个工作日|个日历天|个自然日|天|周|个星期|个季度|年)"
_SPAN = f"{_N}{{1,3}}(?:\\.[0-9])?(?:个半?月|个?工作日|个日历天|个自然日|天|日|周|个星期|个季度|年|小时)"

_RELATIVE = (
    "(?:上上?|下|本|当|该|同|今|明|去)一?个?(?:年度?|季度?|月度?份?|半年度?|周|学期|学年|旬)(?!期|级|[0-9])"
)
_PERIOD = (
    f"(?:{_RELATIVE}|[上下]半年度?|半年度?|全年|全学年|年度|月度|季度|前[两三]个?季度|第?[一二三四1-4]季度|(?:1[0-2]|[1-9])月份?(?![0-9])|"
    "(?:19|20)[0-9]{2}(?:[-~—–―─至到](?:19|20)[0-9]{2})?(?:学年(?:第?[一二]学期)?|年度?)(?![0-9]))"
)
_PERIODS = f"{_PERIOD}(?:[和及与、至到—-]?{_PERIOD})*的?(?![底末初中前内起之以至到后期止])"
_MATTER = (
    "(?:情况|进展|进度|总结|小结|数据|报表|计划|报告|台账|要点|工作|清单|材料|信息|统计|[月季年周]报|成效|打算|安排|指标|任务|"
    "预算|决算|投资|资金|经费|补助|助学金|奖补|目标|考核|问题|清算|项目|名单|成绩|绩效|审计|述职|自评|自查|课程|招生)"
)
_TOLD = f"(?=(?:{_WORD}|[0-9]+(?=[^年月日号天0-9])){{0,14}}{_MATTER})"
_TOLD_NEXT = f"(?![0-9])(?=[^,;:()。、，；：（）0-9报送完成开展各]{{0,10}}{_MATTER})"
_VERB = (
    "报送|上报|报告|填报|补报|汇报|通报|反馈|提交|报|汇总|公布|公开|发布|公示|完成|拨付|兑现|"
    "清算|印发|制定|编制|下达|结清|总结|组织开展|开展|做好"
)

# Of a deed the period is the matter only beside a date: 完成下半年任务 alone may be due in it.
_DOING = ("完成", "开展", "组织开展", "做好")
_DATED = re.compile("(?:[0-9年月季底末每][^,;:()。、，；：（）]*|[前底末内日月][,，])$")
_TELEPHONE = "(?:[(（]?0[0-9]{2,3}[)）-]?)?[0-9]{5,11}(?:-[0-9]{1,5})?(?![0-9年月日])"
_CONTACT = (
    "[A-Za-z0-9._-]+@[A-Za-z0-9.-]+|(?:联系|值班|咨询|监督|举报|办公)?"
    f"(?:电话|手机|传真|邮编|QQ|qq|微信)(?:号码?)?[:：为]?{_TELEPHONE}(?:[、/]{_TELEPHONE})*"
)
_NUMBERED = (
    "[〔［【](?:19|20)[0-9]{2}[〕］】]第?[0-9]{1,4}号"
    f"|第{_N}{{1,3}}(?:(?:[、和及至到~—–―─-]+第?){_N}{{1,3}})*(?:条|项|款|章|点任务)"
    "|PM[0-9]+(?:\\.[0-9])?"
)
_NAMED = (
    '(?<=[月日份周])[“"「][^”"」,，;；。]{1,12}[月日周年季][”"」]期间'
    '|[“"「][^”"」0-9一二三四五六七八九十,，;；。]{2,12}(?<!每)[月日周年季][”"」](?!前|之前|以前|期间)'
    "|(?:安全生产|质量|宣传|活动|主题|开放|纪念|体验|服务|警示|诚信)(?:[年月]|[周日](?![一二三四五六日天]))(?![底末内前起至之以初中上下0-9]|期间)"
)
_LENGTH = (
    f"[(（](?:共计?|为期|历时|约)?{_LONG}[)）](?!内|之内|以内|前|后)"
    f"|^(?:共计?|为期|历时|约)?{_LONG}(?=[(（](?:[0-9]|自|从))"
    f"|比{_CLAUSE}{{2,16}}提前{_SPAN}"
    f"|(?:平均住院日|住院日|时间|时限|周期){_STILL}{{0,6}}(?:控制在|(?:缩短|压缩|压减|降)[至到为]){_SPAN}(?:之内|以内|内)?"
    f"|(?<=[降低缩短减][至到]){_SPAN}|平均住院日|分[两三四五2-5]年(?=实施|推进|建设|完成|落实)"
    "|[(（](?:主?汛期?|秋收|春耕|入冬|供暖|采暖季?|雨季)前[)）]"
    f"|{_N}{{1,2}}年(?:免费|义务)教育|{_N}{{1,2}}年制"
    "|(?:较|比|与|同)(?:19|20)[0-9]{2}年(?:同期|底|末)?(?:相比)?(?=(?:总量)?(?:下降|增长|提高|增加|减少|降低|翻|提升|上升|[0-9]))"
)
_TAKES = (  # a length that no date depends on where the phrase names no beginning
    "(?:建设|施工|合同|服务|项目)?(?:工期|周期|服务期|合同期|公示期|质保期|任期|聘期|学制)"
    f"(?:为|约|暂定)?{_SPAN}(?!内|之内|以内|前)"
)
_BEGINS = re.compile("开工|动工|启动|起|开始|后")
_CARRIED = (
    "(?:19|20)[0-9]{2}年度?(?:部门)?(?:预算|决算|计划|方案)"
    "(?=经?[^,，;；。]{0,12}(?:批准|通过|批复|下达|审议)(?:之日)?[后起])"
)
_ROLLED = (
    "(?:如|若)?(?:遇|逢|恰逢)(?:到|有)?(?:国家)?(?:法定)?(?:节假日|节日|假日|双休日|休息日|周末|公休日?)(?:[、和或及](?:双休日|休息日|周末|公休日?|法定节假日))*"
    "(?:的|时)?(?:[,，]?(?:则|可|自动|依次|相应)*(?:顺延|延后|提前)(?:至[^,，;；。()（）]{0,12}工作日)?)"
)
_RULE = re.compile(
    f"(?P<rolled>{_ROLLED})|(?P<contact>{_CONTACT})|(?P<name>{_NUMBERED}|{_NAMED}|{_CARRIED})|(?P<length>{_LENGTH})|(?P<takes>{_TAKES})"
    f"|(?P<verb>{_VERB})(?!(?<=完成|开展|做好)(?:19|20)[0-9]{{2}}年(?!度))"
    f"(?:{_WORD}{{0,8}}?(?=上|本|当|全年|半年))?"
    f"(?P<matter>{_PERIODS}{_TOLD}|(?:全年|半年|上个?月|上个?季度|上年度?)(?=[,，;；。)）]|$))"
    f"|(?P<shift>[将把对])(?P<moved>{_PERIODS}{_TOLD})"
    f"|(?P<more>[及和与并])(?P<added>(?![上下]半年){_RELATIVE}的?(?![底末初中前内起之以至到后期止]){_TOLD_NEXT})"
    f"|(?<=总结|情况|报告|计划|清单|数据)(?P<also>[及和与、])(?P<second>(?:19|20)[0-9]{{2}}年度?{_TOLD_NEXT})"
    f"|(?:(?<=[,，;；。(（:：])|^)(?P<opening>(?:上一?个?|当)(?:年度?|季度?|月度?份?|周)的?{_TOLD_NEXT})"
    f"|(?<![0-9每本按上下今明次全前])(?P<yearly>年度(?![底末内初]){_TOLD})"
)
_MAY_HOLD = re.compile(
    '[@〔［【“"「《]|PM|电话|手机|传真|第|遇|逢|期|[较比与同](?:19|20)|年[制免义]|[天日年月周前][)）]|分.年|^(?:共|为期|历时|约)?[0-9一二两三四五六七八九十]+[个天周年]'
    "|[上下本当该同今明去半全季]|年度|[将把对报完成成清]|总结|安全|质量|宣传|活动|主题|开放|纪念|体验|服务|警示|诚信|时间|住院|开展|做好|制定|编制|下达|印发"
)


def plain(text: str) -> str:
    """Return a text with what was set aside back in its place."""
    return _ASIDE.sub(lambda found: "".join(chr(ord(one) - _PLANE) for one in found[0]), text)


def without_private(text: str) -> str:
    """Return a text in which no character stands where what is set aside will."""
    return _ASIDE.sub("?", text)


def without_asides(text: str) -> str:
    """Return what of a text wasn't set aside."""
    return _ASIDE.sub("", text)


def _hidden(text: str) -> str:
    return "".join(chr(ord(one) + _PLANE) if ord(one) < 0x10000 else one for one in text)


def set_aside(text: str) -> tuple[str, tuple[str, ...], bool]:
    """Return the text with its asides out of sight, those that hold a time, and whether days off may roll on.

    That is 遇节假日顺延, which asks for the next working day.
    """
    matters: list[str] = []
    rolls = False

    def hide(found: re.Match[str]) -> str:
        nonlocal rolls
        kind = found.lastgroup or ""
        if kind == "takes" and _BEGINS.search(text):
            return found[0]
        if kind == "matter" and found["verb"] in _DOING and not _DATED.search(text[: found.start()]):
            return found[0]
        if kind == "rolled":
            rolls = rolls or "提前" not in found[0]
            return _hidden(found[0])
        if kind != "contact":
            matters.append(found[kind].rstrip("的"))
        start, end = found.span(kind)
        begin = found.start()
        return (
            found[0][: start - begin]
            + _hidden(found[0][start - begin : end - begin])
            + found[0][end - begin :]
        )

    if _MAY_HOLD.search(text) is None:
        return text, (), False
    return _RULE.sub(hide, text), tuple(matters), rolls

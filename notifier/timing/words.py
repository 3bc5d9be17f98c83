"""The words around an expression of time: which are mere function words, which forbid a reading."""

import re

from notifier.timing.asides import plain, without_asides

_MODAL = (
    "应当|应该|应|必须|务必|须|需要|需|要|拟|力争|力求|争取|原则上|尽量|尽可能|确保|保证|计划|预计|并且|并|且|同时|再|则|请|分别|"
    "整个|最迟|至迟|最晚|不迟于|不得迟于|不晚于|不得晚于|不超过|不得超过|今后|截至|截止|务|贯穿|"
)
# Atomic: 并且 must not be tried again as 并 and 且, or a run of them takes for ever.
_FUNCTION = re.compile(f"(?>{_MODAL}将于|将在|将|于|在|到|至|自|从|由)+$")
_SOFT = re.compile("力争|力求|争取|原则上|尽量|尽可能|努力|视情")
_BY = re.compile("(?:到|至|不得?迟于|不得?晚于|不得?超过|最迟|至迟|最晚|截止)(?:于|在)?$")
_RANGE = re.compile("[-~—–―─至到]+")
_SEQUEL = re.compile(
    "(?:(?P<after>此后|之后|随后|其后|而后|以后|后续|完成后|建成后|到期后)|(?P<part>其中))(?:于|在|需|应|须|要|再|并)*"
)
_SO_FAR = re.compile("截[至止]")
_MIDNIGHT = re.compile("凌晨|零[时点]|(?<![0-9])0?0[时点:：]")
_SINCE = re.compile("(?:自|从|由)$")
_ENDS_RISKY = re.compile(
    "(?:对|把|将|为|按|照|以|除|凡|比|较|与|同|是|即|因|不|未|早|晚|和|《|[初末底中明今本次下上去后前当近每第]|[0-9一二三四五六七八九十两][.．/-]?)$"
)
_CONDITION = re.compile(
    "^(?:如|若|倘|凡|除|对于|仅|针对)|期[至到为自从满]|原定|原计划|改为|调整[为至到]|延[至到]|宽限|[效行点任工务]期"
)
_CASE = re.compile("^(?:如(?!期|实|下)|若|倘|凡|除|对|仅|针对|因)|除外")
_DENIES = re.compile("未|不得|不能|不再|不予|严禁|禁止|无法|尚")
_NOUN = re.compile("目标|任务|计划|指标|预算|决算|要点|数据|水平|基数|版|级|届|第|[年月日周季]报")
_MATTER = re.compile(
    "(?:年度|全[省市县区]|我[省市县区]|各[地级市县]|[省市县]级|[省市县]政府|中央|政府|度)*(?:重点|总结(?![推提验经评完阶上报])|工作(?:总结|要点|报告|情况|实事)|情况|报告|经费|资金|"
    "财政|项目|名单|清单|台账|招生|毕业|考核|考试|绩效|民生|实事|公务员|统计|决算|审计|会议)"
)
_SEASON = re.compile(  # they name a shorter time than the period before them
    "(?![一-鿿]{0,2}(?:首期|分期|如期|按期|同期|中期|后期)$)[一-鿿]{1,3}[期季](?:间|内)?$|主?汛期|两会|全国两会|[高中国省]考|征兵|秋收|春耕|麦收|三[夏秋]|春运|农[闲忙]|换届|放假|寒潮"
)
_GOES_ON_BADLY = re.compile("[-~—–―─./和与]|至(?!少|关)|到(?!位|场|访|账)|及(?!时)|[夕之]")
_DANGLING = re.compile(f"(?>{_MODAL}于|在|到|至|自|从|由|和|及|与|以及|近|[-~—–―─])+")
_ENUMERATED = re.compile("第?[0-9一二三四五六七八九十]+")
_CAPTION = re.compile(
    "(?:完成|整改|办理|办结|落实|实施|责任|截止|报送|推进|工作|计划)?(?:时限|期限|时间|日期|时间节点|时间安排|时间进度|时间要求|节点)(?:要求|为)?"
)

_NAMES = re.compile(  # they hold a time word and are no time
    '[一二三五十0-9]年(?=行动|攻坚|规划|计划|滚动|制)|[“"]?十[一二三四五六]五[”"]?(?=规划|计划|纲要|国家|全国|重点|专项)'
    "|提前|前期|前沿|前瞻|前列|前置|前往|前端|前景|学前|空前|前提|前台|当前|目前|后续|后勤|后备|落后|背后|后台|售后|善后|后盾|后评价|前后端"
    "|日常|(?<![0-9一二三四五六七八九十])日报(?![送告])|日志|日益|节日|日均|日间|日照|日用|日趋|今日|月报(?![送告])|月均|周报(?![送告])|年报(?![送告])|年鉴|年检|年审|年会|年均|季报(?![送告])|季刊|月刊|年金"
    "|青年|青少年|少年|老年|成年|童年|中年|百年|周边|周转|周围|周密|周知|周全|周到|四季|雨季|旺季|淡季|换季|每(?=.)(?![年月季周日天次半学隔两二三四五0-9])"
)
_TIME = re.compile(
    "[年月旬季周後內週]|日|学期|學期|时限|期限|时期|期间|以来|至今|期满|到期|逾期|届时|屆時|[前后]|长期|長期|持续|持續|常态|常態|定期|适时|適時"
    "|每|假期|暑|寒假|春节|国庆|元旦|小时|[0-9一二三四五六七八九十]+[天号时]|[0-9]点|[春夏秋冬](?:$|季|天)|起$|起[至到]|截[至止]|左右|上下(?=$|完)|顺延|延期|推迟|延长|早于|晚于|暂定|待定|另行|另定|而定|暂缓"
    "|(?<![0-9])(?:19|20)[0-9]{2}(?![0-9万亿元个人名所家项条件份套台户亩％%张辆座处间株头只米公里吨千平盏床位例对组班校村区街片余])|[0-9]+[.．][0-9]+(?![0-9万亿元倍％%个])"
)
_PLACED = re.compile(
    "(?!初步|初稿|初审|初验|中小|中央|中职|中等|中心|中介|中医|中期(?=评|检|考|督|验|总|报|调|审)|内部|内容|内控|内设|起草|起步)[初中末底前后内间起止的春夏秋冬]"
)
_MEASURE = re.compile("[0-9.]*[万亿元%％倍吨亩]|[0-9.]+[个项家所名人分户]")
# Which day of the unit: 每月逢5, 每月5、20报送, 每季度中; not 每月2次, 每月中心组学习.
_DAY_INSIDE = re.compile(
    f"每?逢|[头首]|(?>[0-9]+(?:[-~、,和及与到至][0-9]+)*)(?!次|轮|遍|场|[个项期篇份条家人例件批户名]|{_MEASURE.pattern})"
)
_DESCRIBES = re.compile(
    "已|曾|(?:建成|完成|出台|建设|开工|竣工|投产|印发|发布|成立|参加|毕业|入学|入职|退休|购买|注册|登记|取得|获得|实施|审批|备案|立项|批准)(?:的|情况)"
)
_FINISH = re.compile(
    "完成|建成|出台|投入使用|到位|报送|上报|报[省市县区]|印发|发布|公布|竣工|投产|投用|完工|完结|封顶|通车|投运|达产|销号|清零|结项|收官|组建|设立|建立|达标|报批|提交|全覆盖|验收|开工|动工|启动|上线|挂牌|交付|办结|成立|制定|公开|达到|实现"
)
_DOING = re.compile("(?:组织|开展|进行|推进|迎接|准备)(?:竣工|专项|项目|联合|初步|综合)?(?:验收|报送|整改)")
_PLAIN = re.compile(
    "(?:要|须|必须|应|务必|确保|力争|争取|原则上|全部|全面|基本|如期|按时|按期|高质量|予以)*"
    "(?:完成|落实|落实到位|完成到位|结束|截止|实施完成|为止|止|完成任务|完成工作)?"
)
_RECURS = re.compile(
    "报送|上报|报告|通报|公布|公开|公示|汇总|调度|填报|反馈|总结|监测|召开|督查|督办|督导|检查|考核|考评|评估|通气|会商|研判|巡查|抽查|"
    "复评|复核|复查|评价|自查|自评|更新|上传|录入|备案|报备|发布|点评|述职|例会|调研|督察|巡察|专报|推送|排名"
)
_TELLS = re.compile(
    "(?:向.{1,12})?(?:报送|上报|报告|通报|公布|公开|公示|汇总|调度|填报|反馈|督查|督导|督办)(?!结果|情况|要求|办法|制度)"
)
_QUANTITY = re.compile("[0-9一二两三四五六七八九十百千]+(?:余|多)?(?:[万亿元％%人名个所家项场]|人次)")
_TIMES = re.compile(
    "(?P<vague>[多数几]|若干|[0-9一二两三四五六七八九十][-~—–―─至到、])?"
    "(?P<times>(?<![0-9第])[0-9]{1,3}|(?<![第一二三四五六七八九十])[一二两三四五六七八九十]{1,2})(?:次|轮|遍|场)|(?P<many>[多数几]|若干)(?:次|轮|遍|场)"
)
_ENDURES = re.compile(
    "(?:深入|全面|扎实|有序|稳步|不断|大力|着力|强化)*"
    "(?:实施|推进|推动|推行|开展|坚持|落实|深化|抓好|抓|跟踪|进行|做好|加强|加大|完善|巩固|提升|提高|优化|执行|强化|改进|监管|监测|督导|整治|运行|管护|维护|管理|运营|保持|保障|服务|发力|用力|化|任务|工作)"
)
_LEADS_LASTING = re.compile(
    ".{1,12}(?:并且?|且)|(?:已|须|应|要)?(?:立即|立行|边查边|即知即|即行即|马上|抓紧)(?:整改|改|落实|办理|解决)|(?:.{0,8}(?:工作|任务|事项))?(?>应当|应|须|要|需|并且|并|且|同时|做到|坚持|全面|深入|扎实|有序|稳步|予以|进行|实行|转入|进入|实现)*"
)


def split_before(text: str) -> tuple[str, str]:
    """Split what stands between two times of one clause: what follows the first, what leads the second."""
    found = _FUNCTION.search(text)
    return (text[: found.start()], found[0]) if found else (text, "")


def subject_of(lead: str) -> str:
    """Return what is left of a lead when its function words are gone."""
    return _FUNCTION.sub("", lead)


def is_risky(subject: str) -> bool:
    """Tell whether a subject makes the date part of something else: 比 2015 年, 对 …"""
    return _ENDS_RISKY.search(subject) is not None


def means_by(lead: str) -> bool:
    """Tell whether a lead ends in 到, 至, 不迟于: what follows is a limit."""
    return _BY.search(lead) is not None


def is_range_word(text: str) -> bool:
    """Tell whether nothing but 至 or a dash stands between two times."""
    return _RANGE.fullmatch(text) is not None


def sequel(lead: str) -> tuple[bool, bool, str]:
    """Return whether a lead says 此后, whether it says 其中, and the lead without them."""
    if (found := _SEQUEL.fullmatch(lead)) is None:
        return False, False, lead
    return found["after"] is not None, found["part"] is not None, ""


def tells_so_far(lead: str) -> bool:
    """Tell whether a lead says 截至: of a past day it tells what had been done by then."""
    return _SO_FAR.search(lead) is not None


def is_midnight(clock: str) -> bool:
    """Tell whether an hour is the first of its day, or 凌晨: the deadline may be the day before."""
    return _MIDNIGHT.search(clock) is not None


def is_condition(text: str) -> bool:
    """Tell whether a clause says in which case what follows holds: 确有困难的, 如遇特殊情况"""
    return _CASE.search(text) is not None or text.endswith("的")


def means_since(lead: str) -> bool:
    """Tell whether a lead ends in 自 or 从: what follows is a beginning."""
    return _SINCE.search(lead) is not None


def is_soft(text: str) -> bool:
    """Tell whether a phrase holds a word such as 力争 or 原则上."""
    return _SOFT.search(text) is not None


def time_word(text: str) -> str | None:
    """Return the first time word of a text that was left over, proper names aside."""
    found = _TIME.search(_NAMES.sub("〓", text))
    return found[0] if found else None


def begins_badly(tail: str) -> bool:
    """Tell whether the text right after a period changes it (初, 中, 的) or makes it a quantity (亿元)."""
    bad = _PLACED.match(tail) or _MEASURE.match(tail) or _NOUN.match(tail) or _ENUMERATED.fullmatch(tail)
    bad = bad or _SEASON.match(tail) or _DANGLING.fullmatch(tail) or _GOES_ON_BADLY.match(tail)
    return bad is not None or tail.startswith("逢") or tail.endswith("的")


def goes_on_badly(tail: str) -> bool:
    """Tell whether a tail begins with a connective whose other side isn't understood: 至待定."""
    return _GOES_ON_BADLY.match(tail) is not None


def begins_inside(tail: str) -> bool:
    """Tell whether the words after 每月 name a day of it that isn't understood: 逢5, 5、20, 中."""
    if tail.startswith("的"):
        return False
    return _DAY_INSIDE.match(tail) is not None or _PLACED.match(tail) is not None


def begins_from(tail: str) -> bool:
    """Tell whether a day of each month is where something begins, and no limit: 每月20日起报送."""
    return re.match("起(?!草|步|诉|底)|开始", tail) is not None


def is_matter(tail: str) -> bool:
    """Tell whether a year before these words belongs to a matter: 2018年工作总结."""
    return _MATTER.match(tail) is not None


def is_bare_number(text: str) -> bool:
    """Tell whether a clause is a number alone, as 3 in 3、4月."""
    return _ENUMERATED.fullmatch(text) is not None


def is_caption(text: str) -> bool:
    """Tell whether a text only announces the time: 完成时限:"""
    return _CAPTION.fullmatch(text) is not None


def denies(lead: str, tail: str) -> bool:
    """Tell whether the words make a condition, a validity or a ban of a date."""
    return _CONDITION.search(lead) is not None or _DENIES.match(tail) is not None


def says_something(text: str) -> bool:
    """Tell whether a text holds a word: a number or a sign alone is a leftover."""
    return re.search("[一-鿿]", plain(text)) is not None


def describes(tail: str) -> bool:
    """Tell whether a date describes something (…建成的学校, 已完成) where a deadline is wanted."""
    return _DESCRIBES.search(tail) is not None


def finishes(tail: str) -> bool:
    """Tell whether a verb of finishing makes a bare period a deadline."""
    return _FINISH.search(_DOING.sub("", tail)) is not None


def label_of(tail: str) -> str:
    """Return the milestone that a tail names; empty where it is plain 完成 or the like."""
    if not without_asides(tail):
        return ""  # 10月1日至7日(7天)
    tail = plain(tail)
    if _PLAIN.fullmatch(tail) or not re.search("[一-鿿]", tail):
        return ""
    return re.sub("^(?:要|须|必须|应|务必|确保|力争|争取|原则上|为)+", "", tail)


def recurs(tail: str, *, manner: bool) -> bool:
    """Tell whether the words after 每月 say that something comes round to the supervisor or the public."""
    if _QUANTITY.search(_TIMES.sub("", tail)):
        return False
    return (_TELLS.match(tail) if manner else _RECURS.search(tail)) is not None


def tells(tail: str) -> bool:
    """Tell whether a milestone is itself a report: 通报全年情况"""
    return _TELLS.match(tail) is not None or tail.startswith("总结")


def times_of(tail: str) -> str | None:
    """Return the number in 一次, 两次; 0, which is never right, for 多次 and 2-3次."""
    found = _TIMES.search(tail)
    if found is None:
        return None
    return "0" if found["vague"] or found["many"] else found["times"]


def tells_of_last_month(tail: str) -> bool:
    """Tell whether a report is about the month before: 次月5日前报送上月数据 comes round."""
    return re.search("上一?个?月", plain(tail)) is not None


def endures(tail: str) -> bool:
    """Tell whether 长期, 常年 go with a verb of doing; 长期规划 is no time."""
    return not tail or _ENDURES.match(tail) is not None


def goes_on(lead: str) -> bool:
    """Tell whether a lead says that a second thing is to be done: 并于, 同时, 再."""
    return re.search("并|且|再|同时|确保|力争|争取|务必", lead) is not None


def is_last_limit(lead: str) -> bool:
    """Tell whether a lead says 最迟 or 不超过: of a second date it sets another limit to the same task."""
    return re.search("最迟|至迟|最晚|不超过|不得?迟于|不得?晚于|延", lead) is not None


def is_for_good(word: str) -> bool:
    """Tell whether a word of lasting has no end: 长期, unlike 持续, goes on beyond any period."""
    return word.startswith(("长期", "常年", "常态", "长时间"))


def may_lead_lasting(lead: str) -> bool:
    """Tell whether 持续 or 长期 after these words is said of the doing, as in 并长期, 该项工作长期."""
    return _LEADS_LASTING.fullmatch(lead) is not None

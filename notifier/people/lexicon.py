"""The words of unit phrases: levels, places, organs, endings and roles, as regular expressions."""

import re

HAN = r"[\u3400-\u9fff〇]"

# --- levels of government -------------------------------------------------------------------------------
LEVEL = r"(?:自治区|自治州|自治县|兵团|省|市|县|区|州|盟|旗|乡|镇)"
# Words that begin with a level's character and yet don't name the level.
_NO_LEVEL = (
    r"市场|市容|市政(?!府|协|法|务|数|研)|市民(?!政|宗|族|革|建|盟|进)|区域|区划|区块|县域|乡村|乡镇|"
    r"省际|省情|市情|县情|镇村|旗舰"
)
# `省委组织部` has the head 省委, `省政府外侨办` 省政府, `省教育厅` 省.
HEAD = re.compile(rf"(?!{_NO_LEVEL})(?P<level>{LEVEL})(?P<organ>党委|委(?!员)|人民政府|政府)?")
LEVEL_WORD = re.compile(r"中央|国家|中省直|中直|(?:省|市|县|区|州|旗|乡|镇)(?:直属?|属|级|管)")
_RANKS = (
    ("省", "自治区", "兵团"),
    ("市", "州", "盟", "自治州"),
    ("县", "区", "旗", "自治县"),
    ("乡", "镇", "街道"),
)


def rank(level: str) -> int | None:
    """Return how far down a level stands, 0 for a province; None for what is no level."""
    return next((place for place, levels in enumerate(_RANKS) if level in levels), None)


# --- places ---------------------------------------------------------------------------------------------
_KIND = (
    r"(?:省辖市|设区的?市|地级以上市|地级市|县级市|直辖市|自治区|自治州|自治县|民族乡|省直管县|省管县|扩权县|"
    r"街道|地区|[省市县区州盟旗乡镇街村])"
)
_VARIANT = r"（(?:含[\u3400-\u9fff、]{2,30}|[省市县区州盟旗乡镇街道办事处自治特园直辖地、]+)）"
_KIND_OF = r"(?:贫困|脱贫|试点|重点|涉农|牧业|沿[黄江海边淮]|主产|项目|任务|所辖|下辖|辖区内?的?|财政直管)"
CLASS = re.compile(
    rf"{_KIND_OF}?(?:{_KIND}(?:{_VARIANT})?)+(?:办)?|(?:{HAN}{{0,6}})(?:所在地|所在[市县区]+|属地|当地|地方)|地|辖区"
)
ZONE_NOUN = (
    r"(?:开发区|示范区|高新区|经开区|试验区|实验区|集聚区|保税区|工业区|园区|产业园|工业园|科技园|物流园|度假区|"
    r"旅游区|风景名胜区|风景区|景区|合作区|港区|新区|功能区|特区|新城|管理区|自贸区|生态城|科技城|商务区|核心区|"
    r"保护区|先行区|高新技术区)"
)
_ZONE_MOD = (
    r"(?:国家级?|省级|市级|经济|技术|高新|产业|工业|城乡一体化|综合|循环|现代|农业|旅游|生态|文化|物流|临空|临港|"
    r"航空|化工|科技|创新|创业|先进|制造业?|保税|自由贸易|自贸|风景|名胜|度假|教育|健康|商务|新型|转型|改革|集聚|"
    r"出口|加工|边境|跨境|合作|服务业)"
)
ZONE = re.compile(
    rf"(?!{_NO_LEVEL})(?P<head>{LEVEL}(?=.*{HAN}{{2}}))?(?P<name>{HAN}{{0,8}}?)(?P<generic>{_ZONE_MOD}*{ZONE_NOUN}(?:（{HAN}+）)?)"
)
# Zones of which a place may have several; 高新区 and 示范区 are mostly one.
ANY_ZONE = re.compile(r"(?:经济|产业|工业|各类)*(?:开发区|园区|功能区|集聚区|工业区|产业园|工业园)")
# Kinds of places whose office is one of each: 各省辖市、省直管县（市）教育局.
KINDS = re.compile(
    rf"(?:省直管|扩权)?县{_VARIANT}区?|(?:省辖|设区的?|地级以?上?|县级)市|省直管县|[市州旗]{_VARIANT}|县[市区](?:区|{_VARIANT})?|市县区?|区县|市州|乡镇"
)
# 郑州, 新乡 and 景德镇 are names of cities, not of a 州, a 乡 or a 镇.
PROPER = re.compile(
    rf"{HAN}{{1,16}}?(?:自治[区州县]|自治旗|联合旗)|{HAN}{{1,7}}?(?:街道|地区|省|市|县|区|旗)|(?!景德镇){HAN}{{2,7}}?(?:州|盟|镇|乡)"
)
# Common nouns that end as names of places do. 永城市, 成都市, 绍兴市, 南山区 and 峰峰矿区 are such names.
_NO_PLACE = re.compile(
    r"^(?:[山林矿湖]区|[城都上]市|[城村集]镇|城乡)$|(?:社区|[灾库疫校片小辖牧]区|革命老区|[^老]边区|分区|战区|[大省]军区|乡镇)$|"
    r"(?:贫困|偏远|边远|秦巴|大别|太行|沂蒙|武陵|乌蒙|吕梁|燕山|高寒|国有|重点)[山林矿湖]区$|"
    r"(?:^[各大中小]{1,2}|试点|示范|旅游|型|海绵|智慧|卫生|文明|中心|重点|省会|试验|设区|节点|园林|森林|低碳|开放|特色)[城都]市$|"
    r"(?:[工产]业|科技|文化|旅游|人才|教育|商贸)[兴强][省市县区]$|(?:新型|特色|重点|中心|小)[城村集]镇$|(?:统筹|住房)城乡$|"
    r"[局厅委办处]|(?:宣传|组织|统战|工作|武装|指挥)部|[和及与]|有关|相关|^[省市县区](?:直|属|级)|^(?:中国|国家|国网|中华|全国|中央)"
)
# Places whose own names hold a conjunction, a role word or a determiner (GB/T 2260), and those that end as zones do.
_ODD_NAME = (
    r"(?:(?<![\u3400-\u9fff])|(?<=[和及与由省市州]))(?:呼和浩特市|和布克赛尔(?:蒙古自治)?县|和林格尔县|和田(?:市|县|地区)|和平[区县]|"
    r"和政县|和硕县|和静县|和顺县|和龙市|商丘市|商[南城水河都]县|商州区|商洛市|会[东宁昌泽理]县|四会市|天全县|天等县|全[南州椒]县|"
    r"太和[区县]|[云平政新永西泰南兴共]和县|(?:南|仁)和区|[新禹]会区|民和(?:回族土族自治)?县|隆林(?:各族自治)?县|龙胜(?:各族自治)?县)"
    r"|(?<![\u3400-\u9fff])和县(?=政府|人民|教|财|、|，|$)"
)
ODD_PLACE = re.compile(_ODD_NAME)
DISTRICT = re.compile(
    r"下花园区|[东泉海高龙]港区|(?:铁山|黄石)港区|六枝特区|[梁绿]园区|(?:沈北|浦东|滨海)新区|清新区"
)
PROVINCE = re.compile(
    r"北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|"
    r"贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)


def is_place(text: str) -> bool:
    """Tell whether the text is a place's own name with its level: 郑州市, 兰考县, 东城区."""
    if ODD_PLACE.fullmatch(text) or DISTRICT.fullmatch(text):
        return True
    return PROPER.fullmatch(text) is not None and _NO_PLACE.search(text) is None


# --- organs and endings ---------------------------------------------------------------------------------
_TWIN = rf"(?:（{HAN}+(?:、{HAN}+)*）)?"
ORGAN = (
    rf"(?:两委|“两委”|(?:人民)?政府{_TWIN}|管委会?{_TWIN}|管理委员会{_TWIN}|党工委{_TWIN}|党（工）委|党委{_TWIN}|工委|"
    rf"行政公署|行署|办事处{_TWIN}|街道办|党委政府|党工委管委会)"
)
NOUN = r"(?:(?:直属|所属|下属|派出|办事|内设)?(?:部门|单位|机构|企业)|处室|科室|股室)"
BARE = re.compile(rf"{ORGAN}|{NOUN}")
DETERMINER = (
    r"(?:地方各级|各级各?(?:有关|相关)?|各(?:有关|相关|个)?|(?:其他|其它)?(?:有关|相关)(?:的)?各?|其他|其它|所?涉及?的|涉及|部分|"
    r"全[省市县区州]各级?|全国各级?)"
)
OPEN = re.compile(r"有关|相关|其他|其它|涉及|部分")
GROUP = re.compile(
    rf"(?!隆林各族|龙胜各族)(?P<head>{HAN}{{0,14}}?)(?P<det>{DETERMINER})(?P<noun>[^各]{{1,16}})"
)
GROUP_NOUN = re.compile(
    r"(?:部门|单位|机构|企业|处室|科室|股室|[室科处系校院行社会组站所部局委办厅队园场村居地方区乡镇县市]|中心|公司|"
    r"车间|工段|班组|项目部|支部|总支|门店|年级|班级|网点|院系|系部|团体|方面|系统|媒体|平台|成员|党派|高校|银行|支行|街道|央企|国企)(?:（[^（）]*）)?$"
)
MANY = re.compile(
    rf"(?P<head>{HAN}*?)(?P<noun>(?:行政主管|主管|行政|监管|执法)?部门|成员单位|单位|系统)|(?!{_ODD_NAME})全[省市县区州]{HAN}{{2,}}|(?:中央|[省市县区])[直属级]{HAN}*(?:企业|高校|院校|学校|医院|机构)|(?:国有|国企|民营|骨干|重点|龙头|规上|规模以上)(?:骨干|重点|工业|控股)*企业|(?:[在驻]{HAN})?(?:高校|高等学校)|中小学校?|"
    rf"{HAN}*(?:监管|所属|下属|出资|辖区)企业|[省市县区](?:直属?|属)国企"
)

_ENDING = (
    r"厅|局|委|委员会|办|办公室|部|院|会|社|署|处|科|股|室|所|站|队|中心|公司|集团|行|校|学|园|台|馆|库|厂|场|组|专班|"
    r"[残妇文侨记青红科]联|联合会|工商联|协|[兵军旅报剧]团|团委|人大|政协|军区|军分区|警备区|海关|工会|机构|企业|网|庭|司|支部|"
    r"基地|政府|管委|政数|分局|兵团|红会|纪委监委|监委|机关|团中央|移动|联通|电信|工作队|市监|城管|馆|医院|学校|大学|学院|[路务养机供工电]段|煤矿|车间|党组|总支|铁塔|[一二三四五六七八九十]中"
)
DEPARTMENT = re.compile(
    rf"[^、，；：。\s]{{0,40}}?(?:{_ENDING})(?:（[^（）]+）)?(?:{HAN}{{1,6}}(?:{_ENDING}))?"
)
_NO_DEPARTMENT = re.compile(
    r"(?:干部|社会|机会|会议|大会|全部|内部|俱乐部|场所|人员|教学|科学|文学|同学|银行业|行)$"
)
_DATED = re.compile(r"\d[年月日]")
_BANK = re.compile(r"(?:银行|[分支农工建中央人]行|发行|信行)$")
STRONG_ENDING = re.compile(
    r"(?:厅|局|委|办|政府|管委会|办公室|部门|单位|党委|党工委|委员会|法院|检察院|[残妇侨]联|工商联|总工会|科协|中心|集团|公司)$"
)
PERSON = re.compile(
    r"(?:省长|市长|县长|区长|州长|旗长|镇长|乡长|书记|主任|主席|局长|厅长|处长|科长|部长|校长|院长|所长|站长|队长|"
    r"[责负联承][任责系办]人|领导|同志|秘书长|联络员|网格员|党员|干部|委员|组长|班长|专员|人员|代表|常委)$"
)


def is_department(text: str) -> bool:
    """Tell whether the text ends as the names of offices, bodies and firms do."""
    if len(text) < 2 or _DATED.search(text) or not DEPARTMENT.fullmatch(text) or PERSON.search(text):
        return False
    return not _NO_DEPARTMENT.search(text) or _BANK.search(text) is not None


# Bodies with a level of their own: the prefix of the list doesn't reach them.
_OWN = re.compile(
    r"中央|国家|国务院|(?:黄河|长江|淮河|海河|珠江|松辽|太湖).*[局委]|民航|全国|中国|中共|中华|中科院|最高人民|军委|团中央|共青团|团[省市县区州旗盟]委|新华社|新华网|"
    r"人民银行|人行|海关|国网|南网|驻|各|武警|国际|央行|银保监|银监|证监"
)
_OWN_WHOLE = re.compile(
    r".+铁路局.*|税务局|税务所|派出所|工商所|海关|.*(?:总局|总署)|.{2,}海关|.{2,}[区园城山湖岛湾]管委会|.*(?:银行|大学|支行|分行|农商行|军分区|兵团)|"
    r"(?:外交|国防|教育|科技|科学技术|工业和信息化|公安|国家安全|民政|司法|财政|人力资源和?社会保障|自然资源|生态环境|"
    r"环境保护|住房和?城乡建设|交通运输|水利|农业农村|农业|商务|文化和旅游|文化|应急管理|退役军人事务|国土资源|铁道|"
    r"监察)部|国家卫生健康委|金融监管总局|审计署"
)
# Party organs whose name always carries the committee: 市委宣传部, never 市宣传部.
PARTY = re.compile(
    r"宣传部|组织部|统战部|统一战线工作部|社会工作部|政法委|政法委员会|政研室|党校|讲师团|巡[察视]办"
)
# Those that carry it only after another party organ: 市委组织部、编办, but 市教育局、编办.
PARTY_AFTER = re.compile(
    r"网信办|编办|机构编制委员会办公室|老干部局|农办|财经办|改革办|国安办|台办|(?:直属)?机关工委|文明办|党史研究室|"
    r"办公[厅室]|督查室"
)
# A level's own inner offices; an issuer's level says nothing about them.
INNER = re.compile(r"办公室|.{1,8}(?:科|处|股|室)(?<!管理处)")
# Nouns of a kind: nobody's name, so that 各 before the one before holds for them.
COMMON = re.compile(
    r"(?:[子分]公司|(?:二级)?学院|科室|处室|车间|班组|院系|学校|中小学校?|[中小]学|医院|企业|高校|部门|单位|街道|社区|"
    r"[村居]委会|[党团]?支部|党总支|党委|事业部|项目部|支队|协会|商会|幼儿园|基层站所|派出所|司法所|银行|支行)"
)
# What may stand in brackets after a name: another plate of it, or its other kinds. All else is a note.
PLATE = re.compile(
    rf"{HAN}|(?!不?含|包括|除|仅|原|限|以|共同).*(?:{_ENDING}|部门|单位|[省市县区乡镇街村园所处][级属]?)|{CLASS.pattern}|{ORGAN}"
)
# Commercial and teaching bodies: rarely the issuer's own.
UNOWNED = re.compile(r".*(?:公司|集团|学院|中学|小学|医院|幼儿园|协会|学会|商会)")


def has_own_level(text: str) -> bool:
    """Tell whether a body's name needs no prefix: 团省委, 中央网信办, 税务局, 黄埔区教育局, 河南证监局."""
    return bool(_OWN.match(text) or _OWN_WHOLE.fullmatch(text) or PROVINCE.match(text) or place_of(text))


def place_of(text: str) -> str:
    """Return the place whose name a body's name begins with, or "": 黄埔区教育局 -> 黄埔区."""
    for found in re.finditer(rf"{LEVEL}|街道", text[:20]):
        place, rest = text[: found.end()], text[found.end() :]
        zone = ZONE.fullmatch(place)
        generic = zone is not None and not zone["name"]  # 自贸区办 is an office for such zones, not of one
        if (
            found.start()
            and rest
            and is_place(place)
            and not generic
            and not re.match(_NO_LEVEL, text[found.start() :])
        ):
            return place if BARE.fullmatch(rest) or is_department(rest) else ""
    return ""


# --- fields of work: 教育、公安、财政部门 ------------------------------------------------------------------
FIELD = re.compile(
    r"教育|财政|公安|民政|司法|人力资源(?:和)?社会保障|人社|发展(?:和)?改革|发改|科技|科学技术|工业(?:和)?信息化|工信|经信|"
    r"经贸|商务|住房(?:和)?城乡建设|住建|建设|规划|国土资源|国土|自然资源|生态环境|环境保护|环保|交通运输|交通|水利|水务|"
    r"农业农村|农业|农机|林业|畜牧|文化(?:和)?旅游|文化|旅游|广电|体育|卫生健康|卫健|卫生|计生|审计|统计|税务|国税|地税|"
    r"工商|质监|市场监管|市场监督管理|食品药品监管|食药监|药监|安监|应急管理|应急|消防|扶贫|乡村振兴|医保|医疗保障|金融|"
    r"宣传|组织|统战|政法|网信|编制|机构编制|信访|民族宗教|民宗|退役军人事务|退役军人|城管|城市管理|综合执法|气象|物价|"
    r"粮食|供销|残联|法院|检察|监察|纪检|海事|邮政|通信|电力|机关事务|政务服务|外事|侨务|档案|地震|国资|能源|大数据"
)

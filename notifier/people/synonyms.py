"""The same organ in its long and its short form, as official documents shorten names throughout the country.

Only what never names two organs of one government stands here. A successor is another organ (环境保护厅 and
生态环境厅, 农业厅 and 农业农村厅): that takes a day, and stands in `[aliases]`.
"""

import re
from functools import lru_cache

_WIDTHS = str.maketrans("()[]【】,，/", "（）（）（）、、、")

_ANYWHERE = {
    "人民政府": "政府", "管理委员会": "管委会", "街道办事处": "街道办", "人民法院": "法院", "人民检察院": "检察院",
    "人民代表大会常务委员会": "人大常委会", "人大常务委员会": "人大常委会", "国有资产监督管理委员会": "国资委",
    "国有资产监督管理委": "国资委", "国有资产监管委": "国资委", "民族宗教事务委员会": "民宗委", "民族宗教委": "民宗委",
    "民族宗教委员会": "民宗委", "国有资产监管委员会": "国资委",
    "教育委员会": "教委", "纪律检查委员会": "纪委", "机构编制委员会": "编委", "村民委员会": "村委会",
    "居民委员会": "居委会", "中国共产主义青年团": "团", "共青团": "团", "残疾人联合会": "残联", "妇女联合会": "妇联",
    "工商业联合会": "工商联", "文学艺术界联合会": "文联", "社会科学界联合会": "社科联", "归国华侨联合会": "侨联",
    "科学技术协会": "科协", "供销合作社联合社": "供销社", "供销合作总社": "供销社", "供销合作社": "供销社",
    "地方税务局": "地税局", "国家税务局": "国税局", "食品药品监督管理局": "食药监局", "药品监督管理局": "药监局",
    "安全生产监督管理局": "安监局", "质量技术监督局": "质监局", "扶贫开发领导小组办公室": "扶贫办",
    "扶贫开发办公室": "扶贫办", "扶贫开发办": "扶贫办", "外事侨务办公室": "外侨办", "外事侨务办": "外侨办",
}  # fmt: skip
_BEFORE_ORGAN = {  # 省人力资源和社会保障厅, 市人力资源社会保障局, but no 人力资源和社会保障学会
    "发展和改革": "发改", "发展改革": "发改", "人力资源和社会保障": "人社", "人力资源社会保障": "人社",
    "住房和城乡建设": "住建", "住房城乡建设": "住建", "卫生健康": "卫健", "卫生和计划生育": "卫计",
    "卫生计生": "卫计", "人口和计划生育": "人口计生", "工业和信息化": "工信", "工业信息化": "工信",
    "经济和信息化": "经信", "经济信息化": "经信", "科学技术": "科技", "文化和旅游": "文旅", "文化旅游": "文旅",
    "市场监督管理": "市场监管", "国土资源": "国土", "环境保护": "环保", "林业和草原": "林草", "林业草原": "林草",
    "退役军人事务": "退役军人", "医疗保障": "医保", "应急管理": "应急", "粮食和物资储备": "粮食物资储备",
    "粮食和储备": "粮食储备", "地方金融监督管理": "地方金融监管",
}  # fmt: skip
_AT_END = {"委员会": "委", "办公室": "办", "管委": "管委会"}
_SHORTER = re.compile(
    "|".join(
        [
            *sorted(_ANYWHERE, key=len, reverse=True),
            rf"(?:{'|'.join(sorted(_BEFORE_ORGAN, key=len, reverse=True))})(?=[厅局委]|部门)",
            rf"(?<=..)(?:{'|'.join(_AT_END)})(?=$|（)",
        ]
    )
)
_SHORT = {**_ANYWHERE, **_BEFORE_ORGAN, **_AT_END}


@lru_cache(maxsize=1 << 16)
def normal(name: str) -> str:
    """Return the name without white space and with one width of brackets, （）, and 、 inside them."""
    return "".join(name.split()).translate(_WIDTHS)


@lru_cache(maxsize=1 << 16)
def identity(name: str) -> str:
    """Return what is equal for all the ways to write one organ's name; a key, not a name to show.

    省发展和改革委员会, 省发展改革委, 省发改委 and 省发改局 are one.
    """
    short = _SHORTER.sub(lambda found: _SHORT[found[0]], normal(name))
    # A commission or a bureau by the size of the government: none has both.
    return short.replace("发改局", "发改委")

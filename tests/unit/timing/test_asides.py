"""What holds time words and is no time is put out of the grammar's sight, and nothing else."""

import re

import pytest

from notifier.timing.asides import plain, set_aside, without_asides, without_private

HIDDEN = {
    "分别报送上年度下半年和本年度上半年工作情况": ["上年度下半年和本年度上半年"],
    "12月20日前报全年总结": ["全年"],
    "将当月排查情况报市安委办": ["当月"],
    "报送年度总结及下年度计划": ["年度", "下年度"],
    "报送2017年度总结和2018年工作计划": ["2017年度", "2018年"],
    "6月底前完成2013—2015年度资金清算": ["2013—2015年度"],
    "10月底前，完成全年投资任务": ["全年"],
    "6月“安全生产月”期间": ["“安全生产月”期间"],
    "党员活动日": ["活动日"],
    "按照皖政〔2013〕46号文件要求": ["〔2013〕46号"],
    "第5、7、12条由市教育局": ["第5、7、12条"],
    "6个月(2015年3月—8月)": ["6个月"],
    "4月1日-7月9日(100天)": ["(100天)"],
    "工期18个月，2019年10月底前竣工": ["工期18个月"],
    "审批时间压缩至5个工作日以内": ["时间压缩至5个工作日以内"],
    "较2015年下降18%": ["较2015年"],
    "办理时间6月底前压缩至5天": ["5天"],
    "5月底前(汛前)": ["(汛前)"],
}
SEEN = (
    "上半年报送工作情况",
    "完成下半年投资任务",
    "6月底前出台方案，完成下半年投资任务",
    "年底前完成2018年任务",
    "6月底和下半年各报送一次工作情况",
    "2018年3月开工，工期18个月",
    "整改时限不超过30日",
    "3月(10日)报送",
    "30日(4月1日前)",
    "年度内完成任务",
    "“十二月”",
    "将2018年底前未完成事项列入台账",
    "每月当月25日前报送情况",
)


@pytest.mark.parametrize(("text", "expected"), HIDDEN.items(), ids=HIDDEN)
def test_the_matter_of_a_report_is_set_aside(text: str, expected: list[str]) -> None:
    heard, matters, _ = set_aside(text)
    assert re.findall("[\U000f0000-\U000fffff]+", heard) != []
    assert list(matters) == expected
    assert len(heard) == len(text)
    assert plain(heard) == text


@pytest.mark.parametrize("text", SEEN)
def test_what_may_be_a_time_stays_in_sight(text: str) -> None:
    assert set_aside(text) == (text, (), False)


@pytest.mark.parametrize("text", ["联系电话:0571-85212345", "发至jcs2019@163.com"])
def test_an_address_is_set_aside_and_not_told(text: str) -> None:
    heard, matters, _ = set_aside(text)
    assert heard != text
    assert matters == ()


def test_what_follows_a_number_stays_in_sight() -> None:
    assert set_aside("电话65581234、3月底前")[0].endswith("、3月底前")
    assert set_aside("6月底前按豫政办〔2017〕110号")[0].startswith("6月底前按豫政办")


def test_a_day_off_that_may_roll_on_is_told() -> None:
    assert set_aside("每月10日前(遇节假日顺延)")[2]
    assert not set_aside("每月10日前(遇节假日提前)")[2]


def test_a_text_that_brings_the_private_plane_along_loses_it() -> None:
    assert without_private("6月\U000f6708底") == "6月?底"
    assert without_asides(set_aside("(100天)")[0]) == ""

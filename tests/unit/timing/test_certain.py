"""One time and the words around it: hours, weekdays, feasts, leftovers."""

from datetime import date

import pytest

from notifier.timing.calendar import WorkCalendar
from notifier.timing.phrase import Reading, read
from notifier.timing.rule import Review


def reading(phrase: str) -> Reading:
    return read(phrase, date(2018, 1, 15), calendar=WorkCalendar.build())


READ = {
    "2018年12月20日17:00前": "due 2018-12-20",
    "3月16日（周五）下午5时前": "due 2018-03-16",
    "2018年3月1日24时前": "due 2018-03-01",
    "6月最后一个工作日前": "due lastwd of 2018-06",
    "6月5、15日前": "due 2018-06-05; due 2018-06-15",
    "3月中下旬": "window 2018-03-T2..2018-03-T3",
    "9月上旬至中旬": "window 2018-09-T1..2018-09-T2",
    "6月中旬至7月上旬": "window 2018-06-T2..2018-07-T1",
    "2018年3月至年底": "window 2018-03..2018",
    "6月5日至月底": "window 2018-06-05..2018-06",
    "今明两年": "window 2018..2019",
    "贯穿全年": "window 2018",
    "本周五前": "due 2018-01-19",
    "下周三前报送": 'due 2018-01-24 "报送"',
    "教师节前": "due before 2018-09-10",
    "元宵节前": "due before fest:2018-yuanxiao",
    "20180630前": "due 2018-06-30",
    "6.30前完成": "due 2018-06-30",
    "2018年6月30日止": "due 2018-06-30",
    "截止日期：2018年6月30日": "due 2018-06-30",
    "半年内": "due within 6m of event:issued",
    "一年半内": "due within 18m of event:issued",
    "半个月内": "due within 15d of event:issued",
    "48小时内": "due within 2d of event:issued",
    "用3年时间完成": "due within 3y of event:issued",
    "开学两周内": "due within 2w of term:2018-spring",
    "《方案》印发后1个月内": "due within 1m of event:方案印发",
}


@pytest.mark.parametrize(("phrase", "rule"), READ.items(), ids=READ)
def test_a_time_is_read(phrase: str, rule: str) -> None:
    found = reading(phrase)
    assert (str(found.rule), found.why) == (rule, None)


LEFT = {
    "2018年12月20日（星期一）前": "day and weekday don't agree",
    "2018年3月1日0时前": "before midnight may be the day before",
    "截至2017年底，累计建成100所": "what had been done",
    "2018年工作总结": "the year describes something",
    "“十四五”中期": "change its meaning",
    "2018年12": "change its meaning",
    "月底前-0": "change its meaning",
    "6：月底": "a number without its unit",
    "4月8—20日年底": "another unit",
    "2018年底前夕": "time word",
    "2018年汛期": "change its meaning",
    "2018年6月征兵期间": "time word",
    "一二月": "is no number",
    "十十月": "is no number",
    "一个半月内": "no amount of time",
    "2小时内": "only whole days",
    "50年内": "too far",
    "《办法》（试行）印发后1个月内": "whether the brackets",
    "每年的六一": "",
    "2018年教师节": "names a day, not a limit",
}


@pytest.mark.parametrize(("phrase", "why"), LEFT.items(), ids=LEFT)
def test_a_time_that_its_words_change_is_left_to_a_person(phrase: str, why: str) -> None:
    found = reading(phrase)
    assert isinstance(found.rule, Review)
    assert why in (found.why or "")

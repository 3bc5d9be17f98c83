"""Chinese phrases: what they are read as, which conventions are told, and what is left to a person."""

from datetime import date
from typing import Any

import pytest

from notifier.timing.calendar import WorkCalendar
from notifier.timing.notation import parse
from notifier.timing.phrase import Reading, read
from notifier.timing.rule import Review

ISSUED = date(2017, 10, 1)


def reading(phrase: str, issued: date = ISSUED, **over: Any) -> Reading:
    return read(phrase, issued, calendar=WorkCalendar.build(), **over)


SEED = {
    "持续实施": "ongoing",
    "2018年秋季学期\n开学前完成": "due before term:2018-autumn",
    "2017年12月前出\n台具体措施": 'due before 2017-12 "出台具体措施"',
    "2017年起实施": "from 2017",
    "2018年春季学期开始实施": "from term:2018-spring",
}
FAMILIES = {
    # up to the last day
    "2018年6月底前完成": "due 2018-06",
    "2018年末": "due 2018",
    "到2020年": "due 2020",
    "不晚于2018年6月底": "due 2018-06",
    "12月31日前": "due 2017-12-31",
    "十二月三十一日前": "due 2017-12-31",
    "二〇一八年底前": "due 2018",
    "２０１８年１２月底前": "due 2018-12",
    "2018.6.30前完成": "due 2018-06-30",
    "年内完成": "due 2017",
    "2018年年内": "due 2018",
    "今年年底前": "due 2017",
    "明年6月底前": "due 2018-06",
    "本月底前": "due 2017-10",
    "下月底前": "due 2017-11",
    "“十四五”末": "due plan:14",
    "完成时限：2018年6月底": "due 2018-06",
    "2018年上半年完成": "due 2018-H1",
    "2018年6月底前，完成摸底": 'due 2018-06 "完成摸底"',
    "2018年6月底前力争动工": 'due 2018-06 "动工"',
    # before it begins
    "2018年7月前": "due before 2018-07",
    "2018年下半年前": "due before 2018-H2",
    "2018年6月中旬前": "due before 2018-06-T2",
    "2018年春节前": "due before fest:2018-chunjie",
    "2018年暑假前": "due before break:2018-summer",
    "开学前": "due before term:2018-spring",
    # windows
    "2018年": "window 2018",
    "2018年一季度": "window 2018-Q1",
    "2018年1月1日起至2020年12月31日止": "window 2018-01-01..2020-12-31",
    "2018年1-6月": "window 2018-01..2018-06",
    "2017年10月至次年3月": "window 2017-10..2018-03",
    "2018年6月1-15日": "window 2018-06-01..2018-06-15",
    "2018年7月初": "window 2018-07-T1",
    "“十四五”期间": "window plan:14",
    "2018-2020年持续推进": "window 2018..2020",
    "即日起至12月底": "window event:issued..2017-12",
    "动员部署阶段(2018年5月)": 'window 2018-05 "动员部署阶段"',
    # starts
    "2018年1月1日起施行": "from 2018-01-01",
    "2018年1月1日施行": "from 2018-01-01",
    "即日起": "from event:issued",
    "2018年起长期坚持": "from 2018",
    # what lasts
    "长期坚持": "ongoing",
    "该项工作长期坚持": "ongoing",
    "常态化开展": "ongoing",
    "2020年底前持续推进": "ongoing until 2020",
    "持续推进到2020年": "ongoing until 2020",
    "持续推进，2020年底前见效": 'ongoing; due 2020 "见效"',
    "2025年11月底前，并长期坚持": "due 2025-11 then ongoing",
    # recurrences
    "每月28日前报送": "due monthly 28",
    "每月5日前报送上月工作进展": "due monthly 5",
    "每月5日、20日前": "due monthly 5,20",
    "每月底前": "due monthly",
    "每月10日报送": "due monthly 10",
    "每季度末": "due quarterly",
    "每季度首月10日前": "due quarterly 01-10",
    "每季度结束后10日内": "due quarterly 01-10",
    "每年3月、9月底前": "due yearly 03-last,09-last",
    "每年3月前": "due yearly 02-last",
    "每年3月1日前": "due yearly 03-01",
    "每半年报送一次": "report half-yearly",
    "每年至少两次": "report half-yearly",
    "每两个月报送一次": "report every 2m",
    "按季调度": "report quarterly",
    "自2018年起每季度报送": "report quarterly since 2018",
    "2019年至2021年每年12月底前": "due yearly since 2019 until 2021",
    "持续推进，每季度报送一次": "report quarterly",
    "每周五前": "due weekly fri",
    # amounts of time
    "30日内": "due within 30d of event:issued",
    "3个月内": "due within 3m of event:issued",
    "自本通知印发之日起30个工作日内": "due within 30wd of event:issued",
    "收到通知后5个工作日内完成": "due within 5wd of event:收到通知",
    "国家方案印发后3个月内出台": 'due within 3m of event:国家方案印发 "出台"',
    "2018年秋季学期开学后1个月内": "due within 1m of term:2018-autumn",
    # several
    "2018年6月底前动工；12月底前投入使用": 'due 2018-06 "动工"; due 2018-12 "投入使用"',
    "2018年6月底前完成初步设计并于9月底前开工": 'due 2018-06 "完成初步设计"; due 2018-09 "开工"',
    "2018年3月、6月底前完成": "due 2018-03; due 2018-06",
    "2018年三、四季度": "window 2018-Q3; window 2018-Q4",
    "2018年起实施，2020年底前完成": "window 2018..2020",
    "每月报送，12月底前完成": "report monthly until 2017-12; due 2017-12",
}


@pytest.mark.parametrize(("phrase", "rule"), SEED.items(), ids=SEED)
def test_the_seed_is_read_as_settled(phrase: str, rule: str) -> None:
    assert str(reading(phrase).rule) == rule


@pytest.mark.parametrize(("phrase", "rule"), FAMILIES.items(), ids=FAMILIES)
def test_each_family_is_read(phrase: str, rule: str) -> None:
    found = reading(phrase)
    assert (str(found.rule), found.why) == (rule, None)
    assert parse(rule) == found.rule


REVIEWS = {
    # no time in it, or none that is certain
    "": "no time is given",
    "如期完成": "no date",
    "按国家统一部署推进": "no date",
    "尽快完成": "no date",
    "适时启动": "time word, “适时”",
    # false friends
    "每生每年2000元": "doesn't say that something is reported",
    "近5年内": "from when the time counts",
    "考核数据时间节点为上一年度1月至12月": "time word",
    "细化分解到月": "time word, “月”",
    "按月推进": "doesn't say that something is reported",
    "每年培训1000人次": "doesn't say that something is reported",
    "长期护理保险": "a name and no time",
    "2018年6亿元": "change its meaning",
    "2020年目标": "change its meaning",
    "2018年度考核": "describes something",
    "比2015年增长10%": "no date",
    "截至2016年底已建成100所": "describes something",
    "将2018年底前建成的项目纳入台账": "describes something",
    "有效期至2018年12月31日": "a validity",
    "如2018年底前未完成": "a condition",
    "2018年底前不得开工": "a ban",
    # left over
    "年底前完成2018年任务": "a second time in one clause",
    "2018年高考前完成": "time word, “前”",
    "2018年底前建成后投入使用": "time word, “后”",
    "2018年12月前后": "time word",
    "2018年12月底左右": "time word, “左右”",
    "2018年中": "change its meaning",
    "2018年春": "time word, “春”",
    "2018年3月至": "change its meaning",
    "2018年底前动工的": "change its meaning",
    "今年月底前": "another unit",
    "12月年底前": "another unit",
    "每月年底前": "another unit",
    "2018年年报": "change its meaning",
    "2018年内召开2次": "a number of times",
    "每月第一周报送": "time word, “周”",
    "原定2018年6月底前完成": "a date first set",
    "2018年6月底前完成，确有困难的可延至9月底": "a condition",
    "2018年底数清查": "change its meaning",
    "3、12月": "a number without its unit",
    "15年底前": "two digits before the document's date",
    "18.12月底前": "change its meaning",
    "当年底前": "change its meaning",
    "由2018年6月底前调整为9月底前": "a second time",
    "2018年9月开学前": "don't go together",
    # two meanings
    "3月内": "that many months",
    "每周一调度": "once a week",
    "每年底报送，次年6月底前总结": "which year it follows",
    "2018年秋季学期": "not a limit",
    # impossible
    "9月31日前": "no 2017-09-31; the last day of that month is 2017-09-30",
    "2月29日前": "no 2017-02-29; the last day of that month is 2017-02-28",
    "2018年13月底前": "a month is 1 to 12",
    "每年2月30日前": "day 30; the last that can be is 29",
    # not to be believed
    "2033年底前": "too far",
    "2006年底前": "too far",
    "2018年6月底前完成，3月底前完成试点": "a year may be missing",
    # in the past by a guess
    "3月底前": "2017-03-31 or 2018-03-31",
    "2017年10月前": "2017-09-30 or 2017-10-31",
    "秋季学期开学前": "2017-08-31 or 2018-08-31",
    "6月1日至6月15日": "2017-06-15 or a year later",
}


@pytest.mark.parametrize(("phrase", "why"), REVIEWS.items(), ids=REVIEWS)
def test_what_is_not_certain_is_left_to_a_person_with_the_reason(phrase: str, why: str) -> None:
    found = reading(phrase)
    assert found.rule == Review(phrase)
    assert found.why is not None
    assert why in found.why
    assert isinstance(found.rule, Review)
    assert found.rule.why == found.why


def test_an_explicit_past_date_stays() -> None:
    assert str(reading("2016年3月底前完成").rule) == "due 2016-03"


def test_a_period_read_as_excluded_is_told_with_both_dates() -> None:
    (note,) = reading("2017年12月前出台具体措施").notes
    assert note.zh == "“2017年12月前”按“12月1日之前”理解，即2017-11-30；若指含当月，则为2017-12-31"
    assert "2017-11-30" in note.en
    assert "2017-12-31" in note.en


def test_the_office_may_read_before_a_period_as_including_it() -> None:
    found = reading("2017年12月前", before_period="inclusive")
    assert str(found.rule) == "due 2017-12"
    assert [note.zh for note in found.notes] == [
        "“2017年12月前”按含当月理解，即2017-12-31；若不含当月，则为2017-11-30"
    ]
    assert str(reading("每年3月前", before_period="inclusive").rule) == "due yearly 03-last"


def test_before_a_term_is_its_eve_however_periods_are_read() -> None:
    found = reading("2018年秋季学期开学前", before_period="inclusive")
    assert str(found.rule) == "due before term:2018-autumn"


NOTES = {
    "12月底前": "未写明年份，按文件印发年份2017年理解",
    "2018年6月底前动工；12月底前建成": "沿用前文的2018年",
    "月底前": "按文件印发当月（2017年10月）理解",
    "2018年春季学期开始实施": "推算日期（2018-03-05）",
    "开学前": "按文件印发后最近一次开学（2018-03-05）理解",
    "2018年暑假期间": "推算",
    "2018年7月初": "按当月1日至10日理解",
    "30日内": "按文件印发次日起算",
    "验收合格后10日内": "自“验收合格”次日起算",
    "2—3年内": "按最长期限3年理解",
    "每年两次": "按每半年一次均匀安排理解",
    "每月报送": "按每期最后一日理解",
    "2018年4月完成": "按期末理解，即2018-04-30",
    "即日起": "按文件印发之日理解",
}


@pytest.mark.parametrize(("phrase", "zh"), NOTES.items(), ids=NOTES)
def test_each_convention_is_told_in_both_languages(phrase: str, zh: str) -> None:
    notes = reading(phrase).notes
    assert any(zh in note.zh for note in notes)
    assert all(note.en.isprintable() and note.en != note.zh for note in notes)


def test_a_term_that_ops_have_dated_carries_no_note_of_a_computed_day() -> None:
    assert reading("2018年春季学期开始实施", terms={"2018-spring": date(2018, 3, 1)}).notes == ()


def test_soft_words_are_kept_as_a_flag() -> None:
    assert reading("力争2018年底前完成").soft
    assert not reading("2018年底前完成").soft


def test_an_answer_wins_over_the_grammar_whatever_its_white_space() -> None:
    found = reading("2018年\n底前完成", answers={" 2018年底 前完成": "due 2018-11-30"})
    assert str(found.rule) == "due 2018-11-30"
    assert found.phrase == "2018年\n底前完成"


def test_an_answer_that_cannot_be_read_is_left_to_a_person() -> None:
    found = reading("适时启动", answers={"适时启动": "due 2018-02-30"})
    assert found.rule == Review("适时启动")
    assert found.why is not None
    assert "[timing.phrases]" in found.why


def test_what_is_left_to_a_person_comes_with_a_line_to_take_over() -> None:
    found = reading("9月31日\n前", issued=date(2018, 1, 15))
    assert found.suggestion == '"9月31日前" = "due 2018-09-30"'
    assert reading("2018年12月低前").suggestion == '"2018年12月低前" = "due 2018-12"'
    assert reading("2018年底前").suggestion == ""


def test_a_phrase_longer_than_any_cell_is_not_read_in_part() -> None:
    found = reading("2018年底前" + " " * 5_000 + "不适用")
    assert found.why == "too long for a timing phrase"

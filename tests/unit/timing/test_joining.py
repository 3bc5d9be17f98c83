"""Several times in one cell: what they make together, and what is left to a person."""

from datetime import date

import pytest

from notifier.timing.calendar import WorkCalendar
from notifier.timing.phrase import Reading, read
from notifier.timing.rule import Review


def reading(phrase: str) -> Reading:
    return read(phrase, date(2018, 1, 15), calendar=WorkCalendar.build())


JOINED = {
    # a deadline and what comes round
    "6月底前完成，每月报送": "due 2018-06; report monthly until 2018-06",
    "每月25日前报送进展，10月底前全部完成": "due monthly 25 until 2018-10; due 2018-10",
    "2018年6月底前建立台账，每月报送": 'due 2018-06 "建立台账"; report monthly',
    "2018年底前每季度报送一次": "report quarterly until 2018",
    "到2020年每年底前": "due yearly until 2020",
    "2019年底前完成，之后每年开展一次评估": "due 2019 then report yearly",
    # a time and what comes round in it
    "2018年3月至5月，每周五前报送": "due weekly fri since 2018-03 until 2018-05",
    "2018年9月起每学期开学后两周内": "due termly +14d since 2018-09",
    "持续推进，每年年底前报送总结": "due yearly",
    "2018年12月31日之前持续推进，每月底报送": "due monthly until 2018-12-31",
    # what goes on
    "2018年11月完成，此后长期坚持": "due 2018-11 then ongoing",
    "立即整改并长期坚持": "ongoing",
    "2018年3月至6月，长期坚持": "window 2018-03..2018-06 then ongoing",
    "2018—2020年，持续推进": "window 2018..2020",
    "2018年3月至6月，并持续推进": "window 2018-03..2018-06 then ongoing",
    # steps
    "2018年12月底前全面完成，其中6月底前完成50%": 'due 2018-12; due 2018-06 "完成50%"',
    "近期（2018-2020年），远期（2021-2030年）": 'window 2018..2020 "近期"; window 2021..2030 "远期"',
    "每半年（6月底、12月底前）报送一次": "due yearly 06-last,12-last",
    "10日内完成，30日内销号": 'due within 10d of event:issued; due within 30d of event:issued "销号"',
    "自交办之日起，7个工作日内办结": 'due within 7wd of event:交办 "办结"',
}


@pytest.mark.parametrize(("phrase", "rule"), JOINED.items(), ids=JOINED)
def test_times_that_go_together_make_one_rule(phrase: str, rule: str) -> None:
    found = reading(phrase)
    assert (str(found.rule), found.why) == (rule, None)


LEFT = {
    "2018年启动，三年内完成": "not clear how “三年内” goes",
    "三年内每年": "not clear how “每年” goes",
    "5月底至8月底": "not clear where the range begins",
    "3月—5月，9月—11月每周五前报送": "in which of the periods",
    "5月，每季度报送": "hardly comes round",
    "2018年6月底前（最迟8月底）": "a second limit of the same task",
    "6月，9月底前": "not clear whether the end is said of both",
    "6月、12月20日前": "not clear on which day of each month",
    "每季度（3月底）": "not clear how they go together",
    "2018年9月起工作总结于12月20日前报送": "not clear how",
    "确有困难的，2018年底前完成": "is a condition",
    "2018年底前完成，从下半年起10个工作日内": "not clear on which day the time begins",
}


@pytest.mark.parametrize(("phrase", "why"), LEFT.items(), ids=LEFT)
def test_times_that_may_go_together_in_more_than_one_way_are_left_to_a_person(phrase: str, why: str) -> None:
    found = reading(phrase)
    assert isinstance(found.rule, Review)
    assert why in (found.why or "")

"""What comes round: days inside the unit, numbers of times, and words that name no day."""

from datetime import date

import pytest

from notifier.timing.calendar import WorkCalendar
from notifier.timing.phrase import Reading, read
from notifier.timing.rule import Review


def reading(phrase: str, **over: str) -> Reading:
    before = "inclusive" if over.get("before_period") == "inclusive" else "exclusive"
    calendar = WorkCalendar.build()
    if before == "inclusive":
        return read(phrase, date(2018, 1, 15), calendar=calendar, before_period="inclusive")
    return read(phrase, date(2018, 1, 15), calendar=calendar)


READ = {
    # alone in the cell
    "每月": "report monthly",
    "按季度": "report quarterly",
    "每3天": "report every 3d",
    "每旬": "report monthly 10,20,last",
    "半月报送一次": "report monthly 15,last",
    "月跟踪、季通报、年考评": "report monthly; report quarterly; report yearly",
    "“周调度、月通报”": "report weekly; report monthly",
    "一月一调度": "report monthly",
    "实行月报制": "report monthly",
    # days
    "每月9日、19日、28日前": "due monthly 9,19,28",
    "每周二中午12时前": "due weekly tue",
    "每周一、三、五报送": "due weekly mon,wed,fri",
    "每天17时前报送": "due every 1d",
    "每月最后一个工作日": "due monthly lastwd",
    "每月前5个工作日内": "due monthly 5wd",
    "每季度结束后10个工作日内": "due quarterly 01-10wd",
    "每半年最后一个工作日": "due half-yearly 06-lastwd",
    "每季度末月最后一个工作日前报送": "due quarterly 03-lastwd",
    "每年12月最后一个工作日": "due yearly 12-lastwd",
    "每月第二个周三": "due monthly 2wed",
    "每年春节、中秋节前": "due yearly chunjie-1d,zhongqiu-1d",
    "每学期开学前": "due termly -1d",
    "每半年结束后15日内": "due half-yearly 01-15",
    "双月25日前": "due yearly 02-25,04-25,06-25,08-25,10-25,12-25",
    "次月5日前报送上月数据": "due monthly 5",
    "实行季报制度，次月10日前报送": "due quarterly 01-10",
    "半月报（每月15日、月末）": "due monthly 15,last",
    "每月下旬前": "due monthly 20",
    "每季度次月5日前": "due quarterly 01-05",
    "每季度后10日内": "due quarterly 01-10",
    "每双月10日前": "due yearly 02-10,04-10,06-10,08-10,10-10,12-10",
    "每年6月底、12月20日前": "due yearly 06-last,12-20",
    "每年上、下半年各报送一次": "due yearly 06-last,12-last",
    "每学期开学第一周": "due termly +6d",
    # times
    "每月两次": "report monthly 15,last",
    "每年三次": "report yearly 04-last,08-last,12-last",
    "一年两次": "report half-yearly",
    "每三年评估一次": "report every 3y",
    "两年一次": "report every 2y",
    "每年9月开展一次": "report yearly 09-last",
}


@pytest.mark.parametrize(("phrase", "rule"), READ.items(), ids=READ)
def test_a_recurrence_is_read(phrase: str, rule: str) -> None:
    found = reading(phrase)
    assert (str(found.rule), found.why) == (rule, None)
    assert found.notes or "due" in rule


LEFT = {
    "每年2-3次": "don't divide it evenly",
    "每年召开五次会议": "don't divide it evenly",
    "每年多次检查": "don't divide it evenly",
    "每周两次": "don't divide it evenly",
    "每年6月、12月各报送两次": "not clear on which days",
    "每年6、12月20日前": "not clear on which day of each month",
    "每月上旬前": "the tenth or the end of the month before",
    "每学期报送一次": "names no day of the term",
    "每日0时前": "before midnight may be the day before",
    "每周一报送": "every Monday or once a week",
    "每0天": "no interval",
    "每30年": "no interval",
    "逐年推进": "doesn't say that something is reported",
    "次月5日前报送": "",
    "每周第一个工作日": "",
    "每月25日左右": "time word",
    "每季度末至待定": "time word",
    "每月逢5报送": "not clear on which days",
    "每月5、20报送": "not clear on which days",
    "每季度中报送": "not clear on which days",
    "每周5报送": "not clear on which days",
    "每月25日至月底报送": "not clear where the range begins",
    "每年1月至3月报送": "not clear where the range begins",
    "每月20日起报送": "change its meaning",
    "每季度至2025年底报送": "may end it, or be one more",
}


@pytest.mark.parametrize(("phrase", "why"), LEFT.items(), ids=LEFT)
def test_a_recurrence_without_certain_days_is_left_to_a_person(phrase: str, why: str) -> None:
    found = reading(phrase)
    assert isinstance(found.rule, Review)
    assert why in (found.why or "")


def test_before_a_third_of_the_month_follows_the_office() -> None:
    assert str(reading("每月中旬前").rule) == "due monthly 10"
    assert str(reading("每月中旬前", before_period="inclusive").rule) == "due monthly 20"

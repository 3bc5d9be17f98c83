"""A rule in Chinese words."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from notifier.report.rules import rule_words
from notifier.timing import WorkCalendar
from notifier.timing.notation import parse
from notifier.timing.phrase import read
from notifier.timing.rule import Cadence, Frequency

QUARTERLY = Cadence(Frequency.QUARTERLY)
CASES = Path(__file__).resolve().parents[2] / "cases"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ('due before 2017-12 "出台具体措施"', "2017年12月之前（不含当月）完成（出台具体措施）"),
        ("due 2018-06", "2018年6月底前完成"),
        ("due 2018", "2018年底前完成"),
        ("due 2018-06-30", "2018年6月30日前（含当日）完成"),
        ("due before 2018-06-30", "2018年6月30日之前（不含当日）完成"),
        ("due 2018-H1", "2018年上半年结束前完成"),
        ("due 2018-03-T2", "2018年3月中旬结束前完成"),
        ("due term:2018-autumn", "2018年秋季学期开学当日完成"),
        ("due before fest:2018-chunjie", "2018年春节之前（不含当日）完成"),
        ("due before break:2018-summer", "2018年暑假之前（不含当期）完成"),
        ("due lastwd of 2018-06", "2018年6月最后一个工作日前完成"),
        ("due within 30wd of event:issued", "文件印发后30个工作日内完成"),
        ("due within 3m of 2018-06", "2018年6月结束后3个月内完成"),
        ("due 3wd before event:会议召开", "“会议召开”前3个工作日完成"),
        ("due plan:14", "“十四五”时期结束前完成"),
        ("window 2018-03..2018-06", "2018年3月至2018年6月内实施，至期末完成"),
        ("ongoing", "持续实施，每季度报送进展"),
        ("ongoing until 2020", "持续实施，至2020年止，每季度报送进展"),
        ("from 2017", "自2017年起持续实施，每季度报送进展"),
        ("report monthly 28 since 2018", "每月28日报送进展，自2018年起"),
        ("report weekly fri", "每周五报送进展"),
        ("report monthly last", "每月最后一天报送进展"),
        ("report monthly 1mon,lastfri", "每月第一个周一、最后一个周五报送进展"),
        ("report quarterly 01-10wd", "每季度第一个月第10个工作日报送进展"),
        ("report yearly 03-last,09-15", "每年3月最后一天、9月15日报送进展"),
        ("report yearly chunjie-1d", "每年春节前1天报送进展"),
        ("report termly +6d", "每学期开学后6天报送进展"),
        ("report every 10d", "每10天报送进展"),
        ("report every 2m 5", "每2个月5日报送进展"),
        ("due monthly 28", "每月28日前完成一次"),
        ("due quarterly", "每季度完成一次"),
        (
            "due 2018-06 then due within 3m of event:done",
            "2018年6月底前完成；此后前项工作完成后3个月内完成",
        ),
        ("due 2018-06; ongoing", "2018年6月底前完成；持续实施，每季度报送进展"),
        ('review "择机推进"', "时限未能识别，须由人工确认"),
    ],
)
def test_a_rule_is_said_in_chinese(rule: str, words: str) -> None:
    assert rule_words(parse(rule), QUARTERLY) == words


def test_the_rule_of_every_phrase_that_was_met_has_words() -> None:
    calendar = WorkCalendar.build()
    lines = [json.loads(line) for line in (CASES / "timing.jsonl").read_text("utf-8").splitlines()]
    for line in lines:
        rule = read(line["phrase"], date.fromisoformat(line["issued"]), calendar=calendar, terms={}).rule
        said = re.sub(r"“[^”]*”|（[^）]*）", "", rule_words(rule, QUARTERLY))  # names of events, and labels
        assert said, rule
        assert not re.search("[A-Za-z]", said), rule

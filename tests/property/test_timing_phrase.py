"""Whatever stands in the timing column, reading it ends in a rule or in a review, never in an error."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from notifier.timing.calendar import WorkCalendar
from notifier.timing.notation import parse
from notifier.timing.phrase import read
from notifier.timing.rule import Review

FRAGMENTS = [
    *(
        "2018年",
        "二〇一九年",
        "今年",
        "明年",
        "次年",
        "本年度",
        "全年",
        "年",
        "年底",
        "年内",
        "上半年",
        "三季度",
        "第4季度",
    ),
    *(
        "3月",
        "12月",
        "十月份",
        "月底",
        "本月",
        "2月",
        "30日",
        "31日",
        "15号",
        "上旬",
        "初",
        "2018.6.30",
        "2019-02-30",
    ),
    *("秋季学期", "开学", "暑假", "春节", "“十四五”", "国庆节", "即日起"),
    *("前", "之前", "以前", "底", "末", "底前", "起", "开始", "内", "期间", "至", "-", "到", "后", "以后"),
    *(
        "每年",
        "每月",
        "每季度",
        "每半年",
        "每周",
        "五",
        "末月",
        "首月的",
        "每两个月",
        "按月",
        "逐季",
        "两次",
        "一次",
    ),
    *("30日内", "3个月内", "2—3年内", "10个工作日内", "一月内", "印发之日起", "收到通知后", "近"),
    *(
        "最后一个工作日",
        "前5个工作日内",
        "第一个周五",
        "次月5日前",
        "双月",
        "中旬",
        "元月",
        "卅日",
        "（含）",
        "（7天）",
    ),
    *(
        "召开前3个工作日",
        "到期前",
        "完成后",
        "之后",
        "此后",
        "为期三个月",
        "原定",
        "延期至",
        "首次报送时间为",
        "其余",
        "①",
        "②",
    ),
    *(
        "报送上年度下半年情况",
        "将上月",
        "全年总结",
        "遇节假日顺延",
        "工期18个月",
        "〔2017〕110号",
        "第3、4项",
        "前三季度",
    ),
    *(
        "持续",
        "长期",
        "常态化",
        "实施",
        "完成",
        "出台具体措施",
        "报送",
        "建成",
        "动工",
        "元",
        "亿",
        "的",
        "已",
        "2000",
        "0",
    ),
    *(
        "于",
        "在",
        "自",
        "从",
        "力争",
        "原则上",
        "确保",
        "并",
        "和",
        "，",
        "；",
        "、",
        "。",
        "（",
        "）",
        "：",
        "“",
        "”",
        " ",
        "\n",
    ),
]
phrases = st.lists(st.sampled_from(FRAGMENTS), max_size=9).map("".join) | st.text(max_size=20)


@given(phrases, st.dates(date(2001, 1, 1), date(2049, 12, 31)), st.sampled_from(["exclusive", "inclusive"]))
def test_reading_never_fails_and_its_rule_reads_back(phrase: str, issued: date, before: str) -> None:
    found = read(
        phrase,
        issued,
        calendar=WorkCalendar.build(),
        before_period="inclusive" if before == "inclusive" else "exclusive",
    )
    assert parse(str(found.rule)) == found.rule
    assert isinstance(found.rule, Review) == (found.why is not None)
    assert (found.why or "").isprintable()
    assert all("\n" not in note.zh + note.en for note in found.notes)


@given(phrases, st.dates(date(2001, 1, 1), date(2049, 12, 31)), st.data())
def test_white_space_inside_a_phrase_changes_nothing(phrase: str, issued: date, data: st.DataObject) -> None:
    calendar = WorkCalendar.build()
    at = data.draw(st.integers(0, len(phrase)))
    broken = phrase[:at] + data.draw(st.sampled_from([" ", "\n", "\u3000"])) + phrase[at:]
    assert read(broken, issued, calendar=calendar).rule == read(phrase, issued, calendar=calendar).rule

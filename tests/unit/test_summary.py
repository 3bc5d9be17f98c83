"""A month counted and told: by plan and unit, the worst first, bounded."""

from datetime import date
from zoneinfo import ZoneInfo

from notifier.digest.accounting import CalendarMonth, Outcome, Owed
from notifier.digest.bulletin import Fact
from notifier.digest.summary import sum_up
from notifier.digest.summary_content import MOST_POINTS, MOST_ROWS, Besides, Block, Note, Row, Summary
from notifier.digest.tally import KEPT, Tally, TaskName
from notifier.timing.checkpoint import Kind
from tests.office import beijing

SILENT, ON_TIME, RESTING = Outcome("silent", 3), Outcome("on_time"), Outcome("resting")
MONTH = CalendarMonth.parse("2018-06")
NOW = beijing("2018-07-02T09:00")


def task(ref: str = "7", plan: str = "plan", text: str = "办学。") -> TaskName:
    return TaskName(plan, f"{plan}的文件", ref, text)


def due(day: date = date(2018, 6, 29), family: Kind = Kind.DUE) -> Owed:
    return Owed(family=family, nominal=day, day=day, label="", recurs=family is Kind.REPORT)


def late(days: int) -> Outcome:
    return Outcome("late", days)


def told(tally: Tally, besides: Besides | None = None) -> Summary:
    return sum_up(tally, besides or Besides(), month=MONTH, now=NOW, zone=ZoneInfo("Asia/Shanghai"))


def numbers(row: Row) -> tuple[int, ...]:
    return row.due, row.on_time, row.late, row.silent, row.resting


def block(summary: Summary, key: str) -> Block:
    (found,) = (each for each in summary.blocks if each.key == key)
    return found


def test_what_fell_due_is_counted_by_task_and_unit_by_plan_and_by_unit() -> None:
    tally = Tally()
    tally.fell_due(task("1"), due(), [("甲", ON_TIME), ("乙", late(2)), ("丙", SILENT)])
    tally.fell_due(task("1"), due(date(2018, 6, 15)), [("甲", ON_TIME)])
    tally.fell_due(task("1", plan="other"), due(), [("丙", SILENT), ("丁", RESTING)])
    tally.fell_due(task("2"), due(), [])  # closed before it was owed
    found = told(tally)
    assert numbers(found.numbers) == (6, 2, 1, 2, 1)
    assert (found.total, found.tasks, found.units_total, found.punctual) == (6, 2, 4, 1)
    assert found.headline == "到期6·按期2·迟报1·未报2"
    assert [(row.name, *numbers(row)) for row in found.plans] == [
        ("plan的文件", 4, 2, 1, 1, 0),
        ("other的文件", 2, 0, 0, 1, 1),
    ]
    assert [(row.name, *numbers(row)) for row in found.units] == [
        ("丙", 2, 0, 0, 2, 0),
        ("乙", 1, 0, 1, 0, 0),
    ]
    assert found.units_rest is None


def test_units_stand_by_what_is_missing_then_late_then_how_late_and_then_as_in_the_document() -> None:
    tally = Tally()
    outcomes = {"甲": [ON_TIME], "乙": [late(1)], "丙": [late(9)], "丁": [late(1), late(1)], "戊": [SILENT]}
    outcomes |= {"己": [SILENT, SILENT], "庚": [late(1)]}
    for unit, found in outcomes.items():
        for number, outcome in enumerate(found):
            tally.fell_due(task(str(number)), due(), [(unit, outcome)])
    assert [row.name for row in told(tally).units] == ["己", "戊", "丁", "丙", "乙", "庚"]


def test_the_rest_of_the_units_is_one_row_and_the_punctual_are_counted() -> None:
    tally = Tally()
    tally.fell_due(task(), due(), [(f"{number}局", SILENT) for number in range(500)])
    tally.fell_due(task(), due(), [(f"{number}厅", ON_TIME) for number in range(70)])
    found = told(tally)
    assert len(found.units) == MOST_ROWS
    assert found.units_rest is not None
    assert found.units_rest.name == f"其余{500 - MOST_ROWS}个单位"
    assert numbers(found.units_rest) == (500 - MOST_ROWS, 0, 0, 500 - MOST_ROWS, 0)
    assert found.punctual == 70


def test_what_is_missing_stands_by_deadline_then_report_the_longest_ago_first() -> None:
    tally = Tally()
    tally.fell_due(task("1"), due(family=Kind.REPORT), [("甲", Outcome("silent", 3)), ("乙", SILENT)])
    tally.fell_due(task("2"), due(), [("甲", SILENT)])
    tally.fell_due(task("3"), due(), [("甲", SILENT), ("乙", SILENT)])
    tally.fell_due(task("4"), due(date(2018, 6, 1)), [("乙", Outcome("silent", 31))])
    found = block(told(tally), "silent")
    assert [point.title.split(" ")[0] for point in found.points] == ["第4项", "第3项", "第2项", "第1项"]
    assert [point.standing for point in found.points] == ["已逾期31天", "已逾期3天", "已逾期3天", "已过3天"]
    assert found.count == "4项任务，6项次"
    assert [fact.text for fact in found.points[1].facts] == ["2018年6月29日到期", "甲、乙"]


def test_tasks_that_say_the_same_of_the_same_units_are_one_line() -> None:
    tally = Tally()
    for ref in ("1", "2", "3", "9"):
        tally.fell_due(task(ref), due(), [("甲", SILENT)])
    tally.fell_due(task("4"), due(), [("乙", SILENT)])
    found = block(told(tally), "silent")
    assert [point.title for point in found.points] == ["第1—3、9项（共4项）", "第4项 办学。"]
    assert found.note.endswith("均为2018年6月29日到期，已逾期3天。")  # said once, as it is true of each
    assert [[fact.word for fact in point.facts] for point in found.points] == [["未报"], ["未报"]]


def test_late_units_stand_with_their_days_the_latest_first() -> None:
    tally = Tally()
    tally.fell_due(task("1"), due(), [("甲", late(0)), ("乙", late(4)), ("丙", ON_TIME)])
    tally.fell_due(task("2"), due(), [("甲", late(9))])
    found = block(told(tally), "late")
    assert [(point.title, point.standing) for point in found.points] == [
        ("第2项 办学。", "迟9天"),
        ("第1项 办学。", "迟4天"),
    ]
    assert found.points[1].facts[1] == Fact(word="迟报", text="乙（迟4天）、甲（当日迟报）")


def test_what_is_open_since_before_and_what_comes_is_told_too() -> None:
    tally = Tally()
    tally.still_open(task("1"), due(date(2018, 3, 30)), [("甲", 94)], date(2017, 12, 29))
    tally.comes(task("2"), due(date(2018, 7, 31)), [(f"{number}局", 0) for number in range(9)])
    found = told(tally)
    (point,) = block(found, "before").points
    assert (point.standing, point.facts[0].text) == ("已逾期94天", "2018年3月30日到期（原定2017年12月29日）")
    ahead = block(found, "ahead")
    assert (ahead.title, ahead.count) == ("2018年7月到期", "1项任务，9项次")
    assert ahead.points[0].facts[1].text == "0局、1局、2局、3局、4局等9个单位"
    assert (found.total, found.headline) == (0, "无到期任务")


def test_the_mail_is_counted_and_who_got_none_is_named() -> None:
    besides = Besides(
        sent=90,
        failed=2,
        uncertain=1,
        missed=4,
        unreached=[
            Note(title="a@example.org", standing="2封未送达", facts=(Fact(word="服务器答复", text="550"),))
        ],
        unreached_total=1,
        nobody=["甲", "乙"],
        nobody_total=2,
    )
    found = block(told(Tally(), besides), "mail")
    assert found.count == "发出90封，未送达2封，可能重复1封，停机未发4条"
    assert found.light == "red"
    assert [point.facts[0].text for point in found.points] == ["甲、乙", "550"]
    assert block(told(Tally()), "mail").light == "green"


def test_several_plans_are_named_in_each_line() -> None:
    tally = Tally()
    tally.fell_due(task("1"), due(), [("甲", SILENT)])
    tally.comes(task("1", plan="other"), due(date(2018, 7, 31)), [("甲", 0)])
    found = told(tally)
    assert block(found, "silent").points[0].title == "《plan的文件》第1项 办学。"
    assert block(found, "ahead").points[0].title == "《other的文件》第1项 办学。"


def test_ten_thousand_tasks_are_a_bounded_mail_that_counts_them_all() -> None:
    tally = Tally()
    for number in range(10_000):
        outcomes = [(f"{number}局", SILENT), (f"{number + 1}局", late(number % 20))]
        tally.fell_due(task(str(number), plan=f"plan{number % 50}"), due(), outcomes)
    found = told(tally)
    for key in ("silent", "late"):
        listed = block(found, key)
        assert len(listed.points) == MOST_POINTS
        assert listed.count == "10000项任务，10000项次"
        assert listed.rest > 0
    assert (len(found.plans), found.plans_rest) == (MOST_ROWS, 50 - MOST_ROWS)
    assert len(tally.silent.listed()) <= 2 * KEPT


def test_hostile_texts_leave_room_for_the_mail_to_pass() -> None:
    evil = '<"&' * 5_000
    tally = Tally()
    for number in range(40):
        tally.fell_due(
            task(str(number), plan=evil + str(number), text=evil), due(), [(evil + str(number), SILENT)]
        )
    notes = [Note(title=evil, facts=(Fact(word="说明", text=evil),))] * MOST_POINTS
    found = told(tally, Besides(extended=notes, extended_total=90, nobody=[evil] * 20, nobody_total=99))
    texts = [row.name for row in (*found.plans, *found.units)]
    for each in found.blocks:
        texts += [point.title + "".join(fact.text for fact in point.facts) for point in each.points]
        assert each.rest + len(each.points) >= len(each.points)
    assert sum(map(len, texts)) < 20_000
    assert block(found, "extended").rest + len(block(found, "extended").points) == 90

"""Which task of the ledger a row of a changed document is."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import combinations

import pytest

from notifier.intake import TaskRow, read_document
from notifier.ledger.tasks import TaskRecord
from notifier.passes.matching import alike, match
from notifier.share import share

A = "加快推进职业教育攻坚工程，建设一批品牌示范学校。"
A_REWORDED = "加快推进职业教育攻坚二期工程，建设一批品牌示范学校和特色学校。"
B = "落实中等职业学校免学费政策，完善国家助学金制度。"
C = "建立职业院校教师定期到企业实践的制度。"
SHORT = "同上"


def task(number: int, ref: str, text: str, state: str = "open") -> TaskRecord:
    now = datetime(2018, 1, 1, tzinfo=UTC)
    return TaskRecord(
        id=number, plan_id=1, plan="plan", plan_title="", plan_number="", issued=date(2017, 10, 1), until=None,
        ref=ref, position=number, revision=1, section="", text=text, units={}, timing="", rule="ongoing",
        timing_state="ok", why=None, notes=[], soft=False, state=state, completed=None, imported=now,
        planned_until=now, next_at=None,
    )  # fmt: skip


def row(ref: str, text: str) -> TaskRow:
    return TaskRow(ref=ref, number=ref, section="", text=text, units="", timing="", where="plan.txt:1")


@pytest.mark.parametrize(
    ("known", "rows", "ids"),
    [
        ([("1", A), ("2", B)], [("1", A), ("2", B)], [1, 2]),
        ([("1", A), ("2", B)], [("1", C), ("2", A), ("3", B)], [None, 1, 2]),
        ([("1", A), ("2", B)], [("1", B), ("2", A)], [2, 1]),
        ([("1", A), ("2", B)], [("1", A_REWORDED), ("2", B)], [1, 2]),
        ([("1", A), ("2", B)], [("1", B), ("2", A_REWORDED)], [2, 1]),
        ([("1", A), ("2", B)], [("1", C), ("2", B)], [None, 2]),
        ([("1", A)], [("1:1", A.replace("，", ",") + " ")], [1]),
        ([("1", SHORT), ("2", SHORT)], [("1", SHORT), ("2", SHORT), ("3", SHORT)], [1, 2, None]),
        ([("1", SHORT), ("2", SHORT)], [("2", SHORT), ("3", SHORT)], [2, 1]),
        ([("1", "")], [("1", ""), ("2", "")], [1, None]),
        ([("1", "")], [("2", "")], [None]),
        ([], [("1", A)], [None]),
        ([("1", A)], [], []),
    ],
    ids=["unchanged", "inserted before", "swapped", "reworded", "reworded and moved", "replaced", "sections and"
         " widths", "same text thrice", "same text moved", "without text", "without text, elsewhere",
         "first", "all gone"],
)  # fmt: skip
def test_a_row_continues_the_task_that_it_is(
    known: Sequence[tuple[str, str]], rows: Sequence[tuple[str, str]], ids: Sequence[int | None]
) -> None:
    tasks = [task(number, ref, text) for number, (ref, text) in enumerate(known, 1)]
    found = match(tasks, [row(ref, text) for ref, text in rows])
    assert [each and each.id for each in found] == list(ids)


def test_a_living_task_is_continued_before_one_that_vanished() -> None:
    gone, living = task(1, "1~1", B, "vanished"), task(2, "3", B)
    assert match([gone, living], [row("9", B)]) == [living]
    assert match([gone], [row("9", B)]) == [gone]


def test_likeness_is_one_for_the_same_and_nothing_for_what_shares_nothing() -> None:
    assert alike(A, A) == 1
    assert alike("甲乙丙", "子丑寅") == 0
    assert 0.5 < alike(A, A_REWORDED) < 1


def test_ten_thousand_moved_rows_are_matched_in_one_go() -> None:
    texts = [
        f"第{number}项：{A[number % 10 :]}由{number * 7919 % 10007}号专班落实" for number in range(10_000)
    ]
    tasks = [task(number, str(number), text) for number, text in enumerate(texts)]
    rows = [row(str(number + 1), text) for number, text in enumerate(texts)]
    assert [found and found.id for found in match(tasks, rows)] == list(range(10_000))


def test_a_thousand_reworded_and_moved_rows_are_each_found_again() -> None:
    count = 1000
    tasks = [
        task(
            number,
            str(number),
            f"第{number}项：{A}由{number * 7919 % 10007}号专班在{number * 31 % 997}县落实",
        )
        for number in range(count)
    ]
    rows = [row(str(number + 1), f"{tasks[number].text}，并报告{number}") for number in range(count)]
    assert [found and found.id for found in match(tasks, rows)] == list(range(count))


def test_a_text_that_is_more_like_another_number_is_that_task_and_not_its_neighbour() -> None:
    known = [task(1, "1", "培训省级骨干教师500名。", "done"), task(2, "2", "培训市级骨干教师500名。")]
    rows = [row("1", C), row("2", "培训省级骨干教师600名。"), row("3", "培训市级骨干教师600名。")]
    assert [found and found.id for found in match(known, rows)] == [None, 1, 2]


def test_no_two_tasks_of_a_real_document_are_alike_enough_to_be_one() -> None:
    rows = read_document(share("seeds") / "vocational-education-2017.txt").rows
    for one, other in combinations(rows, 2):
        assert not any(match([task(1, one.ref, one.text)], [row(one.ref, other.text)])), (one.ref, other.ref)

"""`explain` and `resolve`: the JSON contract key for key, with and without a configuration."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from notifier.share import share
from tests.integration.cli.conftest import Type
from tests.office import CONFIG, office

MEASURES = "2017年12月前出台具体措施"
EXPLAINED = {
    "phrase",
    "state",
    "rule",
    "why",
    "soft",
    "milestones",
    "recurrence",
    "ongoing",
    "until",
    "notes",
    "checkpoints",
}


def lines(*asked: Any) -> str:
    """Return JSON Lines; text stands for itself."""
    return "".join((ask if isinstance(ask, str) else json.dumps(ask)) + "\n" for ask in asked)


@pytest.mark.usefixtures("empty")
def test_a_deadline_is_explained_as_the_contract_says(ops: Type) -> None:
    (answer,) = ops("explain", "-", stdin=lines({"phrase": MEASURES, "issued": "2017-10-01"})).lines
    assert set(answer) == EXPLAINED
    assert answer["notes"]
    assert all(isinstance(note, str) for note in answer.pop("notes"))
    checkpoints = answer.pop("checkpoints")
    assert answer == {
        "phrase": MEASURES,
        "state": "ok",
        "rule": 'due before 2017-12 "出台具体措施"',
        "why": None,
        "soft": False,
        "milestones": [{"kind": "due", "day": "2017-11-30", "label": "出台具体措施"}],
        "recurrence": None,
        "ongoing": False,
        "until": None,
    }
    assert len(checkpoints) == 12
    assert checkpoints[0] == {
        "kind": "lead",
        "day": "2017-11-30",
        "at": "2017-10-31T09:00:00+08:00",
        "provisional": False,
    }
    assert [point["kind"] for point in checkpoints[:5]] == ["lead", "lead", "lead", "due", "overdue"]


@pytest.mark.usefixtures("empty")
def test_an_ongoing_phrase_names_no_cadence_and_has_no_end(ops: Type) -> None:
    (answer,) = ops("explain", "-", stdin=lines({"phrase": "持续实施", "issued": "2017-10-01"})).lines
    assert (answer["ongoing"], answer["recurrence"], answer["until"]) == (True, None, None)
    reports = [point["at"] for point in answer["checkpoints"] if point["kind"] == "report"]
    assert reports[:2] == ["2017-12-29T09:00:00+08:00", "2018-03-30T09:00:00+08:00"]


@pytest.mark.usefixtures("empty")
def test_a_named_cadence_shows_its_next_three_days(ops: Type) -> None:
    ask = {"phrase": "每季度报告一次", "issued": "2017-10-01"}
    (answer,) = ops("explain", "-", stdin=lines(ask)).lines
    assert answer["recurrence"].keys() == {"rule", "role", "next"}
    assert answer["recurrence"]["role"] == "report"
    assert answer["recurrence"]["next"] == ["2017-12-31", "2018-03-31", "2018-06-30"]


@pytest.mark.usefixtures("empty")
def test_a_phrase_that_is_not_understood_says_why_and_has_no_dates(ops: Type) -> None:
    (answer,) = ops("explain", "-", stdin=lines({"phrase": "胡说八道", "issued": "2017-10-01"})).lines
    assert set(answer) == EXPLAINED
    assert answer["state"] == "review"
    assert answer["why"]
    assert (answer["milestones"], answer["recurrence"], answer["checkpoints"]) == ([], None, [])


@pytest.mark.usefixtures("empty")
def test_an_event_dates_a_waiting_phrase(ops: Type) -> None:
    ask = {"phrase": "批复后30日内完成", "issued": "2017-10-01"}
    waits, dated = ops("explain", "-", stdin=lines(ask, ask | {"event": "2018-01-31"})).lines
    assert (waits["state"], waits["milestones"]) == ("waiting", [])
    assert waits["why"]
    assert (dated["state"], dated["why"]) == ("ok", None)
    assert [stone["day"] for stone in dated["milestones"]] == ["2018-03-02"]


@pytest.mark.usefixtures("empty")
def test_a_bare_number_of_days_counts_from_the_issue_or_from_the_event(ops: Type) -> None:
    ask = {"phrase": "30日内完成", "issued": "2017-10-01"}
    issued, event = ops("explain", "-", stdin=lines(ask, ask | {"event": "2017-11-01"})).lines
    assert [stone["day"] for stone in issued["milestones"]] == ["2017-10-31"]
    assert issued["notes"]
    assert [stone["day"] for stone in event["milestones"]] == ["2017-12-01"]


BAD_LINES = {
    "no JSON": "持续实施",
    "half a JSON": '{"phrase": "持续实施"',
    "a number": "7",
    "a list": "[]",
    "null": "null",
    "no phrase": '{"issued": "2017-10-01"}',
    "phrase is no text": '{"phrase": 7, "issued": "2017-10-01"}',
    "no day": '{"phrase": "持续实施"}',
    "no such day": '{"phrase": "持续实施", "issued": "2017-02-30"}',
    "day is a number": '{"phrase": "持续实施", "issued": 2017}',
    "event is no day": '{"phrase": "持续实施", "issued": "2017-10-01", "event": "soon"}',
    "before all calendars": '{"phrase": "持续实施", "issued": "0001-01-01"}',
    "nested beyond reason": "[" * 100_000,
    "blank between others": "",
}


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("bad", BAD_LINES.values(), ids=BAD_LINES.keys())
@pytest.mark.parametrize("command", ["explain", "resolve"])
def test_a_bad_line_answers_an_error_and_the_order_is_kept(ops: Type, command: str, bad: str) -> None:
    good = {"phrase": "持续实施", "issued": "2017-10-01", "text": "省教育厅", "issuer": "省"}
    if command == "resolve" and "phrase" in bad:
        bad = bad.replace("phrase", "txt")
    first, second, third = ops(command, "-", stdin=lines(good, bad, good)).lines
    assert first == third
    assert "error" not in first
    assert set(second) == {"error"}
    assert isinstance(second["error"], str)


@pytest.mark.usefixtures("empty")
def test_bytes_that_are_no_utf8_are_one_bad_line(ops: Type) -> None:
    good = lines({"phrase": "持续实施", "issued": "2017-10-01"}).encode()
    answers = ops("explain", "-", stdin=good + "持续实施\n".encode("gb18030") + good).lines
    assert ["error" in answer for answer in answers] == [False, True, False]


@pytest.mark.usefixtures("empty")
def test_half_a_surrogate_pair_comes_back_as_it_went_in(ops: Type) -> None:
    (answer,) = ops("explain", "-", stdin='{"phrase": "\\ud800", "issued": "2017-10-01"}\n').lines
    assert answer["phrase"] == "\ud800"


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("stdin", ["", "\n", "\n\n  \n"], ids=["nothing", "a line end", "blank lines"])
def test_nothing_asked_is_nothing_answered(ops: Type, stdin: str) -> None:
    assert ops("explain", "-", stdin=stdin).lines == []


@pytest.mark.usefixtures("empty")
def test_every_phrase_of_the_example_plan_is_explained_in_order(ops: Type) -> None:
    cases = (Path(__file__).parents[2] / "cases" / "timing.jsonl").read_text("utf-8").splitlines()
    asked = [{"phrase": json.loads(case)["phrase"], "issued": json.loads(case)["issued"]} for case in cases]
    answers = ops("explain", "-", stdin=lines(*asked)).lines
    assert [answer["phrase"] for answer in answers] == [ask["phrase"] for ask in asked]
    for answer in answers:
        assert set(answer) == EXPLAINED
        for point in answer["checkpoints"]:
            assert point.keys() == {"kind", "day", "at", "provisional"}
            assert date.fromisoformat(point["day"]).isoformat() == point["day"]
            assert datetime.fromisoformat(point["at"]).utcoffset() is not None


def test_the_configuration_has_its_word_on_phrases_terms_and_policy(empty: Path, ops: Type) -> None:
    extra = '[timing.phrases]\n"尽快" = "due 2018-01"\n[terms]\n"2018-spring" = 2018-03-01\n[policy]\nleads = []\n'
    office(empty, extra=extra)
    asked = [{"phrase": phrase, "issued": "2017-10-01"} for phrase in ("尽快", "2018年春季学期开始实施")]
    answer, term = ops("explain", "-", stdin=lines(*asked)).lines
    assert (answer["rule"], answer["checkpoints"][0]["kind"]) == ("due 2018-01", "due")
    assert [stone["day"] for stone in term["milestones"]] == ["2018-03-01"]


def test_phrases_are_explained_even_if_the_documents_are_missing(desk: Path, ops: Type) -> None:
    (desk / "plan.txt").unlink()
    (desk / "contacts.csv").unlink()
    assert ops("explain", "持续实施", "--json").json["state"] == "ok"


@pytest.mark.usefixtures("desk")
def test_explain_takes_the_issue_of_the_only_plan(ops: Type) -> None:
    assert ops("explain", MEASURES, "--json").json["milestones"][0]["day"] == "2017-11-30"
    assert ops("explain", MEASURES, "--issued", "2018-02-01", "--json").json["state"] == "review"


@pytest.mark.usefixtures("empty")
def test_explain_prints_rule_convention_and_notices_for_people(ops: Type) -> None:
    shown = ops("explain", MEASURES, "持续实施", "--issued", "2017-10-01")
    assert shown.code == 0
    for part in ("due before 2017-12", "convention", "2017-10-31 Tue 09:00", "ongoing", "without end"):
        assert part in shown.out


@pytest.mark.usefixtures("empty")
def test_several_phrases_make_one_document(ops: Type) -> None:
    found = ops("explain", "持续实施", "胡说", "--issued", "2017-10-01", "--json").json
    assert [answer["state"] for answer in found] == ["ok", "review"]


@pytest.mark.usefixtures("empty")
def test_units_are_resolved_as_the_contract_says_without_a_configuration(ops: Type) -> None:
    ask = {"text": "省教育厅、财政厅和相关省直管县(市）政府等", "issuer": "省"}
    (answer,) = ops("resolve", "-", stdin=lines(ask)).lines
    assert answer == {
        "text": ask["text"],
        "units": [
            {"name": "省教育厅", "role": "lead", "group": False, "open": False, "known": False},
            {"name": "省财政厅", "role": "joint", "group": False, "open": False, "known": False},
            {"name": "相关省直管县（市）政府", "role": "joint", "group": True, "open": True, "known": False},
        ],
        "open_end": True,
        "unresolved": [],
    }


@pytest.mark.usefixtures("desk")
def test_units_in_the_directory_are_known(ops: Type) -> None:
    ask = {"text": "省教育厅、公安厅和各省辖市政府", "issuer": "省"}
    (answer,) = ops("resolve", "-", stdin=lines(ask)).lines
    assert {unit["name"]: unit["known"] for unit in answer["units"]} == {
        "省教育厅": True,
        "省公安厅": False,
        "各省辖市政府": True,
    }


@pytest.mark.usefixtures("desk")
def test_resolve_takes_the_issuer_of_the_only_plan(ops: Type) -> None:
    given = ops("resolve", "教育厅、财政厅", "--json").json
    assert given == ops("resolve", "教育厅、财政厅", "--issuer", "省", "--json").json


def test_units_are_resolved_even_if_the_document_is_missing(desk: Path, ops: Type) -> None:
    (desk / "plan.txt").unlink()
    assert ops("resolve", "省教育厅", "--json").json["units"][0]["known"] is True


def test_a_directory_that_cannot_be_used_is_told(desk: Path, ops: Type) -> None:
    (desk / "contacts.csv").unlink()
    refused = ops("resolve", "省教育厅")
    assert refused.code == 78
    assert "contacts.csv: does not exist" in refused.err


@pytest.mark.usefixtures("desk")
def test_resolve_prints_roles_and_marks_for_people(ops: Type) -> None:
    shown = ops("resolve", "省教育厅牵头，公安厅、相关省辖市政府等配合").out
    for part in ("lead", "not in the directory", "(group, open"):
        assert part in shown


def test_the_example_plans_units_are_all_read(empty: Path, ops: Type) -> None:
    (empty / "config.toml").symlink_to(share("config.toml"))
    for name in ("seeds", "templates"):
        (empty / name).symlink_to(share(name))
    cases = (Path(__file__).parents[2] / "cases" / "units.jsonl").read_text("utf-8").splitlines()
    asked = [{key: json.loads(case)[key] for key in ("text", "issuer")} for case in cases]
    answers = ops("resolve", "-", stdin=lines(*asked)).lines
    assert [answer["text"] for answer in answers] == [ask["text"] for ask in asked]
    for answer in answers:
        assert answer.keys() == {"text", "units", "open_end", "unresolved"}
        for unit in answer["units"]:
            assert unit.keys() == {"name", "role", "group", "open", "known"}
            assert unit["role"] in ("lead", "joint", "assist", "implement")


def test_a_broken_configuration_is_told_and_not_passed_over(empty: Path, ops: Type) -> None:
    (empty / "config.toml").write_text(CONFIG.replace("[mail]", "[male]"), "utf-8")
    refused = ops("explain", "-", stdin=lines({"phrase": "持续实施", "issued": "2017-10-01"}))
    assert refused.code == 78
    assert "male: unknown key" in refused.err

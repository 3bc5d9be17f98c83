"""Suggested lines for [timing.phrases]: always TOML, always notation, of the kind that the words call for."""

import tomllib
from datetime import date

import pytest

from notifier.timing.notation import parse
from notifier.timing.suggestions import answer_line, likely

LIKELY = {
    "每季度适时通报": "report quarterly",
    "每月中前": "report monthly",
    "每周末": "report weekly",
    "每半年左右": "report half-yearly",
    "每学期末": "report termly +6d",
    "每年汛期前": "report yearly",
    "随时报送": "ongoing",
    "待方案出台后": "due within 30d of event:issued",
    "尽快": "due 2018-12-31",
}


@pytest.mark.parametrize(("text", "rule"), LIKELY.items(), ids=LIKELY)
def test_the_words_of_a_phrase_call_for_a_kind_of_rule(text: str, rule: str) -> None:
    assert likely(text, date(2018, 1, 15)) == rule
    parse(rule)


def test_the_line_is_toml_whatever_the_phrase_holds() -> None:
    line = answer_line('“尽快”"\\', 'due 2018 "完成"')
    assert tomllib.loads(line) == {'“尽快”"\\': 'due 2018 "完成"'}

"""docs/faults.md names a test for each fault, and each test that it names is there."""

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "faults.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text("utf-8").splitlines()
    if re.match(r"\| \d", line)
]
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE.read_text("utf-8"))
REASONS = ("Not ours: ", "Not held yet: ")


@cache
def defined_in(file: str) -> set[str]:
    """Return the names of the tests that a file defines."""
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_the_faults_are_numbered_without_a_gap() -> None:
    assert [int(number) for number, *_ in ROWS] == list(range(1, 78))


def test_each_fault_has_a_promise_and_a_test_or_a_reason() -> None:
    for number, happens, promised, held in ROWS:
        assert happens, number
        assert promised, number
        assert "::" in held or any(reason in held for reason in REASONS), number


def test_each_test_that_is_named_exists() -> None:
    gone = [f"{file}::{name}" for file, name in NAMED if name not in defined_in(file)]
    assert gone == []
    assert all(name.startswith("test_") for _, name in NAMED)


def test_whatever_looks_like_a_test_on_the_page_is_checked() -> None:
    assert PAGE.read_text("utf-8").count("::") == len(NAMED) > len(ROWS)

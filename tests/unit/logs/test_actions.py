"""Every line of the log has an action, and docs/operations.md knows them all: read from the source."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from notifier.mail.transport import State

ROOT = Path(__file__).parents[3]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}

# The one action that is put together: what became of a mail.
COMPOSED = {"message_{result.state}": [f"message_{state}" for state in get_args(State)]}


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Yield every call of a module's logger."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log"), attr=level)) if level in LEVELS:
                yield node


def actions(tree: ast.AST) -> Iterator[str]:
    """Yield the action of each dictionary that names one, as records carry it, and of each line made without."""
    for node in ast.walk(tree):
        match node:
            case ast.Dict():
                for key, value in zip(node.keys, node.values, strict=True):
                    if (
                        isinstance(key, ast.Constant)
                        and key.value == "action"
                        and not isinstance(value, ast.Name)
                    ):
                        text = ast.unparse(value)
                        yield from COMPOSED.get(text.removeprefix("f")[1:-1], [text[1:-1]])
            case ast.Call(func=ast.Attribute(value=ast.Name(id="logs"), attr="line")):
                yield from (
                    str(ast.literal_eval(word.value)) for word in node.keywords if word.arg == "action"
                )


@cache
def modules() -> list[tuple[Path, ast.Module]]:
    return [(path, ast.parse(path.read_text("utf-8"))) for path in sorted((ROOT / "notifier").rglob("*.py"))]


def test_every_line_that_is_logged_has_an_action() -> None:
    without = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, tree in modules()
        for call in calls(tree)
        if not any(word.arg == "extra" and list(actions(word.value)) for word in call.keywords)
    ]
    assert without == []


def test_the_page_for_ops_lists_every_action_and_no_other() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    table = page.partition("## The log")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    used = {action for _, tree in modules() for action in actions(tree)}
    assert sorted(listed) == sorted({*used, "library"})


@pytest.mark.parametrize(
    ("source", "has_action"),
    [
        ('log.info("x")', False),
        ('log.info("x", extra={"attempt": 1})', False),
        ('log.info("x", extra={"action": "done"})', True),
    ],
)
def test_the_look_at_the_source_sees_what_it_is_for(source: str, has_action: bool) -> None:
    tree = ast.parse(source)
    assert len(list(calls(tree))) == 1
    assert bool(list(actions(tree))) is has_action

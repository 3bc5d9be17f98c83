"""The way in: help, exit codes, where the configuration is looked for, the test mail."""

import email
import os
import subprocess
import sys
from email import policy
from pathlib import Path

import pytest

from notifier import __version__
from notifier.config import load
from notifier.ledger.hold import hold
from notifier.share import share
from tests.integration.cli.conftest import Type
from tests.office import CONFIG, office

HEAVY = (
    "sqlalchemy",
    "pydantic",
    "jinja2",
    "apscheduler",
    "rich",
    "alembic",
    "aiosmtplib",
    "holidays",
    "lark",
)
COMMANDS = (
    "init",
    "check",
    "tasks",
    "explain",
    "resolve",
    "agenda",
    "preview",
    "rehearse",
    "run",
    "status",
    "done",
    "reopen",
    "retry",
    "send-test",
)


def subprocess_of(*words: str, folder: Path, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the program as ops do."""
    environment = {**os.environ, "PYTHONPATH": str(share("templates").parent)}
    environment.pop("NOTIFIER_CONFIG", None)
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_lists_every_command_and_imports_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom notifier.__main__ import main\nsys.argv = ['notifier', '--help']\n"
        "try:\n    main()\nfinally:\n    print(*sorted(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess_of("-c", script, folder=tmp_path)
    assert done.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command} " in done.stdout
    loaded = set(done.stderr.split())
    assert "click" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.usefixtures("empty")
def test_every_command_explains_itself_without_a_configuration(ops: Type, command: str) -> None:
    shown = ops(command, "--help")
    assert shown.code == 0
    assert shown.out.startswith("Usage: ")


def test_the_program_answers_at_a_real_prompt(tmp_path: Path) -> None:
    done = subprocess_of("-m", "notifier", "explain", "-", folder=tmp_path, stdin='{"phrase": "x"}\nno\n')
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == '{"error": "issued is missing"}\n' + (
        '{"error": "no JSON: Expecting value: line 1 column 1 (char 0)"}\n'
    )


def test_explaining_needs_neither_templates_nor_ledger(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom notifier.__main__ import main\nsys.argv = ['notifier', 'explain', '持续实施']\n"
        "try:\n    main()\nfinally:\n    print(*sorted(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess_of("-c", script, folder=tmp_path)
    assert set(done.stderr.split()).isdisjoint(
        ("sqlalchemy", "jinja2", "apscheduler", "alembic", "aiosmtplib")
    )


@pytest.mark.usefixtures("empty")
def test_the_version_is_that_of_the_package(ops: Type) -> None:
    assert ops("--version").out == f"notifier {__version__}\n"


USAGE = {
    "unknown command": (("chekc",), "Did you mean check?"),
    "command of no kind": (("x",), "There is init, check, tasks"),
    "unknown option": (("check", "--jsno"), "--json"),
    "no phrase": (("explain",), "Missing argument"),
    "no day": (("explain", "持续实施", "--issued", "2017年10月"), "is no day such as"),
    "address of no kind": (("send-test", "ops"), "'ops' is no mail address"),
    "address in Chinese": (("send-test", "王一@example.org"), "is no mail address"),
    "time of no kind": (("preview", "wang@example.org", "--at", "soon"), "is no time such as"),
    "nobody": (("preview", "wnag@example.org"), "is no contact of any unit; near it: wang@example.org"),
    "rehearsal without an end": (("rehearse", "--from", "2018-01-01"), "Missing option '--to'"),
    "rehearsal backwards": (("rehearse", "--from", "2018-01-02", "--to", "2018-01-01"), "lies before --from"),
    "agenda backwards": (("agenda", "--from", "2018-01-02", "--to", "2018-01-01"), "lies before --from"),
    "agenda that is over": (("agenda", "--to", "2018-01-01"), "lies before now"),
    "configuration is a folder": (("--config", ".", "check"), "is a directory"),
}


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(("words", "told"), USAGE.values(), ids=USAGE.keys())
def test_bad_usage_exits_2_and_says_what_is_expected(ops: Type, words: tuple[str, ...], told: str) -> None:
    refused = ops(*words)
    assert (refused.code, refused.out) == (2, "")
    assert told in refused.err


NEEDS_CONFIG = (
    ("check",),
    ("tasks",),
    ("agenda",),
    ("preview", "a@example.org"),
    ("rehearse", "--from", "2018-01-01", "--to", "2018-01-02"),
    ("run",),
    ("status",),
    ("done", "1"),
    ("reopen", "1"),
    ("retry",),
    ("send-test", "a@example.org"),
)


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("words", NEEDS_CONFIG, ids=" ".join)
def test_without_a_configuration_it_exits_78_and_says_where_it_looked(
    ops: Type, words: tuple[str, ...]
) -> None:
    refused = ops(*words)
    assert (refused.code, refused.out) == (78, "")
    assert "there is neither config.toml nor /etc/notifier/config.toml; name one with --config" in refused.err


def test_the_configuration_is_taken_from_the_option_then_the_environment_then_here(
    desk: Path, ops: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, key in (("option", "a"), ("environment", "b")):
        (desk / name).mkdir()
        office(desk / name, config=CONFIG.replace("[plans.plan]", f"[plans.{key}]"))
    monkeypatch.setenv("NOTIFIER_CONFIG", str(desk / "environment" / "config.toml"))
    named = ops("--config", "option/config.toml", "tasks", "--json").json
    assert {task["plan"] for task in named} == {"a"}
    assert {task["plan"] for task in ops("tasks", "--json").json} == {"b"}
    monkeypatch.delenv("NOTIFIER_CONFIG")
    assert {task["plan"] for task in ops("tasks", "--json").json} == {"plan"}


@pytest.mark.usefixtures("empty")
def test_a_named_configuration_that_is_missing_is_not_replaced_by_another(ops: Type) -> None:
    refused = ops("--config", "nowhere.toml", "explain", "持续实施")
    assert refused.code == 78
    assert "nowhere.toml: No such file" in refused.err


def test_a_second_daemon_exits_75_and_names_the_first(desk: Path, ops: Type) -> None:
    with hold(load(desk / "config.toml").database):
        refused = ops("run")
    assert refused.code == 75
    assert f"is held by another daemon, pid {os.getpid()}" in refused.err


def test_a_test_mail_lands_in_the_maildir(desk: Path, ops: Type) -> None:
    shown = ops("send-test", "ops@example.org")
    assert shown.code == 0
    assert shown.out.startswith("ops@example.org: 250 written to new/")
    (path,) = (desk / "var" / "mail" / "new").iterdir()
    mail = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    assert mail["To"] == "ops@example.org"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "这是一封测试邮件" in body.get_content()
    assert not (desk / "var" / "notifier.db").exists()


def test_a_test_mail_that_cannot_leave_exits_1(empty: Path, ops: Type) -> None:
    office(empty, extra='host = "127.0.0.1"\nport = 1\n[delivery]\nmode = "live"\n')
    refused = ops("send-test", "ops@example.org")
    assert (refused.code, refused.out) == (1, "")
    assert "127.0.0.1" in refused.err


def test_a_folder_that_cannot_be_written_is_told_plainly(desk: Path, ops: Type) -> None:
    (desk / "out").write_text("a file")
    refused = ops("rehearse", "--from", "2018-01-01", "--to", "2018-01-02", "--out", "out/there")
    assert refused.code == 1
    assert refused.err.startswith("notifier: out/there: ")
    assert "Traceback" not in refused.err

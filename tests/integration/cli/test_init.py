"""`notifier init`: what it writes, what it keeps, and that both the folder and the unit work as they stand."""

import json
import os
import pwd
import re
import subprocess
import sys
from pathlib import Path

import pytest

from notifier.cli.site import Program, hidden_from_service, site_files, state_of
from notifier.config import load
from notifier.errors import UsageError
from notifier.share import share
from tests.integration.cli.conftest import Type

OPT = Program(command=("/opt/notifier/bin/notifier",), folders=(Path("/opt/notifier"),))
WRITTEN = {
    "config.toml": 0o640,
    "seeds/vocational-education-2017.txt": 0o640,
    "seeds/contacts.csv": 0o640,
    **{
        f"templates/{place.relative_to(share('templates')).as_posix()}": 0o640
        for place in share("templates").rglob("*.j2")
    },
    **{f"systemd/{place.name}": 0o644 for place in share("deploy").iterdir()},
}


def mode(place: Path) -> int:
    return place.stat().st_mode & 0o7777


def texts(folder: str, program: Program = OPT) -> dict[str, str]:
    """Return what an installation in a folder would hold, without writing it."""
    return {file.path: file.data.decode() for file in site_files(Path(folder), program)}


def test_a_fresh_folder_holds_everything_and_works_at_once(empty: Path, ops: Type) -> None:
    mask = os.umask(0o077)  # as careful users have it: the modes are init's own
    try:
        made = ops("init", "demo")
    finally:
        os.umask(mask)
    assert made.code == 0, made.err
    folder = empty / "demo"
    found = {str(place.relative_to(folder)): mode(place) for place in folder.rglob("*") if place.is_file()}
    assert found == WRITTEN
    for name in WRITTEN:
        assert f"wrote {folder / name}\n" in made.out
    assert mode(folder / "credentials") == 0o700
    assert mode(folder) == 0o750

    assert ops("--config", "demo/config.toml", "check").code == 0
    assert {place.name for place in folder.iterdir()} == {
        "config.toml", "credentials", "seeds", "systemd", "templates",
    }  # fmt: skip
    assert load(folder / "config.toml").database == folder / "var" / "notifier.db"


def test_what_is_there_is_kept_byte_for_byte_and_named(empty: Path, ops: Type) -> None:
    (empty / "config.toml").write_text("mine", "ascii")
    (empty / "templates").mkdir()
    (empty / "templates" / "subject.txt.j2").symlink_to("/nowhere/at/all")
    made = ops("init", ".", "--json").json
    assert made["kept"] == ["config.toml", "templates/subject.txt.j2"]
    assert set(made["written"]) == set(WRITTEN) - set(made["kept"])
    assert (empty / "config.toml").read_text("ascii") == "mine"
    assert (empty / "templates" / "subject.txt.j2").is_symlink()


def test_a_second_run_changes_nothing_and_ends_with_0(empty: Path, ops: Type) -> None:
    ops("init", "demo")
    before = {place: (place.stat().st_mtime_ns, mode(place)) for place in (empty / "demo").rglob("*")}
    again = ops("init", "demo")
    assert again.code == 0
    assert "wrote" not in again.out
    assert f"kept  {empty / 'demo' / 'config.toml'}: it was there already\n" in again.out
    assert {place: (place.stat().st_mtime_ns, mode(place)) for place in (empty / "demo").rglob("*")} == before


@pytest.mark.parametrize("name", ["here/and/there", "../beside", "两个 办公室", "."])
def test_a_folder_may_be_relative_deep_or_have_spaces(
    empty: Path, ops: Type, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    start = empty / "start"
    start.mkdir()
    monkeypatch.chdir(start)
    made = ops("init", name, "--json").json
    folder = Path(os.path.abspath(start / name))
    assert made["folder"] == str(folder)
    unit = (folder / "systemd" / "notifier.service").read_text("utf-8")
    path = f'"{folder}/config.toml"' if " " in name else f"{folder}/config.toml"
    assert f" --config {path} run\n" in unit
    assert load(folder / "config.toml").database == folder / "var" / "notifier.db"


def test_a_folder_that_cannot_be_written_is_named(empty: Path, ops: Type) -> None:
    (empty / "file").write_text("", "ascii")
    made = ops("init", "file/demo")
    assert made.code == 1
    assert str(empty / "file") in made.err
    assert ops("init", "file").code == 2


def test_somebody_elses_folder_is_named(tmp_path: Path) -> None:
    # As somebody who is not root: root may write everywhere.
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o555)
    command = [sys.executable, "-m", "notifier", "init", str(shut / "demo")]
    if os.geteuid() == 0:
        # Not setuid, which would hide the interpreter of a root's home: root without its powers.
        command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]
        os.chown(shut, pwd.getpwnam("nobody").pw_uid, -1)
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(share())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Permission denied" in done.stderr
    assert str(shut / "demo") in done.stderr


@pytest.mark.parametrize("name", ["a$b", "a%b", 'a"b', "a\nb", "a?b", "a#b", "a;b"])
def test_a_name_that_means_something_to_systemd_or_to_sqlite_is_refused(
    empty: Path, ops: Type, name: str
) -> None:
    made = ops("init", name)
    assert made.code == 2
    assert not (empty / name).exists()


def test_under_etc_the_ledger_lies_where_the_unit_puts_it(tmp_path: Path) -> None:
    files = texts("/etc/notifier")
    assert files["systemd/notifier.service"] == share("deploy", "notifier.service").read_text("utf-8")
    (tmp_path / "config.toml").write_text(files["config.toml"], "utf-8")
    config = load(tmp_path / "config.toml")
    assert config.database == Path("/var/lib/notifier/notifier.db")
    assert config.resolve(config.delivery.maildir) == Path("/var/lib/notifier/mail")
    assert "var/mail" not in files["config.toml"].replace("/var/lib/notifier/mail", "")


def test_a_second_installation_under_etc_has_a_ledger_of_its_own() -> None:
    files = texts("/etc/offices/north")
    assert "\nStateDirectory=offices/north\n" in files["systemd/notifier.service"]
    assert 'database = "sqlite:////var/lib/offices/north/notifier.db"' in files["config.toml"]
    assert (
        "LoadCredential=smtp-password:/etc/offices/north/credentials/smtp-password\n"
        in (files["systemd/notifier.service"])
    )


def test_elsewhere_the_unit_may_write_the_folders_own_var() -> None:
    files = texts("/srv/office")
    unit = files["systemd/notifier.service"]
    assert files["config.toml"] == share("config.toml").read_text("utf-8")
    assert "StateDirectory" not in unit
    assert "\nReadWritePaths=-/srv/office/var\n" in unit
    assert "\nExecStartPre=+/usr/bin/install -d -m 0700 -o notifier -g notifier /srv/office/var\n" in unit
    assert state_of(Path("/srv/office")) == Path("/srv/office/var")


def test_the_unit_starts_the_program_that_wrote_it(empty: Path, ops: Type) -> None:
    ops("init", "demo")
    for name in ("notifier.service", "50-systemd-254.conf"):
        text = (empty / "demo" / "systemd" / name).read_text("utf-8")
        script = Path(sys.executable).with_name("notifier")
        assert f"={script} --config {empty}/demo/config.toml check --quiet\n" in text
        assert "/opt/notifier" not in text
        assert "/etc/notifier" not in text
    unit = (empty / "demo" / "systemd" / "notifier.service").read_text("utf-8")
    (runs,) = re.findall(r"(?m)^ExecPaths=(.*)$", unit)
    assert {sys.prefix, sys.base_prefix} - {"/usr"} <= set(runs.split())


def test_a_program_in_a_home_is_pointed_out(empty: Path, ops: Type) -> None:
    venv = Path("/", "home", "li", "venv")
    at_home = Program(command=(str(venv / "bin" / "notifier"),), folders=(venv,))
    assert hidden_from_service(Path("/etc/notifier"), at_home) == [venv / "bin" / "notifier", venv]
    assert hidden_from_service(Path("/etc/notifier"), OPT) == []
    if empty.is_relative_to("/tmp"):
        assert f"note: a service can't see {empty}/demo;" in ops("init", "demo").err


def test_a_password_in_a_folder_with_a_space_is_left_to_the_reader() -> None:
    unit = texts("/srv/an office")["systemd/notifier.service"]
    assert re.findall(r"(?m)^(?:Load|Set)Credential=", unit) == []


def test_the_shipped_files_hold_what_init_replaces() -> None:
    # Were a text replaced that is no longer there, both installations would be alike.
    assert texts("/etc/other") != texts("/etc/notifier") != texts("/srv/office")
    with pytest.raises(UsageError):
        texts("/etc/a$b")


def test_init_needs_no_configuration(empty: Path, ops: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFIER_CONFIG", str(empty / "absent.toml"))
    made = ops("init", "demo", "--json")
    assert made.code == 0
    assert json.loads(made.out)["state"] == str(empty / "demo" / "var")

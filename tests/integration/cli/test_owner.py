"""Commands that root types beside a service of another user leave nothing of root's there."""

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notifier.share import share
from tests.office import office

ROOT = Path(__file__).resolve().parents[3]
NOBODY = pwd.getpwnam("nobody")
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: only root can act as somebody else")


@pytest.fixture(scope="module")
def python() -> str:
    """An interpreter of this version that nobody can read, too."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for place in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        try:
            subprocess.run([place, "-c", "import json"], user=NOBODY.pw_uid, group=NOBODY.pw_gid, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return place
    pytest.skip(f"NOT TESTED: there is no {version} that every user can read")


@pytest.fixture
def site() -> Iterator[Path]:
    """An office of root's, whose ledger lies in a folder of nobody's."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    folder.chmod(0o755)
    office(folder, extra=f'[service]\ntemplates = "{share("templates")}"\n')
    (folder / "var").mkdir(mode=0o700)
    os.chown(folder / "var", NOBODY.pw_uid, NOBODY.pw_gid)
    yield folder
    shutil.rmtree(folder)


def popen(python: str, site: Path, *words: str, package: Path = ROOT) -> "subprocess.Popen[str]":
    libraries = [str(package), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    return subprocess.Popen(
        [python, "-P", *words],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(libraries),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        cwd=site,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(python: str, site: Path, *words: str, **where: Any) -> tuple[int, str, str]:
    """Return exit code, output and errors of a Python command."""
    process = popen(python, site, *words, **where)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def owners(folder: Path) -> set[str]:
    return {place.owner() for place in [folder, *folder.rglob("*")]}


def test_roots_commands_leave_files_of_the_owner_alone(python: str, site: Path) -> None:
    daemon = popen(python, site, "-m", "notifier", "run")
    assert daemon.stderr is not None
    try:
        while "Ready" not in (line := daemon.stderr.readline()):
            assert line, "the daemon ended"
        assert owners(site / "var") == {"nobody"}
        about = Path(f"/proc/{daemon.pid}/status").read_text("ascii")
        assert "\nUid:" + 4 * f"\t{NOBODY.pw_uid}" + "\n" in about
    finally:
        daemon.terminate()
        daemon.communicate(timeout=30)
    for words in (["done", "1"], ["tasks"], ["status"], ["check"], ["send-test", "wang@example.org"]):
        code, _, err = run(python, site, "-m", "notifier", *words)
        assert code == 0, f"{words}: {err}"
    assert list((site / "var" / "mail" / "new").iterdir())
    assert owners(site / "var") == {"nobody"}


def test_a_password_of_roots_is_read_before_root_is_given_up(python: str, site: Path) -> None:
    secret = site / "credentials" / "smtp-password"
    secret.parent.mkdir(mode=0o700)
    secret.write_text("sesame\n", "ascii")
    secret.chmod(0o600)
    config = site / "config.toml"
    login = '[mail]\nuser = "x"\npassword_file = "credentials/smtp-password"'
    config.write_text(config.read_text("utf-8").replace("[mail]", login), "utf-8")
    script = """
import os
from pathlib import Path
from notifier.cli.owner import act_as_owner
from notifier.config import load
from notifier.config.credential import read_credential

config = load(Path("config.toml"))
act_as_owner(config)
print(os.getresuid(), os.getresgid(), os.getgroups(), os.environ["HOME"])
print(read_credential(config, config.mail.password_file))
"""
    user, group = NOBODY.pw_uid, NOBODY.pw_gid
    code, out, err = run(python, site, "-c", script)
    assert code == 0, err
    assert out == f"{(user,) * 3} {(group,) * 3} [{group}] {NOBODY.pw_dir}\nsesame\n"


def test_an_owner_who_cannot_read_the_program_is_named(python: str, site: Path, tmp_path: Path) -> None:
    package = tmp_path / "lib"
    shutil.copytree(ROOT / "notifier", package / "notifier")
    tmp_path.chmod(0o700)
    code, _, err = run(python, site, "-m", "notifier", "status", package=package)
    assert code == 1
    assert f"{site}/var belongs to nobody, who can't read this program" in err

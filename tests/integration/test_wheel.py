"""The wheel as ops get it: built with the locked backend, installed by hash, run away from the repository."""

import csv
import mailbox
import os
import shutil
import subprocess
import sys
import zipfile
from email.utils import parseaddr
from pathlib import Path

import pytest

import notifier

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ["config.toml", "deploy", "seeds", "templates"]

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path, expect: int = 0) -> str:
    """Run a command as a stranger to this checkout would and return what it printed."""
    ours = ("PYTHON", "NOTIFIER", "VIRTUAL_ENV")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == expect, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    run(*pip, "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of a fresh environment that has the runtime lock and the wheel, nothing else."""
    environment = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", environment, cwd=environment)
    pip = [str(environment / "bin" / "python"), "-m", "pip"]
    run(*pip, "install", "--quiet", "--require-hashes", "-r", ROOT / "requirements.lock", cwd=environment)
    run(*pip, "install", "--quiet", "--no-deps", wheel, cwd=environment)
    run(*pip, "check", cwd=environment)
    return environment / "bin"


@pytest.fixture
def site(scripts: Path, tmp_path: Path) -> Path:
    """Return a folder with the configuration, plan and templates as the wheel ships them."""
    script = "from notifier.share import share; print(share())"
    shipped = Path(run(scripts / "python", "-c", script, cwd=tmp_path).strip())
    assert shipped.is_relative_to(scripts.parent)
    return Path(shutil.copytree(shipped, tmp_path / "site"))


def test_the_wheel_holds_every_file_of_the_package_and_what_ships_beside_it(wheel: Path) -> None:
    git = shutil.which("git")
    assert git is not None
    listing = run(
        git,
        *["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "notifier", *SHIPPED],
        cwd=ROOT,
    )
    files = {name for name in listing.split("\0") if name and (ROOT / name).is_file()}
    expected = {name if name.startswith("notifier/") else f"notifier/_share/{name}" for name in files}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == expected


@pytest.mark.parametrize("name", sorted(place.name for place in (ROOT / "deploy").iterdir()))
def test_the_wheel_holds_the_systemd_files_of_the_repository(wheel: Path, name: str) -> None:
    shipped = zipfile.ZipFile(wheel).read(f"notifier/_share/deploy/{name}")
    assert shipped == (ROOT / "deploy" / name).read_bytes()


def test_the_installed_command_knows_its_version(scripts: Path, tmp_path: Path) -> None:
    assert notifier.__version__ in run(scripts / "notifier", "--version", cwd=tmp_path)


def test_check_finds_no_fault_in_what_is_shipped(scripts: Path, site: Path) -> None:
    run(scripts / "notifier", "--config", site / "config.toml", "check", cwd=site.parent)


def test_rehearse_leaves_mail_that_can_be_read(scripts: Path, site: Path, tmp_path: Path) -> None:
    out = tmp_path / "rehearsal"
    week = ["--from", "2017-12-25", "--to", "2017-12-31"]
    run(scripts / "notifier", "--config", site / "config.toml", "rehearse", *week, "--out", out, cwd=tmp_path)

    with (out / "reminders.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    mails = list(mailbox.Maildir(out / "mail", create=False))
    told = {parseaddr(str(mail["To"]))[1] for mail in mails}
    # The quarter ends on that Sunday, so every task under way reports on the Friday before it.
    assert {row["contact"] for row in rows if row["nominal_day"] == "2017-12-31"}
    assert {row["contact"] for row in rows} == told
    assert all(mail["Message-ID"] and mail["Subject"] for mail in mails)
    assert (out / "index.html").stat().st_size > 0

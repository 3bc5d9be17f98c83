"""The systemd files as systemd's own tools see them, where those are at hand. A real systemd: `make systemd-test`."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from notifier.cli.site import site_files, this_program
from notifier.share import share

ANALYZE = shutil.which("systemd-analyze")
SYSUSERS = shutil.which("systemd-sysusers")
needs_analyze = pytest.mark.skipif(ANALYZE is None, reason="NOT TESTED: systemd-analyze is not installed")


def run(*words: str | Path | None) -> str:
    """Return all that a command prints, on both streams; it ends with 0."""
    done = subprocess.run(
        [word for word in words if word is not None],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def version() -> int:
    return int(run(ANALYZE, "--version").split()[1])


@pytest.fixture(params=["/etc/notifier", "/srv/office", "/srv/an office"])
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The unit of an installation, with its drop-ins beside it as far as this systemd knows their keys."""
    files = {file.path: file.data for file in site_files(Path(request.param), this_program())}
    place = tmp_path / "notifier.service"
    place.write_bytes(files["systemd/notifier.service"])
    drop_ins = tmp_path / "notifier.service.d"
    drop_ins.mkdir()
    filtering = files["systemd/60-ip-filter.conf"].decode()
    # As ops would have it, with its lines in force.
    (drop_ins / "60-ip-filter.conf").write_text(re.sub(r"(?m)^#(?=IP)", "", filtering), "utf-8")
    if version() >= 254:
        (drop_ins / "50-systemd-254.conf").write_bytes(files["systemd/50-systemd-254.conf"])
    return place


@needs_analyze
def test_systemd_finds_nothing_to_say_about_the_unit(unit: Path) -> None:
    assert run(ANALYZE, "verify", "--man=no", unit) == ""


@needs_analyze
def test_little_of_the_host_is_exposed_without_any_ip_filter(tmp_path: Path) -> None:
    unit = tmp_path / "notifier.service"
    shutil.copy(share("deploy", "notifier.service"), unit)
    told = run(ANALYZE, "security", "--offline=yes", "--no-pager", "--threshold=13", unit)
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", told)
    assert exposure is not None
    assert float(exposure[1]) <= 1.3


def test_the_ip_filter_is_shipped_asleep() -> None:
    text = share("deploy", "60-ip-filter.conf").read_text("utf-8")
    assert re.findall(r"(?m)^[^#\n].*", text) == ["[Service]"]
    assert "IPAddress" not in share("deploy", "notifier.service").read_text("utf-8")


@pytest.mark.skipif(SYSUSERS is None, reason="NOT TESTED: systemd-sysusers is not installed")
def test_sysusers_makes_the_user_that_the_unit_names(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    run(SYSUSERS, f"--root={tmp_path}", share("deploy", "notifier.sysusers"))
    (user,) = re.findall(r"(?m)^User=(.*)$", share("deploy", "notifier.service").read_text("utf-8"))
    entries = (tmp_path / "etc" / "passwd").read_text("utf-8").splitlines()
    (entry,) = [entry for entry in entries if entry.startswith(f"{user}:")]
    assert entry.split(":")[5:] == ["/var/lib/notifier", "/usr/sbin/nologin"]

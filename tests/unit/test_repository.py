"""What the repository promises about itself: one version, whole locks, nothing that only works here."""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import notifier

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-extras.lock"]
ALL_LOCKS = [*LOCKS, "bench/against/requirements.lock"]

REGISTRY = re.compile(
    r"(?:pypi|pythonhosted|npmjs|crates|anaconda)\.(?:org|io|com)"
    r"|(?:pypi|mirrors?)\.[\w.-]+\.(?:cn|com)"
    r"|(?:deb|security)\.debian\.org",
    re.IGNORECASE,
)
# Homes and workplaces of people; where ops install things (/etc, /var/lib, /opt/notifier) is no secret.
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:root|work|home|Users|mnt)/\w|[A-Z]:\\Users")


def tracked() -> Iterator[Path]:
    """Yield every file that is, or would be, committed."""
    git = shutil.which("git")
    assert git is not None
    listing = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    names = {name for name in listing.stdout.decode().split("\0") if name}
    return (ROOT / name for name in sorted(names) if (ROOT / name).is_file())


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked()
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1)
        if pattern.search(line)
    ]


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def locked(name: str) -> dict[str, tuple[Requirement, list[str]]]:
    """Return each entry of a lock with its hashes, by canonical name and version."""
    entries: dict[str, tuple[Requirement, list[str]]] = {}
    text = (ROOT / name).read_text("utf-8")
    for entry in re.split(r"\n(?=\S)", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE).strip()):
        head, *options = re.split(r"\s*\\?\s+(?=--)", entry.strip())
        requirement = Requirement(head.removesuffix("\\").strip())
        key = f"{canonicalize_name(requirement.name)}{requirement.specifier}"
        entries[key] = (requirement, options)
    return entries


def versions(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for requirement, _ in locked(name).values():
        pins = {pin.version for pin in requirement.specifier if pin.operator == "=="}
        found.setdefault(canonicalize_name(requirement.name), set()).update(pins)
    return found


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        pytest.param(REGISTRY, "https://{}/simple".format(".".join(["pypi", "org"])), id="registry"),
        pytest.param(REGISTRY, ".".join(["mirrors", "aliyun", "com"]), id="mirror"),
        pytest.param(MACHINE_PATH, "path = '{}'".format("/".join(["", "home", "li", "x"])), id="home"),
    ],
)
def test_the_patterns_see_what_they_are_for(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def test_no_file_names_a_host_of_a_package_registry() -> None:
    assert lines_matching(REGISTRY) == []


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    assert lines_matching(MACHINE_PATH) == []


def test_the_top_level_holds_what_it_is_meant_to_hold_and_no_more() -> None:
    top = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in top if not name.startswith(".") and not name.endswith(".lock")} <= {
        "CHANGELOG.md",
        "Makefile",
        "README.md",
        "bench",
        "config.toml",
        "deploy",
        "docs",
        "notifier",
        "pyproject.toml",
        "seeds",
        "templates",
        "tests",
    }


def test_the_changelog_opens_with_this_version() -> None:
    headings = re.findall(r"^## \[?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert next(heading for heading in headings if heading != "Unreleased") == notifier.__version__


@pytest.mark.parametrize("name", ALL_LOCKS)
def test_every_entry_of_a_lock_is_pinned_and_has_its_hashes(name: str) -> None:
    faults = [
        key
        for key, (requirement, options) in locked(name).items()
        if not re.fullmatch(r"==[\w.+!]+", str(requirement.specifier))
        or not options
        or not all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", option) for option in options)
    ]
    assert faults == []


@pytest.mark.parametrize("name", ALL_LOCKS)
def test_no_lock_says_where_to_fetch_from(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert re.findall(r"(?m)^\s*-(?!-hash=).*|.*(?:://| @ ).*", text) == []


@pytest.mark.parametrize(
    ("name", "extras"),
    list(zip(LOCKS, [[], ["dev"], ["cluster"]], strict=True)),
    ids=LOCKS,
)
def test_a_lock_satisfies_what_the_project_asks_for(name: str, extras: list[str]) -> None:
    asked = [*project()["dependencies"]]
    for extra in extras:
        asked += project()["optional-dependencies"][extra]
    pins = versions(name)
    missing = [
        line
        for line in asked
        if not (found := pins.get(canonicalize_name(Requirement(line).name), set()))
        or not all(Requirement(line).specifier.contains(version) for version in found)
    ]
    assert missing == []


def test_a_lock_keeps_the_extras() -> None:
    # Without them pip meets `psycopg[pool]` unpinned, and fails on the day of psycopg's next release.
    kept = {entry.name: entry.extras for entry, _ in locked("requirements-extras.lock").values()}
    assert {"binary", "pool"} <= kept["psycopg"]


@pytest.mark.parametrize("name", LOCKS[1:])
def test_the_locks_agree_on_what_they_share(name: str) -> None:
    runtime, wider = versions("requirements.lock"), versions(name)
    assert {key: wider.get(key) for key in runtime} == runtime


def test_the_build_backend_is_locked_with_the_development_tools() -> None:
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    pins = versions("requirements-dev.lock")
    assert all(Requirement(line).name in pins for line in backend)

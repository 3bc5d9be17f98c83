"""What the README shows works as it stands there."""

import re
import tomllib
from pathlib import Path

import pytest

from notifier import config

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_configuration_shown_loads_when_its_files_are_there(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "config.toml").write_text(shown, "utf-8")
    (tmp_path / "templates").mkdir()
    for name in ["contacts.csv", *(plan["path"] for plan in tomllib.loads(shown)["plans"].values())]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    loaded = config.load(tmp_path / "config.toml")
    assert loaded.delivery.mode == "maildir"


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z]+)", README))))
def test_every_make_target_named_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^):#]+)\)", README))
def test_every_file_linked_exists(link: str) -> None:
    assert (ROOT / link).is_file()

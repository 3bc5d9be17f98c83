"""The one function that finds what ships beside the package."""

import hashlib
import re
from pathlib import Path

import pytest

import notifier.share
from notifier.share import share

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["config.toml", "deploy", "seeds", "templates"])
def test_a_checkout_finds_it_in_the_repository_root(name: str) -> None:
    assert share(name) == ROOT / name


def test_an_installed_wheel_finds_it_inside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "notifier" / "_share" / "templates"
    shipped.mkdir(parents=True)
    monkeypatch.setattr(notifier.share, "__file__", str(tmp_path / "notifier" / "share.py"))
    assert share("templates") == shipped


def test_what_an_installation_lacks_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=re.escape(str(ROOT / "templates" / "absent.j2"))):
        share("templates", "absent.j2")


def test_the_seed_is_the_document_as_it_was_issued() -> None:
    digest = hashlib.sha256(share("seeds", "vocational-education-2017.txt").read_bytes()).hexdigest()
    assert digest == "a1c45e8429788b75591ee81003a224fd8c27e7141ae3de018e2b9a78d518a64c"

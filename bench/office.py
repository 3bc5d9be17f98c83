"""The office that benches set up: one plan, its contacts, mail into a Maildir unless told otherwise."""

from collections.abc import Iterable
from pathlib import Path

_CONFIG = """
[plans.bench]
path = "{plan}"
issued = {issued}
issuer_level = "省"
title = "关于办好学校的意见"
number = "豫政办〔2018〕1号"
[contacts]
files = ["contacts.csv"]
[office]
name = "省政府督查室"
[mail]
from = "ducha@example.org"
{more}
"""


def write_config(folder: Path, *, issued: str, plan: str = "plan.txt", more: str = "") -> Path:
    """Write an office's config.toml and return its place; `more` goes on in `[mail]`, and may have further tables."""
    place = folder / "config.toml"
    place.write_text(_CONFIG.format(plan=plan, issued=issued, more=more), "utf-8")
    return place


def write_contacts(folder: Path, contacts: Iterable[tuple[str, str, str]]) -> None:
    """Write the directory: units with a contact's name and the part of the address before the @."""
    lines = [f"{unit},{name},{local}@example.org,primary" for unit, name, local in contacts]
    (folder / "contacts.csv").write_text("\n".join(["unit,name,email,role", *lines, ""]), "utf-8")

"""Templates that ops wrote: whatever they do, it ends, and says where; the shipped ones need no child."""

import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifier.digest import Digest, Notice, build
from notifier.errors import TemplateError
from notifier.mail import confined
from notifier.mail.compose import Composer, Identity
from notifier.mail.confined import Confined
from notifier.mail.render import Templates, read


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """An operator's own template directory, searched before the shipped one."""
    return tmp_path


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test can wait for."""
    monkeypatch.setattr(confined, "PROOF_SECONDS", 0.5)
    monkeypatch.setattr(confined, "RENDER_SECONDS", 0.5)


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list["subprocess.Popen[bytes]"]:
    """Every process started meanwhile."""
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def start(*args: Any, **options: Any) -> "subprocess.Popen[bytes]":
        started.append(real(*args, **options))
        return started[-1]

    monkeypatch.setattr("notifier.mail.confined.subprocess.Popen", start)
    return started


def set_of(own: Path, shipped: Path, identity: Identity) -> Confined:
    return Confined(read([own, shipped]), sender_name=identity.sender_name, office=identity.office)


def test_the_shipped_set_is_rendered_without_a_child_wherever_its_copy_lies(
    own: Path, shipped: Path, identity: Identity, digest: Digest, children: list[Any]
) -> None:
    for path in shipped.glob("*.j2"):
        (own / path.name).write_bytes(path.read_bytes())
    composer = Composer([own, shipped], identity)
    composer.check()
    composer.preview(digest)
    assert not children


def test_what_a_child_renders_is_what_this_process_would(
    own: Path, shipped: Path, identity: Identity, digest: Digest, children: list[Any]
) -> None:
    (own / "subject.txt.j2").write_text("{{ digest.unit }}督办", "utf-8")
    here = Templates(read([own, shipped]), sender_name=identity.sender_name, office=identity.office)
    composer = Composer([own, shipped], identity)
    composer.check()
    assert composer.preview(digest) == here.render(digest)
    assert composer.preview(replace(digest, unit="市")).subject == "市督办"
    assert len(children) == 2  # one for the proof, one for all mails


WORK = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
RUNAWAYS = [
    pytest.param(WORK, "Overrun", id="loops over a huge product"),
    pytest.param("{{ 'x' | center(999999999) }}", "MemoryError", id="a width"),
    pytest.param("{{ '%999999999d' | format(1) }}", "MemoryError", id="a format"),
    pytest.param("{{ range(2) | slice(999999999) | list }}", "Overrun", id="slices"),
    pytest.param(
        "{% set n = namespace(x='xy') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "MemoryError",
        id="a text that doubles",
    ),
    pytest.param("{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}", "RecursionError", id="a deep recursion"),
    pytest.param(
        "{% macro m(n) %}{% if n %}{{ m(n-1) }}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(60) }}x",
        "Overrun",
        id="a broad recursion",
    ),
    pytest.param("{% include 'subject.txt.j2' %}", "RecursionError", id="a template that includes itself"),
    pytest.param("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "Error", id="a deep nest"),
]  # fmt: skip


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("source", "expected"), RUNAWAYS)
def test_a_template_that_runs_away_is_refused_in_time_with_its_line(
    own: Path, shipped: Path, identity: Identity, source: str, expected: str
) -> None:
    (own / "subject.txt.j2").write_text("x\n" + source, "utf-8")
    begun = time.monotonic()
    with pytest.raises(TemplateError) as caught:
        Composer([own, shipped], identity).check()
    assert time.monotonic() - begun < 60  # a second where nothing else runs
    assert any(expected in fault for fault in caught.value.faults), caught.value.faults
    assert all(fault.startswith(f"{own}/subject.txt.j2") for fault in caught.value.faults), (
        caught.value.faults
    )


@pytest.mark.usefixtures("hurried")
def test_after_an_overrun_no_digest_costs_as_much_again(
    own: Path, shipped: Path, identity: Identity, notice: Notice, children: list[Any]
) -> None:
    (own / "subject.txt.j2").write_text("x{% if '9' in digest.unit %}" + WORK + "{% endif %}", "utf-8")
    templates = set_of(own, shipped, identity)
    assert not templates.faults()  # no sample has a 9

    def digest(unit: str) -> Digest:
        return build([replace(notice, units=(unit,))], slot=notice.at, zone=ZoneInfo("Asia/Shanghai"))

    assert templates.render(digest("一处")).subject == "x"
    with pytest.raises(TemplateError, match=r"subject\.txt\.j2:1: Overrun"):
        templates.render(digest("9处"))
    begun = time.monotonic()
    with pytest.raises(TemplateError, match="Overrun"):
        templates.render(digest("一处"))
    assert time.monotonic() - begun < 0.1
    assert len(children) == 2


def test_a_fault_of_one_digest_leaves_the_others_their_templates(
    own: Path, shipped: Path, identity: Identity, digest: Digest
) -> None:
    (own / "subject.txt.j2").write_text("x{% if '9' in digest.unit %}{{ digest.titel }}{% endif %}", "utf-8")
    templates = set_of(own, shipped, identity)
    with pytest.raises(TemplateError, match=r"subject\.txt\.j2:1: 'digest\.titel' is undefined"):
        templates.render(replace(digest, unit="9处"))
    assert templates.render(digest).subject == "x"


@pytest.mark.usefixtures("hurried")
def test_a_child_that_hangs_is_given_up_and_one_that_was_killed_replaced(
    own: Path,
    shipped: Path,
    identity: Identity,
    digest: Digest,
    children: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    templates = set_of(own, shipped, identity)
    first = templates.render(digest)
    children[0].kill()
    assert templates.render(digest) == first
    assert len(children) == 2

    monkeypatch.setattr(confined, "PATIENCE", 0.2)
    monkeypatch.setattr(confined, "START_SECONDS", 0)
    os.kill(children[1].pid, signal.SIGSTOP)
    with pytest.raises(TemplateError, match=r"needs more than 0 s or 256 MB"):
        templates.render(digest)  # the second child hangs, and a third has too little time
    assert [child.poll() for child in children] == [-signal.SIGKILL] * 3


def test_a_child_that_cannot_be_started_is_a_fault(
    own: Path, shipped: Path, identity: Identity, digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.mail.confined.sys.executable", "/nowhere/python")
    templates = set_of(own, shipped, identity)
    with pytest.raises(TemplateError, match="can't be used: No such file"):
        templates.render(digest)
    assert templates.faults() == [
        "the process that renders templates can't be used: No such file or directory"
    ]


def test_a_child_is_kept_while_it_is_needed_and_ends_when_idle_or_unused(
    own: Path,
    shipped: Path,
    identity: Identity,
    digest: Digest,
    children: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    templates = set_of(own, shipped, identity)
    templates.render(digest)
    templates.rest()
    assert children[0].poll() is None
    monkeypatch.setattr(confined, "IDLE_SECONDS", 0)
    templates.rest()
    assert children[0].poll() is not None
    templates.render(digest)
    assert children[1].poll() is None
    del templates
    assert children[1].poll() is not None


def test_a_child_knows_nothing_of_the_daemons_surroundings(
    own: Path,
    shipped: Path,
    identity: Identity,
    digest: Digest,
    children: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x")
    templates = set_of(own, shipped, identity)
    templates.render(digest)
    environment = Path(f"/proc/{children[0].pid}/environ").read_bytes()
    assert b"PYTHONPATH" in environment
    assert b"CREDENTIALS_DIRECTORY" not in environment

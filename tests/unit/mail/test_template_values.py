"""What templates can reach: frozen plain values and pure functions; and what our own may not do."""

import dataclasses
import re
import types
import typing
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jinja2 import StrictUndefined

from notifier.digest import Digest
from notifier.mail.render import Office, Sandbox

ROOT = Path(__file__).parents[3]
PLAIN = {str, int, bool, date}


def reachable(kind: Any) -> Iterator[type]:
    """Yield every type that a template finds behind a value of this one."""
    if kind is Ellipsis:
        return
    if (origin := typing.get_origin(kind)) in (tuple, typing.Union, types.UnionType):
        for argument in typing.get_args(kind):
            yield from reachable(argument)
    elif origin is typing.Literal:
        yield from {type(value) for value in typing.get_args(kind)}
    else:
        assert origin is None, f"{kind} is neither a record nor a tuple of them"
        yield kind
        if dataclasses.is_dataclass(kind):
            for hint in typing.get_type_hints(kind).values():
                yield from reachable(hint)


def test_templates_get_frozen_records_of_plain_values_without_methods() -> None:
    found = {*reachable(Digest), *reachable(Office), str}  # sender_name and redirected_from
    records = {kind for kind in found if dataclasses.is_dataclass(kind)}
    assert found - records <= PLAIN
    assert {kind.__name__ for kind in records} == {
        "Count", "Digest", "Earlier", "Group", "Line", "Office", "Remark", "Section",
    }  # fmt: skip
    for kind in records:
        assert kind.__dataclass_params__.frozen, kind  # type: ignore[attr-defined]
        assert not [name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name))]


def test_every_value_that_a_template_can_show_is_documented() -> None:
    page = (ROOT / "docs" / "templates.md").read_text("utf-8")
    records = [kind for kind in {*reachable(Digest), *reachable(Office)} if dataclasses.is_dataclass(kind)]
    names = {field.name for kind in records for field in dataclasses.fields(kind)}
    assert names <= set(re.findall(r"`(\w+)`", page))


def test_no_function_within_reach_does_more_than_compute() -> None:
    sandbox = Sandbox({}, StrictUndefined)
    assert set(sandbox.globals) == {"range", "dict", "cycler", "joiner", "namespace"}
    assert "safe" not in sandbox.filters
    assert not sandbox.extensions


@pytest.mark.parametrize(
    "attempt",
    [
        "{{ digest.units.append('x') }}",
        "{% set digest.total = 3 %}",
        "{{ digest.__class__ }}",
        "{{ digest.date.__class__.__subclasses__() }}",
        "{{ digest.__dataclass_fields__ }}",
        "{{ office.__init__.__globals__ }}",
        "{{ sender_name.__class__ }}",
        "{{ cycler.__init__.__globals__.os.system('id') }}",
        "{{ digest | attr('__class__') | string }}",
        "{{ '{0.__class__}'.format(digest) }}",
        "{{ digest.units.__iter__ }}",
        "{{ range.__self__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ [].append(1) }}",
        "{{ {}.update(a=1) }}",
    ],
)
def test_insides_and_changes_are_out_of_reach(attempt: str, digest: Digest) -> None:
    sandbox = Sandbox({}, StrictUndefined)
    office = Office(name="n", section="", phone="", reply_to="")
    with pytest.raises(Exception, match=r"unsafe|undefined|namespace|not callable|has no attribute"):
        sandbox.from_string(attempt).render(digest=digest, office=office, sender_name="x")


AROUND_ESCAPING = re.compile(r"\|\s*safe\b|\bMarkup\(|\bfrom_string\b|autoescape\s*(?:=\s*)?(?:False|false)")
LINK = re.compile(r"""\b(?:href|src|action|background)\s*=\s*["']([^"']*)""")
ALLOWED_LINK = re.compile(r"https?://|mailto:|#")
# Files beside it, and places within, named by us.
OF_THE_REPORT = re.compile(
    r"(reminders\.csv|\.\./index\.html|\{\{ places\.(day|mail|task|unit)\([\w.]+\) \}\})$"
)


def product() -> list[Path]:
    return [
        *(ROOT / "notifier").rglob("*.py"),
        *(ROOT / "notifier").rglob("*.j2"),
        *(ROOT / "templates").rglob("*.j2"),
    ]


def test_nothing_in_the_product_goes_around_escaping() -> None:
    assert AROUND_ESCAPING.search("{{ x|safe }}")
    assert AROUND_ESCAPING.search("autoescape=False")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in product()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if AROUND_ESCAPING.search(line)
    ]
    assert not found


def test_links_in_our_html_lead_to_the_web_to_mail_or_within_the_report() -> None:
    pages = [path for path in product() if path.name.endswith(".html.j2")]
    links = [(path.name, link) for path in pages for link in LINK.findall(path.read_text("utf-8"))]
    assert links  # the report has some
    assert not [
        found for found in links if not ALLOWED_LINK.match(found[1]) and not OF_THE_REPORT.match(found[1])
    ]

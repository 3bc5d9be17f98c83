"""A template set is proved before it is used: every fault at once, each with its file and line."""

from pathlib import Path

import pytest

from notifier.errors import TemplateError
from notifier.mail import proof
from notifier.mail.compose import Composer, Identity
from notifier.mail.render import Templates, read


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """An operator's own template directory, searched before the shipped one."""
    return tmp_path


def faults(own: Path, shipped: Path, identity: Identity) -> list[str]:
    """Return the faults with the directory's name left out."""
    templates = Templates(read([own, shipped]), sender_name="", office=identity.office)
    return [fault.replace(f"{own}/", "") for fault in proof.faults(templates)]


def test_the_shipped_templates_are_sound(shipped: Path, identity: Identity) -> None:
    Composer([shipped], identity).check()


def test_all_faults_come_at_once_with_file_and_line(own: Path, shipped: Path, identity: Identity) -> None:
    (own / "section.txt.j2").write_text(
        "{% for group in section.groups %}\n{% for line in group.lines %}\n{{ line.titel }} {{ line.nubmer }}\n"
        "{{ nobody }}\n{% if group.lates %}x{% endif %}{{ line.text.uper() }}\n{% endfor %}\n{% endfor %}",
        "utf-8",
    )
    (own / "section.html.j2").write_text("<tr>\n<td>{{ section.titel }}{{ 1 / 0 }}</td></tr>", "utf-8")
    (own / "subject.txt.j2").write_text("{{ digest.headline }}{% endif %}", "utf-8")
    found = faults(own, shipped, identity)
    assert set(found) == {
        "section.txt.j2:3: 'line.titel' is undefined",
        "section.txt.j2:3: 'line.nubmer' is undefined",
        "section.txt.j2:4: 'nobody' is undefined",
        "section.txt.j2:5: 'group.lates' is undefined",
        "section.txt.j2:5: 'line.text.uper' is undefined",
        "section.html.j2:2: 'section.titel' is undefined",
        "section.html.j2:2: ZeroDivisionError: division by zero",
        "subject.txt.j2:1: Encountered unknown tag 'endif'.",
    }
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        pytest.param("subject.txt.j2", "{{ ''.__class__.__mro__ }}x", "SecurityError", id="python's inside"),
        pytest.param("subject.txt.j2", "x{{ digest.units.__class__ }}", "is unsafe", id="a value's class"),
        pytest.param("subject.txt.j2", "{{ 'x' * 10**9 }}", "SecurityError", id="a giant by an operator"),
        pytest.param("subject.txt.j2", "{{ '%999999999d' % 1 }}", "SecurityError", id="a giant by a format"),
        pytest.param(
            "subject.txt.j2",
            "{% for a in range(9999) %}{% for b in range(9999) %}xxxxxxxxxx{% endfor %}{% endfor %}",
            "more than",
            id="a loop without end",
        ),
        pytest.param(
            "summary.txt.j2",
            "{{ redirected_from }}\n{% for row in summary.unit %}{{ row }}{% endfor %}",
            "summary.txt.j2:2: 'summary.unit' is undefined",
            id="a slip in the month's summary",
        ),
        pytest.param(
            "summary.html.j2",
            "{% include 'summary.txt.j2' %}",
            "text gets into the HTML without being escaped",
            id="a summary's text as HTML",
        ),
        pytest.param("summary-subject.txt.j2", "{{ '' }}", "the subject is empty", id="a summary's subject"),
        pytest.param("subject.txt.j2", "{{ lipsum() }}x", "'lipsum' is undefined", id="random text"),
        pytest.param("subject.txt.j2", "{{ '' }}", "the subject is empty", id="an empty subject"),
        pytest.param(
            "subject.txt.j2", "{% include 'nowhere' %}x", "there is no template nowhere", id="no include"
        ),
        pytest.param("section.html.j2", "{{ section.title | safe }}", "No filter named 'safe'", id="safe"),
        pytest.param(
            "section.html.j2",
            "\n{% autoescape false %}x{% endautoescape %}",
            "j2:2: autoescape",
            id="autoescape",
        ),
        pytest.param(
            "section.html.j2", "{% include 'section.txt.j2' %}", "without being escaped", id="text in html"
        ),
        pytest.param(
            "digest.txt.j2", "{{ digest.unit }}", "redirected_from isn't shown", id="redirect is hidden"
        ),
        *(
            pytest.param(
                "section.html.j2",
                f"<tr><td><a {link}>x</a></td></tr>",
                "a link leads elsewhere",
                id=f"link {number}",
            )
            for number, link in enumerate(
                [
                    'href="javascript:alert(1)"',
                    "href='JaVaScRiPt:alert(1)'",
                    "href=java&#115;cript:alert(1)",
                    'href="&#1;javascript:alert(1)"',
                    'href="//evil.example"',
                    "SRC = data:text/html;base64,x",
                    'href="file:///etc/passwd"',
                    'background="vbscript:x"',
                ]
            )
        ),
        pytest.param("plans/voc/section.txt.j2", "{{ section.tilte }}", "section.tilte", id="a plan's own"),
    ],
)
def test_a_template_that_could_do_harm_is_a_fault(
    own: Path, shipped: Path, identity: Identity, name: str, source: str, expected: str
) -> None:
    (own / name).parent.mkdir(parents=True, exist_ok=True)
    (own / name).write_text(source, "utf-8")
    [fault] = faults(own, shipped, identity)
    assert fault.startswith(name) or "digest.html.j2" in fault
    assert expected in fault


def test_what_is_defined_only_sometimes_may_be_asked_for(
    own: Path, shipped: Path, identity: Identity
) -> None:
    (own / "subject.txt.j2").write_text(
        "{{ digest.nothing | default('x') }}{% if y is defined %}y{% endif %}", "utf-8"
    )
    assert not faults(own, shipped, identity)


def test_a_text_of_a_document_is_no_link(own: Path, shipped: Path, identity: Identity) -> None:
    (own / "section.html.j2").write_text('<tr><td><a href="{{ section.title }}">x</a></td></tr>', "utf-8")
    assert any("a link leads elsewhere" in fault for fault in faults(own, shipped, identity))


def test_links_to_the_web_to_mail_and_within_the_page_are_fine(
    own: Path, shipped: Path, identity: Identity
) -> None:
    links = ["https://example.org/?a=1", "HTTP://example.org", "mailto:a@example.org", "#top"]
    source = "".join(f'<a href="{link}">{{{{ section.title }}}}</a>' for link in links)
    (own / "section.html.j2").write_text(f"<tr><td>{source}</td></tr>", "utf-8")
    assert not faults(own, shipped, identity)


def test_every_template_is_escaped_unless_it_says_txt(own: Path, shipped: Path, identity: Identity) -> None:
    # A name without any suffix, included from the HTML.
    (own / "line.j2").write_text("{{ section.title }}", "utf-8")
    (own / "section.html.j2").write_text("<tr><td>{% include 'line.j2' %}</td></tr>", "utf-8")
    assert not faults(own, shipped, identity)


def test_a_set_without_its_main_templates_says_which_are_missing(own: Path, identity: Identity) -> None:
    with pytest.raises(TemplateError) as caught:
        Composer([own], identity).check()
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "subject.txt.j2",
        "digest.txt.j2",
        "digest.html.j2",
        "ops-subject.txt.j2",
        "ops.txt.j2",
        "ops.html.j2",
        "summary-subject.txt.j2",
        "summary.txt.j2",
        "summary.html.j2",
    ]


def test_a_template_that_is_not_utf_8_is_named(own: Path, shipped: Path, identity: Identity) -> None:
    (own / "subject.txt.j2").write_bytes("督办".encode("gbk"))
    with pytest.raises(TemplateError, match=r"subject\.txt\.j2"):
        Composer([own, shipped], identity)

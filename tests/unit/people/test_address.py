"""One address, as the directory and config.toml take it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.mail import headers
from notifier.people.address import address


@pytest.mark.parametrize(
    ("written", "usable"),
    [
        (" Chen.J+a@Example.ORG ", "Chen.J+a@example.org"),
        ("a@例子.中国", "a@xn--fsqu00a.xn--fiqs8s"),
        ("a@例子。中国", "a@xn--fsqu00a.xn--fiqs8s"),
        ("a@XN--FSQU00A.xn--fiqs8s", "a@xn--fsqu00a.xn--fiqs8s"),
        ("a@straße.de", "a@xn--strae-oqa.de"),  # IDNA 2003 made another domain of it: strasse.de
        ("ａ．ｂ＠example．ｏｒｇ", "a.b@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
    ],
)
def test_an_address_comes_back_with_its_domain_in_ascii(written: str, usable: str) -> None:
    assert address(written) == usable


@pytest.mark.parametrize(
    "written",
    [
        "a..b@example.org",
        ".a@example.org",
        "a.@example.org",
        "a@-x.org",
        "a@x..org",
        "a@1.2.3.4",
        "a@b@example.org",
        "a@exa mple.org",
        "a\n@example.org",
        f"{'a' * 65}@example.org",
        f"a@{'b' * 64}.org",
        f"a@{'bcd.' * 64}org",
        "<a@example.org>",
        "a@example.org.",
        "a@ex_ample.org",
        "a@♥.org",
        "a@xn--zz--.org",
        f"a@{'例' * 300}.org",
        "a@b.c\u0301\u202e.org",
    ],
)
def test_a_doubtful_address_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="address"):
        address(written)


def test_the_reason_names_what_an_ascii_local_part_may_not_hold() -> None:
    with pytest.raises(ValueError, match="the part before the @ holds “陈静远”"):
        address("a陈静远@example.org")


@given(st.text(max_size=80) | st.from_regex(r"[a-z.]{1,9}@[a-zß-ö例.-]{1,20}", fullmatch=True))
def test_what_comes_back_is_usable_as_it_is_and_a_refusal_is_one_printable_line(text: str) -> None:
    refusal, found = "", ""
    try:
        found = address(text)
    except ValueError as error:
        refusal = str(error)
    assert refusal.isprintable()
    if not refusal:
        assert found.isascii()
        assert address(found) == found
        assert headers.address(found) == found  # what goes out is held to this

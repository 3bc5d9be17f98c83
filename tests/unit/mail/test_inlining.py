"""Styles come to stand on the elements, the same whether a page's form was met before or not."""

import css_inline
import pytest

from notifier.mail.inlining import Inliner

SHEET = "<style>td { color: red; } .a { color: blue; } tr > .b { margin: 0; }</style>"


def page(rows: str) -> str:
    return f"<!doctype html><html><head>{SHEET}</head><body><table>{rows}</table></body></html>"


def plainly(found: str) -> str:
    """Return what the library itself makes of a page, without its classes."""
    inlined = css_inline.CSSInliner(minify_css=True).inline(found)
    return inlined.replace(' class="a"', "").replace(' class="b"', "").replace(' class="a b"', "")


def test_another_page_of_a_known_form_gets_its_own_texts() -> None:
    inliner = Inliner()
    for text in ("一", "二 &amp; 三", "\\1 \\g<0>", "\ue0000\ue001"):
        found = page(f'<tr><td class="a">{text}</td><td class="b"> {text}\n</td></tr>')
        assert inliner.inline(found) == plainly(found)


def test_a_row_more_is_another_form() -> None:
    inliner = Inliner()
    row = '<tr><td class="a b">x</td></tr>'
    assert [inliner.inline(page(row * count)) for count in (1, 2, 1)] == [
        plainly(page(row * count)) for count in (1, 2, 1)
    ]


def test_an_attribute_is_never_another_pages() -> None:
    inliner = Inliner()
    for width in ("1", "2>1"):
        assert f'width="{width}"' in inliner.inline(page(f'<tr><td width="{width}">x</td></tr>'))


@pytest.mark.parametrize(
    "rows",
    ["<tr>astray<td>x</td></tr>", '<tr><td title="\ue000">x</td></tr>'],
    ids=["text that moves", "the mark itself in an attribute"],
)
def test_a_page_whose_texts_find_no_place_is_inlined_whole(rows: str) -> None:
    inliner = Inliner()
    for _ in range(2):
        assert inliner.inline(page(rows)) == plainly(page(rows))

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
    "sheet",
    ["<STYLE>td {{ top: {} }}</STYLE>", "<style>td {{ top: {} }}</style>", "<style>td {{ top: {} }}"],
    ids=["in capitals", "the second", "never closed"],
)
def test_a_further_sheet_is_never_another_pages(sheet: str) -> None:
    inliner = Inliner()
    for top in ("1px", "2px"):
        found = page('<tr><td class="c">x</td></tr>' + sheet.format(top))
        assert inliner.inline(found) == plainly(found)


@pytest.mark.parametrize(
    "aside",
    [
        "<!-- a > b {} -->",
        "<!-- {} > --><!-- > -->",
        '<p title="a>{}<b">',
        "<script>if (1 > {} ) 2 < 1</script>",
    ],
    ids=["a comment", "two", "an attribute", "a script"],
)
def test_what_only_looks_like_a_text_stays_where_it_is(aside: str) -> None:
    inliner = Inliner()
    for word in ("one", "two"):
        found = page(f'<tr><td class="a">{aside.format(word)}x</td><td class="b">y</td></tr>')
        assert inliner.inline(found) == plainly(found)


def test_a_page_without_a_sheet_is_left_as_it_is() -> None:
    found = "<html><head></head><body><p>x</p></body></html>"
    assert Inliner().inline(found) == found


@pytest.mark.parametrize(
    "rows",
    ["<tr>astray<td>x</td></tr>", '<tr><td title="\ue000">x</td></tr>'],
    ids=["text that moves", "the mark itself in an attribute"],
)
def test_a_page_whose_texts_find_no_place_is_inlined_whole(rows: str) -> None:
    inliner = Inliner()
    for _ in range(2):
        assert inliner.inline(page(rows)) == plainly(page(rows))

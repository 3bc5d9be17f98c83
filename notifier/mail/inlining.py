"""Styles set on every element, because most Chinese web mail drops <style>: worked out once per form of page.

Pages of one template differ in their texts and in how many rows there are of which kind. What the styles come to
depends on the markup alone, so it is kept by the markup, and a page whose form is known only gets its texts.
"""

import re
from collections import OrderedDict
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from css_inline import CSSInliner

_KEPT: Final = 64  # forms; one is about as large as its page
_TEXT: Final = re.compile(r">(\s*+[^<>\s\"'][^<>\"']*+)<")  # what isn't one for certain counts as markup
_SHEETS: Final = re.compile(r"<style\b", re.IGNORECASE)
_CLASS: Final = re.compile(r" class=\"[^\"<>]*\"(?=[^<>]*>)")
_HERE: Final = "\ue000"  # stands for a text; private use, so a template that has it itself is merely slower
_PLACE: Final = re.compile(r"\ue000\d+\ue001")


class Inliner:
    """Puts a page's own style sheet on its elements and leaves the sheet, and the classes, out; fetches nothing."""

    def __init__(self) -> None:
        self._forms: OrderedDict[str, list[str] | None] = OrderedDict()

    def inline(self, page: str) -> str:
        """Return the page with its styles on its elements."""
        before, opened, after = page.partition("<style")
        sheet, closed, after = after.partition("</style>")
        pieces, others = _TEXT.split(before), _TEXT.split(closed + after)
        pieces[-1] += opened + sheet + others[0]
        pieces += others[1:]
        texts = pieces[1::2]
        form = f">{_HERE}<".join(pieces[::2])
        if form in self._forms:
            self._forms.move_to_end(form)
        else:
            self._forms[form] = self._worked_out(form, len(texts))
            if len(self._forms) > _KEPT:
                self._forms.popitem(last=False)
        around = self._forms[form]
        if around is None:
            return _inliner().inline(page)
        told = [""] * (2 * len(texts) + 1)
        told[::2], told[1::2] = around, texts
        return "".join(told)

    def _worked_out(self, form: str, texts: int) -> list[str] | None:
        """Return the markup around each text; None where a text would come to stand in another place, or twice."""
        if _SHEETS.findall(form) not in (["<style"], []):
            return None  # what another says may have been taken for a text
        numbers = iter(range(form.count(_HERE)))
        inlined = _inliner().inline(re.sub(_HERE, lambda _: f"{_HERE}{next(numbers)}\ue001", form))
        if _PLACE.findall(inlined) != [f"{_HERE}{number}\ue001" for number in range(texts)]:
            return None
        return _PLACE.split(_CLASS.sub("", inlined))


@cache
def _inliner() -> "CSSInliner":
    from css_inline import CSSInliner  # 5 MB, of no use to a daemon that has no mail to make

    return CSSInliner(load_remote_stylesheets=False, minify_css=True)

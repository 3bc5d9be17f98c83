"""The grammar of Chinese timing phrases at work: text in one spelling becomes shapes."""

from functools import cache
from typing import cast

from lark import Lark, Token, v_args

from notifier.timing.grammar_periods import Periods
from notifier.timing.grammar_recurrences import Recurrences
from notifier.timing.shapes import Lasting, Mark, Shape, Text


@v_args(inline=True)
class _Shapes(Periods, Recurrences):
    """Runs inside the parser: each reduction makes its shape at once."""

    def start(self, *shapes: Shape | Token | list[Shape]) -> list[Shape]:
        found: list[Shape] = []
        for shape in shapes:
            if isinstance(shape, list):
                found.extend(shape)
            elif not isinstance(shape, Token):
                found.append(shape)
            elif shape.type == "MARK":
                found.append(Mark(str(shape), shape.start_pos or 0))
            else:
                found.append(Text(shape.start_pos or 0, shape.end_pos or 0))
        return found

    def lasting(self, token: Token) -> Lasting:
        return Lasting(token.start_pos or 0, token.end_pos or 0)


@cache
def _grammar() -> Lark:
    return Lark.open(
        "phrase.lark",
        rel_to=__file__,
        parser="lalr",
        lexer="contextual",
        maybe_placeholders=False,
        transformer=_Shapes(),
    )


def shapes(text: str) -> list[Shape]:
    """Return the shapes of a phrase in the spelling of `spelled`; raises lark's UnexpectedInput."""
    # The transformer runs inside the parser, so that what comes out is no tree.
    return cast(list[Shape], _grammar().parse(text))

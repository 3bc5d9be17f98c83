"""How much of what is ahead a reload may change without a person's word: a share such as 0.5, "50%", or "off"."""

import math
import re
from typing import Annotated, Any

from pydantic import BeforeValidator

_HOW = 'write a share from 0 to 1, such as 0.5, a percentage such as "50%", or "off"'


def _share(value: Any) -> float:
    if value == "off":
        return math.inf
    if isinstance(value, str) and (
        found := re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?) ?%", value.strip(), re.ASCII)
    ):
        return float(found[1]) / 100
    if type(value) is int and 2 <= value <= 1000:  # nobody means five thousand per cent by 50
        return value / 100
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{value!r} is no share: {_HOW}")
    return float(value)


Share = Annotated[float, BeforeValidator(_share)]

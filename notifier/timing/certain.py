"""Guards over one expression of time and the words around it: what changes its meaning goes to review."""

import re

from notifier.timing import roles, words
from notifier.timing.asides import without_asides
from notifier.timing.shapes import Amount, Edge, Every, Lasting, Point, Stretch, When
from notifier.timing.statements import Statement
from notifier.timing.years import Refusal


def certain(statement: Statement) -> None:
    """Refuse a statement whose words leave its meaning open; drops 止 where it adds nothing."""
    shape = statement.shape
    a_day = isinstance(shape, Point) and shape.named.kind == "day"
    ended = statement.tail in {"止", "为止", "截止"}
    if isinstance(shape, Point) and roles.closes(statement.lead, statement.tail):
        statement.closes = True
    limited = isinstance(shape, Point) and shape.edge is Edge.END
    if ended and (a_day or limited or isinstance(shape, Stretch) or words.means_by(statement.lead)):
        statement.tail = ""
    if isinstance(shape, Point) and roles.is_first_time(statement.lead):
        statement.lead, statement.first_time = "", True
    lead, written, tail = statement.lead, statement.written, statement.tail
    subject = words.subject_of(lead)
    moved = isinstance(shape, Point) and (roles.is_original(lead) or roles.postpones(lead))
    for text in (tail, statement.heading, "" if moved or isinstance(shape, Amount) else subject):
        if (word := words.time_word(text)) is not None:
            raise Refusal(f"“{text}” holds a time word, “{word}”, that isn't understood")
    bad = words.begins_badly(tail)
    if isinstance(shape, Every):
        bad = words.goes_on_badly(tail) or (bool(shape.anchors) and words.begins_from(tail))
    if bad and not isinstance(shape, Lasting):
        raise Refusal(f"“{written}{tail}”: the words after the date change its meaning")
    if not _edge_fits(shape, written):
        raise Refusal(f"“{written}”: the end of another unit than the one it names")
    went_on = isinstance(shape, Lasting) and roles.was_done(lead)
    if words.describes(tail) or (words.describes(lead) and not went_on):
        raise Refusal(f"“{written}{tail}”: the date describes something and sets no deadline")
    ahead = isinstance(shape, Amount) and shape.ahead
    if words.denies("" if moved or ahead else lead, tail):
        raise Refusal(f"“{lead}{written}{tail}”: a condition, a validity or a ban, no deadline")
    if written.endswith("年度") and tail and not words.finishes(tail[:4]):
        raise Refusal(f"“{written}{tail}”: the year describes something and sets no deadline")
    bare_year = isinstance(shape, Point) and shape.named.kind == "year" and shape.edge is Edge.NONE
    if bare_year and words.is_matter(tail):
        raise Refusal(f"“{written}{tail}”: the year describes something and sets no deadline")
    if tail and not words.says_something(tail):
        raise Refusal(f"“{written}{tail}”: not understood from “{tail[:12]}” on")
    if isinstance(shape, Point) and shape.edge is Edge.NONE and tail[:1].isdecimal():
        raise Refusal(f"“{written}{tail}”: the words after the date change its meaning")
    if isinstance(shape, Point | Stretch | Amount) and words.times_of(tail) not in {None, "1", "一"}:
        raise Refusal(f"“{written}{tail}”: a number of times in a period has no dates")
    strong = isinstance(shape, Every | Lasting) or _is_limit(shape, written)
    if isinstance(shape, Amount) or not subject or moved or went_on:
        return
    named = roles.names_others(subject) or not without_asides(subject)
    if isinstance(shape, Point) and written[0] == "年" and named:
        return  # 其余年内完成, 市人社局年底前
    if words.is_risky(subject) or (subject == lead and not strong):
        raise Refusal(f"“{lead}{written}”: the words before the date change its meaning")


def _edge_fits(shape: When, written: str) -> bool:
    """Tell whether 年 or 月 in an end is the unit itself: not so in 今年月底, 12月年底, 每月年底."""
    if isinstance(shape, Every):
        unit = "年" if shape.unit == "年" else "月"
        other = re.search(
            "(?<!半)年[底末]" if unit == "月" else "(?<![0-9一二三四五六七八九十双单])月[底末]", written
        )
        return other is None
    ends = {Edge.END, Edge.INSIDE, Edge.LAST_WORKDAY}
    if not isinstance(shape, Point | Stretch) or shape.edge not in ends:
        return True
    kind = shape.named.kind if isinstance(shape, Point) else shape.last.kind
    if isinstance(shape, Stretch) and kind in {"year", "month"}:
        # The stretch may begin in another unit: 2018年3月至年底.
        return re.search("月[底末]" if kind == "year" else "年[底末]", written) is None
    if kind == "year":
        return "月" not in written
    if kind in {"month", "this_month"}:
        return re.search("年[底末内]|月月", written.replace("月月底", "月底")) is None
    return kind == "half" or re.search("[年月](?:[底末内]|之内|以内)", written) is None


def _is_limit(shape: When, written: str) -> bool:
    """Tell whether the expression alone says that it is a deadline, whatever subject stands before it."""
    if written[0] in "年月" or not isinstance(shape, Point | Stretch):  # a bare 年底 may belong to 当, 去, 三
        return False
    ends = {Edge.END, Edge.LAST_WORKDAY}
    return shape.edge in ends or (shape.edge is Edge.BEFORE and isinstance(shape, Point))

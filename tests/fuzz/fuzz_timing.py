"""Fuzz of the timing language: `make fuzz`, or with FUZZ_SEED=… FUZZ_INPUTS=… of an earlier run.

Whatever stands in a cell: no error, no reading above 50 ms, no date that the document can't mean, and
what is read prints to a line of notation that reads back.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import islice

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from notifier.errors import NotationError
from notifier.timing import outline
from notifier.timing.calendar import WorkCalendar
from notifier.timing.notation import parse
from notifier.timing.phrase import Reading, read
from notifier.timing.rule import Review, Rule
from notifier.timing.spelling import spelled
from tests.fuzz.inputs import INPUTS, SEED, miswritten, real, timed
from tests.property.test_timing_notation import rules
from tests.property.test_timing_phrase import FRAGMENTS
from tests.timing_builders import a_context

CALENDAR = WorkCalendar.build()
MARKS = [
    "，",
    "；",
    "、",
    "。",
    "（",
    "）",
    "：",
    "\n",
    " ",
    "-",
    "至",
    "和",
    "并",
    "于",
    "在",
    "0",
    "1",
    "12",
]


def recombined(chance: random.Random) -> Iterator[str]:
    """Yield phrases made of real ones: pieces joined, one of them cut, doubled or exchanged."""
    whole = real("timing*.jsonl", "phrase")
    while True:
        pieces: list[str] = []
        for _ in range(chance.choice((1, 1, 2, 2, 3, 6))):
            phrase = chance.choice(whole)
            at = chance.randrange(len(phrase))
            cut = phrase[at : at + chance.randint(1, 8)]
            pieces.append(chance.choice([phrase, cut, cut, chance.choice(FRAGMENTS), chance.choice(MARKS)]))
        if chance.random() < 0.01:
            pieces *= chance.randint(2, 200)
        yield miswritten("".join(pieces), chance)


def _dates(rule: Rule, issued: date) -> Iterator[date]:
    context = a_context(issued=issued, events=dict.fromkeys(outline.events_named(rule), issued))
    yield from (milestone.day for milestone in outline.milestones(rule, context))
    if recurs := outline.recurrence(rule, context):
        yield from recurs.next[:1]
    if until := outline.until_day(rule, context):
        yield until


def check(phrase: str, issued: date) -> Reading:
    """Read one phrase and hold it against what is promised of every reading."""
    found = timed(lambda: read(phrase, issued, calendar=CALENDAR), phrase)
    assert isinstance(found.rule, Review) == (found.why is not None), phrase
    assert parse(str(found.rule)) == found.rule, phrase
    assert (found.why or "").isprintable(), phrase
    if not isinstance(found.rule, Review):
        told = str(found.rule) + "".join(note.zh for note in found.notes)
        for year in re.findall("(?<![0-9])((?:19|20)[0-9]{2})年", spelled(phrase)):
            assert year in told, (phrase, str(found.rule))  # no date is passed over unsaid
        for month in re.findall("(?<![0-9])([0-9]{1,2})月", spelled(phrase)):
            if "yearly" in str(found.rule):
                continue  # December's end goes without saying there
            assert re.search(f"(?<![0-9]){int(month):02}(?![0-9])|{int(month)}月", told), phrase
        for day in _dates(found.rule, issued):
            # What follows a deadline fifteen years on comes round a year after it.
            assert issued.year - 10 <= day.year <= issued.year + 16, (phrase, str(found.rule), day)
    return found


def test_real_phrases_recombined_are_read_or_left_to_a_person() -> None:
    chance = random.Random(SEED)
    kinds: Counter[str] = Counter()
    for phrase in islice(recombined(chance), INPUTS):
        issued = date(chance.randint(2005, 2035), chance.randint(1, 12), chance.randint(1, 28))
        kinds[type(check(phrase, issued).rule).__name__] += 1
    print(f"\n{sum(kinds.values())} phrases: {dict(kinds.most_common())}")


characters = st.sampled_from(sorted(set("".join([*real("timing*.jsonl", "phrase"), *FRAGMENTS]))))


@seed(SEED)
@settings(max_examples=max(INPUTS // 10, 1), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.text(characters, max_size=30) | st.text(st.characters(), max_size=60),
    st.dates(date(2005, 1, 1), date(2035, 12, 31)),
)
def test_any_text_is_read_or_left_to_a_person(phrase: str, issued: date) -> None:
    check(phrase, issued)


@seed(SEED)
@settings(max_examples=max(INPUTS // 100, 1), deadline=None, suppress_health_check=list(HealthCheck))
@given(rules)
def test_every_rule_reads_back_from_its_line(rule: Rule) -> None:
    assert parse(str(rule)) == rule


@seed(SEED)
@settings(max_examples=max(INPUTS // 20, 1), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text('due before window report since until 2018-06..Q4:"()+;,\\\n', max_size=60))
def test_any_line_is_notation_or_refused_with_its_column(line: str) -> None:
    try:
        rule = parse(line)
    except NotationError as error:
        assert str(error).startswith("column ")  # noqa: PT017
    else:
        assert parse(str(rule)) == rule


def test_four_thousand_characters_take_no_longer() -> None:
    chance = random.Random(SEED)
    for piece in [*FRAGMENTS, *islice(recombined(chance), 300)]:
        for text in ((piece * 4_000)[:4_000], (piece * 400)[:399], (piece * 400)[:380] + "并且并且长期坏"):
            check(text, date(2018, 1, 15))

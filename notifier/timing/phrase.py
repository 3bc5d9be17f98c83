"""Chinese timing phrases become rules. What isn't certain becomes a review with its reason, never a guess."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from lark import UnexpectedInput

from notifier.errors import NotationError
from notifier.timing import notation, words
from notifier.timing.calendar import WorkCalendar
from notifier.timing.compose import BeforePeriod, Composer
from notifier.timing.context import Context
from notifier.timing.grammar import shapes
from notifier.timing.joining import Part, join
from notifier.timing.notes import Note
from notifier.timing.policy import Policy
from notifier.timing.rule import Review, Rule
from notifier.timing.statements import statements
from notifier.timing.years import Refusal

__all__ = ["Note", "Reading", "read"]

# Full-width digits and letters are written like ASCII ones; marks keep their width inside labels.
_NARROW = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_NARROW |= {ord("～"): "~", ord("－"): "-", ord("．"): ".", ord("／"): "/", ord("％"): "%"}
_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_NO_TERMS: Mapping[str, date] = {}
_NO_ANSWERS: Mapping[str, str] = {}
_LONGEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a phrase was read as. `rule` is a Review, and `why` says why, where it isn't certain."""

    phrase: str
    rule: Rule
    why: str | None
    notes: tuple[Note, ...]
    soft: bool


def compact(phrase: str) -> str:
    """Return the phrase without white space, which table cells put anywhere, even inside a word."""
    return "".join(phrase.translate(_INVISIBLE).split())


def read(
    phrase: str,
    issued: date,
    *,
    calendar: WorkCalendar,
    terms: Mapping[str, date] = _NO_TERMS,
    before_period: BeforePeriod = "exclusive",
    answers: Mapping[str, str] = _NO_ANSWERS,
) -> Reading:
    """Read the phrase of a document issued on that day; never raises, whatever the phrase.

    `terms` holds opening days by `2018-spring`; `answers` holds what ops said a phrase means, as
    notation, and has the last word. `before_period` says what 前 after a month or year does to it.
    """
    text = compact(phrase).translate(_NARROW)
    soft = words.is_soft(text)

    def review(why: str) -> Reading:
        return Reading(phrase=phrase, rule=Review(compact(phrase), why), why=why, notes=(), soft=soft)

    for known, answer in answers.items():
        if compact(known) == compact(phrase):
            try:
                rule = notation.parse(answer)
            except NotationError as error:
                return review(f"the answer under [timing.phrases] can't be read: {error}")
            why = "the answer under [timing.phrases] says so" if isinstance(rule, Review) else None
            return Reading(phrase=phrase, rule=rule, why=why, notes=(), soft=soft)
    if not text:
        return review("no time is given")
    if len(text) > _LONGEST:
        return review("too long for a timing phrase")
    try:
        rule, notes = _compose(text, issued, calendar, terms, before_period)
    except UnexpectedInput as error:
        return review(f"not understood from “{text[error.pos_in_stream :][:12]}” on")
    except Refusal as refusal:
        return review(str(refusal))
    return Reading(phrase=phrase, rule=rule, why=None, notes=notes, soft=soft)


def _compose(
    text: str, issued: date, calendar: WorkCalendar, terms: Mapping[str, date], before_period: BeforePeriod
) -> tuple[Rule, tuple[Note, ...]]:
    # Only the almanac of the context is asked: terms, breaks, festivals and the document's date.
    almanac = Context(
        calendar=calendar,
        policy=Policy(zone=ZoneInfo("UTC")),
        issued=issued,
        imported=datetime(issued.year, issued.month, issued.day, tzinfo=UTC),
        terms=terms,
    )
    composer = Composer(
        issued=issued, almanac=almanac, before_period=before_period, known_terms=frozenset(terms)
    )
    parts = [Part(composer.rule_of(statement), statement) for statement in statements(shapes(text), text)]
    rule = join(parts, issued, almanac)
    return rule, tuple(dict.fromkeys(composer.notes))

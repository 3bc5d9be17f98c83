"""Chinese timing phrases become rules. What isn't certain becomes a review with its reason, never a guess."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from lark import UnexpectedInput

from notifier.errors import NotationError
from notifier.timing import notation, notes, words
from notifier.timing.asides import plain, set_aside
from notifier.timing.calendar import WorkCalendar
from notifier.timing.compose import BeforePeriod, Composer
from notifier.timing.context import Context
from notifier.timing.grammar import shapes
from notifier.timing.joining import Part, join
from notifier.timing.notes import Note
from notifier.timing.policy import Policy
from notifier.timing.rule import Review, Rule
from notifier.timing.spelling import compact, spelled
from notifier.timing.statements import statements
from notifier.timing.suggestions import answer_line, corrected, likely
from notifier.timing.years import Refusal

__all__ = ["Note", "Reading", "read"]

_NO_TERMS: Mapping[str, date] = {}
_NO_ANSWERS: Mapping[str, str] = {}
_LONGEST = 400
_LONGEST_RAW = 4_000  # cells hold white space, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a phrase was read as. `rule` is a Review, and `why` says why, where it isn't certain.

    `suggestion` then is a line for [timing.phrases] that an official may take over or change.
    """

    phrase: str
    rule: Rule
    why: str | None
    notes: tuple[Note, ...]
    soft: bool
    suggestion: str = ""


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
    too_long = len(phrase) > _LONGEST_RAW
    text = "" if too_long else spelled(phrase)
    soft = words.is_soft(text)

    def review(why: str, meant: str = "") -> Reading:
        bare = compact(phrase)
        why = "".join(character if character.isprintable() else "?" for character in plain(why))
        if not meant and (better := corrected(text)):
            meant = _meant(better, issued, calendar)
        line = answer_line(bare, meant or likely(text, issued)) if bare else ""
        return Reading(phrase=phrase, rule=Review(bare, why), why=why, notes=(), soft=soft, suggestion=line)

    for known, answer in answers.items():
        if compact(known) == compact(phrase):
            try:
                rule = notation.parse(answer)
            except NotationError as error:
                return review(f"the answer under [timing.phrases] can't be read: {error}")
            why = "the answer under [timing.phrases] says so" if isinstance(rule, Review) else None
            return Reading(phrase=phrase, rule=rule, why=why, notes=(), soft=soft)
    if not (text or too_long):
        return review("no time is given")
    if too_long or len(text) > _LONGEST:
        return review("too long for a timing phrase")
    try:
        rule, notes = _compose(text, issued, calendar, terms, before_period)
    except UnexpectedInput as error:
        return review(f"not understood from “{text[error.pos_in_stream :][:12]}” on")
    except Refusal as refusal:
        return review(str(refusal), refusal.meant)
    except (ValueError, OverflowError) as error:
        # Numbers that make no rule, such as 十十月 or 每0天: a person has to see what was meant.
        return review(str(error))
    return Reading(phrase=phrase, rule=rule, why=None, notes=notes, soft=soft)


def _meant(text: str, issued: date, calendar: WorkCalendar) -> str:
    """Return what the phrase without a slip of the pen is read as; empty where that isn't certain."""
    rule = read(text, issued, calendar=calendar).rule
    return "" if isinstance(rule, Review) else str(rule)


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
    heard, matters, rolls_on = set_aside(text)
    composer = Composer(
        issued=issued, almanac=almanac, before_period=before_period, known_terms=frozenset(terms)
    )
    parts = [Part(composer.rule_of(statement), statement) for statement in statements(shapes(heard), heard)]
    rule = join(parts, issued, almanac, composer.notes)
    found = [*composer.notes, *map(notes.aside, matters), *([notes.rolls_on()] if rolls_on else [])]
    return rule, tuple(dict.fromkeys(found))

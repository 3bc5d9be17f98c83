"""What the built-in text and the short list say in English, as templates/en does; functions as in `in_chinese`."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from notifier.digest import Digest, Earlier, Group, Line, Remark
from notifier.mail.headers import clean
from notifier.mail.render import Office

CODE = "en"
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_COUNTED: Final = {
    "overdue": "overdue",
    "due": "due",
    "lead": "coming due",
    "start": "to start",
    "report": "to report",
}
_TITLES: Final = {
    "overdue": "Overdue",
    "due": "Due",
    "lead": "Coming due",
    "start": "To start",
    "report": "Progress reports",
}
_ROLES: Final = {
    "lead": "lead unit",
    "joint": "responsible unit",
    "assist": "assisting unit",
    "implement": "implementing unit",
}
_DAY_WORDS: Final = {"start": "Starts on", "due": "Due on", "report": "Report by"}
_REMARK_WORDS: Final = {
    "late": "Late",
    "folded": "Folded",
    "extended": "Date changed",
    "rolled": "Day off",
    "provisional": "Provisional",
    "soft": "Best effort",
    "reading": "How the date was read",
}
_LEAD_UNITS: Final = {"d": "day", "wd": "working day", "w": "week"}
_NAMED: Final = 3  # units that a subject names


def subject(digest: Digest) -> str:
    """Return the Subject."""
    return f"[{_counts(digest)}] Reminder of supervised tasks: {named(digest)} ({_day(digest.date)})"


def short_subject(digest: Digest) -> str:
    """Return the Subject of the short list."""
    told = f"{named(digest)} ({_day(digest.date)}, short list)"
    return f"[{_counts(digest)}] Reminder of supervised tasks: {told}"


def redirected(address: str) -> str:
    """Return the line that says for whom a redirected mail was."""
    return f"[Redirected mail] Meant for {address}. Mail is redirected now; this one was not sent to them."


def greeting(units: str) -> str:
    """Return the line that names the units."""
    return f"To: {units}"


def units(names: tuple[str, ...]) -> str:
    """Return units as a sentence lists them."""
    return ", ".join(names)


def named(digest: Digest) -> str:
    """Return the units as a subject names them."""
    names = digest.units
    return units(names) if len(names) <= _NAMED else f"{names[0]} and {len(names) - 1} others"


def opening(digest: Digest) -> str:
    """Return what the digest is about."""
    tasks = _some(digest.total, "supervised task")
    if digest.copied:
        return (
            f"Your unit's contact was reminded of {tasks} ({_counts(digest)}). "
            "This is a copy for your information."
        )
    return f"As of {_full_day(digest.date)} your unit has {tasks} to attend to: {_counts(digest)}."


def short_opening(digest: Digest) -> tuple[str, ...]:
    """Return why this is but a list, and what it is about."""
    late = " Some of these reminders could not be sent in time and come late." if digest.late else ""
    return (
        "The whole mail is larger than the mail system allows. This is a short list instead: of each task the "
        "number, the first words and the day. For the rest please contact us as shown below.",
        "",
        opening(digest) + late,
    )


def group(told: Group) -> str:
    """Return the heading of a group."""
    return f"■ {_TITLES[told.key]} ({len(told.lines)})"


def remarks(told: Group | Line) -> Iterator[str]:
    """Yield the remarks of a group or a line."""
    for remark in told.remarks:
        yield f"  {_REMARK_WORDS[remark.kind]}: {_remark(remark) or remark.english or remark.text}"


def task(line: Line, everyone: tuple[str, ...]) -> Iterator[str]:
    """Yield all of a task; its units where they aren't `everyone` that the mail is for."""
    role = f"{_ROLES[line.role_key]}{', copy' if line.copied else ''}"
    yield f"[{line.light}] Task {line.ref} ({role}), {_standing(line)}"
    yield f"  {_DAY_WORDS[line.family]}: {_full_day(line.day)}"
    if line.label:
        yield f"  Step: {line.label}"
    yield f"  Task: {line.text}"
    if line.units != everyone:
        yield f"  For: {units(line.units)}"
    if line.other_units:
        yield f"  Together with: {units(line.other_units)}"
    yield f"  Time as written: “{line.timing}”"
    yield from remarks(line)


def short_task(line: Line, words: str) -> str:
    """Return a task on a line, with the first words of its text."""
    return f"Task {line.ref} ({_day(line.day)}, {_standing(line)}){f': {words}' if words else ''}"


def missing(number: int) -> str:
    """Return how many tasks found no room."""
    verb = "finds" if number == 1 else "find"
    return f"{_some(number, 'more task')} {verb} no room here. Please contact us for the whole list."


def foot(office: Office) -> Iterator[str]:
    """Yield the lines that say who writes, and whom to ask."""
    yield f"{office.name}{f', {office.section}' if office.section else ''}"
    if office.phone:
        yield f"Phone: {office.phone}"
    if office.reply_to:
        yield f"Mail: {office.reply_to} (or just reply to this mail)"
    yield "If you are not the right person, please tell us."
    yield "This mail was sent automatically."


def title(text: str, number: str) -> str:
    """Return the line that names a document."""
    return f"{clean(text)} {clean(number)}".rstrip()


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _full_day(day: date) -> str:
    return f"{_WEEKDAYS[day.weekday()]}, {_day(day)}"


def _some(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _counts(digest: Digest) -> str:
    return ", ".join(f"{count.number} {_COUNTED[count.key]}" for count in digest.counts)


def _standing(line: Line) -> str:
    days = _some(abs(line.days_left), "day")
    if line.days_left > 0:
        return f"{days} left"
    if line.family == "start":
        return f"started {days} ago" if line.days_left else "starts today"
    if line.family == "report":
        return f"{days} past" if line.days_left else "to be reported today"
    return f"{days} overdue" if line.days_left else "due today"


def _remark(said: Remark) -> str:
    """Return a remark's sentence; empty where it is a text of its own."""
    match said.kind:
        case "late":
            when = f"today at {said.time}" if said.time else f"on {_full_day(said.days[0])}"
            return f"This reminder should have been sent {when}. It could not be sent then and comes late."
        case "folded" if said.earlier:
            listed = "; ".join(map(_earlier, said.earlier))
            return f"Earlier reminders ({listed}) were not sent by themselves; this one stands for them."
        case "extended":
            was, day = map(_full_day, said.days)
            return f"The date was {was} at first and is now {day}."
        case "rolled":
            off, counts = map(_full_day, said.days)
            return f"{off} is a day off; what counts is {counts}."
        case "provisional":
            return "The public holidays of that year are not announced yet; the date may change then."
        case "soft":
            return "The document asks to strive for this date; please plan early."
        case _:
            return ""


def _earlier(each: Earlier) -> str:
    if each.kind == "overdue":
        return (
            f"overdue notices {each.amount} to {each.last}" if each.last else f"overdue notice {each.amount}"
        )
    if each.unit:
        return f"{_some(each.amount, _LEAD_UNITS[each.unit])} before the {each.kind} date"
    return f"on the {each.kind} date"

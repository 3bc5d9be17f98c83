"""The kinds of values in config.toml: what each accepts, and the words that refuse the rest."""

import re
from datetime import date, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from notifier.errors import NotationError
from notifier.timing.notation import parse
from notifier.timing.policy import Lead, Policy

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@.{{1,253}}$){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_FIRST_DAY, _LAST_DAY = date(1990, 1, 1), date(2050, 12, 31)


def _notation(text: str) -> str:
    try:
        return str(parse(text))
    except NotationError as error:
        raise ValueError(str(error)) from None


def _cadence(text: str) -> str:
    try:
        _ = Policy(zone=ZoneInfo("UTC"), ongoing=text).ongoing_cadence
    except NotationError as error:
        raise ValueError(f'{text!r} is no cadence such as "quarterly" or "yearly 11-30": {error}') from None
    return text


def _lead(value: object) -> Lead:
    if isinstance(value, Lead):
        return value
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError('a lead is a number of days, or text such as "30d", "5wd", "2w"')
    return Lead.parse(value)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"no time zone is called {name!r}") from None
    return name


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{text!r} is no mail address")
    return text


# Left to itself pydantic takes a number for seconds: `notice_at = 9` would mean nine seconds past midnight.
def _day(value: Any) -> date:
    try:
        day = value if type(value) is date else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"a day is written 2018-08-31, not {value}") from None
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise ValueError(f"{day} is none of the days from {_FIRST_DAY} to {_LAST_DAY}")
    return day


def _wall_clock(value: Any) -> time:
    try:
        moment = value if isinstance(value, time) else time.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"a time of day is written 09:00:00, not {value}") from None
    if moment.tzinfo is not None:
        raise ValueError("a time of day has no zone; [service] timezone gives it")
    return moment


Notation = Annotated[str, AfterValidator(_notation)]
CadenceText = Annotated[str, AfterValidator(_cadence)]
LeadValue = Annotated[Lead, BeforeValidator(_lead)]
Zone = Annotated[str, AfterValidator(_zone)]
Address = Annotated[str, AfterValidator(_address)]
Day = Annotated[date, BeforeValidator(_day)]
WallClock = Annotated[time, BeforeValidator(_wall_clock)]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Filled = Annotated[str, Field(min_length=1)]
Switch = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0)]
Positive = Annotated[int, Field(strict=True, ge=1)]

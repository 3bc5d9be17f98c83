"""The kinds of values in config.toml: what each accepts, and the words that refuse the rest."""

from datetime import date, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from notifier.errors import NotationError
from notifier.people.address import address
from notifier.people.directory import Alias
from notifier.timing.notation import parse
from notifier.timing.policy import Lead, Policy

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2050, 12, 31)


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


# Left to itself pydantic takes a number for seconds: `notice_at = 9` would mean nine seconds past midnight.
def _day(value: Any) -> date:
    try:
        day = value if type(value) is date else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"a day is written 2018-08-31, not {value}") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"{day} is none of the days from {FIRST_DAY} to {LAST_DAY}")
    return day


def _members(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("a group without members would silence its tasks in silence; list them")
    return names


def _alias(value: Any) -> Alias:
    """Return what an entry of [aliases] says: "name", { to, from }, or { until } with or without `to`."""
    if isinstance(value, Alias):
        return value
    entry = {"to": value} if isinstance(value, str) else value
    if not isinstance(entry, dict) or not entry:
        raise ValueError(
            'an alias is "another name", { to = "another name", from = a day }, or { until = a day }'
        )
    if unknown := sorted(set(entry) - {"to", "from", "until"}):
        raise ValueError(f"{', '.join(unknown)}: unknown key; there is to, from and until")
    to = entry.get("to")
    if to is not None and not (isinstance(to, str) and to.strip()):
        raise ValueError("to is the name of a unit or group")
    if "from" in entry and "until" in entry:
        raise ValueError(
            "give from, the successor's first day, or until, the last day of the old one, not both"
        )
    if "from" in entry and to is None:
        raise ValueError("from needs to, the successor; without one, give until, the last day")
    since: date | None = None
    if "until" in entry:
        since = _day(entry["until"]) + timedelta(days=1)
    elif "from" in entry:
        since = _day(entry["from"])
    return Alias(to=None if to is None else to.strip(), since=since)


def _wall_clock(value: Any) -> time:
    try:
        moment = value if isinstance(value, time) else time.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"a time of day is written 09:00:00, not {value}") from None
    if moment.tzinfo is not None:
        raise ValueError("a time of day has no zone; [service] timezone gives it")
    return moment


def _rate(rate: float) -> float:
    if 0 < rate < 0.01:
        raise ValueError("less than 0.01, one mail in 100 seconds, is no pace; 0 is none")
    return rate


def _domain(text: str) -> str:
    try:
        return address(f"x@{text}").rpartition("@")[2]
    except ValueError:
        raise ValueError(f'{text!r} is no mail domain such as "qq.com"') from None


def _each_once(rates: Any) -> Any:
    """Refuse two entries of one domain, of which the last alone would count."""
    if not isinstance(rates, dict):
        return rates
    written: dict[str, str] = {}
    for name in rates:
        try:
            other = written.setdefault(_domain(str(name)), name)
        except ValueError:
            continue  # it is told on its own
        if other != name:
            raise ValueError(f"{other} and {name} are the same domain")
    return rates


Notation = Annotated[str, AfterValidator(_notation)]
CadenceText = Annotated[str, AfterValidator(_cadence)]
LeadValue = Annotated[Lead, BeforeValidator(_lead)]
Zone = Annotated[str, AfterValidator(_zone)]
Address = Annotated[str, AfterValidator(address)]
AliasValue = Annotated[Alias, BeforeValidator(_alias)]
Day = Annotated[date, BeforeValidator(_day)]
WallClock = Annotated[time, BeforeValidator(_wall_clock)]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Filled = Annotated[str, Field(min_length=1)]
Members = Annotated[tuple[Filled, ...], AfterValidator(_members)]
Switch = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0)]
Positive = Annotated[int, Field(strict=True, ge=1)]
Rate = Annotated[float, Field(strict=True, ge=0, le=1000, allow_inf_nan=False), AfterValidator(_rate)]
Rates = Annotated[dict[Annotated[str, AfterValidator(_domain)], Rate], BeforeValidator(_each_once)]

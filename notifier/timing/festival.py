"""Festival days, from the lunar tables of `holidays`.

They are computed apart from the public holidays: before 2008 some of these days weren't days off, and
the lantern festival still isn't.
"""

from datetime import date, timedelta
from functools import cache

from holidays import HolidayBase
from holidays.groups.chinese import ChineseCalendarHolidays

from notifier.errors import NotationError

FESTIVALS = ("yuandan", "chunjie", "yuanxiao", "qingming", "laodong", "duanwu", "zhongqiu", "guoqing")
"""The names that may stand in `fest:2018-chunjie`, in the order of the year."""

_FIXED = {"yuandan": (1, 1), "laodong": (5, 1), "guoqing": (10, 1)}
_LANTERNS_AFTER = timedelta(days=14)  # 正月十五


class _Lunar(HolidayBase, ChineseCalendarHolidays):
    """The moving festivals under our own names, so that no locale can rename them."""

    def __init__(self, *, years: int) -> None:
        ChineseCalendarHolidays.__init__(self)
        super().__init__(years=years)

    def _populate_public_holidays(self) -> None:
        self._add_chinese_new_years_day("chunjie")
        self._add_qingming_festival("qingming")
        self._add_dragon_boat_festival("duanwu")
        self._add_mid_autumn_festival("zhongqiu")


@cache
def _lunar(year: int) -> dict[str, date]:
    days = {name: day for day, name in _Lunar(years=year).items()}
    if "chunjie" in days:
        days["yuanxiao"] = days["chunjie"] + _LANTERNS_AFTER
    return days


def festival_day(year: int, name: str) -> date:
    """Return the day of a festival of `FESTIVALS`.

    Raises NotationError for another name and for a year outside the lunar tables (1901–2099).
    """
    if name in _FIXED:
        return date(year, *_FIXED[name])
    if name not in FESTIVALS:
        raise NotationError(f"fest:{year:04}-{name}: known festivals are {', '.join(FESTIVALS)}")
    try:
        return _lunar(year)[name]
    except KeyError:
        raise NotationError(f"fest:{year:04}-{name}: no lunar calendar for that year") from None

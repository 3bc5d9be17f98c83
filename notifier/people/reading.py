"""What a unit phrase says, as values."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a unit has to do with a task; in the order of their weight."""

    LEAD = "lead"  # 牵头, 承办
    JOINT = "joint"  # 责任, 负责
    IMPLEMENT = "implement"  # 负责落实
    ASSIST = "assist"  # 配合, 参与

    @property
    def weight(self) -> int:
        """How strongly the role binds; the smallest binds most."""
        return list(Role).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRef:
    """One unit or group that a phrase names, in full: prefix and suffix restored, brackets （）."""

    name: str
    role: Role
    group: bool = False  # stands for several units
    open: bool = False  # a subset that the phrase doesn't name: 有关, 相关


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsReading:
    """A unit phrase as understood; what wasn't stands in `unresolved` and is never dropped."""

    text: str
    units: tuple[UnitRef, ...] = ()
    open_end: bool = False  # 等 closes a list without saying who else is meant
    unresolved: tuple[str, ...] = ()

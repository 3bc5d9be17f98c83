"""A responsible-units phrase of an official document, read as a careful clerk reads it.

Prefixes elide to the right (省教育厅、财政厅), endings to the left (各省辖市、省直管县（市）政府); 等, 有关 and
相关 leave a set open; roles stand before a list (牵头单位：…) or after it (…牵头，…配合). Where no 牵头 is stated
the first unit listed leads, by the convention that several such documents state; a row of local governments
and groups alone has no lead.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache

from notifier.people import lexicon as lx
from notifier.people.clauses import Clause, bracket_note, bracket_role, phrase
from notifier.people.directory import normal
from notifier.people.elision import Context, complete
from notifier.people.items import Area, Item, Kind
from notifier.people.lists import Piece, breaks, pieces
from notifier.people.reading import Role, UnitRef, UnitsReading
from notifier.people.tidying import WIDTHS, tidy

__all__ = ["Role", "UnitRef", "UnitsReading", "read_units"]

_EDGES = " 、，；。：·.…\"'*-—"


LONGEST = (
    2000  # characters; the longest real unit cell met has some hundreds, and reading grows with the square
)


@dataclass(slots=True)
class _Unit:
    item: Item
    role: Role | None
    clause: Clause


def read_units(text: str, issuer_level: str = "", known: Collection[str] = ()) -> UnitsReading:
    """Return the units that the phrase names, in full, in its order.

    `issuer_level` (省, 市 …) is the prefix of names whose own is left out; `known` are names of the directory,
    taken whole where they stand. What can't be read as a unit comes back in `unresolved`. Never raises.
    """
    if len(text) > LONGEST:
        return UnitsReading(text=text, unresolved=(text,))
    names = _normalised(frozenset(known))
    cut = phrase(breaks(tidy(text), names), names)
    context = Context(issuer_level, names)
    units: list[_Unit] = []
    unresolved: list[str] = []
    open_end = False
    notes: list[str] = []
    runs = [_pieces(clause, names, notes) for clause in cut.clauses]
    for clause, run in zip(cut.clauses, runs, strict=True):
        open_end = open_end or any(piece.closes for piece, _ in run)
        items = complete([piece for piece, _ in run], context)
        for found, index in items:
            role = run[index][1] or clause.role
            if found.kind is Kind.OTHER:
                if rest := found.text.strip(_EDGES):
                    unresolved.append(rest)
            else:
                units.append(_Unit(found, role, clause))
    unresolved.extend([*notes, *cut.aside])
    if not (units or unresolved) and text.translate(WIDTHS).strip(_EDGES + "\r\n\t（）\u3000"):
        unresolved.append(text)
    return UnitsReading(
        text=text,
        units=_with_roles(units, issuer_level),
        open_end=open_end,
        unresolved=tuple(dict.fromkeys(unresolved)),
    )


@lru_cache(maxsize=4)
def _normalised(known: frozenset[str]) -> frozenset[str]:
    return frozenset(normal(name) for name in known)


def _pieces(clause: Clause, known: frozenset[str], notes: list[str]) -> list[tuple[Piece, Role | None]]:
    found: list[tuple[Piece, Role | None]] = []
    for piece in pieces(clause.body, known):
        name, role = bracket_role(piece.text)
        if name not in known:
            name, note = bracket_note(name)
            notes.extend([note] if note else [])
        if name := _trimmed(name):
            found.append((replace(piece, text=name), role))
    return found


def _trimmed(name: str) -> str:
    name = name.strip(_EDGES)
    whole = re.fullmatch("“[^“”]*”", name) is not None
    return name.strip("“”") if whole or name.count("“") != name.count("”") else name


def _is_group(item: Item, issuer_level: str) -> bool:
    if item.kind is Kind.GROUP or item.determiner or item.many:
        return True
    if item.area is Area.LEVEL:
        # 县政府 of a province's document are all of them; of the county's own, it is itself.
        own, named = lx.rank(issuer_level), lx.rank(item.place)
        return own is not None and named is not None and named > own
    return item.area is Area.CLASS and item.kind in (Kind.LOCAL, Kind.PLACE)


def _is_local(item: Item) -> bool:
    # The corps of Xinjiang governs as a province does.
    return item.kind in (Kind.LOCAL, Kind.PLACE, Kind.GROUP) or item.text.endswith("生产建设兵团")


def _with_roles(units: list[_Unit], issuer_level: str) -> tuple[UnitRef, ...]:
    led = any(unit.role is Role.LEAD for unit in units)
    other = any(unit.role is not Role.IMPLEMENT for unit in units)
    only_local = all(_is_local(unit.item) for unit in units)
    roles = [_settled(unit, other=other, only_local=only_local) for unit in units]
    if not led and not only_local and (first := _leader(units, roles)) is not None:
        roles[first] = Role.LEAD
    refs: dict[str, UnitRef] = {}
    for unit, stated in zip(units, roles, strict=True):
        earlier = refs.get(unit.item.text)
        both = [stated] if earlier is None else [stated, earlier.role]
        refs[unit.item.text] = UnitRef(
            name=unit.item.text,
            role=min(both, key=lambda role: role.weight),
            group=_is_group(unit.item, issuer_level),
            open=unit.item.is_open,
        )
    return tuple(refs.values())


def _settled(unit: _Unit, *, other: bool, only_local: bool) -> Role:
    if unit.role is Role.IMPLEMENT and not unit.clause.label and not (other or only_local):
        return Role.JOINT  # a bare …负责落实 at the end of the whole row says no more than 负责
    if unit.role is Role.ASSIST and unit.clause.label and unit.clause.loose and _is_local(unit.item):
        return Role.JOINT  # local governments listed after the assisting departments aren't assisting
    return unit.role or Role.JOINT


def _leader(units: list[_Unit], roles: list[Role]) -> int | None:
    """Return which unit leads where no 牵头 is stated."""
    joint = [index for index, role in enumerate(roles) if role is Role.JOINT]
    if not joint:
        return None
    first = units[joint[0]]
    listed = [index for index in joint if units[index].clause.number == first.clause.number]
    if first.clause.label and len(listed) > 1:
        return None  # a list after 责任单位： is joint
    return None if first.clause.label and _is_local(first.item) else joint[0]

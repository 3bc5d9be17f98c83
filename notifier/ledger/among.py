"""Naming many rows in one statement by their ids."""

import json
from collections.abc import Collection

from sqlalchemy import ARRAY, Column, ColumnElement, Connection, Integer, any_, func, literal, select


def among(db: Connection, column: Column[int], ids: Collection[int]) -> ColumnElement[bool]:
    """Return whether a column is one of these ids, which are one parameter, however many they are.

    A parameter for each costs several times what the database does, and each number of them is a statement of its own.
    """
    if db.dialect.name == "postgresql":
        return column == any_(literal(list(ids), ARRAY(Integer)))
    values = func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(select(values.c.value))

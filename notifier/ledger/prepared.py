"""Changes that are made for every mail: what SQLAlchemy would work out anew each time is worked out once.

A statement that it has built and compiled before still costs several times what the database does.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Update


class Prepared:
    """A change with parameters: named ones, and such as it has itself."""

    def __init__(self, statement: Update | Delete) -> None:
        self._statement = statement
        self._forms: dict[str, _Form] = {}  # by the dialect's name

    def run(self, db: Connection, values: Mapping[str, object]) -> int:
        """Make the change with these values, one for each named parameter; return how many rows it met."""
        form = self._form(db.dialect)
        return db.exec_driver_sql(form.text, form.filled(values), _ROWCOUNT).rowcount

    def run_all(self, db: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Make the change with each of these values."""
        if rows:
            form = self._form(db.dialect)
            db.exec_driver_sql(form.text, [form.filled(values) for values in rows])

    def returned(self, db: Connection, values: Mapping[str, object]) -> Sequence[Any] | None:
        """Make the change; return what it says of the row it met, None if it met none."""
        form = self._form(db.dialect)
        return db.exec_driver_sql(form.text, form.filled(values)).first()

    def _form(self, dialect: Dialect) -> "_Form":
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = _Form(self._statement, dialect)
        return form


_ROWCOUNT: Any = {"preserve_rowcount": True}
_Step = tuple[
    str, object, Callable[[Any], Any] | None
]  # name, value of its own, what brings it to the driver's form


class _Form:
    """A statement as a database's driver takes it."""

    def __init__(self, statement: Update | Delete, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        self._is_positional = compiled.positiontup is not None
        self._named = {name for name, bind in binds.items() if bind.required}
        self._steps: list[_Step] = []
        for name in compiled.positiontup or binds:
            process = binds[name].type.dialect_impl(dialect).bind_processor(dialect)
            own = None if name in self._named else compiled.params[name]
            if process is not None and name not in self._named:
                own, process = process(own), None
            self._steps.append((name, own, process))

    def filled(self, values: Mapping[str, Any]) -> Any:
        """Return the parameters as the driver takes them."""
        found = []
        for name, own, process in self._steps:
            value = values[name] if name in self._named else own
            found.append(value if process is None else process(value))
        if self._is_positional:
            return tuple(found)
        return {name: value for (name, _, _), value in zip(self._steps, found, strict=True)}

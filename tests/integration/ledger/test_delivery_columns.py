"""A ledger of schema 0003 on its way up: what was on its way to a mail server then."""

from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import create_engine, text

from notifier.ledger import engine as ledger
from notifier.ledger import outbox

_ADD = text(
    "INSERT INTO messages (contact, address, name, slot, message_id, state, uncertain, begun, attempts, not_before,"
    " created, owner, lease_until, body) VALUES (:contact, :contact, 'A', :at, :contact, :state, :uncertain, :begun,"
    " 3, :at, :at, :owner, :lease, x'00')"
)
_AT = "2018-01-01 01:00:00"


def test_mail_without_an_answer_keeps_its_doubt_and_is_counted_once(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    older = create_engine(f"sqlite:///{place}")
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(ledger.__file__).parent / "migrations"))
    with older.begin() as db:
        config.attributes["connection"] = db
        command.upgrade(config, "0003")
        db.execute(text(f"INSERT INTO installation VALUES ('kept', '{_AT}')"))
        for contact, state, uncertain, begun, owner in (
            ("waits@x.cn", "queued", 1, 1, None),
            ("in-hand@x.cn", "claimed", 0, 1, "host:1"),
            ("fresh@x.cn", "queued", 0, 0, None),
        ):
            lease = None if owner is None else _AT
            values = {"contact": contact, "state": state, "uncertain": uncertain, "begun": begun}
            db.execute(_ADD, values | {"owner": owner, "lease": lease, "at": _AT})
    older.dispose()
    engine = ledger.open_existing(place)
    assert engine is not None
    with engine.begin() as db:
        outbox.release_dead(db)
        claimed = outbox.claim(db, "host:2", datetime(2018, 1, 2, tzinfo=UTC), 10)
    engine.dispose()
    assert {m.contact: (m.uncertain, m.uncertain_attempts, m.begun, m.body) for m in claimed} == {
        "waits@x.cn": (True, 1, False, b"\0"),
        "in-hand@x.cn": (True, 1, False, b"\0"),
        "fresh@x.cn": (False, 0, False, b"\0"),
    }

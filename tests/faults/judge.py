"""What became of each reminder, judged by the mail server's record and the ledger's rows.

Nothing of the product is asked: the ledger is read by sqlite3 alone, and a trigger of our own counts how often each
mail ended.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import Parser
from email.policy import default
from pathlib import Path
from typing import Any

ENDS = ("accepted", "refused", "failed", "dropped")


def watch(database: Path) -> None:
    """Have a ledger write down each change of a mail's state, whoever makes it, in the same transaction."""
    with closing(sqlite3.connect(database)) as db:
        db.executescript(
            """
            CREATE TABLE watched (message INTEGER, was TEXT, became TEXT);
            CREATE TRIGGER watch AFTER UPDATE OF state ON messages WHEN OLD.state <> NEW.state
            BEGIN INSERT INTO watched VALUES (NEW.id, OLD.state, NEW.state); END;
            """
        )


def taken(record: Path) -> list[dict[str, str]]:
    """Return the mails that the server has, in their order; a line still being written isn't one yet."""
    lines = record.read_text("ascii").split("\n")[:-1] if record.exists() else []
    return [json.loads(line) for line in lines]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the record and the ledger say together; every list but `copies` and `uncertain` should be empty."""

    reminders: int  # that were owed
    exactly_once: int  # of which the contact has one copy of one mail
    lost: list[str]
    doubled: list[str]  # told in two different mails
    unasked: list[str]  # told, but owed to nobody
    open: list[str]  # mails and reminders that have not ended
    ended_twice: list[str]  # mails with more or fewer than one end, or a change after it
    at_odds: list[str]  # mails of which record and ledger say different things
    copies: list[str]  # Message-IDs beyond their first copy
    copies_of_drops: int  # of which the server itself caused, by breaking off
    unflagged: list[str]  # with copies, and not uncertain in the ledger
    uncertain: int  # flagged in the ledger


def judge(database: Path, record: Path, owed: Iterable[tuple[str, str]]) -> Verdict:
    """Judge a run: `owed` are pairs of an address and a text that stands in exactly one of its mails."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        mails = {row["message_id"]: row for row in db.execute("SELECT * FROM messages")}
        sent = Counter(
            (row["contact"], row["text"])
            for row in db.execute(
                "SELECT contact, text FROM reminders JOIN tasks ON task_id = tasks.id WHERE reminders.state = 'sent'"
            )
        )
        still = [row["id"] for row in db.execute("SELECT id FROM reminders WHERE state = 'planned'")]
        changes = db.execute("SELECT message, was, became FROM watched").fetchall()
    ends = Counter(change["message"] for change in changes if change["became"] in ENDS)
    revived = {change["message"] for change in changes if change["was"] in ENDS}
    arrivals = taken(record)
    came = Counter(arrival["message_id"] for arrival in arrivals)
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    for arrival in arrivals:
        for line in _text(arrival["content"]).splitlines():
            told[arrival["to"], line.strip()].add(arrival["message_id"])
    pairs = set(owed)
    found = {pair: _mails_with(told, pair) for pair in pairs}
    copies = [mail for mail, number in came.items() for _ in range(number - 1)]
    again = Counter(copies)
    dropped = Counter(arrival["message_id"] for arrival in arrivals if arrival["end"] == "dropped")
    return Verdict(
        reminders=len(pairs),
        exactly_once=sum(1 for ids in found.values() if [came[mail] for mail in ids] == [1]),
        lost=[f"{to}: {text}" for (to, text), ids in found.items() if not ids or not sent[to, text]],
        doubled=[f"{to}: {text}" for (to, text), ids in found.items() if len(ids) > 1 or sent[to, text] > 1],
        unasked=[f"{to}: {text}" for to, text in sent if (to, text) not in pairs],
        open=[str(row["message_id"]) for row in mails.values() if row["state"] not in ENDS]
        + [f"reminder {number}" for number in still],
        ended_twice=[mail for mail, row in mails.items() if ends[row["id"]] != 1 or row["id"] in revived],
        at_odds=sorted(_at_odds(mails, arrivals)),
        copies=copies,
        copies_of_drops=sum(min(number, dropped[mail]) for mail, number in again.items()),
        unflagged=[mail for mail in again if not mails[mail]["uncertain"]],
        uncertain=sum(1 for row in mails.values() if row["uncertain"]),
    )


def _mails_with(told: dict[tuple[str, str], set[str]], pair: tuple[str, str]) -> set[str]:
    to, text = pair
    return {mail for (who, line), ids in told.items() if who == to and text in line for mail in ids}


def _text(content: str) -> str:
    mail = Parser(policy=default).parsestr(content)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def _at_odds(mails: dict[str, Any], arrivals: Iterable[dict[str, str]]) -> set[str]:
    """Return the mails that came and aren't in the ledger as they came, and the accepted ones that never came."""
    found = set()
    came = set()
    for arrival in arrivals:
        came.add(arrival["message_id"])
        row = mails.get(arrival["message_id"])
        if row is None or (row["address"], row["body_sha256"]) != (arrival["to"], arrival["sha256"]):
            found.add(arrival["message_id"])
    return found | {mail for mail, row in mails.items() if row["state"] == "accepted" and mail not in came}

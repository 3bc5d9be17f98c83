"""What ops are told: preflight's items, how the installation stands, and what happened to its mail."""

import hashlib
from collections.abc import Container, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from notifier.digest.bulletin import MOST_CHARACTERS, MOST_ENTRIES, Fact, Matter, Snippet
from notifier.digest.bulletin_words import tasks_text
from notifier.digest.wording import day_text
from notifier.ledger import ops as ledger
from notifier.ledger.in_force import Waiting
from notifier.passes.item import Item

CAP_EVENT, SERVER_EVENT, PASS_EVENT = "mail_held", "server_fault", "pass_fault"
_CONTACT_LINES = ("no_contact", "unknown_unit")  # whose hint is a line for the contacts file
_EVENT_KINDS = {CAP_EVENT: "cap", SERVER_EVENT: "fault", PASS_EVENT: "fault"}
_EVENT_WORDS = {
    CAP_EVENT: "当日已发满，其余顺延",
    SERVER_EVENT: "邮件服务器无法使用",
    PASS_EVENT: "系统内部故障",
}


def of_item(item: Item, title: str) -> Matter:
    """Return a preflight item as a matter; `title` is its document's, where one of several must be named."""
    return Matter(
        key=_key(item.kind, item.plan, item.about or item.message),
        kind=item.kind,
        lasts=True,
        title=item.zh,
        tasks=tasks_text(item.tasks) if item.tasks and item.kind != "override" else "",
        facts=tuple(_item_facts(item, title)),
        snippet=_snippet(item),
        first=item.first,
    )


def _item_facts(item: Item, title: str) -> Iterator[Fact]:
    yield Fact(word="文件", text=title)
    snippet = _snippet(item)
    if snippet is not None and len(item.tasks) > 1 and f'.tasks."{item.tasks[0]}"' in snippet.where:
        yield Fact(
            word="填写", text=f"须逐项填写，下面只列{tasks_text(item.tasks[:1])}的写法，其余照此改编号"
        )
    if snippet is None and item.hint.startswith("["):
        yield Fact(word="填写", text="应填内容过长，请用 notifier check 查看")


def _snippet(item: Item) -> Snippet | None:
    """Return the lines of an item's hint as they are typed, without the remarks behind them."""
    lines: tuple[str, ...]
    if item.kind in _CONTACT_LINES:
        where, lines = "", (item.hint,)
    elif item.hint.startswith("["):
        where, *rest = item.hint.splitlines()
        lines = tuple(line.rpartition("   # ")[0] or line for line in rest)
    else:
        return None
    # Half a line would be a wrong one.
    return Snippet(where=where, lines=lines) if max(map(len, (where, *lines))) <= MOST_CHARACTERS else None


def of_hold(waiting: int) -> Matter:
    """Return that `[delivery] hold` is on."""
    return Matter(
        key="hold",
        kind="hold",
        lasts=True,
        title=f"目前有{waiting}封提醒在等待",
        snippet=Snippet(where="[delivery]", lines=("hold = false",)),
    )


def of_doubt(waiting: int) -> Matter:
    """Return that the ledger may not be the one that mail was last sent from."""
    facts = (Fact(word="命令", text="notifier status（查看）、notifier confirm（恢复发送）"),)
    return Matter(key="doubt", kind="doubt", lasts=True, title=f"目前有{waiting}封提醒在等待", facts=facts)


def of_reload(fault: str) -> Matter:
    """Return one fault for which a reload was refused."""
    return Matter(key=_key("reload", fault), kind="reload", lasts=True, title=fault)


def of_surprise(waiting: Waiting) -> Matter:
    """Return that a configuration waits for a person's word."""
    return Matter(
        key=_key("surprise", waiting.fingerprint),
        kind="surprise",
        lasts=True,
        title=f"今后90天原有{waiting.before}条提醒，将减少{waiting.dropped}条、改期{waiting.moved}条、增加{waiting.added}条",
        facts=(Fact(word="命令", text="notifier check --diff（查看）、notifier confirm（采用）"),),
    )


def of_refused_ops(address: str, reply: str) -> Matter:
    """Return that the ops mail itself is refused for one of its addresses."""
    facts = (Fact(word="服务器答复", text=reply),)
    return Matter(
        key=_key("ops_refused", address), kind="ops_refused", lasts=True, title=address, facts=facts
    )


def of_lost_summary(address: str, reply: str) -> Matter:
    """Return that the month's summary was refused or given up for one of its addresses."""
    facts = (
        Fact(word="服务器答复", text=reply),
        Fact(word="命令", text="notifier preview --summary（查看）"),
    )
    return Matter(
        key=_key("summary_lost", address), kind="summary_lost", lasts=True, title=address, facts=facts
    )


def incidents(
    db: Connection, since: datetime, told: Container[str], zone: ZoneInfo, plans: dict[str, str]
) -> list[Matter]:
    """Return what happened since a moment and isn't among the keys `told`.

    `plans` names the titles of the documents where there are several, by their keys.
    """
    found = [matter for matter in _events(db, since, zone) if matter.key not in told]
    troubles = [trouble for trouble in ledger.troubles(db, since) if _trouble_key(trouble) not in told]
    for kind in ("failed", "uncertain"):
        mine = [trouble for trouble in troubles if _trouble_kind(trouble) == kind]
        # What stands beyond the list is only counted: no more need be known of it.
        carried = ledger.carried(db, [trouble.id for trouble in mine[:MOST_ENTRIES]])
        found += [_of_trouble(trouble, carried.get(trouble.id), zone, plans) for trouble in mine]
    missed = (_of_missed(missed, zone, plans) for missed in ledger.missed(db, since))
    return found + [matter for matter in missed if matter.key not in told]


def _events(db: Connection, since: datetime, zone: ZoneInfo) -> Iterator[Matter]:
    for action, kind in _EVENT_KINDS.items():
        for number, at, detail in ledger.happened(db, since, action):
            yield Matter(
                key=f"event:{number}",
                kind=kind,
                lasts=False,
                title=f"{_moment(at, zone)}　{_EVENT_WORDS[action]}",
                facts=(Fact(word="系统记录", text=detail),),
            )


def _trouble_kind(trouble: ledger.Trouble) -> str:
    return "failed" if trouble.state in ("refused", "failed") else "uncertain"


def _trouble_key(trouble: ledger.Trouble) -> str:
    kind = _trouble_kind(trouble)
    # What fails again after ops had it tried again is news.
    is_again = kind == "failed" and trouble.retried is not None
    return f"{kind}:{trouble.id}" + (f":{trouble.retried:%Y%m%dT%H%M%S}" if is_again else "")


def _of_trouble(
    trouble: ledger.Trouble,
    carried: tuple[list[tuple[str, str]], list[str]] | None,
    zone: ZoneInfo,
    plans: dict[str, str],
) -> Matter:
    refs, units = carried or ([], [])
    unit = f"{units[0]}{f'等{len(units)}个单位' if len(units) > 1 else ''}" if units else ""
    by_plan: dict[str, list[str]] = {}
    for plan, ref in refs:
        by_plan.setdefault(plan, []).append(ref)
    tasks = "；".join(f"{plans.get(plan, '')}{tasks_text(mine)}" for plan, mine in by_plan.items())
    facts = [Fact(word="涉及任务", text=tasks), Fact(word="应发时间", text=_moment(trouble.slot, zone))]
    if _trouble_kind(trouble) == "failed":
        facts.append(Fact(word="服务器答复", text=trouble.reply))
    who = "　".join(part for part in (unit, trouble.name) if part)
    return Matter(
        key=_trouble_key(trouble),
        kind=_trouble_kind(trouble),
        lasts=False,
        title=f"{who}（{trouble.address}）" if who else trouble.address,
        facts=tuple(facts),
    )


def _of_missed(missed: ledger.Missed, zone: ZoneInfo, plans: dict[str, str]) -> Matter:
    return Matter(
        key=f"missed:{missed.task_id}:{missed.checkpoint}",
        kind="missed",
        lasts=False,
        title=missed.text,
        tasks=plans.get(missed.plan, "") + tasks_text([missed.ref]),
        facts=(Fact(word="应提醒", text=f"{_moment(missed.at, zone)}，{missed.contacts}名联络员"),),
    )


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{day_text(local.date())}{local:%H:%M}"


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:40]


def titles(plans: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the titles of plans as (key, title), by key; empty where a single one needs no naming."""
    return {} if len(plans) < 2 else {key: f"《{title}》" for key, title in plans}

"""The ledger's tables. Times are stored in UTC and come back aware; days are plain dates."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    event,
)

from notifier.ledger.dialects import Names, Text, UtcDateTime, only_where, say_conditions

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
event.listen(metadata, "before_create", say_conditions)

installation = Table(
    "installation",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("created", UtcDateTime, nullable=False),
    # Of a ledger in a file, see ledger.generation: how often mail was claimed from it, and where that was.
    Column("generation", Integer),
    Column("machine", String(64)),
)

plans = Table(
    "plans",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("path", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("issued", Date, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("until", Date),
    Column("imported", UtcDateTime, nullable=False),
    Column("setting", String(64), nullable=False),  # fingerprint of policy, calendar, terms, events
    Column("active", Boolean, nullable=False),
    Column(
        "read", String(64), nullable=False, server_default=""
    ),  # fingerprint of the tasks, as they were read
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("plan_id", ForeignKey("plans.id"), nullable=False),
    Column("ref", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("section", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("units", JSON, nullable=False),  # the unit phrase as read, see passes.setting
    Column("timing", Text, nullable=False),  # the phrase as written
    Column("rule", Text, nullable=False),
    Column("timing_state", String(8), nullable=False),  # ok | waiting | review
    Column("why", Text),
    Column("notes", JSON, nullable=False),  # [[English, Chinese], ...]
    Column("soft", Boolean, nullable=False),
    Column("state", String(16), nullable=False),  # open | done | suspended | vanished
    Column("completed", Date),  # of A in "A then B"
    Column("imported", UtcDateTime, nullable=False),
    Column("planned_until", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime),
    Column("document_rule", Text),  # what the document says, while an extension makes `rule` another
    Column("moved", JSON(none_as_null=True)),  # {"2018-09-30": "2018-06-30"}: extended due day, original
    UniqueConstraint("plan_id", "ref"),
)
Index("ix_tasks_next_at", tasks.c.next_at, **only_where("next_at IS NOT NULL"))
Index("ix_tasks_planned_until", tasks.c.planned_until)  # what a clock that was ahead has planned
Index("ix_tasks_plan_id_rule", tasks.c.plan_id, tasks.c.rule)  # re-planning goes by distinct rule

completions = Table(
    "completions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False, index=True),
    Column("unit", Text),  # None: every unit
    Column("scope", String(48), nullable=False),  # "task", or an occurrence such as report@2017-12-31
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("reopened", UtcDateTime),
)

suspensions = Table(
    "suspensions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False, index=True),
    Column("unit", Text),  # None: every unit
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),  # it ends by itself then; None: when ops say so
    Column("note", Text, nullable=False),
    Column("ended", UtcDateTime),
    Column("ended_by", Text),
)
Index("ix_suspensions_until", suspensions.c.until, **only_where("ended IS NULL"))

extensions = Table(
    "extensions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False, index=True),
    Column("original", Date, nullable=False),  # the due day that the document names
    Column("was", Date, nullable=False),  # the due day before this extension
    Column("day", Date, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("note", Text, nullable=False),
    Column("ended", UtcDateTime),  # a later one took its place, or the document set the date anew
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("contact", Text, nullable=False),  # lower-cased address, or ops:<address> for the office's own
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("slot", UtcDateTime, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    # queued | claimed | accepted | refused | failed | dropped
    Column("state", String(16), nullable=False),
    Column("uncertain", Boolean, nullable=False),
    Column(
        "begun", Boolean, nullable=False
    ),  # DATA was begun under this claim, and no answer is recorded yet
    Column("attempts", Integer, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("owner", Text),
    Column(
        "body", LargeBinary
    ),  # from the first DATA to acceptance; of a failed one only if it may have arrived
    Column("body_sha256", String(64)),
    Column("reply", Text),
    Column("created", UtcDateTime, nullable=False),
    Column("finished", UtcDateTime),
    Column("uncertain_attempts", Integer, nullable=False, server_default="0"),  # answers lost after DATA
    Column("retried", UtcDateTime),  # when ops had it tried again after it had failed or been refused
    Column("at_most", Integer),  # octets; set where the whole mail was too big and a shortened one goes
    Column("last_begun", UtcDateTime),  # when DATA was begun the last time
    Column("built_in", Text),  # why the templates could not make it, where it goes with the built-in text
    UniqueConstraint("contact", "slot"),
)
Index("ix_messages_open", messages.c.state, messages.c.not_before, **only_where("finished IS NULL"))
Index("ix_messages_finished", messages.c.finished)  # what went today is counted for every claim

reminders = Table(
    "reminders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("checkpoint", String(48), nullable=False),  # from rule and nominal day, never from now
    Column("contact", Text, nullable=False),  # lower-cased address, or unit:<name>
    Column("kind", String(8), nullable=False),
    Column("family", String(8), nullable=False),
    Column("nominal", Date, nullable=False),
    Column("day", Date, nullable=False),
    Column("label", Text, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("slot", UtcDateTime, nullable=False),
    Column("units", Names, nullable=False),
    Column("role", String(16), nullable=False),
    Column("copied", Boolean, nullable=False),
    # planned | sent | superseded | expired | withdrawn | unreachable | failed
    Column("state", String(16), nullable=False),
    Column("reason", Text),
    Column("message_id", ForeignKey("messages.id")),
    # The checkpoint's key has its nominal day in it. So ordered, the index also finds what else one contact was told
    # of a date, which is asked for each line of each mail; and tasks are planned in the order in which it fills.
    UniqueConstraint("task_id", "nominal", "contact", "checkpoint"),
)
Index(
    "ix_reminders_unbundled",
    reminders.c.slot,
    reminders.c.contact,
    **only_where("state = 'planned' AND message_id IS NULL"),
)
# Without the many that no mail ever carries, so that it isn't taken for an index of what waits.
Index("ix_reminders_message_id", reminders.c.message_id, **only_where("message_id IS NOT NULL"))

ops_told = Table(
    "ops_told",
    metadata,
    Column("message_id", ForeignKey("messages.id"), primary_key=True),
    Column("key", String(80), primary_key=True),  # of the matter, see passes.ops_matters
    Column("lasts", Boolean, nullable=False),  # a state of things that may end, not something that happened
    Column("urgent_for", Date),  # the first date that it would hurt, where that was near
)

daemons = Table(
    "daemons",
    metadata,
    Column("host", Text, primary_key=True),
    Column("pid", Integer, primary_key=True),
    Column("started", UtcDateTime, nullable=False),
    Column("heartbeat", UtcDateTime, nullable=False),
    Column("config_hash", String(64), nullable=False),
    Column("config_loaded", UtcDateTime, nullable=False),
    Column("last_plan", UtcDateTime),
    Column("last_send", UtcDateTime),
    Column("next_wake", UtcDateTime),
    Column("preflight", Integer, nullable=False),  # how many things need a person
    Column("fault", Text),  # the last pass or server-level fault, None when all is well
    Column("reload_fault", Text),
    Column("stopped", UtcDateTime),
)

event_days = Table(
    "event_days",
    metadata,
    Column("name", Text, primary_key=True),  # as rules name it: `event:NAME`
    Column("day", Date, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

refusals = Table(
    "refusals",
    metadata,
    Column("contact", Text, primary_key=True),  # lower-cased address
    Column("in_a_row", Integer, nullable=False),  # mails that the server refused for their recipient
    Column("since", UtcDateTime, nullable=False),
    Column("last", UtcDateTime, nullable=False),
    Column("reply", Text, nullable=False),
)

relay = Table(
    "relay",
    metadata,
    Column(
        "rate", Text, primary_key=True
    ),  # which one: empty for that over all mail, else a recipient's domain
    Column("free_at", UtcDateTime, nullable=False),  # by the server's clock
)

in_force = Table(  # the configuration that was adopted last: one row
    "in_force",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint", String(64), nullable=False),  # of config.toml, documents and contacts
    Column("since", UtcDateTime, nullable=False),
    Column("config", LargeBinary, nullable=False),  # config.toml, compressed
    Column("people", LargeBinary, nullable=False),  # the contacts, as compressed JSON
)

held = Table(  # a configuration that waits for `notifier confirm`, by the host that read it
    "held",
    metadata,
    Column("host", Text, primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("added", Integer, nullable=False),  # reminders of the next 90 days
    Column("dropped", Integer, nullable=False),
    Column("moved", Integer, nullable=False),
    Column("before", Integer, nullable=False),  # how many there are without it
    Column("confirmed", UtcDateTime),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", String(32), nullable=False),
    Column("detail", Text, nullable=False),
    Column("link", Integer),  # its place in the chain; None until a plan pass links it, see ledger.chain
    Column("hash", String(64)),
)
Index("ix_events_link", events.c.link, unique=True)

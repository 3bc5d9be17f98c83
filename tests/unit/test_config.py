"""config.toml: what is shipped loads, defaults are the design's, each fault names its key, all at once."""

import errno
from datetime import date, time
from math import inf
from pathlib import Path

import pytest

from notifier.app import build
from notifier.config import Config, load
from notifier.config.credential import ledger_place, read_credential
from notifier.config.listening import Loopback, UnixSocket
from notifier.database import Server
from notifier.errors import ConfigError, FaultsError
from notifier.people import Alias
from notifier.share import share
from tests.office import CONFIG, office

NEEDED = '[office]\nname = "督查室"\n[mail]\nfrom = "a@example.org"\n'
LOGIN = 'user = "x"\npassword_file = "smtp-password"\n[delivery]\nmode = "live"\n'
PLAN = '[plans.p]\npath = "plan.txt"\nissued = 2017-10-01\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "templates").symlink_to(share("templates"))
    return tmp_path


def read(folder: Path, text: str) -> Config:
    """Load a configuration of this text."""
    (folder / "config.toml").write_text(text, "utf-8")
    return load(folder / "config.toml")


def faults_of(folder: Path, text: str) -> list[str]:
    """Return what is wrong with a configuration, without the file's name."""
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    path = f"{folder / 'config.toml'}: "
    assert all(fault.startswith(path) for fault in caught.value.faults)
    return [fault.removeprefix(path) for fault in caught.value.faults]


def test_the_shipped_configuration_loads_and_builds() -> None:
    app = build(load(share("config.toml")))
    assert [(entry.key, len(entry.tasks)) for entry in app.book] == [("vocational-2017", 36)]
    assert app.config.delivery.mode == "maildir"
    assert app.people.row_faults == ()


def test_what_the_shipped_configuration_spells_out_are_the_defaults(folder: Path) -> None:
    shipped, bare = load(share("config.toml")), read(folder, NEEDED)
    # The one it adds: a folder of one's own, so that ops have the templates before them.
    assert shipped.service.model_copy(update={"templates": None}) == bare.service
    for table in ("policy", "calendar", "terms", "timing", "events", "delivery", "ops"):
        assert getattr(shipped, table) == getattr(bare, table), table


def test_the_shipped_examples_of_reorganised_units_load(folder: Path) -> None:
    lines = share("config.toml").read_text("utf-8").splitlines()
    examples = [line.removeprefix("# ") for line in lines if line.startswith('# "省')]
    assert read(folder, "\n".join([NEEDED, "[aliases]", *examples])).aliases == {
        "省扶贫办": Alias(to="省乡村振兴局", since=date(2021, 6, 1)),
        "省地税局": Alias(to=None, since=date(2018, 6, 15)),
    }


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("0.5", 0.5),
        ("0", 0.0),
        ("1", 1.0),
        ('"50%"', 0.5),
        ('"12.5 %"', 0.125),
        ('"1000%"', 10.0),
        ("50", 0.5),
        ('"off"', inf),
    ],
)
def test_how_much_a_reload_may_change_is_a_share_or_a_percentage(
    folder: Path, text: str, share: float
) -> None:
    assert read(folder, f"{NEEDED}[service]\nsurprise_limit = {text}\n").service.surprise_limit == share


def test_the_defaults_are_those_of_the_design(folder: Path) -> None:
    config = read(folder, NEEDED)
    policy = config.policy
    assert [str(lead) for lead in policy.leads] == ["30d", "7d", "1d"]
    assert [str(lead) for lead in policy.report_leads] == ["5wd"]
    assert policy.model_dump(exclude={"leads", "report_leads"}) == {
        "report_overdue": False,
        "ongoing": "quarterly",
        "notice_at": time(9),
        "close": time(17, 30),
        "roll": "prev",
        "overdue_working_days": 5,
        "overdue_every_days": 7,
        "overdue_until_days": 90,
        "catch_up_days": 30,
        "catch_up_from": time(8),
        "catch_up_to": time(18),
        "open_groups": "all",
    }
    assert config.service.timezone == "Asia/Shanghai"
    assert config.service.heartbeat == 60
    assert config.service.surprise_limit == 0.5
    assert (config.ops.mail, config.ops.at) == ((), time(8, 30))
    assert (config.ops.summary, config.ops.summary_to, config.ops.summarised) == (False, (), ())
    assert config.timing.reading.before_period == "exclusive"
    assert config.delivery.mode == "maildir"


def test_paths_count_from_the_folder_of_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "config.toml").write_text(NEEDED, "utf-8")
    monkeypatch.chdir(folder)
    config = load(Path("config.toml"))
    assert config.path == folder / "config.toml"
    assert config.database == folder / "var" / "notifier.db"
    assert config.resolve(Path("/etc/x")) == Path("/etc/x")


def test_an_absolute_database_has_four_slashes(folder: Path) -> None:
    config = read(folder, NEEDED + '[service]\ndatabase = "sqlite:////var/lib/n.db"\n')
    assert config.database == Path("/var/lib/n.db")


def test_a_ledger_on_a_server_is_named_without_its_password(folder: Path) -> None:
    url = "postgresql+psycopg://notifier@db.example.org/ledger?sslmode=verify-full"
    (folder / "secret").write_text("geheim\n", "utf-8")
    (folder / "secret").chmod(0o600)
    config = read(folder, NEEDED + CLUSTER.format(url) + 'database_password_file = "secret"\n')
    place = ledger_place(config)
    assert place == Server(url, "geheim")
    assert "geheim" not in f"{place} {place!r}"
    with pytest.raises(ConfigError, match=r"service\.database"):
        _ = config.database


def test_a_password_file_of_the_database_that_is_not_there_is_told_by_its_key(folder: Path) -> None:
    text = CLUSTER.format("postgresql+psycopg://u@h/n") + 'database_password_file = "secret"\n'
    with pytest.raises(ConfigError, match=r"service\.database_password_file: .*secret"):
        ledger_place(read(folder, NEEDED + text))


def test_a_ledger_in_a_file_is_its_path(folder: Path) -> None:
    assert ledger_place(read(folder, NEEDED)) == folder / "var" / "notifier.db"


def test_a_password_in_the_url_is_not_told_on(folder: Path) -> None:
    for url in ("postgresql+psycopg://u:geheim@h/n", "postgresql+psycopg://u:geheim@h:x/n"):
        with pytest.raises(ConfigError) as refused:
            read(folder, NEEDED + CLUSTER.format(url))
        assert "geheim" not in str(refused.value)


def test_the_hash_is_that_of_the_bytes(folder: Path) -> None:
    first, second = read(folder, NEEDED).hash, read(folder, NEEDED + "# a comment\n").hash
    assert len(first) == 64
    assert first != second


def test_an_ops_address_counts_once_however_it_is_written(folder: Path) -> None:
    ops = '[ops]\nmail = ["A@example.org", "b@example.org", "a@example.org"]\nat = "07:15"\n'
    config = read(folder, NEEDED + ops)
    assert (config.ops.mail, config.ops.at) == (("A@example.org", "b@example.org"), time(7, 15))


def test_the_summary_goes_to_ops_and_whom_it_names_besides_each_once(folder: Path) -> None:
    ops = (
        '[ops]\nmail = ["a@example.org"]\nsummary_to = ["L@example.org", "A@example.org", "l@example.org"]\n'
    )
    assert read(folder, NEEDED + ops).ops.summarised == ()
    assert read(folder, NEEDED + ops + "summary = true\n").ops.summarised == (
        "a@example.org",
        "L@example.org",
    )


@pytest.mark.parametrize(
    ("ops", "fault"),
    [
        ("summary = true", "ops: summary = true needs an address in mail or summary_to"),
        ('summary = "yes"', "ops.summary: Input should be a valid boolean"),
        ('summary_to = "l@example.org"', "ops.summary_to: Input should be a valid tuple"),
        ('summary_to = ["督查室"]', "ops.summary_to[0]: “督查室” is no mail address: it has no @"),
        ("sumary_to = []", "ops.sumary_to: unknown key"),
    ],
    ids=["to nobody", "no switch", "no list", "no address", "a slip"],
)
def test_a_summary_that_cannot_go_is_a_fault(folder: Path, ops: str, fault: str) -> None:
    assert faults_of(folder, f"{NEEDED}[ops]\n{ops}\n") == [fault]


def test_what_is_no_ops_address_is_named(folder: Path) -> None:
    assert faults_of(folder, NEEDED + '[ops]\nmail = ["a@example.org", "督查室"]\n') == [
        "ops.mail[1]: “督查室” is no mail address: it has no @"
    ]


def test_a_byte_order_mark_does_no_harm(folder: Path) -> None:
    assert read(folder, "\ufeff" + NEEDED).office.name == "督查室"


def test_days_and_times_may_be_quoted(folder: Path) -> None:
    config = read(
        folder, NEEDED + PLAN.replace("2017-10-01", '"2017-10-01"') + '[policy]\nnotice_at = "08:30"\n'
    )
    assert config.plans["p"].issued == date(2017, 10, 1)
    assert config.policy.notice_at == time(8, 30)


def test_leads_are_written_with_or_without_their_unit(folder: Path) -> None:
    config = read(folder, NEEDED + '[policy]\nleads = [14, "2w", "5wd"]\n')
    assert [str(lead) for lead in config.policy.leads] == ["14d", "2w", "5wd"]


def test_notation_is_kept_in_its_canonical_form(folder: Path) -> None:
    config = read(folder, NEEDED + "[timing.phrases]\n\"某日\" = 'report  monthly   05'\n")
    assert config.timing.phrases == {"某日": "report monthly 5"}


def test_an_alias_is_a_name_or_a_table_with_a_day(folder: Path) -> None:
    text = """[aliases]
"省发改委" = "省发展改革委"
"省科学技术厅" = { to = " 省科技厅 " }
"省扶贫办" = { to = "省乡村振兴局", from = 2021-06-01 }
"省农业厅" = { to = "省农业农村厅", until = 2018-11-04 }
"省地税局" = { until = "2018-06-30" }
"""
    assert read(folder, NEEDED + text).aliases == {
        "省发改委": Alias(to="省发展改革委"),
        "省科学技术厅": Alias(to="省科技厅"),
        "省扶贫办": Alias(to="省乡村振兴局", since=date(2021, 6, 1)),
        "省农业厅": Alias(to="省农业农村厅", since=date(2018, 11, 5)),
        "省地税局": Alias(to=None, since=date(2018, 7, 1)),
    }


def test_an_address_under_an_internationalised_domain_is_used_by_its_a_label(folder: Path) -> None:
    config = read(folder, NEEDED.replace("a@example.org", "a@例子.中国"))
    assert (config.mail.sender, config.mail.domain) == ("a@xn--fsqu00a.xn--fiqs8s", "xn--fsqu00a.xn--fiqs8s")


CLUSTER = '[service]\nengine = "cluster"\ndatabase = "{}"\n'


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("127.0.0.1:9464", Loopback("127.0.0.1", 9464)),
        ("localhost:1", Loopback("127.0.0.1", 1)),
        ("[::1]:9464", Loopback("::1", 9464)),
        ("unix:/run/notifier/metrics.sock", UnixSocket(Path("/run/notifier/metrics.sock"))),
        ("unix:var/metrics.sock", UnixSocket(Path("var/metrics.sock"))),
    ],
)
def test_metrics_are_offered_to_this_host_alone(folder: Path, text: str, place: object) -> None:
    assert read(folder, f'{NEEDED}[service]\nmetrics = "{text}"\n').service.metrics == place


def test_the_health_file_lies_beside_the_ledger_unless_it_is_named(folder: Path) -> None:
    assert read(folder, NEEDED).health_file == folder / "var" / "notifier.health.json"
    config = read(folder, NEEDED + '[service]\nhealth_file = "/run/notifier/health.json"\n')
    assert config.health_file == Path("/run/notifier/health.json")


BAD = {
    "zone": ('[service]\ntimezone = "Asia/Peking"\n', "service.timezone"),
    "empty zone": ('[service]\ntimezone = ""\n', "service.timezone"),
    "zone that is a folder": ('[service]\ntimezone = "Asia"\n', "service.timezone"),
    "other database": ('[service]\ndatabase = "postgresql://x/y"\n', "service.database"),
    "database without a name": (CLUSTER.format("postgresql+psycopg://u@h"), "service.database"),
    "database on no port": (CLUSTER.format("postgresql+psycopg://u@h:x/n"), "service.database"),
    "database with a space": (CLUSTER.format("postgresql+psycopg://u@h/a b"), "service.database"),
    "database by another way": (CLUSTER.format("postgresql+psycopg://u@h/n?options=-c"), "service.database"),
    "password in the database": (CLUSTER.format("postgresql+psycopg://u:geheim@h/n"), "service.database"),
    "password beside it": (CLUSTER.format("postgresql+psycopg://u@h/n?password=geheim"), "service.database"),
    "cluster on a file": ('[service]\nengine = "cluster"\n', "service.engine"),
    "server for one daemon": (
        '[service]\ndatabase = "postgresql+psycopg://u@h/n"\nengine = "embedded"\n',
        "service.engine",
    ),
    "server by default": ('[service]\ndatabase = "postgresql+psycopg://u@h/n"\n', "service.engine"),
    "other engine": ('[service]\nengine = "celery"\n', "service.engine"),
    "password for a file": ('[service]\ndatabase_password_file = "p"\n', "service"),
    "surprise as nonsense": ('[service]\nsurprise_limit = "half"\n', "service.surprise_limit"),
    "surprise between the two": ("[service]\nsurprise_limit = 1.5\n", "service.surprise_limit"),
    "surprise as a switch": ("[service]\nsurprise_limit = true\n", "service.surprise_limit"),
    "surprise below nothing": ("[service]\nsurprise_limit = -0.1\n", "service.surprise_limit"),
    "no heartbeat": ("[service]\nheartbeat = 0\n", "service.heartbeat"),
    "heartbeat as text": ('[service]\nheartbeat = "60"\n', "service.heartbeat"),
    "heartbeat as a switch": ("[service]\nheartbeat = true\n", "service.heartbeat"),
    "log in another layout": ('[service]\nlog = "xml"\n', "service.log"),
    "metrics for everybody": ('[service]\nmetrics = "0.0.0.0:9464"\n', "service.metrics"),
    "metrics for a network": ('[service]\nmetrics = "10.0.0.5:9464"\n', "service.metrics"),
    "metrics for all of IPv6": ('[service]\nmetrics = "[::]:9464"\n', "service.metrics"),
    "metrics under a name": ('[service]\nmetrics = "metrics.example.org:9464"\n', "service.metrics"),
    "metrics without a port": ('[service]\nmetrics = "127.0.0.1"\n', "service.metrics"),
    "metrics at port 0": ('[service]\nmetrics = "127.0.0.1:0"\n', "service.metrics"),
    "metrics at a port too high": ('[service]\nmetrics = "127.0.0.1:65536"\n', "service.metrics"),
    "metrics as a number": ("[service]\nmetrics = 9464\n", "service.metrics"),
    "metrics at no socket": ('[service]\nmetrics = "unix:"\n', "service.metrics"),
    "health file as a switch": ("[service]\nhealth_file = true\n", "service.health_file"),
    "plan without a date": ('[plans.p]\npath = "x"\n', "plans.p.issued"),
    "plan without a path": ("[plans.p]\nissued = 2017-10-01\n", "plans.p.path"),
    "issued as a number": ('[plans.p]\npath = "x"\nissued = 2017\n', "plans.p.issued"),
    "issued with a time": ('[plans.p]\npath = "x"\nissued = 2017-10-01T00:00:00Z\n', "plans.p.issued"),
    "issued in Chinese": ('[plans.p]\npath = "x"\nissued = "2017年10月1日"\n', "plans.p.issued"),
    "issued in another age": ('[plans.p]\npath = "x"\nissued = 2107-10-01\n', "plans.p.issued"),
    "plan ends before its issue": (PLAN + "until = 2017-09-30\n", "plans.p"),
    "plan's key": ('[plans."甲"]\npath = "x"\nissued = 2017-10-01\n', 'plans."甲"'),
    "override's notation": (PLAN + '[plans.p.tasks."7"]\ntiming = "by June"\n', 'plans.p.tasks."7".timing'),
    "override's units": (PLAN + '[plans.p.tasks."7"]\nunits = ""\n', 'plans.p.tasks."7".units'),
    "named as text": (PLAN + '[plans.p.tasks."7".named]\n"等" = "甲"\n', 'plans.p.tasks."7".named."等"'),
    "lead of no unit": ('[policy]\nleads = ["30d", "7x"]\n', "policy.leads[1]"),
    "lead of nothing": ("[policy]\nleads = [0]\n", "policy.leads[0]"),
    "lead as a switch": ("[policy]\nreport_leads = [true]\n", "policy.report_leads[0]"),
    "leads as text": ('[policy]\nleads = "30d"\n', "policy.leads"),
    "switch as text": ('[policy]\nreport_overdue = "yes"\n', "policy.report_overdue"),
    "cadence": ('[policy]\nongoing = "often"\n', "policy.ongoing"),
    "cadence with an end": ('[policy]\nongoing = "quarterly until 2018"\n', "policy.ongoing"),
    "hour as a number": ("[policy]\nnotice_at = 9\n", "policy.notice_at"),
    "hour with a zone": ('[policy]\nclose = "17:30+08:00"\n', "policy.close"),
    "hour that no clock has": ('[policy]\ncatch_up_to = "25:00"\n', "policy.catch_up_to"),
    "notice after the day's end": ("[policy]\nnotice_at = 18:00:00\n", "policy"),
    "catch-up hours backwards": ("[policy]\ncatch_up_from = 19:00:00\n", "policy"),
    "roll": ('[policy]\nroll = "previous"\n', "policy.roll"),
    "overdue": ("[policy]\noverdue_every_days = 0\n", "policy.overdue_every_days"),
    "cap": ("[policy]\ncatch_up_days = -1\n", "policy.catch_up_days"),
    "open groups": ('[policy]\nopen_groups = "some"\n', "policy.open_groups"),
    "day off": ('[calendar]\noff = ["1 May"]\n', "calendar.off[0]"),
    "day both off and work": ("[calendar]\noff = [2026-02-14]\nwork = [2026-02-14]\n", "calendar"),
    "term": ('[terms]\n"2018-summer" = 2018-07-01\n', "terms"),
    "term's day": ('[terms]\n"2018-spring" = "March"\n', 'terms."2018-spring"'),
    "answer on a phrase": ('[timing.phrases]\n"尽快" = "soon"\n', 'timing.phrases."尽快"'),
    "reading": ('[timing.reading]\nbefore_period = "both"\n', "timing.reading.before_period"),
    "event": ("[events]\napproved = true\n", "events.approved"),
    "group": ('[groups]\n"各市" = "郑州市政府"\n', 'groups."各市"'),
    "group's member": ('[groups]\n"各市" = [""]\n', 'groups."各市"[0]'),
    "group of nobody": ('[groups]\n"各市" = []\n', 'groups."各市"'),
    "alias": ('[aliases]\n"甲" = ["乙"]\n', 'aliases."甲"'),
    "alias of nothing": ('[aliases]\n"甲" = " "\n', 'aliases."甲"'),
    "alias's empty table": ('[aliases]\n"甲" = {}\n', 'aliases."甲"'),
    "alias's unknown key": ('[aliases]\n"甲" = { to = "乙", since = 2018-07-01 }\n', 'aliases."甲"'),
    "alias from a day to nobody": ('[aliases]\n"甲" = { from = 2018-07-01 }\n', 'aliases."甲"'),
    "alias with both days": (
        '[aliases]\n"甲" = { to = "乙", from = 2018-07-01, until = 2018-06-30 }\n',
        'aliases."甲"',
    ),
    "alias from no day": ('[aliases]\n"甲" = { to = "乙", from = "July" }\n', 'aliases."甲"'),
    "contacts": ('[contacts]\nfiles = "contacts.csv"\n', "contacts.files"),
    "delivery": ('[delivery]\nmode = "test"\n', "delivery.mode"),
    "redirect to nobody": ('[delivery]\nmode = "redirect"\n', "delivery"),
    "a reply that is no expression": (
        '[delivery]\ndefer = [{ reply = "550" }, { reply = "(550" }]\n',
        "delivery.defer[1].reply",
    ),
    "a reply that is every reply": ('[delivery]\ndefer = [{ reply = ".*" }]\n', "delivery.defer[0].reply"),
    "a reply that is a number": ("[delivery]\ndefer = [{ reply = 550 }]\n", "delivery.defer[0].reply"),
    "a deferral without a reply": ("[delivery]\ndefer = [{ wait = 5 }]\n", "delivery.defer[0].reply"),
    "a wait of less than nothing": (
        '[delivery]\ndefer = [{ reply = "550", wait = -1 }]\n',
        "delivery.defer[0].wait",
    ),
    "hold": ('[delivery]\nhold = "yes"\n', "delivery.hold"),
    "cap below nothing": ("[delivery]\ndaily_cap = -1\n", "delivery.daily_cap"),
    "redirect to no address": ('[delivery]\nredirect_to = "ops"\n', "delivery.redirect_to"),
}


@pytest.mark.parametrize(("text", "key"), BAD.values(), ids=BAD.keys())
def test_a_bad_value_is_refused_with_its_key(folder: Path, text: str, key: str) -> None:
    faults = faults_of(folder, text + NEEDED)
    keys = [fault.partition(": ")[0] for fault in faults]
    assert keys == [key], faults
    assert len(faults[0].partition(": ")[2]) > 10


BAD_MAIL = {
    "sender": ('from = "王一@example.org"', "mail.from"),
    "sender with two dots": ('from = "a..b@example.org"', "mail.from"),
    "sender with a line break": ('from = "a@example.org\\nBcc: x@example.org"', "mail.from"),
    "port": ('from = "a@b.cn"\nport = 70000', "mail.port"),
    "tls": ('from = "a@b.cn"\ntls = "ssl"', "mail.tls"),
    "host": ('from = "a@b.cn"\nhost = ""', "mail.host"),
    "user without a password": ('from = "a@b.cn"\nuser = "x"', "mail"),
    "login in the clear": ('from = "a@b.cn"\nuser = "x"\npassword_file = "x"\ntls = "none"', "mail"),
    "connections": ('from = "a@b.cn"\nconnections = 0', "mail.connections"),
    "no sender": ("port = 25", "mail.from"),
    "less than no mail a second": ('from = "a@b.cn"\nper_second = -1', "mail.per_second"),
    "hardly a mail a second": ('from = "a@b.cn"\nper_second = 0.001', "mail.per_second"),
    "no number a second": ('from = "a@b.cn"\nper_second = nan', "mail.per_second"),
    "a yes a second": ('from = "a@b.cn"\nper_second = true', "mail.per_second"),
    "less than no mail to a domain": (
        'from = "a@b.cn"\nper_domain = { "qq.com" = -1 }',
        'mail.per_domain."qq.com"',
    ),
    "a pace for an address": (
        'from = "a@b.cn"\nper_domain = { "a@qq.com" = 1 }',
        'mail.per_domain."a@qq.com"',
    ),
    "a domain twice": ('from = "a@b.cn"\nper_domain = { "qq.com" = 1, "QQ.com" = 2 }', "mail.per_domain"),
}


@pytest.mark.parametrize(("text", "key"), BAD_MAIL.values(), ids=BAD_MAIL.keys())
def test_a_bad_mail_setting_is_refused_with_its_key(folder: Path, text: str, key: str) -> None:
    faults = faults_of(folder, f'[office]\nname = "督查室"\n[mail]\n{text}\n')
    assert [fault.partition(": ")[0] for fault in faults] == [key]


def test_a_domains_pace_is_kept_by_its_ascii_name(folder: Path) -> None:
    config = read(folder, NEEDED + 'per_domain = { "QQ.com" = 0.5, "例子.中国" = 2 }\n')
    assert config.mail.per_domain == {"qq.com": 0.5, "xn--fsqu00a.xn--fiqs8s": 2}


def test_an_office_needs_a_name(folder: Path) -> None:
    assert [
        fault.partition(": ")[0]
        for fault in faults_of(folder, '[office]\nname = " "\n[mail]\nfrom = "a@b.cn"\n')
    ] == ["office.name"]


def test_office_and_mail_are_required(folder: Path) -> None:
    assert faults_of(folder, "") == ["office: this table is required", "mail: this table is required"]


UNKNOWN = {
    "table": ("[polices]\n", "polices"),
    "in service": ("[service]\ntimezon = 1\n", "service.timezon"),
    "in a plan": (PLAN + 'titel = "x"\n', "plans.p.titel"),
    "in an override": (PLAN + '[plans.p.tasks."2:7"]\nunit = "x"\n', 'plans.p.tasks."2:7".unit'),
    "in policy": ("[policy]\nlead = []\n", "policy.lead"),
    "in calendar": ("[calendar]\nholidays = []\n", "calendar.holidays"),
    "in timing": ("[timing]\nphrase = {}\n", "timing.phrase"),
    "in a reading": ("[timing.reading]\nbefore = 1\n", "timing.reading.before"),
    "in contacts": ('[contacts]\nfile = "x"\n', "contacts.file"),
    "in delivery": ('[delivery]\nto = "x"\n', "delivery.to"),
}


@pytest.mark.parametrize(("text", "key"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_an_unknown_key_is_refused(folder: Path, text: str, key: str) -> None:
    assert faults_of(folder, text + NEEDED) == [f"{key}: unknown key"]


def test_several_faults_are_all_listed(folder: Path) -> None:
    faults = faults_of(
        folder, '[policy]\nleads = ["x"]\nroll = "up"\nfoo = 1\n[calendar]\noff = [1]\n[office]\n'
    )
    assert sorted(fault.partition(":")[0] for fault in faults) == [
        "calendar.off[0]",
        "mail",
        "office.name",
        "policy.foo",
        "policy.leads[0]",
        "policy.roll",
    ]


def test_what_is_no_toml_names_its_line(folder: Path) -> None:
    (fault,) = faults_of(folder, "[service]\ntimezone = Asia/Shanghai\n")
    assert "at line 2" in fault


def test_a_file_saved_in_another_encoding_names_its_line(folder: Path) -> None:
    path = folder / "config.toml"
    path.write_bytes('[office]\nname = "督查室"\n'.encode("gb18030"))
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert caught.value.faults == (f"{path}:2: this is no UTF-8 text; save the file as UTF-8",)


@pytest.mark.parametrize("name", ["missing.toml", "."], ids=["missing", "a folder"])
def test_a_file_that_cannot_be_read_is_one_fault(folder: Path, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(folder / name)
    assert len(caught.value.faults) == 1


def test_a_changed_value_cannot_slip_in_later(folder: Path) -> None:
    config = read(folder, NEEDED)
    with pytest.raises(ValueError, match="frozen"):
        config.policy.roll = "next"  # type: ignore[misc]


def test_all_files_that_cannot_be_used_are_told_together(tmp_path: Path) -> None:
    config = office(
        tmp_path,
        config=CONFIG.replace('"plan.txt"', '"gone.txt"').replace('"contacts.csv"', '"none.csv"'),
        extra='ca_file = "no.pem"\nuser = "x"\npassword_file = "no.txt"\n'
        '[delivery]\nmode = "live"\n[service]\ntemplates = "nowhere"\n',
    )
    with pytest.raises(FaultsError) as caught:
        build(config)
    told = [fault.removeprefix(f"{config.path}: ").partition(": ")[0] for fault in caught.value.faults]
    assert told == [
        "contacts.files",
        "mail.ca_file",
        "mail.password_file",
        "plans.plan.path",
        "service.templates",
    ]


def test_a_password_is_not_asked_for_while_nothing_leaves(tmp_path: Path) -> None:
    assert build(office(tmp_path, extra='user = "x"\npassword_file = "no.txt"\n')).config.mail.user == "x"


def test_an_empty_credential_is_one_that_systemd_did_not_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "smtp-password").write_text("\n", "ascii")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "run"))
    login = 'user = "x"\npassword_file = "credentials/smtp-password"\n[delivery]\nmode = "live"\n'
    with pytest.raises(FaultsError, match=r"mail\.password_file: .*: there is no password in it"):
        build(office(tmp_path, extra=login))


@pytest.mark.parametrize(
    "key", ["password", "passwd", "smtp_password", "pass", "token", "client_secret", "authcode", '"授权码"']
)
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644], ids=["0600", "0640", "0644"])
def test_a_secret_in_the_configuration_is_refused_and_never_shown(folder: Path, key: str, mode: int) -> None:
    (folder / "config.toml").write_text(f'{NEEDED}{key} = "hunter2"\n', "utf-8")
    (folder / "config.toml").chmod(mode)
    with pytest.raises(ConfigError) as caught:
        load(folder / "config.toml")
    [fault] = caught.value.faults
    assert f"mail.{key}: no secret stands in this file" in fault
    assert "password_file" in fault
    assert ("others can read config.toml" in fault) is (mode == 0o644)
    assert "hunter2" not in f"{fault} {caught.value!r}"


@pytest.mark.parametrize(
    "text", ["password = 7", 'password = ["hunter2"]', 'password = "hunter2', "password = hunter2"]
)
def test_a_secret_that_is_not_even_text_is_not_shown_either(folder: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(folder, NEEDED.replace("[mail]", f"[mail]\n{text}"))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600, 0o640], ids=oct)
def test_a_password_file_may_be_read_by_its_owner_and_group(tmp_path: Path, mode: int) -> None:
    secret = tmp_path / "smtp-password"
    secret.write_text("hunter2\n", "ascii")
    secret.chmod(mode)
    assert read_credential(office(tmp_path, extra=LOGIN), Path("smtp-password")) == "hunter2"


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602, 0o601, 0o666, 0o777], ids=oct)
def test_a_password_file_that_others_can_get_at_is_refused(tmp_path: Path, mode: int) -> None:
    secret = tmp_path / "smtp-password"
    secret.write_text("hunter2\n", "ascii")
    secret.chmod(mode)
    with pytest.raises(
        FaultsError, match=rf"password_file: .*mode {mode:04o} lets others at it: chmod 600"
    ) as caught:
        build(office(tmp_path, extra=LOGIN))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o444], ids=oct)
def test_the_modes_of_a_credential_are_systemds_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "smtp-password").write_text("hunter2", "ascii")
    (tmp_path / "run" / "smtp-password").chmod(mode)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "run"))
    assert read_credential(office(tmp_path, extra=LOGIN), Path("smtp-password")) == "hunter2"


@pytest.mark.parametrize("is_service", [False, True], ids=["check", "ExecReload= on 252"])
def test_a_password_that_only_root_may_read_is_no_fault_until_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_service: bool
) -> None:
    if is_service:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "run"))
    secret = tmp_path / "run" / "smtp-password" if is_service else tmp_path / "smtp-password"
    read = Path.read_text

    def refused(path: Path, *how: str) -> str:
        if path == secret:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read(path, *how)

    monkeypatch.setattr(Path, "read_text", refused)
    login = 'user = "x"\npassword_file = "smtp-password"\n[delivery]\nmode = "live"\n'
    app = build(office(tmp_path, extra=login))
    with pytest.raises(ConfigError, match=r"mail\.password_file: .*: Permission denied"):
        app.transport()


def test_groups_that_contain_themselves_are_a_fault(tmp_path: Path) -> None:
    config = office(tmp_path, config=CONFIG.replace('"洛阳市政府"]', '"各省辖市政府"]'))
    with pytest.raises(FaultsError, match="groups contain themselves"):
        build(config)

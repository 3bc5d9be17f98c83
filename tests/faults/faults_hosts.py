"""Three hosts on one ledger, each with a network of its own, that fail in each way a host can: `make faults`.

Database and mail server have their own places in the network, and the mail server keeps whence each mail came. Every
fault strikes while each host has mail in hand and more of it claimed.
"""

import json
import signal
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.hosts import JUST_BEFORE, SLOT, Hosts
from tests.acceptance.machine import Service, Supervisor, WallClock, wait_until
from tests.faults.network import Network, network
from tests.postgres import Postgres, binaries, running

NUMBER = 3
MAILS = 360  # four jobs
CONNECTIONS = 2
IN_HAND = NUMBER * CONNECTIONS
HEARTBEAT = 2
BACK_WITHIN = 12.0  # seconds: a lease, or a silent worker, and a sweep
ROWS_BACK_WITHIN = 75.0  # seconds until the server counts a silent connection as dead, and a claim
PATIENCE = 120.0


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    """Places for three hosts, the database and the mail server."""
    with network("database", "relay", *(f"host{place}" for place in range(NUMBER))) as made:
        yield made


@pytest.fixture(scope="module")
def server(net: Network) -> Iterator[Postgres]:
    """A PostgreSQL server at its place in the network."""
    if (found := binaries()) is None:
        pytest.skip("there is no PostgreSQL on this machine, and none for it in the dev extra")
    with net.inside("database"), running(found, net.address("database")) as made:
        yield made


class FarHosts(Hosts):
    """Hosts at their places in a network, each with a clock of its own, and what was measured of them."""

    def __init__(self, folder: Path, server: Postgres, net: Network) -> None:
        self.net = net
        self._sockets = Path(tempfile.mkdtemp(prefix="notifier-"))  # the name of a socket has little room
        super().__init__(folder, server, NUMBER)
        self.clocks = [WallClock(machine.folder / "own-clock") for machine in self.machines]
        for machine, clock in zip(self.machines, self.clocks, strict=True):
            machine.clock = clock

    def open_post(self) -> None:
        self.post.host = self.net.address("relay")
        with self.net.inside("relay"):
            self.post.open()

    def set(self, text: str) -> None:
        """Let every clock stand at a time."""
        for clock in (self.clock, *self.clocks):
            clock.set(text)

    def run(self) -> None:
        """Let every clock go on."""
        for clock in (self.clock, *self.clocks):
            clock.run()

    def skew(self, place: int, by: timedelta) -> None:
        """Set the clock of one host."""
        self.clocks[place].follow(self.clock, by)

    def begin(self, place: int, **environment: str) -> Service:
        """Start the daemon of a host, and return at once."""
        supervisor = Supervisor(self._sockets / f"{place}-{len(self.machines[place].services)}")
        option = f"--common={self.clock.place}"
        with self.net.inside(f"host{place}"):
            return self.machines[place].start(option, supervisor=supervisor, **environment)

    def launch_all(self, **environment: str) -> list[Service]:
        """Start every daemon; return them once they are ready."""
        services = [self.begin(place, **environment) for place in range(NUMBER)]
        for service in services:
            service.wait("READY=1")
        return services

    def hold_up(self, after: int = 60, **environment: str) -> list[Service]:
        """Start all hosts and return once each waits for answers with mail on every connection."""
        self.furnish(contacts=MAILS, connections=CONNECTIONS, heartbeat=HEARTBEAT)
        self.set(JUST_BEFORE)
        services = self.launch_all(**environment)

        def hold_up() -> None:
            if len(self.post.got) == after:
                self.post.answers.clear()

        self.post.on_data = hold_up
        self.run()
        self.post.wait(after)
        in_hand = "SELECT count(*) FROM messages WHERE begun AND state = 'claimed'"
        try:
            wait_until(lambda: self.rows(in_hand) == [(IN_HAND,)], "mail in hand on every connection")
        except AssertionError:
            print(self.rows("SELECT state, owner, begun, count(*) FROM messages GROUP BY 1, 2, 3"))
            print(self.rows("SELECT id, task_name, status, worker_id, scheduled_at FROM procrastinate_jobs"))
            print(self.rows("SELECT * FROM procrastinate_workers"))
            raise
        time.sleep(0.3)  # until all of it has come
        assert all(self.claimed_by(service) > CONNECTIONS for service in services)
        return services

    def not_in_hand(self, service: Service) -> int:
        """Return how many mails a host has claimed and not begun."""
        mine = "SELECT count(*) FROM messages WHERE state = 'claimed' AND NOT begun AND owner LIKE %s"
        return int(self.rows(mine, f"%:{service.pid}:%")[0][0])

    def came_from(self, place: int) -> int:
        """Return how many mails came from a host."""
        return sum(arrival.peer == self.net.address(f"host{place}") for arrival in list(self.post.got))

    def fault(self, service: Service) -> str | None:
        """Return what a host says is wrong."""
        found = self.rows("SELECT fault FROM daemons WHERE pid = %s", service.pid)
        return None if found[0][0] is None else str(found[0][0])

    def close(self) -> None:
        super().close()
        for socket in self._sockets.iterdir():
            socket.unlink()
        self._sockets.rmdir()


@pytest.fixture
def hosts(tmp_path: Path, server: Postgres, net: Network) -> Iterator[FarHosts]:
    """Three hosts without an office yet."""
    made = FarHosts(tmp_path, server, net)
    yield made
    made.close()
    net.heal_all()


def wait(condition: Any, what: str, *, within: float = PATIENCE) -> float:
    return wait_until(condition, what, within=within)


def judge(hosts: Hosts, services: list[Service]) -> tuple[int, int]:
    """Fail unless each contact has its one mail, planned once; return how many copies came, and mails are flagged.

    A copy that is not flagged fails, too.
    """
    arrived = hosts.arrived()
    assert len(arrived) == MAILS, "lost"
    flagged = {row[0] for row in hosts.rows("SELECT address FROM messages WHERE uncertain")}
    copies = {to for to, number in arrived.items() if number > 1}
    assert copies <= flagged, "a copy that nobody knows of"
    ids = {
        arrival.to: {each.mail["Message-ID"] for each in hosts.post.got if each.to == arrival.to}
        for arrival in hosts.post.got
    }
    assert {len(each) for each in ids.values()} == {1}, "a digest was split, or a copy has another id"
    assert hosts.rows("SELECT count(*), count(DISTINCT (contact, slot)) FROM messages") == [(MAILS, MAILS)]
    assert hosts.rows("SELECT count(*) FROM messages WHERE state <> 'accepted'") == [(0,)]
    per_task = "SELECT count(*), count(DISTINCT (task_id, checkpoint, contact)) FROM reminders"
    [(reminders, distinct)] = hosts.rows(per_task)
    assert reminders == distinct
    assert hosts.rows("SELECT count(*) FROM reminders WHERE state NOT IN ('sent', 'unreachable')") == [(0,)]
    planned = sum(service.log.read_text("utf-8").count("action=planned") for service in services)
    assert planned == 1, "the plan fires once"
    assert all(arrival.at >= SLOT - timedelta(seconds=2) for arrival in hosts.post.got), "before its slot"
    return arrived.total() - MAILS, len(flagged)


def told(
    capsys: pytest.CaptureFixture[str], what: str, hosts: Hosts, services: list[Service], *words: str
) -> int:
    """Judge, print a line of the table, and return how many copies there were."""
    copies, flagged = judge(hosts, services)
    with capsys.disabled():
        print(
            f"\n{what}: {MAILS} mails, 0 lost, {copies} copies, all flagged ({flagged} flagged); {'; '.join(words)}"
        )
    return copies


def test_a_host_that_is_killed_is_followed_by_two_others(
    hosts: FarHosts, capsys: pytest.CaptureFixture[str]
) -> None:
    services = hosts.hold_up()
    victim = services[0]
    victim.send(signal.SIGKILL)
    hosts.post.answers.set()
    taken = wait(lambda: hosts.not_in_hand(victim) == 0, "the others to take over")
    rest = hosts.wait_for_end(within=PATIENCE)
    copies = told(
        capsys,
        "kill -9",
        hosts,
        services,
        f"taken over after {taken:.1f} s",
        f"all sent after {taken + rest:.1f} s",
    )
    assert taken < BACK_WITHIN
    assert copies <= CONNECTIONS


def test_a_host_that_is_frozen_doubles_nothing_when_it_wakes(
    hosts: FarHosts, capsys: pytest.CaptureFixture[str]
) -> None:
    services = hosts.hold_up()
    sleeper = services[0]
    sleeper.send(signal.SIGSTOP)
    hosts.post.answers.set()
    taken = wait(lambda: hosts.not_in_hand(sleeper) == 0, "the others to take over")
    others = "SELECT count(*) FROM messages WHERE finished IS NULL"
    rest = wait(lambda: hosts.rows(others) == [(CONNECTIONS,)], "the others to send all that isn't in hand")
    sleeper.send(signal.SIGCONT)
    hosts.wait_for_end()
    assert [service.stop() for service in services] == [0] * NUMBER
    copies = told(
        capsys,
        "SIGSTOP, then SIGCONT",
        hosts,
        services,
        f"taken over after {taken:.1f} s",
        f"all but what was in hand sent after {taken + rest:.1f} s",
    )
    assert taken < BACK_WITHIN
    assert copies == 0


def test_a_host_cut_off_from_the_database_without_a_word_sends_nothing_more_and_comes_back(
    hosts: FarHosts, net: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    services = hosts.hold_up(WATCHDOG_USEC="60000000")
    lonely = services[0]
    before = hosts.came_from(0)
    health = Path(hosts.machines[0].folder / "var" / "notifier.health.json")
    net.cut("host0", "database")
    cut = time.monotonic()
    hosts.post.answers.set()
    taken = wait(lambda: hosts.not_in_hand(lonely) == 0, "the others to take over")
    others = "SELECT count(*) FROM messages WHERE finished IS NULL"
    rest = wait(lambda: hosts.rows(others) == [(CONNECTIONS,)], "the others to send all that isn't in hand")
    ill = wait(lambda: not json.loads(health.read_text("utf-8"))["ok"], "the health file to tell")
    told_ill = time.monotonic() - cut
    hosts.wait_for_end(within=PATIENCE)
    all_sent = time.monotonic() - cut
    assert hosts.came_from(0) == before, "it sent what it could not record"
    beats = watchdog_gaps(lonely)
    net.heal("host0", "database")
    back = wait(lambda: healthy(health) and hosts.fault(lonely) is None, "it to come back")
    late = wait(
        lambda: hosts.rows("SELECT count(*) FROM events WHERE action = 'late_answer'") == [(CONNECTIONS,)],
        "its answers",
    )
    assert [service.stop() for service in services] == [0] * NUMBER
    copies = told(
        capsys,
        "database cut off, silently",
        hosts,
        services,
        f"taken over after {taken:.1f} s",
        f"all but what was in hand sent after {taken + rest:.1f} s, that too after {all_sent:.1f} s",
        f"health tells after {told_ill:.1f} s ({ill:.1f})",
        f"longest silence to the watchdog {beats:.1f} s",
        f"well again {back:.1f} s after, late answers {late:.1f} s later",
    )
    assert taken < BACK_WITHIN
    assert all_sent < ROWS_BACK_WITHIN
    assert beats < 60
    assert copies == CONNECTIONS


def healthy(place: Path) -> bool:
    return bool(json.loads(place.read_text("utf-8"))["ok"])


def watchdog_gaps(service: Service) -> float:
    """Return the longest time between two signs of life until now."""
    moments = []
    while not service.supervisor._heard.empty():
        when, said = service.supervisor._heard.get()
        if "WATCHDOG" in said:
            moments.append(when)
    moments.append(time.monotonic())
    return max(later - earlier for earlier, later in pairwise(moments))


def test_a_host_refused_by_the_database_sends_nothing_more_and_comes_back(
    hosts: FarHosts, net: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    services = hosts.hold_up()
    lonely = services[0]
    before = hosts.came_from(0)
    net.cut("host0", "database", silently=False)
    hosts.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_addr = %s::text::inet",
        net.address("host0"),
    )
    hosts.post.answers.set()
    taken = wait(lambda: hosts.claimed_by(lonely) == 0, "the others to take over")
    rest = hosts.wait_for_end(within=PATIENCE)
    assert hosts.came_from(0) == before, "it sent what it could not record"
    net.heal("host0", "database")
    back = wait(
        lambda: hosts.rows("SELECT count(*) FROM events WHERE action = 'late_answer'") == [(CONNECTIONS,)],
        "its answers",
    )
    back += wait(lambda: hosts.fault(lonely) is None, "it to be well")
    assert [service.stop() for service in services] == [0] * NUMBER
    copies = told(
        capsys,
        "database refuses",
        hosts,
        services,
        f"all taken over after {taken:.1f} s",
        f"all sent after {taken + rest:.1f} s",
        f"well again after {back:.1f} s",
    )
    assert taken < BACK_WITHIN
    assert copies == CONNECTIONS


def test_a_host_cut_off_from_the_relay_leaves_the_mail_to_the_others(
    hosts: FarHosts, net: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    services = hosts.hold_up()
    net.cut("host0", "relay")
    hosts.post.answers.set()
    others = "SELECT count(*) FROM messages WHERE finished IS NULL AND NOT begun"
    taken = wait(lambda: hosts.rows(others) == [(0,)], "the others to send what it has not begun")
    assert hosts.rows("SELECT count(*) FROM messages WHERE finished IS NULL") == [(CONNECTIONS,)]
    net.heal("host0", "relay")
    healed = hosts.wait_for_end(within=PATIENCE)
    assert [service.stop() for service in services] == [0] * NUMBER
    copies = told(
        capsys,
        "relay cut off, silently",
        hosts,
        services,
        f"all but what was in hand sent after {taken:.1f} s, that {healed:.1f} s after the end of the cut",
    )
    assert taken < 45
    assert copies == 0


def test_a_host_that_cannot_reach_the_relay_at_its_slot_sits_on_nothing(
    hosts: FarHosts, net: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts.furnish(contacts=MAILS, connections=CONNECTIONS, heartbeat=HEARTBEAT)
    hosts.set(JUST_BEFORE)
    net.cut("host0", "relay", silently=False)
    services = hosts.launch_all()
    hosts.run()
    hosts.post.wait(1)
    took = hosts.wait_for_end(within=PATIENCE)
    net.heal("host0", "relay")
    assert hosts.came_from(0) == 0
    assert [service.stop() for service in services] == [0] * NUMBER
    copies = told(capsys, "relay unreachable from the start", hosts, services, f"all sent after {took:.1f} s")
    assert took < 15
    assert copies == 0


def test_a_host_whose_clock_is_an_hour_off_holds_itself_until_it_is_right(
    hosts: FarHosts, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts.furnish(contacts=MAILS, connections=CONNECTIONS, heartbeat=HEARTBEAT)
    hosts.set("2017-12-29T08:59:50")
    services = hosts.launch_all()
    hosts.run()
    began = time.monotonic()
    hosts.skew(0, timedelta(hours=1))
    hosts.skew(1, -timedelta(hours=1))
    known = wait(
        lambda: all("clock is" in (hosts.fault(service) or "") for service in services[:2]), "both to tell"
    )
    assert time.monotonic() - began < 9, "the slot is not there yet"
    assert not hosts.post.got
    hosts.post.wait(1)
    took = hosts.wait_for_end(within=PATIENCE)
    assert [hosts.came_from(place) for place in range(NUMBER)] == [0, 0, MAILS]
    assert "agree" in str(hosts.machines[0].status()["daemons"])
    hosts.skew(0, timedelta(0))
    hosts.skew(1, timedelta(0))
    back = wait(lambda: [hosts.fault(service) for service in services] == [None] * NUMBER, "both to be well")
    ahead = "SELECT count(*) FROM procrastinate_periodic_defers WHERE defer_timestamp > extract(epoch FROM now()) + 10"
    assert hosts.rows(ahead) == [(0,)], "a tick that is given out before its time never comes"
    assert [service.stop() for service in services] == [0] * NUMBER
    copies = told(
        capsys,
        "clocks an hour ahead and behind",
        hosts,
        services,
        f"known after {known:.1f} s",
        f"all sent by the third {took:.1f} s after the slot",
        f"well again after {back:.1f} s",
    )
    assert copies == 0


def test_clocks_that_are_apart_within_the_limit_double_and_lose_nothing(
    hosts: FarHosts, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts.furnish(contacts=MAILS, connections=CONNECTIONS, heartbeat=HEARTBEAT)
    hosts.set(JUST_BEFORE)
    services = hosts.launch_all()
    hosts.run()
    hosts.skew(0, timedelta(seconds=1.7))
    hosts.skew(1, -timedelta(seconds=1.7))
    hosts.post.wait(1)
    took = hosts.wait_for_end(within=PATIENCE)
    assert [service.stop() for service in services] == [0] * NUMBER
    logs = "".join(service.log.read_text("utf-8") for service in services)
    assert "action=clock_differs" not in logs
    copies = told(capsys, "clocks 3.4 s apart", hosts, services, f"all sent after {took:.1f} s")
    assert copies == 0


@pytest.mark.parametrize("number", [1, 2, 4])
def test_so_many_processes_on_one_database_send_each_mail_once(
    tmp_path: Path, postgres_server: Postgres, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    hosts = Hosts(tmp_path, postgres_server, number)
    try:
        hosts.furnish(contacts=MAILS, connections=CONNECTIONS, heartbeat=HEARTBEAT)
        hosts.clock.set(JUST_BEFORE)
        services = [machine.start() for machine in hosts.machines]
        for service in services:
            service.wait("READY=1")
        hosts.clock.run()
        hosts.post.wait(1)
        took = hosts.wait_for_end(within=PATIENCE)
        assert [service.stop() for service in services] == [0] * number
        shares = [service.log.read_text("utf-8").count("action=message_accepted") for service in services]
        copies = told(
            capsys,
            f"{number} processes",
            hosts,
            services,
            f"all sent after {took:.1f} s",
            f"by each {shares}",
        )
        assert copies == 0
        assert hosts.rows("SELECT count(*) FROM messages WHERE uncertain OR attempts <> 1") == [(0,)]
    finally:
        hosts.close()

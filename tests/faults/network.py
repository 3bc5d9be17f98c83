"""A network of the tests' own: namespaces around a router, any two of which can be cut off from each other."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_CLONE_NEWNET = 0x40000000  # sched.h
_ROUTER = "router"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=30)


class Network:
    """Places, each with a network stack of its own and one line to the router."""

    def __init__(self, places: tuple[str, ...]) -> None:
        self._prefix = f"notifier-{os.getpid()}-"
        self._addresses = {place: f"10.213.{number}.2" for number, place in enumerate(places, 1)}
        self._cuts: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
        self._libc = ctypes.CDLL(None, use_errno=True)
        try:
            self._add(_ROUTER)
            with self.inside(_ROUTER):  # what stands below /proc/sys/net is the reader's
                Path("/proc/sys/net/ipv4/ip_forward").write_text("1", "ascii")
            for number, place in enumerate(places, 1):
                self._add(place)
                ours, line = f"10.213.{number}", f"line{number}"
                of_router, of_place = ["-n", self._name(_ROUTER)], ["-n", self._name(place)]
                _ip(
                    *of_router,
                    "link",
                    "add",
                    line,
                    "type",
                    "veth",
                    "peer",
                    "line",
                    "netns",
                    self._name(place),
                )
                _ip(*of_router, "addr", "add", f"{ours}.1/24", "dev", line)
                _ip(*of_place, "addr", "add", f"{ours}.2/24", "dev", "line")
                _ip(*of_router, "link", "set", line, "up")
                _ip(*of_place, "link", "set", "line", "up")
                _ip(*of_place, "route", "add", "default", "via", f"{ours}.1")
        except BaseException:
            self.close()
            raise

    def address(self, place: str) -> str:
        """Return where a place can be reached."""
        return self._addresses[place]

    @contextmanager
    def inside(self, place: str) -> Iterator[None]:
        """Let this thread, and whatever process or thread it starts, use a place's network."""
        with (
            Path("/proc/thread-self/ns/net").open() as here,
            Path(f"/run/netns/{self._name(place)}").open() as there,
        ):
            self._enter(there.fileno())
            try:
                yield
            finally:
                self._enter(here.fileno())

    def cut(self, one: str, other: str, *, silently: bool = True) -> None:
        """Let nothing pass between two places: dropped without a word, or with the router's word that it is."""
        rules = [(one, other, "blackhole" if silently else "unreachable"), (other, one, "blackhole")]
        self._cuts[one, other] = rules
        for rule in rules:
            self._rule("add", *rule)

    def heal(self, one: str, other: str) -> None:
        """Undo `cut`."""
        for rule in self._cuts.pop((one, other)):
            self._rule("del", *rule)

    def heal_all(self) -> None:
        """Undo every `cut`."""
        for pair in list(self._cuts):
            self.heal(*pair)

    def close(self) -> None:
        """Take everything away."""
        for place in (*self._addresses, _ROUTER):
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", self._name(place))

    def _rule(self, change: str, source: str, target: str, kind: str) -> None:
        way = ["from", self.address(source), "to", self.address(target)]
        _ip("-n", self._name(_ROUTER), "rule", change, *way, kind)

    def _add(self, place: str) -> None:
        _ip("netns", "add", self._name(place))
        _ip("-n", self._name(place), "link", "set", "lo", "up")

    def _name(self, place: str) -> str:
        return f"{self._prefix}{place}"

    def _enter(self, namespace: int) -> None:
        if self._libc.setns(namespace, _CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


@contextmanager
def network(*places: str) -> Iterator[Network]:
    """Make a network of these places; skip the test where that can't be done, and say why."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces are made by root alone")
    if shutil.which("ip") is None:
        pytest.skip("there is no `ip` here: the package is iproute2")
    try:
        made = Network(places)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error).encode()
        pytest.skip(f"no network namespaces can be made here: {said.decode(errors='replace').strip()}")
    try:
        yield made
    finally:
        made.close()

"""A daemon with nothing to do: how seldom it wakes."""

import socket
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.machine import Machine, wait_until
from tests.acceptance.test_daemon import live_office

pytestmark = pytest.mark.slow  # each starts processes of its own


def test_the_passes_fall_in_with_the_beat_again_after_a_slot_between_two(machine: Machine) -> None:
    machine.post.open()
    live_office(machine)
    text = machine.config.read_text("utf-8")
    machine.config.write_text(text.replace("heartbeat = 3600", "heartbeat = 1"), "utf-8")
    machine.clock.set("2018-06-29T08:50", speed=1)
    service = machine.launch()
    machine.wait_for_passes(service)

    def times() -> list[datetime]:
        [found] = machine.rows("SELECT heartbeat, last_plan, last_send FROM daemons")
        return [datetime.fromisoformat(f"{one}+00:00") for one in found]

    beat, shown = times()[0], machine.clock()
    slot = timedelta(seconds=1.5) - (shown - beat)  # from now: half a beat after the next one
    machine.clock.set((datetime.fromisoformat("2018-06-29T09:00") - slot).isoformat(), speed=1)
    machine.post.wait(4)

    def are_together() -> bool:
        beat, *passes = times()
        return all(abs(one - beat) < timedelta(seconds=0.2) for one in passes)

    wait_until(are_together, "passes with the beat")
    assert service.stop() == 0


def test_an_endpoint_for_metrics_wakes_nobody_until_it_is_asked(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    machine.post.open()
    live_office(machine)
    text = machine.config.read_text("utf-8")
    place = f'heartbeat = 3600\nmetrics = "127.0.0.1:{port}"'
    machine.config.write_text(text.replace("heartbeat = 3600", place), "utf-8")
    machine.clock.set("2018-06-29T12:00")
    service = machine.launch()
    machine.wait_for_passes(service)

    def switches() -> int:
        count = 0
        for thread in Path(f"/proc/{service.pid}/task").iterdir():
            words = (thread / "status").read_text("ascii").split()
            count += int(words[words.index("voluntary_ctxt_switches:") + 1])
        return count

    def is_at_rest() -> bool:
        before = switches()
        time.sleep(1)
        return switches() == before

    wait_until(is_at_rest, "a second without a wake")
    assert service.stop() == 0

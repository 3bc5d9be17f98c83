"""procrastinate's workers, in a thread of their own: they fetch the jobs of a cluster and call the passes.

A host has two: one for the plan pass, one for mail, so that neither waits for the other. The pass itself runs in a
further thread. Whatever ends a worker, a server that was restarted for instance, it is begun anew.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException

from notifier.errors import in_one_line

log = logging.getLogger(__name__)

# A dead worker's jobs are back after SILENT_SECONDS and a sweep, unless the server has to find out that its host died.
BEAT_SECONDS = 2.0
SILENT_SECONDS = 6.0
_AGAIN_SECONDS = 1.0  # before workers that ended are begun anew
_START_SECONDS = 10.0
_POLL_SECONDS = 1.0  # no notification comes of a job whose moment is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What the workers call: on a thread of the pool, never two of one kind at once."""

    plan: Callable[[], None]
    send: Callable[[list[int]], None]
    beat: Callable[[], None]  # every BEAT_SECONDS
    may_work: Callable[
        [str], bool
    ]  # whether jobs of a task may be fetched now; on the event loop, looked at often


class Workers:
    """The workers of one host. `session` are psycopg's arguments, `heartbeat` in seconds is between two ticks."""

    def __init__(
        self, session: Mapping[str, Any], calls: Calls, heartbeat: Callable[[], int], tasks: tuple[str, str]
    ) -> None:
        self._session, self._calls, self._heartbeat = session, calls, heartbeat
        self._plan, self._send = tasks
        self._thread = threading.Thread(target=self._run, name="workers", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._round: asyncio.Future[Any] | None = None
        self._at_work = threading.Event()
        self._is_ending = False

    def start(self) -> None:
        """Begin; return once the workers are registered, or after a while."""
        self._thread.start()
        self._at_work.wait(_START_SECONDS)

    def end(self) -> None:
        """Fetch no job any more; what runs goes on."""
        self._is_ending = True
        self.begin_anew()

    def join(self, seconds: float) -> None:
        """Wait so long at most until the workers have signed off."""
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def begin_anew(self) -> None:
        """End the workers after the jobs in hand; they are begun again unless they are to end."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._end_round)

    @property
    def are_at_work(self) -> bool:
        """Whether workers stand ready, or are about to."""
        return self._thread.is_alive()

    def _end_round(self) -> None:
        if self._round is not None:
            self._round.cancel()

    def _run(self) -> None:
        asyncio.run(self._work())

    async def _work(self) -> None:
        self._loop = asyncio.get_running_loop()
        while not self._is_ending:
            self._round = asyncio.ensure_future(self._one_round())
            try:
                await self._round
            except asyncio.CancelledError:
                continue  # asked for
            except Exception as error:
                log.warning(
                    "The workers ended and are begun anew: %s", in_one_line(error),
                    extra={"action": "workers_ended"},
                )  # fmt: skip
            if not self._is_ending:
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _one_round(self) -> None:
        app = App(connector=PsycopgConnector(kwargs=dict(self._session), min_size=1, max_size=6, timeout=10))
        self._register(app)
        async with app.open_async():
            tasks = [asyncio.ensure_future(self._keep(app, queue)) for queue in (self._plan, self._send)]
            tasks.append(asyncio.ensure_future(self._beat(app)))
            self._at_work.set()
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, app: App, queue: str) -> None:
        """Have a worker for as long as its jobs may be done here; return or raise when it ends by itself."""
        while True:
            while not self._calls.may_work(queue):
                await asyncio.sleep(BEAT_SECONDS)
            worker = asyncio.ensure_future(
                app.run_worker_async(
                    queues=[queue],
                    name=queue,
                    concurrency=1,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                    fetch_job_polling_interval=_POLL_SECONDS,
                    update_heartbeat_interval=BEAT_SECONDS,
                    stalled_worker_timeout=SILENT_SECONDS,
                )
            )
            try:
                while self._calls.may_work(queue):
                    await asyncio.wait({worker}, timeout=BEAT_SECONDS)
                    if worker.done():
                        return worker.result()
            finally:
                worker.cancel()  # it ends after the job in hand
                await asyncio.gather(worker, return_exceptions=True)

    def _register(self, app: App) -> None:
        @app.periodic(cron=cron(self._heartbeat()))
        @app.task(name=self._plan, queue=self._plan, queueing_lock=f"{self._plan} tick")
        def plan(timestamp: int | None = None) -> None:  # noqa: ARG001  # procrastinate gives it
            self._calls.plan()

        @app.task(name=self._send, queue=self._send)
        def send(messages: list[int]) -> None:
            self._calls.send(messages)

    async def _beat(self, app: App) -> None:
        """Give back the jobs of workers that fell silent, and have the claims of this one renewed."""
        while True:
            try:
                await asyncio.to_thread(self._calls.beat)
                stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS)
                for job in stalled:
                    log.warning("A worker fell silent in job %s", job.id, extra={"action": "job_stalled"})
                    with suppress(ConnectorException):  # another host was first
                        await app.job_manager.retry_job(job)
            except Exception as error:
                log.warning(
                    "Stalled jobs can't be looked for: %s", in_one_line(error),
                    extra={"action": "sweep_failed"},
                )  # fmt: skip
            await asyncio.sleep(BEAT_SECONDS)


def cron(seconds: int) -> str:
    """Return the schedule of a tick that comes every so many seconds, or a little more often; an hour at most."""
    if seconds < 60:
        return f"* * * * * */{seconds}"
    return "0 * * * *" if seconds >= 3600 else f"*/{seconds // 60} * * * *"

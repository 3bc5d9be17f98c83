"""Templates that ops wrote are rendered in a child process with limits on time and memory.

The sandbox keeps a template from Python's insides, but not from work: `'x' | center(10**9)`, a string doubled in a
loop, a macro that calls itself twice. In the child each of them is one template error; the daemon goes on.
"""

import json
import os
import pickle
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import notifier
from notifier.errors import MailTooBig, TemplateError
from notifier.mail.render import Content, Office, Rendered, Source

MEMORY: Final = 256 * 1024 * 1024  # bytes of address space, of which Python and Jinja2 take 50 MB
RENDER_SECONDS: Final = 2.0  # of processor time; the shipped templates take some milliseconds
PROOF_SECONDS: Final = 5.0  # for all samples, and a little more for each template beyond a dozen
PATIENCE: Final = 5  # so many times as long may it take by the wall clock, on a busy machine
START_SECONDS: Final = 20.0  # of wall time on top, for a child that has yet to start
MAX_ANSWER: Final = 8_000_000  # bytes; what may leave is far smaller
IDLE_SECONDS: Final = 20.0  # then the child may go


class Confined:
    """A set of templates, rendered elsewhere; TemplateError says where one failed.

    Once a template overran the limits nothing is rendered in its language any more: each mail would cost as much again,
    and a reload makes a new set.
    """

    def __init__(self, sources: Mapping[str, Source], *, sender_name: str, office: Office) -> None:
        self._opening = pickle.dumps((dict(sources), sender_name, office))
        self._proof_seconds = PROOF_SECONDS + 0.2 * max(0, len(sources) - 12)
        self._child: _Child | None = None
        self._used = 0.0
        self._overrun: dict[str, list[str]] = {}  # by language

    def render(self, content: Content, *, redirected_from: str = "", language: str = "") -> Rendered:
        """Render the three parts; TemplateError names the lines that failed, or the limit, MailTooBig the parts."""
        if language in self._overrun:
            raise TemplateError(*self._overrun[language])
        answer = self._ask((content, redirected_from, language), RENDER_SECONDS)
        if "faults" in answer:
            if answer["overrun"]:
                self._overrun[language] = answer["faults"]
            raise TemplateError(*answer["faults"])
        if "too_big" in answer:
            raise MailTooBig(answer["too_big"])
        return Rendered(**answer)

    def faults(self) -> list[str]:
        """Return every fault of the set; see `proof.faults`."""
        try:
            return list(self._ask(None, self._proof_seconds)["faults"])
        finally:
            self.close()

    def rest(self) -> None:
        """End the child if it wasn't needed for a while; the next digest starts another."""
        if time.monotonic() - self._used > IDLE_SECONDS:
            self.close()

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def _ask(self, request: tuple[Content, str, str] | None, seconds: float) -> dict[str, Any]:
        is_fresh = self._child is None
        try:
            if self._child is None:
                self._child = _Child(self._opening)
            patience = seconds * PATIENCE + (START_SECONDS if is_fresh else 0)
            answer = self._child.ask(pickle.dumps((seconds, request)), patience)
        except OSError as error:
            self.close()
            fault = f"the process that renders templates can't be used: {error.strerror or error}"
            return {"faults": [fault], "overrun": False}
        if answer is None:
            self.close()
            if not is_fresh:  # it may have been killed meanwhile, for no fault of these templates
                return self._ask(request, seconds)
            limits = f"{seconds:.0f} s or {MEMORY >> 20} MB of memory"
            fault = f"templates: rendering needs more than {limits}: look for huge repeats, widths and loops"
            return {"faults": [fault], "overrun": True}
        self._used = time.monotonic()
        return answer


class _Child:
    """The child process and the socket to it; it ends when the socket does, or this object."""

    def __init__(self, opening: bytes) -> None:
        root = str(Path(notifier.__file__).resolve().parents[1])
        # Nothing of the daemon's own surroundings, such as where its credentials lie.
        environment = {"PYTHONPATH": root, "PATH": os.defpath, "MALLOC_ARENA_MAX": "2"}
        command = [sys.executable, "-P", "-m", "notifier.mail.confined_child"]
        self._socket, theirs = socket.socketpair()
        with ExitStack() as unfinished, theirs:
            unfinished.callback(self._socket.close)
            process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                command,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                env=environment,
            )
            unfinished.pop_all()
        self.end = weakref.finalize(self, _end, process, self._socket)
        self._opening = opening

    def ask(self, request: bytes, patience: float) -> dict[str, Any] | None:
        """Return the answer; None when none came in time, or the child died of it."""
        deadline = time.monotonic() + patience
        opening, self._opening = self._opening, b""
        answer = bytearray()
        try:
            self._socket.settimeout(patience)
            self._socket.sendall(opening + request)
            while not answer.endswith(b"\n"):
                self._socket.settimeout(max(0.001, deadline - time.monotonic()))
                answer += (piece := self._socket.recv(1 << 20))
                if not piece or len(answer) > MAX_ANSWER:
                    return None
        except (TimeoutError, ConnectionError):
            return None
        found: dict[str, Any] = json.loads(answer)
        return found


def _end(process: subprocess.Popen[bytes], connection: socket.socket) -> None:
    connection.close()
    process.kill()
    process.wait()

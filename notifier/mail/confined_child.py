"""The child process of confined.py: digests in on standard input, what they render to out, a line of JSON each.

First comes the set of templates, then requests: the seconds of processor time it may take, and a digest with the
true recipient of a redirected mail and the language, or None for the proof of the whole set.
"""

import json
import pickle
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from types import FrameType
from typing import Any

from notifier.errors import MailTooBig, TemplateError
from notifier.mail import proof
from notifier.mail.confined import MEMORY
from notifier.mail.render import Templates


class Overrun(Exception):
    """Rendering takes longer than it may."""


def main() -> None:
    """Answer requests until standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, _strike)
    # The other end is the daemon itself: it sends its own objects, and takes back only JSON.
    requests = sys.stdin.buffer
    sources, sender_name, office = pickle.load(requests)  # noqa: S301
    templates = Templates(sources, sender_name=sender_name, office=office)
    while True:
        try:
            seconds, request = pickle.load(requests)  # noqa: S301
        except EOFError:
            return
        # Raises Overrun inside whatever runs then, and again for what goes on after that.
        signal.setitimer(signal.ITIMER_PROF, seconds, seconds)
        try:
            answer = _answer(templates, request)
        except TemplateError as error:
            answer = _faults(error.faults)
        except MailTooBig as error:
            answer = {"too_big": str(error)}
        except Exception as error:  # the limits strike anywhere
            answer = _faults([f"templates: {type(error).__name__}: {error}"])
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        sys.stdout.buffer.flush()


def _strike(_signal: int, _frame: FrameType | None) -> None:
    raise Overrun("rendering takes too long")


def _answer(templates: Templates, request: Any) -> dict[str, Any]:
    if request is None:
        return _faults(proof.faults(templates))
    digest, redirected_from, language = request
    return asdict(templates.render(digest, redirected_from=redirected_from, language=language))


def _faults(faults: Sequence[str]) -> dict[str, Any]:
    return {"faults": list(faults), "overrun": any(map(proof.is_overrun, faults))}


if __name__ == "__main__":
    main()

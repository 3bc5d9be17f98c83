"""The child process of confined.py: one file from standard input, its rows or the reason why not on standard output."""

import resource
import sys
from collections.abc import Callable

from notifier.errors import DocumentError, in_one_line
from notifier.intake.confined import FAR_TOO_BIG, MEMORY, SECONDS, pack
from notifier.intake.rows import Content, bound


def main(kind: str, name: str) -> int:
    """Read the file on standard input as `kind` and return the exit code: 0 with rows, 1 with a reason."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        content = _reader(kind)(sys.stdin.buffer.read(), name)
        _bound(content, name)
        sys.stdout.buffer.write(pack(content))
        return 0
    except DocumentError as error:
        reason = str(error)
    except MemoryError:
        reason = f"{name}: reading needs more than {MEMORY >> 20} MB of memory; {FAR_TOO_BIG}"
    except Exception as error:  # libraries raise whatever they like on damaged files
        said = in_one_line(error)[:200]
        reason = f"{name}: is damaged or incomplete ({type(error).__name__}{f': {said}' if said else ''})"
    sys.stdout.buffer.write(reason.encode("utf-8", "replace"))
    return 1


def _reader(kind: str) -> Callable[[bytes, str], Content]:
    # Each loads its library when it is asked for, and no other.
    if kind == "docx":
        from notifier.intake.word import read
    elif kind == "pdf":
        from notifier.intake.pdf import read
    elif kind == "html":
        from notifier.intake.html import read
    else:
        from notifier.intake.sheet import read
    return read


def _bound(content: Content, name: str) -> None:
    cells = sum(len(row.cells) for row in content.rows)
    letters = sum(
        len(row.loose) + sum(len(line) for cell in row.cells for line in cell.lines) for row in content.rows
    )
    bound(name, cells, letters)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

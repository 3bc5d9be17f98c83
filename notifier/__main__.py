"""`python -m notifier`, and the `notifier` command."""

import sys

import click

from notifier.errors import NotifierError


def main() -> None:
    """Run the command line; every error raised on purpose is printed plainly and gives its own exit code."""
    from notifier.cli import notifier  # the errors above must be there to catch what it raises

    try:
        sys.exit(notifier.main(standalone_mode=False))
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except NotifierError as error:
        from notifier import logs

        for line in str(error).splitlines() or [type(error).__name__]:
            # The journal, which keeps it, gets it as the log has it: with a priority, and nobody's address.
            told = logs.line(line, action="not_done") if logs.is_journal() else f"notifier: {line}"
            click.echo(told, err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away, as `| head` does
        sys.exit(1)
    except OSError as error:
        click.echo(f"notifier: {error.filename or ''}: {error.strerror or error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()

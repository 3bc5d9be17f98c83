"""The command line: what ops type. A command's module is imported only when the command is called."""

import logging
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

import click

from notifier import __version__

# name: (module, one line of help). The lines stand here so that `--help` imports no command.
_COMMANDS = {
    "init": ("init", "Write a configuration, templates, an example and the systemd unit into a folder."),
    "check": ("check", "Faults, what needs a person, and the next five digests."),
    "tasks": ("check", "Every task: phrase, rule, next checkpoint or why none, light."),
    "explain": ("language", "How a time phrase is read."),
    "resolve": ("language", "Whom a unit phrase names."),
    "agenda": ("ahead", "Who will be told what, when, without sending."),
    "preview": ("ahead", "A contact's digest as it will look."),
    "rehearse": ("rehearse", "The same passes on a simulated clock, into a Maildir and a report."),
    "run": ("service", "The daemon."),
    "status": ("status", "Is it alive, what waits, what failed, when it wakes next."),
    "why": ("why", "Why a contact did, or did not, get the reminders of a task."),
    "done": ("close", "Close a task, for all or for one unit, or receive one report."),
    "reopen": ("close", "Take back what was closed."),
    "suspend": ("lives", "Let a task rest for a while, for all or for one unit."),
    "resume": ("lives", "Go on with a suspended task, from now on."),
    "extend": ("lives", "Move a task's due day; the original one is kept."),
    "event": ("close", "Record the day on which something happened that tasks count from."),
    "confirm": ("confirm", "Let go what is held until a person says so."),
    "retry": ("retry", "Failed and refused mail again; without arguments, what that would be."),
    "ledger": ("ledger", "Who was told what, as a table; whether the past was changed; a backup."),
    "send-test": ("service", "Send one test mail."),
    "migrate-to": ("moving", "Move the ledger to a PostgreSQL server, once and for good."),
}


class _LazyGroup(click.Group):
    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            near = get_close_matches(name, _COMMANDS, n=1)
            hint = f" Did you mean {near[0]}?" if near else f" There is {', '.join(_COMMANDS)}."
            raise click.UsageError(f"No such command {name!r}.{hint}", ctx)
        command = getattr(import_module(f"notifier.cli.{_COMMANDS[name][0]}"), name.replace("-", "_"))
        return command if isinstance(command, click.Command) else None

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="NOTIFIER_CONFIG",
    help="The configuration (default: $NOTIFIER_CONFIG, ./config.toml, /etc/notifier/config.toml).",
)
@click.version_option(__version__, prog_name="notifier", message="%(prog)s %(version)s")
@click.pass_context
def notifier(ctx: click.Context, config: Path | None) -> None:
    """Mail every responsible unit what it promised, before it is due."""
    ctx.obj = config
    # The log is the daemon's. What a rehearsal's passes have to say is of mails that there are not.
    logging.getLogger("notifier").addHandler(logging.NullHandler())

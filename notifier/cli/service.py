"""`run` and `send-test`: the daemon and the way out."""

import logging
from datetime import datetime
from types import ModuleType

import click

from notifier import logs
from notifier.cli.frame import the_app
from notifier.config import Address, Config
from notifier.digest import Notice, build
from notifier.errors import ConfigError, FaultsError, NotifierError, UsageError
from notifier.mail.transport import Outgoing, Result
from notifier.people import Role
from notifier.timing.checkpoint import Kind

log = logging.getLogger(__name__)


@click.command()
@click.option(
    "--catch-up", is_flag=True, help="On a first import, plan what fell due within the catch-up cap, as late."
)
@click.option("--new-ledger", is_flag=True, help="Make a new ledger where the old one is gone for good.")
@click.pass_context
def run(ctx: click.Context, catch_up: bool, new_ledger: bool) -> None:
    """The daemon: until SIGTERM; SIGHUP reloads."""
    layout = "logfmt"  # until config.toml has its say
    try:
        app = the_app(ctx)
        layout = app.config.service.log
        from notifier.mail.interpreter import weaknesses

        with logs.on_stderr(layout):
            if told := weaknesses():
                log.warning("%s", told, extra={"action": "python_outdated"})
            try:
                # Only this command needs APScheduler, and only where there are several hosts procrastinate.
                if app.config.service.engine == "cluster":
                    cluster = _cluster(app.config)
                    code = cluster.run(app, catch_up=catch_up)
                else:
                    from notifier import daemon

                    code = daemon.run(app, catch_up=catch_up, new_ledger=new_ledger)
            except NotifierError:
                raise
            except Exception as error:
                log.critical(
                    "The daemon ended: %s: %s", type(error).__name__, error,
                    exc_info=True, extra={"action": "crashed"},
                )  # fmt: skip
                code = 1
    except NotifierError as error:
        # As the log would have it: the journal keeps them, so they carry a priority and nobody's address.
        for fault in error.faults if isinstance(error, FaultsError) else (str(error),):
            click.echo(logs.line(fault, action="not_started", layout=layout), err=True)
        code = error.exit_code
    ctx.exit(code)


def _cluster(config: Config) -> ModuleType:
    try:
        from notifier import cluster
    except ImportError as error:
        raise ConfigError(
            f'{config.path}: service.engine: "cluster" needs the extra of that name, as in '
            f"pip install 'notifier[cluster]': {error}"
        ) from None
    return cluster


@click.command()
@click.argument("address")
@click.pass_context
def send_test(ctx: click.Context, address: str) -> None:
    """Send one test mail to ADDRESS, the way that [delivery] names; redirected, if all mail is."""
    from notifier.mail.compose import Envelope

    _check(address)
    app = the_app(ctx)
    now = app.clock()
    delivery = app.config.delivery
    target = delivery.redirect_to if delivery.mode == "redirect" and delivery.redirect_to else address
    message_id = f"<test.{now:%Y%m%d%H%M%S%f}@{app.config.mail.domain}>"
    data = app.composer().compose(
        build([_test_notice(now.astimezone(app.config.zone))], slot=now, zone=app.config.zone),
        Envelope(
            to_name="",
            to_address=target,
            message_id=message_id,
            date=now.astimezone(app.config.zone),
            redirected_from=address if target != address else None,
        ),
    )
    mail = Outgoing(id=0, address=target, sender=app.config.mail.sender, data=data, message_id=message_id)
    results: list[Result] = []
    transport = app.transport()
    try:
        fault = transport.deliver(
            [mail],
            begin=lambda _mail: None,
            record=lambda _mail, result: results.append(result),
            stop=lambda: False,
        )
    finally:
        transport.close()
    result = fault or results[0]
    if result.state != "accepted":
        raise NotifierError(f"{target}: {result.state}: {result.reply}")
    click.echo(f"{target}: {result.reply}")


def _check(address: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(Address).validate_python(address)
    except ValidationError:
        raise UsageError(f"{address!r} is no mail address") from None


def _test_notice(now: datetime) -> Notice:
    return Notice(
        plan="test",
        plan_title="测试邮件",
        plan_number="",
        ref="0",
        section="",
        text="这是一封测试邮件，用于检查邮件系统是否连通，无需办理。",
        timing="",
        rule="ongoing",
        kind=Kind.REPORT,
        family=Kind.REPORT,
        label="",
        nominal=now.date(),
        day=now.date(),
        at=now,
        role=Role.JOINT,
        units=("测试单位",),
        co_units=(),
        notes=(),
        soft=False,
        provisional=False,
        original_due=None,
        folded=(),
        copied=False,
    )

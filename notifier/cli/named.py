"""What ops name on the command line: contacts, units, tasks and plans; a name that is none is told with those near."""

from collections.abc import Iterable
from dataclasses import replace

from notifier.app import App
from notifier.cli.frame import near
from notifier.errors import UsageError
from notifier.passes.setting import setting_of
from notifier.people.directory import Directory


def address_of(named: str, app: App) -> str:
    """Return the address of the one contact that ops mean by an address, a name or a unit."""
    known = app.people.contacts
    exact = [contact for contact in known if contact.address.lower() == named.lower()]
    unit = app.setting.directory_at(app.clock()).contacts(named)
    found = exact or [contact for contact in known if contact.name == named] or list(unit)
    addresses = list({contact.address.lower(): contact.address for contact in reversed(found)}.values())
    if len(addresses) == 1:
        return addresses[0]
    if addresses:
        raise UsageError(f"{named} is more than one contact: {', '.join(addresses)}")
    words = {word: None for contact in known for word in (contact.address, contact.name, contact.unit)}
    raise UsageError(f"{named} is no contact of any unit{near(named, words)}")


def told_alone(app: App, address: str) -> App:
    """Return an app in which nobody else has an address, so that a look far ahead stays quick."""
    only = [contact for contact in app.people.contacts if contact.address.lower() == address.lower()]
    directory = Directory.build(only, app.config.groups, app.config.aliases)
    setting = setting_of(app.config, directory, only)
    return replace(app, setting=replace(setting, recorded=app.setting.recorded))


def units_meant(named: Iterable[str], app: App) -> frozenset[str]:
    """Return the units that ops mean, a group's members for the group, under the names by which they go."""
    listing = app.setting.directory_at(app.clock())
    found: set[str] = set()
    for name in named:
        if not listing.is_known(name):
            words = dict.fromkeys([*(contact.unit for contact in app.people.contacts), *app.config.groups])
            raise UsageError(f"{name} is no unit or group of the directory{near(name, words)}")
        found.update((listing.canonical(name), *listing.members([name])))
    return frozenset(found)


def tasks_meant(named: Iterable[str], app: App) -> frozenset[tuple[str, str]]:
    """Return the (plan, ref) of tasks that ops mean by `7`, or by `plan/7`, which says of which plan."""
    known = {(entry.key, task.row.ref) for entry in app.book for task in entry.tasks}
    found: set[tuple[str, str]] = set()
    for name in named:
        plan, slash, ref = name.rpartition("/")
        fit = {key for key in known if key[1] == ref and (not slash or key[0] == plan)}
        if not fit:
            shown = [f"{key[0]}/{key[1]}" if slash else key[1] for key in known]
            raise UsageError(f"there is no task {name}{near(name, shown)}")
        if len(fit) > 1:
            listed = ", ".join(sorted(f"{key[0]}/{key[1]}" for key in fit))
            raise UsageError(f"task {name} is more than one: {listed}")
        found |= fit
    return frozenset(found)


def plans_meant(named: Iterable[str], app: App) -> frozenset[str]:
    """Return the plans that ops mean, by their keys."""
    known = [entry.key for entry in app.book]
    for name in named:
        if name not in known:
            raise UsageError(f"there is no plan {name}; there is {', '.join(known)}")
    return frozenset(named)

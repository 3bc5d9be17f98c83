"""Whose ledger it is: ops type commands as root, and nothing of root's may be left beside the service's files."""

import os
import pwd
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import notifier
from notifier.config.database import is_file
from notifier.errors import ConfigError, NotifierError

if TYPE_CHECKING:
    from notifier.config import Config


def act_as_owner(config: "Config") -> None:
    """Where root runs this and another user owns the folder of the database, become that user, for good.

    A ledger on a server leaves no files, and asks who connects. What only root can read, the mail server's password,
    is read before. Raises NotifierError when that user can't read this very program, ConfigError when this root can't
    become that user.
    """
    if os.geteuid() != 0 or not is_file(config.service.database):
        return
    folder = config.database.parent
    if not folder.is_dir():
        return
    owner = folder.stat()
    if owner.st_uid == 0:
        return
    from notifier.config.credential import keep_credential

    keep_credential(config)
    try:
        account = pwd.getpwuid(owner.st_uid)
    except KeyError:
        name, group, home = str(owner.st_uid), owner.st_gid, "/"
        groups: list[int] = []
    else:
        name, group, home = account.pw_name, account.pw_gid, account.pw_dir
        groups = os.getgrouplist(name, group)
    try:
        os.setgroups(groups)
        os.setresgid(group, group, group)
        os.setresuid(owner.st_uid, owner.st_uid, owner.st_uid)
    except PermissionError:  # root of a container, without its capabilities
        raise ConfigError(
            f"service.database: {folder}: this belongs to {name}, and root can't become that user here"
        ) from None
    os.environ["HOME"] = home
    for place in (Path(sys.executable), Path(os.__file__), Path(notifier.__file__)):
        if not os.access(place, os.R_OK):
            raise NotifierError(
                f"{folder} belongs to {name}, who can't read this program ({place}): "
                "use the installation that the service runs"
            )

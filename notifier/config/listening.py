"""Where the daemon may listen: loopback or a UNIX socket, never a network."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

_HOW = 'write "127.0.0.1:9464", "[::1]:9464" or "unix:/run/notifier/metrics.sock"'


@dataclass(frozen=True, slots=True)
class Loopback:
    """A TCP port of this host that no other host reaches."""

    host: str  # 127.0.0.1, or another address of ip_address().is_loopback
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UnixSocket:
    """A socket in the file system; a relative path counts from the folder of config.toml."""

    path: Path

    def __str__(self) -> str:
        return f"unix:{self.path}"


def _place(value: Any) -> "Loopback | UnixSocket":
    if isinstance(value, Loopback | UnixSocket):
        return value
    if not isinstance(value, str):
        raise ValueError(f"this is no place to listen at: {_HOW}")
    if value.startswith("unix:") and (path := value.removeprefix("unix:").strip()):
        return UnixSocket(Path(path))
    host, colon, port = value.strip().rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
    if not colon or not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        raise ValueError(f"{value!r} is no place to listen at: {_HOW}")
    try:
        is_loopback = ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ValueError(
            f"{host!r} is not this host alone: what counts mail is nobody else's business; {_HOW}"
        )
    return Loopback(host, int(port))


Listening = Annotated[Loopback | UnixSocket, BeforeValidator(_place)]

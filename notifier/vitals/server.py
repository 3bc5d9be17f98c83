"""The endpoint on loopback or a UNIX socket: /metrics and /healthz, one short request at a time."""

import json
import socket
import socketserver
import stat
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, cast

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from notifier.config.listening import Loopback, UnixSocket
from notifier.vitals.metrics import registry_of
from notifier.vitals.vitals import Vitals

_REQUEST_SECONDS = 3.0  # for a whole request, however slowly it comes
_NAMES = ("127.0.0.1", "localhost", "::1")


class Server:
    """An endpoint in a thread of its own, until it is closed. Raises OSError where it can't listen."""

    def __init__(self, place: Loopback | UnixSocket, vitals: Vitals) -> None:
        self.place = place
        self._path: Path | None = None
        if isinstance(place, UnixSocket):
            self._path = vitals.passes.app.config.resolve(place.path)
            _clear(self._path)
            self._server: _Tcp | _Unix = _Unix(str(self._path), _Handler)
            self._path.chmod(0o660)
        else:
            server = _Tcp6 if ":" in place.host else _Tcp
            self._server = server((place.host, place.port), _Handler)
        self._server.vitals = vitals
        self._server.registry = registry_of(vitals)
        self._is_closed = False
        self._thread = threading.Thread(target=self._serve, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more; a request in hand is waited for a moment."""
        self._is_closed = True
        with suppress(OSError):
            self._server.socket.shutdown(socket.SHUT_RDWR)  # ends the wait for a request
        self._thread.join(_REQUEST_SECONDS)  # a disk that hangs may hold it for ever
        self._server.server_close()
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()

    def _serve(self) -> None:
        # Its own serve_forever looks ten times a second, or however often it is told to, whether to end.
        while not self._is_closed:
            self._server.handle_request()


def _clear(path: Path) -> None:
    """Remove the socket that a daemon left which died; anything else at its place stays, and is an error at bind."""
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()


class _Serving:
    """One request after the other: whoever holds the line holds it for some seconds at most, and no pass ever."""

    vitals: Vitals
    registry: Any
    request_queue_size = 16

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """Say nothing: a client that went away is no news."""


class _Tcp(_Serving, socketserver.TCPServer):
    allow_reuse_address = True


class _Tcp6(_Tcp):
    address_family = socket.AF_INET6


class _Unix(_Serving, socketserver.UnixStreamServer):
    pass


class _Handler(BaseHTTPRequestHandler):
    server_version, sys_version = "notifier", ""
    protocol_version = "HTTP/1.0"
    timeout = _REQUEST_SECONDS

    def handle(self) -> None:
        """Answer one request, if it comes in time."""
        # The time-out of a socket is one of each octet: a client may send one a second for ever.
        end = threading.Timer(_REQUEST_SECONDS, self._cut)
        end.daemon = True
        end.start()
        try:
            super().handle()
        finally:
            end.cancel()

    def _cut(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def do_GET(self) -> None:
        """Answer /metrics and /healthz; 403 where the Host header names another host, 404 for the rest."""
        server = cast("_Serving", self.server)
        if not self._is_for_us():
            self._say(HTTPStatus.FORBIDDEN, b"Host is not this host\n")
        elif self.path == "/metrics":
            self._say(HTTPStatus.OK, generate_latest(server.registry), CONTENT_TYPE_LATEST)
        elif self.path == "/healthz":
            health = server.vitals.health()
            status = HTTPStatus.OK if health["ok"] else HTTPStatus.SERVICE_UNAVAILABLE
            self._say(status, json.dumps(health, ensure_ascii=False).encode() + b"\n", "application/json")
        else:
            self._say(HTTPStatus.NOT_FOUND, b"there is /metrics and /healthz\n")

    def _is_for_us(self) -> bool:
        # A page in a browser on this host can have its own name resolved to 127.0.0.1; it can't change the Host header.
        if not isinstance(self.server, _Tcp):
            return True
        hosts = self.headers.get_all("Host", [])
        name, port = self.server.socket.getsockname()[:2]
        known = {f"{_quoted(host)}{end}" for host in (*_NAMES, str(name)) for end in ("", f":{port}")}
        return len(hosts) == 1 and hosts[0].strip().lower() in known

    def _say(self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        """Return nothing: the clients of a UNIX socket have no address, and none is logged."""
        return ""

    def log_message(self, *_: Any) -> None:
        """Log nothing: a scrape every few seconds would fill the journal."""


def _quoted(host: str) -> str:
    return f"[{host}]" if ":" in host else host

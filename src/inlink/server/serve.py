"""`inlink serve`: the site on a loopback address until Ctrl-C."""

from __future__ import annotations

import ipaddress
import socket
import sys
from pathlib import Path
from typing import Protocol

import uvicorn

from inlink.errors import Busy, Refused
from inlink.server.app import create_app
from inlink.server.guard import LOOPBACK_NAMES
from inlink.workbench import Workbench


class Call(Protocol):
    """What a verb is called with."""

    @property
    def folder(self) -> Path:
        """The workspace's folder."""

    @property
    def quiet(self) -> bool:
        """Say only what was asked for."""


def serve(call: Call, *, host: str, port: int) -> None:
    """Serve the workspace until Ctrl-C.

    Raises: Refused for an address that others could reach; Busy where the port is taken.
    """
    if not is_loopback(host):
        raise Refused(
            f"{host} can be reached from other machines",
            hint="the site has no login yet: use 127.0.0.1, ::1 or localhost",
        )
    with Workbench.open(call.folder) as bench, listen(host, port) as listener:
        if not call.quiet:
            sys.stdout.write(f"serving {call.folder} at {address(listener)} (Ctrl-C stops)\n")
            sys.stdout.flush()
        run(bench, listener)


def run(bench: Workbench, listener: socket.socket) -> None:
    """Answer on the socket until Ctrl-C, which is the way to end it."""
    app = create_app(bench, names=(*LOOPBACK_NAMES, host_of(listener)))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return


def host_of(listener: socket.socket) -> str:
    """The address that is listened on, as it stands in a URL."""
    host = str(listener.getsockname()[0])
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """True for localhost and loopback addresses."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on the loopback address: who connects before the server runs waits for it."""
    host = "127.0.0.1" if host.lower() == "localhost" else host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise Busy(f"port {port} of {host} cannot be used: {error.strerror}", hint="choose another: --port 0") from None
    return listener


def address(listener: socket.socket) -> str:
    """The URL of the site."""
    return f"http://{host_of(listener)}:{listener.getsockname()[1]}/"

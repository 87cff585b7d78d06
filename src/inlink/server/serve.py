"""`inlink serve`: pages, API and jobs of a workspace on one address until they are stopped."""

from __future__ import annotations

import contextlib
import gc
import ipaddress
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Protocol

import pyarrow as pa
import uvicorn

from inlink.errors import BadInput, Busy, Refused
from inlink.server.app import create_app
from inlink.server.guard import bracketed
from inlink.server.site import LOOPBACK_NAMES, Site, site_of
from inlink.web.app import compile_templates
from inlink.workbench import Workbench

MEMORY = "160MB"  # of the served file's pages and of queries: answers are as quick as with a gigabyte
GRACE_S = 10  # for answers that are being written when the server is stopped
EVERYWHERE = ("0.0.0.0", "[::]")  # noqa: S104  said as an address that this machine can open
YOUNG = 10_000  # new objects between two looks for circles; a page makes some thousands
AT_ONCE = 500  # connections; more are told to come again


class Call(Protocol):
    """What a verb is called with."""

    @property
    def folder(self) -> Path:
        """The workspace's folder."""

    @property
    def quiet(self) -> bool:
        """Say only what was asked for."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Files of a certificate with its chain, and of its key."""

    cert: Path
    key: Path


def serve(
    call: Call,
    *,
    host: str,
    port: int,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    jobs: bool = True,
) -> None:
    """Serve the workspace until Ctrl-C.

    Raises: Refused for an address that others could reach while there are no users; Busy where the port is taken;
    BadInput for half a certificate.
    """
    tls = tls_of(tls_cert, tls_key)
    with Workbench.open(call.folder, memory=MEMORY) as bench, listen(host, port) as listener:
        site = reached(bench, listener, host)
        if not call.quiet:
            sys.stdout.write(f"serving {call.folder} at {address(listener, site, tls=tls)} (Ctrl-C stops)\n")
            sys.stdout.flush()
        if is_bare(listener, site, tls):
            sys.stderr.write("warning: passwords and pages can be read on the way; see docs/serve.md for TLS\n")
        with bench.jobs.working() if jobs else contextlib.nullcontext():
            run(bench, listener, site, tls)


def reached(bench: Workbench, listener: socket.socket, host: str) -> Site:
    """How the site is reached. Raises: Refused where others could reach it and there are no users."""
    bound = str(listener.getsockname()[0])
    names = (*LOOPBACK_NAMES, host_of(listener), *((host.strip("[]"),) if host else ()))
    site = site_of(bench.settings.server, names, is_loopback=is_loopback(bound))
    if not site.is_local and not bench.accounts.exist():
        raise Refused(
            f"{host} can be reached from other machines, and there are no users yet"
            if not is_loopback(bound)
            else "the settings say that others reach this site, and there are no users yet",
            hint="add one who may do all: inlink user add NAME --role admin",
        )
    return site


def is_bare(listener: socket.socket, site: Site, tls: Tls | None) -> bool:
    """Whether others may reach the site without encryption."""
    return tls is None and not site.proxies and not is_loopback(str(listener.getsockname()[0]))


def run(bench: Workbench, listener: socket.socket, site: Site | None = None, tls: Tls | None = None) -> None:
    """Answer on the socket until Ctrl-C or SIGTERM, which are the ways to end it.

    Without a site nobody signs in: for a serving file by itself, on this machine.
    """
    app = create_app(bench, accounts=bench.accounts, site=site) if site else create_app(bench)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the gate reads them, from proxies that are trusted
        ws="none",
        limit_concurrency=AT_ONCE,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=tls.cert if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )
    compile_templates()
    # Arrow's own allocators keep for each thread what it has freed: 60 MB with 16 visitors, and no faster for it.
    pa.set_memory_pool(pa.system_memory_pool())
    with contextlib.suppress(KeyboardInterrupt), _stopped_by_sigterm(), _frozen():
        uvicorn.Server(config).run(sockets=[listener])


@contextlib.contextmanager
def _frozen() -> Iterator[None]:
    """What a site is made of stays: looking through it for circles would stop all answers for a tenth of a second."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextlib.contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """SIGTERM as Ctrl-C: uvicorn sends it on when all is answered, and then the workspace is to be closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def tls_of(cert: Path | None, key: Path | None) -> Tls | None:
    """The certificate that is named. Raises: BadInput where only one of its files is, or one is not there."""
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise BadInput("a certificate needs its key", hint="name both: --tls-cert FILE --tls-key FILE")
    for path in (cert, key):
        if not path.is_file():
            raise BadInput(f"{path} is no file", hint="name a file in PEM form")
    return Tls(cert, key)


def host_of(listener: socket.socket) -> str:
    """The address that is listened on, as it stands in a URL."""
    return bracketed(str(listener.getsockname()[0]))


def is_loopback(host: str) -> bool:
    """True for localhost and loopback addresses."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket: who connects before the server runs waits for it.

    Raises: Busy where the port is taken; BadInput where the host is no address of this machine.
    """
    host = "127.0.0.1" if host.lower() == "localhost" else host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's delay off where the socket says TCP: without it, each page waits 40 ms for a browser's ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except socket.gaierror:
        listener.close()
        raise BadInput(f"{host} is no address", hint="use one of this machine, such as 127.0.0.1") from None
    except OSError as error:
        listener.close()
        raise Busy(f"port {port} of {host} cannot be used: {error.strerror}", hint="choose another: --port 0") from None
    return listener


def address(listener: socket.socket, site: Site | None = None, *, tls: Tls | None = None) -> str:
    """The URL of the site."""
    if site is not None and site.base_url:
        return f"{site.base_url}/"
    host = host_of(listener)
    host = "127.0.0.1" if host in EVERYWHERE else host
    return f"http{'s' if tls else ''}://{host}:{listener.getsockname()[1]}/"

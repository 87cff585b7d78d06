"""The way to a server: names become addresses here, and only checked addresses are connected to."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler

from inlink.errors import Refused, Unreachable
from inlink.fetch.guard import HINT, Place, address_in, check_address, is_public
from inlink.fetch.policy import Policy


class Gate(AbstractResolver):
    """Resolves names and opens sockets; both refuse addresses that are not public.

    A name is resolved once per connection and the connection goes to the address that was checked, so that an answer
    that changes in between (DNS rebinding) gains nothing.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._allowed: set[tuple[str, int]] = set()  # addresses of test hosts

    def allow(self, place: Place) -> None:
        """Let a test host's address through, where the URL names it by address."""
        if not place.is_literal or (place.host, place.port) in self._allowed:
            return
        if self._policy.is_test_host(place.host, place.port):
            self._allowed.add((str(address_in(place.host)), place.port))

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Every address of a name. Raises: Refused where one of them is not public, Unreachable where there is none."""
        if (route := self._policy.route(host)) is not None:
            self._allowed.add((route.address, route.port))
            kind = socket.AF_INET6 if ":" in route.address else socket.AF_INET
            return [_found(host, route.address, route.port, kind, 0)]
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:  # the latter where a part of the name is empty or too long
            raise Unreachable(f"{host}: no such host", hint="check the name and the connection") from error
        results: list[ResolveResult] = []
        for kind, _, protocol, _, address in found:
            text = str(address[0])
            if self._policy.is_test_host(host, port):
                self._allowed.add((text, port))
            else:
                check_address(ipaddress.ip_address(text), host)
            results.append(_found(host, text, port, kind, protocol))
        return results

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for an address that is about to be connected to: the last check, whatever led here."""
        family, kind, protocol, _, address = info
        if not is_public(ipaddress.ip_address(address[0])) and (str(address[0]), int(address[1])) not in self._allowed:
            raise Refused(f"{address[0]} is inside a private or special network", hint=HINT, reason="address")
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Nothing is held."""


def _found(host: str, address: str, port: int, kind: socket.AddressFamily, protocol: int) -> ResolveResult:
    flags = socket.AI_NUMERICHOST
    return ResolveResult(hostname=host, host=address, port=port, family=kind, proto=protocol, flags=flags)


class _Reader(ResponseHandler):
    """Reads the head of an answer that is longer than its Content-Length before the body, so that both are kept.

    aiohttp drops an answer whose head comes in one piece with too long a body; browsers leave out what is too much.
    """

    def data_received(self, data: bytes) -> None:
        """Take what came, in two pieces where a head ends within it and more follows than it says."""
        end = -1 if self._payload is not None and not self._payload.is_eof() else data.find(b"\r\n\r\n")
        if 0 <= end < len(data) - 4 and _could_be_too_long(data[: end + 2], len(data) - end - 4):
            super().data_received(data[: end + 4])
            if self.exception() is not None:
                return
            data = data[end + 4 :]
        super().data_received(data)


def _could_be_too_long(head: bytes, n_after: int) -> bool:
    """Whether more bytes follow a head than its Content-Length says."""
    head = head.lower()
    at = head.find(b"\ncontent-length:")
    if at < 0:
        return False
    size = head[at + 16 : head.index(b"\r\n", at + 1)].strip()
    return not size.isdigit() or int(size[:20]) < n_after


def _reader(loop: asyncio.AbstractEventLoop) -> ResponseHandler:
    return _Reader(loop)


def open_connector(gate: Gate, *, limit: int = 16, forgives_length: bool = False) -> aiohttp.TCPConnector:
    """Connections that go only through the gate.

    limit: at a time, 0 for none. forgives_length: what is sent beyond Content-Length is left out, and no failure.
    """
    connector = aiohttp.TCPConnector(
        resolver=gate, use_dns_cache=False, socket_factory=gate.open_socket, limit=limit, ttl_dns_cache=None
    )
    if forgives_length:  # aiohttp has no public way; the test of too long bodies holds it
        connector._factory = functools.partial(_reader, asyncio.get_running_loop())
    return connector


def times(policy: Policy, *, bounds_reads: bool = True) -> aiohttp.ClientTimeout:
    """How long connecting may take, and a server be silent; not where all of an answer has less time than that."""
    return aiohttp.ClientTimeout(
        total=None,
        connect=policy.connect_timeout_s,
        sock_read=policy.read_timeout_s if bounds_reads else None,
        sock_connect=policy.connect_timeout_s,
    )


def open_session(policy: Policy, gate: Gate) -> aiohttp.ClientSession:
    """A session that goes only through the gate, keeps no cookies, follows no redirect and reads no proxy setting."""
    return aiohttp.ClientSession(
        connector=open_connector(gate),
        max_headers=200,
        max_field_size=32 * 2**10,
        auto_decompress=False,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": policy.user_agent, "Accept-Encoding": "identity"},
        timeout=times(policy),
    )

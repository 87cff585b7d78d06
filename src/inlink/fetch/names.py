"""Who serves a domain's names, and which names a host is another name of: NS and CNAME records of DNS.

The system's calls give addresses alone, so these two questions are asked here: one datagram to the first name server of
`/etc/resolv.conf`, one answer, within bounds. What does not come, is cut, or is no answer is an empty one.
Source: RFC 1035, 4 (messages), RFC 6891 (EDNS).
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inlink.fetch.guard import address_in
from inlink.fetch.policy import Policy
from inlink.fetch.waiting import Slots

A, NS, CNAME = 1, 2, 5
_IN, _OPT = 1, 41
_MAX_BYTES = 1232  # of an answer: fits every network in one datagram
_MAX_NAME = 255
_MAX_JUMPS = 64
_MAX_RECORDS = 64
_KEPT = 20_000
_MAX_SILENT = 3  # questions in a row without an answer, before none is asked any more

Server = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Served:
    """What DNS says of a host: the name servers of its domain, and the names that its own leads to by CNAME."""

    name_servers: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


NOT_ASKED = Served()


class Names:
    """Asks one resolver. Use it on one event loop.

    server: a resolver of one's own, asked for all hosts; without it the system's, which is never asked for test hosts.
    """

    def __init__(self, policy: Policy, server: Server | None = None, timeout_s: float = 2.0) -> None:
        self._policy, self._timeout_s = policy, timeout_s
        self._is_own = server is not None
        self._server = server or _system_resolver()
        self._at_once = Slots(16)
        self._n_silent = 0
        self._known: dict[tuple[str, str], Served] = {}

    async def of(self, host: str, domain: str) -> Served:
        """What DNS says of a host and its registrable domain; nothing of addresses. It never raises for what comes."""
        key = (host, domain)
        if (known := self._known.get(key)) is not None:
            return known
        if self._server is None or address_in(host) is not None or self._n_silent >= _MAX_SILENT:
            return NOT_ASKED
        if not self._is_own and self._policy.is_test_host(host, 443):
            return NOT_ASKED
        servers, aliases = await asyncio.gather(self._asked(domain, NS), self._asked(host, A))
        found = Served(
            tuple(name for kind, name in servers if kind == NS), tuple(name for kind, name in aliases if kind == CNAME)
        )
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[key] = found
        return found

    async def _asked(self, name: str, kind: int) -> list[tuple[int, str]]:
        """Names in the answer to one question, each with the kind of its record."""
        number = secrets.randbelow(1 << 16)
        try:
            question = _question(number, name, kind)
        except ValueError:
            return []
        async with self._at_once:
            answer = await self._exchange(question)
        self._n_silent = self._n_silent + 1 if answer is None else 0
        try:
            return _records(answer or b"", question)
        except (ValueError, IndexError, struct.error):
            return []

    async def _exchange(self, question: bytes) -> bytes | None:
        """The answer to a question; None where none comes in time."""
        loop = asyncio.get_running_loop()
        came: asyncio.Future[bytes] = loop.create_future()
        try:
            async with asyncio.timeout(self._timeout_s):
                ways, _ = await loop.create_datagram_endpoint(lambda: _Ear(came, question), remote_addr=self._server)
                try:
                    ways.sendto(question)
                    return await came
                finally:
                    ways.close()
        except (OSError, TimeoutError):
            return None


class _Ear(asyncio.DatagramProtocol):
    """Waits for the answer to one question; the socket is connected, so that only the resolver is heard."""

    def __init__(self, came: asyncio.Future[bytes], question: bytes) -> None:
        self._came, self._question = came, question

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Take what answers the question: same number, same question."""
        asked = self._question[12 : len(self._question) - 11].lower()
        is_ours = data[:2] == self._question[:2] and data[12 : 12 + len(asked)].lower() == asked
        if is_ours and len(data) <= _MAX_BYTES and not self._came.done():
            self._came.set_result(data)

    def error_received(self, exc: Exception) -> None:
        """The resolver's host refuses."""
        if not self._came.done():
            self._came.set_exception(exc)


def _system_resolver(path: Path = Path("/etc/resolv.conf")) -> Server | None:
    """The first name server that the system names."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    for line in lines:
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver":
            try:
                return str(ipaddress.ip_address(words[1])), 53
            except ValueError:
                continue
    return None


def _question(number: int, name: str, kind: int) -> bytes:
    """A message that asks for records of a name. Raises: ValueError for what is no name of DNS."""
    labels = name.rstrip(".").encode("ascii").split(b".")
    if not all(0 < len(label) < 64 for label in labels) or len(name) > _MAX_NAME - 2:
        raise ValueError(name)
    written = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    size = struct.pack(">BHHIH", 0, _OPT, _MAX_BYTES, 0, 0)
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 1) + written + struct.pack(">2H", kind, _IN) + size


def _records(answer: bytes, question: bytes) -> list[tuple[int, str]]:
    """NS and CNAME records in an answer. Raises: ValueError, IndexError, struct.error for what is none."""
    if len(answer) < 12:
        return []
    _, flags, _, n_answers, _, _ = struct.unpack(">6H", answer[:12])
    is_answer, is_cut, code = flags & 0x8000, flags & 0x0200, flags & 0x000F
    if not is_answer or is_cut or code:
        return []
    at = len(question) - 11  # behind the question, which the answer repeats
    found = []
    for _ in range(min(n_answers, _MAX_RECORDS)):
        _, at = _name(answer, at)
        kind, _, _, size = struct.unpack(">HHIH", answer[at : at + 10])
        at += 10
        if kind in (NS, CNAME):
            found.append((kind, _name(answer, at)[0]))
        at += size
    return found


def _name(message: bytes, at: int) -> tuple[str, int]:
    """The name that stands at a place, and where it ends there. Raises: ValueError for one without end."""
    labels = list(_labels(message, at))
    while (size := message[at]) and size < 0xC0:
        at += size + 1
    name = b".".join(labels).decode("ascii").lower()
    return name, at + (2 if size else 1)


def _labels(message: bytes, at: int) -> Iterator[bytes]:
    """The labels of a name, pointers followed: only so many, and only so long a name."""
    n_jumps = n_bytes = 0
    while size := message[at]:
        if size >= 0xC0:
            at = (size & 0x3F) << 8 | message[at + 1]
            n_jumps += 1
        elif size < 64:
            yield message[at + 1 : at + 1 + size]
            n_bytes += size + 1
            at += size + 1
        else:
            raise ValueError("no label of RFC 1035")
        if n_jumps > _MAX_JUMPS or n_bytes > _MAX_NAME:
            raise ValueError("a name without end")

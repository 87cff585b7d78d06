"""How the site is reached: its names, who stands before it, and how much one may ask of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from inlink.config import Server

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
MAX_BODY_BYTES = 8 * 2**20

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Site:
    """Where the site stands.

    names: host names that it answers to. base_url: where people reach it, empty for its own address. is_local: only
    this machine reaches it, so that nobody has to sign in before there are users. proxies: whose word counts on who
    asks. Units: rate requests of the API in a minute, 0 for no limit; max_body_bytes and max_upload_bytes of a request.
    """

    names: frozenset[str] = frozenset(LOOPBACK_NAMES)
    base_url: str = ""
    is_local: bool = True
    proxies: tuple[Network, ...] = ()
    rate: int = 0
    max_body_bytes: int = MAX_BODY_BYTES
    max_upload_bytes: int = 256 * 2**20

    def trusts(self, address: str) -> bool:
        """Whether an address is that of a proxy whose word counts."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        return any((mapped or found) in network for network in self.proxies)


def site_of(server: Server, names: Iterable[str], *, is_loopback: bool) -> Site:
    """The site by the settings; a name or a proxy in them says that others reach it, wherever it listens."""
    own = urlsplit(server.base_url).hostname
    hosts = {*names, *server.hosts, *([own] if own else [])}
    return Site(
        names=frozenset(host.lower() for host in hosts),
        base_url=server.base_url,
        is_local=is_loopback and not (server.base_url or server.hosts or server.trusted_proxies),
        proxies=tuple(ipaddress.ip_network(text) for text in server.trusted_proxies),
        rate=server.requests_per_minute,
        max_upload_bytes=server.max_upload_bytes,
    )

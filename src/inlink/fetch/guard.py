"""Which URLs and addresses may be asked: only http(s), only the public internet (no SSRF)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

import ada_url

from inlink.errors import BadInput, Refused
from inlink.fetch.policy import Policy

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PRIVATE_V4 = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers; Alibaba's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's platform address, public by number only
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")  # all that is given out: no loopback, ULA, link-local, multicast
_PRIVATE_V6 = tuple(
    ipaddress.IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries an IPv4 address, given up (RFC 7526)
        "3fff::/20",
    )
)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)


@dataclass(frozen=True, slots=True)
class Place:
    """A URL that may be asked."""

    url: str
    host: str
    port: int
    is_literal: bool  # the host is an address


def check_url(raw: str, policy: Policy, base: str | None = None) -> Place:
    """The URL as it will be asked, its host in the one form that browsers make of it (so 0x7f.1 is 127.0.0.1).

    Raises: BadInput for what is no URL, Refused for what may not be asked.
    """
    try:
        url = ada_url.URL(raw, base) if base else ada_url.URL(raw)
    except ValueError as error:
        raise BadInput(
            f"not a URL: {raw[:200]}", hint="give an address like https://example.org/file.warc.gz"
        ) from error
    href = url.href  # all parts are read off it: asking for each is dearer than parsing
    scheme, _, rest = href.partition("://")
    if scheme not in ("http", "https"):
        raise Refused(f"{href[:200]}: only http and https are fetched", hint=_ELSEWHERE, reason="scheme")
    authority = rest.partition("/")[0]
    if "@" in authority:
        raise Refused(f"{url.host}: addresses with a user name are not fetched", hint=_ELSEWHERE, reason="credentials")
    host, port = _host_and_port(authority, 443 if scheme == "https" else 80)
    bare = host.strip("[]")
    place = Place(href.partition("#")[0], bare, port, address_in(bare) is not None)
    if policy.is_test_host(bare, port):
        return place
    if port not in policy.ports:
        ports = ", ".join(str(one) for one in sorted(policy.ports))
        raise Refused(f"{host}:{port}: only ports {ports} are fetched from", hint=HINT, reason="port")
    name = bare.rstrip(".").lower()
    if not name or name == "localhost" or name.endswith((".localhost", ".local", ".internal", ".home.arpa")):
        raise Refused(f"{host} is a name inside a private network", hint=HINT, reason="address")
    address = address_in(name)
    if address is not None:
        check_address(address, host)
    return place


HINT = "if it is yours, name it as a test host in inlink.toml; or download the file and add it"
_ELSEWHERE = "download the file by other means and add it"


def check_address(address: Address, host: str) -> None:
    """Raises: Refused unless the address is one of the public internet."""
    if not is_public(address):
        raise Refused(f"{host} is at {address}, inside a private or special network", hint=HINT, reason="address")


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, also the IPv4 address that an IPv6 one may carry."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in _PRIVATE_V4)
    number = int(address)
    if address in _MAPPED or address in _NAT64:
        return is_public(ipaddress.IPv4Address(number & 0xFFFFFFFF))
    if address not in _PUBLIC_V6 or address.scope_id or any(address in block for block in _PRIVATE_V6):
        return False
    is_isatap = (number >> 32 & 0xFFFFFFFF) in _ISATAP
    return not is_isatap or is_public(ipaddress.IPv4Address(number & 0xFFFFFFFF))


def _host_and_port(authority: str, default: int) -> tuple[str, int]:
    """Host and port of a normalised authority without user."""
    host, colon, port = authority.rpartition(":")
    return (host, int(port)) if colon and not port.endswith("]") else (authority, default)


@lru_cache(4096)
def address_in(host: str) -> Address | None:
    """The address that a host names by number; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None

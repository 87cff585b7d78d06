"""Forms in which an address inside a private network may be hidden: all are refused before a byte is sent."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlink.errors import BadInput, Refused, Unreachable
from inlink.fetch import DEFAULT_POLICY, Client, Policy
from inlink.fetch.connecting import Gate
from inlink.fetch.guard import check_url, is_public
from inlink.fetch.loops import finished

ATTACKS = {
    "loopback": "http://127.0.0.1/",
    "loopback-other": "http://127.8.9.1/",
    "loopback-short": "http://127.1/",
    "loopback-decimal": "http://2130706433/",
    "loopback-hex": "http://0x7f000001/",
    "loopback-hex-parts": "http://0x7f.0x0.0x0.0x1/",
    "loopback-octal": "http://0177.0.0.1/",
    "loopback-octal-whole": "http://017700000001/",
    "loopback-mixed": "http://0x7f.1/",
    "loopback-padded": "http://127.0.0.01/",
    "loopback-full-width": "http://１２７．０．０．１/",
    "loopback-circled": "http://①②⑦.⓪.⓪.①/",
    "loopback-percent": "http://%31%32%37.0.0.1/",
    "loopback-ideographic-dots": "http://127。0。0。1/",
    "loopback-soft-hyphen": "http://127.0.0.1\u00ad/",
    "loopback-tab": "http://127.0.\t0.1/",
    "loopback-backslash": "http:\\\\127.0.0.1\\",
    "loopback-no-slashes": "http:127.0.0.1",
    "loopback-trailing-dot": "http://127.0.0.1./",
    "localhost": "http://localhost/",
    "localhost-dot": "http://localhost./",
    "localhost-case": "http://LocalHost/",
    "localhost-below": "http://a.localhost/",
    "localhost-full-width": "http://ｌｏｃａｌｈｏｓｔ/",
    "mdns": "http://printer.local/",
    "cloud-name": "http://metadata.google.internal/computeMetadata/v1/",
    "home": "http://router.home.arpa/",
    "any": "http://0.0.0.0/",
    "any-short": "http://0/",
    "private-10": "http://10.0.0.1/",
    "private-172": "http://172.31.255.254/",
    "private-192": "http://192.168.1.1/",
    "carrier": "http://100.64.0.1/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "metadata-decimal": "http://2852039166/",
    "metadata-ecs": "http://169.254.170.2/",
    "metadata-alibaba": "http://100.100.100.200/",
    "metadata-azure": "http://168.63.129.16/",
    "metadata-oracle": "http://192.0.0.192/",
    "multicast": "http://224.0.0.1/",
    "broadcast": "http://255.255.255.255/",
    "reserved": "http://240.0.0.1/",
    "benchmarking": "http://198.18.0.1/",
    "documentation": "http://192.0.2.1/",
    "v6-loopback": "http://[::1]/",
    "v6-loopback-long": "http://[0:0:0:0:0:0:0:1]/",
    "v6-any": "http://[::]/",
    "v6-mapped": "http://[::ffff:127.0.0.1]/",
    "v6-mapped-hex": "http://[::ffff:7f00:1]/",
    "v6-mapped-private": "http://[::ffff:10.0.0.1]/",
    "v6-mapped-metadata": "http://[::ffff:a9fe:a9fe]/",
    "v6-compatible": "http://[::127.0.0.1]/",
    "v6-nat64": "http://[64:ff9b::127.0.0.1]/",
    "v6-nat64-metadata": "http://[64:ff9b::a9fe:a9fe]/",
    "v6-nat64-local": "http://[64:ff9b:1::1]/",
    "v6-6to4": "http://[2002:7f00:1::]/",
    "v6-6to4-private": "http://[2002:a00:1::1]/",
    "v6-teredo": "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "v6-isatap": "http://[2600::5efe:10.0.0.1]/",
    "v6-link-local": "http://[fe80::1]/",
    "v6-site-local": "http://[fec0::1]/",
    "v6-unique-local": "http://[fd00:ec2::254]/",
    "v6-multicast": "http://[ff02::1]/",
    "v6-documentation": "http://[2001:db8::1]/",
    "v6-discard": "http://[100::1]/",
    "file": "file:///etc/passwd",
    "ftp": "ftp://example.org/",
    "gopher": "gopher://127.0.0.1:6379/_INFO",
    "data": "data:text/html,x",
    "credentials": "http://user:secret@example.org/",
    "credentials-host": "http://example.org@127.0.0.1/",
    "port-ssh": "http://example.org:22/",
    "port-redis": "http://example.org:6379/",
    "port-smtp": "https://example.org:25/",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_are_refused(name: str) -> None:
    with pytest.raises((Refused, BadInput)):
        check_url(ATTACKS[name], DEFAULT_POLICY)


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_by_redirect_are_refused(name: str) -> None:
    with pytest.raises((Refused, BadInput)):
        check_url(ATTACKS[name], DEFAULT_POLICY, base="https://example.org/list")


GOOD = {
    "https://example.org/a": ("https://example.org/a", "example.org", 443),
    "HTTP://EXAMPLE.org:80/a#part": ("http://example.org/a", "example.org", 80),
    "https://example.org:8443/": ("https://example.org:8443/", "example.org", 8443),
    "http://93.184.216.34/": ("http://93.184.216.34/", "93.184.216.34", 80),
    "http://[2606:2800:220:1::]/": ("http://[2606:2800:220:1::]/", "2606:2800:220:1::", 80),
    "http://[::ffff:93.184.216.34]/": ("http://[::ffff:5db8:d822]/", "::ffff:5db8:d822", 80),
    "http://bücher.example/": ("http://xn--bcher-kva.example/", "xn--bcher-kva.example", 80),
}


@pytest.mark.parametrize("raw", GOOD)
def test_public_addresses_pass(raw: str) -> None:
    place = check_url(raw, DEFAULT_POLICY)
    assert (place.url, place.host, place.port) == GOOD[raw]


@pytest.mark.parametrize(
    "raw", ["", "x", "http://", "http://a b/", "http://[::1", "http://1.2.3.4.5/", "http://example.org:99999/"]
)
def test_what_is_no_url(raw: str) -> None:
    with pytest.raises(BadInput):
        check_url(raw, DEFAULT_POLICY)


def test_test_hosts_are_named_one_by_one() -> None:
    policy = Policy(test_hosts=frozenset({"127.0.0.1:9000", "archive.test"}))
    assert check_url("http://127.0.0.1:9000/", policy).port == 9000
    assert check_url("http://archive.test:1234/", policy).host == "archive.test"
    for other in ("127.0.0.1:9001", "127.0.0.2:9000", "localhost:9000", "b.archive.test:22", "archive.test.example:22"):
        with pytest.raises(Refused):
            check_url(f"http://{other}/", policy)


@given(st.ip_addresses(v=4))
def test_ipv4_agrees_with_the_registry(address: ipaddress.IPv4Address) -> None:
    if not address.is_global:
        assert not is_public(address)


@given(st.ip_addresses(v=6))
def test_ipv6_agrees_with_the_registry(address: ipaddress.IPv6Address) -> None:
    if is_public(address):
        assert address.is_global or address in ipaddress.IPv6Network("64:ff9b::/96")


class Names:
    """A resolver of names that says what it is told, and may change its mind."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def getaddrinfo(self, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not addresses:
            raise socket.gaierror("no such name")
        return [
            (socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses
        ]


def resolve(names: Names, policy: Policy = DEFAULT_POLICY, host: str = "name.example") -> list[str]:
    async def work() -> list[str]:
        asyncio.get_running_loop().getaddrinfo = names.getaddrinfo  # type: ignore[method-assign, assignment]
        return [str(found["host"]) for found in await Gate(policy).resolve(host, 80)]

    return finished(work())


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.1"],
        ["93.184.216.34", "127.0.0.1"],
        ["::1"],
        ["::ffff:192.168.0.1"],
        ["fe80::1%lo"],
        ["169.254.169.254"],
    ],
)
def test_names_that_lead_inside_are_refused(addresses: list[str]) -> None:
    with pytest.raises(Refused):
        resolve(Names(addresses))


def test_names_that_lead_outside_pass() -> None:
    assert resolve(Names(["93.184.216.34", "2606:2800:220:1::1"])) == ["93.184.216.34", "2606:2800:220:1::1"]


def test_no_such_name() -> None:
    with pytest.raises(Unreachable):
        resolve(Names([]))


def test_the_socket_is_guarded_even_if_all_else_fails() -> None:
    gate = Gate(DEFAULT_POLICY)
    for address in ("127.0.0.1", "10.0.0.1", "::1"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with pytest.raises(Refused):
            gate.open_socket((family, socket.SOCK_STREAM, 6, "", (address, 80)))


def test_rebinding_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is public when asked first and private afterwards is refused by then, not connected to."""
    client = Client(Policy(max_retries=0, connect_timeout_s=60))
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    opened: list[str] = []

    def open_socket(self: Gate, info: tuple[object, ...]) -> socket.socket:
        opened.append(str(info[4]))
        raise OSError("no way out of a test")

    monkeypatch.setattr(Gate, "open_socket", open_socket)
    client._loop.getaddrinfo = names.getaddrinfo  # type: ignore[method-assign, assignment]
    try:
        with pytest.raises(Exception, match=r"no way out|Cannot connect"):
            client.get("http://name.example/")
        with pytest.raises(Refused):
            client.get("http://name.example/")
    finally:
        client.close()
    assert opened == ["('93.184.216.34', 80)"]

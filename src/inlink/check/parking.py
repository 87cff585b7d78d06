"""Signs of a parked domain: where it lives, who serves its names, what it loads and what it says."""

from __future__ import annotations

import ipaddress
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from inlink.check.addresses import host_of
from inlink.check.page import Page
from inlink.check.wording import plain
from inlink.fetch.names import NOT_ASKED, Served

MAX_OWN_WORDS = 250  # of a page that may be a parking page
STRONG, WEAK = 2, 1
_ENOUGH = 2
_KEPT = 50_000
_NAME_SERVER, _ALIAS = "name server", "alias"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Signs:
    """Points, and what they were given for."""

    points: int = 0
    evidence: dict[str, str] = field(default_factory=dict)


class ParkingLists:
    """Services that park domains, by address, name server and by what their pages load and say."""

    def __init__(self, networks: Iterable[str], name_servers: Iterable[str], found: dict[str, Any]) -> None:
        self._networks: dict[tuple[int, int], set[int]] = {}
        for text in networks:
            network = ipaddress.ip_network(text)
            known = self._networks.setdefault((network.version, network.prefixlen), set())
            known.add(int(network.network_address))
        self._addresses: dict[str, bool] = {}
        shared = frozenset(found["shared_name_servers"])
        names = (name.rstrip(".").lower() for name in name_servers)
        self._name_servers = frozenset(name for name in names if name not in shared)
        self._services = frozenset(found["services"])
        self._markup = tuple(text.lower().encode() for text in found["markup"])
        self._headings = tuple(_templates(found["headings"]))
        self._phrases = tuple(_templates(found["phrases"]))
        self._lists = tuple(plain(text) for text in found["lists"])

    def has_address(self, ip: str | None) -> bool:
        """Whether an address is one of a parking service. Some of them serve healthy sites too."""
        if ip is None:
            return False
        known = self._addresses.get(ip)
        if known is None:
            if len(self._addresses) >= _KEPT:
                self._addresses.clear()
            known = self._addresses[ip] = self._has_address(ip)
        return known

    def _has_address(self, ip: str) -> bool:
        address = ipaddress.ip_address(ip.partition("%")[0])
        bits, number = address.max_prefixlen, int(address)
        return any(
            version == address.version and (number >> (bits - length) << (bits - length)) in known
            for (version, length), known in self._networks.items()
        )

    def name_server(self, names: Iterable[str]) -> str | None:
        """The first name server that serves parked domains only."""
        return next((name for name in names if _is_below(name, self._name_servers)), None)

    def service(self, host: str) -> bool:
        """Whether a host belongs to a service that parks or sells domains."""
        return _is_below(host, self._services)

    def signs(self, page: Page, host: str, domain: str, served: Served = NOT_ASKED) -> Signs:
        """What a page shows of parking. Pages with much text of their own show none."""
        if self.service(domain) or page.n_own_words > MAX_OWN_WORDS:
            return Signs()
        found: dict[str, str] = {}
        points = 0
        if self.has_address(page.reply.ip):
            found["address"], points = f"{page.reply.ip} is on the list of parking services", points + WEAK
        if (server := self.name_server(served.name_servers)) is not None:
            found[_NAME_SERVER], points = server, points + STRONG
        if (alias := next((name for name in served.aliases if self.service(name)), None)) is not None:
            found[_ALIAS], points = alias, points + STRONG
        if (loaded := self._loaded(page)) is not None:
            found["loads"], points = loaded, points + STRONG
        if (piece := self._piece(page)) is not None:
            found["markup"], points = piece, points + STRONG
        if (said := self._heading(page, host, domain)) is not None:
            found["heading"], points = said, points + WEAK
        if (said := self._phrase(page, host, domain)) is not None:
            found["phrase"], points = said, points + WEAK
        if (said := next((text for text in self._lists if text in page.text), None)) is not None:
            found["list"], points = said, points + WEAK
        return Signs(points, found)

    def _loaded(self, page: Page) -> str | None:
        urls = (*page.loads, *((page.refresh,) if page.refresh else ()))
        return next((url for url in urls if self.service(host_of(url))), None)

    def _piece(self, page: Page) -> str | None:
        html = page.html[: 1 << 17].lower()
        return next((text.decode() for text in self._markup if text in html), None)

    def _heading(self, page: Page, host: str, domain: str) -> str | None:
        names = {plain(host), plain(domain), plain(host.removeprefix("www."))}
        said = {template.format(HOST=name) for template in self._headings for name in names}
        return next((text for text, words in page.titles.parts if words in said), None)

    def _phrase(self, page: Page, host: str, domain: str) -> str | None:
        name = plain(domain)
        text = " ".join((*(words for _, words in page.titles.wholes), page.text))
        return next((said for one in self._phrases if (said := one.format(HOST=name)) in text), None)


def is_enough(signs: Signs, *, is_home: bool, is_alone: bool) -> bool:
    """Whether signs make a parked domain. `is_alone`: a made-up address beside the page is missing, as it should be.

    What DNS says is never enough: companies that park domains serve healthy sites too.
    """
    return bool(signs.evidence.keys() - {_NAME_SERVER, _ALIAS}) and signs.points >= (
        _ENOUGH if is_home or not is_alone else _ENOUGH + 1
    )


@cache
def parking_lists() -> ParkingLists:
    """The lists that come with the program."""
    data = files("inlink.check").joinpath("data")
    networks = json.loads(data.joinpath("parking-domain.json").read_text("utf-8"))["list"]
    servers = json.loads(data.joinpath("parking-domain-ns.json").read_text("utf-8"))["list"]
    return ParkingLists(networks, servers, tomllib.loads(data.joinpath("parking.toml").read_text("utf-8")))


def _is_below(host: str, names: frozenset[str]) -> bool:
    name = host.rstrip(".").lower()
    while name:
        if name in names:
            return True
        name = name.partition(".")[2]
    return False


def _templates(texts: Iterable[str]) -> Iterable[str]:
    """Plain phrases with {HOST} where the name goes."""
    return [" ".join("{HOST}" if word == "HOST" else plain(word) for word in text.split()) for text in texts]

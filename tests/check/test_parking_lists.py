"""The shipped lists of parking services against the list of Zirngibl et al. (TMA 2022), which is not shipped."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Any

import pytest

from inlink.check.page import Page
from inlink.check.parking import is_enough, parking_lists
from inlink.fetch import Reply
from inlink.fetch.names import Served

LIST = "lists/tma22-parking_services.json"
pytestmark = pytest.mark.data


def services(data_dir: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((data_dir / LIST).read_text("utf-8"))
    return found


def sample(pattern: Any) -> str | None:
    """A name that a pattern of the list matches."""
    text = pattern if isinstance(pattern, str) else pattern.get("ilike")
    return None if text is None else text.replace("%", "ns1").rstrip(".").lower()


def test_addresses_of_all_services_are_known(data_dir: Path) -> None:
    lists = parking_lists()
    blocks = {block for service in services(data_dir).values() for block in service["record_types"].get("a", ())}
    unknown = {block for block in blocks if not lists.has_address(str(ipaddress.ip_network(block).network_address))}
    assert len(blocks) > 60
    assert unknown == set()


def test_name_servers_of_most_services_are_known(data_dir: Path) -> None:
    lists = parking_lists()
    names = {
        name
        for service in services(data_dir).values()
        for pattern in service["record_types"].get("ns", ())
        if (name := sample(pattern)) is not None
    }
    unknown = {name for name in names if lists.name_server([name]) is None}
    assert len(names) > 90
    assert len(unknown) <= 0.1 * len(names), sorted(unknown)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "127.0.0.1", None])
def test_other_addresses_are_not(address: str | None) -> None:
    assert not parking_lists().has_address(address)


@pytest.mark.parametrize(
    "name", ["dns1.registrar-servers.com", "ns1.wordpress.com", "ns-1.awsdns-1.com", "ns1.name.com"]
)
def test_name_servers_of_healthy_sites_prove_nothing(name: str) -> None:
    assert parking_lists().name_server([name]) is None


def shown(title: str, text: str, ip: str) -> Page:
    body = f"<title>{title}</title><h1>{title}</h1><p>{text}</p>".encode()
    return Page(Reply("http://bread.example/old", 0, 200, headers=(("Content-Type", "text/html"),), body=body, ip=ip))


@pytest.mark.parametrize(
    ("title", "text", "ip", "is_parked"),
    [
        pytest.param("bread.example", "Nothing here yet.", "91.195.240.12", True, id="address and name"),
        pytest.param("Bread", "This domain is for sale", "91.195.240.12", True, id="address and phrase"),
        pytest.param("bread.example", "This domain is for sale", "93.184.216.34", True, id="name and phrase"),
        pytest.param("Bread", "We bake on Fridays.", "91.195.240.12", False, id="an address alone"),
        pytest.param("bread.example", "We bake on Fridays.", "93.184.216.34", False, id="a name alone"),
        pytest.param("Bread", "This domain is for sale " + "word " * 300, "91.195.240.12", False, id="a long page"),
    ],
)
def test_signs_count_together(title: str, text: str, ip: str, is_parked: bool) -> None:
    signs = parking_lists().signs(shown(title, text, ip), "bread.example", "bread.example")
    assert is_enough(signs, is_home=False, is_alone=False) is is_parked
    assert not is_enough(signs, is_home=False, is_alone=True) or signs.points > 2


@pytest.mark.parametrize(
    ("title", "served", "is_parked"),
    [
        pytest.param("Bread", Served(("ns1.bodis.com",)), False, id="a name server alone"),
        pytest.param("Bread", Served((), ("parkingpage.namecheap.com",)), False, id="an alias alone"),
        pytest.param("Bread", Served(("ns1.bodis.com",), ("parkingpage.namecheap.com",)), False, id="both"),
        pytest.param("bread.example", Served(("ns1.bodis.com",)), True, id="a name server and the name"),
        pytest.param("bread.example", Served((), ("parkingpage.namecheap.com",)), True, id="an alias and the name"),
        pytest.param("bread.example", Served(("dns1.registrar-servers.com",), ("a.example",)), False, id="others"),
    ],
)
def test_dns_counts_beside_what_is_shown(title: str, served: Served, is_parked: bool) -> None:
    page = shown(title, "We bake on Fridays.", "93.184.216.34")
    signs = parking_lists().signs(page, "bread.example", "bread.example", served)
    assert is_enough(signs, is_home=True, is_alone=False) is is_parked

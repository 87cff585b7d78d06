"""Host keys sort a domain and all its hosts together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlink.urls.surt import host_key, host_of_key


@pytest.mark.parametrize(
    ("host", "key"),
    [
        pytest.param("www.example.org", "org,example,www", id="labels reversed"),
        pytest.param("localhost", "localhost", id="single label"),
        pytest.param("192.0.2.1", "192.0.2.1", id="IPv4 stays"),
        pytest.param("[2001:db8::1]", "[2001:db8::1]", id="IPv6 stays"),
        pytest.param("a,b)c.org", "org,a%2Cb%29c", id="border characters are written out"),
        pytest.param("a_b-c.org", "org,a_b-c", id="underscore and hyphen"),
    ],
)
def test_host_key(host: str, key: str) -> None:
    assert host_key(host) == key
    assert host_of_key(key) == host
    assert host_of_key(f"{key})/path?a=b)c") == host


def test_a_trailing_dot_is_folded() -> None:
    assert host_key("example.org.") == host_key("example.org")


def test_port_is_no_part_of_the_host() -> None:
    assert host_of_key("org,example):8080/") == "example.org"


NAMES = st.text(st.sampled_from("abz09-_,)(*!~$"), min_size=1, max_size=4)
HOSTS = st.lists(NAMES, min_size=1, max_size=4).map(".".join).filter(lambda h: not h.replace(".", "").isdigit())


@given(HOSTS)
def test_round_trip(host: str) -> None:
    assert host_of_key(host_key(host)) == host


@given(HOSTS, HOSTS)
def test_range_of_a_domain_holds_its_hosts_only(domain: str, host: str) -> None:
    low, high = f"{host_key(domain)})", f"{host_key(domain)}-"
    for name in (host, f"{host}.{domain}", f"{host}{domain}"):
        assert (low <= f"{host_key(name)})/" < high) == (name == domain or name.endswith(f".{domain}"))

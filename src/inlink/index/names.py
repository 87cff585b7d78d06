"""What SQL cannot know about names: domains and keys of hosts, page keys of URLs, networks of addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator

import pyarrow as pa

from inlink.engine.session import Session
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import same_page_key
from inlink.urls.parse import parse
from inlink.urls.surt import host_key

Columns = dict[str, list[str | None]]


def name_hosts(session: Session, rules: SuffixRules) -> None:
    """Table host_domains (host, domain) of every host in the parts, under today's rules; moved_hosts: other ones.

    Parts may have been made under different rules: a host counts as moved where any part has another domain for it.
    """
    _map(
        session,
        "host_domains",
        "SELECT host, min(domain) AS least, max(domain) AS most FROM ("
        " SELECT host::VARCHAR AS host, domain::VARCHAR AS domain FROM part_captures"
        " UNION ALL SELECT target_host, target_domain FROM part_links) GROUP BY host",
        ("host", "least", "most", "domain"),
        lambda old: {**old, "domain": list(rules.domains(_texts(old["host"])))},
    )
    session.execute(
        "CREATE TABLE moved_hosts AS SELECT host, domain FROM host_domains WHERE domain <> least OR domain <> most"
    )


def key_hosts(session: Session) -> None:
    """Table hosts_seen (host, host_key, domain, domain_key) of the hosts that were captured or linked to."""
    _map(
        session,
        "hosts_seen",
        "SELECT host, domain FROM host_domains",
        ("host", "domain", "host_key", "domain_key"),
        lambda old: {
            **old,
            "host_key": [host_key(host) for host in _texts(old["host"])],
            "domain_key": [host_key(domain) for domain in _texts(old["domain"])],
        },
    )


def key_urls(session: Session, rules: SuffixRules) -> None:
    """Tables canonicals (place, canonical) and url_keys (url, key, host, domain) of URLs that pages point on to."""
    session.execute(
        "CREATE TABLE canonicals AS SELECT p.place, f.canonical"
        " FROM page_rows p JOIN part_pages f ON place(f.part, f.row) = p.place"
        " JOIN raw_captures c ON c.capture_id = p.capture_id"
        " WHERE f.canonical IS NOT NULL AND f.canonical <> c.url"
    )

    def keyed(old: Columns) -> Columns:
        urls = _texts(old["url"])
        hosts = [url.host if url is not None else "" for url in map(parse, urls)]
        keys = [same_page_key(url) if host else url for url, host in zip(urls, hosts, strict=True)]
        return {"url": old["url"], "key": [*keys], "host": [*hosts], "domain": list(rules.domains(hosts))}

    _map(
        session,
        "url_keys",
        "SELECT url FROM (SELECT redirect_target AS url FROM raw_captures WHERE redirect_target IS NOT NULL"
        " UNION ALL SELECT canonical FROM canonicals) GROUP BY url",
        ("url", "key", "host", "domain"),
        keyed,
    )


def name_networks(session: Session) -> None:
    """Table ips (ip, subnet): the /24 of an IPv4 address, the /48 of an IPv6 address."""
    _map(
        session,
        "ips",
        "SELECT ip FROM sources WHERE ip IS NOT NULL GROUP BY ip",
        ("ip", "subnet"),
        lambda old: {**old, "subnet": [subnet(ip) for ip in _texts(old["ip"])]},
    )


def subnet(ip: str) -> str | None:
    """The network that counts as one place: /24 for IPv4, /48 for IPv6; null for what is no address."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped if mapped is not None else address
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


def _map(
    session: Session, table: str, query: str, columns: tuple[str, ...], function: Callable[[Columns], Columns]
) -> None:
    """A table of text columns: the rows of a query, batch by batch, through a function."""
    schema = pa.schema([(name, pa.string()) for name in columns])

    def mapped() -> Iterator[pa.RecordBatch]:
        for batch in session.batches(query):
            yield pa.RecordBatch.from_pydict(function(batch.to_pydict()), schema=schema)

    session.create(table, schema, mapped())


def _texts(values: list[str | None]) -> list[str]:
    return [value or "" for value in values]

"""Tables of names: domains, hosts, addresses. Their numbers follow the order of their keys."""

from __future__ import annotations

import ipaddress

import duckdb
import pyarrow as pa

from inlink.index.serving_db import run
from inlink.index.serving_scan import Snapshot

LEFT_OUT_FLAGS = ("infrastructure", "hosting")
"""Domains with these flags are left out of default views."""


def build_names(db: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    """Tables `domains`, `hosts` and `ips`."""
    run(
        db,
        """
        CREATE TABLE domains AS
        SELECT (row_number() OVER (ORDER BY domain_key, domain) - 1)::INTEGER AS domain_id, d.*,
               CASE WHEN regexp_matches(domain, '[a-z]') AND NOT starts_with(domain, '[')
                    THEN regexp_extract(domain, '[^.]+$') END AS tld,
               list_has_any(coalesce(flags, []), ?) AS is_left_out
        FROM read_parquet(?) d ORDER BY domain_id
        """,
        [list(LEFT_OUT_FLAGS), snapshot.files("domains")],
    )
    run(
        db,
        """
        CREATE TABLE hosts AS
        SELECT (row_number() OVER (ORDER BY host_key, host) - 1)::INTEGER AS host_id, d.domain_id, h.*
        FROM read_parquet(?) h JOIN domains d USING (domain) ORDER BY host_id
        """,
        [snapshot.files("hosts")],
    )
    _build_ips(db, snapshot)


def _build_ips(db: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    reader = run(
        db,
        "SELECT DISTINCT ip FROM read_parquet(?) WHERE ip IS NOT NULL AND ip <> '' ORDER BY ip",
        [snapshot.files("captures")],
    )
    ips: list[str] = [ip for (ip,) in reader]
    subnets = [subnet_of(ip) for ip in ips]
    numbers = {name: n for n, name in enumerate(sorted({s for s in subnets if s is not None}))}
    table = pa.table(
        {
            "ip_id": pa.array(range(len(ips)), pa.int32()),
            "ip": pa.array(ips, pa.string()),
            "subnet_id": pa.array([None if s is None else numbers[s] for s in subnets], pa.int32()),
            "subnet": pa.array(subnets, pa.string()),
        }
    )
    db.register("found_ips", table)
    run(db, "CREATE TABLE ips AS SELECT * FROM found_ips ORDER BY ip_id")
    db.unregister("found_ips")


def subnet_of(ip: str) -> str | None:
    """The /24 of an IPv4 address, the /48 of an IPv6 address; None for what is no address."""
    try:
        address = ipaddress.ip_address(ip.strip("[]"))
    except ValueError:
        return None
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))

"""What the client may do: addresses, ports, sizes, times, and how it names itself."""

from __future__ import annotations

from dataclasses import dataclass

from inlink import __version__


@dataclass(frozen=True, slots=True)
class Policy:
    """Bounds of all requests of one client.

    test_hosts: names or addresses ("name" or "name:port") that may be inside private networks and on any port: for
    tests and for archives on a user's own machine. Nothing is allowed by default.
    """

    user_agent: str = f"inlink/{__version__}"
    test_hosts: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset({80, 443, 8080, 8443})
    max_redirects: int = 5
    max_bytes: int = 64 * 1024**3  # of one answer
    connect_timeout_s: float = 20.0
    read_timeout_s: float = 60.0  # without a single byte
    max_retries: int = 4  # in a row, without a byte gained
    retry_wait_s: float = 0.5  # doubled with each retry

    def is_test_host(self, host: str, port: int) -> bool:
        """Whether a host is named as one that may be anywhere."""
        return host in self.test_hosts or f"{host}:{port}" in self.test_hosts


DEFAULT_POLICY = Policy()

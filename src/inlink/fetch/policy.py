"""What the client may do: addresses, ports, sizes, times, and how it names itself."""

from __future__ import annotations

from dataclasses import dataclass

from inlink import __version__
from inlink.fetch.routes import Route


@dataclass(frozen=True, slots=True)
class Policy:
    """Bounds of all requests of one client.

    test_hosts: names or addresses ("name" or "name:port") that may be inside private networks and on any port: for
    tests and for archives on a user's own machine. Nothing is allowed by default.
    routes: test hosts that are reached at an address of their own, whatever DNS says.
    """

    user_agent: str = f"inlink/{__version__}"
    test_hosts: frozenset[str] = frozenset()
    routes: tuple[Route, ...] = ()
    ports: frozenset[int] = frozenset({80, 443, 8080, 8443})
    max_redirects: int = 5
    max_bytes: int = 64 * 1024**3  # of one answer
    connect_timeout_s: float = 20.0
    read_timeout_s: float = 60.0  # without a single byte
    max_retries: int = 4  # in a row, without a byte gained
    retry_wait_s: float = 0.5  # doubled with each retry

    def is_test_host(self, host: str, port: int) -> bool:
        """Whether a host is named as one that may be anywhere."""
        if host in self.test_hosts or f"{host}:{port}" in self.test_hosts:
            return True
        return bool(self.routes) and self.route(host) is not None

    def route(self, host: str) -> Route | None:
        """The first route that leads to a host."""
        if not self.routes:
            return None
        return next((route for route in self.routes if route.leads(host)), None)


DEFAULT_POLICY = Policy()

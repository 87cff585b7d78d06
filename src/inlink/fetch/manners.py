"""How the fetcher behaves towards others: its name, its pace, who does not want it, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass

from inlink import __version__

TOKEN = "inlink"  # the product token that robots.txt may name  # noqa: S105


@dataclass(frozen=True, slots=True)
class Manners:
    """Bounds of what is asked of other people's servers.

    Units: delay_s from the start of one request to a host to the start of the next; a site's Crawl-delay counts where
    it is longer. per_host: requests at a time; above 1 only for test hosts.
    """

    contact: str = ""  # where a webmaster reads who asks: a URL or an e-mail address
    delay_s: float = 1.0
    per_host: int = 1
    at_once: int = 64  # requests in flight
    opt_out: frozenset[str] = frozenset()  # domains and hosts that are never asked
    obeys_robots: bool = True  # false only for one's own test hosts
    robots_keep_s: float = 24 * 3600  # RFC 9309, 2.4: not longer unless unreachable
    robots_stale_s: float = 30 * 24 * 3600  # RFC 9309, 2.3.1.4
    robots_again_s: float = 3600.0  # after a robots.txt that did not answer
    max_body_bytes: int = 32 * 2**20
    max_headers: int = 200
    max_header_bytes: int = 32 * 2**10  # of one line
    total_timeout_s: float = 60.0  # of one answer, however slowly it trickles
    backoff_s: float = 5.0  # after the first 429 or 503 without Retry-After; doubled each time
    max_backoff_s: float = 3600.0
    accept_encoding: str = "gzip, deflate"  # what every reader of archives can undo; others are undone where sent

    @property
    def user_agent(self) -> str:
        """What every request says of itself: product, version, and where to complain."""
        return f"{TOKEN}/{__version__} (+{self.contact})" if self.contact else f"{TOKEN}/{__version__}"

    def is_opted_out(self, host: str) -> bool:
        """Whether a host, or a domain above it, is on the opt-out list."""
        name = host.rstrip(".") if self.opt_out else ""
        while name:
            if name in self.opt_out:
                return True
            name = name.partition(".")[2]
        return False


DEFAULT_MANNERS = Manners()

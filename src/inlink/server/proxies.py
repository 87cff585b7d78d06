"""Who asks, where proxies stand between: what they say counts only if they are trusted."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Scope

from inlink.server.site import Site

FORWARDED = (b"forwarded", b"x-real-ip", b"x-forwarded-")


def is_forwarded(scope: Scope) -> bool:
    """Whether a proxy says that somebody else asks."""
    return any(name.startswith(FORWARDED) for name, _ in scope["headers"])


def seen_through(scope: Scope, site: Site) -> Scope:
    """The request with the address and scheme of who asks, as the nearest proxies say that are trusted.

    Addresses of X-Forwarded-For are taken from its end, up to the first that is no trusted proxy: what stands before
    it anybody may have written. Forwarded headers reach nothing behind this.
    """
    headers = Headers(scope=scope)
    kept = [(name, value) for name, value in scope["headers"] if not name.startswith(FORWARDED)]
    found = {**scope, "headers": kept}
    if not site.trusts(address_of(scope)):
        return found
    hops = [hop.strip() for line in headers.getlist("x-forwarded-for") for hop in line.split(",") if hop.strip()]
    for hop in reversed(hops):
        found["client"] = (_bare(hop), 0)
        if not site.trusts(_bare(hop)):
            break
    scheme = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
    if scheme in ("http", "https"):
        found["scheme"] = scheme
    return found


def address_of(scope: Scope) -> str:
    """The address of who asks; empty where it is not known."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _bare(hop: str) -> str:
    """An address without brackets and port."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop

"""Routes of a test web: names that are reached at a named address and port instead of where DNS has them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from inlink.errors import BadInput

_ROUTE = re.compile(r"(\*\.)?([^\s=*/:]+)=(http://)?(\[[0-9a-fA-F:]+\]|[0-9.]+):(\d{1,5})\Z")
_HINT = 'write "name=address:port", as in "*.example=http://127.0.0.1:8080"'


@dataclass(frozen=True, slots=True)
class Route:
    """Where a name is reached.

    is_plain: without TLS, also what an https URL names (a demo web has no certificates); such requests say
    X-Forwarded-Proto: https, as those of a proxy in front do.
    """

    name: str
    has_below: bool  # names below it too
    address: str
    port: int
    is_plain: bool

    def leads(self, host: str) -> bool:
        """Whether the route is that of a host."""
        return host == self.name or (self.has_below and host.endswith(f".{self.name}"))


def parse_route(text: str) -> Route:
    """The route that a setting says: `name=address:port`; `*.` before the name, `http://` before the address.

    Raises: BadInput.
    """
    match = _ROUTE.match(text.strip())
    try:
        if match is None or not 0 < int(match[5]) < 65536:
            raise ValueError
        address = ipaddress.ip_address(match[4].strip("[]"))
    except ValueError:
        raise BadInput(f"{text!r} is no route to a test host", hint=_HINT) from None
    return Route(match[2].lower(), match[1] is not None, str(address), int(match[5]), match[3] is not None)

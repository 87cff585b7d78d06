"""What every answer carries: the headers that tie a browser's hands."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

# A browser sends no Origin with forms of a page that is `no-referrer`; `same-origin` tells other sites as little.
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
FRAMED = ("content-security-policy", "x-frame-options", "referrer-policy")
TLS = {"strict-transport-security": "max-age=31536000"}


def guarded(send: Send, *, tls: bool) -> Send:
    """A `send` that adds the headers to every answer.

    An answer that shuts itself up in a sandbox keeps its own policy: a record is shown in a frame of our pages.
    """

    async def send_guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            kept = FRAMED if is_sandboxed(headers.get("content-security-policy", "")) else ()
            for name, value in {**HEADERS, **(TLS if tls else {})}.items():
                if name not in kept:
                    headers[name] = value
            headers.setdefault("cache-control", "no-store")
            message["headers"] = headers.raw
        await send(message)

    return send_guarded


def is_sandboxed(policy: str) -> bool:
    """Whether a policy lets nothing run and nothing be fetched from elsewhere."""
    directives = {part.strip() for part in policy.split(";")}
    return {"sandbox", "default-src 'none'"} <= directives and "script-src" not in policy


def host_name(header: str) -> str:
    """The name in a Host header, lower case, without its port."""
    host = header.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def bracketed(address: str) -> str:
    """An address as it stands in a URL."""
    return f"[{address}]" if ":" in address else address


def is_address(host: str) -> bool:
    """Whether a host is an IP address, and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

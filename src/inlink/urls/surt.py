"""Where a host sorts: its labels reversed, so that a domain and all its hosts stand together.

A host key is `org,example,www`; a page key is `org,example)/path?query`, with a port `org,example):8080/path`.
In ASCII `)` < `,` < `-`, so the half-open range from `org,example)` to `org,example-` holds exactly the pages of
example.org and of every host under it. IP addresses are not reversed. Characters that a host may hold but that would
blur the borders (`,` or `)`, say) are written `%2C`, `%29`: `%` itself never stands in a host.
"""

from __future__ import annotations

from urllib.parse import unquote

from inlink.urls.key_kernel import write_host_key


def host_key(host: str) -> str:
    """The host's labels, reversed and joined by commas: `www.example.org` gives `org,example,www`."""
    raw = host.encode()
    out = bytearray(3 * len(raw) + 1)
    return out[: write_host_key(raw, 0, len(raw), out, 0)].decode()


def host_of_key(key: str) -> str:
    """The host that a host key, or the host part of a page key, was made from (`www.` stays folded in page keys)."""
    name = key.partition(")")[0]
    if name.startswith("["):
        return name
    return ".".join(unquote(label) for label in reversed(name.split(",")))

"""Bodies of requests, bounded."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from inlink.server.refusing import Refusal
from inlink.server.site import Site

MULTIPART_EXTRA = 2**20  # what stands around the file of an upload


def bounded(scope: Scope, receive: Receive, site: Site) -> Receive:
    """A `receive` that ends with an error where the body grows too large. Raises: Refusal where it says so at once."""
    headers = Headers(scope=scope)
    is_upload = headers.get("content-type", "").lower().startswith("multipart/form-data")
    most = site.max_upload_bytes + MULTIPART_EXTRA if is_upload else site.max_body_bytes
    said = headers.get("content-length", "0")
    if not (said.isascii() and said.isdigit()) or int(said[:20]) > most:
        raise Refusal(413, "the request is too large", f"at most {most // 2**20:,} MiB")
    n_bytes = 0

    async def receive_bounded() -> Message:
        nonlocal n_bytes
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if n_bytes > most:
            raise Refusal(413, f"the request is larger than {most // 2**20:,} MiB")
        return message

    return receive_bounded

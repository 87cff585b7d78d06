"""Requests that a browser was made to send by another site: they show no token of ours, or come from elsewhere."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from urllib.parse import parse_qsl

from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from inlink.server.refusing import Refusal
from inlink.web.access import CSRF_FIELD, CSRF_HEADER

READS = ("GET", "HEAD", "OPTIONS")
PREFIX_BYTES = 2**20  # of an upload; its first field is the token
TOKEN_BYTES = 32
AGAIN = "load the page again and send it once more"


def token_of(secret: str) -> str:
    """A token of this session, written differently each time, so that a compressed page does not give it away."""
    mask = secrets.token_bytes(TOKEN_BYTES)
    return base64.urlsafe_b64encode(mask + _crossed(mask, _mark(secret))).decode().rstrip("=")


def is_token(given: str, secret: str) -> bool:
    """Whether a token is one of this session."""
    try:
        raw = base64.urlsafe_b64decode(given.encode("ascii", "replace") + b"=" * (-len(given) % 4))
    except (binascii.Error, ValueError):
        return False
    if len(raw) != 2 * TOKEN_BYTES:
        return False
    return hmac.compare_digest(_crossed(raw[:TOKEN_BYTES], raw[TOKEN_BYTES:]), _mark(secret))


def _mark(secret: str) -> bytes:
    return hmac.digest(secret.encode("utf-8", "surrogatepass"), b"inlink csrf", hashlib.sha256)


def _crossed(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def check_origin(scope: Scope, base_url: str) -> None:
    """Raises: Refusal where the browser says that another site sent the request."""
    headers = Headers(scope=scope)
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refusal(403, "another site sent this request", AGAIN)
    origin = headers.get("origin")
    if origin is not None and origin not in (f"{scope['scheme']}://{headers.get('host', '')}", base_url):
        hint = "behind a reverse proxy, set server.base_url or server.trusted_proxies in inlink.toml"
        raise Refusal(403, "the request comes from another site", hint)


def is_of_a_program(scope: Scope) -> bool:
    """Whether no browser can have sent the request for a page of another site.

    Browsers say where such a request comes from, or send it as a form; and no program has cookies of ours.
    """
    headers = Headers(scope=scope)
    told = any(name in headers for name in ("origin", "referer", "cookie", "sec-fetch-site", "sec-fetch-mode"))
    kind = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    return not told and kind in ("application/json", "application/x-ndjson")


async def check_token(scope: Scope, receive: Receive, secret: str) -> Receive:
    """Check the token in the header or in the form; gives a `receive` of the whole body.

    Raises: Refusal where there is none of this session.
    """
    headers = Headers(scope=scope)
    given, begin = headers.get(CSRF_HEADER, ""), []
    if not given:
        begin = await _beginning(headers, receive)
        given = _field(headers, b"".join(message.get("body", b"") for message in begin))
    if not secret or not is_token(given, secret):
        raise Refusal(403, "the form is not of this session", AGAIN)
    return _again(begin, receive)


async def _beginning(headers: Headers, receive: Receive) -> list[Message]:
    """The messages that hold the field of the token: all of a form, the beginning of an upload."""
    is_upload = headers.get("content-type", "").lower().startswith("multipart/form-data")
    found: list[Message] = []
    n_bytes = 0
    while True:
        message = await receive()
        found.append(message)
        n_bytes += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body") or (is_upload and n_bytes > PREFIX_BYTES):
            return found


def _again(begin: list[Message], receive: Receive) -> Receive:
    waiting = iter(begin)

    async def receive_again() -> Message:
        message = next(waiting, None)
        return message if message is not None else await receive()

    return receive_again


def _field(headers: Headers, body: bytes) -> str:
    """The token in a form; empty where it has none."""
    kind, options = parse_options_header(headers.get("content-type", ""))
    if kind == b"application/x-www-form-urlencoded":
        try:
            fields = parse_qsl(body.decode("latin-1"), max_num_fields=10_000)
        except ValueError:
            return ""
        return next((value for name, value in fields if name == CSRF_FIELD), "")
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        return ""
    return next((value for name, value in _parts(body, boundary) if name == CSRF_FIELD), "")


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[str, str]]:
    """Whole fields at the beginning of a multipart body."""
    found: list[tuple[str, str]] = []
    head, name, data = bytearray(), bytearray(), bytearray()
    field = ""

    def on_header_end() -> None:
        nonlocal field
        if bytes(name).lower() == b"content-disposition":
            field = parse_options_header(bytes(head))[1].get(b"name", b"").decode("latin-1")
        head.clear()
        name.clear()

    def on_part_end() -> None:
        found.append((field, data[:1000].decode("latin-1")))
        data.clear()

    parser = MultipartParser(
        boundary,
        {
            "on_header_field": lambda raw, start, end: name.extend(raw[start:end]),
            "on_header_value": lambda raw, start, end: head.extend(raw[start:end]),
            "on_header_end": on_header_end,
            "on_part_data": lambda raw, start, end: data.extend(raw[start:end]),
            "on_part_end": on_part_end,
        },
    )
    try:
        parser.write(body)
    except ValueError:
        return iter(())
    return iter(found)

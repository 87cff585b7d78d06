"""Who asks: the session of a cookie, the token of a header, or whoever sits at this machine."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import Scope

from inlink.server.proxies import is_forwarded
from inlink.server.refusing import Refusal
from inlink.server.site import Site
from inlink.web.cookies import SESSION, VISIT, read_cookie
from inlink.workbench.accounts import Accounts
from inlink.workbench.people import Who

OPEN = ("/login",)
OPEN_BELOW = ("/static/",)
API = "/api/"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, None for nobody; the secret that forms are bound to; whether the visit is new and needs its cookie.

    key: by what requests are counted; empty where they are not. by_token: a token spoke, and no browser.
    """

    who: Who | None
    secret: str = ""
    session: str = ""
    is_new: bool = False
    key: str = ""
    by_token: bool = False


async def asker_of(scope: Scope, site: Site, accounts: Accounts | None) -> Asker:
    """The one who asks. Raises: Refusal for a token that is none; what the database raises."""
    headers = Headers(scope=scope)
    shown = headers.get("authorization")
    if shown is not None and is_api(scope):
        return await _of_token(shown, accounts)
    tls = scope["scheme"] == "https"
    cookies = "; ".join(headers.getlist("cookie"))
    session = read_cookie(cookies, SESSION, tls=tls)
    who = None
    if accounts is not None and session:
        who = await run_in_threadpool(accounts.who_of_session, session)
    if who is not None:
        return Asker(who, session, session, key=f"session {who.user_id}")
    visit = read_cookie(cookies, VISIT, tls=tls)
    return Asker(
        Who.local() if not await _must_sign_in(scope, site, accounts) else None,
        visit or secrets.token_urlsafe(32),
        session,
        is_new=not visit,
    )


async def _of_token(shown: str, accounts: Accounts | None) -> Asker:
    kind, _, secret = shown.partition(" ")
    secret = secret.strip()
    who = None
    if kind.lower() == "bearer" and accounts is not None:
        who = await run_in_threadpool(accounts.who_of_token, secret)
    if who is None:
        raise Refusal(401, "the token is not known, or has ended", "make one: Settings › Tokens", challenge())
    return Asker(who, key=f"token {secret}", by_token=True)


async def _must_sign_in(scope: Scope, site: Site, accounts: Accounts | None) -> bool:
    """Whether nobody is let in by sitting at this machine. Raises: Refusal where there is no way in at all yet."""
    if accounts is None:
        return False
    if await run_in_threadpool(accounts.exist):
        return True
    if not site.is_local:
        raise Refusal(503, "there are no users yet", "on the server: inlink user add NAME --role admin")
    if scope["state"].get("is_forwarded"):
        raise Refusal(
            403,
            "a proxy asks for somebody, and nobody has an account here",
            "set server.trusted_proxies in inlink.toml, and add users: inlink user add NAME --role admin",
        )
    return False


def note_proxies(scope: Scope) -> Scope:
    """The request with a state of its own that says whether a proxy passed it on."""
    return {**scope, "state": {**scope.get("state", {}), "is_forwarded": is_forwarded(scope)}}


def check_open(scope: Scope, asker: Asker) -> None:
    """Raises: Refusal where nobody has signed in and the address is not open to all."""
    if asker.who is not None or is_open(scope["path"]):
        return
    if is_api(scope):
        raise Refusal(401, "nobody has signed in", "send a token: Authorization: Bearer inlink_…", challenge())
    headers = Headers(scope=scope)
    if "hx-request" in headers:
        raise Refusal(401, "nobody has signed in", "sign in again", {"hx-redirect": "/login"})
    wants_page = "application/json" not in headers.get("accept", "")
    if scope["method"] in ("GET", "HEAD") and wants_page:
        raise Refusal(303, "sign in first", "", {"location": login_address(scope)})
    raise Refusal(401, "nobody has signed in", "sign in, then do it again")


def login_address(scope: Scope) -> str:
    """Where to sign in, to come back to what was asked for."""
    query = scope["query_string"].decode("latin-1")
    asked = quote(scope["path"], safe="/") + (f"?{query}" if query else "")
    return "/login" if asked == "/" else f"/login?next={quote(asked, safe='')}"


def is_open(path: str) -> bool:
    """Whether everybody may ask for an address."""
    return path in OPEN or path.startswith(OPEN_BELOW)


def is_api(scope: Scope) -> bool:
    """Whether a request is one of the API."""
    return str(scope["path"]).startswith(API)


def challenge() -> dict[str, str]:
    """How the API is told who asks."""
    return {"www-authenticate": 'Bearer realm="inlink"'}

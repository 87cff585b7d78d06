"""The one way in: every request is judged here before a page or a route of the API sees it."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inlink.errors import InlinkError
from inlink.failures import Failure, failure
from inlink.server import asking, forgery
from inlink.server.asking import Asker
from inlink.server.bodies import bounded
from inlink.server.guard import bracketed, guarded, host_name, is_address
from inlink.server.proxies import address_of, seen_through
from inlink.server.rates import Rates
from inlink.server.refusing import Refusal
from inlink.server.site import Site
from inlink.web.cookies import VISIT, set_cookie
from inlink.workbench.accounts import Accounts

Tell = Callable[[Scope, Failure, dict[str, str]], ASGIApp]


class Gate:
    """ASGI middleware around pages and API.

    In this order: who asks through which proxies, the host's name, the size, who it is, how often, whether that needs
    a sign-in, and whether another site had a hand in it. What passes has `request.state.who` and `csrf_token`.
    tell: an answer that says a failure in the manner of what was asked for.
    """

    def __init__(self, app: ASGIApp, site: Site, accounts: Accounts | None, tell: Tell) -> None:
        self.app, self.site, self.accounts, self.tell = app, site, accounts, tell
        self.rates = Rates(site.rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope = seen_through(asking.note_proxies(scope), self.site)
        send = guarded(send, tls=scope["scheme"] == "https")
        answer = self.app
        try:
            receive = await self._judged(scope, receive)
        except Refusal as refusal:
            answer = self.tell(scope, refusal.failure, dict(refusal.headers or {}))
        except InlinkError as error:
            answer = self.tell(scope, failure(error), {})
        await answer(scope, receive, self._with_visit(scope, send))

    async def _judged(self, scope: Scope, receive: Receive) -> Receive:
        state = scope["state"]
        state["who"] = None
        if not self._is_named(scope):
            raise Refusal(421, "this site has another name", "it answers to 127.0.0.1, localhost and server.hosts")
        receive = bounded(scope, receive, self.site)
        if scope["path"].startswith(asking.OPEN_BELOW) and scope["method"] in forgery.READS:
            return receive
        asker = await asking.asker_of(scope, self.site, self.accounts)
        state["who"] = asker.who
        state["session"] = asker.session
        if not asker.by_token:
            state["csrf_token"] = forgery.token_of(asker.secret)
        if asker.is_new and not asking.is_api(scope):
            state["visit"] = asker.secret
        self._count(scope, asker)
        asking.check_open(scope, asker)
        return await self._unforged(scope, receive, asker)

    def _is_named(self, scope: Scope) -> bool:
        """Whether the Host is one of ours, so that no hostile page reads the site through a name that points here.

        Where others may reach the site, the address that they connected to counts too: no name points to it.
        """
        name = host_name(Headers(scope=scope).get("host", ""))
        server = str((scope.get("server") or ("",))[0])
        return name in self.site.names or (not self.site.is_local and is_address(server) and name == bracketed(server))

    def _count(self, scope: Scope, asker: Asker) -> None:
        """Requests of the API and of nobody are counted; those of people who look at pages are not."""
        is_local = asker.who is not None and asker.who.via == "local"
        if (asking.is_api(scope) and not is_local) or asker.who is None:
            self.rates.count(asker.key or f"address {address_of(scope)}")

    async def _unforged(self, scope: Scope, receive: Receive, asker: Asker) -> Receive:
        if scope["method"] in forgery.READS or asker.by_token:
            return receive
        forgery.check_origin(scope, self.site.base_url)
        is_local = asker.who is not None and asker.who.via == "local"
        if is_local and asking.is_api(scope) and forgery.is_of_a_program(scope):
            return receive
        return await forgery.check_token(scope, receive, "" if asker.is_new else asker.secret)

    def _with_visit(self, scope: Scope, send: Send) -> Send:
        """A `send` that gives the cookie of a new visit to who gets a page."""
        visit = scope["state"].get("visit")
        if not visit:
            return send

        async def send_visit(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", set_cookie(VISIT, visit, tls=scope["scheme"] == "https"))
                message["headers"] = headers.raw
            await send(message)

        return send_visit

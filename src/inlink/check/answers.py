"""Verdicts on answers without a page: statuses, failures, redirects that end nowhere."""

from __future__ import annotations

from inlink.check.judging import Finding
from inlink.check.page import Page
from inlink.check.wording import phrases
from inlink.fetch.reply import NEVER_ASKED, Chain, Reply
from inlink.fetch.robots import Rules

_FAILURES = {"dns": "dns", "refused": "refused", "tls": "tls", "timeout": "timeout"}
_LOGINS = {401: "a login", 402: "a payment", 407: "a login"}
_HOST_WIDE = frozenset(("dns", "refused", "tls"))


def judge_answer(chain: Chain, rules: Rules | None) -> Finding | None:
    """The verdict on a chain that did not end in a page; None where it did. `rules`: of the last address's host."""
    last = chain.last
    if chain.problem is not None:
        return _endless(chain)
    if last.status is None:
        return _no_answer(last, rules)
    if 200 <= last.status < 300:
        return _cut(last)
    return _status(last)


def is_passing(chain: Chain) -> bool:
    """Whether asking once more may bring another answer: a server's own errors, and connections that broke."""
    last = chain.last
    if last.status is None:
        return last.error in ("broken", "bad-answer", "dns")
    return (last.status >= 500 and last.status not in (501, 505, 511)) or last.status == 429


def is_of_host(reply: Reply) -> bool:
    """Whether a failure is the host's: every other page of it would fail in the same way."""
    return reply.status is None and (reply.error in _HOST_WIDE or is_connect_timeout(reply.error, reply.detail))


def is_connect_timeout(error: str | None, detail: str) -> bool:
    """Whether no connection came about in time."""
    return error == "timeout" and detail.startswith("ConnectionTimeoutError")


def _endless(chain: Chain) -> Finding:
    is_loop = chain.problem == "loop"
    evidence = {"hops": " ".join(reply.url for reply in chain.hops[:8])}
    why = "redirects in a circle" if is_loop else f"redirects more than {len(chain.hops) - 1} times"
    return Finding("server-error", "redirect-loop" if is_loop else "too-many-redirects", why, evidence)


def _no_answer(last: Reply, rules: Rules | None) -> Finding:
    error = last.error or "bad-answer"
    evidence = {"detail": last.detail} if last.detail else {}
    if error == "robots":
        return Finding("robots", "robots", "robots.txt forbids to look", evidence)
    if error == "robots-unreachable":
        return _no_robots(rules, evidence)
    if error in NEVER_ASKED:
        return Finding(
            "unknown", "never-asked", last.detail or "this address is not asked", {"reason": error, **evidence}
        )
    verdict = _FAILURES.get(error, "server-error")
    return Finding(verdict, error, _SAID.get(error, "the server gave no answer"), evidence)


def _no_robots(rules: Rules | None, evidence: dict[str, str]) -> Finding:
    """A host that cannot be reached at all cannot be reached for robots.txt either."""
    error = rules.error if rules is not None else None
    detail = rules.detail if rules is not None else ""
    if error in _HOST_WIDE or is_connect_timeout(error, detail):
        return Finding(str(error), str(error), _SAID[str(error)], {"detail": detail, "asked for": "robots.txt"})
    status = f"answers {rules.status}" if rules is not None and rules.status else "does not answer"
    why = f"robots.txt {status}, so nothing may be asked for now"
    return Finding("unknown", "robots-unreachable", why, evidence)


def _cut(last: Reply) -> Finding | None:
    """A page whose body broke off is a page, one that never came is none."""
    if last.cut == "time":
        return Finding("timeout", "timeout", "the page did not come to its end in time", {"bytes": str(len(last.body))})
    if last.error and not last.body:
        return Finding("server-error", last.error, _SAID.get(last.error, "no answer came"), {"detail": last.detail})
    return None


def _status(last: Reply) -> Finding:
    status = last.status or 0
    said = {"status": f"{status} {last.reason}".strip()}
    if status == 404:
        return Finding("not-found", "status-404", "the server says that there is no such page", said)
    if status == 410:
        return Finding("gone", "status-410", "the server says that the page is gone for good", said)
    if status in _LOGINS:
        slug = "status-402" if status == 402 else "status-401"
        return Finding("login-wall", slug, f"the server wants {_LOGINS[status]}", said)
    if status == 408:
        return Finding("timeout", "timeout", "the server says that it took too long", said)
    if (challenge := _challenged(last)) is not None:
        return Finding("unknown", "challenge", "robots are shown a challenge instead of the page", said | challenge)
    if status == 403:
        return Finding("unknown", "status-403", "the server refuses robots, or everybody", said)
    if status == 429:
        return Finding("unknown", "status-429", "the server wants fewer requests", said)
    if 500 <= status < 600:
        return Finding("server-error", "status-5xx", f"the server answers with an error of its own ({status})", said)
    if status in (301, 302, 303, 307, 308):
        return Finding("server-error", "bad-answer", "redirects without saying where", said)
    return Finding("unknown", "status-other", f"the status {status} says nothing about the page", said)


def _challenged(last: Reply) -> dict[str, str] | None:
    """Evidence of a challenge to robots behind an error status."""
    known = phrases()
    if header := known.challenge_header(last.headers):
        return {"header": header}
    if last.status not in (403, 429, 503):
        return None
    page = Page(last)
    said = known.says_challenge(page.titles)
    return {"title": said} if said and any(text in page.html.lower() for text in known.challenge_markup) else None


_SAID = {
    "dns": "the host has no address",
    "refused": "no connection could be made",
    "tls": "the certificate or the TLS handshake is wrong",
    "timeout": "no answer came in time",
    "broken": "the connection ended before an answer came",
    "bad-answer": "what came is no HTTP answer",
}

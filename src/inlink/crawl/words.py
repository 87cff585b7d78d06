"""Closed lists: why a URL was left out of a crawl, why a page has no answer, and how a crawl ends."""

from __future__ import annotations

from inlink.fetch.browser import NOT_RENDERED
from inlink.fetch.reply import ERRORS

LEFT_OUT = {
    "out-of-scope": "outside of the crawl's scope",
    "too-deep": "further from the seeds than the depth limit",
    "host-limit": "beyond the limit of pages of a host",
    "nofollow": "linked by nofollow links only, or from pages that say nofollow",
    "not-a-page": "an image, archive, script or the like, by its name",
    "session-id": "differs from another URL by a session id only",
    "endless-path": "the path repeats itself or is endless",
    "calendar": "a calendar page of a date far off, or of a calendar without end",
    "parameters": "one more combination of parameters of one path",
    "same-text": "of a kind whose pages link to each other on and on and say the same",
    "redirect-chain": "behind too many redirects",
    **{slug: words for slug, words in ERRORS.items() if slug in
       ("scheme", "credentials", "port", "address", "opt-out", "robots", "not-a-url")},
}  # fmt: skip
TRAPS = ("session-id", "endless-path", "calendar", "parameters", "same-text", "redirect-chain")
ASIDE = {
    **{
        slug: words
        for slug, words in ERRORS.items()
        if slug in ("robots-unreachable", "dns", "refused", "tls", "timeout", "broken", "bad-answer")
    },
    "unreachable": "the host did not answer several times in a row",
    "busy": "the host asked to be left alone for longer than a crawl waits",
}
NOT_SCRIPTED = {**NOT_RENDERED, "gone": "the archived answer is not there any more"}
ENDINGS = {
    "done": "nothing is left to ask",
    "page-limit": "the limit of pages was reached",
    "stopped": "stopped by the user",
    "waiting": "all that is left belongs to hosts that are set aside",
}

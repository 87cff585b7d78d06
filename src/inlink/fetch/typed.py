"""The address that a user's text means, for what asks the web: crawls and checks."""

from __future__ import annotations

from inlink.errors import BadInput
from inlink.fetch.policy import DEFAULT_POLICY, Policy
from inlink.urls.identity import typed_url


def typed_address(text: str, policy: Policy = DEFAULT_POLICY) -> str:
    """The normalised URL, without fragment; a missing scheme is https.

    Raises: BadInput for what is no http(s) URL, and for a bare name without a dot that is no test host.
    """
    url = typed_url(text.strip())
    host = url.host
    is_bare = "://" not in text and not ("." in host or ":" in host or host == "localhost")
    if is_bare and not policy.is_test_host(host, url.port or 443):
        hint = f"write https://{host}/ if it is a host; a test host is named in inlink.toml (fetch.test_hosts)"
        raise BadInput(f"not a web address: {text!r} has no dot", hint=hint)
    return url.href.partition("#")[0]

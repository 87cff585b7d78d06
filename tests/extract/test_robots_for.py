"""What is asked of all robots and of named ones, apart from what others are asked."""

from __future__ import annotations

import pytest

from inlink.extract.robots import robots_for

CASES = {
    "all": ([("robots", "noindex")], [], (True, False, "meta")),
    "named": ([("googlebot", "nofollow")], [], (False, True, "meta:googlebot")),
    "another": ([("ccbot", "none")], [], (False, False, None)),
    "header for all": ([], ["noindex, nofollow"], (True, True, "header")),
    "header for the named": ([], ["googlebot: noindex, nofollow"], (True, True, "header:googlebot")),
    "header for another, to its end": ([], ["otherbot: noindex, nofollow"], (False, False, None)),
    "header for one, then another": ([], ["ccbot: noindex, googlebot: nofollow"], (False, True, "header:googlebot")),
    "header for all, then another": ([], ["nofollow, ccbot: noindex"], (False, True, "header")),
    "a date is no robot": ([], ["unavailable_after: 25 Jun 2030 15:00:00 PST, nofollow"], (False, True, "header")),
    "several": ([("robots", "nofollow"), ("ccbot", "noindex")], ["noindex"], (True, True, "meta+header")),
}


@pytest.mark.parametrize(("metas", "headers", "expected"), CASES.values(), ids=CASES)
def test_case(metas: list[tuple[str, str]], headers: list[str], expected: tuple[bool, bool, str | None]) -> None:
    found = robots_for(metas, headers, frozenset(("googlebot",)))
    assert (found.is_noindex, found.is_nofollow, found.origin) == expected

"""Same-page keys, scopes, and what a user's text means."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlink.errors import BadInput
from inlink.urls.domains import SuffixRules
from inlink.urls.folds import INDEX, PARAMETER, PREFIX, fold_names
from inlink.urls.identity import SCOPES, Scope, guess_scope, key_range, same_page_key, target
from inlink.urls.parse import parse

RULES = SuffixRules(["ac.example"])


@pytest.mark.parametrize(
    ("url", "key"),
    [
        pytest.param("https://scipy.org/doc?a=1", "org,scipy)/doc?a=1", id="plain"),
        pytest.param("http://www.scipy.org/", "org,scipy)/", id="scheme and www"),
        pytest.param("http://www.com/", "com,www)/", id="www that is the name"),
        pytest.param("http://www.www.example.org/", "org,example,www)/", id="one www only"),
        pytest.param("http://example.org./", "org,example)/", id="trailing dot"),
        pytest.param("http://me:pw@example.org/", "org,example)/", id="user name"),
        pytest.param("http://example.org:8080/a", "org,example):8080/a", id="port stays"),
        pytest.param("https://example.org:443/a", "org,example)/a", id="default port"),
        pytest.param("http://192.0.2.1/a", "192.0.2.1)/a", id="IPv4"),
        pytest.param("http://[2001:db8::1]:81/", "[2001:db8::1]):81/", id="IPv6"),
        pytest.param("http://example.org/docs/", "org,example)/docs", id="trailing slash"),
        pytest.param("http://example.org/docs//", "org,example)/docs/", id="one slash only"),
        pytest.param("http://example.org/docs/index.html", "org,example)/docs", id="index name"),
        pytest.param("http://example.org/Default.ASPX?a=1", "org,example)/?a=1", id="index name in any case"),
        pytest.param(
            "http://example.org/index.php/a", "org,example)/index.php/a", id="index name with a path after it"
        ),
        pytest.param("http://example.org/myindex.html", "org,example)/myindex.html", id="no index name"),
        pytest.param("http://example.org/?utm_source=a&b=1&UTM_x=2", "org,example)/?b=1", id="tracking"),
        pytest.param("http://example.org/?fbclid=1", "org,example)/", id="only tracking"),
        pytest.param("http://example.org/?fbclids=1&gclid", "org,example)/?fbclids=1", id="whole names"),
        pytest.param("http://example.org/?b=2&a=1", "org,example)/?b=2&a=1", id="query order"),
        pytest.param("http://example.org/?&&a=&", "org,example)/?a=", id="empty parameters"),
        pytest.param("http://example.org/a?", "org,example)/a", id="empty query"),
        pytest.param("http://example.org/%7euser/%c3%a4/%2F", "org,example)/~user/%C3%A4/%2F", id="escapes"),
        pytest.param("http://example.org/%zz%4%", "org,example)/%zz%4%", id="no escapes"),
        pytest.param("http://example.org/a/%69ndex.html?%75tm_x=1", "org,example)/a", id="escaped names"),
        pytest.param("http://example.org/A", "org,example)/A", id="case of the path"),
    ],
)
def test_same_page_key(url: str, key: str) -> None:
    assert same_page_key(url) == key


@pytest.mark.parametrize("url", ["mailto:a@b.example", "ftp://example.org/", "example.org", "", "http://"])
def test_what_has_no_key(url: str) -> None:
    with pytest.raises(BadInput):
        same_page_key(url)


def test_list_of_folds_is_clean() -> None:
    names = fold_names()
    assert len({name for name, _ in names}) == len(names)
    assert all(name == name.lower() and name for name, _ in names)
    content = {b"id", b"ref", b"source", b"page", b"p", b"q", b"s", b"lang", b"sid", b"cid", b"campaign", b"tag", b"v"}
    assert not any(kind & PARAMETER and name in content for name, kind in names)
    assert sum(kind & INDEX for _, kind in names) > 10
    assert not any(kind & PREFIX and len(name) < 4 for name, kind in names)


def plain_key(href: str) -> str:
    """The key again, from its description, without the kernel."""
    url = parse(href)
    assert url is not None
    host = url.host if url.host in (".", "..") else url.host.removesuffix(".")
    if not host.startswith("[") and not host.replace(".", "").isdigit():
        rest = host.removeprefix("www.")
        host = ",".join(reversed((rest if "." in rest else host).split(".")))
    safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"

    def folded(text: str) -> str:
        parts = text.split("%")
        done = parts[0]
        for part in parts[1:]:
            code = part[:2]
            if len(code) == 2 and all(c in "0123456789abcdefABCDEF" for c in code):
                character = unquote(f"%{code}", "latin1")
                done += (character if character in safe else f"%{code.upper()}") + part[2:]
            else:
                done += f"%{part}"
        return done

    def is_tracking(name: str) -> bool:
        known = [(n.decode(), k) for n, k in fold_names() if k & PARAMETER]
        return any(name.startswith(n) if k & PREFIX else name == n for n, k in known)

    path = folded(url.path)
    head, _, last = path.rpartition("/")
    if last.lower().encode() in {n for n, k in fold_names() if k & INDEX}:
        path = f"{head}/"
    if path != "/":
        path = path.removesuffix("/")
    kept = [p for p in map(folded, (url.query or "").split("&")) if p and not is_tracking(p.split("=")[0].lower())]
    port = "" if url.port is None else f":{url.port}"
    return f"{host}){port}{path}" + (f"?{'&'.join(kept)}" if kept else "")


WORDS = """
    / a index.html INDEX.PHP default.aspx ? & = utm_x fbclid %7e %2f %zz % %4 %75 b gclid=1 c=2 ~ ä . %69ndex.html
    mc_cid @ %40 %@4 %`a
"""
PARTS = st.sampled_from([*WORDS.split(), " "])
HOSTS = st.sampled_from(
    ["example.org", "www.example.org", "www.com", "192.0.2.1", "[::1]", "a.b.", "x.org:8080", "www.x.org."]
)


@given(HOSTS, st.lists(PARTS, max_size=12).map("".join))
def test_key_is_as_described(host: str, rest: str) -> None:
    url = parse(f"http://{host}/{rest}")
    assert url is not None
    href = url.href.partition("#")[0]
    assert same_page_key(href) == plain_key(href)


@given(HOSTS, st.lists(PARTS, max_size=8).map("".join))
def test_key_is_stable_under_folding(host: str, rest: str) -> None:
    """What folds away does not change the key."""
    url = parse(f"http://{host}/{rest}")
    assert url is not None
    href = url.href.partition("#")[0]
    key = same_page_key(href)
    mark = "&" if "?" in href else "?"
    assert same_page_key(f"{href}{mark}utm_source=x") == key
    assert same_page_key(f"{href}{mark}gclid") == key
    if url.port is None:
        assert same_page_key(href.replace("http:", "https:", 1)) == key
    if url.query is None and url.path.endswith("/"):
        assert same_page_key(f"{href}index.html") == key
        assert same_page_key(href.rstrip("/") + "/" * (len(href) - len(href.rstrip("/")))) == key


@pytest.mark.parametrize(
    ("text", "kind", "host", "domain"),
    [
        ("scipy.org", "domain", "scipy.org", "scipy.org"),
        ("www.scipy.org", "domain", "www.scipy.org", "scipy.org"),
        ("https://SciPy.org/", "domain", "scipy.org", "scipy.org"),
        ("*.scipy.org", "domain", "scipy.org", "scipy.org"),
        ("  scipy.org ", "domain", "scipy.org", "scipy.org"),
        ("bücher.de", "domain", "xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("me.github.io", "domain", "me.github.io", "me.github.io"),
        ("physics.ac.example", "domain", "physics.ac.example", "physics.ac.example"),
        ("www.gov.uk", "domain", "www.gov.uk", "www.gov.uk"),
        ("docs.scipy.org", "host", "docs.scipy.org", "scipy.org"),
        ("*.docs.scipy.org", "host", "docs.scipy.org", "scipy.org"),
        ("scipy.org/*", "host", "scipy.org", "scipy.org"),
        ("github.io", "host", "github.io", "github.io"),
        ("192.0.2.1", "host", "192.0.2.1", "192.0.2.1"),
        ("localhost:8000", "host", "localhost", "localhost"),
        ("scipy.org/docs/", "prefix", "scipy.org", "scipy.org"),
        ("https://scipy.org/docs/*", "prefix", "scipy.org", "scipy.org"),
        ("scipy.org/docs*", "prefix", "scipy.org", "scipy.org"),
        ("scipy.org/docs", "url", "scipy.org", "scipy.org"),
        ("scipy.org/?p=1", "url", "scipy.org", "scipy.org"),
        ("//scipy.org/a", "url", "scipy.org", "scipy.org"),
    ],
)
def test_guess_scope(text: str, kind: str, host: str, domain: str) -> None:
    guess = guess_scope(text, rules=RULES)
    assert (guess.kind, guess.host, guess.domain) == (kind, host, domain)
    assert guess.reason.startswith(f"scope {kind}, because ")
    assert (guess.url is None) == (kind in ("host", "domain")) == (guess.key is None)


@pytest.mark.parametrize(
    "text", ["", "a b", "a@b.example", "mailto:a@b.example", "ftp://x.org", "javascript:void(0)", "*"]
)
def test_what_is_no_target(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        guess_scope(text, rules=RULES)
    assert caught.value.hint


def test_unknown_scope() -> None:
    with pytest.raises(BadInput, match="unknown scope"):
        target("scipy.org", "site", rules=RULES)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "scope", "inside", "outside"),
    [
        pytest.param(
            "example.org/docs", "prefix",
            ["/docs", "/docs/", "/docs/x", "/docs?x=1", "/docs/?x=1", "/docs/index.html", "/docs/x/y?z"],
            ["/docs2", "/docs-x", "/docs.html", "/doc", "/Docs", "/x/docs", "/"],
            id="prefix",
        ),
        pytest.param("example.org/docs/", "prefix", ["/docs", "/docs/x", "/docs?x=1"], ["/docs2", "/doc"], id="slash"),
        pytest.param("example.org/", "prefix", ["/", "/a", "/?a=1"], [], id="root"),
        pytest.param("example.org/docs", "url", ["/docs", "/docs/", "/docs?gclid"], ["/docs?x", "/docs/x"], id="url"),
        pytest.param("example.org/docs", "host", ["/", "/docs", "/x?y"], [], id="host"),
        pytest.param("example.org/docs", "domain", ["/", "/docs", "/x?y"], [], id="domain"),
    ],
)  # fmt: skip
def test_scopes(text: str, scope: Scope, inside: list[str], outside: list[str]) -> None:
    asked = target(text, scope, rules=RULES)
    assert (asked.low, asked.high) == key_range(parse(f"https://{text}") or "", scope)
    for path in inside:
        key = same_page_key(f"http://www.example.org{path}")
        assert asked.has_key(key), path
        assert asked.low <= key < asked.high, path
    for path in outside:
        assert not asked.has_key(same_page_key(f"http://example.org{path}")), path


@pytest.mark.parametrize(
    "other", ["http://example.com/", "http://an-example.org/", "http://example.org.uk/", "http://org/"]
)
@pytest.mark.parametrize("scope", SCOPES)
def test_other_hosts_are_outside(scope: Scope, other: str) -> None:
    assert not target("example.org/", scope, rules=RULES).has_key(same_page_key(other))


def test_hosts_and_ports() -> None:
    domain = target("example.org", "domain", rules=RULES)
    host = target("example.org", "host", rules=RULES)
    for url in ("http://example.org:8080/x", "http://www.example.org/"):
        assert domain.has_key(same_page_key(url))
        assert host.has_key(same_page_key(url))
    assert domain.has_key(same_page_key("http://a.b.example.org/"))
    assert not host.has_key(same_page_key("http://a.example.org/"))
    assert target("example.org:8080/x/", rules=RULES).has_key(same_page_key("http://example.org:8080/x?y"))


def test_strict_keeps_the_url() -> None:
    asked = target("https://example.org/docs/#top", "url", rules=RULES, is_strict=True)
    assert asked.is_strict
    assert asked.url == "https://example.org/docs/"


TEXTS = st.one_of(st.text(max_size=30), st.builds("{}{}".format, HOSTS, st.lists(PARTS, max_size=4).map("".join)))


@given(TEXTS)
def test_any_text_is_a_target_or_bad_input(text: str) -> None:
    try:
        guess = guess_scope(text, rules=RULES)
    except BadInput:
        return
    assert guess.kind in SCOPES
    assert guess.low < guess.high
    if guess.key is not None:
        assert guess.low <= guess.key < guess.high or guess.kind == "prefix"

"""Every reason why a link is lost or changed, and a near miss of each that is not it."""

from __future__ import annotations

from dataclasses import dataclass, field

from watched_web import LINK, PROSE, Answer, page

Pages = dict[str, Answer | str | list[Answer | str]]  # by path; a list: one answer after the other, the last stays


@dataclass(frozen=True)
class Case:
    """What a site's pages are after a while; before, /page is `page()` unless said. told: the event, if any."""

    after: Pages
    state: str
    reasons: tuple[str, ...] = ()
    before: Pages = field(default_factory=dict)
    source: str = "/page"


def link(text: str = "Sourdough guide", href: str = "https://mine.example/guide", attributes: str = "") -> str:
    return f'<a href="{href}" {attributes}>{text}</a>'


def head(text: str) -> str:
    return page(head=text)


def header(name: str, value: str, body: str = "") -> Answer:
    return Answer(body or page(), headers={name: value})


def moved(status: int, to: str) -> Answer:
    return Answer("", status, headers={"Location": to})


LIST = "".join(f'<li><a href="/story/{n}">Story {n} of the mill</a></li>' for n in range(30))
TWO = f"<p>By the way, {link('another word', attributes='rel=nofollow')} on it.</p>"
NOT_FOUND = "<title>Page not found</title><h1>Page not found</h1><p>Sorry, this page does not exist any more."
LOGIN = "<title>Log in</title><h1>Please log in</h1><form method=post><input type=password name=p></form>"
WORDS = "<p>Whoever pays for these pages sells mills, ovens, baskets and scales, and ships them on Mondays.</p>"
SPONSORS = page(before="Sponsored:", after="and others.", extra=LIST).replace(PROSE, WORDS)
SCRIPT = "<div id=x></div><script>x.innerHTML='" + LINK.replace("'", '"') + "'</script>"

VISITS = [
    "".join(f"<p>Message by {name}: <a href=https://{name}.example/>Visit homepage</a></p>" for name in names)
    for names in (("ann", "bob"), ("bob", "zoe"))
]

CASES: dict[str, Case] = {
    # link removed
    "removed": Case({"/page": page("")}, "lost", ("link_removed",)),
    "removed, in a comment now": Case({"/page": page(f"<!-- {LINK} -->")}, "lost", ("link_removed",)),
    "removed, address as text": Case({"/page": page("https://mine.example/guide")}, "lost", ("link_removed",)),
    "removed, template only": Case({"/page": page(f"<template>{LINK}</template>")}, "lost", ("link_removed",)),
    "removed, the other one stays": Case({"/page": page("", extra=TWO)}, "lost", ("link_removed",),
                                         {"/page": page(extra=TWO)}),
    "removed once, then back": Case({"/page": [page(""), page()]}, "alive"),
    "elsewhere on the page": Case({"/page": page("", extra=f"<footer>{LINK}</footer>")}, "alive"),
    "page made anew around it": Case({"/page": f"<html><body><table><tr><td>{LINK}"}, "alive"),
    "image with the words as alt": Case({"/page": page('<a href="https://mine.example/guide"><img src=/g.png '
                                                       'alt="Sourdough guide"></a>')}, "alive"),
    "cut before the link": Case({"/page": Answer(PROSE * 9 + page(), is_cut=True)}, "alive"),
    # rel
    "nofollow by rel": Case({"/page": page(link(attributes="rel=nofollow"))}, "changed", ("nofollow_rel",)),
    "ugc by rel": Case({"/page": page(link(attributes='rel="ugc noopener"'))}, "changed", ("nofollow_rel",)),
    "sponsored by rel": Case({"/page": page(link(attributes='rel="SPONSORED"'))}, "changed", ("nofollow_rel",)),
    "nofollow among commas": Case({"/page": page(link(attributes='rel="noopener,nofollow,external"'))}, "changed",
                                  ("nofollow_rel",)),
    "rel with commas": Case({"/page": page(link(attributes='rel="noopener,noreferrer"'))}, "alive"),
    "rel that only sounds alike": Case({"/page": page(link(attributes='rel="dofollow no-follow"'))}, "alive"),
    "nofollow as a class": Case({"/page": page(link(attributes='class="nofollow" data-rel="nofollow"'))}, "alive"),
    "nofollow on another link": Case({"/page": page(extra=TWO)}, "alive"),
    "was nofollow from the beginning": Case({"/page": page(link(attributes="rel='nofollow ugc'"))}, "alive", (),
                                            {"/page": page(link(attributes="rel=nofollow"))}),
    # robots
    "nofollow by meta": Case({"/page": head('<meta name=robots content="index, nofollow">')}, "changed",
                             ("nofollow_meta",)),
    "nofollow by meta for Google": Case({"/page": head("<meta name=Googlebot content=nofollow>")}, "changed",
                                        ("nofollow_meta",)),
    "nofollow by meta for another": Case({"/page": head("<meta name=ahrefsbot content=nofollow>")}, "alive"),
    "nofollow by header": Case({"/page": header("X-Robots-Tag", "nofollow")}, "changed", ("nofollow_header",)),
    "nofollow by header for another": Case({"/page": header("X-Robots-Tag", "ccbot: nofollow, noindex")}, "alive"),
    "nofollow thrice": Case({"/page": header("X-Robots-Tag", "nofollow", page(link(attributes="rel=nofollow"),
                             head="<meta name=robots content=nofollow>"))}, "changed",
                            ("nofollow_rel", "nofollow_meta", "nofollow_header")),
    "none by meta": Case({"/page": head("<meta name=robots content=none>")}, "changed", ("nofollow_meta", "noindex")),
    "noindex by meta": Case({"/page": head('<meta name="ROBOTS" content="NOINDEX,follow">')}, "changed", ("noindex",)),
    "noindex by header": Case({"/page": header("X-Robots-Tag", "noindex")}, "changed", ("noindex",)),
    "noindex for another by meta": Case({"/page": head("<meta name=semrushbot content=noindex>")}, "alive"),
    "noindex for another by header": Case({"/page": header("X-Robots-Tag", "otherbot: noindex")}, "alive"),
    "noarchive": Case({"/page": header("X-Robots-Tag", "noarchive, max-snippet: 50, noimageindex")}, "alive"),
    "noindex in a comment": Case({"/page": head("<!-- <meta name=robots content=noindex> -->")}, "alive"),
    "unavailable after a day to come": Case({"/page": header("X-Robots-Tag", "unavailable_after: 25 Jun 2099 15:00:00"
                                                             " PST")}, "alive"),
    # words
    "other words": Case({"/page": page(link("click here"))}, "changed", ("anchor_changed",)),
    "an image without words": Case({"/page": page(link("<img src=/g.png>"))}, "changed", ("anchor_changed",)),
    "white space in the words": Case({"/page": page(link("\n  Sourdough\t &nbsp; guide "))}, "alive"),
    "case of the words": Case({"/page": page(link("SOURDOUGH Guide"))}, "alive"),
    "entities in the words": Case({"/page": page(link("Sour&shy;dough&#32;g&#117;ide"))}, "alive"),
    "bold words": Case({"/page": page(link("<b>Sour</b>dough <i>guide</i>"))}, "alive"),
    "quotes in the words": Case({"/page": page(link("The miller’s “guide” – all"))}, "alive", (),
                                {"/page": page(link("The miller's &quot;guide&quot; - all"))}),
    # hidden
    "hidden by its attribute": Case({"/page": page(link(attributes="hidden"))}, "changed", ("hidden",)),
    "hidden by its style": Case({"/page": page(link(attributes='style="color:red; DISPLAY : none"'))}, "changed",
                                ("hidden",)),
    "hidden by a style around it": Case({"/page": page(f'<div style="display:none !important;display:block">{link()}'
                                                       "</div>")}, "changed", ("hidden",)),
    "hidden by an attribute around it": Case({"/page": page(f"<section hidden><div>{link()}</div></section>")},
                                             "changed", ("hidden",)),
    "invisible": Case({"/page": page(f"<span style='visibility:hidden'>{link()}</span>")}, "changed", ("hidden",)),
    "hidden and nofollow": Case({"/page": page(link(attributes="hidden rel=nofollow"))}, "changed",
                                ("hidden", "nofollow_rel")),
    "one of two is hidden": Case({"/page": page(f"{link(attributes='hidden')} and {link()}")}, "alive"),
    "something else is hidden": Case({"/page": page(f"<div hidden>x</div><i style='display:none'>y</i>{link()}")},
                                     "alive"),
    "hidden from screen readers": Case({"/page": page(f"<div aria-hidden=true>{link()}</div>")}, "alive"),
    "hidden until it is found": Case({"/page": page(f"<div hidden=until-found>{link()}</div>")}, "alive"),
    "visible within what is not": Case({"/page": page(f"<div style='visibility:hidden'><b style='visibility:visible'>"
                                                      f"{link()}</b></div>")}, "alive"),
    "shown in spite of the attribute": Case({"/page": page(f"<div hidden style='display:block'>{link()}</div>")},
                                            "alive"),
    "a style that was taken back": Case({"/page": page(link(attributes="style='display:none;display:inline'"))},
                                        "alive"),
    "hidden from the beginning": Case({"/page": page(link("Sourdough guide ", attributes="hidden"))}, "alive", (),
                                      {"/page": page(link(attributes="hidden"))}),
    # target
    "target is another page of mine": Case({"/page": page(link(href="https://mine.example/shop"))}, "changed",
                                           ("target_changed",)),
    "target is another site": Case({"/page": page(link(href="https://rival.example/guide"))}, "changed",
                                   ("target_changed",)),
    "target through a stranger": Case({"/page": page(link(href="https://short.example/g"))}, "changed",
                                      ("target_changed",)),
    "target with tracking": Case({"/page": page(link(href="https://mine.example/guide?utm_source=x&utm_medium=y"))},
                                 "alive"),
    "target by http": Case({"/page": page(link(href="http://mine.example/guide"))}, "alive"),
    "target with www and slash": Case({"/page": page(link(href="//www.mine.example/guide/"))}, "alive"),
    "target with a fragment": Case({"/page": page(link(href="https://mine.example/guide#top"))}, "alive"),
    "target by my own redirect": Case({"/page": page(link(href="https://mine.example/old-guide"))}, "alive"),
    "target where mine leads": Case({"/page": page(link("Milling", "https://mine.example/new-milling"))}, "alive", (),
                                    {"/page": page(link("Milling", "https://mine.example/milling"))}),
    "target with another session": Case({"/page": page(link(href=f"https://mine.example/guide?sid={'8a' * 16}"))},
                                        "alive", (),
                                        {"/page": page(link(href=f"https://mine.example/guide?sid={'3b' * 16}"))}),
    "common words that others have": Case({"/page": page("", extra=VISITS[1])}, "lost", ("link_removed",),
                                          {"/page": page(link("Visit homepage"), extra=VISITS[0])}),
    "same words to others before": Case({"/page": page("", extra=link("here", "https://rival.example/") + LIST)},
                                        "lost", ("link_removed",),
                                        {"/page": page(link("here"), extra=link("here", "https://rival.example/")
                                                       + LIST)}),
    # moved
    "moved to page 2": Case({"/page": page("", extra=LIST + '<a href="/page?page=2">2</a>'),
                             "/page?page=2": page(extra=LIST)}, "changed", ("moved",)),
    "moved to page/2": Case({"/page": page("", extra=LIST + '<a rel=next href="/page/page/2">Older posts</a>'),
                             "/page/page/2": page()}, "changed", ("moved",)),
    "page 2 says something else": Case({"/page": page("", extra='<a href="/page?page=2">2</a>'),
                                        "/page?page=2": SPONSORS},
                                       "lost", ("link_removed",)),
    "page 2 has other words": Case({"/page": page("", extra='<a href="/page?page=2">2</a>'),
                                    "/page?page=2": page(link("mine.example"))}, "lost", ("link_removed",)),
    "page moved within the site": Case({"/page": moved(301, "/2026/page"), "/2026/page": page()}, "alive"),
    "page moved to another site": Case({"/page": moved(301, "https://new-home.example/page")}, "changed", ("moved",)),
    # page
    "404": Case({"/page": Answer(NOT_FOUND, 404)}, "lost", ("page_gone",)),
    "410": Case({"/page": Answer("gone", 410)}, "lost", ("page_gone",)),
    "404 once": Case({"/page": [Answer(NOT_FOUND, 404), page()]}, "alive"),
    "404 that shows the link": Case({"/page": Answer(page(), 404)}, "lost", ("page_gone",)),
    "soft 404": Case({"/page": NOT_FOUND}, "lost", ("page_gone",)),
    "a page named 404": Case({"/page": page().replace("Bread", "404")}, "alive"),
    "redirect to another page": Case({"/page": moved(301, "/others"), "/others": page("", before="x")}, "lost",
                                     ("page_redirects",)),
    "redirect home": Case({"/page": moved(302, "/"), "/": page("", extra=LIST)}, "lost", ("page_redirects",)),
    "redirect to another spelling": Case({"/page": moved(301, "https://www.HOST/page/?utm_source=r")}, "alive"),
    "redirect to a login": Case({"/page": moved(302, "/login?next=/page"), "/login?next=/page": LOGIN}, "suspect"),
    "a login": Case({"/page": LOGIN}, "suspect"),
    "a file now": Case({"/page": Answer(b"%PDF-1.4 x", type="application/pdf")}, "lost", ("page_not_html",)),
    "an empty answer": Case({"/page": Answer("")}, "suspect"),
    "500": Case({"/page": Answer("oops", 500)}, "suspect"),
    "500 once": Case({"/page": [Answer("oops", 500), page()]}, "alive"),
    "503": Case({"/page": Answer("busy", 503)}, "suspect"),
    "403": Case({"/page": Answer("no", 403)}, "suspect"),
    "429": Case({"/page": Answer("slowly", 429)}, "suspect"),
    "silence": Case({"/page": Answer(is_silent=True)}, "suspect"),
    "robots.txt": Case({"/robots.txt": Answer("User-agent: *\nDisallow: /page", type="text/plain")}, "suspect"),
    "redirect loop": Case({"/page": moved(302, "/loop"), "/loop": moved(302, "/page")}, "suspect"),
    # canonical
    "not canonical": Case({"/page": head('<link rel=canonical href="/other">'), "/other": page("")}, "changed",
                          ("not_canonical",)),
    "canonical by header": Case({"/page": header("Link", '</other>; rel="canonical"'), "/other": page("")}, "changed",
                                ("not_canonical",)),
    "canonical to itself": Case({"/page": head('<link rel=canonical href="/page">')}, "alive"),
    "canonical to itself, spelled otherwise": Case({"/page": head('<link rel=canonical href="http://www.HOST/page/'
                                                                  '?utm_source=c">')}, "alive"),
    "canonical by an escape": Case({"/page": head('<link rel=canonical href="/%70age">')}, "alive"),
    "canonical with the link": Case({"/page": head('<link rel=canonical href="/full">'), "/full": page()}, "alive"),
    "canonical that is gone": Case({"/page": head('<link rel=canonical href="/nowhere">')}, "alive"),
    "canonical that redirects here": Case({"/page": head('<link rel=canonical href="/c">'), "/c": moved(301, "/page")},
                                          "alive"),
}  # fmt: skip

SCRIPTED: dict[str, Case] = {
    "by a script now": Case({"/page": page("", extra=SCRIPT)}, "changed", ("js_only",)),
    "a script that makes another link": Case(
        {"/page": page("", extra=SCRIPT.replace("mine.example", "rival.example"))}, "lost", ("link_removed",)
    ),
    "link and scripts": Case({"/page": page(extra="<script>document.title='x'</script>")}, "alive"),
}

MINE: dict[str, Answer | str] = {
    "mine.example/guide": page(""),
    "mine.example/shop": page(""),
    "mine.example/old-guide": moved(301, "https://mine.example/guide"),
    "mine.example/milling": moved(301, "https://mine.example/new-milling"),
    "mine.example/new-milling": page(""),
    "rival.example/guide": page(""),
    "rival.example/": page(""),
    "short.example/g": moved(302, "https://mine.example/guide"),
    "new-home.example/page": page(),
}

"""The closed lists of values that stand in tables. A code is the position in its list: append only."""

from __future__ import annotations

KINDS = (
    "anchor",  # <a href>
    "area",  # <area href>
    "image",  # <img src>, srcset is not followed
    "frame",  # <frame src>, <iframe src>
    "form",  # <form action>, button and input formaction
    "canonical",  # rel=canonical, in the page or in a Link header
    "alternate",  # rel=alternate (hreflang, feeds), in the page or in a Link header
    "redirect",  # HTTP 3xx Location
    "refresh",  # meta refresh or Refresh header
    "script",  # <script src>
    "style",  # <link rel=stylesheet>
    "media",  # audio, video, source, track, embed, object
    "cite",  # cite attribute of q, blockquote, ins, del
    "rel_link",  # any other <link href> or Link header (next, prev, author, license, icon …)
    "listed",  # a row of an imported link list that names no kind
)

# Kinds that fetch a resource for the page itself instead of sending a reader on. They stand in links and can be asked
# for, but no sum counts them (in_links, in_domains, pairs, strength …): a hot-linked script or font is not a backlink.
EMBED_KINDS = ("image", "script", "style", "media", "rel_link")

REGIONS = ("main", "nav", "header", "footer", "aside", "comment", "bio", "head")

# Where nofollow, ugc or sponsored comes from; a link with several origins joins them with "+".
REL_ORIGINS = ("rel", "meta", "header")

DEPTHS = ("csv", "wat", "warc", "js", "webmention")

PAGE_KINDS = ("article", "home", "list", "resource_list", "forum", "profile", "product", "other")

# Why a link that was seen is not there now (after Ahrefs' and SISTRIX's lists).
LOST_REASONS = (
    "removed",  # the page answers 200 and the link is not on it
    "page_gone",  # 404 or 410
    "page_redirects",  # the page answers with a redirect to another page
    "page_not_html",  # the page answers 200 with something that holds no links
    "moved",  # the same anchor and context now stands on another page of the site
)

# Kinds whose follow links are votes: somebody chose to send a reader there. An image inside an <a> is an anchor, a row
# of a link list a link that its maker counts; frames, forms, redirects and declarations (canonical, alternate, cite)
# point, but choose nobody.
VOTE_KINDS = ("anchor", "area", "listed")

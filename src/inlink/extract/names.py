"""The names that extraction knows: elements, attributes, tokens; each with a code, found by hash in one table.

A name's hash is FNV-1a over its bytes, started from the seed of its family, so that the element `footer` and the
class `footer` are two entries. Hashes are 64 bits and compared in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

PRIME: Final = 0x100000001B3
_BASIS: Final = 0xCBF29CE484222325
TABLE_SIZE: Final = 4096


def _seed(family: str) -> int:
    return fnv(family + ":", _BASIS)


def fnv(name: str, seed: int) -> int:
    """FNV-1a of the name, started from `seed`."""
    h = seed
    for byte in name.encode():
        h = ((h ^ byte) * PRIME) & 0xFFFFFFFFFFFFFFFF
    return h


ELEMENT_SEED: Final = _seed("element")
ATTRIBUTE_SEED: Final = _seed("attribute")
CLASS_SEED: Final = _seed("class")
ID_SEED: Final = _seed("id")
ROLE_SEED: Final = _seed("role")
REL_SEED: Final = _seed("rel")
META_SEED: Final = _seed("meta")
ITEMPROP_SEED: Final = _seed("itemprop")

# ---- elements -------------------------------------------------------------------------------------------------------
# Flags of an element.
VOID: Final = 1  # has no end tag
RAW: Final = 2  # its content is text that is written unescaped
BLOCK: Final = 4  # starts and ends a block of text
SPACE: Final = 8  # separates words without ending the block
MUTE: Final = 16  # its content is not visible text
SPECIAL: Final = 32  # the kernel looks at it by its code
REGION: Final = 64  # may open a region

ELEMENTS: Final[dict[str, int]] = {}  # name -> code, from 1
FLAGS: Final[dict[str, int]] = {}


def _elements(names: str, flags: int) -> None:
    for name in names.split():
        ELEMENTS.setdefault(name, len(ELEMENTS) + 1)
        FLAGS[name] = FLAGS.get(name, 0) | flags


_elements("a area base img frame iframe form button input link meta script style title html body time", SPECIAL)
_elements("video audio source track embed object q blockquote ins del h1 h2 h3 h4 h5 h6", SPECIAL)
_elements("nav main header footer aside article section", REGION)
_elements("template svg math plaintext", SPECIAL)
_elements("foreignObject desc mi mo mn ms mtext mglyph malignmark annotation-xml", 0)
_elements("area base br col embed hr img input link meta source track wbr", VOID)
_elements("basefont bgsound frame keygen param", VOID)
_elements("script style xmp iframe noembed noframes plaintext", RAW | MUTE)
_elements(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav ol optgroup option p "
    "plaintext pre search section summary table tbody td tfoot th thead tr ul xmp",
    BLOCK,
)
_elements("br img input button select textarea iframe video audio object embed wbr", SPACE)
_elements("title textarea select datalist template rp head annotation", MUTE)

# ---- attributes -----------------------------------------------------------------------------------------------------
ATTRIBUTES: Final = {
    name: code
    for code, name in enumerate(
        "href src rel alt class id role name property http-equiv content hreflang type action formaction cite data "
        "datetime itemprop pubdate lang xml:lang encoding itemtype".split()
    )
}

# ---- regions --------------------------------------------------------------------------------------------------------
# Codes are positions in schema.words.REGIONS; a token may also mean "header or footer of the page if not in an article".
MAIN, NAV, HEADER, FOOTER, ASIDE, COMMENT, BIO, HEAD = range(8)

_CLASS_REGIONS: Final[dict[str, int]] = {
    **dict.fromkeys(
        "comment-list commentlist comments-list comment_list comment-body comment-content comments-area comment-thread "
        "comments-section comment-section comments-wrapper comments-container comments-content usercomments "
        "user-comments reader-comments post-comments article-comments comment-item comment-text comment__body "
        "comments__list comment-wrap commententry comment-entry fb-comments disqus-comments".split(),
        COMMENT,
    ),
    **dict.fromkeys(
        "author-bio author-box author-info author-description author-profile about-author about-the-author "
        "post-author-bio post-author-box entry-author-info authorbio author_bio author-card bio-box author-bio-box "
        "saboxplugin-wrap article-author-bio author__bio author-biography".split(),
        BIO,
    ),
    **dict.fromkeys(
        "site-footer page-footer main-footer global-footer footer footer-wrapper footer-container footer-widgets "
        "footer-links footer-nav footer-menu footer-bottom colophon footer-inner footer-content l-footer".split(),
        FOOTER,
    ),
    **dict.fromkeys(
        "site-header page-header-global main-header global-header masthead site-branding topbar top-bar header-wrapper "
        "header-container l-header".split(),
        HEADER,
    ),
    **dict.fromkeys(
        "nav navbar navigation main-navigation nav-menu main-nav main-menu primary-menu primary-nav site-nav "
        "site-navigation navmenu menu nav-links breadcrumb breadcrumbs pagination pager toc menubar dropdown-menu "
        "sphinxsidebar subnav nav-bar top-nav topnav nav-list".split(),
        NAV,
    ),
    **dict.fromkeys(
        "sidebar side-bar sidebar-right sidebar-left right-sidebar left-sidebar widget-area widget sidebar-primary "
        "sidebar-widget related related-posts related-articles related-content blogroll yarpp-related".split(),
        ASIDE,
    ),
    **dict.fromkeys(
        "main-content post-content entry-content article-body article-content post-body story-body article__body "
        "post__content content-main articlebody article-text page-content main-body hentry".split(),
        MAIN,
    ),
}
_ID_REGIONS: Final[dict[str, int]] = {
    **dict.fromkeys(
        "comments comment-list commentlist comments-list disqus_thread comment-section comments-section respond "
        "comments-area usercomments user-comments comments-container livefyre-comments".split(),
        COMMENT,
    ),
    **dict.fromkeys("author-bio author-box authorbio about-author about-the-author author-info".split(), BIO),
    **dict.fromkeys(
        "footer site-footer page-footer main-footer colophon footer-wrapper footer-wrap footer-container footer-nav "
        "foot globalfooter global-footer".split(),
        FOOTER,
    ),
    **dict.fromkeys(
        "header site-header masthead main-header branding topbar top-bar page-header header-wrapper header-wrap "
        "globalheader global-header banner".split(),
        HEADER,
    ),
    **dict.fromkeys(
        "nav navbar navigation main-nav main-navigation mainnav menu main-menu mainmenu topnav top-nav primary-nav "
        "site-navigation site-nav access breadcrumb breadcrumbs toc subnav nav-menu leftnav".split(),
        NAV,
    ),
    **dict.fromkeys("sidebar side-bar secondary right-sidebar left-sidebar rightcolumn leftcolumn related".split(), ASIDE),
    **dict.fromkeys(
        "content main main-content maincontent primary article post-content entry-content article-body "
        "bodycontent mw-content-text".split(),
        MAIN,
    ),
}
_ROLE_REGIONS: Final = {
    "main": MAIN,
    "navigation": NAV,
    "banner": HEADER,
    "contentinfo": FOOTER,
    "complementary": ASIDE,
    "article": MAIN,
    "menu": NAV,
    "menubar": NAV,
}

# ---- rel tokens (bits) ----------------------------------------------------------------------------------------------
REL_NOFOLLOW: Final = 1
REL_UGC: Final = 2
REL_SPONSORED: Final = 4
REL_CANONICAL: Final = 8
REL_ALTERNATE: Final = 16
REL_STYLESHEET: Final = 32
REL_AUTHOR: Final = 64
REL_TAG: Final = 128
_RELS: Final = {
    "nofollow": REL_NOFOLLOW,
    "ugc": REL_UGC,
    "sponsored": REL_SPONSORED,
    "canonical": REL_CANONICAL,
    "alternate": REL_ALTERNATE,
    "stylesheet": REL_STYLESHEET,
    "author": REL_AUTHOR,
    "tag": REL_TAG,
}

# ---- meta names -----------------------------------------------------------------------------------------------------
# Robots that a meta tag or an X-Robots-Tag may address, after the documentation of their owners.
ROBOTS: Final = (
    "robots googlebot googlebot-news googlebot-image bingbot msnbot slurp yahoo yandex yandexbot baiduspider duckduckbot "
    "applebot teoma otherbot seznambot naverbot yeti ia_archiver archive.org_bot ahrefsbot semrushbot gptbot ccbot "
    "adsbot-google mediapartners-google petalbot facebookexternalhit twitterbot"
).split()
META_NAMES: Final = {
    name: code
    for code, name in enumerate(
        [
            *ROBOTS,
            *"refresh content-language author article:author article:published_time article:modified_time og:type "
            "og:updated_time og:article:published_time og:article:modified_time dc.language dc.creator dcterms.creator "
            "dc.date dc.date.issued dcterms.created dcterms.modified dcterms.issued date datepublished datemodified "
            "citation_author citation_publication_date citation_date pubdate publish-date publishdate publication_date "
            "last-modified lastmod parsely-author parsely-pub-date sailthru.date sailthru.author og:locale language "
            "article.published article.updated byl dc.date.created dc.date.modified revised".split(),
        ]
    )
}
META_CODES: Final = {code: name for name, code in META_NAMES.items()}

ITEMPROP_AUTHOR: Final = 1
ITEMPROP_PUBLISHED: Final = 2
ITEMPROP_MODIFIED: Final = 4
_ITEMPROPS: Final = {
    "author": ITEMPROP_AUTHOR,
    "datepublished": ITEMPROP_PUBLISHED,
    "datecreated": ITEMPROP_PUBLISHED,
    "datemodified": ITEMPROP_MODIFIED,
}
# Classes of <time> that say what its date is.
_TIME_CLASSES: Final = {
    **dict.fromkeys("published entry-date dt-published post-date published-date pubdate".split(), ITEMPROP_PUBLISHED),
    **dict.fromkeys("updated dt-updated modified".split(), ITEMPROP_MODIFIED),
}
TIME_CLASS_SEED: Final = _seed("time-class")

_FAMILIES: Final[tuple[tuple[int, Mapping[str, int]], ...]] = (
    (ELEMENT_SEED, ELEMENTS),
    (ATTRIBUTE_SEED, ATTRIBUTES),
    (CLASS_SEED, _CLASS_REGIONS),
    (ID_SEED, _ID_REGIONS),
    (ROLE_SEED, _ROLE_REGIONS),
    (REL_SEED, _RELS),
    (META_SEED, META_NAMES),
    (ITEMPROP_SEED, _ITEMPROPS),
    (TIME_CLASS_SEED, _TIME_CLASSES),
)


def _table(families: Iterable[tuple[int, Mapping[str, int]]]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    hashes = np.zeros(TABLE_SIZE, np.uint64)
    codes = np.full(TABLE_SIZE, -1, np.int32)
    for seed, names in families:
        for name, code in names.items():
            h = fnv(name, seed)
            slot = (h >> 20) & (TABLE_SIZE - 1)
            while hashes[slot]:
                slot = (slot + 1) & (TABLE_SIZE - 1)
            hashes[slot], codes[slot] = h, code
    return hashes, codes


HASHES, CODES = _table(_FAMILIES)
ELEMENT_FLAGS: Final = np.array([0, *(FLAGS[name] for name in ELEMENTS)], np.int32)

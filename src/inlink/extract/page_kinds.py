"""What kind of page it is, by few and careful signs; `other` where none is plain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from inlink.extract.facts import Facts

_FORUM_TYPES: Final = frozenset(("discussionforumposting", "qapage", "question"))
_PROFILE_TYPES: Final = frozenset(("profilepage",))
_LIST_TYPES: Final = frozenset(("collectionpage", "searchresultspage", "itemlist", "blog"))
_ARTICLE_TYPES: Final = frozenset(
    ("article", "newsarticle", "blogposting", "reportagenewsarticle", "techarticle", "scholarlyarticle", "report")
)
_INDEX_NAMES: Final = frozenset(("", "index", "default", "home"))
_LIST_WORDS: Final = frozenset(
    ["category", "categories", "tag", "tags", "archive", "archives", "page", "topics", "label", "search"]
)
_FORUM_WORDS: Final = frozenset(
    ["forum", "forums", "viewtopic.php", "showthread.php", "viewforum.php", "thread", "threads"]
)
_RESOURCE_WORDS: Final = frozenset(
    ["links", "resources", "blogroll", "bookmarks", "weblinks", "linklist", "useful-links"]
)
_PROFILE_WORDS: Final = frozenset(["author", "authors", "profile", "user", "users", "member", "members"])


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes that tell pages apart: long blocks are texts of a sentence or more with few links in them."""

    n_long_blocks: int
    n_words: int
    n_internal: int
    n_external: int
    n_articles: int


def page_kind(url: str, facts: Facts, shape: Shape) -> str:
    """article, home, list, resource_list, forum, profile, product or other."""
    parts = urlsplit(url)
    words = [w for w in parts.path.lower().split("/") if w]
    is_home = not parts.query and (not words or (len(words) == 1 and words[0].partition(".")[0] in _INDEX_NAMES))
    if is_home:
        return "home"
    types = facts.stated.types
    if "product" in types or facts.og_type in ("product", "og:product"):
        return "product"
    if types & _FORUM_TYPES or any(w in _FORUM_WORDS for w in words):
        return "forum"
    if types & _PROFILE_TYPES or facts.og_type == "profile" or (len(words) == 2 and words[0] in _PROFILE_WORDS):
        return "profile"
    if any(w.partition(".")[0] in _RESOURCE_WORDS for w in words[-1:]) and shape.n_external >= 10:
        return "resource_list"
    is_listing = any(w in _LIST_WORDS for w in words[:-1]) or shape.n_articles > 3
    if is_listing or (types & _LIST_TYPES and not types & _ARTICLE_TYPES):
        return "list"
    if types & _ARTICLE_TYPES or (facts.og_type == "article" and shape.n_long_blocks >= 2):
        return "article"
    if shape.n_long_blocks >= 5 and shape.n_words >= 250 and (shape.n_articles == 1 or facts.published_us is not None):
        return "article"
    if shape.n_external >= 30 and shape.n_external > shape.n_internal and shape.n_words < 15 * shape.n_external:
        return "resource_list"
    return "other"

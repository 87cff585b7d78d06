"""The tables: names, types and meaning of every column that stages read and write."""

from inlink.schema.columns import Column, TableSchema
from inlink.schema.parts import CAPTURES, LINKS, PAGES
from inlink.schema.words import DEPTHS, EMBED_KINDS, KINDS, LOST_REASONS, PAGE_KINDS, REGIONS, REL_ORIGINS, VOTE_KINDS

__all__ = [
    "CAPTURES",
    "DEPTHS",
    "EMBED_KINDS",
    "KINDS",
    "LINKS",
    "LOST_REASONS",
    "PAGES",
    "PAGE_KINDS",
    "REGIONS",
    "REL_ORIGINS",
    "VOTE_KINDS",
    "Column",
    "TableSchema",
]

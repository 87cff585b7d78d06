"""A release as blocks: written once (by `writer`), read by ranges from a memory map or any static web server.

Reading does not load the compiler; what writes does, so it is imported from `writer`.
"""

from inlink.graph.blocks.cache import CachedSource
from inlink.graph.blocks.layout import Layout, Manifest
from inlink.graph.blocks.reader import Card, Neighbours, Release
from inlink.graph.blocks.source import ByteSource, FolderSource, Span

__all__ = [
    "ByteSource",
    "CachedSource",
    "Card",
    "FolderSource",
    "Layout",
    "Manifest",
    "Neighbours",
    "Release",
    "Span",
]

"""A release as blocks: written once from arrays, read by ranges from a memory map or from any static web server."""

from inlink.graph.blocks.cache import CachedSource
from inlink.graph.blocks.layout import Layout, Manifest
from inlink.graph.blocks.reader import Card, Neighbours, Release
from inlink.graph.blocks.source import ByteSource, FolderSource, Span
from inlink.graph.blocks.writer import write_release

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
    "write_release",
]

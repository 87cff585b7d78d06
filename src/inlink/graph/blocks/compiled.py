"""The compiled decoder: see `decoders`."""

from inlink.graph.blocks.leaf_kernel import read_chunk, read_deep, read_list
from inlink.graph.blocks.name_kernel import read_front

__all__ = ["read_chunk", "read_deep", "read_front", "read_list"]

"""What well-known domains are for: infrastructure, hosting, social, search, shortener."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pyarrow as pa

from inlink.urls.domains import SuffixRules

FLAGS = ("infrastructure", "hosting", "social", "search", "shortener")


def read_flags() -> dict[str, tuple[str, ...]]:
    """Domain → flags, from flags.toml beside this file, in the order of FLAGS."""
    listed = tomllib.loads((files("inlink.index") / "flags.toml").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for flag in FLAGS:
        for name in dict.fromkeys(listed[flag]):
            found.setdefault(name, []).append(flag)
    return {name: tuple(flags) for name, flags in found.items()}


def flags_table(rules: SuffixRules) -> pa.Table:
    """Table (domain, flags) under the given suffix rules.

    A listed name that is a public suffix itself (blogspot.com, github.io) flags only that name: what stands below it
    are domains of their own. A listed name below a registrable domain (hdl.handle.net) is left aside.
    """
    flags = read_flags()
    own = dict(zip(flags, rules.domains(list(flags)), strict=True))
    rows = {name: list(found) for name, found in flags.items() if own[name] == name}
    schema = pa.schema([("domain", pa.string()), ("flags", pa.list_(pa.string()))])
    return pa.table({"domain": list(rows), "flags": list(rows.values())}, schema=schema)

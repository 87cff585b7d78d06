"""What well-known domains are for: infrastructure, hosting, social, search, shortener."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pyarrow as pa

from inlink.urls.domains import SuffixRules

_LIST = pa.list_(pa.string())
FLAGS_SCHEMA = pa.schema([("domain", pa.string()), ("flags", _LIST), ("flags_below", _LIST)])
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
    """Table (domain, flags, flags_below) under the given suffix rules.

    flags_below: what domains directly below a listed public suffix inherit. Below cloudfront.net all is machinery;
    below blogspot.com everybody has a place of their own, which the platform's flag does not touch. A listed name below
    a registrable domain (hdl.handle.net) is left aside.
    """
    flags = read_flags()
    own = dict(zip(flags, rules.domains(list(flags)), strict=True))
    rows = [
        {"domain": name, "flags": found, "flags_below": _inherited(found) if rules.is_suffix(name) else ()}
        for name, found in flags.items()
        if own[name] == name
    ]
    return pa.Table.from_pylist(rows, schema=FLAGS_SCHEMA)


def _inherited(flags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(flag for flag in flags if flag == "infrastructure")

"""Whose a host is: its registrable domain by the Public Suffix List and the user's own suffixes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import ada_url
import publicsuffixlist

from inlink.errors import BadInput

_EXACT, _WILDCARD, _EXCEPTION = 1, 2, 4
_PRIVATE = 8
_CACHE_LIMIT = 200_000


class SuffixRules:
    """The suffix list (ICANN and private sections) with overrides; answers per host are remembered.

    An override is an extra suffix in the list's own notation: `ac.example`, `*.pages.example`, `!www.pages.example`.
    In a mapping, a false value takes a rule of the list away instead.
    """

    def __init__(self, overrides: Mapping[str, object] | Iterable[str] = (), *, list_path: Path | None = None) -> None:
        text = (list_path or Path(publicsuffixlist.PSLFILE)).read_text("utf-8")
        wishes = dict(overrides) if isinstance(overrides, Mapping) else dict.fromkeys(overrides, True)
        added = sorted({_rule(name) for name, is_wanted in wishes.items() if is_wanted})
        removed = sorted({_rule(name) for name, is_wanted in wishes.items() if not is_wanted})
        self._rules: dict[str, int] = {}
        for line, section in _lines(text):
            if line not in removed:
                self._add(line, section)
        for line in added:
            self._add(line, _PRIVATE)
        self._known: dict[str, str] = {}
        self.digest = hashlib.sha256("\n".join([text, "+", *added, "-", *removed]).encode()).hexdigest()

    def domain(self, host: str) -> str:
        """The host's registrable domain; an IP address, a bare suffix and a single label are their own."""
        known = self._known.get(host)
        if known is None:
            if len(self._known) >= _CACHE_LIMIT:
                self._known.clear()
            known = self._known[host] = self.registrable(host) or host.lower().rstrip(".") or host
        return known

    def domains(self, hosts: Iterable[str]) -> list[str]:
        """The domain of each host."""
        known = self._known
        return [known.get(host) or self.domain(host) for host in hosts]

    def registrable(self, host: str) -> str | None:
        """One label more than the public suffix; None for a bare suffix, an address and what is no host name."""
        labels = _labels(host)
        if labels is None:
            return None
        n_suffix, _ = self._suffix(labels)
        return ".".join(labels[-n_suffix - 1 :]) if n_suffix < len(labels) else None

    def is_private(self, host: str) -> bool:
        """Whether the host's suffix comes from the private section or an override (`me.github.io` does)."""
        labels = _labels(host)
        return labels is not None and bool(self._suffix(labels)[1] & _PRIVATE)

    def is_suffix(self, host: str) -> bool:
        """Whether the host is itself a public suffix that a rule names."""
        labels = _labels(host)
        if labels is None:
            return False
        n_suffix, kind = self._suffix(labels)
        return bool(kind) and n_suffix == len(labels)

    def _suffix(self, labels: list[str]) -> tuple[int, int]:
        """How many labels the prevailing rule takes, and its flags (0: no rule but the default `*`)."""
        rules, name, n_best, best = self._rules, "", 1, 0
        for n in range(1, len(labels) + 1):
            name = f"{labels[-n]}.{name}" if name else labels[-n]
            kind = rules.get(name, 0)
            if kind & _EXCEPTION:
                return n - 1, kind >> 8 & 0xFF
            if kind & _EXACT and n >= n_best:
                n_best, best = n, kind & 0xFF
            if kind & _WILDCARD:
                # A wildcard makes its own root a suffix too, as the list's test vectors have it.
                n_wild = n + 1 if n < len(labels) else n
                if n_wild >= n_best:
                    n_best, best = n_wild, kind >> 16 & 0xFF
        return n_best, best

    def _add(self, line: str, section: int) -> None:
        """Enters a rule in both spellings; the section of each kind of rule has a byte of its own."""
        if line.startswith("!"):
            name, kind = line[1:], _EXCEPTION | (_EXCEPTION | section) << 8
        elif line.startswith("*."):
            name, kind = line[2:], _WILDCARD | (_WILDCARD | section) << 16
        else:
            name, kind = line, _EXACT | section
        for spelling in {name, ada_url.idna_to_ascii(name).decode()}:
            known = self._rules.get(spelling, 0)
            if not known & kind & (_EXACT | _WILDCARD | _EXCEPTION):
                self._rules[spelling] = known | kind


def _lines(text: str) -> Iterable[tuple[str, int]]:
    """(rule, section flag) of each rule of the list."""
    section = _PRIVATE
    for line in text.splitlines():
        if "===BEGIN ICANN DOMAINS===" in line:
            section = 0
        elif "===END ICANN DOMAINS===" in line:
            section = _PRIVATE
        rule = line.split(None, 1)[0].lower() if line.strip() else ""
        if rule and not rule.startswith("//"):
            yield rule, section


def _labels(host: str) -> list[str] | None:
    """The labels of a host name, lower case; None for an address, an empty label or a leading dot."""
    name = host.lower().removesuffix(".")
    if not name or name[0] in "[." or (name[-1].isdigit() and name.replace(".", "").isdigit()):
        return None
    labels = name.split(".")
    return None if "" in labels else labels


def _rule(text: str) -> str:
    """An override in the list's notation, lower case."""
    rule = text.strip().lower().strip(".")
    name = rule.removeprefix("!").removeprefix("*.")
    if not name or any(c in name for c in "/:@?#* \t") or _labels(name) is None:
        raise BadInput(
            f"not a suffix: {text!r}", hint="write a suffix as in the Public Suffix List: ac.example or *.ac.example"
        )
    return rule

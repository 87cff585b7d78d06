"""Whose a host is: its registrable domain by the Public Suffix List and the user's own suffixes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import ada_url
import publicsuffixlist

from inlink.errors import BadInput

# What is known of a name: rules that it is (each with the section it comes from), and whether longer rules end so.
_EXACT, _WILDCARD, _EXCEPTION, _PARENT = 1, 2, 4, 8
_PRIVATE = 16  # an exact rule of the private section or an override; shifted for the other two kinds
_SHIFT = {_EXACT: 0, _WILDCARD: 1, _EXCEPTION: 2}
_CACHE_LIMIT = 200_000


class SuffixRules:
    """The suffix list (ICANN and private sections) with overrides; answers per host are remembered.

    An override is an extra suffix in the list's own notation: `ac.example`, `*.pages.example`, `!www.pages.example`.
    In a mapping, a false value takes a rule of the list away instead. `icann_only` leaves out the private section: so
    Common Crawl folds hosts to domains.
    """

    def __init__(
        self,
        overrides: Mapping[str, object] | Iterable[str] = (),
        *,
        list_path: Path | None = None,
        icann_only: bool = False,
    ) -> None:
        text = (list_path or Path(publicsuffixlist.PSLFILE)).read_text("utf-8")
        if isinstance(overrides, str):
            overrides = [overrides]
        wishes = dict(overrides) if isinstance(overrides, Mapping) else dict.fromkeys(overrides, True)
        added = tuple(sorted({_rule(name) for name, is_wanted in wishes.items() if is_wanted}))
        removed = tuple(sorted({_rule(name) for name, is_wanted in wishes.items() if not is_wanted}))
        self._rules, self.digest = _table(text, added, removed, icann_only)
        self._known: dict[str, str] = {}

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
        name = _name(host)
        if name is None:
            return None
        start, _ = self._suffix(name)
        return name[name.rfind(".", 0, start - 1) + 1 :] if start > 0 else None

    def is_private(self, host: str) -> bool:
        """Whether the host's suffix comes from the private section or an override (`me.github.io` does)."""
        name = _name(host)
        return name is not None and self._suffix(name)[1] & _PRIVATE > 0

    def is_suffix(self, host: str) -> bool:
        """Whether the host is itself a public suffix that a rule names."""
        name = _name(host)
        if name is None:
            return False
        start, kind = self._suffix(name)
        return start == 0 and kind > 0

    def _suffix(self, name: str) -> tuple[int, int]:
        """Where the public suffix begins, and the flags of the rule that says so (0: none but the default `*`)."""
        start = name.rfind(".") + 1
        best, best_kind = start, 0
        while True:
            kind = self._rules.get(name[start:])
            if kind is None:
                return best, best_kind
            if kind & _EXCEPTION:
                return name.find(".", start) + 1, _EXCEPTION | kind >> 2 & _PRIVATE
            if kind & _WILDCARD:  # its own root is a suffix too, as the list's test vectors have it
                best = name.rfind(".", 0, start - 1) + 1 if start else 0
                best_kind = _WILDCARD | kind >> 1 & _PRIVATE
            elif kind & _EXACT and start <= best:
                best, best_kind = start, _EXACT | kind & _PRIVATE
            if start == 0 or not kind & (_PARENT | _WILDCARD):
                return best, best_kind
            start = name.rfind(".", 0, start - 1) + 1


@lru_cache(maxsize=8)
def _table(
    text: str, added: tuple[str, ...], removed: tuple[str, ...], icann_only: bool
) -> tuple[Mapping[str, int], str]:
    """What is known of each name, and the digest of the rules; read once a process, which takes some 50 ms."""
    rules: dict[str, int] = {}
    for line, section in _lines(text):
        if line not in removed and not (icann_only and section):
            _add(rules, line, section)
    for line in added:
        _add(rules, line, _PRIVATE)
    words = [text, "+", *added, "-", *removed, *(["icann only"] if icann_only else [])]
    return rules, hashlib.sha256("\n".join(words).encode()).hexdigest()


def _add(rules: dict[str, int], line: str, section: int) -> None:
    """Enters a rule in both spellings, and its parents; a rule that is there already keeps its section."""
    rule = _EXCEPTION if line.startswith("!") else _WILDCARD if line.startswith("*.") else _EXACT
    name = line.removeprefix("!").removeprefix("*.")
    for spelling in (name,) if name.isascii() else (name, ada_url.idna_to_ascii(name).decode()):
        known = rules.get(spelling, 0)
        if not known & rule:
            rules[spelling] = known | rule | section << _SHIFT[rule]
        while "." in spelling:
            spelling = spelling[spelling.index(".") + 1 :]
            rules[spelling] = rules.get(spelling, 0) | _PARENT


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


def _name(host: str) -> str | None:
    """A host name, lower case, without its trailing dot; None for an address, an empty label or a leading dot."""
    name = host.lower().removesuffix(".")
    if not name or name[0] in "[." or ".." in name or name[-1] == ".":
        return None
    return None if name[-1].isdigit() and name.replace(".", "").isdigit() else name


def _rule(text: str) -> str:
    """An override in the list's notation, lower case."""
    rule = text.strip().lower().strip(".")
    name = rule.removeprefix("!").removeprefix("*.")
    if not name or any(c in name for c in "/:@?#* \t") or _name(name) is None:
        raise BadInput(
            f"not a suffix: {text!r}", hint="write a suffix as in the Public Suffix List: ac.example or *.ac.example"
        )
    return rule

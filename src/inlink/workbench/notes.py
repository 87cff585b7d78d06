"""Sentences that belong to an answer: how the target was read, what was left out, why it is empty."""

from __future__ import annotations

from typing import Any

from inlink.index.serving_reader import LeftOut
from inlink.workbench.cards import sums_of
from inlink.workbench.options import View
from inlink.workbench.places import Found, Served

_UNKNOWN = "{} is not in the index: no page of it was captured, and no captured page of another domain links to it"


def notes_of(served: Served, question: str, found: Found, view: View, n_total: int | None) -> tuple[str, ...]:
    """The notes of one page; later pages repeat none."""
    if view.cursor is not None:
        return ()
    notes = [found.reason] if found.reason else []
    if n_total == 0:
        return (*notes, *_why_empty(served, question, found, view))
    if question not in ("outlinks", "outdomains") and not view.indirect:
        notes += left_out_notes(served, found, view)
    return tuple(notes)


def left_out_notes(served: Served, found: Found, view: View, left: LeftOut | None = None) -> list[str]:
    """What this view leaves out, counted."""
    if view.infrastructure and view.embeds:
        return []
    left = left or served.serving.left_out(found.answer, found.span("links"), found.tally)
    notes = []
    if left.n_links and not view.infrastructure:
        notes.append(
            f"left out: {_n(left.n_links, 'link')} from {_n(left.n_domains, 'infrastructure or hosting domain')}"
            " (infrastructure=true shows them)"
        )
    if left.n_embeds and not view.embeds:
        notes.append(
            f"left out: {_n(left.n_embeds, 'embedded resource')} (images, scripts, styles …; embeds=true shows them)"
        )
    return notes


def _why_empty(served: Served, question: str, found: Found, view: View) -> list[str]:
    name = found.target.text
    if not found.place.is_known:
        return [_UNKNOWN.format(name)]
    if question in ("outlinks", "outdomains"):
        return [f"{name} is in the index, but no captured page of it links to another domain in this view"]
    if view.indirect:
        return [f"no link reaches {name} through a redirect or canonical"]
    sums = sums_of(served, found, infrastructure=False)
    if not sums["n_rows"]:
        return empty_notes(served, found, sums)
    if question in ("ips", "subnets") and view.state != "lost" and not view.where and sums["n_links"]:
        return [f"no address of the pages that link to {name} is known: the inputs do not name it"]
    return _why_none_shown(sums, name, view)


def empty_notes(served: Served, found: Found, sums: dict[str, Any]) -> list[str]:
    """Why a target has no live links."""
    name = found.target.text
    if not found.place.is_known:
        return [_UNKNOWN.format(name)]
    if not sums["n_rows"]:
        n_internal, n_pages = served.serving.internal(found.place)
        if n_internal:
            return [f"{name} has no backlinks: only {_n(n_internal, 'link')} from its own domain"]
        return [f"{name} is in the index ({_n(n_pages, 'page')}), but no captured page of another domain links to it"]
    return _why_none_shown(sums, name, View())


def _why_none_shown(sums: dict[str, Any], name: str, view: View) -> list[str]:
    if view.where:
        return [f"no row fits the filter; without it {name} has {_n(sums['n_links'], 'live link')}"]
    if view.state == "lost":
        return [_why_none_lost(sums, name)]
    if sums["n_links"]:
        return [f"no row of {name} fits this view; it has {_n(sums['n_links'], 'live link')}"]
    if sums["n_left_out_links"]:
        return [
            f"{name} is linked from infrastructure or hosting domains only "
            f"({_n(sums['n_left_out_links'], 'link')}; infrastructure=true shows them)"
        ]
    if sums["n_embeds"]:
        return [f"{name} is embedded ({_n(sums['n_embeds'], 'resource')}; embeds=true shows them), not linked to"]
    return [f"{name} has lost all its links ({_n(sums['n_lost_all'], 'link')}; state=lost shows them)"]


def _why_none_lost(sums: dict[str, Any], name: str) -> str:
    if sums["n_lost_links"]:
        return f"{name} has lost {_n(sums['n_lost_links'], 'link')}, but everything that this view counts still has one"
    if sums["n_lost_all"]:
        return (
            f"{name} has lost only {_n(sums['n_lost_all'], 'link')} of infrastructure or hosting domains, "
            "or embedded resources, which this view leaves out"
        )
    return f"{name} has lost no link that the index has seen"


def _n(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"

"""All events as an Atom feed: a file that is written anew after each run, so that nothing is missed or repeated.

Source: RFC 4287.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

from inlink.monitor.alerts.wording import headline, iso, lines
from inlink.monitor.keeping import Told

NAME = "alerts.atom.xml"
MAX_ENTRIES = 200
_ATOM = "http://www.w3.org/2005/Atom"


def feed(events: Sequence[Told], identity: str, now_us: int) -> str:
    """The feed of events, the latest first. Entries keep their ids for good."""
    ElementTree.register_namespace("", _ATOM)
    root = ElementTree.Element(f"{{{_ATOM}}}feed")
    _put(root, "id", f"urn:uuid:{identity}")
    _put(root, "title", "Watched links")
    _put(root, "updated", iso(events[0].at_us if events else now_us))
    _put(_put(root, "author", ""), "name", "inlink")
    for event in events[:MAX_ENTRIES]:
        entry = _put(root, "entry", "")
        _put(entry, "id", f"urn:uuid:{identity}:event:{event.id}")
        _put(entry, "title", headline(event))
        _put(entry, "updated", iso(event.at_us))
        link = _put(entry, "link", "")
        link.set("rel", "alternate")
        link.set("href", event.place or event.source_url)
        _put(entry, "category", "").set("term", event.kind)
        _put(entry, "content", "\n".join(lines(event))).set("type", "text")
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _put(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}")
    if text:
        made.text = text
    return made

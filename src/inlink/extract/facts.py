"""What a page says about itself, from the fact rows of the scan."""

from __future__ import annotations

from dataclasses import dataclass, field

from inlink.extract.dates import page_date
from inlink.extract.jsonld import Stated, stated
from inlink.extract.languages import from_tag, from_text
from inlink.extract.layout import (
    F_CODE,
    F_END,
    F_REGION,
    F_START,
    F_TYPE,
    FACT_BASE,
    FACT_HREFLANG,
    FACT_ITEMPROP,
    FACT_JSONLD,
    FACT_LANG,
    FACT_META,
    FACT_TIME,
    FACT_TITLE,
    Bytes,
    Found,
)
from inlink.extract.names import IS_AUTHOR, IS_MODIFIED, IS_PUBLISHED, MAIN, META_GROUPS, META_OF_CODE
from inlink.extract.robots import NO_ROBOTS, Robots, robots_of

_MAX_TITLE, _MAX_AUTHOR = 1_000, 200


@dataclass(slots=True)
class Said:
    """The raw facts of one page, in document order. `hreflangs` are (link row, value)."""

    title: str | None = None
    base: str | None = None
    lang: str | None = None
    metas: list[tuple[str, str]] = field(default_factory=list)
    scripts: list[bytes] = field(default_factory=list)
    times: list[tuple[int, int, str]] = field(default_factory=list)  # bits, region, datetime
    properties: list[tuple[int, str]] = field(default_factory=list)
    hreflangs: list[tuple[int, str]] = field(default_factory=list)

    def of_group(self, group: str) -> list[str]:
        """Contents of the metas of a group of names.toml."""
        return [content for name, content in self.metas if META_GROUPS[name] == group and content.strip()]

    def refreshes(self) -> list[str]:
        """Contents of meta refreshes."""
        return [content for name, content in self.metas if name == "refresh"]


@dataclass(frozen=True, slots=True)
class Facts:
    """The columns of a page that come from what it says of itself."""

    title: str | None
    lang: str | None
    author: str | None
    published_us: int | None
    modified_us: int | None
    robots: Robots
    stated: Stated
    og_type: str | None


def read_facts(found: Found, start: int, end: int) -> Said:
    """The raw facts in rows [start, end), which are those of one page."""
    said = Said()
    blob = found.blob
    for row in found.facts[start:end].tolist():
        kind, code = row[F_TYPE], row[F_CODE]
        data = blob[row[F_START] : row[F_END]].tobytes()
        if kind == FACT_JSONLD:
            said.scripts.append(data)
            continue
        text = data.decode("utf-8", "replace")
        if kind == FACT_META:
            said.metas.append((META_OF_CODE[code], text))
        elif kind == FACT_TIME:
            said.times.append((code, row[F_REGION], text))
        elif kind == FACT_HREFLANG:
            said.hreflangs.append((code, text))
        elif kind == FACT_ITEMPROP:
            said.properties.append((code, text))
        elif kind == FACT_TITLE:
            said.title = text or None
        elif kind == FACT_BASE:
            said.base = text
        elif kind == FACT_LANG:
            said.lang = text
    return said


def facts_of(said: Said, text: Bytes, headers: list[str], content_language: list[str], seen_us: int) -> Facts:
    """What the page says, judged: structured data first, then metas, then markup; null where unsure.

    `text` is the page's visible text, `headers` the values of X-Robots-Tag.
    """
    linked = stated(said.scripts) if said.scripts else Stated()
    robots = [(name, content) for name, content in said.metas if META_GROUPS[name] == "robots"]
    og_type = said.of_group("type")
    return Facts(
        said.title[:_MAX_TITLE] if said.title else None,
        _language(said, content_language, text),
        _author(said, linked),
        _date(said, linked.published, "published", IS_PUBLISHED, seen_us),
        _date(said, linked.modified, "modified", IS_MODIFIED, seen_us),
        robots_of(robots, headers) if robots or headers else NO_ROBOTS,
        linked,
        og_type[0].strip().lower() if og_type else None,
    )


def _language(said: Said, content_language: list[str], text: Bytes) -> str | None:
    declared = [said.lang or ""]
    declared += [content for name, content in said.metas if name == "content-language"]
    declared += said.of_group("language") + content_language
    for tag in declared:
        if (code := from_tag(tag)) is not None:
            return code
    return from_text(text[:8_000].tobytes())


def _author(said: Said, linked: Stated) -> str | None:
    candidates = [linked.author or "", *said.of_group("author")]
    candidates += [value for bits, value in said.properties if bits & IS_AUTHOR]
    return next((name for value in candidates if (name := author_name(value)) is not None), None)


def author_name(text: str) -> str | None:
    """The text as a name, or None where it cannot be one (an address, a handle, a paragraph)."""
    name = " ".join(text.split())
    is_name = 1 < len(name) <= _MAX_AUTHOR and "://" not in name and not name.startswith(("@", "/"))
    return name if is_name else None


def _date(said: Said, linked: str | None, group: str, bit: int, seen_us: int) -> int | None:
    candidates = [linked or "", *said.of_group(group)]
    candidates += [value for bits, value in said.properties if bits & bit]
    candidates += [value for bits, _, value in said.times if bits & bit]
    for value in candidates:
        if value and (moment := page_date(value, seen_us)) is not None:
            return moment
    if bit == IS_PUBLISHED:
        return _only_time(said, seen_us)
    return None


def _only_time(said: Said, seen_us: int) -> int | None:
    """The date of the only <time> in the main part, if there is just one."""
    values = {value for bits, region, value in said.times if region == MAIN and not bits & IS_MODIFIED}
    return page_date(values.pop(), seen_us) if len(values) == 1 else None

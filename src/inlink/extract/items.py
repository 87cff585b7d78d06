"""Items of an input become batches of part rows; each kind of item has one function that extracts it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from inlink.extract.batch import PartBatch, empty_batch
from inlink.extract.html import extract_html
from inlink.extract.listed import extract_listed
from inlink.extract.wat import extract_wat
from inlink.sources.limits import Limits
from inlink.sources.records import BadRecord, InputFile, Item, ListedLink, Record, WatRecord
from inlink.urls.domains import SuffixRules

BATCH_ITEMS = 2_000
BATCH_BYTES = 48 * 1024 * 1024
_LISTED_BYTES = 500  # what a row of a list weighs in a batch

# Each takes a sequence of its items, the file, the suffix rules and the limits, and gives one batch.
EXTRACTORS: dict[type, Callable[[Any, InputFile, SuffixRules, Limits], PartBatch]] = {
    Record: extract_html,
    WatRecord: extract_wat,
    ListedLink: extract_listed,
}


def extract_items(items: Iterable[Item], file: InputFile, rules: SuffixRules, limits: Limits) -> Iterator[PartBatch]:
    """Batches of part rows in the order of the items; what could not be read is in their errors.

    A batch holds at most BATCH_ITEMS items of one type and ends once they weigh BATCH_BYTES.
    """
    group: list[Record | WatRecord | ListedLink] = []
    errors: list[BadRecord] = []
    weight = 0
    for item in items:
        if isinstance(item, BadRecord):
            errors.append(item)
            continue
        if group and (type(item) is not type(group[0]) or len(group) >= BATCH_ITEMS or weight >= BATCH_BYTES):
            yield _extract(group, file, rules, limits)
            group, weight = [], 0
        group.append(item)
        weight += _weight(item)
    if group:
        yield _extract(group, file, rules, limits)
    if errors:
        yield empty_batch(tuple(errors))


def _extract(
    group: list[Record | WatRecord | ListedLink], file: InputFile, rules: SuffixRules, limits: Limits
) -> PartBatch:
    return EXTRACTORS[type(group[0])](group, file, rules, limits)


def _weight(item: Record | WatRecord | ListedLink) -> int:
    if isinstance(item, Record):
        return len(item.body)
    return len(item.json) if isinstance(item, WatRecord) else _LISTED_BYTES

"""What was written into blocks is what is read: against plain lists of edges."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_release import TINY, Made, shown, skewed, write

from inlink.errors import NotFound
from inlink.graph.blocks import Release

N = 600


@pytest.fixture(scope="module")
def made() -> Made:
    return skewed(N, 6000)


@pytest.fixture(scope="module")
def release(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = tmp_path_factory.mktemp("blocks") / "release"
    write(folder, made)
    return Release.open(folder)


def test_every_list_reads_back(made: Made, release: Release) -> None:
    order = made.order()
    place = {line: node for node, line in enumerate(order)}
    assert release.manifest.n_edges_in == len(made.sources)
    for line in range(0, N, 7):
        card = release.find(shown(made.names[line]))
        assert card is not None
        assert card.node == place[line]
        referring, outgoing = made.referring(line), made.outgoing(line)
        assert (card.n_in, card.n_out) == (len(referring), len(outgoing))
        assert release.referring(card, None, keep_flagged=True).names == referring
        assert release.outgoing(card, None, keep_flagged=True).names == outgoing


def test_the_most_linked_domain_in_pages(made: Made, release: Release) -> None:
    line = int(np.bincount(made.targets, minlength=N).argmax())
    card = release.find(shown(made.names[line]))
    assert card is not None and card.n_in > 100
    whole = made.referring(line)
    assert release.referring(card, 5, keep_flagged=True).names == whole[:5]
    for offset in range(0, card.n_in, 37):
        assert release.referring(card, 37, offset, keep_flagged=True).names == whole[offset : offset + 37]
    assert release.referring(card, 10, card.n_in, keep_flagged=True).names == []


def test_a_name_that_is_not_there(release: Release) -> None:
    for name in ("nothing.example", "aaaa", "zz.zz", "com", "", "x" * 300):
        assert release.find(name) is None


@pytest.mark.parametrize("changed", [{"named": 0}, {"keeps_out": False}, {"named": 0, "named_out": 0}], ids=str)
def test_what_is_left_out_of_a_release_changes_no_answer(changed: dict[str, Any], tmp_path: Path) -> None:
    made = skewed(300, 3000)
    write(tmp_path / "r", made, layout=replace(TINY, **changed))
    release = Release.open(tmp_path / "r")
    for line in range(0, made.n, 7):
        card = release.find(shown(made.names[line]))
        assert card is not None
        assert release.referring(card, None, keep_flagged=True).names == made.referring(line)
        assert card.n_out == len(made.outgoing(line))
        if changed.get("keeps_out", True):
            assert release.outgoing(card, None, keep_flagged=True).names == made.outgoing(line)
        else:
            with pytest.raises(NotFound, match="without out-lists"):
                release.outgoing(card)


def test_less_is_kept_where_less_is_asked_for(tmp_path: Path) -> None:
    made = skewed(300, 3000)
    sizes = {}
    tiny = replace(TINY, head=8)
    layouts = {"all": tiny, "no names": replace(tiny, named=0), "no out": replace(tiny, keeps_out=False)}
    for name, layout in layouts.items():
        write(tmp_path / name, made, layout=layout)
        sizes[name] = {path.name: path.stat().st_size for path in (tmp_path / name).iterdir()}
    assert sizes["no names"]["cards.bin"] < sizes["all"]["cards.bin"]
    assert sizes["no out"]["outward.bin"] == sizes["no out"]["tails_out.bin"] == 0
    assert not (tmp_path / "all" / "coded.tmp").exists()

"""Seeded text: paragraphs of sentences drawn from a bank, the same for the same seed and page."""

from __future__ import annotations

import functools
import random
import tomllib
from importlib.resources import files


@functools.cache
def bank(name: str) -> tuple[str, ...]:
    """The sentences of data/prose/<name>.toml."""
    text = files("inlink.demo").joinpath(f"data/prose/{name}.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["sentences"])


def paragraphs(name: str, n: int, seed: str) -> list[str]:
    """`n` paragraphs of two to four sentences each, no sentence twice."""
    draw = random.Random(seed)  # noqa: S311 - text, not secrets
    sentences = list(bank(name))
    draw.shuffle(sentences)
    joint = "" if name == "japanese" else " "
    found = []
    for _ in range(n):
        length = draw.randint(2, 4)
        found.append(joint.join(sentences[:length]))
        sentences = sentences[length:] or draw.sample(bank(name), len(bank(name)))
    return found

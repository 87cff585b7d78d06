"""docs/check.md says every verdict, state and reason in the words of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from inlink.check.reasons import REASONS
from inlink.check.verdicts import VERDICTS

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "check.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("slug", "meaning"), [*VERDICTS.items(), *REASONS.items()])
def test_the_docs_say_it(slug: str, meaning: str) -> None:
    assert f"| `{slug}` | {meaning} |" in TEXT

"""The visitors of bench/web.py, for locust: each clicks through overview and tables of targets of all sizes.

Read by locust alone (`-f bench/web_users.py`), in an environment of its own; it knows nothing of inlink.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from locust import HttpUser, between, task

PLAN: dict[str, Any] = json.loads(Path(os.environ["INLINK_BENCH_PLAN"]).read_text(encoding="utf-8"))


class Visitor(HttpUser):  # type: ignore[misc]  # locust has no types that mypy sees here
    """Somebody who looks at one page after the other, with a pause as the plan has it."""

    wait_time = between(*PLAN["pause_s"])

    def on_start(self) -> None:
        self.dice = random.Random(PLAN["seed"] + id(self) % 1000)

    @task(6)  # type: ignore[untyped-decorator]
    def look(self) -> None:
        page = self.dice.choice(PLAN["pages"])
        cell = self.dice.choice(sorted(PLAN["targets"]))
        target = self.dice.choice(PLAN["targets"][cell])
        asked = {"q": target, "scope": cell.split()[0], **page["with"]}
        self.client.get(f"{page['path']}?{urlencode(asked)}", name=page["name"])

    @task  # type: ignore[untyped-decorator]
    def largest_by_domain(self) -> None:
        asked = {"q": PLAN["largest"], "scope": "domain", "group": "domain"}
        self.client.get(f"/backlinks?{urlencode(asked)}", name="backlinks of the largest, one a domain")

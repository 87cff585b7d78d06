"""Run the long checks gate/*.py one after the other; each writes its figures to gate/<name>.json.

make gate                            all
python scripts/run_gates.py kills    only gate/kills.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import browser

ROOT = Path(__file__).resolve().parent.parent
FRAME = "frame"


def gates() -> list[str]:
    """Names of the gates, in order."""
    return sorted(path.stem for path in (ROOT / "gate").glob("*.py") if path.stem != FRAME)


def main(wanted: list[str]) -> int:
    """Run the gates; fail if one failed, or is not known."""
    if unknown := sorted(set(wanted) - set(gates())):
        print(f"error: no gate {', '.join(unknown)}\nhint: there are {', '.join(gates())}", file=sys.stderr)
        return 2
    note = browser.ensure()
    env = {**os.environ, **({"INLINK_CHROMIUM": found} if (found := browser.find()) else {})}
    failed = []
    for name in wanted or gates():
        print(f"== gate/{name}.py", flush=True)
        if subprocess.run([sys.executable, str(ROOT / "gate" / f"{name}.py")], cwd=ROOT, env=env).returncode:
            failed.append(name)
    print(f"\n{len(wanted or gates()) - len(failed)} gates passed, {len(failed)} failed {' '.join(failed)}")
    if note:
        print(f"note: {note}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

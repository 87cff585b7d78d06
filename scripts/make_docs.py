"""Write the generated references in docs/ again: runs every docs/make_*.py and scripts/docs_*.py there is.

make docs
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run each generator; fail if one failed."""
    generators = sorted([*ROOT.glob("docs/make_*.py"), *ROOT.glob("scripts/docs_*.py")])
    if not generators:
        print("no generator found")
    codes = [subprocess.run([sys.executable, str(path)], cwd=ROOT).returncode for path in generators]
    return max(codes, default=0)


if __name__ == "__main__":
    sys.exit(main())

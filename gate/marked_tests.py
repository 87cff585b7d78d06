"""The tests that are too long for every day: those marked `gate`.

python gate/marked_tests.py
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    sys.exit(subprocess.run([sys.executable, "-m", "pytest", "-q", "-n", "2", "-m", "gate"], cwd=ROOT).returncode)

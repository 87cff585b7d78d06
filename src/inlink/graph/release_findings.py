"""What was found in the text of a release: counts, repairs, and the first lines that were left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from inlink.errors import BadInput

MAX_LEFT_OUT_SHARE = 0.001  # of the lines of a file; more than that is no accident
_MIN_LEFT_OUT = 100
_MAX_EXAMPLES = 20
_SHOWN_CHARS = 120


@dataclass(frozen=True, slots=True)
class Example:
    """One line that was left out."""

    file: str
    line: int
    reason: str
    text: str


@dataclass(slots=True)
class Findings:
    """Counts by name, and examples. Counts add up over files and passes."""

    counts: dict[str, int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)

    def add(self, name: str, count: int) -> None:
        """Count something; what never happened is not listed."""
        if count:
            self.counts[name] = self.counts.get(name, 0) + count

    def note(self, file: str, line: int, reason: str, text: bytes) -> None:
        """Keep one of the first lines that were left out."""
        if len(self.examples) < _MAX_EXAMPLES:
            self.examples.append(Example(file, line, reason, text[:_SHOWN_CHARS].decode("utf-8", "replace")))

    def count(self, *names: str) -> int:
        """How often these happened, together."""
        return sum(self.counts.get(name, 0) for name in names)

    def to_json(self) -> dict[str, object]:
        """Plain values, for manifests."""
        rows = [{"file": e.file, "line": e.line, "reason": e.reason, "text": e.text} for e in self.examples]
        return {"counts": dict(self.counts), "examples": rows}


def findings_of(found: dict[str, object]) -> Findings:
    """What `to_json` gave, read again."""
    counts, rows = found.get("counts"), found.get("examples")
    made = Findings()
    for name, count in (counts if isinstance(counts, dict) else {}).items():
        made.add(str(name), int(count))
    made.examples.extend(Example(**row) for row in (rows if isinstance(rows, list) else []))
    return made


def check_told(findings: Findings, what: str, n_told: int | None, n_least: int, n_most: int) -> None:
    """Compare what was read with what the list of releases tells of it; what differs is counted.

    n_least, n_most: that many are there, by how repeated ones are counted. Raises: BadInput where more than one in a
    thousand are missing: text that ends between two members of gzip, or whose last part is not there, looks whole.
    """
    if n_told is None:
        return
    findings.add(f"{what}_missing", max(0, n_told - n_most))
    findings.add(f"{what}_beyond", max(0, n_least - n_told))
    if n_told - n_most > MAX_LEFT_OUT_SHARE * n_told:
        raise BadInput(
            f"the files hold {n_most:,} {what}, and the list of releases tells of {n_told:,}: a part is missing",
            hint="fetch them anew with --restart; where the list is wrong, import from a folder without graphinfo.json",
        )


def check_left_out(findings: Findings, file: str, n_lines: int, reasons: Iterable[str], hint: str) -> None:
    """Raises: BadInput where more than one line in a thousand had to be left out."""
    found = {reason: findings.count(reason) for reason in reasons}
    n_out = sum(found.values())
    if n_out < _MIN_LEFT_OUT and n_out * 2 <= n_lines:
        return
    if n_out <= MAX_LEFT_OUT_SHARE * n_lines:
        return
    said = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in found.items() if count)
    first = next((e for e in findings.examples if e.reason in found), None)
    where = f"; the first, {first.file} line {first.line}: {first.text!r}" if first else ""
    raise BadInput(f"{file}: of {n_lines:,} lines {said}{where}", hint=hint)

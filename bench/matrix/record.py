"""What was found so far, kept in a file between runs of the program.

Read `bench.matrix.page` for what becomes of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.matrix.cases import Finding


@dataclass(slots=True)
class Record:
    """Everything that was found."""

    versions: dict[str, str] = field(default_factory=dict[str, str])
    """Name of each system tried, to its packages with their versions."""
    findings: dict[str, dict[str, list[Finding]]] = field(default_factory=dict[str, dict[str, list[Finding]]])
    """System to case to what each trial came to."""
    broken: list[str] = field(default_factory=list[str])
    """Trials that could not be carried out, and why."""

    @classmethod
    def read(cls, path: Path) -> Record:
        """Return what an earlier run wrote; nothing where there was none."""
        if not path.exists():
            return cls()
        told = json.loads(path.read_text("utf-8"))
        findings = {
            system: {case: [Finding(**each) for each in found] for case, found in cases.items()}
            for system, cases in told["findings"].items()
        }
        return cls(told["versions"], findings, told["broken"])

    def write(self, path: Path) -> None:
        """Keep everything for a later run."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    def begin(self, system: str, versions: str, cases: Sequence[str]) -> None:
        """Forget what was found of these cases: they are tried again."""
        self.versions[system] = versions
        self.broken = [
            each for each in self.broken if not each.startswith(tuple(f"{system}, {case}:" for case in cases))
        ]
        for case in cases:
            self.findings.setdefault(system, {}).pop(case, None)

    def add(self, system: str, case: str, finding: Finding) -> None:
        """Add what a trial came to."""
        self.findings[system].setdefault(case, []).append(finding)

    def of(self, system: str, case: str) -> Sequence[Finding]:
        """Return what the trials of a case came to."""
        return self.findings.get(system, {}).get(case, ())

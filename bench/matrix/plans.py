"""Surefoot's plans for the flows of the cases.

Read `docs/reference/plan-file.md` for the keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CHAIN = """goal: Three effects, one after the other
defaults: {effect: irreversible}
steps:
  - id: first
    run: sh @/effect.sh @ first
    confine: false
  - id: second
    needs: [first]
    run: sh @/effect.sh @ second
    confine: false
  - id: third
    needs: [second]
    run: sh @/effect.sh @ third
    confine: false
"""
CHAIN_PROBED = """goal: Three effects, one after the other
defaults: {effect: irreversible}
steps:
  - id: first
    run: sh @/effect.sh @ first
    confine: false
    probe: {run: grep -qx first @/ledger}
  - id: second
    needs: [first]
    run: sh @/effect.sh @ second
    confine: false
    probe: {run: grep -qx second @/ledger}
  - id: third
    needs: [second]
    run: sh @/effect.sh @ third
    confine: false
    probe: {run: grep -qx third @/ledger}
"""
ASKED = """goal: An effect and two questions
steps:
  - id: sent
    run: sh @/effect.sh @ sent
    effect: irreversible
    confine: false
  - id: one
    needs: [sent]
    ask: {question: The first question?, options: ["yes", "no"]}
  - id: two
    needs: [one]
    ask: {question: The second question?, options: ["yes", "no"]}
"""
PARALLEL = """goal: Three effects at once, of which two ask
limits: {parallel: 3}
defaults: {effect: irreversible}
steps:
  - {id: a, run: sh @/effect.sh @ a, confine: false}
  - {id: b, run: sh @/effect.sh @ b, confine: false}
  - {id: c, run: sh @/effect.sh @ c, confine: false}
"""
APPROVAL = """goal: One effect that asks
steps:
  - {id: sent, run: sh @/effect.sh @ sent, effect: irreversible, confine: false}
"""
WORDS = """goal: Send words that stand in the repository
steps:
  - id: sent
    run: sh @/effect.sh @ "sent-$(cat words.txt)"
    reads: [words.txt]
    effect: irreversible
    confine: false
"""
WORDS_OUTSIDE = """goal: Send words that stand somewhere outside
limits: {resources: {words: {observe: cat @/workspace/words.txt}}}
steps:
  - id: sent
    run: sh @/effect.sh @ "sent-$(cat @/workspace/words.txt)"
    uses: [words]
    effect: irreversible
    confine: false
"""
EXPIRING = """goal: One effect that asks for two seconds
policy:
  - {name: soon, tier: confirm, reason: It is only right now, steps: [sent], expires: 2s, overdue: stop}
steps:
  - {id: sent, run: sh @/effect.sh @ sent, effect: irreversible, confine: false}
"""
FILES = """goal: A step whose first attempt fails half-way
steps:
  - id: look
    run: |
      if [ ! -e @/tried ]; then touch @/tried half.txt; exit 1; fi
      if [ -e half.txt ]; then sh @/effect.sh @ saw-half; else sh @/effect.sh @ saw-nothing; fi
    effect: reversible
    confine: false
    retry: {maximum_attempts: 2, initial_interval: 100ms}
"""


@dataclass(frozen=True, slots=True)
class Written:
    """A plan, and what is approved beforehand."""

    plan: str
    """The plan; `@` is the folder of the trial."""
    allowed: Sequence[str] = ()
    """Irreversible steps that were approved on the command line, because the case is not about their question."""

    def text(self, folder: Path) -> str:
        """Return the plan file for that folder."""
        return self.plan.replace("@", str(folder))

    def options(self) -> list[str]:
        """Return the options of `surefoot run`."""
        return [word for step in self.allowed for word in ("--allow", step)]


_THREE = ("first", "second", "third")
PLANS: dict[str, Written] = {
    "chain": Written(CHAIN, _THREE),
    "chain-checked": Written(CHAIN_PROBED, _THREE),
    "asked": Written(ASKED, ("sent",)),
    "parallel": Written(PARALLEL, ("a",)),
    "approval": Written(APPROVAL),
    "words": Written(WORDS),
    "words-read": Written(WORDS_OUTSIDE),
    "expiring": Written(EXPIRING),
    "files": Written(FILES),
}

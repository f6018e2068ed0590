"""The records of a policy: tiers, effect classes, rules, and the facts that rules are compared with."""

from __future__ import annotations

from dataclasses import field, replace
from enum import StrEnum
from typing import ClassVar

from surefoot.core.ids import StepId
from surefoot.core.raw import SETTINGS, GivenName, Raw
from surefoot.core.record import record


class Effect(StrEnum):
    """What a body does to the world; decides recovery and, by default, the tier."""

    READ = "read"
    REVERSIBLE = "reversible"
    IDEMPOTENT = "idempotent"
    IRREVERSIBLE = "irreversible"

    @property
    def is_outside(self) -> bool:
        """Tell whether the effect reaches beyond the workspace, so that no restore undoes it."""
        return self in (Effect.IDEMPOTENT, Effect.IRREVERSIBLE)


def effect_with(effect: Effect, raised_by: str) -> Effect:
    """Return the effect class that counts: the declared one, unless a rule that recognised the commands raised it."""
    return Effect.IRREVERSIBLE if raised_by and not effect.is_outside else effect


class Tier(StrEnum):
    """How much say a person has before an effect; `never` means that nobody is asked and it does not happen."""

    AUTO = "auto"
    LOG = "log"
    CONFIRM = "confirm"
    NEVER = "never"


class Overdue(StrEnum):
    """What becomes of a question that nobody has answered in time."""

    WAIT = "wait"
    HAND_ON = "hand_on"
    STOP = "stop"


@record
class Demand:
    """What a rule demands of the answer it asks for."""

    role: GivenName | None = None
    """The role an approver has to have; None: anybody but steps and agents."""
    people: int = 1
    """So many different people have to approve."""
    expires_s: float | None = None
    """The question expires after so many seconds; None: never."""
    overdue: Overdue = Overdue.WAIT
    next_role: GivenName | None = None
    """The role it is handed on to, for `hand_on`."""


@record
class Rule:
    """One rule: where all its conditions hold, it says the tier and why. A condition that is empty holds always.

    Of several files, resources, hosts or variables one has to match where the rule asks (`confirm`, `never`), and all
    of them where it lets pass (`auto`, `log`).
    """

    name: str
    """Unique among the rules of its origin; shown with every decision."""
    tier: Tier
    reason: str
    """Why, in a sentence for the person who is asked."""
    commands: tuple[str, ...] = ()
    """Patterns over a simple command, such as `git push*` (see `surefoot.core.patterns`); one has to match."""
    paths: tuple[str, ...] = ()
    """Globs over files that are written."""
    resources: tuple[str, ...] = ()
    """Globs over what the step `uses` and over its sockets."""
    hosts: tuple[str, ...] = ()
    """Globs over hosts that a command names."""
    variables: tuple[str, ...] = ()
    """Globs over names of environment variables that a step is given or a command uses."""
    steps: tuple[str, ...] = ()
    """Globs over step ids."""
    effects: tuple[Effect, ...] = ()
    phases: tuple[str, ...] = ()
    cost_usd_above: float | None = None
    """Holds where the run has cost more than this."""
    lines_above: int | None = None
    """Holds where more lines than this are added and taken away."""
    confidence_below: float | None = None
    """Holds where what was done states a confidence below this."""
    when: tuple[str, ...] = ()
    """Conditions over what the step puts out, of which one has to hold; see `surefoot.core.output_conditions`."""
    demand: Demand = Demand()
    reaches_others: bool = False
    """Whether the commands it names reach other people or machines, so that no restore takes back what they did."""

    @property
    def is_about_results(self) -> bool:
        """Tell whether it can be held against what a step made, and not only against what it is about to do."""
        return bool(self.paths) or self.lines_above is not None or self.confidence_below is not None


@record
class Policy:
    """The rules of a run beside those that ship; the first of each list that matches decides for that list."""

    raw: ClassVar[Raw] = SETTINGS

    own: tuple[Rule, ...] = ()
    """Of the user's settings, and of projects these trust: they may lower a tier."""
    raising: tuple[tuple[Rule, ...], ...] = ()
    """Of the project's settings and of the plan: they can only raise."""
    confidence: float = 0.9
    """A person is asked about an agent's result whose stated confidence is below this, or missing; 0: about none."""
    proof: str = ""
    """A person is asked about an agent's result that is proved less strongly than this; empty: about none."""
    probe_checks: bool = False
    """Whether the checks of each step are tried out by small changes of what the step wrote."""

    @property
    def about_results(self) -> Policy:
        """The rules that can be held against what a step made."""
        raising = tuple(tuple(rule for rule in rules if rule.is_about_results) for rules in self.raising)
        own = tuple(rule for rule in self.own if rule.is_about_results)
        return replace(self, own=own, raising=raising)

    @property
    def counts_lines(self) -> bool:
        """Tell whether a rule asks how large a change is."""
        every = (self.own, *self.raising)
        return any(rule.lines_above is not None for rules in every for rule in rules)


@record
class CommandFacts:
    """What a shell command does, as far as its text tells."""

    commands: tuple[tuple[str, ...], ...] = ()
    """Every simple command in it, as words: also those within `$(…)`, `sh -c`, `env`, `xargs` and the like."""
    writes: tuple[str, ...] = ()
    """Files it writes by redirection."""
    hosts: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    unclear: str | None = None
    """What of it cannot be told beforehand, such as a command whose name is the value of a variable."""
    sets: tuple[str, ...] = ()
    """Variables it sets, as `NAME=value`; what of a value is not known stands as it is written."""
    functions: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    """What of it is not known to be harmless, beside its commands: code given to an interpreter, for one."""


@record
class Facts:
    """What is known of a step, or of its result, when it is weighed."""

    step: StepId
    effect: Effect
    phase: str
    command: CommandFacts | None = None
    """What its command does; None: its body is none."""
    paths: tuple[str, ...] = ()
    """Files it writes: declared ones beforehand, changed ones afterwards."""
    check_files: tuple[str, ...] = ()
    """Those of them that it has changed, and that decide what checks of the plan say."""
    resources: tuple[str, ...] = ()
    """What it uses, and its sockets."""
    variables: tuple[str, ...] = ()
    is_sealed: bool = False
    """Whether nothing its commands do can reach beyond its lane, so that all of it can be put back."""
    has_way_out: bool = False
    """Whether it was given a way out of its lane: then what is not known to be harmless asks."""
    cost_usd: float = 0.0
    lines: int | None = None
    """Lines added and taken away; None: not known yet."""
    confidence: float | None = None
    """How sure whoever did it says to be, from 0 to 1."""


@record
class Decision:
    """What a policy says, and why."""

    tier: Tier
    rule: str
    reason: str
    demand: Demand = field(default=Demand())

    @property
    def refusal(self) -> str:
        """What a person or an agent is told of what is never allowed."""
        return f"never allowed: {self.reason} (rule {self.rule})"

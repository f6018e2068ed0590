"""The policy: the tier of a step, and the rule that set it.

Owns how a tier comes about. The *floor* is what effect class and scope give. A command is weighed in its *parts*, one
for each simple command, and the changed files are a part as well; the strictest part decides. For each part the first
matching rule of the user decides, otherwise the first that ships, otherwise the floor; rules of projects and plans can
only raise the tier. Must never see a shell command as text, and never ask.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, reduce

from surefoot.core import policy_defaults
from surefoot.core.globs import is_inside, literal, matches
from surefoot.core.harmless import Beside, beside, unknown_around, unknown_in
from surefoot.core.ids import StepId
from surefoot.core.output_conditions import why_it_holds
from surefoot.core.patterns import matches_one, matches_text
from surefoot.core.plan import LOOPBACK, Effect, Network, Plan, Step, Tier
from surefoot.core.plan_commands import PlanCommand
from surefoot.core.policy_types import CommandFacts, Decision, Demand, Facts, Policy, Rule, effect_with
from surefoot.core.record import record
from surefoot.core.short_text import listed
from surefoot.core.untrusted_text import in_line

AGENT_COMMAND = Decision(tier=Tier.LOG, rule="agent-command", reason="An agent runs it inside the step's lane.")
"""The floor of a command that an agent runs, ours or another's."""
SEALED_RUNG = "bubblewrap"
"""The rung on which a command without network and sockets reaches nothing of the host."""
OPEN_RUNG = "plain"
"""The rung on which nothing holds a command in its lane."""
UNCLEAR = "unclear-command"
"""The name that stands for the rule where a command cannot be told beforehand."""
UNKNOWN = "unknown-command"
"""The name that stands for the rule where a command has a way out and is not known to be harmless."""
OPEN_RULES = (
    Rule(name=UNCLEAR, tier=Tier.CONFIRM, reason="What the command does cannot be told beforehand."),
    Rule(
        name=UNKNOWN,
        tier=Tier.CONFIRM,
        reason="It is not known to be harmless, and the step has a way out of its lane.",
    ),
)
"""These two as a person is shown them; what they say of a command is found where it is weighed."""
_BY_EFFECT = {
    Effect.READ: (Tier.AUTO, "It only reads."),
    Effect.REVERSIBLE: (Tier.LOG, "It changes nothing but the workspace, which can be put back."),
    Effect.IDEMPOTENT: (Tier.CONFIRM, "It reaches beyond the workspace, where no restore undoes it."),
    Effect.IRREVERSIBLE: (Tier.CONFIRM, "It cannot be undone."),
}
_RISING = tuple(Tier)
BESIDE = Decision(tier=Tier.AUTO, rule="beside-steps", reason="It runs beside the steps, as the plan says.")
"""The floor of a command beside the bodies of steps: a person who wrote it has said so."""
_HARMLESS = Decision(tier=Tier.AUTO, rule=policy_defaults.HARMLESS, reason=policy_defaults.HARMLESS_REASON)
_ASKING = (Tier.CONFIRM, Tier.NEVER)
_NAMED_MAX = 5


@record
class Weighed:
    """One part of what a step does, and what the policy says to it."""

    words: tuple[str, ...] | None
    """The simple command; empty: one that cannot be told; None: the step as a whole, or its files."""
    decision: Decision
    is_harmless: bool = False
    """Whether a rule that ships calls it harmless."""


def floor_of(step: Step, plan: Plan) -> Decision:
    """Return what effect class and scope give, before any rule and before the step's own `tier`."""
    tier, reason = _BY_EFFECT[step.effect]
    outside = writes_outside(step, plan) if step.effect is Effect.REVERSIBLE else ()
    if outside:
        said = f"It writes outside the plan's scope: {', '.join(outside)}."
        return Decision(tier=Tier.CONFIRM, rule="outside-scope", reason=said)
    return Decision(tier=tier, rule=f"effect-{step.effect}", reason=reason)


def raised_by_step(decision: Decision, step: Step) -> Decision:
    """Return the decision, raised where the step itself asks for a stricter tier."""
    if step.tier is None or _rank(step.tier) <= _rank(decision.tier):
        return decision
    said = f"The plan itself sets `tier: {step.tier}` for the step."
    return replace(decision, tier=step.tier, rule="step-tier", reason=said)


def weigh_step(step: Step, plan: Plan, policy: Policy, facts: Facts) -> Decision:
    """Return what decides on a step before it is done: floor, rules and the step's own `tier`."""
    return raised_by_step(weigh(policy, facts, raised_by_step(floor_of(step, plan), step)), step)


def weigh_command(policy: Policy, command: PlanCommand, phase: str, rung: str, floor: Decision = BESIDE) -> Decision:
    """Return what decides on a command that a plan runs beside the bodies of its steps."""
    is_sealed = rung == SEALED_RUNG and not command.reaches_out
    does = command.does
    if does is not None and does.unclear is not None and is_sealed:
        does = replace(does, unclear=None)
    step = command.step or StepId("")
    return weigh(policy, Facts(step=step, effect=Effect.READ, phase=phase, command=does, is_sealed=is_sealed), floor)


def tier_of(step: Step, plan: Plan) -> Tier:
    """Return the step's tier before any rule: by effect class, scope and the step's own `tier`."""
    return raised_by_step(floor_of(step, plan), step).tier


@lru_cache(maxsize=256)  # the kernel asks again at every turn, as long as a step waits for one
def weigh(policy: Policy, facts: Facts, floor: Decision) -> Decision:
    """Return what the policy says to a step, or to what it did, with the rule that decided and why."""
    return strictest([part.decision for part in weigh_parts(policy, facts, floor)], floor)


def weigh_parts(policy: Policy, facts: Facts, floor: Decision) -> tuple[Weighed, ...]:
    """Return what the policy says to each part; the strictest decides."""
    speaking, command = _speaking(policy, facts), facts.command
    commands: tuple[tuple[str, ...] | None, ...] = () if command is None else command.commands
    if not commands and (command is None or command.unclear is None):
        commands = (None,)  # a body without simple commands is one part of its own
    parts = [_weighed(speaking, facts, words, floor) for words in commands]
    is_lowered = any(own for _, own in parts)
    weighed: list[Weighed] = []
    for part, _ in parts:
        # Beside what a rule of the user's own has judged, what is harmless has no say.
        said = replace(part, decision=_HARMLESS) if part.is_harmless and is_lowered else part
        weighed.append(replace(said, decision=_raised(speaking, said, floor)))
    asked = _open_question(facts)
    if asked is not None:
        weighed.append(_unclear(policy, speaking, facts, asked, floor))
    files = _files(policy, facts, floor)
    return (*weighed, *([files] if files is not None else []))


def weigh_outputs(policy: Policy, facts: Facts, outputs: Mapping[str, str]) -> Decision | None:
    """Return the strictest of what rules say about the values that a step has put out; None: no rule asks about them.

    The other conditions of such a rule have to hold of the step, too. It can only raise, whosever it is.
    """
    said: list[Decision] = []
    for rule in (rule for rules in (policy.own, *policy.raising) for rule in rules if rule.when):
        about = replace(rule, when=())
        commands = () if facts.command is None else facts.command.commands
        is_meant = not rule.commands or any(_is_among(rule, words) for words in commands)
        why = next((why for one in rule.when if (why := why_it_holds(one, outputs)) is not None), None)
        if why is not None and is_meant and _speaks(about, facts, facts.paths):
            said.append(replace(_said_by(rule), reason=f"{rule.reason} ({in_line(why)})"))
    return strictest(said, said[0]) if said else None


def raising_rule(step: Step, does: CommandFacts | None, rung: str) -> str:
    """Name the rule by which a step counts as irreversible though it is declared milder; empty: it is as declared.

    That is so where the commands have a way out of the sandbox and one of them is known to reach others. A step that is
    declared `idempotent` says that it may be repeated under its key, and stays what it is.
    """
    if does is None or step.effect.is_outside or _is_sealed(step, rung):
        return ""
    return _recognised_in(does)


@lru_cache(maxsize=256)  # the kernel asks again at every turn, as long as a step waits for one
def _recognised_in(does: CommandFacts) -> str:
    """Name the first rule that recognises a command which reaches others; empty: there is none."""
    for rule in policy_defaults.REACHING:
        is_written = any(matches_path(path, rule.paths) for path in does.writes)
        if is_written or any(_is_among(rule, words) for words in does.commands):
            return rule.name
    return ""


def facts_before(
    step: Step, phase: str, does: CommandFacts | None, rung: str, *, cost_usd: float = 0.0, raised_by: str = ""
) -> Facts:
    """Return what is known of a step before it is done; `does`: what its commands do, as far as that can be read.

    `raised_by` is the rule that raised its effect, as `raising_rule` names it.
    """
    if does is not None and does.unclear is not None and _is_sealed(step, rung, but_for=LOOPBACK):
        does = replace(does, unclear=None)  # whatever it does is done here
    return Facts(
        step=step.id,
        effect=effect_with(step.effect, raised_by),
        phase=phase,
        command=does,
        resources=(*step.uses, *step.sockets),
        variables=(*step.env_from, *step.env),
        is_sealed=_is_sealed(step, rung),
        has_way_out=has_way_out(step, rung),
        cost_usd=cost_usd,
    )


def has_way_out(step: Step, rung: str) -> bool:
    """Tell whether a step was given a way out of its lane: a network, a socket, no sandbox for it, or none at all."""
    return rung == OPEN_RUNG or (_is_open(step) and not _is_sealed(step, rung, but_for=LOOPBACK))


def _is_sealed(step: Step, rung: str, *, but_for: Network = False) -> bool:
    """Tell whether nothing a step's commands do can reach beyond its lane; but for such a network, if one is named."""
    return rung == SEALED_RUNG and not _is_open(step, but_for=but_for)


def _is_open(step: Step, *, but_for: Network = False) -> bool:
    """Tell whether a step or its checks were given a socket, no sandbox, or a network other than that one."""
    asked = (step, *step.checks)
    is_given = any(one.network not in (False, but_for) or not one.confine for one in asked)
    return bool(step.sockets) or step.body.reaches_provider or is_given


def undeclared_of(paths: Iterable[str], step: Step, plan: Plan) -> tuple[str, ...]:
    """Return the paths that the plan's author has not asked for by a glob of `writes` or the scope that names them."""
    named = [glob for glob, inner in _given_globs(step, plan) if inner.strip("*?./")]  # stars alone name nothing
    return tuple(path for path in paths if not matches(path, named))


def unnamed_of(paths: Iterable[str], step: Step, plan: Plan) -> tuple[str, ...]:
    """Return the paths that no glob names by a file or a folder: not `**/*.py`, which takes in a `pytest.py`, too."""
    globs: list[str] = []
    for glob, inner in _given_globs(step, plan):
        parts = re.sub(r"\[[*?\[]\]", "_", inner).split("/")
        globs += [glob] if any(part and not re.search(r"[*?\[]", part) for part in parts) else []
    return tuple(path for path in paths if not matches(path, globs))


def _given_globs(step: Step, plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the globs over what the step may write, each also as it counts from the plan's folder."""
    folder = f"{literal(plan.folder)}/" if plan.folder else ""
    yield from ((glob, glob.removeprefix(folder)) for glob in (*(step.writes or ()), *plan.scope_write))


def writes_outside(step: Step, plan: Plan) -> tuple[str, ...]:
    """Return the globs of the step's `writes` that reach beyond the plan's scope.

    A group's placeholder stands for its items; those a command will list are not known yet and are not held against it.
    """
    globs = [known for glob in step.writes or () for known in _spelled_out(step, glob)]
    return tuple(glob for glob in globs if not is_inside(glob, plan.scope_write))


def _spelled_out(step: Step, glob: str) -> tuple[str, ...]:
    each = step.for_each
    if each is None or f"{{{each.name}}}" not in glob:
        return (glob,)
    items = each.items if each.items is not None else (each.glob,) if each.glob is not None else ()
    return tuple(glob.replace(f"{{{each.name}}}", item) for item in items)


@record(kw_only=False)
class _Speaking:
    """The rules whose conditions hold for all parts alike, and what the commands have in common: found once."""

    own: tuple[Rule, ...]
    shipped: tuple[Rule, ...]
    raising: tuple[tuple[Rule, ...], ...]
    beside: Beside | None
    """None: nothing is asked about commands that are not known."""


def _speaking(policy: Policy, facts: Facts) -> _Speaking:
    command = facts.command
    paths = (*facts.paths, *(command.writes if command is not None else ()))
    rules = () if command is None else policy_defaults.IN_SEALED_LANES if facts.is_sealed else policy_defaults.COMMANDS
    return _Speaking(
        own=_that_speak(policy.own, facts, paths),
        shipped=_that_speak(rules, facts, paths),
        raising=tuple(_that_speak(rules, facts, paths) for rules in policy.raising),
        beside=None if command is None or not facts.has_way_out else beside(command),
    )


def _weighed(speaking: _Speaking, facts: Facts, words: tuple[str, ...] | None, floor: Decision) -> tuple[Weighed, bool]:
    """Return what one command gets, before anything raises it, and whether a rule of the user's own says so."""
    own = _first(speaking.own, words)
    if own is not None:
        return Weighed(words=words, decision=_said_by(own)), True
    found = _first(speaking.shipped, words)
    if found is None or found.tier is Tier.AUTO:
        unknown = _not_known(speaking.beside, words, floor)
        if unknown is not None:
            return Weighed(words=words, decision=unknown), False
        is_harmless = found is not None and (facts.command is None or not facts.command.writes)
        return Weighed(words=words, decision=floor, is_harmless=is_harmless), False
    stricter = found if _rank(found.tier) >= _rank(floor.tier) else None
    return Weighed(words=words, decision=floor if stricter is None else _said_by(stricter)), False


def _not_known(others: Beside | None, words: tuple[str, ...] | None, floor: Decision) -> Decision | None:
    """Ask about a command with a way out that is not known to be harmless; None: there is nothing to ask."""
    if others is None or words is None or _rank(floor.tier) > _rank(Tier.CONFIRM):
        return None
    unknown = unknown_in(words, others)
    return None if unknown is None else _asking_about(unknown)


def _asking_about(unknown: str) -> Decision:
    reason = f"{unknown[:1].upper()}{unknown[1:]}, and the step has a way out of its lane."
    return Decision(tier=Tier.CONFIRM, rule=UNKNOWN, reason=reason)


def _open_question(facts: Facts) -> Decision | None:
    """Ask about a command that as a whole cannot be told, or is not known to be harmless; None: nothing to ask."""
    command = facts.command
    if command is None:
        return None
    if command.unclear is not None:
        reason = f"What the command does cannot be told beforehand: {command.unclear}."
        return Decision(tier=Tier.CONFIRM, rule=UNCLEAR, reason=reason)
    strange = next(unknown_around(command), None) if facts.has_way_out else None
    return None if strange is None else _asking_about(strange)


def _raised(speaking: _Speaking, part: Weighed, floor: Decision) -> Decision:
    """Return the strictest of what the part has got and what projects and plans say to it."""
    raising = [_first(rules, part.words) for rules in speaking.raising]
    return strictest([part.decision, *(_said_by(rule) for rule in raising if rule is not None)], floor)


def _unclear(policy: Policy, speaking: _Speaking, facts: Facts, asked: Decision, floor: Decision) -> Weighed:
    """Weigh what cannot be told: only who names the step takes that upon himself."""
    own = _first(_that_speak(policy.own, facts, facts.paths), None)
    if own is not None and own.steps:
        decision = _said_by(own)
    else:
        decision = strictest([asked, floor, *([_said_by(own)] if own is not None else [])], floor)
    part = Weighed(words=(), decision=decision)
    return replace(part, decision=_raised(speaking, replace(part, words=None), floor))


def _files(policy: Policy, facts: Facts, floor: Decision) -> Weighed | None:
    """Weigh the files by themselves: a rule about commands says nothing about them. None: no rule speaks of them."""
    if not facts.paths:
        return None
    lists = (policy.own, policy_defaults.FILES, *policy.raising)
    own, found, *raising = [_first(_that_speak(rules, facts, facts.paths), None) for rules in lists]
    if own is None and found is None and facts.check_files:
        named = listed(facts.check_files, _NAMED_MAX)
        reason = f"It changes what a check of the plan runs or is set up by, and the plan does not name it: {named}."
        found = replace(policy_defaults.CHECK_FILES, reason=reason)
    said = [_said_by(rule) for rule in (own or found, *raising) if rule is not None]
    return Weighed(words=None, decision=strictest(said, floor)) if said else None


def _first(rules: Iterable[Rule], words: tuple[str, ...] | None) -> Rule | None:
    """Return the first of the rules that speak which is about such a command, or about any part."""
    for rule in rules:
        if not rule.commands or (words is not None and _is_among(rule, words)):
            return rule
    return None


def _that_speak(rules: Iterable[Rule], facts: Facts, paths: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules of which all conditions hold but those about commands: these are looked at part by part.

    A rule that asks holds where one of several files, hosts and so on is among those it names. One that lets pass
    holds only where all of them are.
    """
    return tuple(rule for rule in rules if _speaks(rule, facts, paths))


def _speaks(rule: Rule, facts: Facts, paths: Sequence[str]) -> bool:
    if rule.when or not (_holds_of_step(rule, facts) and _holds_of_figures(rule, facts)):
        return False
    command = facts.command or CommandFacts()
    return (
        (not rule.paths or _hold(rule, rule.paths, paths, matches_path))
        and (not rule.resources or _hold(rule, rule.resources, facts.resources, _is_text_among))
        and (not rule.hosts or _hold(rule, rule.hosts, command.hosts, _is_text_among))
        and (not rule.variables or _hold(rule, rule.variables, (*facts.variables, *command.variables), _is_text_among))
    )


def _holds_of_step(rule: Rule, facts: Facts) -> bool:
    """Tell whether a rule is about such a step."""
    return (
        (not rule.effects or facts.effect in rule.effects)
        and (not rule.phases or facts.phase in rule.phases)
        and (not rule.steps or _is_text_among(facts.step, rule.steps))
    )


def _holds_of_figures(rule: Rule, facts: Facts) -> bool:
    """Tell whether the figures are such that a rule speaks; whoever states no confidence is sure."""
    confidence = 1.0 if facts.confidence is None else facts.confidence
    return (
        (rule.cost_usd_above is None or facts.cost_usd > rule.cost_usd_above)
        and (rule.lines_above is None or (facts.lines or 0) > rule.lines_above)
        and (rule.confidence_below is None or confidence < rule.confidence_below)
    )


def _hold(
    rule: Rule, globs: tuple[str, ...], of: Sequence[str], is_among: Callable[[str, tuple[str, ...]], bool]
) -> bool:
    found = [is_among(one, globs) for one in of]
    return any(found) if rule.tier in _ASKING else bool(found) and all(found)


def _is_among(rule: Rule, words: tuple[str, ...]) -> bool:
    """Tell whether a pattern of the rule describes the command; a rule that asks knows a program in any folder."""
    if matches_one(words, rule.commands):
        return True
    if not words or "/" not in words[0] or rule.tier not in _ASKING:
        return False
    bare = (words[0].rpartition("/")[2], *words[1:])
    return matches_one(bare, rule.commands)


def _is_text_among(text: str, globs: tuple[str, ...]) -> bool:
    return any(matches_text(text, glob) for glob in globs)


def matches_path(path: str, globs: tuple[str, ...]) -> bool:
    """Tell whether a glob describes the path: an absolute one by an absolute glob, or one that begins with `**`."""
    is_absolute = path.startswith("/")
    return matches(path.lstrip("/") if is_absolute else path, _fitting(globs, is_absolute))


@lru_cache(maxsize=1024)
def _fitting(globs: tuple[str, ...], is_absolute: bool) -> tuple[str, ...]:  # noqa: FBT001 - a cache takes no names
    """Return the globs that may describe absolute paths, or relative ones."""
    return tuple(glob.lstrip("/") for glob in globs if glob.startswith("/") is is_absolute or glob.startswith("**"))


def _said_by(rule: Rule) -> Decision:
    return Decision(tier=rule.tier, rule=rule.name, reason=rule.reason, demand=rule.demand)


def _rank(tier: Tier) -> int:
    return _RISING.index(tier)


def strictest(decisions: Sequence[Decision], floor: Decision) -> Decision:
    """Return the strictest; among equals a rule before the floor, then the one that demands most, with all demands."""
    if all(one is decisions[0] for one in decisions):
        return decisions[0]
    tier = max((decision.tier for decision in decisions), key=_rank)
    equals = [decision for decision in decisions if decision.tier is tier]
    first = max(
        equals,
        key=lambda one: (
            one != floor and one.rule != policy_defaults.HARMLESS,
            one.demand.people,
            one.demand.role is not None,
        ),
    )
    return replace(first, demand=reduce(_both, (one.demand for one in equals), first.demand))


def _both(one: Demand, other: Demand) -> Demand:
    """Return what meets both demands; of two different roles the first stands."""
    sooner = min((one, other), key=lambda demand: float("inf") if demand.expires_s is None else demand.expires_s)
    return Demand(
        role=one.role or other.role,
        people=max(one.people, other.people),
        expires_s=sooner.expires_s,
        overdue=sooner.overdue,
        next_role=sooner.next_role,
    )

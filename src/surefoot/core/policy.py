"""How much say a person has before a step runs.

Owns the tiers: which one an effect class gives, what raises it, whether what a step may write lies inside the plan's
scope, and which ways out of the lane it is given, in words. Must never see a shell command as text or lower a tier:
only settings and the command line do that. Read `surefoot.core.review` for what a plan's author is told,
`surefoot.core.kernel.steps` for the tiers at work.
"""

from __future__ import annotations

from surefoot.core.globs import matches, samples
from surefoot.core.plan import LOOPBACK, Check, Effect, Plan, Step, Tier

_BY_EFFECT = {
    Effect.READ: Tier.AUTO,
    Effect.REVERSIBLE: Tier.LOG,
    Effect.IDEMPOTENT: Tier.CONFIRM,
    Effect.IRREVERSIBLE: Tier.CONFIRM,
}
_RISING = (Tier.AUTO, Tier.LOG, Tier.CONFIRM)


def tier_of(step: Step, plan: Plan) -> Tier:
    """Return the step's tier: by effect class, raised by writes outside the scope and by the step's own `tier`."""
    tier = _BY_EFFECT[step.effect]
    if step.effect is Effect.REVERSIBLE and writes_outside(step, plan):
        tier = Tier.CONFIRM
    return max(tier, step.tier or tier, key=_RISING.index)


def ways_out(of: Step | Check) -> tuple[str, ...]:
    """Say what a body or a check is given that lies outside the lane; nothing, as a rule."""
    networks = {True: "uses the network", LOOPBACK: "uses servers on this machine's loopback"}
    sockets = of.sockets if isinstance(of, Step) else ()
    home = of.home if isinstance(of, Step) else ()
    return (
        *([networks[of.network]] if of.network else []),
        *([f"uses sockets of the host: {', '.join(sockets)}"] if sockets else []),
        *([f"reads places of your home: {', '.join(home)}"] if home else []),
        *([] if of.confine else ["runs outside the sandbox"]),
    )


def writes_outside(step: Step, plan: Plan) -> tuple[str, ...]:
    """Return the globs of the step's `writes` that reach beyond the plan's scope.

    A group's placeholder stands for its items; those a command will list are not known yet and are not held against it.
    """
    globs = [known for glob in step.writes or () for known in _spelled_out(step, glob)]
    return tuple(glob for glob in globs if not is_inside(glob, plan.scope_write))


def is_inside(glob: str, scope: tuple[str, ...]) -> bool:
    """Tell whether one glob of the scope covers all that `glob` matches; where that is hard to tell, it does not."""
    if glob in scope:
        return True
    return any(all(matches(sample, (outer,)) for sample in samples(glob)) for outer in scope)


def _spelled_out(step: Step, glob: str) -> tuple[str, ...]:
    each = step.for_each
    if each is None or f"{{{each.name}}}" not in glob:
        return (glob,)
    items = each.items if each.items is not None else (each.glob,) if each.glob is not None else ()
    return tuple(glob.replace(f"{{{each.name}}}", item) for item in items)

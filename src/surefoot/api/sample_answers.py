"""Samples: results that nobody was asked about, laid before a person, and what people find in them."""

from __future__ import annotations

from pathlib import Path

from surefoot.api.answers import masker_for
from surefoot.api.home import Home
from surefoot.api.identity import Identity, identify, refuse_steps
from surefoot.api.journal_append import say
from surefoot.core.events import SampleReviewed
from surefoot.core.ids import RunId, StepId, nearest_said
from surefoot.core.kernel.sample_rules import is_standing, sample_of
from surefoot.core.messages import MESSAGE_MAX
from surefoot.core.record import record
from surefoot.core.sample_state import Sample
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.taint import is_result
from surefoot.errors import NotAwaitingAnswer, RunNotFound, UsageError


@record
class OpenSample:
    """A result that a person is to look at, with what they need for that."""

    item: str
    """Its id: `RUN.s1`."""
    run: RunId
    goal: str
    """The first line of the goal."""
    step: StepId
    title: str
    attempt: int
    does: str
    """What made it: the command, or the instruction of the agent."""
    taken_at: float
    """In seconds since the epoch."""
    rate: float
    tier: str
    rule: str
    confidence: float | None
    """How sure whoever made it said to be; None: it was not said."""
    claim: str
    """What its agent says to have done; empty: it has none."""
    uncertainties: tuple[str, ...]
    proof: str | None
    checks: tuple[str, ...]
    """Each with what it said."""
    changed: tuple[str, ...]
    """The paths that it changes."""
    outputs: dict[str, str]
    commit: str | None
    look: str
    """The command that shows the step with its diff."""


def samples(home: Home, run: RunId | None = None, repository: Path | None = None) -> list[OpenSample]:
    """Return the results that a person is to look at: of all runs, of one, or of one repository; newest runs first.

    A result that was taken back since is not among them.
    """
    rows = sorted(home.journal.runs(), key=lambda row: -row.created_at)
    root = None if repository is None else str(repository)
    names = [row.run for row in rows if run in (None, row.run) and root in (None, row.repository)]
    return [one for name in names for one in _open_in(home.state(name))]


def _open_in(state: RunState) -> list[OpenSample]:
    return [
        _told(state, one, state.nodes[one.step])
        for one in state.samples.values()
        if one.taken is not None and one.reviewed is None and is_standing(state, one)
    ]


def _told(state: RunState, sample: Sample, node: StepState) -> OpenSample:
    assert sample.taken is not None
    run, claim = state.created.run, node.claim
    checks = zip(node.spec.checks, node.records, strict=False)
    return OpenSample(
        item=f"{run}.{sample.item}",
        run=run,
        goal=state.plan.goal.strip().splitlines()[0],
        step=sample.step,
        title=node.spec.title,
        attempt=sample.attempt,
        does=node.spec.body.text,
        taken_at=sample.taken.at,
        rate=sample.taken.rate,
        tier=sample.taken.tier.value,
        rule=node.rule,
        confidence=sample.taken.confidence,
        claim="" if claim is None else claim.summary,
        uncertainties=() if claim is None else claim.uncertainties,
        proof=node.proof,
        checks=tuple(f"{check.name}: {found.after or 'not asked'}" for check, found in checks),
        changed=node.changed,
        outputs=dict(node.outputs),
        commit=node.commit,
        look=f"surefoot show {run} {sample.step}",
    )


def review(home: Home, item: str, *, ok: bool, why: str = "", token: str | None = None, via: str = "api") -> RunState:
    """Say of a sample (`RUN.s1`) that its result is right, or that it is wrong. Legal also once the run has ended.

    Raises:
        RunNotFound: there is no such sample.
        NotAwaitingAnswer: it was reviewed before; the message says by whom.
        UsageError: what is said is too long.
        NotApprover: approvers are named, and you are none of them.
        StepMayNotAnswer: this program was started by a step.
    """
    name, _, number = item.rpartition(".")
    run = RunId(name)
    sample = home.state(run).samples.get(number) if home.journal.head(run)[0] else None
    if sample is None:
        raise RunNotFound(f"there is no sample {item!r}; `surefoot inbox --samples` shows the open ones", name=item)
    return _give(home, run, (sample.step, sample.attempt), ok=ok, why=why, who=_reviewer(home, token, via))


def review_step(
    home: Home, run: RunId, step: str, *, ok: bool, why: str = "", token: str | None = None, via: str = "api"
) -> RunState:
    """Say of the verified result of any step that it is right, or that it is wrong.

    Raises:
        RunNotFound: the run has no such step.
        NotAwaitingAnswer: it was reviewed before; the message says by whom.
        UsageError: the step has no verified result, or what is said is too long.
        NotApprover: approvers are named, and you are none of them.
        StepMayNotAnswer: this program was started by a step.
    """
    state = home.state(run)
    node = state.nodes.get(StepId(step))
    if node is None:
        near = nearest_said(step, state.nodes)
        raise RunNotFound(f"run {run!r} has no step {step!r}; `surefoot show {run}` lists them{near}", name=step)
    if not is_result(node):
        raise UsageError(f"step {step!r} of run {run!r} is {node.status}: there is no verified result to review")
    sample = sample_of(state, node)
    attempt = node.attempt if sample is None else sample.attempt
    return _give(home, run, (node.spec.id, attempt), ok=ok, why=why, who=_reviewer(home, token, via))


def _reviewer(home: Home, token: str | None, via: str) -> Identity:
    refuse_steps("review a result", home)
    return identify(token, via=via)


def _give(home: Home, run: RunId, about: tuple[StepId, int], *, ok: bool, why: str, who: Identity) -> RunState:
    text, (step, attempt) = why.strip(), about
    if len(text) > MESSAGE_MAX:
        raise UsageError(f"what you say has {len(text):,} characters; at most {MESSAGE_MAX:,} go with a review")

    def words(state: RunState) -> list[SampleReviewed]:
        before = next((one for one in state.samples.values() if (one.step, one.attempt) == about), None)
        if before is not None and before.reviewed is not None:
            word = "ok" if before.reviewed.ok else "wrong"
            said = f"{before.reviewed.by} has reviewed attempt {attempt} at step {step!r}: {word}"
            raise NotAwaitingAnswer(f"{said}; a result is reviewed once, `surefoot show {run} {step}` has it")
        return [
            SampleReviewed(
                at=home.clock.now(),
                step=step,
                attempt=attempt,
                ok=ok,
                why=masker_for(state).text(text),
                by=who.name,
                roles=who.roles,
                via=who.via,
            )
        ]

    return say(home, run, words)

"""The settlement of an effect in doubt: probes first, then a question to a person."""

from __future__ import annotations

from dataclasses import replace

from surefoot.core.attempt import Attempt
from surefoot.core.commands import AskProbe
from surefoot.core.event_words import Applied, Diagnosis, QuestionKind, Status
from surefoot.core.events import AttemptFailed, Event, ProbeRequested, QuestionAsked
from surefoot.core.failure_words import because, cure_of, followed_by, lacks_network, with_cure, with_output
from surefoot.core.plan import Effect, digest_of
from surefoot.core.retry import diagnose
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.untrusted_text import fenced_below, in_line
from surefoot.core.verdicts import first_unpassed

ANSWERS = (Applied.APPLIED.value, Applied.NOT_APPLIED.value)


def doubt_of(node: StepState, rung: str = "") -> str | None:
    """Say why the step's effect is in doubt, or None when it is not; `rung` adds what its sandbox refused."""
    work = node.work
    call = None if work is None or work.conversation is None else work.conversation.doubtful
    if call is not None:
        return f"{call.doubt} while a command of its agent was under way: {call.asked.command}"
    if work is None or not node.effect.is_outside or not work.body_started:
        return None
    return None if work.settled is not None or work.failure is not None else _flaw_of(node, work, rung)


def _flaw_of(node: StepState, work: Attempt, rung: str) -> str | None:
    """Say what was not as it should be with a body that has begun; None: nothing so far."""
    if work.ending is None:
        if work.interrupted is None:
            return None
        how = "the engine was ended" if work.interrupted is Diagnosis.CRASH else "it was interrupted"
        return f"{how} while the effect was under way"
    if work.ending.status is not Status.OK:
        return f"the body ended with {describe_ending(node, rung)}"
    index = first_unpassed(node.spec.checks, work.checks)
    if index is not None:
        return because(f"the check {node.spec.checks[index].name!r} did not pass", work.checks[index].text)
    if work.lost_service is not None:
        return f"its checks could not be asked: {work.lost_service[1]}"
    if work.changes is not None and work.changes.outside:
        return "files outside the scope were written"
    if work.changes is not None and work.changes.secrets:
        return "the value of an env_from variable was written to a file"
    return None


def describe_ending(node: StepState, rung: str, missing: str = "") -> str:
    """Say how the body ended, which key of the plan would help, and its last lines.

    That is what would allow what the sandbox refused, or `missing`: what would bring what the body did not find.
    """
    ending = node.work.ending if node.work is not None else None
    assert ending is not None
    output = ending.text
    match ending.status:
        case Status.EXIT:
            words = f"exit status {ending.exit_code}"
        case Status.SIGNAL:
            words = f"signal {ending.signal}"
        case Status.TIMEOUT:
            words = f"not finished within {node.spec.timeout_s:g} s, its `timeout`"
        case Status.ERROR:
            before, _, last = ending.text.strip().rpartition("\n")
            name = ending.error_type or "an error"
            words, output = (last, before) if last.startswith(f"{name}: ") else (name, ending.text)
        case Status.OK:
            words = ending.status.value
    return with_output(with_cure(words, cure_of(node.spec, rung, ending.text) or missing), output)


def diagnosis_of_ending(node: StepState, rung: str) -> Diagnosis:
    """Tell whether a body that ended badly may end well another time; without a network that it needs it cannot."""
    ending = node.work.ending if node.work is not None else None
    assert ending is not None
    return Diagnosis.STRUCTURAL if lacks_network(node.spec, rung, ending.text) else diagnose(ending)


def is_settling(node: StepState) -> bool:
    """Tell whether the world is being asked about this step's effect in doubt, or can still be."""
    work = node.work
    if node.spec.probe is None or work is None:
        return False
    if work.open == ProbeRequested.kind:
        return work.body_started
    return work.probe is None and doubt_of(node) is not None


def settles_any(state: RunState) -> bool:
    """Tell whether the world is being asked about an effect in doubt: no other effect outside begins meanwhile."""
    return any(is_settling(state.nodes[name]) for name in state.active)


def ask_probe(node: StepState, work: Attempt, now: float, *, patient: bool) -> tuple[ProbeRequested, AskProbe]:
    """Ask the world whether a step's effect is there; `patient` waits for it as long as the probe says."""
    commit = None if work.checkpoint is None else work.checkpoint.commit
    command = AskProbe(**node.in_lane, spec=node.spec, patient=patient, commit=commit)
    return ProbeRequested(**node.at(now)), command


def settle(state: RunState, node: StepState, now: float, why: str) -> tuple[Event, AskProbe | None]:
    """Return the next thing to do about an effect in doubt."""
    work = node.work
    assert work is not None
    assert work.open is None
    name = node.spec.id
    if node.spec.probe is not None and work.probe is None:
        return ask_probe(node, work, now, patient=True)
    call = None if work.conversation is None else work.conversation.doubtful
    if call is not None:
        text = (
            f"Step {name}: {in_line(why)}. There is no probe to tell. Was its effect applied? The agent is told what "
            "you say; it runs the command again only if you approve that anew."
        )
        asked = question(state, node, now, QuestionKind.IN_DOUBT, text, ANSWERS)
        return replace(asked, call=call.asked.call), None
    if node.spec.probe is None and node.effect is Effect.IDEMPOTENT:
        return failed_attempt(state, node, now, why), None
    said = "" if work.probe is None else work.probe.text.rstrip(".")
    probed = "There is no probe to tell." if work.probe is None else f"The probe could not tell: {said}."
    text = followed_by(fenced_below(f"Step {name}: {why}"), in_line(f"{probed} Was the effect applied?"))
    return question(state, node, now, QuestionKind.IN_DOUBT, text, ANSWERS), None


def not_applied(state: RunState, node: StepState, now: float) -> AttemptFailed:
    """Return the failure of an attempt whose effect is known not to have been applied, with what went wrong."""
    work = node.work
    assert work is not None
    flaw = _flaw_of(node, work, state.rung)
    return failed_attempt(state, node, now, "; ".join(filter(None, ("the effect was not applied", flaw))))


def failed_attempt(state: RunState, node: StepState, now: float, why: str) -> AttemptFailed:
    """Return the failure of an attempt whose effect is known not to have happened, or may be repeated under its key."""
    work = node.work
    assert work is not None
    diagnosis = Diagnosis.VERIFICATION
    if work.ending is None:
        diagnosis = work.interrupted or Diagnosis.CRASH
    elif work.ending.status is not Status.OK:
        diagnosis = diagnosis_of_ending(node, state.rung)
    is_counted = diagnosis not in (Diagnosis.CRASH, Diagnosis.INTERRUPTED)
    return AttemptFailed(**node.at(now), diagnosis=diagnosis, reason=why, is_counted=is_counted)


def question(
    state: RunState,
    node: StepState,
    now: float,
    about: QuestionKind,
    text: str,
    options: tuple[str, ...],
    shown: str = "",
) -> QuestionAsked:
    """Return a question about a step, under the next free id."""
    number = len(state.questions) + 1
    return QuestionAsked(
        **node.at(now),
        question=f"{state.created.run}.{number}",
        about=about,
        text=text,
        options=options,
        shown=shown or digest_of(text),
    )

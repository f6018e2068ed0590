"""The report: the fold from a run's state to `surefoot.report/1`.

It exists at any moment and rests on the journal alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, cast

from surefoot.core.amendment_state import AmendmentState
from surefoot.core.approval_metrics import SHOULD_PROCEED, attention_of
from surefoot.core.branch_state import LandingState, TrainHistory
from surefoot.core.budget import spent_by
from surefoot.core.candidate_report import candidates_of
from surefoot.core.escalations import escalations_of, recoveries_of
from surefoot.core.event_words import Mutant, Verdict
from surefoot.core.events import ForkedFrom, MutantsTried
from surefoot.core.ids import StepId
from surefoot.core.next_command import next_command
from surefoot.core.plan import Check, Constraint, Effect, Step
from surefoot.core.plan_access import asked_outside
from surefoot.core.plan_commands import CommandKind, PlanCommand, check_text, commands_around, probe_command, ways_out
from surefoot.core.proofs import Proof
from surefoot.core.queue import place_in_queue
from surefoot.core.regex import regex
from surefoot.core.report_findings import findings_of
from surefoot.core.sample_report import samples_in_report
from surefoot.core.splits import splits_of
from surefoot.core.state import MessageState, PersonWord, QuestionState, RunState
from surefoot.core.step_state import DONE, StepState, StepStatus
from surefoot.core.stock_report import stock_in_report, stop_in_report
from surefoot.core.verdicts import (
    CHANGED,
    CheckRecord,
    changed_said,
    first_unpassed,
    flags_of,
    has_nothing_to_do,
    is_by_test,
    is_red_before,
    red_before_said,
)

if TYPE_CHECKING:  # shapes take long to make, and only say what is meant
    from surefoot.core.report_shape import (
        AmendmentShape,
        ApproverAnswerShape,
        AskingShape,
        CheckShape,
        ClaimShape,
        ConstraintShape,
        EffectShape,
        ForkShape,
        LandingShape,
        MessageShape,
        MutantShape,
        MutationShape,
        QuestionShape,
        QueuedShape,
        ReachShape,
        Report,
        SelectionShape,
        StepShape,
        TrainShape,
        UndoShape,
        WordShape,
    )

SCHEMA = "surefoot.report/1"
_COUNTED = (
    *("verified", "unproved", "in_doubt", "failed", "blocked", "skipped", "pending", "running", "waiting"),
    *("cancelled", "interrupted"),
)

_TEST_COUNTS = regex(r"(\d+) passed, (\d+) failed, (\d+) skipped\b")
"""How the text of a check on tests begins; see `surefoot.checks.test_judgement`."""

Json = dict[str, object]


def report_of(state: RunState) -> Report:
    """Return the report of a run as plain data, ready for JSON; its shape is that of FORMATS."""
    splits = splits_of(state)
    steps = [_step(state, node, splits.get(node.spec.id)) for node in state.steps()]
    branch, attention, spent = state.branch, attention_of(state), spent_by(state)
    fork = state.created.forked_from
    chosen, left_out = len(state.created.plan.steps), state.created.left_out
    committed = sorted((n for n in state.nodes.values() if n.commit is not None), key=lambda node: node.verified_seq)
    selection: SelectionShape = {"chosen": chosen, "of": chosen + len(left_out), "left_out": [*left_out]}
    return {
        "schema": SCHEMA,
        "run": state.created.run,
        "goal": state.plan.goal,
        "state": standing_of(state),
        "outcome": state.outcome.value if state.outcome is not None else None,
        "reason": _reason(state),
        "at_seq": state.seq,
        "repository": state.created.repository,
        "base": state.created.base,
        "branch": f"surefoot/{state.created.run}" if branch is not None else None,
        "head": branch.head if branch is not None else None,
        "rung": state.rung,
        "phase": state.phase.value,
        "selection": selection if left_out else None,
        "forked_from": None if fork is None else _fork(fork),
        "counts": _counts(steps),
        "proofs": _proofs(steps),
        "steps": steps,
        "accept": [_check(c, r) for c, r in zip(state.plan.accept, state.accept.records, strict=True)],
        "questions": [_question(state, question) for question in state.open_questions],
        "messages": list(map(_message, state.messages.values())),
        "constraints": list(map(_constraint, state.plan.constraints)),
        "words": [_word(one) for one in state.said if not one.message],
        "amendments": list(map(_amendment, state.amendments.values())),
        "stops": list(map(stop_in_report, state.stops)),
        "stock": stock_in_report(state),
        "queue": _queue(state),
        "trains": [_train(number, one) for number, one in enumerate(state.trains, 1)],
        "samples": samples_in_report(state),
        "landings": list(map(_landing, state.landings)),
        "undo": _undo(state),
        "asking": cast("AskingShape", {**asdict(attention), "unchanged_share": attention.unchanged_share}),
        "approver_answers": list(_approver_answers(state)),
        "findings": findings_of(state),
        "escalations": escalations_of(state),
        "rollback_points": [{"step": node.spec.id, "commit": node.commit or ""} for node in committed],
        "outside_effects": _outside_effects(state),
        "reach": _reach(state),
        "look_at": _look_at(state),
        "tool_calls": [
            {"model": one.model, "tool": one.tool, "calls": one.calls, "misused": one.misused}
            for one in state.tool_use.values()
        ],
        "usage": {
            "active_s": round(state.active_s, 3),
            "cost_usd": round(state.cost_usd, 6),
            "lost_usd": round(spent.lost_usd, 6),
            "tokens": spent.tokens,
            "requests": spent.requests,
        },
        "due": _due(state),
        "next": next_command(state),
    }


def _due(state: RunState) -> float | None:
    """Return when the next attempt begins or the next question expires, whichever comes first."""
    waiting = [state.nodes[name].due for name in state.waits]
    asked = [question.due for question in state.open_questions if question.expired is None]
    return min((due for due in (*waiting, *asked) if due is not None), default=None)


def standing_of(state: RunState) -> str:
    """Return `running`, `waiting`, `paused` or `ended`."""
    if state.outcome is not None:
        return "ended"
    if state.is_paused:
        return "paused"
    at_work = any(state.nodes[name].status is StepStatus.RUNNING for name in state.active)
    if state.open_questions and not at_work and not state.is_busy and not _can_start(state):
        return "waiting"
    return "running"


def _can_start(state: RunState) -> bool:
    """Tell whether a step may be started, now or once it is due."""
    if state.waits or not state.ready:
        return bool(state.waits)
    from surefoot.core.kernel import decide  # most runs that are looked at have ended, or are at work

    # What is ready may still be held back, by files it shares with a step in doubt: the kernel knows.
    return bool(decide(replace(state, engine_on=True), 0.0))


def _reason(state: RunState) -> str | None:
    if state.outcome is not None:
        return state.outcome_reason or None
    if not state.is_paused or state.pausing is None:
        return None
    is_said = state.limit is not None or state.pausing.startswith(
        ("restored by ", "the limit of ", "the plan was stopped by ")
    )
    return state.pausing if is_said else f"asked by {state.pausing}"


def status_of(node: StepState) -> StepStatus:
    """Return where a step stands, in doubt included."""
    return StepStatus.IN_DOUBT if node.is_in_doubt else node.status


def _step(state: RunState, node: StepState, split_of: StepId | None) -> StepShape:
    records = node.work.checks if node.work is not None else node.records
    reason = place_in_queue(state, node) or _reason_at(node)
    is_parked = node.work is not None and node.work.is_parked
    red = _red_check(node, records)
    return {
        "id": node.spec.id,
        "title": node.spec.title,
        "risk": node.spec.risk,
        "state": status_of(node).value,
        "reason": reason,
        "attempts": node.failures if node.status is StepStatus.PENDING else node.attempt,
        "effect": node.effect.value,
        "optional": node.spec.optional,
        "worker": node.spec.body.worker_named,
        "tier": None if node.tier is None else node.tier.value,
        "rule": node.rule or None,
        "proof": node.proof,
        "mutation": _mutation(node),
        "candidates": candidates_of(node) if node.candidates else [],
        "train": node.train,
        "parked": is_parked,
        "commit": node.commit,
        "blocked_by": list(node.blocked_by),
        "tainted_by": list(node.tainted_by),
        "split_of": split_of,
        "checks": [_check(c, r) for c, r in zip(node.spec.checks, records, strict=True)] if records else [],
        "recoveries": recoveries_of(node),
        "claim": _claim(node),
        "expected": None if red is None else red[0].expected,
        "actual": None if red is None else _actual(red[1]),
        "put_back": list(node.put_back) if reason is not None and node.status is not StepStatus.VERIFIED else [],
        "undeclared_writes": list(node.undeclared),
        "outputs": dict(node.outputs),
        "artifacts": _artifacts(node),
        "output": node.work.evidence if node.work is not None else node.body_evidence,
        "started_at": node.started_at,
        "ended_at": node.ended_at,
    }


def _reason_at(node: StepState) -> str | None:
    """Say why a step stands where it stands; None: nothing is to be said."""
    if node.reason is None and node.transplant is not None:
        return "judged again on the branch, as what came before it was taken back"
    has_failed = node.last_failure is not None and node.status not in DONE
    return node.last_failure.reason if node.reason is None and has_failed and node.last_failure else node.reason


def _red_check(node: StepState, records: Sequence[CheckRecord]) -> tuple[Check, CheckRecord] | None:
    """Return the check for which the last attempt failed; None: it did not fail for one."""
    if not records or node.status is StepStatus.VERIFIED or node.reason == "nothing_to_do":
        return None
    index = first_unpassed(node.spec.checks, records)
    return None if index is None else (node.spec.checks[index], records[index])


def _claim(node: StepState) -> ClaimShape | None:
    """Return what the agent at work on the step says of it, which proves nothing; None: it has said nothing."""
    conversation = node.work.conversation if node.work is not None else None
    claim = conversation.claim if conversation is not None and conversation.claim is not None else node.claim
    if claim is None:
        return None
    return {
        "summary": claim.summary,
        "changed": list(claim.changed),
        "statements": [asdict(statement) for statement in claim.statements],
        "confidence": claim.confidence,
        "uncertainties": list(claim.uncertainties),
        "objections": list(claim.objections),
    }


def _mutation(node: StepState) -> MutationShape | None:
    """Return which small changes of its last result its checks noticed; None: that was not tried."""
    found = node.mutants if node.work is None else node.work.mutants
    if found is None:
        return None
    return {
        "tried": found.tried,
        "noticed": found.noticed,
        "survivors": [_mutant(one) for one in found.survivors],
        "alike": found.alike,
        "around": found.around,
        "missed_around": [_mutant(one) for one in found.missed_around],
        "left_out": found.left_out,
        "text": found.text,
        "evidence": found.evidence,
    }


def _mutant(one: Mutant) -> MutantShape:
    return {"path": one.path, "line": one.line, "before": one.before, "after": one.after, "undone": one.is_undone}


def _artifacts(node: StepState) -> Json | None:
    if node.kept is None:
        return None
    return {"list": node.kept.manifest, "count": node.kept.count, "size_bytes": node.kept.size_bytes}


def _check(check: Check, record: CheckRecord) -> CheckShape:
    verdict = record.after
    found = _TEST_COUNTS.match(record.text) if is_by_test(check) and verdict is not None else None
    passed, failed, skipped = (0, 0, 0) if found is None else map(int, found.groups())
    return {
        "name": check.name,
        "expect": check.expect.value,
        "before": record.before.value if record.before is not None else None,
        "after": verdict.value if verdict is not None else None,
        "verdict": "not_asked" if verdict is None else verdict.value,
        "text": record.text,
        "expected": check.expected,
        "actual": _actual(record) if verdict in (Verdict.FAILED, Verdict.INCONCLUSIVE) else None,
        "flags": list(flags_of(check, record)),
        "flaky_tests": list(record.flaky),
        "changed_files": list(record.changed_files),
        "tests": None if found is None else {"passed": passed, "failed": failed, "skipped": skipped},
        "evidence": record.evidence,
    }


def _actual(record: CheckRecord) -> str:
    """Return what a check has found that did not pass; of two answers the last one alone misleads."""
    is_of_two = record.is_flaky and record.after is Verdict.INCONCLUSIVE
    return f"two answers for the same files; the last one: {record.text}" if is_of_two else record.text


def _counts(steps: Sequence[StepShape]) -> dict[str, int]:
    states = Counter(step["state"] for step in steps)
    return {
        **{name: states[name] for name in _COUNTED},
        "exit_status_only": sum(step["proof"] == Proof.EXIT_STATUS for step in steps),
        "nothing_to_do": sum(step["reason"] == "nothing_to_do" for step in steps),
    }


def _proofs(steps: Sequence[StepShape]) -> dict[str, int]:
    found = Counter(step["proof"] for step in steps if step["state"] in ("verified", "unproved"))
    return {proof.value: found[proof] for proof in reversed(Proof) if found[proof]}


def _approver_answers(state: RunState) -> Iterator[ApproverAnswerShape]:
    for question in state.questions.values():
        said, given = question.by_approver, question.answered
        if said is not None:
            yield {
                "question": said.question,
                "step": said.step,
                "approver": said.approver,
                "word": said.word.value,
                "counted": given is not None and given.via == SHOULD_PROCEED,
                "reason": said.reason,
                "fault": said.fault or None,
            }


def _question(state: RunState, question: QuestionState) -> QuestionShape:
    asked, work = question.asked, state.nodes[question.asked.step].work
    return {
        "id": asked.question,
        "step": asked.step,
        "kind": asked.about.value,
        "text": asked.text,
        "options": list(asked.options),
        "role": question.role,
        "people": asked.demand.people,
        "approved_by": list(question.approved_by),
        "due": question.due,
        "like": asked.like,
        "lane": work.lane if work is not None and work.people.taken_by is not None else None,
    }


def _message(message: MessageState) -> MessageShape:
    sent = message.sent
    given: dict[str, int] = {**message.given}
    return {"id": sent.message, "at": sent.at, "by": sent.by, "text": sent.text, "to": [*message.to], "given": given}


def _constraint(one: Constraint) -> ConstraintShape:
    return {"text": one.text, "deny": [*one.deny], "commands": [*one.commands]}


def _landing(one: LandingState) -> LandingShape:
    return {"branch": _short_ref(one.asked.ref), "before": one.asked.before, "landed": one.landed}


def _queue(state: RunState) -> list[QueuedShape]:
    places = ((name, place_in_queue(state, state.nodes[name])) for name in state.queue)
    return [{"step": name, "why": why} for name, why in places if why is not None]


def _train(number: int, one: TrainHistory) -> TrainShape:
    return {"train": number, "steps": [*one.cars], "verified": [*one.verified], "split": one.split or None}


def _word(said: PersonWord) -> WordShape:
    return {"by": said.by, "about": said.about, "text": said.text, "step": said.step}


def _amendment(wanted: AmendmentState) -> AmendmentShape:
    event = wanted.proposed
    return {
        "id": event.amendment,
        "at": event.at,
        "by": event.by,
        "why": event.why,
        "state": "asked"
        if wanted.waits_for_consent
        else "pending"
        if wanted.is_open
        else "in force"
        if wanted.refused is None
        else "refused",
        "revision": wanted.revision,
        "refused": wanted.refused,
        "steps": [*wanted.touches],
        "origin": event.origin.value,
        "agreed_by": wanted.agreed_by,
        "refused_by": wanted.refused_by or None,
    }


def _fork(fork: ForkedFrom) -> ForkShape:
    return {"run": fork.run, "step": fork.step, "commit": fork.commit, "done": [*fork.done]}


def _short_ref(ref: str | None) -> str | None:
    return None if ref is None else ref.removeprefix("refs/heads/")


def _undo(state: RunState) -> UndoShape | None:
    if state.undoing is not None:
        return {"state": "under_way", "by": state.undoing.by, "leave": [*state.undoing.leave]}
    return None if state.undone_by is None else {"state": "done", "by": state.undone_by, "leave": []}


def _outside_effects(state: RunState) -> list[EffectShape]:
    """Return what was begun that no restore takes back; `applied` None means that nobody knows."""
    effects: list[EffectShape] = []
    for node in state.steps():
        is_in_doubt = node.effect.is_outside and status_of(node) is StepStatus.IN_DOUBT
        if node.applied is not None or node.applied_before or is_in_doubt:
            applied = None if is_in_doubt else node.applied or node.applied_before
            effects.append(_outside_effect(node, node.effect, applied=applied))
        effects += [
            _outside_effect(node, Effect.IRREVERSIBLE, applied=one.applied, command=one.command) for one in node.reached
        ]
    return effects


def _outside_effect(
    node: StepState, effect: Effect, *, applied: bool | None, command: str | None = None
) -> EffectShape:
    """Return one outside effect; `command` is an agent's, and None where the body of the step is meant."""
    return {
        "step": node.spec.id,
        "effect": effect.value,
        "applied": applied,
        "undo": node.spec.undo,
        "undo_command": node.spec.undo_run,
        "undone": command is None and node.is_undone,
        "command": command,
        "look": ", ".join(asked_outside(node.spec)) if command is None else "",
    }


def _reach(state: RunState) -> list[ReachShape]:
    """Return all that ran with a way out of its lane: a network, a socket, or no sandbox at all."""
    reach: list[ReachShape] = [
        _command_out(one) for one, _ in commands_around(state.plan) if one.reaches_out and _has_run(state, one)
    ]
    for node in state.steps():
        if node.has_run and (node.spec.reaches_out or node.spec.home):
            reach.append(_way_out(node.spec, node.spec.id))
        records = node.work.checks if node.work is not None else node.records
        reach += _checks_that_reach(node.spec.checks, records, node.spec.id)
        probe = probe_command(node.spec) if node.was_probed else None
        if probe is not None and probe.reaches_out:
            reach.append(_command_out(probe))
    return reach + _checks_that_reach(state.plan.accept, state.accept.records, None)


def _has_run(state: RunState, command: PlanCommand) -> bool:
    """Tell whether a command around the steps has run, as far as the state tells; checks are told by their verdicts."""
    begun = [node for node in state.nodes.values() if node.attempt > 0]
    match command.kind:
        case CommandKind.PREPARE:
            return bool(state.lanes)
        case CommandKind.SERVICE | CommandKind.READY | CommandKind.STOP:
            of_checks = any(command.name in check.uses for check in state.plan.accept) and bool(state.lanes)
            return of_checks or any(command.name in state.plan.services_of(node.spec) for node in begun)
        case CommandKind.OBSERVE:
            return any(node.effect.is_outside and command.name in node.spec.uses for node in begun)
        case CommandKind.ITEMS:
            assert command.step is not None
            group = state.nodes.get(command.step)
            return group is not None and (group.members is not None or group.status is StepStatus.FAILED)
        case _:
            return False


def _command_out(command: PlanCommand) -> ReachShape:
    """Return a command beside bodies as what had a way out."""
    said = f"{command.where} {', '.join(ways_out(command))}"
    return {**_way_out(command, command.step), "said": said, "command": command.text}


def _checks_that_reach(checks: Sequence[Check], records: Sequence[CheckRecord], step: str | None) -> list[ReachShape]:
    asked = zip(checks, records, strict=True) if records else ()
    return [
        {**_way_out(check, step), "check": check.name, "command": check_text(check)}
        for check, record in asked
        if check.reaches_out and (record.before is not None or record.after is not None)
    ]


def _way_out(of: Step | Check | PlanCommand, step: str | None) -> ReachShape:
    return {
        "step": step,
        "check": None,
        "network": of.network,
        "sockets": list(of.sockets) if isinstance(of, Step) else [],
        "confined": of.confine,
        "said": ", ".join(ways_out(of)),
        "command": None,
    }


_FLAG_MEANS = {
    "vacuous": ": it passed before the step as well, so it proves nothing",
    "flaky": ": it gave two answers for the same files, so it proves nothing",
}


def _look_at(state: RunState) -> list[str]:
    """Return what deserves a person's eye, most telling first."""
    accepted = zip(state.plan.accept, state.accept.records, strict=True)
    return [
        *(f"{node.spec.id}: {note}" for node in state.steps() for note in _notes_on_step(node)),
        *(f"acceptance check {check.name!r}{note}" for check, record in accepted for note in _notes_on(check, record)),
        *_how_found(state),
    ]


def _how_found(state: RunState) -> Iterator[str]:
    """Yield how to find the step that broke an acceptance check, where several may have."""
    broken = any(one.before is Verdict.PASSED and one.after is Verdict.FAILED for one in state.accept.records)
    if broken and sum(node.commit is not None for node in state.steps()) > 1:
        yield f"the step after which it fails first: `surefoot blame {state.created.run}` finds it"


def _notes_on_step(node: StepState) -> Iterator[str]:
    if status_of(node) is StepStatus.IN_DOUBT:
        yield "nobody knows yet whether its effect was applied"
    elif node.applied and node.status in (StepStatus.FAILED, StepStatus.SKIPPED):
        yield "its effect was applied although the step did not hold"
    if node.status is StepStatus.VERIFIED:
        yield from () if node.mutants is None else _notes_on_mutants(node.mutants)
    if node.proof == Proof.EXIT_STATUS:
        yield "proved by its exit status only: no check asked about its result"
    if node.status is StepStatus.UNPROVED:
        yield "done, but unproved: nothing speaks for it but the word of its agent"
    if not node.records or has_nothing_to_do(node.spec.checks, node.records):
        return
    for check, record in zip(node.spec.checks, node.records, strict=True):
        flags = (flag for flag in flags_of(check, record) if flag != CHANGED)
        yield from (f"check {check.name!r} is {flag}{_FLAG_MEANS.get(flag, '')}" for flag in flags)
        if said := changed_said(record.changed_files):
            yield f"check {check.name!r} {said}"


def _notes_on_mutants(found: MutantsTried) -> Iterator[str]:
    """Yield which small changes of a result its checks do not notice."""
    of_functions = found.missed_around if found.is_open else ()
    for missed, where in ((found.survivors, "what it wrote"), (of_functions, "the functions that it changed")):
        for first in missed[:1]:
            many = "one small change" if len(missed) == 1 else f"{len(missed)} small changes"
            yield f"its checks do not notice {many} of {where}, such as at {first.path}:{first.line}"


def _notes_on(check: Check, record: CheckRecord) -> Iterator[str]:
    """Yield what stands behind the name of an acceptance check."""
    if record.after is Verdict.FAILED or record.after is Verdict.INCONCLUSIVE:
        yield f": {record.after.value}"
    elif record.red_before:
        yield f": {red_before_said(record)}"
    elif is_red_before(check, record):
        yield " was red before the run and was not asked again"
    elif "vacuous" in flags_of(check, record):
        yield " was green before the run: it proves nothing"
    if said := changed_said(record.changed_files):
        yield f" {said}"

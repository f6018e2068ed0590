"""The drivers of bodies: how a body begins, how it goes on under another engine, and how it is ended early.

`start` decides and changes nothing; `begun`, `resume` and `interrupt` fold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Role
from surefoot.core.attempt import Attempt
from surefoot.core.bodies import AgentBody, AskBody, Body, WorkerBody
from surefoot.core.conversation import Conversation
from surefoot.core.event_words import Applied, Diagnosis, QuestionKind
from surefoot.core.ids import idempotency_key
from surefoot.core.kernel.approval_request import taken_over
from surefoot.core.kernel.conversation_fold import break_off_conversation, is_conversing, lose_reply
from surefoot.core.kernel.proposal import Proposal, RuleResult
from surefoot.core.kernel.stall_rules import silence_of_body
from surefoot.core.ladder_table import Rung
from surefoot.core.messages import give_open_messages, waiting_for_brief
from surefoot.core.outputs import outputs_for
from surefoot.core.recovery import question
from surefoot.core.session import Session
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.untrusted_text import fenced
from surefoot.effects import BY_REQUEST
from surefoot.effects.effect import OnCrash


class BodyDriver:
    """Drives a body that a performer carries out as a whole."""

    cost_is_unknown: ClassVar[bool] = True
    """Whether what it costs is known only afterwards, so that it does not begin once all is spent."""

    def start(self, state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
        """Return what begins the body; None: it has begun, or has nothing to do."""
        # Who only reads a run does without what decides.
        from surefoot.core.kernel.approval_rules import decision_before

        if work.body_started or work.settled == Applied.APPLIED:
            return None
        if work.people.taken_by is not None:
            return taken_over(state, node, now)
        key, said = idempotency_key(state.created.run, node.spec.id), decision_before(state, node)
        session = "" if node.session_left is None else node.session_left.name
        event = ev.BodyStarted(**node.at(now), key=key, tier=said.tier, rule=said.rule, session=session)
        return Proposal(event, self._command(state, node, work, key))

    def _command(self, state: RunState, node: StepState, work: Attempt, key: str) -> do.Command:
        """Return what the performer is given."""
        return do.RunStep(
            **node.in_lane,
            spec=node.spec,
            key=key,
            services=state.plan.services_of(node.spec),
            outputs=outputs_for(state, node),
            silence_s=silence_of_body(state, node),
            candidate=node.candidate_number,
            rests_on=work.checkpoint.commit if node.effect.is_outside and work.checkpoint is not None else None,
        )

    def begun(self, state: RunState, node: StepState, work: Attempt) -> None:
        """Note that the body has begun."""

    def resume(self, state: RunState, node: StepState, work: Attempt) -> None:
        """Note that what was under way will never answer, because the engine is gone."""
        del state
        if work.open is None:
            return
        effect = BY_REQUEST[work.open]
        if effect.on_crash is not OnCrash.REDO and not node.is_body_known:
            work.interrupted = Diagnosis.CRASH
        node.crashes += effect.counts_as_crash
        work.close()
        work.forget_lane()

    def interrupt(self, state: RunState, node: StepState, work: Attempt) -> None:
        """Note that what was under way was ended early: the attempt is made anew, unless its body is known to be done.

        That it was ended may be for a pause, for a service that ended, or for the end of the run.
        """
        del state
        work.close()
        work.forget_lane()
        if not node.is_body_known and work.failure is None:
            work.interrupted = Diagnosis.INTERRUPTED


class QuestionDriver(BodyDriver):
    """Drives a question to a person: nothing is performed, and it waits on under every engine."""

    cost_is_unknown = False

    def start(self, state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
        """Return the question, or the failure where the answer is no."""
        from surefoot.core.kernel.failure_rules import fails

        if work.people.answer is None:
            body = AskBody.of(node.spec.body)
            asked = question(state, node, now, QuestionKind.ASK, fenced(body.question), body.options)
            return Proposal(replace(asked, default=body.default))
        return fails(node, now, Diagnosis.DENIED, "answered: no") if work.people.answer == "no" else None


class ConversationDriver(BodyDriver):
    """Drives an agent's conversation, whose turns `conversation_rules` asks for."""

    cost_is_unknown = False  # each request is held against every limit

    def _command(self, state: RunState, node: StepState, work: Attempt, key: str) -> do.Command:
        """Return what opens the conversation."""
        # Who only reads a run does without what decides.
        from surefoot.core.kernel.first_request import first_look, room_for

        del key
        role = AgentBody.of(node.spec.body).role
        look = first_look(state, node, work, role, room_for(state, node, role))
        return do.StartConversation(**node.in_lane, spec=node.spec, look=look)

    def begun(self, state: RunState, node: StepState, work: Attempt) -> None:
        """Let the body be a conversation."""
        role = AgentBody.of(node.spec.body).role
        work.conversation = Conversation(
            role=role,
            reached_before=len(node.reached),
            words_before=len(state.said),
            is_compressed=Rung.COMPRESS in node.helped_by,
        )

    def resume(self, state: RunState, node: StepState, work: Attempt) -> None:
        """Go on at the turn: what was under way in it is taken back."""
        if is_conversing(work):
            break_off_conversation(state, node, work)
        else:
            super().resume(state, node, work)

    def interrupt(self, state: RunState, node: StepState, work: Attempt) -> None:
        """Lose the reply that was waited for, and nothing else."""
        if is_conversing(work):
            lose_reply(state, node, work)
            work.forget_lane()
        else:
            super().interrupt(state, node, work)


class WorkerDriver(BodyDriver):
    """Drives an agent of others, which is performed as a whole; `permission_rules` answers what it asks meanwhile."""

    def _command(self, state: RunState, node: StepState, work: Attempt, key: str) -> do.Command:
        """Return what the performer is given, with what the agent is told."""
        # Who only reads a run makes no brief.
        from surefoot.core.kernel.first_request import SHARE, first_look
        from surefoot.core.prompt_prefix import OTHERS_TOKENS, brief_for_others, prompt_to_go_on
        from surefoot.core.rung_advice import away_said_to_others

        command = super()._command(state, node, work, key)
        assert isinstance(command, do.RunStep)
        if node.session_left is not None:
            told = [prompt_to_go_on(state, node)]
            told += [away_said_to_others(state, node, node.away_s)] if node.away_s else []
            return replace(command, brief="\n\n".join(told), session=node.session_left.name)
        look = first_look(state, node, work, Role.WORKER, int(OTHERS_TOKENS * SHARE))
        return replace(command, brief=brief_for_others(state, node), look=look)

    def begun(self, state: RunState, node: StepState, work: Attempt) -> None:
        """Let the body be a session, whose brief holds what people had to say until now."""
        messages = tuple(one.sent.message for one in waiting_for_brief(state, node))
        give_open_messages(state, node.spec.id)
        work.session, node.session_left, node.away_s = Session(messages=messages), None, 0.0


_PERFORMED = BodyDriver()
_DRIVERS: Mapping[type[Body], BodyDriver] = {
    AskBody: QuestionDriver(),
    AgentBody: ConversationDriver(),
    WorkerBody: WorkerDriver(),
}


def driver_of(node: StepState) -> BodyDriver:
    """Return what drives the step's body: as a whole, unless its kind has a driver of its own."""
    return _DRIVERS.get(type(node.spec.body), _PERFORMED)

"""The table of effects: one row for each kind of contact with the world.

Owns how effects differ: crash, cancellation, failure, what is waited for, words of progress. An effect has a folder:
its `contract` is pure (request, results, command, row), its `perform` touches the world.
"""

from __future__ import annotations

from surefoot.effects.approver.contract import APPROVER
from surefoot.effects.artifacts.contract import ARTIFACTS
from surefoot.effects.body.contract import BODY
from surefoot.effects.candidate.contract import CANDIDATE
from surefoot.effects.check.contract import CHECK
from surefoot.effects.checkout.contract import CHECKOUT
from surefoot.effects.checkpoint.contract import CHECKPOINT
from surefoot.effects.commit.contract import COMMIT
from surefoot.effects.conversation.contract import CONVERSATION
from surefoot.effects.effect import Command, Effect
from surefoot.effects.group.contract import GROUP
from surefoot.effects.inquiry.contract import INQUIRY
from surefoot.effects.inspection.contract import INSPECTION
from surefoot.effects.lane.contract import LANE
from surefoot.effects.look.contract import LOOK
from surefoot.effects.merge.contract import MERGE
from surefoot.effects.model_request.contract import MODEL_REQUEST
from surefoot.effects.mutation.contract import MUTATION
from surefoot.effects.patch.contract import PATCH
from surefoot.effects.probe.contract import PROBE
from surefoot.effects.publish.contract import PUBLISH
from surefoot.effects.restore.contract import RESTORE
from surefoot.effects.service.contract import SERVICE_START, SERVICE_STOP
from surefoot.effects.timer.contract import DEADLINE, REQUEST_DELAY, RETRY
from surefoot.effects.tool_call.contract import TOOL_CALL

EFFECTS: tuple[Effect, ...] = (
    LANE,
    GROUP,
    SERVICE_START,
    SERVICE_STOP,
    CHECKPOINT,
    CHECK,
    PROBE,
    BODY,
    CONVERSATION,
    LOOK,
    MODEL_REQUEST,
    TOOL_CALL,
    INQUIRY,
    INSPECTION,
    PATCH,
    MERGE,
    CHECKOUT,
    MUTATION,
    ARTIFACTS,
    CANDIDATE,
    COMMIT,
    RESTORE,
    PUBLISH,
    RETRY,
    DEADLINE,
    APPROVER,
    REQUEST_DELAY,
)

BY_NAME: dict[str, Effect] = {effect.name: effect for effect in EFFECTS}
BY_REQUEST: dict[str, Effect] = {effect.requested.kind: effect for effect in reversed(EFFECTS)}
"""The effects by the journal's word for their request; a conversation is requested as a body is."""
BY_COMMAND: dict[type[Command], Effect] = {effect.command: effect for effect in EFFECTS}

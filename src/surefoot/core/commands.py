"""The commands of all effects, re-exported, so that rules can say `do.RunStep`.

A line each, and not out of the table of effects: type checkers and editors do not see names that a table gives.
"""

from __future__ import annotations

from surefoot.effects.approver.contract import AskApprover as AskApprover
from surefoot.effects.artifacts.contract import KeepArtifacts as KeepArtifacts
from surefoot.effects.body.contract import AgentCommand as AgentCommand
from surefoot.effects.body.contract import AnswerPermission as AnswerPermission
from surefoot.effects.body.contract import CancelTurn as CancelTurn
from surefoot.effects.body.contract import PromptAgent as PromptAgent
from surefoot.effects.body.contract import RunStep as RunStep
from surefoot.effects.candidate.contract import KeepCandidate as KeepCandidate
from surefoot.effects.check.contract import AskCheck as AskCheck
from surefoot.effects.checkout.contract import CheckOutTree as CheckOutTree
from surefoot.effects.checkpoint.contract import BranchCommit as BranchCommit
from surefoot.effects.checkpoint.contract import TakeCheckpoint as TakeCheckpoint
from surefoot.effects.commit.contract import WriteCommit as WriteCommit
from surefoot.effects.conversation.contract import StartConversation as StartConversation
from surefoot.effects.effect import Command as Command
from surefoot.effects.effect import Interrupt as Interrupt
from surefoot.effects.effect import StepCommand as StepCommand
from surefoot.effects.group.contract import ExpandGroup as ExpandGroup
from surefoot.effects.inquiry.contract import Inquire as Inquire
from surefoot.effects.inspection.contract import Inspect as Inspect
from surefoot.effects.lane.contract import OpenLane as OpenLane
from surefoot.effects.look.contract import LookAgain as LookAgain
from surefoot.effects.merge.contract import MergeResult as MergeResult
from surefoot.effects.model_request.contract import RequestModel as RequestModel
from surefoot.effects.mutation.contract import TryMutants as TryMutants
from surefoot.effects.patch.contract import ApplyPatch as ApplyPatch
from surefoot.effects.probe.contract import AskProbe as AskProbe
from surefoot.effects.publish.contract import UpdateBranch as UpdateBranch
from surefoot.effects.restore.contract import RestoreLane as RestoreLane
from surefoot.effects.service.contract import StartService as StartService
from surefoot.effects.service.contract import StopService as StopService
from surefoot.effects.timer.contract import WaitForDeadline as WaitForDeadline
from surefoot.effects.timer.contract import WaitForRequest as WaitForRequest
from surefoot.effects.timer.contract import WaitForRetry as WaitForRetry
from surefoot.effects.tool_call.contract import UseTool as UseTool

"""Bodies: what a step does. Each kind has a module, which says of it what the rest asks of every `Body`.

A new kind is such a module, a member of `AnyBody` here, and the function that performs it with its row in
`surefoot.effects.body.perform`; or, where it is not performed as a whole, its driver in
`surefoot.core.kernel.body_drivers`.
"""

from __future__ import annotations

from surefoot.core.bodies.agent_body import AgentBody as AgentBody
from surefoot.core.bodies.body import AgentLimits as AgentLimits
from surefoot.core.bodies.body import Body as Body
from surefoot.core.bodies.call_body import CallBody as CallBody
from surefoot.core.bodies.command_body import RunBody as RunBody
from surefoot.core.bodies.function_body import FunctionBody as FunctionBody
from surefoot.core.bodies.question_body import AskBody as AskBody
from surefoot.core.bodies.verify_body import VerifyBody as VerifyBody
from surefoot.core.bodies.worker_body import WorkerBody as WorkerBody

AnyBody = RunBody | CallBody | FunctionBody | AskBody | AgentBody | WorkerBody | VerifyBody
"""All kinds. The journal names a body by its class, so that no kind may change its name."""

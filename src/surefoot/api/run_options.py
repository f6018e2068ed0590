"""The options a person gives when starting or resuming a run, as one record."""

from __future__ import annotations

from functools import partial

from surefoot.api.identity import current_user
from surefoot.core.agent_types import ModelRouting
from surefoot.core.plan import Limits
from surefoot.core.policy_types import Policy
from surefoot.core.record import record
from surefoot.ports import Model
from surefoot.ports.approver import Approver, ShouldProceed
from surefoot.settings.setting_records import Settings


@record
class Options:
    """What the person who starts or resumes a run says beforehand."""

    by: str = ""
    """Who; default: the user of the operating system."""
    yes: bool = False
    """Approve confirm-tier questions, except for irreversible steps."""
    allow: tuple[str, ...] = ()
    """Irreversible steps approved by name."""
    only: tuple[str, ...] = ()
    """When a run begins, the steps to carry out, with all that these need: ids, or globs over ids; none: all steps."""
    should_proceed: Approver | ShouldProceed | None = None
    """Code of yours that is asked before a person is: an `Approver`, or a function from `ApprovalRequest` to `Proceed`,
    `Ask` or `Refuse`, async or not."""
    fork_from: str | None = None
    """When a run begins, `RUN@STEP`: its base is the commit that this step of another run left; None: what is checked
    out."""
    same_plan: bool = False
    """When resuming, go on with a plan that was stopped as wrong although no other one has taken its place."""
    take_over: bool = False
    """End an engine that holds the run."""
    policy: Policy | None = None
    """The rules beside those that ship and those of the plan; None: those of the settings."""
    settings: Settings | None = None
    """All that settings say; None: what the files of the user and of the project say."""
    models: tuple[str, ...] = ()
    """Models by name: `provider:name` for all roles, `ROLE=provider:name` for one."""
    worker: str | None = None
    """When a run begins, the agent of others that carries out agent steps: `acp:NAME` or `acp:COMMAND`; None: as the
    settings have it."""
    asking: Model | None = None
    """Asks models in place of the providers; for programs that bring their own."""
    routing: ModelRouting | None = None
    """Which models play which roles; None: as settings, environment and `models` have it."""
    limits: Limits | None = None
    """When resuming, the limits from here on; None: as they are."""
    with_reviewer: bool | None = None
    """Whether a reviewer looks at the result; None: as the settings have it."""

    @property
    def who(self) -> str:
        """Return who says it."""
        return self.by or current_user()

    @property
    def approver(self) -> str:
        """Return the name under which the caller's code answers; empty where there is none."""
        code = self.should_proceed
        if isinstance(code, Approver):
            return code.name or type(code).__name__
        return "" if code is None else _name_of(code)


def _name_of(code: ShouldProceed) -> str:
    while isinstance(code, partial):
        code = code.func
    name = getattr(code, "__name__", type(code).__name__)
    return name if name.isidentifier() else "a function"

"""`surefoot.ports.Commands`: confined commands in a lane, with stored output."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path

from surefoot.core.ids import BlobId
from surefoot.core.plan import Step
from surefoot.core.record import record
from surefoot.ports import CommandOutcome, CommandRequest
from surefoot.sandbox import CommandSpec, Rung, run_command
from surefoot.threads import in_thread
from surefoot.workers.hidden_places import hidden_from
from surefoot.workers.run_context import RunContext

_END_MAX = 1_000_000
"""Where a command prints more than is kept, so many bytes of its end are."""
_SHELLS = {"bash": ("bash", "-eo", "pipefail", "-c"), "sh": ("sh", "-e", "-c")}


@record
class LaneCommands:
    """Commands of one lane, on behalf of one step or of the run."""

    context: RunContext
    lane: str
    mark: str
    """Whose effect a command is; a later engine finds left-over ones by it."""
    step: Step | None = None
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    given: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further variables of the engine's environment that the step has asked for."""
    opened: tuple[Path, ...] = ()
    """Places of the home that the step has opened to its body."""
    services: tuple[str, ...] = ()
    """What runs beside its commands: they are told the ports and share the network."""
    on_line: Callable[[str], None] | None = None
    commit: str | None = None
    """The commit whose files commands outside the sandbox see in place of the lane's; None: they work in the lane."""

    @property
    def root(self) -> Path:
        """The folder paths count from: the lane's root, or the folder that the plan is for."""
        return self.context.start(self.lane)

    async def run(
        self,
        request: CommandRequest,
        *,
        until: asyncio.Future[None] | None = None,
        streams: tuple[int, int] | None = None,
    ) -> CommandOutcome:
        """Run a command to its end, or until something is done, and store its output.

        `streams` are what it has for its standard input and output, for a program that is spoken with.
        """
        # What runs beside a step is not what the step says.
        is_beside = until is not None and streams is None
        spool = self.context.new_spool(f"{self.lane}-beside" if is_beside else self.lane)
        try:
            if not request.confine:
                await in_thread(self._make_ready_outside, request)
            spec, masker = self._spec(request), self.context.masker
            # Only the end of a process namespace ends all that was in it; a daemon of the host works on regardless.
            is_sealed = self.context.rung is Rung.BUBBLEWRAP and spec.confine and not spec.sockets and not is_beside
            self.context.disturb(self.lane, leaves_nothing=is_sealed)
            result = await run_command(
                spec, spool=spool, masker=masker, on_line=self.on_line, until=until, streams=streams
            )
            return CommandOutcome(
                exit_code=result.exit_code,
                signal=result.signal,
                timed_out=result.timed_out,
                started=result.started,
                tail=result.tail,
                evidence=self.context.blobs.put_file(result.output) if result.output.exists() else None,
                duration_s=result.duration_s,
            )
        finally:
            spool.unlink(missing_ok=True)

    def _make_ready_outside(self, request: CommandRequest) -> None:
        """Undo what a step could have done to what a command outside the sandbox begins with."""
        space, outside = self.context.space, self.context.outside(self.lane)
        self.context.home(self.lane, confine=False).mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.commit is None:
            space.mend_settings(self.lane)
        elif not Path(request.cwd or "").is_absolute():
            space.open_lane(outside, self.commit)

    def _spec(self, request: CommandRequest) -> CommandSpec:
        context = self.context
        step_env = self.step.env if self.step is not None else dict[str, str]()
        ports = context.ports(self.lane, self.services)
        layers = (context.plan.env, self.given, step_env, self.secrets, request.env, ports)
        installers = context.installer_files() if request.network is True and request.shows_installers else ()
        opened = (*self.opened, *context.shown, *installers)
        most = context.limits.output_bytes_max
        end_max = 0 if request.output_max is not None else min(_END_MAX, most // 2)
        is_apart = self.commit is not None and not request.confine
        root = context.start(context.outside(self.lane)) if is_apart else self.root
        plan_folder = () if context.plan_folder is None else (context.plan_folder,)
        return CommandSpec(
            argv=request.argv or (*_SHELLS[request.shell], request.text),
            cwd=root / (request.cwd or ""),
            env=context.environment(self.lane, layers, network=request.network is True, confine=request.confine),
            timeout_s=request.timeout_s,
            writable=(
                context.space.lane_path(self.lane),
                context.space.clone_path(self.lane),
                context.space.home_path(self.lane),
                *context.meeting,
                *request.writable,
            ),
            readable=(context.files, context.git_configuration, *context.space.readable, *plan_folder, *opened),
            hidden=hidden_from(context, opened),
            network=request.network,
            sockets=request.sockets,
            confine=request.confine,
            namespaces=context.namespaces(self.lane) if self.services and not request.network else (),
            output_max=request.output_max if request.output_max is not None else most - end_max,
            output_end_max=end_max,
            mark=f"{context.mark_prefix}{self.mark}",
        )

    def store(self, content: bytes) -> BlobId:
        """Store evidence that is not a command's output, secrets masked."""
        return self.context.store(content)

    def load(self, blob: BlobId) -> bytes:
        """Return stored evidence."""
        return self.context.blobs.get(blob)

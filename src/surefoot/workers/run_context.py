"""`RunContext`: folders, workspace, plan, secrets and environment that the workers of one run share."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from surefoot.core.agent_programs import AGENT_PROGRAMS, AgentProgram
from surefoot.core.commands import AgentCommand
from surefoot.core.events import Event, RunCreated
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.core.plan import Plan, Service, Step
from surefoot.core.record import record
from surefoot.effects.effect import Effect
from surefoot.masking import Masker, Values, secret_values
from surefoot.ports import Clock, CommandOutcome, Model
from surefoot.ports.approver import Approver, ShouldProceed
from surefoot.ports.storage import Blobs
from surefoot.sandbox import LaneNetwork, Rung, command_environment, mark_prefix_of, network_environment
from surefoot.settings import LaneLimits
from surefoot.shellwords.deciding_files import CheckFiles
from surefoot.workers.private import PrivateStore
from surefoot.workspace import RunWorkspace

_MEETING = "SUREFOOT_MEETING"
_USER_FILES = {
    "PIP_CONFIG_FILE": (".config/pip/pip.conf", ".pip/pip.conf"),
    "NPM_CONFIG_USERCONFIG": (".npmrc",),
}
_OUTSIDE = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": "false"}
"""For commands outside the sandbox: git starts no program that a repository inside the lane names for this."""
_INSTALLER_FILES = (*_USER_FILES, "npm_config_userconfig", "UV_CONFIG_FILE")


@record
class StepArgument:
    """What a Python body is given."""

    workspace: Path | None
    """The lane's root folder; None in a run without a workspace."""
    attempt: int
    idempotency_key: str
    """Equal in all attempts; to be passed outward, so that a repeated effect is recognised."""
    outputs: Mapping[StepId, Mapping[str, str]] = field(default_factory=dict[StepId, Mapping[str, str]])
    """What the steps it needs put out: `outputs["build"]["version"]`."""
    candidate: int = 0
    """With `best_of`: which of the independent attempts this one is, counted from 1; 0: there is only one."""


@record(frozen=False)
class RunningService:
    """A service that was started."""

    spec: Service
    lane: str
    port: int
    running: asyncio.Task[CommandOutcome]
    end: asyncio.Future[None]
    """To be done when it shall end."""
    up: tuple[str, ...] = ()
    """The services of the lane that ran before it, whose ports it is told."""
    watching: asyncio.Task[None] | None = None
    """Sees it end by itself, once it was ready."""
    is_stopping: bool = False


Function = Callable[[StepArgument], Awaitable[object]]
"""An async function that is a step's body."""

ProbeFunction = Callable[[StepArgument], object]
"""A function, async or not, that tells whether a step's effect is there: True, False, None (unknown), or a word."""


@record
class FunctionRegistry:
    """The calling program's own functions, by the steps they are for."""

    bodies: Mapping[StepId, Function] = field(default_factory=dict[StepId, Function])
    probes: Mapping[StepId, ProbeFunction] = field(default_factory=dict[StepId, ProbeFunction])


async def called(function: ProbeFunction, argument: StepArgument) -> object:
    """Return what a function says; one that is not async is called on a thread, so that nothing waits for it."""
    if inspect.iscoroutinefunction(function):
        return await function(argument)
    said = await asyncio.to_thread(function, argument)
    return await said if inspect.isawaitable(said) else said


Performer = Callable[["RunContext", Any], Awaitable[Event]]
"""A function that carries out the commands of one effect."""


@record(frozen=False)
class RunContext:
    """One run's share of the machine."""

    run: RunId
    folder: Path
    """`$SUREFOOT_HOME/runs/RUN`."""
    plan: Plan
    blobs: Blobs
    clock: Clock
    rung: Rung
    workspace: RunWorkspace | None = None
    limits: LaneLimits = field(default_factory=LaneLimits)
    created: RunCreated | None = None
    source: Path | None = None
    plan_folder: Path | None = None
    functions: FunctionRegistry = field(default_factory=FunctionRegistry)
    hidden: tuple[Path, ...] = ()
    """Further places that commands cannot read, beside those that are known in every home."""
    shown: tuple[Path, ...] = ()
    """Places that the person's settings show to commands all the same."""
    models: Model | None = None
    """Asks models; None: the run has no agents."""
    model_timeout_s: float = 300.0
    approver: Approver | ShouldProceed | None = None
    """The caller's code that says go or no-go."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """The environment Surefoot was started in; where commands are run, as it was when the run was taken up."""
    performers: Callable[[Effect], Performer] | None = None
    """Returns what carries out the commands of an effect; None: the function that the table of effects names."""
    on_line: Callable[[StepId, str], None] | None = None
    on_words: Callable[[StepId, str], None] | None = None
    head: Callable[[], tuple[int, str]] = lambda: (0, "")
    """Returns the position and the hash of the journal's last event."""
    tell: Callable[[Event], None] = lambda _: None
    """Told what happens without having been asked for: a service that ends."""
    services: dict[tuple[str, str], RunningService] = field(default_factory=dict[tuple[str, str], RunningService])
    agents: Mapping[str, AgentProgram] = field(default_factory=lambda: AGENT_PROGRAMS)
    """The agents of others by the names that workers have."""
    sessions: dict[StepId, Callable[[AgentCommand], None]] = field(
        default_factory=dict[StepId, Callable[[AgentCommand], None]], init=False
    )
    """What takes word for the agents of others that are at work, by their steps."""
    networks: dict[str, LaneNetwork] = field(default_factory=dict[str, LaneNetwork])
    """The networks that services share with those who use them, by lane."""
    settled: set[str] = field(default_factory=set[str], init=False)
    """Lanes in which nothing was run since their files were last looked at as a whole."""
    is_exposed: bool = field(default=False, init=False)
    """Whether something was run that may write in lanes after its end; then no lane is ever settled."""
    declared: Values = field(init=False)
    """The values of `env_from` variables: none of them may be in a commit."""
    masker: Masker = field(init=False)
    """Masks these, what else looks secret in the environment, and whatever has the form of a key."""
    holds_back_checks: bool = field(init=False)
    """Whether the plan holds back a check from agents, so that no command may read the plan file."""
    check_files: CheckFiles | None = field(default=None, init=False)
    """The files that checks of the plan name, once somebody has looked."""
    spooled: int = 0
    heard: dict[StepId, float] = field(default_factory=dict[StepId, float], init=False)
    """When what is under way for a step last gave a sign, by `Clock.elapsed`."""

    def __post_init__(self) -> None:
        """Make the folders that commands need, and know the values that are masked everywhere."""
        if self.workspace is not None:
            self.environ = dict(self.environ)
            for folder in (self.files, self.spool_folder, *self.meeting):
                folder.mkdir(parents=True, exist_ok=True)
        self.adopt(self.plan)

    def adopt(self, plan: Plan) -> None:
        """Work by this plan from here on."""
        self.plan, self.holds_back_checks, self.check_files = plan, plan.holds_back_checks, None
        names = {name for step in plan.steps for name in step.env_from}
        declared = [self.environ[name] for name in sorted(names) if name in self.environ]
        self.declared = Values(declared)
        self.masker = Masker((*declared, *secret_values(self.environ)))

    def hear(self, step: StepId) -> None:
        """Note that what is under way for a step has given a sign."""
        self.heard[step] = self.clock.elapsed()

    def tell_agent(self, command: AgentCommand) -> None:
        """Tell an agent of others what was decided for it, unless it has ended meanwhile."""
        if (take := self.sessions.get(command.step)) is not None:
            take(command)

    @property
    def model(self) -> Model:
        """What asks models, in runs that have agents."""
        assert self.models is not None
        return self.models

    @property
    def mark_prefix(self) -> str:
        """How the marks of all its commands begin."""
        return mark_prefix_of(self.folder)

    @property
    def files(self) -> Path:
        """The plan's files, read-only for commands."""
        return self.folder / "files"

    @property
    def private(self) -> PrivateStore:
        """What is carried out and must not be shown."""
        return PrivateStore(self.folder / "private")

    @property
    def spool_folder(self) -> Path:
        """Where output is written while a command runs."""
        return self.folder / "spool"

    @property
    def caches(self) -> Path:
        """Caches of installers that are kept between runs; no command can write there."""
        return self.folder.parent.parent / "cache"

    def cache(self, lane: str) -> Path:
        """The cache folder of the commands in a lane, a part of its scratch home."""
        return self.space.home_path(lane) / ".cache"

    @property
    def meeting(self) -> tuple[Path, ...]:
        """A folder that all commands may write, for tests whose steps wait for each other; empty: there is none."""
        named = self.environ.get(_MEETING, "")
        return (Path(named),) if named else ()

    @property
    def git_configuration(self) -> Path:
        """A copy of the user's git configuration without credentials."""
        return self.folder / "gitconfig"

    @property
    def space(self) -> RunWorkspace:
        """The workspace, in runs that have one."""
        assert self.workspace is not None
        return self.workspace

    def start(self, lane: str) -> Path:
        """Return where commands in a lane start: its root, or the folder that the plan is for."""
        return self.space.lane_path(lane) / self.plan.folder

    def new_spool(self, lane: str) -> Path:
        """Return a path for the output of one more command in a lane; who watches the run finds it by that."""
        self.spooled += 1
        return self.spool_folder / f"{os.getpid()}-{self.spooled}-{lane}.out"

    def store(self, content: bytes) -> BlobId:
        """Store evidence, secrets masked."""
        return self.blobs.put(self.masker.content(content))

    def outside(self, lane: str) -> str:
        """Return the name of the lane in which commands outside the sandbox have their home, and probes their files.

        No command in the sandbox can write there.
        """
        return f"{lane}-outside"

    def home(self, lane: str, *, confine: bool) -> Path:
        """Return the scratch home of commands in a lane; those outside the sandbox have one of their own."""
        return self.space.home_path(lane if confine else self.outside(lane))

    def environment(
        self, lane: str, layers: Iterable[Mapping[str, str]], *, network: bool, confine: bool
    ) -> dict[str, str]:
        """Return the whole environment of a command in a lane; later layers win.

        Outside the sandbox nothing of it leads to what a command in the sandbox can write: programs that `prepare` made
        in the lane, the lane's scratch home with its caches.
        """
        env = command_environment(self.environ)
        if network:
            env |= network_environment(self.environ) | self._user_files()
        env |= {"XDG_CACHE_HOME": str(self.cache(lane))} if confine else _OUTSIDE
        env |= {
            "HOME": str(self.home(lane, confine=confine)),
            "GIT_CONFIG_GLOBAL": str(self.git_configuration),
            "SUREFOOT_FILES": str(self.files),
            "SUREFOOT_RUN": self.run,
        }
        if self.meeting:
            env[_MEETING] = str(self.meeting[0])
        for layer in layers:
            env |= layer
        if confine and self.plan.prepare is not None and self.plan.prepare.path:
            root = self.start(lane)
            folders = [str(root / folder) for folder in self.plan.prepare.path]
            env["PATH"] = os.pathsep.join([*folders, env.get("PATH", os.defpath)])
        return env

    def ports(self, lane: str, services: Iterable[str]) -> dict[str, str]:
        """Return what commands are told of the services they use: their lane's number and the ports."""
        found = [up for name in services if (up := self.services.get((lane, name))) is not None]
        if not found:
            return {}
        ports = {up.spec.port_variable: str(up.port) for up in found}
        return {"SUREFOOT_LANE": lane if lane.isdigit() else "0", **ports}

    def namespaces(self, lane: str) -> tuple[int, ...]:
        """Return the way into the network that the services of a lane have for themselves, where there is one."""
        network = self.networks.get(lane)
        return () if network is None else network.namespaces

    def secrets_of(self, step: Step) -> dict[str, str]:
        """Return the variables a body takes from the environment Surefoot was started in.

        Raises:
            KeyError: one of them is not set.
        """
        return {name: self.environ[name] for name in step.env_from}

    def sockets_of(self, step: Step) -> dict[str, Path]:
        """Return the sockets of the host a body asks for, by the words in which it names them.

        Raises:
            LookupError: one of them is not there; the message says which and what to do.
        """
        return {word: socket_at(word, self.environ) for word in step.sockets}

    def variables_of(self, words: Iterable[str]) -> dict[str, str]:
        """Return the variables that name sockets, for the command that asked for these by name."""
        names = (word.removeprefix("$") for word in words if word.startswith("$"))
        return {name: self.environ[name] for name in names}

    def installer_files(self) -> tuple[Path, ...]:
        """Return the files that configure pip, uv and npm, which commands with the network may read."""
        named = network_environment(self.environ) | self._user_files()
        return tuple(Path(named[name]) for name in _INSTALLER_FILES if named.get(name, "").startswith("/"))

    def _user_files(self) -> dict[str, str]:
        home = Path(self.environ.get("HOME", "/"))
        found: dict[str, str] = {}
        for name, places in _USER_FILES.items():
            path = next((home / place for place in places if (home / place).is_file()), None)
            if name not in self.environ and path is not None:
                found[name] = str(path)
        return found

    # --- what may have been written behind our back

    def settle(self, lane: str) -> None:
        """Note that the files of a lane have been looked at as a whole."""
        if not self.is_exposed:
            self.settled.add(lane)

    def disturb(self, lane: str, *, leaves_nothing: bool) -> None:
        """Note that something is run in a lane, and whether it is certain that none of it outlives its end."""
        self.settled.discard(lane)
        if not leaves_nothing:
            self.is_exposed = True
            self.settled.clear()

    # --- notes on lanes, kept beside them so that they outlive the engine

    def note(self, lane: str) -> dict[str, str]:
        """Return what is noted of a lane: how it was prepared, and what its ignored files were at the checkpoint."""
        try:
            return json.loads(self._note_path(lane).read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return {}

    def write_note(self, lane: str, note: Mapping[str, str]) -> None:
        """Note something of a lane."""
        path = self._note_path(lane)
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(dict(note)), "utf-8")

    def forget_note(self, lane: str) -> None:
        """Forget what is noted of a lane that is made anew."""
        self._note_path(lane).unlink(missing_ok=True)

    def _note_path(self, lane: str) -> Path:
        return self.folder / "notes" / f"{lane}.json"


def socket_at(word: str, environ: Mapping[str, str]) -> Path:
    """Return the socket of the host that a plan names by its path, or by `$NAME` for a variable that holds it.

    Raises:
        LookupError: it is not there; the message says which and what to do.
    """
    name = word.removeprefix("$")
    value = environ.get(name, "").removeprefix("unix://") if word.startswith("$") else word
    if not value:
        raise LookupError(
            f"sockets: {name} is not set in the environment Surefoot was started in; set it, or name the path"
        )
    path = Path(value)
    if not path.is_absolute() or not path.is_socket():
        named = f" ({word})" if word != value else ""
        raise LookupError(
            f"sockets: there is no socket at {value}{named}; start what listens there, or correct `sockets`"
        )
    return path

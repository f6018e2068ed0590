"""What the settings say, as records; `surefoot.settings.setting_table` says what each key means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from surefoot.core.agent_programs import AGENT_PROGRAMS, AgentProgram
from surefoot.core.agent_types import Price
from surefoot.core.ladder_table import Ladders
from surefoot.core.monitor_table import Watches
from surefoot.core.notices import Occasion
from surefoot.core.policy_types import Policy, Rule
from surefoot.core.record import record
from surefoot.core.sample_rates import SampleRates
from surefoot.settings.lane_limits import LaneLimits


@record
class Approver:
    """Someone who may answer."""

    name: str
    user: str | None = None
    roles: tuple[str, ...] = ()
    token_sha256: str | None = None


@record
class Places:
    """Places where secrets lie, beside those that are known; absolute, or as `~/…`."""

    hide: tuple[str, ...] = ()
    show: tuple[str, ...] = ()


@record
class RunSettings:
    """What `[run]` says."""

    confirm: bool = True
    """Whether a plan in which something asks or cannot be undone waits for a yes at the terminal before it starts."""
    absence_s: float = 3600.0


@record
class Target:
    """Where notices go: to a command or to a webhook."""

    on: tuple[Occasion, ...] = ()
    """What is told there; empty: everything."""
    command: tuple[str, ...] = ()
    webhook: str | None = None


@record
class Reminders:
    """What `[reminders]` says."""

    every: int = 5
    """After so many turns an agent is told its goal once more."""


@record
class Endpoint:
    """An address at which models are asked."""

    name: str
    """What comes before the colon: `NAME:model`."""
    base_url: str
    kind: str = "openai"
    key_env: str | None = None
    """None: it takes no key."""
    native_tools: bool = True
    context_tokens: int | None = None
    """None: unknown."""
    output_tokens_max: int | None = None
    """None: as for any model."""


@record
class ModelSettings:
    """What `[models]`, `[providers]` and `[prices]` say."""

    chains: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """For a role by its word, or `default` for all others: the model, and those asked where it has nothing to give."""
    stronger: str | None = None
    unknown_price: str = "refuse"
    brief_tokens: int = 32_000
    output_tokens: int | None = None
    """None: by the size of the model."""
    review: bool = False
    timeout_s: float = 300.0
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict[str, Endpoint])
    """By their names."""
    prices: Mapping[str, Price] = field(default_factory=dict[str, Price])
    """By `provider:name`, or `provider:*` for all of one."""


@record
class Workers:
    """What `[workers]` says."""

    default: str | None = None
    """The worker of agent steps that name none and no model; None: Surefoot's own."""
    programs: Mapping[str, AgentProgram] = field(default_factory=dict[str, AgentProgram])
    """By their names."""

    @property
    def known(self) -> dict[str, AgentProgram]:
        """All agents that have a name: those of the settings in the place of those of the table.

        An agent of the table that the settings start in another way is told to ask all the same, and reaches its
        provider all the same.
        """
        return {**AGENT_PROGRAMS, **{name: _as_known(one) for name, one in self.programs.items()}}


def _as_known(program: AgentProgram) -> AgentProgram:
    known = AGENT_PROGRAMS.get(program.name)
    if known is None:
        return program
    hosts = (*known.hosts, *program.hosts)
    return replace(program, env=known.env, has_files_served=known.has_files_served, hosts=hosts)


@record
class Source:
    """The rules of one file."""

    file: str
    """Where they stand."""
    rules: tuple[Rule, ...]
    """In order."""
    may_lower: bool
    """Whether a rule of theirs may lower a tier."""


@record
class Settings:
    """What both files say."""

    policy: Policy = Policy()
    """The rules, without those of a plan."""
    approvers: tuple[Approver, ...] = ()
    """Who may answer, where the user has said so."""
    sources: tuple[Source, ...] = ()
    """The rules by their files, in the order in which they are asked."""
    models: ModelSettings = ModelSettings()
    """Who plays which role, where models are asked, what they cost."""
    places: Places = Places()
    lanes: LaneLimits = LaneLimits()
    run: RunSettings = RunSettings()
    reminders: Reminders = Reminders()
    targets: tuple[Target, ...] = ()
    """Where notices go."""
    workers: Workers = Workers()
    """Agents of others that carry out steps."""
    watches: Watches = Watches()
    """How closely agents are watched."""
    ladders: Ladders = Ladders()
    """What follows failures."""
    samples: SampleRates = SampleRates()
    """How often what nobody was asked about is laid before a person."""

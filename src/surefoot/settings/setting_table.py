"""The table of settings: every key of `surefoot.toml`, once.

From the table come the reader of the two files, what a project's file may say, the variables of the environment, and
the tables of `docs/reference/settings.md` (`scripts/reference_tables.py` writes these). The keys of a rule stand in
`surefoot.core.plan_schema`, since plans have rules, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from surefoot.core.agent_programs import AgentProgram
from surefoot.core.agent_types import CAST, Price
from surefoot.core.ladder_table import LADDERS, RUNGS, LadderRow, Ladders
from surefoot.core.monitor_table import MONITORS, Monitor, Profile, Watches
from surefoot.core.notices import Occasion
from surefoot.core.plan_keys import COUNT, DURATION, FLAG, NUMBER, TEXT, TEXTS, Key, Value, list_of, words
from surefoot.core.policy_types import Policy
from surefoot.core.proofs import Proof
from surefoot.core.sample_rates import SampleRates
from surefoot.settings.lane_limits import LaneLimits
from surefoot.settings.setting_records import (
    Approver,
    Endpoint,
    ModelSettings,
    Places,
    Reminders,
    RunSettings,
    Target,
)

CHAINS = ("default", *(role.value for role in CAST))
"""The keys of `[models]` that say who plays a role."""
_TRUSTS = "it comes with the repository, and may not say who is trusted"
SENDS = "it comes with the repository, and could send your key and your code elsewhere"
_CONFIRMS = "whether you are asked before a run starts is for you to say"
_WATCHED = "it comes with the repository, and may not say how closely agents are watched"
_TELLS = "it comes with the repository, and could send elsewhere what your runs say"
_COSTS = "what models may take is for the user to say"


class Project(StrEnum):
    """What a project's file may do with a setting. The file comes with the repository: it can ask for more care."""

    NOTHING = "no"
    TRUSTED = "if you trust it; it stands above yours"
    RAISE = "raise; if you trust it, lower, too"
    SWITCH_ON = "switch on"
    LOWER = "lower"
    ADD = "add"
    LEAVE_OUT = "leave out rungs"

    def of_both(self, own: Any, theirs: Any, *, is_trusted: bool) -> Any:
        """Return what holds where the user's file, or the default, and a project's each have a value."""
        match self:
            case Project.NOTHING:
                return own
            case Project.TRUSTED:
                return theirs or own
            case Project.RAISE:
                return theirs if is_trusted else max(own, theirs)
            case Project.SWITCH_ON:
                return own or theirs
            case Project.LOWER:
                return min(own, theirs)
            case Project.ADD:
                return (*own, *theirs)
            case Project.LEAVE_OUT:
                return tuple(one for one in own if one in theirs)


class Setting(NamedTuple):
    """One row."""

    key: Key
    """Its name, what it takes, what it means, and its default."""
    project: Project = Project.NOTHING
    """What a project's file may do with it."""
    refused: str = ""
    """Why a project's file may not have it."""
    option: str = ""
    """The option of the command line that stands above it."""


class Section(NamedTuple):
    """The rows of one table of the file."""

    said: str
    """What messages call the table."""
    type: type[Any]
    """The record that its values fill."""
    rows: tuple[Setting, ...]
    """In the order of the reference."""
    refused: str = ""
    """Why a project's file may not have the section at all; empty: each row says what it may do."""
    variables: str = ""
    """What the variables of the environment that stand above its keys begin with."""

    @property
    def keys(self) -> tuple[Key, ...]:
        """Return the keys of all rows."""
        return tuple(row.key for row in self.rows)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the keys as people write them."""
        return tuple(key.name for key in self.keys)


def _monitor(row: Monitor) -> Setting:
    figures = "".join(f", {name} = {value:g}" for name, value in row.watch.figures.items())
    named = "Named as the gravest of them" if row.is_sum else f"Named `{row.failure}`"
    meaning = f"{row.meaning} {named}."
    return Setting(Key(row.name, Value("watch"), meaning, usual=f'`{{say = "{row.watch.say}"{figures}}}`'))


def _ladder(row: LadderRow) -> Setting:
    meaning, usual = f"What follows the failure `{row.failure}`.", ", ".join(f'"{rung}"' for rung in row.rungs)
    value = words(RUNGS, many=True)
    return Setting(Key(row.failure.value, value, meaning, usual=f"`[{usual}]`"), Project.LEAVE_OUT)


def _chain(name: str, meaning: str) -> Setting:
    key = Key(name, Value("model", is_many=True), meaning, usual="by the key that is set")
    return Setting(key, Project.TRUSTED, option=f"`--model {'' if name == 'default' else f'{name}='}…`")


# fmt: off
SECTIONS: Mapping[str, Section] = {
    "policy": Section("`[policy]`", Policy, (
        Setting(Key("rules", list_of("rule"), "[Rules](policy.md#rules): when a person is asked.", usual="none"),
            Project.RAISE),
        Setting(Key("trust", Value("repository", is_many=True), "Repositories whose settings you trust, by their "
            "absolute paths.", usual="none"), refused=_TRUSTS),
    )),
    "approvals": Section("`[approvals]`", Policy, (
        Setting(Key("confidence", Value("share"), "How sure an agent has to be of its result, from 0 to 1; `false` "
            "asks about none. See [approvals](approvals.md)."), Project.RAISE),
        Setting(Key("proof", words(Proof), "From which [strength of its proof](../concepts/checks.md#how-strong-a-"
            "proof-is) on an agent's result needs no person.", usual="a person is asked about none for its proof"),
            Project.TRUSTED),
        Setting(Key("probe_checks", FLAG, "Whether the checks of every step are tried out by small changes, as with "
            "`probe_checks` in its plan."), Project.SWITCH_ON),
    )),
    "samples": Section("`[samples]`", SampleRates, (
        Setting(Key("auto", Value("share"), "Which share, from 0 to 1, of the verified steps of tier `auto` that "
            "nobody was asked about is laid before a person [afterwards](approvals.md#samples)."), Project.RAISE),
        Setting(Key("log", Value("share"), "The same of tier `log`."), Project.RAISE),
    )),
    "monitors": Section("`[monitors]`", Watches, (
        Setting(Key("profile", words(Profile), "How closely agents are watched, where nothing is said of a monitor: "
            "`strict` makes a warning of a note and ends the attempt for a warning, `quiet` makes a note of a warning "
            'and takes no notes. `monitors = "strict"` at the head of the file says the same.')),
        *(_monitor(row) for row in MONITORS.values()),
    ), refused=_WATCHED),
    "recovery": Section("`[recovery]`", Ladders, tuple(_ladder(row) for row in LADDERS.values())),
    "run": Section("`[run]`", RunSettings, (
        Setting(Key("confirm", FLAG, "Whether `surefoot run PLAN` shows the plan and waits for a yes, where a person "
            "is at the terminal and something in the plan will ask or cannot be undone. `--yes` does not wait."),
            refused=_CONFIRMS),
        Setting(Key("absence", DURATION, "Once no engine has worked on a run for so long, what its agents under way "
            "saw is compared with what is there, and they are told what holds no longer.",
            field="absence_s"), Project.LOWER),
    )),
    "reminders": Section("`[reminders]`", Reminders, (
        Setting(Key("every", COUNT, "After so many turns of a conversation, and again after as many, its agent is told "
            "the goal, its step and what holds for the run once more."), Project.LOWER),
    )),
    "notify": Section("a target", Target, (
        Setting(Key("on", words(Occasion, many=True), "What is told there: `question` (a person is asked), `limit` "
            "(one is reached or near, or will not do), `warning` (a finding that is more than a note), `ended`, "
            "`dead` (by `surefoot health --notify`).", usual="all of it")),
        Setting(Key("command", Value("argv"), "A program and its arguments. It reads the notice as JSON from its "
            "standard input; `SUREFOOT_NOTICE` holds it in a line.", "`command` or `webhook` has to be there.")),
        Setting(Key("webhook", Value("endpoint"), "An address to which the notice is sent as JSON (POST); the header "
            "`Idempotency-Key` holds its id.", "`command` or `webhook` has to be there.")),
    ), refused=_TELLS),
    "approvers": Section("an approver", Approver, (
        Setting(Key("name", TEXT, "The name by which they stand in the journal.", need="the name of a person")),
        Setting(Key("user", TEXT, "Their account on this machine.")),
        Setting(Key("roles", TEXTS, "What they may answer for.")),
        Setting(Key("token_sha256", Value("sha256"), "The SHA-256, in hex, of the token by which programs that answer "
            "for them are known.", "`user`, `token_sha256` or both have to be there.")),
    ), refused=_TRUSTS),
    "secrets": Section("`[secrets]`", Places, (
        Setting(Key("hide", Value("secret_place", is_many=True), "Further files and folders that commands cannot read, "
            "absolute or as `~/…`."), Project.ADD),
        Setting(Key("show", Value("secret_place", is_many=True), "Places that commands can read although they are on "
            "the [list](secrets.md#what-commands-cannot-read)."), refused=_TRUSTS),
    )),
    "lanes": Section("`[lanes]`", LaneLimits, (
        Setting(Key("file_bytes_max", COUNT, "The length of one file that a step changes or keeps as an artifact.",
            "Holes of a sparse file count."), Project.LOWER),
        Setting(Key("step_bytes_max", COUNT, "The length of all files together that one attempt changes; and of all "
            "that it keeps as artifacts."), Project.LOWER),
        Setting(Key("step_files_max", COUNT, "The number of them."), Project.LOWER),
        Setting(Key("output_bytes_max", COUNT, "So much of what a command prints is kept: the beginning, and up to 1 "
            "MB of the end.", "A line between them counts what is left out. The command goes on."), Project.LOWER),
    )),
    "models": Section("`[models]`", ModelSettings, (
        _chain("default", "The model of every role that is not named beside it, or a chain of them."),
        _chain("scout", "The model that finds out what there is."),
        _chain("planner", "The model that makes the plan."),
        _chain("worker", "The model that carries out steps."),
        _chain("reviewer", "The model that looks at the result."),
        Setting(Key("stronger", Value("model"), "The model that is asked in the last attempt at a step."),
            Project.TRUSTED, option="`--model stronger=…`"),
        Setting(Key("unknown_price", words(("refuse", "tokens-only")), "What is done about a model without a known "
            "price: `refuse` or `tokens-only`."), refused=_COSTS),
        Setting(Key("brief_tokens", COUNT, "No brief is longer, whatever the model takes."), Project.LOWER),
        Setting(Key("output_tokens", COUNT, "No reply is longer.", usual="16384 for models of 100,000 tokens and more, "
            "else 4096; never more than a quarter of what the model takes"), refused=_COSTS),
        Setting(Key("review", FLAG, "Whether a reviewer looks at each result."), Project.SWITCH_ON,
            option="`--review`, `--no-review`"),
        Setting(Key("timeout", DURATION, "A reply that takes longer is a time-out.", field="timeout_s"),
            refused=_COSTS),
    ), variables="SUREFOOT_MODELS__"),
    "workers": Section("a worker", AgentProgram, (
        Setting(Key("command", Value("argv"), "The program and its arguments. It speaks the Agent Client Protocol on "
            "its standard streams.", need="the program and its arguments")),
        Setting(Key("login", Value("home_place", is_many=True), "Files and folders of the home that are the agent's "
            "own, as `~/…`: it can read and write them.")),
        Setting(Key("variables", Value("variable", is_many=True), "Variables that it is given where they are set: its "
            "key, the address of its provider.")),
        Setting(Key("hosts", Value("host", is_many=True), "Hosts of its provider, as `NAME` or `NAME:PORT`; `*` stands "
            "for anything. The agent reaches these, those of its variables that are addresses, and this machine's "
            "loopback.", usual="those of the agent with that name; without any, it has the whole network")),
        Setting(Key("network", words(("provider", "all")), "`all`: it has the whole network, for an agent that cannot "
            "use a proxy.")),
    ), refused=SENDS),
    "providers": Section("a provider", Endpoint, (
        Setting(Key("base_url", Value("endpoint"), "Where it is, with the version in the path where it has one.",
            need="the address of the provider")),
        Setting(Key("kind", words(("openai", "anthropic")), "The interface it speaks: `openai` (chat completions) or "
            "`anthropic` (messages).")),
        Setting(Key("key_env", Value("key_variable"), "The variable that holds the key; leave it out where none is "
            "needed.")),
        Setting(Key("native_tools", FLAG, "`false`: tools are put to the model as a schema of its reply.")),
        Setting(Key("context_tokens", COUNT, "The longest request and reply together.", usual="unknown")),
        Setting(Key("output_tokens_max", COUNT, "No reply may be longer.", usual="as for any model")),
    ), refused=SENDS),
    "prices": Section("a price", Price, (
        Setting(Key("input_usd", NUMBER, "US dollars for a million tokens that are sent.",
            need="US dollars for a million tokens")),
        Setting(Key("output_usd", NUMBER, "US dollars for a million tokens that are written.",
            need="US dollars for a million tokens")),
        Setting(Key("cache_read_usd", NUMBER, "The same for tokens found in the provider's cache.",
            usual="as any that are sent")),
        Setting(Key("cache_write_usd", NUMBER, "The same for tokens put into the provider's cache.",
            usual="as any that are sent")),
    ), refused=SENDS),
}
# fmt: on

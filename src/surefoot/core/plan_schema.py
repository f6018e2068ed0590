"""The schema of plans: every key of a plan file, once.

From it come the reader, the JSON Schema, the writer, what planners may write, the translation of Python plans, the
replacement of placeholders, and the tables of `docs/reference/plan-file.md` and `docs/reference/policy.md` (by
`scripts/reference_tables.py`). Keys of checks and probes stand in `surefoot.core.check_kinds` and
`surefoot.core.probe_kinds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from surefoot.core.check_kinds import CHECK_KINDS, Expect
from surefoot.core.event_words import Phase
from surefoot.core.plan import (
    AgentBody,
    AgentLimits,
    AskBody,
    Batch,
    Check,
    Compare,
    Constraint,
    Disagreement,
    Limits,
    OnFailure,
    Plan,
    Prepare,
    RetryPolicy,
    Service,
    Step,
    Verify,
)
from surefoot.core.plan_keys import (
    ANY_TEXT,
    COUNT,
    DURATION,
    FLAG,
    FUNCTION,
    LITERAL,
    LITERALS,
    NETWORK,
    NUMBER,
    PATH,
    PATHS,
    TEXT,
    TEXTS,
    TIME,
    VARIABLES,
    Key,
    Table,
    Value,
    Way,
    list_of,
    named,
    record_of,
    words,
)
from surefoot.core.policy_types import Demand, Effect, Overdue, Rule, Tier
from surefoot.core.probe_kinds import PROBE_KINDS, HttpAnswer, Probe, SqlAnswer

BODIES = ("run", "call", "agent", "ask", "verify")
"""The keys of which each step has exactly one."""
SHELLS = ("bash", "sh")
ON_FAILURE = tuple(word for word in OnFailure if word is not OnFailure.ROLLBACK)
"""What `on_failure` takes beside a step to go back to."""

# fmt: off
_PLAN = (
    Key("goal", TEXT, "What the run is for, in words.", "The goal becomes the title of the landed commit.",
        need="what the run is for, in words"),
    Key("files", PATHS, "Files or folders beside the plan.", "They are copied when the run starts and can be read at "
        "`$SUREFOOT_FILES`. Links inside a folder are copied as links; one that leads out of the folder is refused."),
    Key("prepare", record_of("prepare"), "The command that makes a lane usable; see below."),
    Key("services", named("service"), "Commands that run beside the steps that use them, by name; see below."),
    Key("accept", list_of("check"), "Checks of the goal as a whole.", "Those with `pass_to_pass` or `fail_to_pass` "
        "are asked before the first change; all are asked at the end, in a clean lane."),
    Key("scope", record_of("scope"), "`{write: [GLOB, …]}`: what the run may change.", usual="everything",
        field="scope_write"),
    Key("limits", Value("limits", table="limits"), "What the run may use; see below.", usual=""),
    Key("env", VARIABLES, "Variables for prepare, bodies, checks and acceptance."),
    Key("policy", list_of("rule"), "Rules that can raise the tier of a step; see [policy](policy.md)."),
    Key("constraints", record_of("constraint")._replace(is_many=True), "What holds for planner, workers and reviewer "
        "alike, whatever the goal and the steps say; see below."),
    Key("requirements", TEXTS, "What the goal asks for, one thing each, in words.", "Steps say with `covers` which of "
        "them they serve. The [monitor](settings.md#monitors) `uncovered_requirements` names those that no step "
        "covers."),
    Key("defaults", record_of("defaults"), "Step keys that hold for every step that does not set them itself; see "
        "below.", usual="none", field=""),
    Key("steps", list_of("step"), "The steps, at least one.", need="a list of steps", field=""),
)
_CONSTRAINT = (
    Key("text", TEXT, "What holds, in words: agents read it in every brief, and a reason for what is refused.",
        need="what holds, in words,"),
    Key("deny", PATHS, "Globs of files that nothing in the run may change."),
    Key("commands", TEXTS, "Patterns of commands that nothing in the run may execute, as in [rules](policy.md#rules)."),
)
_PREPARE = (
    Key("run", TEXT, "The command.", "Runs once in each lane, and again when a key file has changed.",
        need="the command that makes a lane usable", planner="The command."),
    Key("key", PATHS, "Globs of the files its result depends on.",
        planner="Globs over the files its result depends on."),
    Key("path", Value("program_folder", is_many=True), "Folders of the lane that are put in front of `PATH`: "
        "relative, without `..` and without a colon.", planner="Folders put in front of PATH."),
    Key("network", NETWORK, "How far the command's network reaches: `true`, `loopback` or `false`, as for a step.",
        planner="Whether the command needs the network.", planned=FLAG),
    Key("timeout", DURATION, "The command is ended after this time.", field="timeout_s", planner="Such as `30m`."),
    Key("clone", FLAG, "`false`: it runs in each lane. Else other lanes have a copy of what it made, where that is "
        "safe; see below.", usual="`true`"),
)
_SERVICE = (
    Key("run", TEXT, "The command that is the service.", "It stays in the foreground.",
        need="the command that is the service"),
    Key("ready", TEXT, "Run again and again until it ends with exit status 0: then the service is ready.",
        usual="ready when started"),
    Key("stop", TEXT, "Run before what is left of the service is ended by signals.", usual="signals alone"),
    Key("cwd", PATH, "Folder to run in, relative to the repository's root.", usual="the root"),
    Key("env", VARIABLES, "Variables for its three commands, on top of the plan's."),
    Key("network", Value("flag"), "Whether its commands may use the network."),
    Key("timeout", DURATION, "The service has to be ready within this time.", field="timeout_s"),
)
_LIMITS = (
    Key("wall", DURATION, "The run pauses this long after its last start or resume.", field="wall_s"),
    Key("attempts", COUNT, "Attempts at a step in all, the first included.",
        "A step's `retry.maximum_attempts` wins.", usual="3", field=""),
    Key("parallel", COUNT, "How many steps run at once, each in its own [lane](../concepts/lanes.md#merge-queue)."),
    Key("parked", COUNT, "How many results may wait for their [train](../concepts/lanes.md#merge-queue) before no "
        "further step starts.", usual="twice `parallel`"),
    Key("judges", COUNT, "In how many lanes results are judged away from the lanes they were made in."),
    Key("train", Value("train"), "How many results are judged together: 1 to 16, or `auto`.", "With `auto` two at "
        "first; each train that holds doubles the number up to eight, each that does not halves it.", usual="`auto`"),
    Key("verify", words(Verify), "Where results are asked what other steps ask as well: `lane` in their own lane "
        "first, `queue` in their train alone, `auto` in their train while results hold and in their lane first once "
        "one did not. What an agent made is always asked in its lane first."),
    Key("cost_usd", NUMBER, "What the run may cost, in US dollars.", "No request is made that might cost more than "
        "what is left: the run pauses. Other bodies say what they cost by `cost_usd=0.12` in "
        "[`$SUREFOOT_OUTPUT`](#values); once 80 % is spent, a step that does more than read asks first. Once all of "
        "it is spent, no further body begins: the run pauses with exit code 6, with `--yes`, too, until `surefoot "
        "resume --cost-usd AMOUNT` lets it use more."),
    Key("tokens", COUNT, "How many tokens the run's models may take, sent and written.", "A request that might take "
        "more is not made: the run pauses."),
    Key("requests", COUNT, "How many requests to models the run may make; then it pauses."),
    Key("resources", Value("resources", table="resource"), "`{NAME: NUMBER}`: at most this many steps with that name "
        "in `uses` run at once. `{NAME: {count: NUMBER, observe: COMMAND}}`: the command's output tells how it stands.",
        "An effect outside the workspace that `uses` it is asked about anew when that has changed since it was "
        "approved; an agent that `uses` it begins anew when that has changed in a long "
        "[absence](failures.md#after-a-long-absence). It runs outside the sandbox, with the network, for 60 s at "
        "most, and starts as [probes](#network-sockets-and-confine) do.", usual="1 for each name", field=""),
)
_RESOURCE = (
    Key("count", COUNT, "At most this many steps use it at once.", usual="1"),
    Key("observe", TEXT, "A command whose output tells how it stands; effects that rest on it are asked about anew.",
        usual=""),
)
_STEP = (
    Key("id", TEXT, "Its name: 1 to 200 characters of `A-Z a-z 0-9 . _ - / @ +`; others are percent-encoded.",
        need="a name that no other step has", planner="A short name no other step has; a group's holds `{item}`."),
    Key("title", ANY_TEXT, "A few words for people; the commit's subject.", usual="`surefoot: ID`", way=Way.PLAIN,
        planner="A few words for people; becomes the commit's subject.", planned=TEXT),
    Key("why", ANY_TEXT, "The reason: shown when a person is asked, and in the commit. One that begins with "
        "`added` marks a step that the goal did not ask for, where the plan is shown.", way=Way.PLAIN,
        planner="The reason for the step. Begins with `added:` where the goal did not ask for it.", planned=TEXT),
    Key("risk", ANY_TEXT, "What may go wrong with it, or what it takes, as in `needs 4 GB`: shown with the plan, when "
        "a person "
        "is asked, and in the report.", way=Way.PLAIN, planner="What may go wrong with it.", planned=TEXT),
    Key("needs", TEXTS, "Steps or groups whose verified result it needs; globs over ids may be used (`*` matches `/` "
        "too).", planner="Ids of the steps whose verified result it needs."),
    Key("for_each", Value("for_each"), "Makes the step a group with one member for each item; see below.",
        planner="Makes it a group: {NAME: [items]} or {NAME: {glob: GLOB}}; {NAME} is replaced in its texts."),
    Key("batch", words(Batch), "For groups: `batch` takes the members up side by side, `careful` one after the other, "
        "each verified before the next begins; `auto` [decides](../concepts/steps.md#batch-or-careful), and "
        "`surefoot check` says why.", is_default=True),
    Key("if_empty", words(("ok",)), "`ok`: a group without items is satisfied. Otherwise it fails.", usual="failed",
        field=""),
    Key("run", TEXT, "Body: a shell command.", usual="", field="",
        planner="Body: a shell command, where no thought is needed."),
    Key("call", FUNCTION, "Body: `package.module:function`, run by Surefoot's own interpreter in a child, confined "
        "like a command.", usual="", field=""),
    Key("agent", record_of("agent"), "Body: work for a model, in words; see below.", usual="", field="",
        planner="Body: what an agent shall do, complete in itself, for the agent sees no other step's conversation.",
        planned=TEXT),
    Key("worker", Value("worker"), "For `agent`: the agent that carries it out in place of ours: `acp:NAME` or "
        "`acp:COMMAND`.", "See [with the agent you have](../how-to/use-another-agent.md).", usual="Surefoot's own",
        field="", is_default=True),
    Key("ask", record_of("question"), "Body: a question to a person; see below.", usual="", field="",
        planner="Body: a question to a person.", planned=TEXT),
    Key("verify", FLAG, "Body: `true`: there is none, and only its checks are asked, of what the steps that it needs "
        "have made.", usual="", field="", planner="Body: `true` where nothing is done and only its checks are asked."),
    Key("shell", words(SHELLS), "`bash` (`bash -eo pipefail -c`) or `sh` (`sh -e -c`).", usual="`bash`", field="",
        is_default=True),
    Key("cwd", PATH, "Folder to run in, relative to the repository's root.", usual="the root", is_default=True,
        way=Way.PLAIN, planner="Folder in which commands start."),
    Key("env", VARIABLES, "Variables for body and checks.", is_default=True, way=Way.PLAIN,
        planner="Variables for its commands: {NAME: value}."),
    Key("env_from", Value("variable", is_many=True), "Names of variables taken from the environment Surefoot was "
        "started in.", "One that is not set then stops the run at its start. Only the body gets them. Their values "
        "are masked in everything that is stored.", is_default=True),
    Key("files", PATHS, "As the plan's `files`.", usual="none", field=""),
    Key("reads", Value("read", is_many=True), "Globs of the files the body reads; `~/…` opens a [place of your "
        "home](secrets.md#what-commands-cannot-read) to it.", "If one of them changes on the run branch while the "
        "step works beside others, the step is done again on the head. Where another step declares to write them and "
        "no need orders the two, `surefoot check` says so, and they are taken one after the other.", way=Way.GLOB,
        planner="Globs over files it reads."),
    Key("writes", PATHS, "Globs of the files the body may change.", usual="the plan's scope", way=Way.GLOB,
        planner="Globs over files it may change: as few as possible, but tests and docs it has to change, too."),
    Key("scratch", PATHS, "Globs of files that are never committed and left alone.", is_default=True, way=Way.GLOB,
        planner="Globs over files that are never committed."),
    Key("artifacts", PATHS, "Globs of files or folders that are never committed and handed on to the steps that need "
        "this one; see below.", way=Way.GLOB, planner="Globs over ignored files that later steps need."),
    Key("network", NETWORK, "How far the body's network reaches: `true`, `loopback` or `false`; see below. A step "
        "with `true` must state its `effect`.", is_default=True, planner="Whether its command may use the network; "
        "then `effect` has to be stated, and a person is asked first.", planned=FLAG),
    Key("sockets", Value("socket", is_many=True), "Sockets of the host the body may use; see below. Such a step must "
        "state its `effect`.", is_default=True, way=Way.PLAIN),
    Key("confine", FLAG, "`false`: the body runs outside the sandbox. Such a step must state its `effect`."),
    Key("uses", TEXTS, "Services it needs running in its lane, and resources.", "Of the steps that name a resource "
        "only so many run at once as `limits.resources` says, one where it says nothing.", is_default=True,
        way=Way.PLAIN, planner="Services and resources it needs."),
    Key("checks", list_of("check"), "What must hold for the step to be verified; see below.",
        usual="the exit status alone", planner="What proves the step. An `agent` step has to have one that can fail."),
    Key("unproved", FLAG, "For `agent`: `true` lets the step run without a check that can fail.",
        "It ends unproved, and the run partially completed.", planner="Only for an `agent` step that no check can "
        "prove: it then counts as unproved, and the run as partially completed."),
    Key("effect", words(Effect), "`read`, `reversible`, `idempotent` or `irreversible`; see "
        "[effects](../concepts/effects.md#effect-class).", is_default=True, planner="What it does to the world outside "
        "the workspace; default: reversible."),
    Key("tier", words(Tier), "`auto`, `log`, `confirm` or `never` (the step is not run, and nobody is asked): how "
        "much say a person has.", "It can only raise what the effect class and the rules give.", usual="by effect",
        is_default=True, planner="`confirm` has a person asked first; can only be raised.", planned=words(("auto",
        "log", "confirm"))),
    Key("probe", record_of("probe"), "How to find out whether an outside effect was applied; see below.",
        planner="How to find out whether an outside effect was applied, as in plan files; of kind run (confined, "
            "without the "
        "network), command, file, git, http (GET or HEAD), port or package."),
    Key("undo", Value("undo", table="undo"), "How the effect is taken back: in words, or by a command that `surefoot "
        "undo` runs after a yes; see below. Shown when asking.", way=Way.PLAIN, planner="How an outside effect is "
        "taken back.", planned=TEXT),
    Key("retry", Value("retry", table="retry"), "When it is tried again; see below.", usual="", is_default=True),
    Key("timeout", DURATION, "The body and everything it started are ended after this time.", field="timeout_s",
        is_default=True, planner="Such as `30m`."),
    Key("on_failure", words(ON_FAILURE)._replace(kind="on_failure", table="ladders"),
        "What follows its last failed attempt; see below.", usual="`block`; `skip` with `optional`; `ask` with `agent`",
        is_default=True, planner="What follows its last failed attempt; default: `ask` for an `agent` step, `block` "
        "for any other.", planned=words(ON_FAILURE)),
    Key("optional", FLAG, "`true`: the run can be completed (exit code 0) although the step failed; the report lists "
        "it under *Not done*.", "What needs it goes on, unless `on_failure` says otherwise.",
        planner="Whether the run can be completed although the step failed; only for what the goal does not need."),
    Key("probe_checks", FLAG, "`true`: once the checks have passed, what the step wrote is changed in small ways, one "
        "at a time, and they are asked about each; see [checks](../concepts/checks.md#whether-a-check-would-notice).",
        planner="Whether it is tried out that the checks notice small changes of what the step wrote."),
    Key("best_of", COUNT, "So many independent attempts are made at the step, its *candidates*, "
        "and one of their results counts where all agree; see [checks](../concepts/checks.md#independent-attempts). "
        "2 to 16.", usual="one attempt, tried again where it fails"),
    Key("compare", record_of("compare"), "With `best_of`: a command that shows what a result does, alone or as "
        "`{run: COMMAND, timeout: 5m}`: candidates agree where it prints the same and ends with the same exit status.",
        usual="candidates agree where they left the same files"),
    Key("disagree", words(Disagreement), "With `best_of`: what follows where candidates do not agree. `ask` has a "
        "person choose; `majority` takes a result that more than half of them agree with, without that being a proof."),
    Key("estimate", TIME, "How long the body is expected to take.", "`surefoot check` adds it up along the longest "
        "path; steps on it are [tried first](command-line.md#run).",
        usual="from earlier runs of the plan", field="estimate_s", planner="How long it will take, such as `5m`."),
    Key("expects", Value("expected_outputs"), "`{KEY: EXPRESSION}`: what its [outputs](#values) have to be like: the "
        "expression matches the whole value.", "Where one is missing or different, the step is verified all the same, "
        "but a person is asked whether the plan holds before a step that needs it starts.", usual="nothing",
        way=Way.REGEX, planner="{KEY: regular expression} for the whole value of each output that later steps need."),
    Key("covers", LITERALS, "The `requirements` of the plan that it serves: their numbers, from 1, or their "
        "words.", planner="Numbers of the requirements that it serves. Each requirement is served by a step."),
)
_AGENT = (
    Key("do", TEXT, "What the agent is to do, in words.", need="what the agent is to do, in words,",
        field="instructions", way=Way.PLAIN),
    Key("model", Value("model"), "`PROVIDER:NAME`.", usual="the model that plays the worker"),
    Key("worker", Value("worker"), "The same as `worker` of the step; this one counts where both are given.",
        usual="that of the step"),
    Key("turns", COUNT, "The attempt ends after this many replies.", field="turns_max"),
    Key("limits", record_of("agent_limits"), "`{cost_usd: 0.5, tokens: 100000, requests: 40}`, each of which may be "
        "left out: what all attempts at the step together may use. Each attempt makes at most its share of the "
        "requests that are left.", usual="none"),
)
_COMPARE = (
    Key("run", TEXT, "The command, for bash: confined as a check is, without the network. What it prints on its "
        "standard output, and its exit status, are what is compared.", need="the command whose output is compared"),
    Key("timeout", DURATION, "After this time it has shown nothing.", field="timeout_s"),
)
_AGENT_LIMITS = (
    Key("cost_usd", NUMBER, "US dollars."),
    Key("tokens", COUNT, "Tokens, sent and written."),
    Key("requests", COUNT, "Requests to models; each attempt makes at most its share of those that are left."),
)
_QUESTION = (
    Key("question", TEXT, "What a person is asked.", need="what a person is asked", way=Way.PLAIN),
    Key("options", LITERALS, "The answers allowed; none: any text.", way=Way.PLAIN),
    Key("default", LITERAL, "What an empty answer means."),
    Key("show", PATHS, "Globs of files shown beside the question, as they are on the run's branch.", way=Way.GLOB),
)
_RETRY = (
    Key("initial_interval", TIME, "Wait before the second attempt.", field="initial_interval_s"),
    Key("backoff_coefficient", Value("coefficient"), "Each further wait is this many times the one before; 1 or more."),
    Key("maximum_interval", TIME, "No wait is longer.", field="maximum_interval_s"),
    Key("maximum_attempts", COUNT, "Attempts in all, the first included.", usual="`limits.attempts`"),
    Key("non_retryable_error_types", TEXTS, "Names of Python exceptions after which no attempt follows."),
)
_CHECK = (
    Key("name", TEXT, "What reports call it; unique in its step.", usual="made from the question", way=Way.PLAIN,
        planner="A short name of its own."),
    Key("expect", words(Expect), "`pass`, `pass_to_pass` or `fail_to_pass`; see "
        "[checks](../concepts/checks.md).", planner="pass: holds afterwards (default). pass_to_pass: "
        "held before and holds afterwards. fail_to_pass: does not hold now and holds afterwards; the strongest proof."),
    Key("timeout", DURATION, "After this time the answer is inconclusive.", field="timeout_s",
        planner="Such as `90s` or `10m`."),
    Key("cwd", PATH, "Folder to ask in.", usual="the root", way=Way.PLAIN, planner="Folder to ask in."),
    Key("env", VARIABLES, "Variables on top of the plan's and the step's.", way=Way.PLAIN),
    Key("network", NETWORK, "How far the command's network reaches: `true`, `loopback` or `false`."),
    Key("confine", FLAG, "`false`: the command runs outside the sandbox.", "Reports and findings name such a check."),
    Key("uses", TEXTS, "Services it needs, beside those of its step.", "An acceptance check has no others.",
        way=Way.PLAIN, planner="Services it needs."),
    Key("held_back", FLAG, "`true`: no agent is ever told of the check or of what it said, so that no work is made to "
        "fit it."),
)
_PROBE = (
    Key("within", TIME, "Ask again until the effect shows or this time is over.", "Before that, *not applied* is not "
        "believed. The time counts from the asking, whatever the clock of the machine is set to; after a kill it "
        "begins anew.", usual="ask once", field="within_s"),
)
_RULE = (
    Key("name", TEXT, "Shown with every decision; unique in its file.",
        need="a name, which is shown with every decision,"),
    Key("tier", words(Tier), "What the rule says.", need="what the rule says (auto, log, confirm, never)"),
    Key("reason", TEXT, "Why, in a sentence for the person who is asked.",
        need="why, in a sentence for the person who is asked,"),
    Key("commands", TEXTS, "Patterns over a part's command."),
    Key("paths", TEXTS, "Globs over files that are written: by redirections, and those the step has changed.",
        "A glob that begins with `/` or `~/` is about files outside the workspace."),
    Key("resources", TEXTS, "Globs over what the step `uses`, and over its `sockets`."),
    Key("hosts", TEXTS, "Globs over hosts that the command names."),
    Key("variables", TEXTS, "Globs over names of environment variables that the step is given or the command uses."),
    Key("steps", TEXTS, "Globs over step ids."),
    Key("effects", words(Effect, many=True), "Effect classes."),
    Key("phases", words(Phase, many=True), "Phases of the run."),
    Key("cost_usd_above", NUMBER, "Holds where the run has cost more than this."),
    Key("lines_above", COUNT, "Holds where more lines than this are added and taken away."),
    Key("confidence_below", NUMBER, "Holds where what was done states a confidence below this."),
    Key("when", Value("condition", is_many=True), "With `confirm` or `never`: conditions over "
        "[what the step puts out](#values-that-a-step-puts-out), such as `outputs.amount > 1000`."),
)
_DEMAND = (
    Key("role", TEXT, "With `confirm`: the role an approver has to have."),
    Key("people", COUNT, "With `confirm`: so many different people have to approve."),
    Key("expires", DURATION, "With `confirm`: the question expires after this long.", field="expires_s"),
    Key("overdue", words(Overdue), "With `expires`: `wait` (the default), `hand_on` to another role, or `stop` the "
        "step."),
    Key("next_role", TEXT, "With `overdue: hand_on`: that role."),
)
_OPERATION = (
    Key("add", Value("step"), "A step as in a plan; `before` or `after` say where, else it comes last."),
    Key("replace", Value("step"), "A step as in a plan, in the place of the one with its id."),
    Key("drop", TEXT, "The id of a step."),
    Key("move", TEXT, "The id of a step; `before` or `after` say where to."),
    Key("before", TEXT, "Beside `add` and `move`: the step that it is taken up before."),
    Key("after", TEXT, "Beside `add` and `move`: the step that it is taken up after."),
    Key("goal", TEXT, "Another goal, in words."),
    Key("scope", record_of("scope"), "`{write: [GLOB, …]}`: what the run may change from here on."),
    Key("limits", Value("limits", table="limits"), "Those limits that change; the others stay."),
    Key("accept", list_of("check"), "Acceptance checks that are added."),
    Key("drop_accept", TEXT, "The name of an acceptance check."),
    Key("constraint", record_of("constraint"), "`{text: …, deny: [GLOB, …], commands: [PATTERN, …]}`: what holds from "
        "here on for planner, workers and reviewer alike; what it denies is refused."),
    Key("drop_constraint", TEXT, "The words of a constraint."),
)
_AMENDMENT = (
    Key("why", TEXT, "Why the plan changes. People and later agents read it.", usual="none"),
    Key("amend", list_of("operation"), "What changes, in this order.", need="a list of changes"),
)
# fmt: on
OPERATIONS = tuple(key.name for key in _OPERATION if key.name not in ("before", "after"))
"""The keys of which each change of an amendment has exactly one."""
DEMAND = Table("a rule", _DEMAND, Demand)
"""The keys of a rule that say what its answer has to be like."""
_STATUS = Value("status")
TABLES: Mapping[str, Table] = {
    "plan": Table("a plan", _PLAN, Plan),
    "prepare": Table("`prepare`", _PREPARE, Prepare),
    "service": Table("a service", _SERVICE, Service),
    "rule": Table("a rule", (*_RULE, *(key._replace(field="") for key in _DEMAND)), Rule),
    "limits": Table("`limits`", _LIMITS, Limits),
    "amendment": Table("an amendment", _AMENDMENT),
    "operation": Table("a change", _OPERATION, one_of=OPERATIONS),
    "constraint": Table("a constraint", _CONSTRAINT, Constraint, alone="text"),
    "resource": Table("a resource", _RESOURCE, alone="count"),
    "scope": Table(
        "`scope`", (Key("write", PATHS, "Globs of the files the run may change.", need="a list of globs"),), alone=""
    ),
    "defaults": Table("`defaults`", tuple(key for key in _STEP if key.is_default), Step),
    "step": Table("a step", _STEP, Step, one_of=BODIES),
    "glob": Table("`for_each`", (Key("glob", PATH, "A glob over the files of the run branch.", need="a glob"),)),
    "lines": Table(
        "`for_each`", (Key("lines", TEXT, "A command whose non-empty output lines are the items.", need="a command"),)
    ),
    "agent": Table("`agent`", _AGENT, AgentBody, alone="do"),
    "agent_limits": Table("`limits` of an agent", _AGENT_LIMITS, AgentLimits),
    "compare": Table("`compare`", _COMPARE, Compare, alone="run"),
    "question": Table("a question", _QUESTION, AskBody, alone="question"),
    "retry": Table("`retry`", _RETRY, RetryPolicy),
    "undo": Table(
        "`undo`",
        (
            Key(
                "run",
                TEXT,
                "The command that takes the effect back.",
                field="undo_run",
                way=Way.SHELL,
                need="the command that takes the effect back",
            ),
            Key("say", ANY_TEXT, "How it is taken back, in words.", field="undo", usual="", way=Way.PLAIN),
        ),
    ),
    "rollback": Table(
        "`on_failure`",
        (Key("rollback_to", TEXT, "The step to whose commit the branch goes back.", need="the id of a step"),),
    ),
    "ladders": Table(
        "`on_failure` by kind",
        tuple(
            Key(name, words(ON_FAILURE)._replace(kind="on_failure", table="rollback"), says, usual=usual, field="")
            for name, says, usual in (
                (
                    "execution",
                    "What follows where the step could not be carried out: any failure but that of a check.",
                    "`default`",
                ),
                ("verification", "What follows where a check did not pass.", "`default`"),
                ("default", "What follows any other failure.", "as without `on_failure`"),
            )
        ),
    ),
    "check": Table("a check", _CHECK, Check, kinds=CHECK_KINDS, verdicts=("passed when", "inconclusive when")),
    "probe": Table("a probe", _PROBE, Probe, kinds=PROBE_KINDS, verdicts=("applied", "not applied")),
    "answer": Table(
        "an HTTP answer",
        (
            Key("status", _STATUS, "The status code.", usual="any"),
            Key(
                "json",
                Value("values_by_path"),
                "Dotted paths into the JSON answer, with the values they must have.",
                usual="any",
            ),
        ),
        HttpAnswer,
    ),
    "rows": Table(
        "an answer of a database",
        (
            Key("rows", Value("rows_number"), "How many rows there are.", usual="any"),
            Key("value", Value("scalar"), "The first value of the first row.", usual="any", field=""),
        ),
        SqlAnswer,
    ),
}


@cache
def names_of(table: str) -> tuple[str, ...]:
    """Return the names of all keys of a table; they are asked for at each mapping of a file."""
    return TABLES[table].names

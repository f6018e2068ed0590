"""The plan file's JSON Schema, for editors.

Owns what an editor shows for a key: its meaning, its default, the shape of its value. Which keys there are is taken
from the tables that the readers use; a key without a word here is allowed any value. Must never refuse what a reader
takes; what only a reader can judge (needs, files, graph) is not said. Read `surefoot.planfile.loading` for the judge.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

from surefoot.core.plan import Effect, Expect, Tier
from surefoot.core.rules import Overdue
from surefoot.core.terms import Phase
from surefoot.planfile.agents import AGENT_KEYS, AGENT_LIMITS_KEYS
from surefoot.planfile.checks import CHECK_KINDS, COMMON_KEYS, FILE_QUESTIONS, FORMATS
from surefoot.planfile.loading import LIMITS_KEYS, PLAN_KEYS, RESOURCE_KEYS
from surefoot.planfile.probes import PROBE_KEYS, PROBE_KINDS
from surefoot.planfile.rules import RULE_KEYS
from surefoot.planfile.services import SERVICE_KEYS
from surefoot.planfile.steps import BODIES, DEFAULTS_KEYS, RETRY_KEYS, SHELLS, STEP_KEYS

FILE_NAME = "surefoot.schema.json"
"""What the file is called beside a plan."""
EDITOR_LINE = f"# yaml-language-server: $schema={FILE_NAME}"
"""The comment by which editors find it."""
_DIALECT = "https://json-schema.org/draft/2020-12/schema"

Shape = Mapping[str, object]

_TEXT: Shape = {"type": "string", "minLength": 1}
_ANY_TEXT: Shape = {"type": "string"}
_LITERAL: Shape = {"type": ["string", "number"]}
_FLAG: Shape = {"type": "boolean"}
_COUNT: Shape = {"type": "integer", "minimum": 1}
_NUMBER: Shape = {"type": "number", "minimum": 0}
_TEXTS: Shape = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_LITERALS: Shape = {"anyOf": [_LITERAL, {"type": "array", "items": _LITERAL}]}
_VALUE: Shape = {"type": ["string", "number", "boolean", "null"]}
_VARIABLES: Shape = {
    "type": "object",
    "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
    "additionalProperties": _LITERAL,
}
_DURATION: Shape = {
    "type": "string",
    "pattern": r"^\s*(?=.*\d)([\d.]+d)?([\d.]+h)?([\d.]+m)?([\d.]+s)?([\d.]+ms)?\s*$",
    "examples": ["90s", "30m", "2h"],
}
_NETWORK: Shape = {"anyOf": [{"type": "boolean"}, {"const": "loopback"}]}
_FUNCTION: Shape = {
    "type": "string",
    "pattern": r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$",
    "examples": ["package.module:function"],
}


def _words(words: Collection[str]) -> Shape:
    return {"enum": [str(word) for word in words]}


def _ref(name: str) -> Shape:
    return {"$ref": f"#/$defs/{name}"}


def _list_of(name: str) -> Shape:
    return {"type": "array", "items": _ref(name)}


_Row = tuple[Shape, str, str]
"""The shape of a value, what the key means, and what holds where it is not set."""

_PLAN: Mapping[str, _Row] = {
    "goal": (_TEXT, "What the run is for, in words.", ""),
    "files": (_TEXTS, "Files or folders beside the plan, copied when the run starts; read at $SUREFOOT_FILES.", "none"),
    "prepare": (_ref("prepare"), "The command that makes a lane usable.", "none"),
    "services": (
        {"type": "object", "additionalProperties": _ref("service")},
        "Commands that run beside the steps that use them, by name.",
        "none",
    ),
    "accept": (_list_of("check"), "Checks of the goal as a whole, asked at the end in a clean lane.", "none"),
    "scope": (_ref("scope"), "What the run may change.", "everything"),
    "limits": (_ref("limits"), "What the run may use.", ""),
    "env": (_VARIABLES, "Variables for prepare, bodies, checks and acceptance.", "none"),
    "policy": (_list_of("rule"), "Rules that can raise the tier of a step; the first that matches decides.", "none"),
    "defaults": (_ref("defaults"), "Step keys that hold for each step that does not set them itself.", "none"),
    "steps": ({**_list_of("step"), "minItems": 1}, "The steps.", ""),
}
_RULE: Mapping[str, _Row] = {
    "name": (_TEXT, "Shown with every decision.", ""),
    "tier": (_words(Tier), "What the rule says.", ""),
    "reason": (_TEXT, "Why, in a sentence for the person who is asked.", ""),
    "commands": (_TEXTS, "Patterns over simple commands, such as `git push*`.", "any"),
    "paths": (_TEXTS, "Globs over files that are written.", "any"),
    "resources": (_TEXTS, "Globs over what the step `uses`, and over its sockets.", "any"),
    "hosts": (_TEXTS, "Globs over hosts that a command names.", "any"),
    "variables": (_TEXTS, "Globs over names of environment variables.", "any"),
    "steps": (_TEXTS, "Globs over step ids.", "any"),
    "effects": ({"anyOf": [_words(Effect), {"type": "array", "items": _words(Effect)}]}, "Effect classes.", "any"),
    "phases": ({"anyOf": [_words(Phase), {"type": "array", "items": _words(Phase)}]}, "Phases of the run.", "any"),
    "cost_usd_above": (_NUMBER, "Holds where the run has cost more than this.", "any cost"),
    "lines_above": (_COUNT, "Holds where more lines than this are added and taken away.", "any number"),
    "confidence_below": (_NUMBER, "Holds where what was done states a confidence below this.", "any"),
    "role": (_TEXT, "The role an approver has to have.", "anybody but steps and agents"),
    "people": (_COUNT, "So many different people have to approve.", "1"),
    "expires": (_DURATION, "The question expires after this long; with a unit, as in 2h.", "never"),
    "overdue": (_words(Overdue), "What happens then.", "wait"),
    "next_role": (_TEXT, "The role it is handed on to, for `overdue: hand_on`.", "none"),
}
_PREPARE: Mapping[str, _Row] = {
    "run": (_TEXT, "The command, run once in each lane and again when a key file has changed.", ""),
    "key": (_TEXTS, "Globs of the files its result depends on.", "none"),
    "path": (_TEXTS, "Folders of the lane that are put in front of PATH.", "none"),
    "network": (_NETWORK, "Whether the command may use the network.", "false"),
    "timeout": (_DURATION, "It is ended after this long; with a unit, as in 90s.", "30m"),
}
_SERVICE: Mapping[str, _Row] = {
    "run": (_TEXT, "The command that is the service; it stays in the foreground.", ""),
    "ready": (_TEXT, "Asked again and again until it ends with exit status 0.", "ready when started"),
    "stop": (_TEXT, "Run before what is left of the service is ended by signals.", "signals alone"),
    "cwd": (_TEXT, "Folder to run in, relative to the repository's root.", "the root"),
    "env": (_VARIABLES, "Variables for its three commands, on top of the plan's.", "none"),
    "network": (_NETWORK, "Whether its commands may use the network.", "false"),
    "timeout": (_DURATION, "It has to be ready within this time; with a unit, as in 90s.", "1m"),
}
_LIMITS: Mapping[str, _Row] = {
    "wall": (
        _DURATION,
        "The run pauses after this much work since it was last started; with a unit, as in 2h.",
        "none",
    ),
    "attempts": (_COUNT, "Attempts at a step in all, the first included.", "3"),
    "parallel": (_COUNT, "How many steps run at once.", "1"),
    "cost_usd": (_NUMBER, "What the run may cost, in US dollars; it asks once 80 % of that is spent.", "none"),
    "tokens": (_COUNT, "How many tokens its models may take, sent and written; the run pauses before more.", "none"),
    "requests": (_COUNT, "How many requests to models it may make; the run pauses before more.", "none"),
    "resources": (
        {"type": "object", "additionalProperties": {"anyOf": [_COUNT, _ref("resource")]}},
        "At most so many steps with that name in `uses` run at once; `observe` tells how it stands.",
        "1 for each name",
    ),
}
_RESOURCE: Mapping[str, _Row] = {
    "count": (_COUNT, "At most so many steps use it at once.", "1"),
    "observe": (_TEXT, "A command whose output tells how it stands; effects that rest on it are asked about anew.", ""),
}
_SCOPE: Mapping[str, _Row] = {"write": (_TEXTS, "Globs of the files the run may change.", "")}
_FOR_EACH: Shape = {
    "anyOf": [
        {"type": "array", "items": _LITERAL},
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
            "additionalProperties": {
                "anyOf": [{"type": "array", "items": _LITERAL}, _ref("glob"), _ref("lines")],
            },
        },
    ]
}
_ASK: Shape = {"anyOf": [_TEXT, _ref("question")]}
_AGENT_BODY: Shape = {"anyOf": [_TEXT, _ref("agent")]}
_ON_FAILURE: Shape = {"anyOf": [_words(("block", "skip", "stop", "ask")), _ref("rollback")]}
_STEP: Mapping[str, _Row] = {
    "id": (_TEXT, "Its name: 1 to 200 characters; a group's holds the placeholder.", ""),
    "title": (_ANY_TEXT, "A few words for people; the commit's subject.", "surefoot: ID"),
    "why": (_ANY_TEXT, "The reason, shown when a person is asked, and in the commit.", "none"),
    "needs": (_TEXTS, "Steps or groups whose verified result it needs; globs over ids may be used.", "none"),
    "for_each": (_FOR_EACH, "Makes the step a group with one member for each item.", "none"),
    "if_empty": ({"const": "ok"}, "`ok`: a group without items is satisfied.", "failed"),
    "run": (_TEXT, "Body: a shell command.", ""),
    "call": (_FUNCTION, "Body: a Python function, confined like a command.", ""),
    "agent": (_AGENT_BODY, "Body: work for a model, in words.", ""),
    "ask": (_ASK, "Body: a question to a person.", ""),
    "shell": (_words(SHELLS), "Which shell runs the command.", "bash"),
    "cwd": (_TEXT, "Folder to run in, relative to the repository's root.", "the root"),
    "env": (_VARIABLES, "Variables for body and checks.", "none"),
    "env_from": (_TEXTS, "Names of variables taken from the environment; their values are masked.", "none"),
    "files": (_TEXTS, "As the plan's `files`.", "none"),
    "reads": (_TEXTS, "Globs of the files the body reads; ~/… opens a place of the home to it.", "none"),
    "writes": (_TEXTS, "Globs of the files the body may change.", "the plan's scope"),
    "scratch": (_TEXTS, "Globs of files that are never committed and need no care.", "none"),
    "artifacts": (_TEXTS, "Globs of ignored files that later steps need.", "none"),
    "network": (_NETWORK, "Whether the body may use the network; such a step states its effect.", "false"),
    "sockets": (_TEXTS, "Sockets of this machine the body may use; such a step states its effect.", "none"),
    "confine": (_FLAG, "false: the body runs outside the sandbox; such a step states its effect.", "true"),
    "uses": (_TEXTS, "Services it needs, and resources of which only so many are there.", "none"),
    "checks": (_list_of("check"), "What must hold for the step to be verified.", "the exit status alone"),
    "unproved": (_FLAG, "With `agent`: true lets it run without a check that can fail; it ends unproved.", "false"),
    "effect": (_words(Effect), "What the body does to the world; decides recovery and the tier.", "reversible"),
    "tier": (_words(Tier), "How much say a person has; only raises what the effect gives.", "by effect"),
    "probe": (_ref("probe"), "How to find out whether an outside effect was applied.", "none"),
    "undo": (_ANY_TEXT, "How the effect is taken back: shown when asking, never run.", "none"),
    "retry": (_ref("retry"), "When it is tried again.", ""),
    "timeout": (_DURATION, "The body is ended after this long; with a unit, as in 90s.", "30m"),
    "on_failure": (_ON_FAILURE, "What its final failure means.", "block"),
    "optional": (_FLAG, "Whether the run can be completed although the step failed.", "false"),
    "estimate": (_DURATION, "How long the body is expected to take; with a unit, as in 90s.", "none"),
}
_AGENT: Mapping[str, _Row] = {
    "do": (_TEXT, "What the agent is to do, in words.", ""),
    "model": ({**_TEXT, "pattern": r"^[A-Za-z][\w.-]*:"}, "PROVIDER:NAME.", "the one that plays the worker"),
    "turns": (_COUNT, "The attempt fails after so many replies.", "60"),
    "limits": (_ref("agent_limits"), "What all attempts at the step together may use.", "none"),
}
_AGENT_LIMITS: Mapping[str, _Row] = {
    "cost_usd": (_NUMBER, "US dollars.", "none"),
    "tokens": (_COUNT, "Tokens, sent and written.", "none"),
    "requests": (_COUNT, "Requests to models.", "none"),
}
_QUESTION: Mapping[str, _Row] = {
    "question": (_TEXT, "What a person is asked.", ""),
    "options": (_LITERALS, "The answers allowed; none: any text.", "none"),
    "default": (_LITERAL, "What an empty answer means.", "none"),
    "show": (_TEXTS, "Globs of files shown beside the question: what the run changed in them, else all.", "none"),
}
_RETRY: Mapping[str, _Row] = {
    "initial_interval": (_DURATION, "Wait before the second attempt; with a unit, as in 5s.", "1s"),
    "backoff_coefficient": ({"type": "number", "minimum": 1}, "Each further wait is this many times longer.", "2"),
    "maximum_interval": (_DURATION, "No wait is longer; with a unit, as in 90s.", "100s"),
    "maximum_attempts": (_COUNT, "Attempts in all, the first included.", "limits.attempts"),
    "non_retryable_error_types": (_TEXTS, "Names of Python exceptions after which no attempt follows.", "none"),
}
_CHECK: Mapping[str, _Row] = {
    "run": (_TEXT, "Passed when the command ends with exit status 0.", ""),
    "tests": (_TEXT, "A command judged test by test.", ""),
    "file": (_TEXT, "A glob; asks about the files it matches.", ""),
    "call": (_FUNCTION, "A Python function that returns a bool or (verdict, text).", ""),
    "changed": (_TEXTS, "Passed when all changed paths match these globs.", ""),
    "exists": (_FLAG, "With `file`: whether one matches.", ""),
    "contains": (_TEXT, "With `file`: each holds this text.", ""),
    "lacks": (_TEXT, "With `file`: none holds this text.", ""),
    "matches": ({**_TEXT, "format": "regex"}, "With `file`: each matches this regular expression somewhere.", ""),
    "format": (_words(FORMATS), "With `tests`: how the command tells of its tests.", "junit"),
    "name": (_TEXT, "A name no other check of the step has.", "from the question"),
    "expect": (_words(Expect), "What it proves.", "pass"),
    "timeout": (_DURATION, "After this long it is inconclusive; with a unit, as in 90s.", "10m"),
    "cwd": (_TEXT, "Folder to ask in, relative to the repository's root.", "the root"),
    "env": (_VARIABLES, "Variables on top of the plan's and the step's.", "none"),
    "network": (_NETWORK, "Whether the command may use the network.", "false"),
    "uses": (_TEXTS, "Services it needs, beside those of its step.", "none"),
    "sockets": (_TEXTS, "Sockets of this machine the command may use.", "none"),
    "confine": (_FLAG, "false: the command runs outside the sandbox.", "true"),
    "held_back": (_FLAG, "true: no agent is told of it, nor of what it said.", "false"),
}
_ANSWER: Mapping[str, _Row] = {
    "status": ({"type": "integer", "minimum": 100, "maximum": 599}, "The status code.", "any"),
    "json": ({"type": "object"}, "Dotted paths into the JSON answer, with the values they must have.", "any"),
}
_ROWS: Mapping[str, _Row] = {
    "rows": ({"type": "integer", "minimum": 0}, "How many rows there are.", "any"),
    "value": (_VALUE, "The first value of the first row.", "any"),
}
_PROBE_ANSWER: Shape = {"anyOf": [_ref("answer"), _ref("rows"), _VALUE]}
_PROBE: Mapping[str, _Row] = {
    "file": (_TEXT, "A path; applied when it exists.", ""),
    "git": (_TEXT, "A remote; applied when its `ref` is at the commit `is`.", ""),
    "http": ({**_TEXT, "pattern": "^https?://"}, "An address; judged by the answers that are declared.", ""),
    "run": (_TEXT, "A command: exit status 0 applied, 1 not applied, else unknown.", ""),
    "call": (_FUNCTION, "A Python function that returns True, False, None or a word.", ""),
    "process": ({**_TEXT, "format": "regex"}, "A regular expression; applied when a command line fits.", ""),
    "port": (_LITERAL, "PORT or HOST:PORT; applied when something accepts connections there.", ""),
    "package": (_TEXT, "A package; applied when the release `version` is in the `index`.", ""),
    "sql": (_TEXT, "A query; applied when it finds a row, or by the answers that are declared.", ""),
    "sha256": ({"type": ["string", "number"]}, "With `file`: the digest it must have, in hex.", "any"),
    "ref": (_TEXT, "With `git`: a branch or full ref name.", ""),
    "is": (_LITERAL, "With `git`: the commit it should be at.", ""),
    "method": (_TEXT, "With `http`: the method.", "GET"),
    "confine": (_FLAG, "With `run`: true: the command runs in the sandbox, without the network.", "false"),
    "pid_file": (_TEXT, "With `process`: a file that names the one that counts.", "any"),
    "version": (_LITERAL, "With `package`: the release.", ""),
    "index": (_TEXT, "With `package`: a simple index (address or $NAME), or a folder of releases.", ""),
    "url": (_TEXT, "With `sql`: sqlite:///PATH, postgresql://… or $NAME.", ""),
    "applied": (_PROBE_ANSWER, "With `http` and `sql`: the answer that shows the effect.", ""),
    "not_applied": (_PROBE_ANSWER, "With `http` and `sql`: the answer that shows there was none.", "unknown"),
    "within": (_DURATION, "Asked again for so long until applied; with a unit, as in 60s.", "once"),
}


@cache
def plan_schema() -> Shape:
    """Return the schema of a plan file."""
    glob: Mapping[str, _Row] = {"glob": (_TEXT, "A glob over the files of the run branch.", "")}
    lines: Mapping[str, _Row] = {"lines": (_TEXT, "A command whose non-empty output lines are the items.", "")}
    rollback: Mapping[str, _Row] = {"rollback_to": (_TEXT, "The step to whose commit the branch goes back.", "")}
    check_keys = (*CHECK_KINDS, *FILE_QUESTIONS, "format", *COMMON_KEYS)
    return {
        "$schema": _DIALECT,
        "title": "A plan of Surefoot",
        **_table(PLAN_KEYS, _PLAN, ("goal", "steps")),
        "$defs": {
            "prepare": _table(_PREPARE, _PREPARE, ("run",)),
            "service": _table(SERVICE_KEYS, _SERVICE, ("run",)),
            "rule": _table(RULE_KEYS, _RULE, ("name", "tier", "reason")),
            "limits": _table(LIMITS_KEYS, _LIMITS),
            "resource": _table(RESOURCE_KEYS, _RESOURCE),
            "scope": _table(_SCOPE, _SCOPE, ("write",)),
            "defaults": _table(DEFAULTS_KEYS, _STEP),
            "step": {**_table(STEP_KEYS, _STEP, ("id",)), **_one_of(BODIES)},
            "glob": _table(glob, glob, ("glob",)),
            "lines": _table(lines, lines, ("lines",)),
            "agent": _table(AGENT_KEYS, _AGENT, ("do",)),
            "agent_limits": _table(AGENT_LIMITS_KEYS, _AGENT_LIMITS),
            "question": _table(_QUESTION, _QUESTION, ("question",)),
            "retry": _table(RETRY_KEYS, _RETRY),
            "rollback": _table(rollback, rollback, ("rollback_to",)),
            "check": {**_table(check_keys, _CHECK), **_one_of(CHECK_KINDS)},
            "probe": {**_table(PROBE_KEYS, _PROBE), **_one_of(PROBE_KINDS)},
            "answer": _table(_ANSWER, _ANSWER),
            "rows": _table(_ROWS, _ROWS),
        },
    }


def _table(keys: Collection[str], rows: Mapping[str, _Row], required: Collection[str] = ()) -> dict[str, object]:
    table: dict[str, object] = {
        "type": "object",
        "properties": {key: _property(rows[key]) if key in rows else {} for key in keys},
        "additionalProperties": False,
    }
    return {**table, "required": list(required)} if required else table


def _property(row: _Row) -> Shape:
    shape, meaning, usual = row
    # The default stands in the words: many of them are no value that could be written.
    return {**shape, "description": f"{meaning} Default: {usual}." if usual else meaning}


def _one_of(keys: Collection[str]) -> Shape:
    return {"oneOf": [{"required": [key]} for key in keys]}

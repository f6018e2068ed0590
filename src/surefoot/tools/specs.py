"""The tools as models are told of them.

Owns the words and the schema of each tool. The words are written for models: what it does, when to use it, what it
gives. Must never name a tool that `surefoot.core.toolbox` does not know. Read `surefoot.tools.using` next.
"""

from __future__ import annotations

from functools import cache

from surefoot.core.talking import Role
from surefoot.core.toolbox import tools_of
from surefoot.ports import ToolSpec
from surefoot.tools.plan_shapes import (
    CHECK,
    PREPARE,
    SERVICES,
    STEP,
    flag,
    listed,
    record_of,
    text,
    texts,
    whole,
)
from surefoot.tools.shapes import Shape

LINES_MAX = 400
"""So many lines of one file are shown at once."""
MATCHES_MAX = 100
"""So many matches are shown, if the call does not say."""
_PATH = text("Path from the root of the workspace, as `list` shows it.")
_GLOB = text("Only files this glob matches; `*` stands for any part of a name, `**` for any folders.")
_RANGE: dict[str, Shape] = {
    "path": _PATH,
    "start": whole("First line, from 1.", 1),
    "end": whole("Last line.", 1),
}

_LIST = record_of(
    {
        "path": text("Folder to begin in; default: the root."),
        "depth": whole("How many folders deep; default: 2.", 1, 20),
        "glob": _GLOB,
    }
)
_SEARCH = record_of(
    {
        "pattern": text("Regular expression, matched line by line."),
        "literal": flag("Take the pattern as plain text."),
        "ignore_case": flag("Take capital and small letters for the same."),
        "path": text("Folder or file to search; default: the root."),
        "glob": _GLOB,
        "context": whole("So many lines round each match; default: 0.", 0, 5),
        "max": whole(f"So many matches at most; default: {MATCHES_MAX}.", 1, 500),
    },
    "pattern",
)
_READ = record_of(
    {
        **_RANGE,
        "more": listed(record_of(_RANGE, "path"), "Further files, or ranges of files, to read at once.", most=20),
    },
    "path",
)
_OUTLINE = record_of({"path": text("A file, or a glob over files.")}, "path")
_EDIT = record_of(
    {
        "edits": listed(
            record_of(
                {
                    "path": _PATH,
                    "old": text(
                        "The text to be replaced, exactly as it stands, with its indentation, without line numbers."
                    ),
                    "new": text("What stands there afterwards; empty: nothing.", may_be_empty=True),
                    "all": flag("Replace it wherever it stands; else it has to stand in one place only."),
                },
                "path",
                "old",
                "new",
            ),
            "Exact replacements, done one after the other.",
        ),
        "create": listed(
            record_of({"path": _PATH, "content": text("All of the file.", may_be_empty=True)}, "path", "content"),
            "Files to be written whole: new ones, or ones you have read.",
        ),
        "move": listed(record_of({"path": _PATH, "to": text("Where to.")}, "path", "to"), "Files to be moved."),
        "delete": texts("Files to be deleted."),
    }
)
_RUN = record_of(
    {
        "command": text("The text given to bash (`-eo pipefail`). Standard input is closed."),
        "timeout_s": whole("It is ended after so many seconds; default: 120.", 1),
        "cwd": text("Folder to start in; default: the root."),
    },
    "command",
)
_GIT = record_of(
    {"args": listed({"type": "string"}, 'Command and arguments, such as ["log", "-5", "--stat"].', least=1)}, "args"
)
_RECALL = record_of(
    {
        "reference": text("As the stub names it, such as `3.2`."),
        "start": whole("First line, from 1.", 1),
        "lines": whole(f"How many; default: {LINES_MAX}.", 1, LINES_MAX),
    },
    "reference",
)
_NOTE = record_of({"text": text("One fact, in a sentence or two.")}, "text")
_ASK = record_of(
    {
        "question": text("The question, with all that is needed to answer it."),
        "options": texts("The answers to choose from; none: any text."),
    },
    "question",
)
_PROPOSE = record_of(
    {"change": text("What should be different in the plan."), "why": text("What you found that makes it so.")},
    "change",
    "why",
)
_FINISH: dict[str, Shape] = {
    "summary": text("What was done, in a few sentences."),
    "changed": texts("Files you have changed."),
    "statements": listed(
        record_of(
            {
                "text": text("What you say is so, such as `all tests pass`."),
                "evidence": text("The call that shows it, such as `7.1`.", may_be_empty=True),
            },
            "text",
        ),
        "What you say to be so, each with its evidence. What has none is marked as unfounded.",
    ),
    "confidence": {"type": "number", "minimum": 0, "maximum": 1, "description": "How sure you are, from 0 to 1."},
    "uncertainties": texts("What you are not sure of."),
    "changes_next": text("What should change in the steps that follow, and why.", may_be_empty=True),
    "gives_up": flag("True if it cannot be done as it stands; the summary then says why."),
    "objections": texts("For reviewers: what speaks against the result, each with the place. None: nothing does."),
}
_WORKER_FINISH = record_of(
    {key: shape for key, shape in _FINISH.items() if key != "objections"}, "summary", "confidence"
)
_REVIEWER_FINISH = record_of(
    {key: _FINISH[key] for key in ("summary", "objections", "statements", "confidence", "uncertainties")},
    "summary",
    "objections",
    "confidence",
)
_UNDERSTOOD = record_of(
    {
        "summary": text("What the goal asks for and how things stand, in a few sentences."),
        "files": listed(
            record_of({"path": _PATH, "learned": text("What you learned from it.")}, "path", "learned"),
            "The files that matter.",
        ),
        "scope": texts("Globs over all files the work may change; none: everything."),
        "accept": listed(CHECK, "What shows that the goal is reached: the existing tests, and what is not so yet."),
        "prepare": PREPARE,
        "risks": texts("What may go wrong."),
        "questions": texts("What you do not know and could not find out."),
        "steps": listed(STEP, "For a small goal only: the whole plan, in one or two steps without `needs`.", most=2),
    },
    "summary",
    "files",
    "scope",
    "accept",
)
_PLAN = record_of(
    {
        "steps": listed(STEP, "The steps.", least=1),
        "services": SERVICES,
        "parallel": whole("So many steps may run at once; default: 1.", 1, 16),
    },
    "steps",
)

_LANGUAGE = "one of log, show, diff, status, blame, ls-files, grep, rev-parse, branch --list, tag --list, shortlog"
_WORDS: dict[str, str] = {
    "list": (
        "Show folders and files, with sizes, without what git ignores. Use it first, to see what there is. Gives a "
        "line a file; deeper folders are counted."
    ),
    "search": (
        "Find lines that match a pattern in all files git does not ignore. Use it to find where something is defined"
        " or used. Gives matches by file with line numbers, and says how many more there are."
    ),
    "read": (
        f"Read files, at most {LINES_MAX} lines of each at once. A file has to be read before it can be edited. Gives"
        " the lines with their numbers, and the range with which to go on."
    ),
    "outline": ("Show classes, functions and headings of files with line numbers. Use it before reading a long file."),
    "git": (
        f"Look at the history: {_LANGUAGE}. Nothing can be changed. shortlog needs a revision, as in shortlog -sn HEAD."
    ),
    "recall": (
        "Bring back in full what stands as a stub in your brief: earlier outputs, evidence of checks. Gives a page, "
        "and how to go on."
    ),
    "edit": (
        "Change files: exact replacements, whole files, moves, deletions; all of it or, if anything is wrong, "
        "nothing. Read a file first. `old` has to stand in the file exactly once: take enough lines round it, or set"
        " `all`. Gives what changed as a diff."
    ),
    "run": (
        "Run a shell command in the workspace, confined to it. Use it for tests, builds and generators, not to read "
        "or edit files. Gives the exit status, and beginning and end of the output."
    ),
    "note": (
        "Keep a fact for all later steps: something you found out that is not seen from the code at once. It stays "
        "in every brief."
    ),
    "ask": (
        "Ask a person, if something only a person can decide keeps you from going on. Do not ask for permission: "
        "that is asked for by itself."
    ),
    "propose": (
        "Propose a change of the plan where you found that it is wrong. It is recorded with its reason, and does not "
        "change your own step: go on with it."
    ),
    "understood": (
        "End your work: say what you found out. `accept` holds executable checks that show whether the goal is "
        "reached; prefer the project's own tests with expect: pass_to_pass, and what the goal asks for with expect: "
        "fail_to_pass. The checks the user gave hold anyway; do not repeat them. If the plan is obvious and has one "
        "or two steps, give them as `steps`."
    ),
    "plan": (
        "End your work: give the plan. Each step is small, has checks that prove it, and writes only what it names. "
        "Steps that do not need each other do not name each other in `needs`. Goal, acceptance checks, scope and "
        "preparation are known; do not repeat them. What is wrong comes back with its line."
    ),
    "finish": (
        "End your work: say what you did and what you know to be so. It proves nothing: the checks decide. Say what "
        "you are not sure of."
    ),
}
_SCHEMAS: dict[str, Shape] = {
    "list": _LIST,
    "search": _SEARCH,
    "read": _READ,
    "outline": _OUTLINE,
    "git": _GIT,
    "recall": _RECALL,
    "edit": _EDIT,
    "run": _RUN,
    "note": _NOTE,
    "ask": _ASK,
    "propose": _PROPOSE,
    "understood": _UNDERSTOOD,
    "plan": _PLAN,
    "finish": _WORKER_FINISH,
}
_FINISH_AS_REVIEWER = (
    "End your work: say what speaks against the result, each with the place, or that nothing does. You can object, not "
    "pass: the checks decide."
)


@cache
def specs_of(role: Role) -> tuple[ToolSpec, ...]:
    """Return the tools of a role as it is told of them, in the order of the toolbox."""
    return tuple(spec_of(tool.name, role) for tool in tools_of(role))


def spec_of(name: str, role: Role | None = None) -> ToolSpec:
    """Return one tool as a role is told of it.

    Raises:
        KeyError: there is no such tool.
    """
    if name == "finish" and role is Role.REVIEWER:
        return ToolSpec(name=name, text=_FINISH_AS_REVIEWER, schema=_REVIEWER_FINISH)
    if name == "finish" and role is None:
        return ToolSpec(name=name, text=_WORDS[name], schema=record_of(_FINISH, "summary", "confidence"))
    return ToolSpec(name=name, text=_WORDS[name], schema=_SCHEMAS[name])

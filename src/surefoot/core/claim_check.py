"""The comparison of an agent's claims with its journaled calls.

It errs on the side of the agent: a claim that the journal contradicts, or that would have left a trace and has none, is
a problem; a claim that is merely not shown is a remark.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from surefoot.core.agent_types import Claim, Statement, ToolKind
from surefoot.core.conversation import Conversation, ToolCallState
from surefoot.core.events import ToolCallFinished
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.core.stubs import cut

_COMMAND_MAX = 500
_OPTIONS_MAX = 2_000
_SENTENCE_MAX = 1_000
"""So much of a text is looked at: the expressions below take time that grows faster than the text."""
_CALL = regex(r"\d+\.\d+")
_SENTENCES = regex(r"(?<=[.!?;])\s+|\n+")
_SUFFIXES = (
    "py|pyi|js|jsx|ts|tsx|mjs|c|h|cc|cpp|hpp|rs|go|java|kt|rb|php|sh|sql|html|css|md|rst|txt"
    "|json|toml|ya?ml|cfg|ini|xml|ipynb"
)
_PATH = rf"[`'\"]?((?:[\w@+-][\w.@+-]*/)*[\w@+-][\w@+-]*\.(?:{_SUFFIXES}))[`'\"]?"
_MADE = regex(
    rf"\b(?:created|added|wrote)\s+(?:(?:a|an|the|new|file|module|test|script)\s+)*{_PATH}(?=[\s,.;:)]|$)"
    rf"|{_PATH}\s+(?:was|has been)\s+(?:created|added|written)\b",
    re.IGNORECASE,
)
_UNSURE = regex(
    r"\b(?:not|never|no longer|cannot|unable|fail(?:s|ed|ing|ure|ures)?|should|would|could|might|may|will|expect\w*"
    r"|if|once|unless|until|before|except|but|some|most|many|partly|other than|\d+\s+(?:of|out of)\s+\d+|todo|need\w*"
    r"|try|tried|want\w*|so that|ensure\w*|red|to (?:make|confirm|verify|check|see|prove)|let(?:'s| me| us)|why|whether"
    r"|now (?:I|we|run)|going to|next)\b|n't\b|\d+/\d+|\?",
    re.IGNORECASE,
)
"""What has one of these in it says something else than that all is well, or says it with care."""
_SPEAKS_OF_FAILURE = regex(r"fail|error|break|broke|bug|reproduc|red\b|before|miss|wrong|not\b|n't\b", re.IGNORECASE)
_MASKED = regex(r"\|\|\s*(?:true|:|echo|exit\s+0)|;\s*(?:true|:|exit\s+0)\s*$|(?:^|\s)set\s+\+e\b")
_START = (
    r"(?:^|[;&|(\n]\s*)(?:\w+=\S*\s+|(?:sudo|env|time|timeout\s+\S+|(?:ba|z)?sh(?:\s+-\w+)*|uv run|poetry run"
    r"|\S*python[\d.]*\s+-m)\s+)*"
)
"""Where a command begins, behind what may stand before its name."""
_SYMBOL = regex(
    r"`(?:[\w./-]+::)?(?:\w+(?:\.|::))*(\w{3,})\([^`\n]*\)`|`[\w./-]+::(?:\w+::)?(\w{3,})`|\b(test_\w+)\b(?![\w/:]|\.\w)"
)
"""What a claim names as code: `f()`, `path::name`, and tests by their names."""
_SAYS_GONE = regex(r"\bthere (?:is|are|was|were) no\b|\bany ?more\b|\bwithout\b", re.IGNORECASE)
_SYMBOLS_MAX = 16
_KNOWN = frozenset(dir(builtins))
_PROSE = regex(r"\.(?:md|rst|txt)$|(?:^|/)(?:LICENSE|CHANGELOG|AUTHORS)[^/]*$", re.IGNORECASE)
_PART = regex(r"\s(?:-k|-m|--lf|--last-failed|--deselect)\s|::|\btest\w*/?\S*\.\w+\b|\s\w+(?:\.\w+){2,}")


@record
class Kind:
    """A kind of command, and the words in which success at it is claimed."""

    name: str
    """What it does, as it stands after `a command that`."""
    commands: re.Pattern[str]
    success: re.Pattern[str]
    """Says that it went well."""
    ran: re.Pattern[str]
    """Says that it was done, whatever came of it."""


_PASSES = r"pass(?:es|ed|ing)?\b(?!\s+(?:the|an?|its?|of|in(?!\s+\d)|to|on|through|along|around|None|[`'\"(]))"
"""Not that something is passed on: `tests pass the new argument`."""


def _kind(name: str, programs: str, words: str, well: str = "") -> Kind:
    went_well = rf"{_PASSES}|(?:green|succeed(?:s|ed)?|successful(?:ly)?{well})\b"
    return Kind(
        name=name,
        commands=regex(_START + rf"(?:\S*/)?(?:{programs})(?![\w-])"),
        success=regex(rf"\b(?:{words})\b(?:(?![.;]\s).)*\b(?:{went_well})", re.IGNORECASE),
        ran=regex(
            rf"\b(?:I|we)\s+(?:also\s+)?(?:ran|executed|have\s+(?:also\s+)?(?:run|executed))\b(?!\s+(?:into|through|across|out))[^.;`]{{0,40}}\b(?:{words})\b",
            re.IGNORECASE,
        ),
    )


_CLEAN = r"|clean|no (?:errors|issues|warnings)"
KINDS = (
    _kind(
        "runs tests",
        r"pytest|py\.test|unittest|doctest|tox|nox|(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?test\S*|npx\s+(?:jest|vitest|mocha)"
        r"|jest|vitest|mocha|cargo\s+(?:test|nextest)|go\s+test|make\s+\S*(?:test|check)\S*|ctest|rspec|phpunit"
        r"|mvn\s.*test|\S*gradlew?\s.*test|python[\d.]*\s+(?:-\S+\s+)*\S*test\S*|python[\d.]*\s+-c\s[^\n]*\btest\S*"
        r"|\S*/\S*test\S*|\S*test\S*\.(?:py|sh|js|ts)",
        r"tests|test suite|testsuite|pytest|unittests?",
    ),
    _kind(
        "looks for lint",
        r"ruff|flake8|pylint|eslint|pycodestyle|black|isort|prettier|cargo\s+clippy|golangci-lint|go\s+vet|rubocop"
        r"|shellcheck|pre-commit|npm\s+run\s+lint\S*|make\s+\S*(?:lint|check)\S*",
        r"lint|linter|linters|linting|ruff|flake8|pylint|eslint",
        _CLEAN,
    ),
    _kind(
        "checks types",
        r"mypy|pyright|tsc|pytype|pyre|npx\s+tsc|make\s+\S*(?:types?|check)\S*",
        r"type[- ]?check(?:er|ers|ing|s)?|mypy|pyright|tsc",
        _CLEAN,
    ),
)
"""What agents like to say went well."""


@record(kw_only=False)
class _Done:
    """One finished call, in the order in which the calls were made."""

    index: int
    call: ToolCallState
    result: ToolCallFinished

    @property
    def command(self) -> str:
        """The shell command; empty where the call runs none."""
        return self.call.asked.command if self.call.kind is ToolKind.WRITE else ""

    @property
    def has_succeeded(self) -> bool:
        return self.result.ok and self.result.exit_code in (None, 0)

    @property
    def changes_code(self) -> bool:
        return any(not _PROSE.search(path) for path in self.result.changed)

    def __str__(self) -> str:
        return f"{self.call.asked.call}: {cut(self.command or self.call.asked.summary, 100)}"


def symbols_in(claim: Claim) -> tuple[str, ...]:
    """Return the functions and tests that a claim names, where it says that something is so."""
    if claim.gives_up:
        return ()
    found = (name for said in _statements(claim) for name in _symbols(said))
    return tuple(dict.fromkeys(found))[:_SYMBOLS_MAX]


def _symbols(statement: Statement) -> Iterator[str]:
    if not _UNSURE.search(statement.text) and not _SAYS_GONE.search(statement.text):
        names = (one[1] or one[2] or one[3] for one in _SYMBOL.finditer(statement.text))
        yield from (name for name in names if name not in _KNOWN)


def _statements(claim: Claim) -> list[Statement]:
    """Return what a claim says, a sentence each: agents say as much in the summary as in statements."""
    sentences = [Statement(text=said) for sentence in _SENTENCES.split(claim.summary) if (said := sentence.strip())]
    return [_shortened(one) for one in (*claim.statements, *sentences)]


def ungrounded(
    claim: Claim, conversation: Conversation, changed: tuple[str, ...], absent: Collection[str] = ()
) -> tuple[str, ...]:
    """Return what the claim says and the journal contradicts, a sentence each.

    Args:
        claim: What the agent says in the end.
        conversation: What it did.
        changed: The paths that differ.
        absent: Names of the claim that stand in no file, neither before nor after.
    """
    if claim.gives_up:
        return ()
    calls = _calls(conversation)
    found: list[str] = []
    for path in claim.changed:
        if _is_among(path, changed):
            continue
        touched = next((one for one in reversed(calls) if _is_among(path, one.result.changed)), None)
        if touched is not None:
            found.append(
                f"it says that {path} was changed; call {touched} did so, and in the end the file is as it was"
            )
        elif not any(_clean(path) in one.command for one in calls):
            found.append(f"it says that {path} was changed, and no call has changed it")
    for statement in _statements(claim):
        names = [name for name in _symbols(statement) if name in absent]
        found += (f"it says {cut(statement.text, 160)!r}, and no file has {name}" for name in names)
        found += _evidence_flaws(statement, conversation)
        found += _work_flaws(statement, calls)
        found += _unmade(statement, calls, changed)
    return tuple(dict.fromkeys(found))


def unproven(claim: Claim, conversation: Conversation, whole: Collection[str] = ()) -> tuple[str, ...]:
    """Return what the claim says and nothing in the journal shows or contradicts, a sentence each.

    `whole` are commands that count as all there is to ask, whatever they look like: those of the checks.
    """
    calls = _calls(conversation)
    found: list[str] = []
    for statement in map(_shortened, claim.statements):
        kind = _claimed(statement.text)
        said = f"it says {cut(statement.text, 160)!r}"
        if kind is None and not _CALL.search(statement.evidence):
            found.append(f"{said} and names no call that shows it")
        elif kind is not None and (remark := _weak_proof(statement, kind, calls, whole)):
            found.append(f"{said}; {remark}")
    return tuple(dict.fromkeys(found))


def _calls(conversation: Conversation) -> list[_Done]:
    asked = [call for turn in conversation.turns for call in turn.calls]
    return [_Done(at, call, call.result) for at, call in enumerate(asked) if isinstance(call.result, ToolCallFinished)]


def _shortened(statement: Statement) -> Statement:
    return replace(statement, text=statement.text[:_SENTENCE_MAX], evidence=statement.evidence[:_SENTENCE_MAX])


def _claimed(text: str) -> Kind | None:
    """Return what a sentence says went well; None: nothing, or not clearly."""
    if _UNSURE.search(text):
        return None
    return next((kind for kind in KINDS if kind.success.search(text)), None)


def _evidence_flaws(statement: Statement, conversation: Conversation) -> Iterator[str]:
    for name in _CALL.findall(statement.evidence):
        call, said = conversation.call(name), f"it says {cut(statement.text, 160)!r} on the evidence of call {name}"
        if call is None:
            yield f"{said}, and there was no such call"
        elif isinstance(call.result, ToolCallFinished) and not _SPEAKS_OF_FAILURE.search(statement.text):
            if call.result.exit_code not in (None, 0):
                yield f"{said}, and that ended with exit status {call.result.exit_code}"
            elif not call.result.ok:
                yield f"{said}, and that failed: {cut(call.result.text, 160)}"


def _work_flaws(statement: Statement, calls: Sequence[_Done]) -> Iterator[str]:
    said = f"it says {cut(statement.text, 160)!r}"
    for kind in KINDS:
        if kind.ran.search(statement.text) and not _of_kind(kind, calls) and not _UNSURE.search(statement.text):
            if not any(one.command for one in _named_calls(statement, calls)):
                yield f"{said}, and no command that {kind.name} was run"
            return
    kind = _claimed(statement.text)
    if kind is None or _is_shown(statement, kind, calls):
        return
    own = _of_kind(kind, calls)
    if not own:
        yield f"{said}, and no command that {kind.name} was run"
    elif not own[-1].has_succeeded:
        result = own[-1].result
        ending = cut(result.text, 100) if result.exit_code is None else f"exit status {result.exit_code}"
        yield f"{said}, and the last command that {kind.name} ({own[-1]}) ended with {ending}"
    else:
        last = _last_change(calls)
        yield f"{said}, and after the last command that {kind.name} ({own[-1]}) files were changed ({last})"


def _is_shown(statement: Statement, kind: Kind, calls: Sequence[_Done]) -> bool:
    """Tell whether a command that went well after the last change shows it: one of the kind, or one that is named."""
    last = _last_change(calls)
    since = -1 if last is None else last.index
    own = _of_kind(kind, calls)
    named = [one for one in _named_calls(statement, calls) if one.command]
    # A failure that came later counts, also on files that did not change: the last answer is the answer.
    latest = own[-1:] if own else named
    return any(one.has_succeeded and one.index >= since for one in [*latest, *([] if own else named)])


def _weak_proof(statement: Statement, kind: Kind, calls: Sequence[_Done], whole: Collection[str]) -> str:
    """Say why what shows it shows less than is said; empty where it does not, or where nothing shows it."""
    own = _of_kind(kind, calls)
    if not own or not _is_shown(statement, kind, calls):
        return ""
    if _MASKED.search(own[-1].command):
        return f"the exit status of {own[-1]} says nothing"
    if own[-1].command in whole:
        return ""
    if re.search(r"\ball\b|\bevery\b", statement.text, re.IGNORECASE) and _PART.search(
        f" {own[-1].command[:_OPTIONS_MAX]} "
    ):
        return f"{own[-1]} asks a part of them alone"
    return ""


def _of_kind(kind: Kind, calls: Sequence[_Done]) -> list[_Done]:
    return [one for one in calls if one.command and _is_of_kind(kind, one.command[:_COMMAND_MAX])]


@lru_cache(maxsize=4096)  # each sentence of a claim is held against all calls
def _is_of_kind(kind: Kind, command: str) -> bool:
    return kind.commands.search(command) is not None


def _named_calls(statement: Statement, calls: Sequence[_Done]) -> list[_Done]:
    known = {one.call.asked.call: one for one in reversed(calls)}
    return [known[name] for name in _CALL.findall(statement.evidence) if name in known]


def _last_change(calls: Sequence[_Done]) -> _Done | None:
    return next((one for one in reversed(calls) if one.changes_code), None)


def _unmade(statement: Statement, calls: Sequence[_Done], changed: Sequence[str]) -> Iterator[str]:
    if _UNSURE.search(statement.text):
        return
    for groups in _MADE.findall(statement.text):
        path = groups[0] or groups[1]
        acts = (one for one in calls if one.call.kind is not ToolKind.END)  # that call makes the claim
        told = (f"{one.command} {one.call.asked.summary} {one.result.text}" for one in acts)
        if not _is_among(path, changed) and not any(path.rsplit("/", 1)[-1] in text for text in told):
            yield f"it says {cut(statement.text, 160)!r}, and no call has made {path}"


def _is_among(path: str, paths: Sequence[str]) -> bool:
    """Tell whether the path is one of these, however it was written: from another folder, or as a folder."""
    plain = _clean(path)
    return any(
        one == plain or one.endswith(f"/{plain}") or plain.endswith(f"/{one}") or one.startswith(f"{plain}/")
        for one in paths
    )


def _clean(path: str) -> str:
    return path.strip().strip("`'\"").removeprefix("./").rstrip("/")

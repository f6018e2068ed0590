"""Checks that prove nothing: commands that always exit with 0, file checks about files their step cannot change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import eq, ge, gt, le, lt, ne

from surefoot.core.check_kinds import ChangedCheck, CommandCheck
from surefoot.core.globs import any_overlap, is_inside, literal, matches, with_content
from surefoot.core.plan import EVERYTHING, Check, Plan, Step
from surefoot.core.policy_types import Effect
from surefoot.core.regex import regex

_QUIET = regex(r"(?:\d?>|&>)\s*/dev/null|2>&1")
"""Redirections that do not change how a command ends."""
_NOT_READ = regex(r"[(){}`\\]|<<|(?<!&)&(?!&)|\b(?:if|for|while|until|case|function|trap|set)\b")
"""What this module does not understand."""
_TOKEN = regex(r"""(?P<end>\|\||&&|;|\n)|(?P<word>(?:"[^"]*"|'[^']*'|[^\s;&|<>"'])+)|(?P<other>[|<>&])|\s""")
_ALWAYS = frozenset({"true", ":", "/bin/true", "/usr/bin/true", "echo", "printf", "pwd", "sleep"})
_COMPARING = {"-eq": eq, "-ne": ne, "-lt": lt, "-le": le, "-gt": gt, "-ge": ge}

_Command = tuple[str, ...] | None
"""The words of a simple command; None: one that is not understood."""


def why_empty(check: Check, step: Step | None, plan: Plan) -> str:
    """Say why a check proves nothing, whatever is done; empty where it can prove something."""
    ask = check.ask
    if is_constant(check):
        return "it passes whatever the files hold"
    if step is None or step.effect is not Effect.REVERSIBLE:
        return ""
    written = plan.writes_of(step)
    if isinstance(ask, ChangedCheck):
        allowed = _from_root(check, ask.globs, plan)
        return "the step can change nothing else" if all(is_inside(one, allowed) for one in written) else ""
    if ask.looks_at is None:
        return ""
    written = (*written, *step.uncommitted)
    globs = _from_root(check, (ask.looks_at,), plan)
    if any("{" in one for one in (*globs, *written)) or any_overlap(globs, written) is not None:
        return ""
    return f"the step does not write {ask.looks_at}"


def is_constant(check: Check) -> bool:
    """Tell whether a check passes on any files."""
    if isinstance(check.ask, ChangedCheck):
        return EVERYTHING in check.ask.globs
    if not isinstance(check.ask, CommandCheck):
        return False
    text = _QUIET.sub(" ", check.ask.command.strip())
    if not text or _NOT_READ.search(text):
        return False
    return all(_is_true(line) for line in _lines(text) if line)


def is_untouched(check: Check, step: Step, plan: Plan, changed: Sequence[str]) -> bool:
    """Tell whether a check asks about files of which the step changed none, so that its answer is the one of before."""
    if check.ask.looks_at is None or step.effect is not Effect.REVERSIBLE:
        return False
    globs = _from_root(check, (check.ask.looks_at,), plan)
    is_beside = any_overlap(globs, step.uncommitted) is not None
    return not is_beside and not any(matches(path, globs) for path in changed)


def _from_root(check: Check, globs: Sequence[str], plan: Plan) -> tuple[str, ...]:
    """Return globs over what a check asks about, as they count from the root of the repository, as `writes` does."""
    folders = [literal(folder.removeprefix("./").strip("/")) for folder in (plan.folder, check.cwd) if folder]
    return with_content(tuple("/".join([*folders, glob.removeprefix("./").rstrip("/")]) for glob in globs))


_Line = list[tuple[str, _Command]]
"""Commands joined by `&&` and `||`, each with what stands before it."""


def _lines(text: str) -> Iterator[_Line]:
    """Yield the lists of a command, which bash ends at the first that fails."""
    line: _Line = []
    joined, words, is_known, is_comment = "", list[str](), True, False
    for token in _TOKEN.finditer(f"{text}\n"):
        end, word, other = token["end"], token["word"], token["other"]
        is_comment = (is_comment or bool(word and word.startswith("#"))) and end != "\n"
        if is_comment:
            continue
        words += [word] if word else []
        is_known = is_known and not other
        if not end:
            continue
        if words or not is_known:
            line.append((joined, tuple(words) if is_known else None))
        words, is_known, joined = [], True, end
        if end in (";", "\n"):
            yield line
            line, joined = [], ""


def _is_true(line: _Line) -> bool:
    result = False
    for joined, command in line:
        is_always = command is not None and _is_always_true(command)
        result = is_always if not joined else (result and is_always) if joined == "&&" else (result or is_always)
    return result


def _is_always_true(words: tuple[str, ...]) -> bool:
    program, *arguments = words
    if program in _ALWAYS or words == ("exit", "0"):
        return True
    if program == "[" and arguments[-1:] == ["]"]:
        return _test(arguments[:-1])
    return program == "test" and _test(arguments)


def _test(arguments: list[str]) -> bool:
    """Tell whether a `test` of fixed texts is true."""
    if any(sign in word for word in arguments for sign in "$*?~"):
        return False
    match [word.strip("\"'") for word in arguments]:
        case [text] | ["-n", text]:
            return bool(text)
        case ["-z", text]:
            return not text
        case [one, "=" | "==", other]:
            return one == other
        case [one, "!=", other]:
            return one != other
        case [one, sign, other] if sign in _COMPARING and one.isdigit() and other.isdigit():
            return _COMPARING[sign](int(one), int(other))
        case _:
            return False

"""The tool `git`: questions to git that change nothing.

They run in the sandbox; that git only reads is a second wall, not the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from surefoot.core.event_words import Absent
from surefoot.ports import CommandRequest
from surefoot.threads import in_thread
from surefoot.tools.argument_schema import listed, record_of
from surefoot.tools.arguments import Arguments
from surefoot.tools.file_listing import GIT, GIT_VARIABLES, LOOK_TIMEOUT_S, known_files, nearest
from surefoot.tools.lane_files import LaneFiles, Refused
from surefoot.tools.tool_context import TEXT_BYTES_MAX, Tool, ToolContext, ToolResult, told

_OUTPUT_MAX = 20_000_000
_SHOWS_CHANGES = ("--no-ext-diff", "--no-textconv")
_READS: Mapping[str, tuple[str, ...]] = {
    "log": _SHOWS_CHANGES,
    "show": _SHOWS_CHANGES,
    "diff": _SHOWS_CHANGES,
    "status": (),
    "blame": ("--no-textconv",),
    "ls-files": (),
    "grep": (),
    "rev-parse": (),
    "branch": (),
    "tag": (),
    "shortlog": (),
}
"""Commands of git that only read, with what is added to them."""
_LISTS = {
    "branch": ("-a", "--all", "-r", "--remotes", "-v", "-vv", "--verbose", "--show-current"),
    "tag": ("-l", "-n", "-i", "--ignore-case"),
}
_LIST_OPTIONS = (
    *("--list", "--contains", "--no-contains", "--merged", "--no-merged", "--points-at", "--sort", "--format"),
)
_FORBIDDEN = (
    *("--output", "--output-directory", "--ext-diff", "--textconv", "--open-files-in-pager", "--show-signature"),
    *("--exec", "--upload-pack", "--contents", "--no-index", "--file", "--ignore-revs-file", "--pathspec-from-file"),
    *("--exclude-from", "--git-dir", "--work-tree", "--config-env", "--exec-path", "--paginate"),
)
"""Options that write, run another program, or read files beside the repository."""
_ALLOWED_BEGINNINGS = ("--exclude", "--text")
"""Options whose name is also the beginning of a forbidden one."""
_FORBIDDEN_SHORT = {"grep": ("-O", "-f"), "ls-files": ("-X",), "blame": ("-S",)}
_TAKE_A_VALUE = frozenset(
    {"-L", "-S", "-G", "-e", "--grep", "--author", "--committer", "--format", "--pretty", "--sort"}
)


async def look_at_git(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Answer a question to git that changes nothing."""
    args = arguments.texts("args")
    args = args[1:] if args[:1] == ("git",) else args
    flaw = flaw_of_git(args)
    if flaw:
        raise Refused(flaw)
    name, *rest = args
    listing = ["--list"] if name in _LISTS and "--show-current" not in rest else []
    words = [word for word in rest if word not in {"--list", "-l"}] if listing else rest
    argv = (*GIT, name, *_READS[name], *listing, *words)
    request = CommandRequest(argv=argv, env=GIT_VARIABLES, timeout_s=LOOK_TIMEOUT_S, output_max=_OUTPUT_MAX)
    outcome = await context.commands.run(request)
    result = told(outcome, context.commands, TEXT_BYTES_MAX)
    # With 1, grep says that there is nothing and diff that there is something.
    is_answer = outcome.exit_code == 0 or (outcome.exit_code == 1 and name in {"grep", "diff"})
    if is_answer:
        return replace(result, ok=True, text=result.text.partition("\n")[2])
    files = LaneFiles(context.root)
    paths = (word for word in rest if "/" in word.strip("-") and not word.startswith("-"))
    missing = next((path for path in paths if files.status(path) is None), None)
    if missing is None:
        return result
    near, result = await in_thread(nearest, await known_files(context), missing), replace(result, absent=Absent.NAMED)
    return replace(result, text=f"{result.text}\nfor {missing} there is {', '.join(near)}") if near else result


def flaw_of_git(args: Sequence[str]) -> str:
    """Say why git may not be called so; empty where it may."""
    if not args or args[0] not in _READS:
        asked = repr(args[0]) if args else "nothing"
        return (
            f"git {asked} is not among what can be asked: {', '.join(_READS)}. The command comes first, without "
            "options before it. The runtime itself commits what a step has done"
        )
    name, *rest = args
    if any("\0" in word for word in args):
        return "an argument holds a NUL character; leave it out"
    for word in rest:  # those behind `--`, too: it may be the value of an option
        if word.startswith("-") and (flaw := _flaw_of_option(name, word)):
            return flaw
    before = ""
    for word in rest:
        may_be_path = not (word.startswith("-") and word != "-") and before not in _TAKE_A_VALUE
        if may_be_path and (word.startswith(("/", "~")) or ".." in word.split("/")):
            return f"{word!r} leads out of the repository; name paths from the root, and patterns after `-e`"
        before = word
    return ""


def _flaw_of_option(name: str, word: str) -> str:
    option = word.partition("=")[0]
    if name in _LISTS and not (option in _LISTS[name] or option in _LIST_OPTIONS or option[:2] == "-n" == word[:2]):
        return f"`git {name}` can only list here; {word!r} is none of {', '.join((*_LISTS[name], *_LIST_OPTIONS))}"
    if option.startswith("--"):
        if len(option) > 2 and option not in _ALLOWED_BEGINNINGS:
            # git takes every unambiguous beginning of an option for the whole of it.
            meant = next((one for one in _FORBIDDEN if one.startswith(option)), None)
            if meant is not None:
                return f"the option {word!r} may write, run another program or read other files ({meant}); leave it out"
        return ""
    if any(word.startswith(short) for short in _FORBIDDEN_SHORT.get(name, ())):
        return f"the option {word!r} of `git {name}` runs another program or reads other files; leave it out"
    return ""


_LANGUAGE = "one of log, show, diff, status, blame, ls-files, grep, rev-parse, branch --list, tag --list, shortlog"
TOOL = Tool(
    text=(f"Look at the history: {_LANGUAGE}. Nothing can be changed. shortlog needs a revision."),
    schema=record_of(
        {"args": listed({"type": "string"}, "The command, then its arguments, each a text of its own.", least=1)},
        "args",
    ),
    perform=look_at_git,
    summary=lambda arguments: " ".join(arguments.texts("args")),
)

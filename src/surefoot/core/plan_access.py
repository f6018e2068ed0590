"""What a step touches according to its plan: files, ports, variables that name a place, things outside.

A finding here is a reason to speak, never proof, for a command may touch anything; `is_all_seen` tells where nothing
can have been missed.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from surefoot.core.globs import matches
from surefoot.core.ids import StepId, encode_id
from surefoot.core.placeholders import references_of
from surefoot.core.plan import Effect, ForEach, Plan, Step
from surefoot.core.record import record
from surefoot.core.regex import regex

_MAGIC = regex(r"([*?\[])")
_QUOTING = regex(r"['\"\\]")
_UNQUOTED = regex(r"[();<>|&]+|[^ \t\r\n();<>|&]+")
"""The words of a command without quotes and backslashes, as `shlex` has them but much faster."""
_COMMAND_ENDS = frozenset({"&&", "||", ";", "|", "&", "(", ")", "{", "}", "!", ";;", "|&"})
_REDIRECTS = frozenset({">", ">>", ">|", "&>", "&>>"})
_NOT_TRACEABLE = regex(r"[$`~]|<<|<\(|>\(")
# What these read and write stands in their arguments, and nowhere else.
_TRANSPARENT = frozenset(
    {"echo", "printf", "true", "false", ":", "touch", "mkdir", "cp", "mv", "rm", "cat", "grep", "sed", "head", "tail"}
) | frozenset({"wc", "sort", "uniq", "cut", "tr", "test", "[", "diff", "cmp", "tee", "sleep", "sha256sum", "chmod"})
_DEEP = regex(r"-[a-zA-Z]*[rR][a-zA-Z]*|--(?:dereference-)?recursive")
_WRITERS = frozenset({"tee", "touch", "rm"})
_FILE_WORD = regex(r"(?:\./)?[A-Za-z0-9_.][A-Za-z0-9_.@+-]*(?:/[A-Za-z0-9_.@+-]+)*")
_HAS_SUFFIX = regex(r"[^/]\.[A-Za-z][A-Za-z0-9]{0,9}$")
_PORT = regex(
    r"(?:--port[= ]|\bhttp\.server\s+(?:--bind\s+\S+\s+)?|\b(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):"
    r"|\b[A-Z_]*PORT=)(\d{2,5})\b"
)
_PORT_NAME = regex(r"(?:[A-Z0-9_]*_)?PORT")
_PLACE_NAME = regex(r"[A-Z0-9_]*(?:URL|URI|DSN|HOST|ENDPOINT|ADDR|ADDRESS|DATABASE|SOCKET|BUCKET|QUEUE)")
_PLACE_VALUE = regex(r"/[^/\s:]+/[^\s:]*|[a-z][a-z0-9+.-]*://\S+|[A-Za-z0-9.-]+:\d{2,5}")
_PORT_LAST = 65535


@record
class Files:
    """The files one step, or the members of one group, evidently read and write."""

    writes: tuple[str, ...] | None = None
    """The globs it declares to write, placeholders resolved; None: it declares none. Nothing, if it keeps nothing."""
    reads: tuple[str, ...] = ()
    """Globs it declares to read, that its checks ask about, or that its group is made from."""
    named: frozenset[str] = frozenset()
    """Files its commands name, as globs that match only them."""
    written: frozenset[str] = frozenset()
    """Those of them that a command evidently writes."""


@record
class Touched(Files):
    """What one step, or the members of one group, touch."""

    is_all_seen: bool = False
    """Whether what it reads can only be `reads` and `named`."""
    words: frozenset[str] = frozenset()
    """Where all is seen: every word of its commands as a glob, so that none that is a file is missed."""
    outputs: frozenset[StepId] = frozenset()
    """Ids of the steps whose outputs it takes up."""
    made: tuple[str, ...] = ()
    """Globs over the artifacts it hands on."""
    ports: frozenset[str] = frozenset()
    """Port numbers its commands and variables name."""
    places: Mapping[str, str] | None = None
    """Variables that name a place outside the lane, with their values."""
    outside: frozenset[str] = frozenset()
    is_open: bool = False
    """Whether it shares this machine's network or runs outside the sandbox."""


def files_of(step: Step) -> Files:
    """Collect the files a step touches."""
    named: set[str] = set()
    written: set[str] = set()
    for command, cwd in _commands(step):
        for word, is_written in _file_words(_own_text(command, step.for_each)):
            path = _joined(cwd, word)
            named.add(path)
            if is_written:
                written.add(path)
    writes: tuple[str, ...] | None = None
    if step.writes is not None:
        writes = tuple(resolved(step.writes, step.for_each))
    elif step.effect is Effect.READ or not step.body.acts:
        writes = ()  # what a step writes that only reads is thrown away
    if writes is not None:
        written = {path for path in written if matches(path, writes)}  # what lies outside is put back
    globs = [*step.reads, *(glob for check in step.checks if (glob := check.ask.looks_at) is not None)]
    made_from = () if step.for_each is None or step.for_each.glob is None else (step.for_each.glob,)
    reads = (*resolved(globs, step.for_each), *made_from)
    return Files(writes=writes, reads=reads, named=frozenset(named), written=frozenset(written))


def touched_by(step: Step, plan: Plan) -> Touched:
    """Collect what a step touches."""
    commands, files = tuple(_commands(step)), files_of(step)
    is_all_seen = _is_all_seen(step)
    return Touched(
        writes=files.writes,
        reads=files.reads,
        named=files.named,
        written=files.written,
        is_all_seen=is_all_seen,
        words=_all_words(step) if is_all_seen else frozenset(),
        outputs=frozenset(encode_id(one.step) for one in references_of(step)),
        made=tuple(resolved(step.made, step.for_each)),
        ports=frozenset(_ports(step, commands)),
        places=_places(step, plan, commands),
        outside=frozenset(asked_outside(step)),
        is_open=step.reaches_out,
    )


def resolved(globs: Iterable[str], each: ForEach | None) -> Iterator[str]:
    """Yield globs with the placeholder replaced by all it may stand for."""
    for glob in globs:
        if each is None or f"{{{each.name}}}" not in glob:
            yield glob
        elif each.items is not None:
            yield from (glob.replace(f"{{{each.name}}}", _MAGIC.sub(r"[\1]", item)) for item in each.items)
        else:
            yield _over_all(glob, f"{{{each.name}}}", each.glob)


def _over_all(glob: str, token: str, items: str | None) -> str:
    before, _, after = glob.partition(token)
    stands_alone = before[-1:] in {"", "/"} and after[:1] in {"", "/"} and token not in after
    if items is not None and stands_alone:
        return f"{before}{items.removeprefix('./')}{after}"
    is_plain = items is not None and token not in after and "**" not in items
    return f"{before}{items}{after}" if is_plain else f"{before.rpartition('/')[0]}/**".lstrip("/")


# --- the words of commands


def _commands(step: Step) -> Iterator[tuple[str, str | None]]:
    yield from ((text, step.cwd) for text, _ in step.body.commands)
    for check in step.checks:
        if check.ask.runs is not None:
            yield check.ask.runs, check.cwd


def _own_text(command: str, each: ForEach | None) -> str:
    """Take out what differs from member to member."""
    return command if each is None else command.replace(f"{{{each.name}}}", "$ITEM")


@lru_cache(maxsize=16)  # each question about a step asks for the words of its few commands again
def words_in(command: str) -> Sequence[str] | None:
    """Return the words of a command, with `;` where a line ends; None: a quote in it is never closed."""
    text = command.replace("\n", " ; ")
    if _QUOTING.search(text) is None:
        return _UNQUOTED.findall(text)
    try:
        found = shlex.shlex(text, posix=True, punctuation_chars="();<>|&")
        found.whitespace_split = True
        found.commenters = ""
        return list(found)
    except ValueError:
        return None


def _simple_commands(words: Iterable[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for word in words:
        if word in _COMMAND_ENDS:
            yield part
            part = []
        else:
            part.append(word)
    yield part


def _file_words(command: str) -> Iterator[tuple[str, bool]]:
    """Yield the words of a command that can only be files of the tree, and whether they are evidently written."""
    for part in _simple_commands(words_in(command) or ()):
        for index, word in enumerate(part[1:], 1):
            is_target = part[index - 1] in _REDIRECTS
            is_path = is_target or "/" in word or _HAS_SUFFIX.search(word) is not None
            if is_path and _FILE_WORD.fullmatch(word) is not None and ".." not in word.split("/"):
                yield word, is_target or _is_written(part, index)


def _is_written(part: Sequence[str], index: int) -> bool:
    """Tell whether a simple command evidently writes the file that its word at `index` names."""
    program = part[0]
    if program in {"cp", "mv"}:
        return index == len(part) - 1
    if program == "sed":
        return any(word.startswith(("-i", "--in-place")) for word in part)
    return program in _WRITERS


def _joined(cwd: str | None, word: str) -> str:
    return word.removeprefix("./") if cwd is None else f"{cwd.strip('/')}/{word.removeprefix('./')}"


def _is_all_seen(step: Step) -> bool:
    """Tell whether all that the step may read is declared or stands in the arguments of its commands."""
    if step.for_each is not None and step.for_each.lines is not None:
        return False
    for ask in (check.ask for check in step.checks):
        if ask.looks_at is None and (ask.runs is None or ask.is_by_test or not _is_transparent(ask.runs)):
            return False
    commands = step.body.commands
    return bool(commands) and (bool(step.reads) or all(_is_transparent(command.text) for command in commands))


def _is_transparent(command: str) -> bool:
    words = None if _NOT_TRACEABLE.search(command) else words_in(command)
    if words is None:
        return False
    for part in _simple_commands(words):
        is_deep = part[:1] == ["grep"] and any(_DEEP.fullmatch(word) for word in part)
        if part and (part[0] not in _TRANSPARENT or is_deep):
            return False
    return True


def _all_words(step: Step) -> frozenset[str]:
    found: set[str] = set()
    for command, cwd in _commands(step):
        for word in words_in(command) or ():
            for text in (word, word.rpartition("=")[2]) if "=" in word else (word,):
                if text and not text.startswith("/"):
                    path = _joined(cwd, text)
                    found.update(resolved([path, f"{path}/**"], step.for_each))
    return frozenset(found)


# --- what is not a file


def _ports(step: Step, commands: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    for command, _ in commands:
        yield from _PORT.findall(_own_text(command, step.for_each))
    for env in (step.env, *(check.env for check in step.checks)):
        for name, value in env.items():
            if _PORT_NAME.fullmatch(name) and value.isdecimal() and 0 < int(value) <= _PORT_LAST:
                yield value


def _places(step: Step, plan: Plan, commands: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Return variables that name a place: its own, and those of the plan that its commands name."""
    texts = [command for command, _ in commands]
    named = {
        name: value
        for name, value in plan.env.items()
        if any(re.search(rf"\$\{{?{re.escape(name)}\b", text) for text in texts)
    }
    every = {**named, **step.env, **{name: value for check in step.checks for name, value in check.env.items()}}
    token = None if step.for_each is None else f"{{{step.for_each.name}}}"
    found = {
        name: value
        for name, value in every.items()
        if name != "PATH" and _PLACE_VALUE.fullmatch(value) and (token is None or token not in value)
    }
    return found | {name: "" for name in step.env_from if _PLACE_NAME.fullmatch(name)}


def asked_outside(step: Step) -> Iterator[str]:
    """Yield what the probe asks about, unless it differs from member to member."""
    what = "" if step.probe is None or step.body.in_program else step.probe.ask.about
    if what and (step.for_each is None or f"{{{step.for_each.name}}}" not in what):
        yield what

"""Scripts in files: `scripted:FILE.yaml` and `scripted:FILE.py:function`."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeVar, cast

from surefoot.core.agent_types import Fault, Role, Usage
from surefoot.core.record import record
from surefoot.errors import ConfigInvalid
from surefoot.models.scripts import SCRIPTED, Script, ScriptedReply, ScriptedRequest
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.tree import Flaw, Items, Tree, problems_of
from surefoot.planfile.yaml_reader import read_tree

T = TypeVar("T")
REPLY_KEYS = ("when", "say", "calls", "fault", "usage", "delay")
WHEN_KEYS = ("role", "phase", "step", "attempt", "turn", "contains")
_CALL_KEYS = ("tool", "arguments")
FAULT_KEYS = ("kind", "retry_after", "text", "times")
USAGE_KEYS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
_PHASES = ("understand", "plan", "execute", "validate")


@record(kw_only=False)
class _When:
    """Where a reply is given; None: anywhere."""

    role: str | None = None
    phase: str | None = None
    step: str | None = None
    attempt: int | None = None
    turn: int | None = None
    contains: str | None = None

    @property
    def is_placed(self) -> bool:
        """Tell whether it says where in a conversation the reply is given; else its place in the file does."""
        return self.turn is not None or self.contains is not None

    def fits_conversation(self, request: ScriptedRequest) -> bool:
        return (
            self.role in (None, request.role)
            and self.phase in (None, request.phase)
            and self.attempt in (None, request.attempt)
            and (self.step is None or fnmatchcase(request.step, self.step))
        )

    def fits_place(self, request: ScriptedRequest) -> bool:
        return self.turn in (None, request.turn) and (self.contains is None or self.contains in request.news)


@record(kw_only=False)
class _Line:
    """One reply of the file, or a fault that comes before one."""

    number: int
    when: _When
    reply: ScriptedReply
    times: int


@dataclass
class _Playing:
    """A YAML script that is played."""

    file: str
    lines: Sequence[_Line]
    faults: Counter[tuple[int, str, str, int, int]] = field(default_factory=Counter[tuple[int, str, str, int, int]])

    def __call__(self, request: ScriptedRequest) -> ScriptedReply:
        fitting = [line for line in self.lines if line.when.fits_conversation(request)]
        placed = (line for line in fitting if line.when.is_placed and line.when.fits_place(request))
        ordered = _due([line for line in fitting if not line.when.is_placed], request.turn)
        for line in (*placed, *ordered):
            if line.reply.fault is None or self._comes(line, request):
                return line.reply
        where = f"turn {request.turn} of step {request.step!r}, role {request.role!r}, attempt {request.attempt}"
        why = f"{self.file} has no reply for {where}; add one, then resume"
        return ScriptedReply(fault=Fault.BAD_REQUEST, why=why)

    def _comes(self, line: _Line, request: ScriptedRequest) -> bool:
        """Tell whether a fault comes once more; the request after it is told the same, so that it has to be counted."""
        turn = (line.number, request.run, request.step, request.attempt, request.turn)
        self.faults[turn] += 1
        return self.faults[turn] <= line.times


def _due(lines: Sequence[_Line], turn: int) -> list[_Line]:
    """Return the reply that stands at that place among the replies, behind the faults right before it."""
    at, due = 1, list[_Line]()
    for line in lines:
        if at == turn:
            due.append(line)
        if line.reply.fault is None:
            at += 1
    return due


def script_of(name: str) -> Script:
    """Return the script that a model's name stands for.

    Raises:
        ConfigInvalid: there is no such file or function, or the file says what cannot be.
    """
    path, function = split_name(name)
    if function is None:
        return _Playing(path.name, _read_yaml(path))
    name = f"surefoot_script_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses of the script look their own module up.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigInvalid.of(
            f"{path}: it cannot be imported ({type(error).__name__}: {error}); correct it"
        ) from error
    found = getattr(module, function, None)
    if not callable(found):
        raise ConfigInvalid.of(f"{path}: there is no function {function!r} in it; name one that is")
    return cast("Script", found)


def split_name(name: str) -> tuple[Path, str | None]:
    """Return the file of a scripted model and, for Python, the function in it.

    Raises:
        ConfigInvalid: the name is not of that form, or there is no such file.
    """
    given = name.removeprefix(SCRIPTED)
    file, colon, function = given.rpartition(":")
    path = Path(file if colon and file.endswith(".py") else given).expanduser()
    if path.suffix == ".py" and not (colon and function.isidentifier()):
        raise ConfigInvalid.of(f"{name!r} names no function; write `scripted:{given}:FUNCTION`")
    if path.suffix not in (".py", ".yaml", ".yml"):
        raise ConfigInvalid.of(f"{name!r} is no script; write `scripted:FILE.yaml` or `scripted:FILE.py:FUNCTION`")
    if not path.is_file():
        raise ConfigInvalid.of(
            f"{name!r}: there is no file {str(path)!r}; look at its path, or start where it is relative to"
        )
    return path.absolute(), function if path.suffix == ".py" else None


def _read_yaml(path: Path) -> tuple[_Line, ...]:
    tree = read_tree(path.read_text("utf-8", "replace"))
    page = Page()
    lines: tuple[_Line, ...] = ()
    if isinstance(tree, Flaw):
        page.flaws[tree] = None
    else:
        lines = _many(page, tree, "replies", partial(_read_line, page, count(1)))
    if page.flaws:
        raise ConfigInvalid.of(*problems_of(path, page.flaws))
    return lines


def _many(page: Page, node: Tree, what: str, read: Callable[[Tree], T | None]) -> tuple[T, ...]:
    if not isinstance(node, Items):
        page.flaw(node, f"found {described(node)}; a list of {what} was expected; begin each with `- `")
        return ()
    return tuple(value for item in node.items if (value := read(item)) is not None)


def _read_line(page: Page, numbers: Iterator[int], node: Tree) -> _Line | None:
    fields = Fields.read(page, node, "a reply", REPLY_KEYS)
    if fields is None:
        return None
    if not {"say", "calls", "fault"} & set(fields):
        page.flaw(fields.place, "the reply says nothing; `say`, `calls` or `fault` was expected; add one of them")
    fault = _Fault() if "fault" not in fields else fields.take("fault", partial(_read_fault, page), _Fault())
    reply = ScriptedReply(
        say=fields.take("say", page.raw, ""),
        calls=fields.take("calls", lambda inner: _many(page, inner, "calls", partial(_read_call, page)), ()),
        fault=fault.kind,
        retry_after_s=fault.retry_after_s,
        why=fault.text,
        usage=fields.take("usage", partial(_read_usage, page), None),
        delay_s=fields.take("delay", page.time_s, 0.0),
    )
    return _Line(next(numbers), fields.take("when", partial(_read_when, page), _When()), reply, fault.times)


@record(kw_only=False)
class _Fault:
    kind: Fault | None = None
    retry_after_s: float | None = None
    text: str = ""
    times: int = 1


def _read_fault(page: Page, node: Tree) -> _Fault | None:
    fields = Fields.read(page, node, "`fault`", FAULT_KEYS)
    if fields is None:
        return None
    return _Fault(
        kind=fields.need("kind", page.one_of(Fault), Fault.BAD_REQUEST, "the kind of fault"),
        retry_after_s=fields.take("retry_after", page.time_s, None),
        text=fields.take("text", page.text, ""),
        times=fields.take("times", page.count, 1),
    )


def _read_when(page: Page, node: Tree) -> _When | None:
    fields = Fields.read(page, node, "`when`", WHEN_KEYS)
    if fields is None:
        return None
    role = fields.take("role", page.one_of(Role), None)
    return _When(
        role=None if role is None else role.value,
        phase=fields.take("phase", lambda inner: page.word(inner, _PHASES), None),
        step=fields.take("step", page.text, None),
        attempt=fields.take("attempt", page.count, None),
        turn=fields.take("turn", page.count, None),
        contains=fields.take("contains", page.text, None),
    )


def _read_call(page: Page, node: Tree) -> tuple[str, Mapping[str, object] | str] | None:
    fields = Fields.read(page, node, "a call", _CALL_KEYS)
    if fields is None:
        return None
    tool = fields.need("tool", page.text, "", "the name of a tool")
    return tool, fields.take("arguments", partial(_read_arguments, page), dict[str, object]())


def _read_arguments(page: Page, node: Tree) -> Mapping[str, object] | str | None:
    arguments = page.plain(node)
    if isinstance(arguments, str):
        return arguments
    if not isinstance(arguments, dict):
        page.flaw(node, f"found {described(node)}; a mapping or a text was expected; write `{{name: value}}`")
        return None
    return cast("dict[str, object]", arguments)


def _read_usage(page: Page, node: Tree) -> Usage | None:
    fields = Fields.read(page, node, "`usage`", USAGE_KEYS)
    if fields is None:
        return None
    counts = {key: fields.take(key, page.number, 0.0) for key in USAGE_KEYS}
    return Usage(requests=1, **{key: int(count) for key, count in counts.items()})
